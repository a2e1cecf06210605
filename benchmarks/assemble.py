"""The assembler against one ffmpeg graph: twelve clips of five seconds at 720p, dissolves of half a second."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg

from benchmarks.timing import Cost, middle, run
from storyboard.assembler.picture import ENCODER

STILLS = sorted((Path(__file__).parent.parent / "examples" / "first-light" / "stills").glob("*.jpg"))
CLIPS, SECONDS, OVERLAP = 12, 5, 0.5
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def measure(rounds: int) -> Iterator[str]:
    """Rows of a table: both on the same clips, alternating, nothing kept between rounds."""
    with tempfile.TemporaryDirectory() as folder:
        clips = [_make_clip(Path(folder), index) for index in range(CLIPS)]
        ours: list[Cost] = []
        theirs: list[Cost] = []
        edit: list[Cost] = []
        for round_ in range(rounds):
            film = _write_storyboard(Path(folder) / f"round{round_}", clips)
            environment = {"STORYBOARD_HOME": str(Path(folder) / "home")}
            command = [sys.executable, "-m", "storyboard", "render", str(film)]
            ours.append(run(command, environment))
            theirs.append(run(_graph(clips, Path(folder) / "graph.mp4")))
            film.write_text(film.read_text().replace("id: c6,", "id: c6, out: 4.5s,"))
            edit.append(run(command, environment))
    mine, peer, change = middle(ours), middle(theirs), middle(edit)
    yield f"{'':<34}{'wall':>9}{'CPU':>9}{'wall ratio':>12}{'CPU ratio':>12}"
    rows = {"one ffmpeg xfade graph": peer, "storyboard, cold": mine, "storyboard, one out point moved": change}
    for name, cost in rows.items():
        ratios = f"{cost.wall / peer.wall:>12.2f}{cost.cpu / peer.cpu:>12.2f}"
        yield f"{name:<34}{cost.wall:>7.1f} s{cost.cpu:>7.1f} s{ratios}"


def _make_clip(folder: Path, index: int) -> Path:
    """A slow zoom over a photograph, as a video model might send it: 24 frames per second, one keyframe."""
    target = folder / f"clip{index}.mp4"
    large = "scale=2560:1440:force_original_aspect_ratio=increase,crop=2560:1440"
    zoom = f"{large},zoompan=z='1+0.0008*on':d={SECONDS * 24}:s=1280x720:fps=24,format=yuv420p"
    still = STILLS[index % len(STILLS)]
    picture = ["-i", str(still), "-f", "lavfi", "-i", f"sine={200 + 40 * index}:r=48000", "-vf", zoom]
    codecs = ["-c:v", "libx264", "-preset", "medium", "-crf", "16", "-g", "250", "-c:a", "aac", "-ac", "2"]
    run([FFMPEG, "-y", *picture, "-t", str(SECONDS), *codecs, str(target)])
    return target


def _write_storyboard(folder: Path, clips: list[Path]) -> Path:
    folder.mkdir()
    shots = []
    for index, clip in enumerate(clips):
        (folder / clip.name).hardlink_to(clip)
        shots.append(f"  - {{id: c{index}, footage: {clip.name}}}\n")
    film = folder / "film.yaml"
    defaults = f"defaults: {{transition: {{type: dissolve, duration: {OVERLAP}s}}}}\n"
    outputs = "outputs: {film: {size: 1280x720, fps: 24}}\n"
    film.write_text(f"storyboard: 1\n{defaults}shots:\n{''.join(shots)}{outputs}")
    return film


def _graph(clips: list[Path], target: Path) -> list[str]:
    """What a person would write: every clip an input of one process."""
    inputs = [part for clip in clips for part in ("-i", str(clip))]
    chains, picture, sound = [], "0:v", "0:a"
    for index in range(1, len(clips)):
        offset = index * (SECONDS - OVERLAP)
        chains.append(f"[{picture}][{index}:v]xfade=transition=fade:duration={OVERLAP}:offset={offset}[v{index}]")
        chains.append(f"[{sound}][{index}:a]acrossfade=d={OVERLAP}[a{index}]")
        picture, sound = f"v{index}", f"a{index}"
    encoder = ["-preset", str(ENCODER["preset"]), "-crf", str(ENCODER["crf"]), "-g", "48"]
    codecs = ["-c:v", "libx264", *encoder, "-x264-params", "bframes=2:b-pyramid=none", "-c:a", "aac", "-b:a", "192k"]
    graph = ";".join([*chains, f"[{picture}]format=yuv420p[v]"])
    return [FFMPEG, "-y", *inputs, "-filter_complex", graph, "-map", "[v]", "-map", f"[{sound}]", *codecs, str(target)]
