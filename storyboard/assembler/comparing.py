"""Two films held against each other: where their bytes first differ, or by how much their pictures do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

from storyboard.assembler import media
from storyboard.assembler.packets import read_bytes, read_index
from storyboard.timing import Rate, to_frame

ALIKE = 4.0
"""Mean difference of the lightness of a frame, of 255, up to which another encoder may have made it."""
KIND = "mov"


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two films differ first."""

    what: Literal["picture", "sound", "shell"]
    """`shell`: pictures and sound are the same bytes, and what is written around them is not."""
    frame: int = 0
    """The film frame, from 0."""


def first_difference(one: Path, other: Path, rate: Rate) -> Difference:
    """Where the bytes of two films of a rate first differ: in the picture, else in the sound, else elsewhere."""
    indexes = [read_index(path, rate) for path in (one, other)]
    if indexes[0].parameters != indexes[1].parameters:
        return Difference("picture")
    packets = [zip(index.packets, read_bytes(path, index.packets), strict=True)
               for path, index in zip((one, other), indexes, strict=True)]  # fmt: skip
    for mine, theirs in zip_longest(*packets):
        if mine is None or theirs is None or (mine[0].frame, mine[1]) != (theirs[0].frame, theirs[1]):
            return Difference("picture", min(packet.frame for packet, _ in filter(None, (mine, theirs))))
    with ExitStack() as stack:
        for mine, theirs in zip_longest(*(_sounds(path, rate, stack) for path in (one, other))):
            if mine != theirs:
                return Difference("sound", (mine or theirs)[0])
    return Difference("shell")


def _sounds(path: Path, rate: Rate, stack: ExitStack) -> Iterator[tuple[int, bytes]]:
    """Every packet of a film's sound, and the film frame that it begins in."""
    container = stack.enter_context(media.opened(path, KIND, "film"))
    for packet in container.demux(container.streams.audio):
        if packet.size and packet.pts is not None and packet.time_base:
            yield to_frame(packet.pts * packet.time_base, rate), bytes(packet)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like the pictures of two films are."""

    frames: tuple[int, int]
    """How many each of them has."""
    worst: float
    """The largest mean difference of a frame's lightness, from 0 to 255."""
    at: int
    """The first frame (from 0) that differs by more than another encoder's work; else the one that differs most."""

    @property
    def alike(self) -> bool:
        """Whether the same film may have been encoded twice."""
        return self.frames[0] == self.frames[1] and self.worst <= ALIKE


def likeness(one: Path, other: Path) -> Likeness:
    """How like the decoded pictures of two films are, frame by frame."""
    import numpy as np

    counts, worst, at = [0, 0], 0.0, 0
    with ExitStack() as stack:
        for mine, theirs in zip_longest(*(_pictures(path, stack) for path in (one, other))):
            here = max(counts)
            counts = [count + (seen is not None) for count, seen in zip(counts, (mine, theirs), strict=True)]
            if mine is None or theirs is None:
                continue
            same = mine.shape == theirs.shape
            off = float(np.abs(mine.astype(np.int16) - theirs).mean()) if same else 255.0
            if off > worst and worst <= ALIKE:
                worst, at = off, here
    return Likeness((counts[0], counts[1]), worst, at)


def _pictures(path: Path, stack: ExitStack) -> Iterator[Any]:
    """The lightness of every picture of a film, as rows of bytes."""
    container = stack.enter_context(media.opened(path, KIND, "film"))
    for frame in container.decode(video=0):
        yield frame.to_ndarray(format="gray")
