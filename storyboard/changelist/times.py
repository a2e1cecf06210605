"""Times and paces written into a storyboard, the way its author writes them. Pure."""

from __future__ import annotations

from fractions import Fraction

from storyboard.timing import Duration, Rate, nearest, timecode

DIGITS = 3
"""Decimals of a second that an author would write."""
MOST_DIGITS = 9


def time_text(seconds: Fraction, like: Duration | None, rate: Rate) -> str:
    """A time: in seconds where that is exact in a few decimals, else in frames at `rate`; in the unit of `like` first.

    What is neither is the nearest thousandth of a second: what a shot shows begins on whole frames anyhow.
    """
    frames = seconds * rate
    if like and like.unit == "timecode" and frames.denominator == 1:
        return timecode(int(frames), rate)
    whole = f"{int(frames)}f" if frames.denominator == 1 else ""
    if like and like.unit == "f" and whole:
        return whole
    near = Fraction(nearest(seconds * 10**DIGITS), 10**DIGITS)
    return _decimal(seconds, DIGITS) or whole or _decimal(seconds, MOST_DIGITS) or _decimal(near, DIGITS)


def _decimal(seconds: Fraction, digits: int) -> str:
    scaled = seconds * 10**digits
    if scaled.denominator != 1:
        return ""
    whole, part = divmod(int(scaled), 10**digits)
    return f"{whole}.{part:0{digits}}".rstrip("0").rstrip(".") + "s"


def pace(exact: Fraction, spare: Fraction) -> Fraction:
    """The plainest pace within `spare` of one: whole percents before tenths, and no finer than thousandths."""
    for digits in range(4):
        scale = 100 * 10**digits
        plain = Fraction(nearest(exact * scale), scale)
        if abs(plain - exact) <= spare:
            break
    return plain


def pace_value(speed: Fraction, like: object) -> str | int | float:
    """A pace as the author writes it: `50%`, or 0.5."""
    if isinstance(like, int | float) and not isinstance(like, bool):
        return int(speed) if speed.denominator == 1 else float(speed)
    return f"{_decimal(speed * 100, DIGITS).removesuffix('s')}%"
