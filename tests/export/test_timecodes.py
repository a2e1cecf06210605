"""Timecode against OpenTimelineIO's own, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import opentimelineio as otio
import pytest

from storyboard.errors import Usage
from storyboard.export.timecodes import DROPPED, parse_start, timecode_of, usual_start

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), Fraction(24000, 1001), *DROPPED])
@pytest.mark.parametrize("drop", [False, True])
def test_frames_are_numbered_as_elsewhere(rate: Fraction, drop: bool) -> None:
    if drop and rate not in DROPPED:
        return
    for frame in (0, 1, 1798, 1799, 1800, 1801, 17981, 17982, 17983, 107_891, 107_892, 215_783, 2_500_000):
        text = timecode_of(frame, rate, drop=drop)
        known = otio.opentime.RationalTime(frame, float(rate))
        day = timecode_of(0, rate, drop=drop)
        if frame < parse_start(f"23:59:59{day[8]}10", rate)[0]:
            assert text == otio.opentime.to_timecode(known, float(rate), drop)
            assert parse_start(text, rate) == (frame, drop)


def test_drop_frame_keeps_to_the_clock() -> None:
    assert parse_start("01:00:00;00", NTSC) == (107_892, True)
    assert timecode_of(107_892, NTSC, drop=True) == "01:00:00;00"
    assert timecode_of(1800, NTSC, drop=True) == "00:01:00;02"
    assert usual_start(NTSC) == "01:00:00;00"
    assert usual_start(Fraction(24)) == "01:00:00:00"


@pytest.mark.parametrize(
    ("text", "rate", "hint"),
    [
        ("1h", 24, "01:00:00:00"), ("01:00:00;00", 24, "--start 01:00:00:00"), ("00:00:00:24", 24, "goes to 23"),
        ("00:01:00;01", NTSC, "--start '00:01:00;02'"), ("24:00:00:00", 25, "goes to 24"),
    ],
)  # fmt: skip
def test_what_is_no_timecode(text: str, rate: Fraction | int, hint: str) -> None:
    with pytest.raises(Usage) as caught:
        parse_start(text, Fraction(rate))
    assert hint in caught.value.hint
