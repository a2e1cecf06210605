"""From an animatic to an MP4 file. Only the processes that draw import this file, and with it MoviePy."""

from __future__ import annotations

import os
from pathlib import Path

import imageio_ffmpeg

from storyboard.gateway.local.animatic import RATE, Abandoned, Animatic
from storyboard.gateway.local.pictures import plan_pictures
from storyboard.gateway.local.tone import SAMPLE_RATE, record_room

# MoviePy looks for a program, and reads .env files, as it is imported. It is told the program, and kept from a
# project's .env, which could preload code into every program that is run from here.
os.environ["FFMPEG_BINARY"] = imageio_ffmpeg.get_ffmpeg_exe()
os.environ["PYTHON_DOTENV_DISABLED"] = "1"
from moviepy import VideoClip
from moviepy.audio.io.ffmpeg_audiowriter import FFMPEG_AudioWriter
from moviepy.video.io.ffmpeg_writer import FFMPEG_VideoWriter

# Exact colour arithmetic, for the fast one differs between processors; and it says which colours they are.
_COLOUR = (
    "scale=in_range=pc:out_range=tv:out_color_matrix=bt709:flags=bicubic+accurate_rnd+full_chroma_int+bitexact,"
    "format=yuv420p,setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
)
_PICTURE = [
    *("-c:v", "libx264", "-vf", _COLOUR, "-profile:v", "high", "-crf", "22", "-g", "48", "-bf", "2"),
    *("-x264-params", "cpu-independent=1:scenecut=0:keyint=48"),
    # Without the encoder's note about itself: it is not part of the picture.
    *("-bsf:v", "filter_units=remove_types=6"),
    *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags", "+bitexact"),
    *("-movflags", "+faststart", "-f", "mp4"),
]
_SOUND = [
    # The AAC encoder gives other bytes on other processors unless it uses none of their specialities.
    *("-cpuflags", "0", "-threads", "1"),
    *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags", "+bitexact", "-f", "ipod"),
]


def shoot(animatic: Animatic, part: Path, wanted: Path) -> None:
    """Draw the clip into the file `part`. CannotDraw for a damaged still; Abandoned once `wanted` is gone."""
    sound = part.with_suffix(".sound") if animatic.audio else None
    try:
        if sound:
            _write_sound(sound, animatic.seconds)
        _write_picture(animatic, part, wanted, sound)
    finally:
        if sound:
            sound.unlink(missing_ok=True)


def _write_picture(animatic: Animatic, part: Path, wanted: Path, sound: Path | None) -> None:
    shot = plan_pictures(animatic)
    final = animatic.frames - 1
    clip = VideoClip(
        lambda time: shot(min(1.0, round(time * RATE) / final)),
        duration=animatic.seconds,
    )
    writer = FFMPEG_VideoWriter(
        str(part),
        animatic.size,
        RATE,
        codec="h264",  # under x264's own name MoviePy would ask it for a pixel format that it does not have
        preset="superfast",
        threads=1,
        audiofile=str(sound) if sound else None,
        ffmpeg_params=_PICTURE,
    )
    program = writer.proc
    with writer:
        for picture in clip.iter_frames(fps=RATE, dtype="uint8"):
            if not wanted.exists():
                raise Abandoned
            writer.write_frame(picture)
    if program.returncode:
        raise OSError(f"the encoder ended with {program.returncode}")


def _write_sound(path: Path, seconds: int) -> None:
    writer = FFMPEG_AudioWriter(str(path), SAMPLE_RATE, 2, 2, codec="aac", bitrate="96k", ffmpeg_params=_SOUND)
    program = writer.proc
    with writer:
        writer.write_frames(record_room(seconds))
    if program.returncode:
        raise OSError(f"the encoder of the sound ended with {program.returncode}")
