"""Where the body of a clip is cut into segments: on a grid of its source, whatever its place in the film. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from storyboard.assembler.cutting import Span
from storyboard.assembler.timeline import Clip
from storyboard.timing import Rate, nearest

GRID_SECONDS = 2
"""About how long a segment lasts: long enough to compress well, short enough to be made again soon."""
BACKWARDS_SECONDS = 1
"""All frames of one that runs backwards are in memory at once."""


def bodies(clip: Clip, begin: int, end: int, rate: Rate, borders: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """The segments of a clip between film frames `begin` and `end`, cut at `borders` of the film as well."""
    inner = {clip.start + at for span in clip.spans for at in (span.start, *_crossings(span, rate))}
    cuts = sorted(at for at in inner | set(borders) if begin < at < end)
    yield from zip((begin, *cuts), (*cuts, end), strict=True) if begin < end else ()


def _crossings(span: Span, rate: Rate) -> Iterator[int]:
    """The clip's film frames at which a span crosses the grid of its source; where it stands still, a grid of time."""
    length = max(1, nearest((BACKWARDS_SECONDS if span.step < 0 else GRID_SECONDS) * rate))
    pace = abs(span.step)
    if not pace:
        yield from range(span.start + length, span.start + span.frames, length)
        return
    width = length * pace
    width = Fraction(nearest(width)) if width > 1 else width
    line = floor(span.first / width)
    while True:
        line += 1 if span.step > 0 else 0
        reach = line * width - span.first
        at = ceil(reach / pace) if span.step > 0 else floor(-reach / pace) + 1
        if at >= span.frames:
            return
        yield span.start + at
        line -= 1 if span.step < 0 else 0
