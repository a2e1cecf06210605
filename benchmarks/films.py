"""The clips that are assembled, the storyboard over them, and what a person would write instead."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg

from benchmarks.timing import run
from storyboard.assembler.encoders import H264

STILLS = sorted((Path(__file__).parent.parent / "examples" / "first-light" / "stills").glob("*.jpg"))
CLIPS, SECONDS, OVERLAP = 12, 5, 0.5
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
MOVIEPY = """
import sys
from moviepy import VideoFileClip, CompositeVideoClip, vfx, afx
target, preset, crf, overlap, *names = sys.argv[1:]
overlap = float(overlap)
clips, at = [], 0.0
for number, name in enumerate(names):
    clip = VideoFileClip(name)
    effects = [vfx.CrossFadeIn(overlap), afx.AudioFadeIn(overlap)] if number else []
    effects += [afx.AudioFadeOut(overlap)] if number < len(names) - 1 else []
    clips.append(clip.with_effects(effects).with_start(at))
    at += clip.duration - overlap
film = CompositeVideoClip(clips)
film.write_videofile(target, fps=24, codec="libx264", preset=preset, audio_codec="aac", audio_bitrate="192k",
                     ffmpeg_params=["-crf", crf, "-g", "48", "-bf", "2", "-pix_fmt", "yuv420p"], logger=None)
"""


def make_clip(folder: Path, index: int, height: int = 720) -> Path:
    """A slow zoom over a photograph to the sound of a surf, as a video model might send it: 24 frames per second, one
    keyframe."""
    target = folder / f"clip{index}.mp4"
    width = height * 16 // 9
    large = f"scale={2 * width}:{2 * height}:force_original_aspect_ratio=increase,crop={2 * width}:{2 * height}"
    colours = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,setsar=1"
    tags = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    zoom = f"{large},zoompan=z='1+0.0008*on':d={SECONDS * 24}:s={width}x{height}:fps=24,{colours},{tags}"
    still = STILLS[index % len(STILLS)]
    surf = f"anoisesrc=color=pink:amplitude=0.3:sample_rate=48000:seed={index},tremolo=f=0.5:d=0.6"
    picture = ["-i", str(still), "-f", "lavfi", "-i", surf, "-vf", zoom]
    codecs = ["-c:v", "libx264", "-preset", "medium", "-crf", "16", "-g", "250", "-c:a", "aac", "-ac", "2"]
    run([FFMPEG, "-y", *picture, "-t", str(SECONDS), *codecs, str(target)])
    return target


def write_storyboard(folder: Path, clips: Sequence[Path], height: int = 720, *, transition: str = "dissolve") -> Path:
    """A storyboard over clips, each a shot, in a folder of its own."""
    folder.mkdir(parents=True)
    shots = []
    for index, clip in enumerate(clips):
        name = f"{index:03}-{clip.name}"
        (folder / name).hardlink_to(clip)
        shots.append(f"  - {{id: c{index}, footage: {name}}}\n")
    film = folder / "film.yaml"
    edge = "" if transition == "cut" else f"defaults: {{transition: {{type: {transition}, duration: {OVERLAP}s}}}}\n"
    outputs = f"outputs: {{film: {{size: {height * 16 // 9}x{height}, fps: 24}}}}\n"
    film.write_text(f"storyboard: 1\n{edge}shots:\n{''.join(shots)}{outputs}")
    return film


def storyboard(film: Path) -> list[str]:
    """The command that renders a film."""
    return [sys.executable, "-m", "storyboard", "render", str(film)]


def graph(clips: Sequence[Path], target: Path) -> list[str]:
    """What a person would write: every clip an input of one ffmpeg, the same encoder settings."""
    inputs = [part for clip in clips for part in ("-i", str(clip))]
    chains, picture, sound = [], "0:v", "0:a"
    for index in range(1, len(clips)):
        offset = index * (SECONDS - OVERLAP)
        chains.append(f"[{picture}][{index}:v]xfade=transition=fade:duration={OVERLAP}:offset={offset}[v{index}]")
        chains.append(f"[{sound}][{index}:a]acrossfade=d={OVERLAP}[a{index}]")
        picture, sound = f"v{index}", f"a{index}"
    encoder = ["-preset", str(H264["preset"]), "-crf", str(H264["crf"]), "-g", "48"]
    x264 = f"bframes=2:b-pyramid=none:rc-lookahead={H264['lookahead']}"
    codecs = ["-c:v", "libx264", *encoder, "-x264-params", x264, "-c:a", "aac", "-b:a", "192k"]
    filters = ";".join([*chains, f"[{picture}]format=yuv420p[v]"])
    return [
        FFMPEG,
        "-y",
        *inputs,
        "-filter_complex",
        filters,
        "-map",
        "[v]",
        "-map",
        f"[{sound}]",
        *codecs,
        str(target),
    ]


def moviepy(clips: Sequence[Path], target: Path) -> list[str]:
    """The same film by MoviePy, the same preset and quality."""
    settings = [str(target), str(H264["preset"]), str(H264["crf"]), str(OVERLAP)]
    return [sys.executable, "-c", MOVIEPY, *settings, *map(str, clips)]
