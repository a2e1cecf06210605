"""Numbers as files of other programs write them, made exact or refused with their place. Pure."""

from __future__ import annotations

import re
from fractions import Fraction

from storyboard.errors import Refused, Where
from storyboard.timing import MAX_HOURS, MAX_RATE, NTSC, Rate

MAX_SECONDS = MAX_HOURS * 3600
BROKEN = "export it from the editing program again"
"""What helps where a file cannot have been written like this."""

_WHOLE = re.compile(r"([+-]?\d{1,15})(?:\.0*)?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,15}(?:\.\d{0,30})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_RATIO = re.compile(r"([+-]?\d{1,18})(?:/(\d{1,18})|\.(\d{1,18}))?s?", re.ASCII)


def refused(where: Where, message: str, hint: str = BROKEN) -> Refused:
    """An error with its place."""
    return Refused(message, hint=hint, where=where)


def whole(text: str, where: Where, what: str) -> int:
    """A whole number; some programs write it as `12.0`."""
    match = _WHOLE.fullmatch(text.strip())
    if not match:
        raise refused(where, f"`{shown(text)}` is no whole number for the {what}")
    return int(match[1])


def decimal(text: str, where: Where, what: str) -> Fraction:
    """A number with a point, exactly as it is written."""
    if not _DECIMAL.fullmatch(text.strip()):
        raise refused(where, f"`{shown(text)}` is no number for the {what}")
    return Fraction(text.strip())


def seconds(text: str, where: Where, what: str) -> Fraction:
    """`1001/24000s`, `5s`, `2.5s`, and no longer than films may be."""
    match = _RATIO.fullmatch(text.strip())
    if not match or (match[2] and not int(match[2])):
        raise refused(where, f"`{shown(text)}` is no time for the {what}")
    value = Fraction(text.strip().removesuffix("s"))
    return within(value, where, what)


def within(value: Fraction, where: Where, what: str) -> Fraction:
    """Seconds that a film or its media may have, else `Refused`."""
    if abs(value) > MAX_SECONDS:
        raise refused(where, f"the {what} is more than {MAX_HOURS} hours")
    return value


def lasting(value: Fraction, where: Where, what: str) -> Fraction:
    """A length, which is never below zero."""
    if value < 0:
        raise refused(where, f"the {what} is below zero")
    return value


def rate_near(value: Fraction, where: Where) -> Rate:
    """The rate that a decimal number of frames a second stands for: 23.98 is 24000/1001."""
    if not 1 <= value <= MAX_RATE:
        raise refused(where, f"a cut cannot run at {float(value):.6g} frames a second")
    near = min(NTSC.values(), key=lambda one: abs(one - value))
    if abs(near - value) < Fraction(1, 200):
        return near
    return value.limit_denominator(1001)


def meant(value: Fraction, spare: Fraction) -> Fraction:
    """The plain number that one which was rounded to within `spare` stands for: 3/2, 5/4, 1000/1001; else itself."""
    for ratio in (Fraction(1), Fraction(1000, 1001), Fraction(1001, 1000)):
        plain = (value / ratio).limit_denominator(100) * ratio
        if abs(plain - value) <= spare:
            return plain
    return value


def shown(text: str) -> str:
    """A text of a stranger's file, short enough for a message."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text[:200]).split())
    return plain if len(plain) <= 60 else f"{plain[:57]}..."
