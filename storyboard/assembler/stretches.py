"""Frames of a source as they follow each other in a film, told in as few words as can be. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames of a source at equal distances, in rising order, each shown equally often."""

    first: int
    """The source frame that it begins with."""
    count: int
    """How many source frames it shows."""
    step: int
    """From one to the next; 1 where there is but one."""
    times: int
    """How many film frames each of them fills."""

    @property
    def last(self) -> int:
        """The source frame that it ends with."""
        return self.first + (self.count - 1) * self.step


def stretches_of(frames: Sequence[int]) -> tuple[tuple[Stretch, ...], bool]:
    """The stretches of a run of source frames in rising order, and whether they are shown in falling order.

    `frames` has the source frame of each film frame; they rise or fall all the way.
    """
    backwards = frames[0] > frames[-1]
    found: list[Stretch] = []
    for frame, group in groupby(reversed(frames) if backwards else frames):
        times = sum(1 for _ in group)
        one = found[-1] if found else None
        if one and one.times == times and one.count == 1:
            found[-1] = Stretch(one.first, 2, frame - one.first, times)
        elif one and one.times == times and frame - one.last == one.step:
            found[-1] = replace(one, count=one.count + 1)
        else:
            found.append(Stretch(frame, 1, 1, times))
    return tuple(found), backwards
