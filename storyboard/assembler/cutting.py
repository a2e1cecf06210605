"""Which part of a take a shot uses, and the source frame that each of its film frames shows. Pure.

In, out and the place of a freeze are times in the take; a length is film time. What a shot shows begins on the film's
own frames of the take and does not depend on the shot's place, so moving an in point leaves all behind it as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, lcm

from storyboard.errors import Problem
from storyboard.planner.take import Facts
from storyboard.spec.model import Output, Shot
from storyboard.timing import Rate, nearest


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a clip that runs at one pace."""

    start: int
    """The clip's film frame (from 0) that it begins with."""
    frames: int
    """How many film frames it lasts."""
    first: Fraction
    """The place in the source, in source frames, of its first film frame: backwards as well, the lower end of what
    that frame plays."""
    step: Fraction
    """Source frames that pass with a film frame: 0 where the picture is frozen, negative where it runs backwards."""

    def source_frames(self, start: int, stop: int) -> Sequence[int]:
        """The source frames that its film frames from `start` to `stop` (counted from its first) show: those that
        stand at their exact places."""
        unit = lcm(self.first.denominator, self.step.denominator)
        first, step = int(self.first * unit), int(self.step * unit)
        return [(first + index * step) // unit for index in range(start, stop)]


@dataclass(frozen=True, slots=True)
class Part:
    """What a shot uses of its source. Places are in source frames and lengths in film frames, both exact."""

    begin: Fraction
    """The in point."""
    end: Fraction
    """The out point, exclusive."""
    frames: Fraction
    """How long it lasts in the film."""
    source: int
    """How many frames the source has."""
    grid: Fraction
    """Source frames that pass with a film frame at the take's own speed."""
    step: Fraction
    """Source frames that pass with a film frame."""
    reverse: bool = False
    freeze: Fraction | None = None
    """The place that stands still."""
    hold: Fraction = Fraction(0)
    """For how long it does."""


def choose_part(
    shot: Shot, facts: Facts, output: Output, counted: Rate, problems: list[Problem], *, goes_on: bool
) -> Part:
    """What a shot uses of its source; what does not fit is added to `problems`.

    `counted` is the rate that the storyboard's frames are counted at. A shot that `goes_on` from the last frame of the
    one before leaves out its own first one, which is the same.
    """
    # A card is drawn for exactly as long as it stands; a clip has whole frames.
    whole = shot.duration.seconds(counted) * output.rate if shot.card else Fraction(facts.frames)
    grid = facts.rate / output.rate if output.conform == "repeat" else Fraction(1)
    step = grid * shot.speed
    hold = shot.freeze.length.seconds(counted) * output.rate if shot.freeze else Fraction(0)
    begin = shot.start.seconds(counted) * facts.rate if shot.start else Fraction(0)
    length = shot.length.seconds(counted) * output.rate if shot.length else None
    second = ceil(1 / grid) * grid
    if goes_on and not shot.start and (length is None or (length - hold) * step <= whole - second):
        begin = second
    place = shot.freeze.at.seconds(counted) * facts.rate if shot.freeze else None
    end = shot.end.seconds(counted) * facts.rate if shot.end else whole
    if length is not None:
        end = begin + (length - hold) * step
        if place is not None and place < begin + length * step:
            end = max(end, min(place + grid, whole))  # the shot may end while the frame still stands
    if end > whole:
        left = whole / facts.rate if shot.end else max(Fraction(0), (whole - begin) / step + hold) / output.rate
        problems.append(_too_long(shot, (end - whole) / (grid if shot.end else step), left))
        end, length = whole, None
    if end < begin or (end == begin and not hold):
        problems.append(_problem(shot, "in", f"nothing is left of `{shot.id}`", "`in` must lie before the clip's end"))
        end, length = begin + step, None
    if place is not None:
        problems += _check_freeze(shot, (place - begin) / step, (place - end) / step, hold)
    frames = (end - begin) / step + hold if length is None else length
    return Part(begin, end, frames, facts.frames, grid, step, shot.reverse, place, hold)


def lay_spans(part: Part, frames: int) -> tuple[Span, ...]:
    """How the source runs through `frames` film frames, which are the part's length, rounded either way.

    Everything is laid out for the greater number and then cut off, so that what the frames show does not depend on how
    the shot's place in the film rounds.
    """
    most, step = ceil(part.frames), part.step
    first = _on_grid(part, part.begin, 1 if part.freeze is not None else most)
    pieces = [(most, first, step)]
    if part.freeze is not None:
        last = (ceil(part.end / part.grid) - 1) * part.grid
        still = max(first, min(_on_grid(part, part.freeze, 1), last))
        lead = min(most, ceil((still - first) / step))
        rest = min(most - lead - min(most - lead, nearest(part.hold)), ceil((part.source - still) / step))
        pieces = [(lead, first, step), (most - lead - rest, still, Fraction(0)), (rest, still, step)]
    if part.reverse:
        pieces = [(count, place + (count - 1) * pace, -pace) for count, place, pace in reversed(pieces)]
    spans, start = [], 0
    for length, place, pace in pieces:
        count = min(length, frames - start)
        if count > 0:
            spans.append(Span(start, count, place, pace))
            start += count
    return tuple(spans)


def _on_grid(part: Part, place: Fraction, frames: int) -> Fraction:
    """The film frame of the take nearest to a place; an earlier one, where `frames` from there would be too many."""
    room = part.source - (frames - 1) * part.step
    return max(0, min(nearest(place / part.grid), ceil(room / part.grid) - 1)) * part.grid


def _too_long(shot: Shot, missing: Fraction, left: Fraction) -> Problem:
    """`missing` counts film frames; `left` is what there is, in seconds."""
    count = counted_frames(max(1, nearest(missing)))
    message = f"the cut of `{shot.id}` ends {count} after the end of its clip"
    if shot.end:
        return _problem(shot, "out", message, f"its clip lasts {float(left):g} s: cut it there or before")
    return _problem(shot, "length", message, f"from its in point, its clip gives {float(left):g} s of film")


def _check_freeze(shot: Shot, early: Fraction, late: Fraction, hold: Fraction) -> list[Problem]:
    """`early` and `late` say how far behind the in and the out point the frozen frame is, in film frames."""
    if hold < 1:
        what = f"the freeze of `{shot.id}` is shorter than a frame of the film"
        return [_problem(shot, "freeze", what, "let it be longer")]
    if early >= 0 > late:
        return []
    missing = counted_frames(max(1, ceil(-early if early < 0 else late)))
    side = f"begins {missing} later" if early < 0 else f"has ended {missing} earlier" if late else "ends there"
    hint = "`at` counts in the take, as `in` and `out` do, and lies before the end"
    return [_problem(shot, "freeze", f"`{shot.id}` cannot freeze there: its cut {side}", hint)]


def _problem(shot: Shot, field: str, message: str, hint: str) -> Problem:
    return Problem(shot.at(field), f"{shot.path}.{field}", "cut", message, hint)


def counted_frames(count: int) -> str:
    """`1 frame`, `6 frames`."""
    return "1 frame" if count == 1 else f"{count} frames"
