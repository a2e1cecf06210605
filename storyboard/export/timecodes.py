"""Timecode as editing programs count it: frames numbered by the clock, with numbers dropped where the rate is. Pure."""

from __future__ import annotations

import re
from fractions import Fraction

from storyboard.errors import Usage
from storyboard.timing import Rate, nominal

DROPPED = {Fraction(30000, 1001): 2, Fraction(60000, 1001): 4}
"""How many numbers are left out at the beginning of nine minutes in ten, by rate."""

_TIMECODE = re.compile(r"(\d{2}):([0-5]\d):([0-5]\d)([:;.])(\d{2,3})", re.ASCII)


def usual_start(rate: Rate) -> str:
    """The first hour, where films begin; dropping where the rate has that."""
    return f"01:00:00{';' if rate in DROPPED else ':'}00"


def parse_start(text: str, rate: Rate) -> tuple[int, bool]:
    """A timecode's frame, and whether it drops numbers (`01:00:00;00`); `Usage` when it is none of this rate."""
    match = _TIMECODE.fullmatch(text)
    if not match:
        raise Usage(f"`{text}` is not a timecode", hint=f"write it as in {usual_start(rate)}")
    hours, minutes, seconds, frames = (int(match[at]) for at in (1, 2, 3, 5))
    drop, base = match[4] != ":", nominal(rate)
    if drop and rate not in DROPPED:
        message = f"`{text}` drops frame numbers, and only 29.97 and 59.94 frames per second do"
        raise Usage(message, hint=f"--start {text[:8]}:{match[5]}")
    if frames >= base or hours > 23:
        raise Usage(f"`{text}` does not exist at {float(rate):.5g} frames per second",
                    hint=f"the last field goes to {base - 1:02}")  # fmt: skip
    left_out = DROPPED[rate] if drop else 0
    if frames < left_out and seconds == 0 and minutes % 10:
        raise Usage(f"`{text}` is one of the numbers that are dropped", hint=f"--start '{text[:9]}{left_out:02}'")
    total = hours * 60 + minutes
    return (total * 60 + seconds) * base + frames - left_out * (total - total // 10), drop


def timecode_of(frame: int, rate: Rate, *, drop: bool) -> str:
    """The timecode of a frame; `01:00:00;00` where numbers are dropped. It begins anew after a day."""
    base = nominal(rate)
    if drop:
        left_out = DROPPED[rate]
        minute, ten = base * 60 - left_out, base * 600 - 9 * left_out
        frame %= 144 * ten
        tens, rest = divmod(frame, ten)
        frame += 9 * left_out * tens + (left_out * ((rest - left_out) // minute) if rest >= left_out else 0)
    frame %= base * 86_400
    seconds, frames = divmod(frame, base)
    point = ";" if drop else ":"
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{frames:02}"
