"""Pictures through filters and nothing else: what goes in and what comes out are planes of numbers."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storyboard.assembler import ffmpeg
from storyboard.assembler.segments import Reel, Segment

Frames = NDArray[np.uint8]
"""4:2:0 planes, one behind the other: number, bytes."""

SCALAR = ("-cpuflags", "0")
"""Without the processor's vector units."""

TAGS = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"


def segment(frames: int, size: tuple[int, int], transition: str = "", **more: Any) -> Segment:
    """A segment at 24 frames per second that has no reels."""
    plain: dict[str, Any] = {"easing": "linear", "color": "#000000", "dips": (), "lines": ()}
    return Segment(frames, Fraction(24), *size, reels=(), transition=transition, **{**plain, **more})


def reel(size: tuple[int, int], **more: Any) -> Reel:
    """A clip's reel, in the middle of the picture."""
    plain: dict[str, Any] = {"fit": "cover", "focus": (0.5, 0.5)}
    return Reel("x", (), size, Fraction(24), (), backwards=False, **{**plain, **more})


def noise(frames: int, size: tuple[int, int], seed: int) -> Frames:
    """Frames of video levels without any order."""
    return np.random.default_rng(seed).integers(16, 236, (frames, plane_bytes(size)), np.uint8)


def flat(frames: int, size: tuple[int, int], luma: int, u: int = 128, v: int = 128) -> Frames:
    """Frames of one colour."""
    pixels, quarter = size[0] * size[1], (plane_bytes(size) - size[0] * size[1]) // 2
    one = np.concatenate([np.full(pixels, luma), np.full(quarter, u), np.full(quarter, v)]).astype(np.uint8)
    return np.tile(one, (frames, 1))


def plane_bytes(size: tuple[int, int]) -> int:
    """How many bytes a frame has."""
    width, height = size
    return width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)


def luma(frames: Frames, size: tuple[int, int]) -> NDArray[np.int_]:
    """The luma of frames: number, height, width."""
    width, height = size
    return frames[:, : width * height].reshape(-1, height, width).astype(int)


def raw(folder: Path, name: str, frames: Frames, size: tuple[int, int]) -> tuple[str, ...]:
    """Arguments that open a file of these frames, which is written here."""
    (folder / name).write_bytes(frames.tobytes())
    shape = ("-s", f"{size[0]}x{size[1]}", "-r", "24")
    return ("-f", "rawvideo", "-pix_fmt", "yuv420p", *shape, "-i", str(folder / name))


def draw(graph: str, inputs: Sequence[str], size: tuple[int, int], *options: str) -> Frames:
    """What a graph makes of its inputs, at its label `o`, as frames of that size."""
    command = [ffmpeg.binary(), "-v", "error", *options, *inputs, "-filter_complex", f"{ffmpeg.SCALING}{graph}"]
    command += ["-map", "[o]", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, plane_bytes(size))
