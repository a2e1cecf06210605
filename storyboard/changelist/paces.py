"""Time that runs at more than one pace: which place of the source a clip's own time shows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from storyboard.changelist.measures import refused
from storyboard.changelist.returned import Event
from storyboard.errors import Where
from storyboard.timing import Rate, to_frame

FASTEST = 1000
"""Times its own pace that a clip may run at."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of one medium at one pace, on the time of what shows it. Every time is in exact seconds."""

    media: str
    label: str
    marks: tuple[str, ...]
    begin: Fraction
    end: Fraction
    place: Fraction
    """Where in the medium it is entered: backwards, the place that it runs back from."""
    tempo: Fraction
    where: Where


Points = list[tuple[Fraction, Fraction]]
"""A clip's own time, and the source's time that it shows there, in rising order of the first."""
Show = Callable[[Fraction, Fraction], Iterable[Stretch]]
"""What a source shows between two of its times."""


def mapped(points: Points, begin: Fraction, end: Fraction, show: Show, where: Where) -> Iterator[Stretch]:
    """What a clip shows from `begin` to `end` of its own time: `show` says what its source does."""
    for low, high in _lines(points):
        first, last = max(begin, low.time), end if high is None else min(end, high)
        if first >= last:
            continue
        if abs(low.slope) > FASTEST:
            raise refused(where, f"a clip cannot run at {float(low.slope):.6g} times its pace")
        yield from _along(low, first, last, show)


@dataclass(frozen=True, slots=True)
class _Line:
    """From a time on, a source's time that goes evenly on."""

    time: Fraction
    value: Fraction
    slope: Fraction

    def at(self, time: Fraction) -> Fraction:
        return self.value + (time - self.time) * self.slope

    def when(self, value: Fraction) -> Fraction:
        return self.time + (value - self.value) / self.slope


def _lines(points: Points) -> Iterator[tuple[_Line, Fraction | None]]:
    """The straight lines through points, the first and the last prolonged, each with where it ends."""
    steps = [(one, other) for one, other in pairwise(points) if other[0] > one[0]]
    lines = [_Line(*one, (other[1] - one[1]) / (other[0] - one[0])) for one, other in steps]
    if lines:
        far = lines[0].time - 10**9
        lines[0] = _Line(far, lines[0].at(far), lines[0].slope)
    merged: list[_Line] = []
    for line in lines:
        if not (merged and merged[-1].slope == line.slope and merged[-1].at(line.time) == line.value):
            merged.append(line)
    for index, line in enumerate(merged):
        yield line, merged[index + 1].time if index + 1 < len(merged) else None


def _along(line: _Line, first: Fraction, last: Fraction, show: Show) -> Iterator[Stretch]:
    """What is shown along one line."""
    if not line.slope:
        held = line.value
        for one in show(held, held + Fraction(1, 1000)):
            yield replace(one, begin=first, end=last, place=one.place + (held - one.begin) * one.tempo,
                          tempo=Fraction(0))  # fmt: skip
            return
    ends = line.at(first), line.at(last)
    found = list(show(min(ends), max(ends)))
    for one in found if line.slope > 0 else reversed(found):
        came, gone = (one.begin, one.end) if line.slope > 0 else (one.end, one.begin)
        place = one.place + (came - one.begin) * one.tempo
        yield replace(one, begin=line.when(came), end=line.when(gone), place=place, tempo=one.tempo * line.slope)


def event_of(one: Stretch, rate: Rate) -> Event:
    """A stretch on the cut's own time as an event of whole frames."""
    start, end = to_frame(one.begin, rate), to_frame(one.end, rate)
    entered = one.place + (start / rate - one.begin) * one.tempo
    place = entered + min(Fraction(0), one.tempo / rate)
    if not one.media:
        place = Fraction(0)
    return Event(one.media, one.label, one.marks, start, end - start, place, one.tempo, one.where)
