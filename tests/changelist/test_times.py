"""Times and paces as an author writes them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from storyboard.changelist.times import pace, pace_value, time_text
from storyboard.timing import parse_duration

NTSC = Fraction(24000, 1001)


@pytest.mark.parametrize(
    ("seconds", "like", "rate", "text"),
    [
        (Fraction(3, 4), "1s", 24, "0.75s"), (Fraction(19, 24), "1s", 24, "19f"), (Fraction(2), "12f", 24, "48f"),
        (Fraction(25, 24), "00:00:01:00", 24, "00:00:01:01"), (Fraction(1, 16), "2f", 24, "0.0625s"),
        (12 / NTSC, "", NTSC, "12f"), (Fraction(7, 30), "", 24, "0.233s"), (Fraction(0), "", 24, "0s"),
        (Fraction(1, 25), "", 25, "0.04s"),
    ],
)  # fmt: skip
def test_a_time_is_written_as_its_neighbours_are(seconds: Fraction, like: str, rate: Fraction, text: str) -> None:
    found = time_text(seconds, parse_duration(like) if like else None, Fraction(rate))
    assert found == text
    if text != "0.233s":
        assert parse_duration(found).seconds(Fraction(rate)) == seconds


def test_a_pace_is_the_plainest_that_does() -> None:
    assert pace(Fraction(3333, 10000), Fraction(1, 100)) == Fraction(33, 100)
    assert pace(Fraction(1, 3), Fraction(1, 2000)) == Fraction(333, 1000)
    assert pace(Fraction(1, 3), Fraction(1, 10**9)) == Fraction(33333, 100000)
    assert pace_value(Fraction(1, 2), "") == "50%"
    assert pace_value(Fraction(333, 1000), "25%") == "33.3%"
    assert (pace_value(Fraction(1, 2), 2), pace_value(Fraction(2), 0.5)) == (0.5, 2)
