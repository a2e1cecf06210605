"""Which part of its take a shot shows, and how: in and out points, speed, freeze, framing. None of it is ordered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction

from storyboard.spec.fields import Fields
from storyboard.spec.model import Freeze, Shot
from storyboard.timing import Rate

SPEEDS = Fraction(1, 10), Fraction(10)
_RUNNING = ("speed", "reverse", "freeze")
"""What only a picture that moves has a use for."""
_LONGER = {
    "order": ", or order a longer clip with `duration:`",
    "card": ", or let it stand longer with `duration:`",
    "": "",
}
_TAKEN = {"in", "out", "length", "duration", "card", "footage", *_RUNNING}


def cut(fields: Fields, shot: Shot, own: Collection[str]) -> Shot:
    """The shot with what its fields say of the cut. `own` names those that are no defaults."""
    if shot.card:
        for name in _RUNNING:
            if name in own and fields.written(name):
                message = f"a card does not move, so `{name}` has no use"
                fields.problem(
                    name, "still-picture", message, f"remove `{name}`; `duration` says how long a card lasts"
                )
        fields = fields.without(_RUNNING)
    return replace(
        shot,
        start=fields.duration("in"),
        end=fields.duration("out"),
        length=fields.duration("length"),
        speed=_speed(fields),
        reverse=bool(fields.get("reverse", False)),
        freeze=_freeze(fields),
        fit=fields.get("fit"),
        focus=fields.point("focus"),
        flip=fields.get("flip", ""),
        scale=float(fields.get("scale", 1)),
    )


def _speed(fields: Fields) -> Fraction:
    text = str(fields.get("speed", 1))
    speed = Fraction(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not SPEEDS[0] <= speed <= SPEEDS[1]:
        message = f"`speed` must be from 10% to 1000%, and is {text}"
        fields.problem("speed", "range", message, "50% is half as fast, 200% twice")
        return Fraction(1)
    return speed


def _freeze(fields: Fields) -> Freeze | None:
    block = fields.block("freeze")
    at, length = block.duration("at"), block.duration("for")
    if not at or not length:
        return None
    if not length.seconds(fields.desk.rate) and not fields.desk.spoilt(block.at("for")):
        block.problem("for", "freeze", "a frame that stands for no time is none", "write it as in `for: 1s`")
        return None
    return Freeze(at, length)


def check_cut(
    fields: Fields, shot: Shot, rate: Rate, whole: Fraction | None, *, keeps_time: bool = True
) -> None:  # fmt: skip
    """Put down what contradicts itself in a cut. `whole` is how many seconds there are to cut from; None where only
    the file can tell. Where not every output `keeps_time`, only its rate tells what a length uses of a clip."""
    if shot.end and shot.length:
        fields.problem("length", "cut", "`out` and `length` both say where the cut ends", "keep one of them")
        return
    if fields.spoilt & _TAKEN or any(fields.desk.spoilt(fields.at(name)) for name in _TAKEN & set(fields.values)):
        return
    if not keeps_time and not shot.card:
        shot = replace(shot, length=None)
    start = shot.start.seconds(rate) if shot.start else Fraction(0)
    end = shot.end.seconds(rate) if shot.end else _end_of_length(shot, rate, start) if shot.length else whole
    name = "out" if shot.end else "length" if shot.length else "in" if shot.start else "duration"
    if end is not None and (end < start or (end == start and not shot.freeze)):
        fields.problem(
            name,
            "cut",
            f"the cut of `{shot.id}` ends before it begins: nothing is left of the shot",
            "`in` must lie before `out`, and a length must be more than 0",
        )
    elif end is not None and whole is not None and end > whole:
        lasts = f"which lasts {float(whole):g} s"
        used = "" if shot.speed == 1 else f": at this speed it uses {float(end - start):g} s of it"
        fields.problem(
            name,
            "cut",
            f"the cut of `{shot.id}` ends {float(end - whole):g} s after the end of its clip, {lasts}{used}",
            "cut it shorter" + _LONGER["order" if shot.order else "card" if shot.card else ""],
        )
    elif shot.freeze:
        _check_freeze(fields, shot, shot.freeze, rate, (start, end))


def _end_of_length(shot: Shot, rate: Rate, start: Fraction) -> Fraction:
    """Where in the take a shot of a given length ends: what stands still takes none of it."""
    length = shot.length.seconds(rate) if shot.length else Fraction(0)
    if not shot.freeze:
        return start + length * shot.speed
    reached = min(shot.freeze.at.seconds(rate), start + length * shot.speed)
    return max(start, reached, start + (length - shot.freeze.length.seconds(rate)) * shot.speed)


def _check_freeze(
    fields: Fields, shot: Shot, freeze: Freeze, rate: Rate, used: tuple[Fraction, Fraction | None]
) -> None:
    """The frame that stands still must be one that is shown; at the out point it is the last one."""
    start, end = used
    if start <= freeze.at.seconds(rate) and (end is None or freeze.at.seconds(rate) <= end):
        return
    part = f"its take from {float(start):g} s on"
    if end is not None:
        part = f"{float(start):g} s to {float(end):g} s of its take"
    fields.desk.problem(
        (*fields.at("freeze"), "at"),
        "freeze",
        f"`{shot.id}` shows {part}, and the frame at {freeze.at.text} is not in that",
        "`at` counts in the take, as `in` and `out` do",
    )
