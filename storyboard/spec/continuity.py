"""Where a shot goes on from a frame that the cut before it does not end with: the picture jumps there."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from storyboard.progress import Said
from storyboard.spec.model import FrameOf, Shot, Storyboard
from storyboard.timing import Rate


def jumps(storyboard: Storyboard) -> Iterator[Said]:
    """What is to be said of every such cut, at the field that makes it; clips are taken to last what is ordered."""
    for before, shot in pairwise(storyboard.shots):
        first = shot.order.first if shot.order else None
        if not isinstance(first, FrameOf) or first.shot != before.id or not before.order:
            continue
        goes_on = f"`{shot.id}` goes on from the last frame of `{before.id}`"
        if before.reverse:
            text = f"{goes_on}, which runs backwards and ends with its first: the picture jumps there"
            yield Said(text, "let it run forwards", before.at("reverse"))
        elif (left := _left(before, storyboard.rate)) * storyboard.rate >= 1:
            text = f"{goes_on}, and the cut leaves that one {float(left):.2g} s before its end: the picture jumps there"
            hint = "shorten it at its beginning, with `in:`, or order it shorter, with `duration:`"
            yield Said(text, hint, before.at("out" if before.end else "length"))


def _left(shot: Shot, rate: Rate) -> Fraction:
    """Seconds at the end of a take that the cut leaves out."""
    whole = shot.duration.seconds(rate)
    if shot.end:
        return whole - shot.end.seconds(rate)
    if not shot.length:
        return Fraction(0)
    still = shot.freeze.length.seconds(rate) if shot.freeze else Fraction(0)
    begin = shot.start.seconds(rate) if shot.start else Fraction(0)
    return whole - begin - max(Fraction(0), shot.length.seconds(rate) - still) * shot.speed
