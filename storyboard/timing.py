"""Exact rates, durations, frames and timecode. No float leaves this file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal

Rate = Fraction
"""Frames per second, exact."""

NTSC = {
    "23.976": Fraction(24000, 1001),
    "29.97": Fraction(30000, 1001),
    "59.94": Fraction(60000, 1001),
    "119.88": Fraction(120000, 1001),
}
MAX_RATE = 240
MAX_HOURS = 100

_RATE = re.compile(r"(\d{1,6})(?:/(\d{1,6}))?", re.ASCII)
_NUMBER = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(s|f)", re.ASCII)
_TIMECODE = re.compile(r"(\d{2}):(\d{2}):(\d{2}):(\d{2,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time as it was written: seconds, frames, or timecode. A film's rate makes it exact."""

    text: str
    unit: Literal["s", "f", "timecode"]
    amount: Fraction
    """Seconds for `s`, frames for `f`, whole nominal seconds for `timecode`."""
    frames_field: int = 0
    """The last field of a timecode."""

    def seconds(self, rate: Rate) -> Fraction:
        """This time in exact seconds, in a film at `rate`."""
        if self.unit == "s":
            return self.amount
        if self.unit == "f":
            return self.amount / rate
        return (self.amount * nominal(rate) + self.frames_field) / rate


def nominal(rate: Rate) -> int:
    """The whole number that a rate counts timecode by: 24 for 24000/1001."""
    return -(-rate.numerator // rate.denominator)


def parse_rate(value: object) -> Rate:
    """`24`, `"30000/1001"`, `23.976` as an exact rate; ValueError says what would be one."""
    text = str(value)
    if text in NTSC:
        return NTSC[text]
    match = _RATE.fullmatch(text)
    if match and not isinstance(value, bool):
        over = int(match[2] or 1)
        if over and 1 <= (rate := Fraction(int(match[1]), over)) <= MAX_RATE:
            return rate
    raise ValueError("a rate is a whole number, 30000/1001, or one of 23.976, 29.97, 59.94")


def parse_duration(value: object) -> Duration:
    """`5s`, `1.5s`, `120f` or `00:00:05:00` as a duration; ValueError says what to type instead."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(_without_unit(value))
    return _parsed(str(value).strip())


@lru_cache(maxsize=1_000)
def _parsed(text: str) -> Duration:
    """A text as a duration; a film says the same few over and over."""
    if match := _NUMBER.fullmatch(text):
        amount = Fraction(match[1])
        if match[2] == "f" and amount.denominator != 1:
            raise ValueError(f"{text} is not a whole number of frames")
        duration = Duration(text, "s" if match[2] == "s" else "f", amount)
    elif match := _TIMECODE.fullmatch(text):
        hours, minutes, seconds, frames = (int(part) for part in match.groups())
        if minutes > 59 or seconds > 59:
            raise ValueError(f"{text} has more than 59 minutes or seconds")
        duration = Duration(text, "timecode", Fraction(hours * 3600 + minutes * 60 + seconds), frames)
    else:
        raise ValueError(f"{text!r} is not a duration: write 5s, 1.5s, 120f or 00:00:05:00")
    if duration.amount > MAX_HOURS * 3600 * (MAX_RATE if duration.unit == "f" else 1):
        raise ValueError(f"{text} is longer than {MAX_HOURS} hours")
    return duration


def _without_unit(value: float) -> str:
    number = f"{Decimal(str(value)):f}"
    if not 0 <= value <= MAX_HOURS * 3600:
        return f"{number} is not a duration: write 5s, 1.5s, 120f or 00:00:05:00"
    frames = f" or {number}f for frames" if value == int(value) and "." not in number else ""
    return f"{number} has no unit: write {number}s{' for seconds' if frames else ''}{frames}"


def to_frame(seconds: Fraction, rate: Rate) -> int:
    """The film frame nearest to an exact time; a half goes up, on every machine."""
    return nearest(seconds * rate)


def nearest(value: Fraction) -> int:
    """The whole number nearest to an exact one; a half goes up."""
    return (2 * value + 1).__floor__() // 2


def timecode(frame: int, rate: Rate) -> str:
    """`00:00:05:00`, non-drop: what a slate shows."""
    base = nominal(rate)
    seconds, frames = divmod(frame, base)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frames:02}"


def clock(seconds: Fraction | float) -> str:
    """`34.2 s` or `2:05`: a length for people."""
    value = float(seconds)
    return f"{value:.1f} s" if value < 100 else f"{int(value) // 60}:{int(value) % 60:02}"
