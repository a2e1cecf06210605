"""The clips of the fake gateway: small, quickly drawn, each with the colour of its job and bytes of its own."""

from __future__ import annotations

import colorsys
import hashlib
import secrets
import struct
import tempfile
import threading
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.assembler import ffmpeg
from storyboard.testing.faults import PAGE

if TYPE_CHECKING:
    from storyboard.testing.ledger import Charge

RATE = 24
COLOURS = 24
_drawing = threading.Lock()
_turns = count()


def new_job() -> str:
    """A name for a job. The clips of jobs that are named one after the other differ in their colours."""
    wanted = next(_turns) % COLOURS
    while _index(job := f"job_{secrets.token_hex(12)}") != wanted:
        pass
    return job


def colour_of(job: str) -> tuple[int, int, int]:
    """The colour that fills the upper half of every frame of a job's clip, red, green and blue from 0 to 255."""
    return _rgb(_index(job))


def colour_seen(clip: Path) -> tuple[int, int, int]:
    """The colour that fills the upper half of a clip's first frame."""
    import av
    from av.video.reformatter import ColorRange, Colorspace

    with av.open(str(clip)) as container:
        frame = next(container.decode(video=0)).reformat(
            format="rgb24", src_colorspace=Colorspace.ITU709, src_color_range=ColorRange.MPEG
        )
    upper = frame.to_ndarray()[: frame.height // 3].reshape(-1, 3).mean(axis=0)
    red, green, blue = (round(float(one)) for one in upper)
    return red, green, blue


def clip_of(charge: Charge) -> bytes:
    """The clip of a job. Pictures and sound are drawn once for a colour; the job's name stands in a box at the end, so
    that the clips of two jobs are never the same bytes."""
    if charge.fate == "page":
        return PAGE.encode()
    seconds, (width, height) = charge.seconds, charge.size
    if charge.fate == "short":
        seconds = max(1, seconds - 1)
    if charge.fate == "small":
        width, height = width // 4 * 2, height // 4 * 2
    look = charge.fate if charge.fate in ("black", "still") else ""
    with _drawing:
        drawn = _draw(look, _index(charge.job), (width, height), seconds, charge.audio and charge.fate != "mute")
    name = charge.job.encode()
    return drawn + struct.pack(">I4s", 8 + len(name), b"free") + name


def _index(job: str) -> int:
    return hashlib.sha256(job.encode()).digest()[0] % COLOURS


def _rgb(index: int) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(index / COLOURS, 0.75, 0.75)
    return round(red * 255), round(green * 255), round(blue * 255)


@lru_cache(maxsize=256)
def _draw(look: str, index: int, size: tuple[int, int], seconds: int, audio: bool) -> bytes:
    width, height = size
    red, green, blue = (0, 0, 0) if look == "black" else _rgb(index)
    graph = f"color=0x{red:02x}{green:02x}{blue:02x}:s={width}x{height}:r={RATE}"
    if not look:
        box = max(4, height // 4) // 2 * 2
        graph += f"[back];color=white:s={box}x{box}:r={RATE}[box];[back][box]overlay=x=mod(n*4\\,W):y=H-h"
    tail = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,setparams=colorspace=bt709:range=tv"
    sound = ("-f", "lavfi", "-i", "sine=330:r=48000", "-c:a", "aac", "-ac", "2") if audio else ()
    with tempfile.TemporaryDirectory(prefix="storyboard-rehearsal-") as folder:
        clip = Path(folder) / "clip.mp4"
        ffmpeg.run(
            *ffmpeg.QUIET, "-f", "lavfi", "-i", f"{graph},{tail}", *sound, "-t", str(seconds),
            "-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-threads", "1", "-movflags", "+faststart",
            str(clip),
        )  # fmt: skip
        return clip.read_bytes()
