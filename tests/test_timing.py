from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.timing import MAX_HOURS, clock, nominal, parse_duration, parse_rate, timecode, to_frame

RATES = [
    Fraction(24),
    Fraction(25),
    Fraction(30),
    Fraction(60),
    Fraction(24000, 1001),
    Fraction(30000, 1001),
    Fraction(60000, 1001),
]
rates = st.sampled_from(RATES)
times = st.fractions(min_value=0, max_value=MAX_HOURS * 3600, max_denominator=10**6)


@pytest.mark.parametrize(
    ("value", "rate"),
    [
        (24, Fraction(24)), ("24", Fraction(24)), (1, Fraction(1)), (240, Fraction(240)),
        ("30000/1001", Fraction(30000, 1001)),
        (23.976, Fraction(24000, 1001)), ("23.976", Fraction(24000, 1001)), (29.97, Fraction(30000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (119.88, Fraction(120000, 1001)), ("48/2", Fraction(24)),
    ],
)  # fmt: skip
def test_rates(value: object, rate: Fraction) -> None:
    assert parse_rate(value) == rate


@pytest.mark.parametrize(
    "value",
    [0, -24, 241, 24.5, "24.5", "24/0", "0/1", "1/2", "24 fps", "", " 24", "24\n", None, True, [], "٢٤", "1e2", "24/",
     "/24", 10**9]
)  # fmt: skip
def test_no_rates(value: object) -> None:
    with pytest.raises(ValueError, match="a rate is a whole number"):
        parse_rate(value)


@pytest.mark.parametrize(
    ("text", "at24", "at30"),
    [
        ("5s", 5, 5), ("1.5s", Fraction(3, 2), Fraction(3, 2)), ("0s", 0, 0), ("120f", 5, 4), ("0f", 0, 0),
        ("00:00:05:00", 5, 5), ("00:00:05:12", Fraction(11, 2), Fraction(27, 5)), ("01:00:00:00", 3600, 3600),
        (" 5s ", 5, 5),
        ("0.000000001s", Fraction(1, 10**9), Fraction(1, 10**9)), ("360000s", 360000, 360000), ("120.0f", 5, 4),
    ],
)  # fmt: skip
def test_durations(text: str, at24: Fraction, at30: Fraction) -> None:
    assert parse_duration(text).seconds(Fraction(24)) == at24
    assert parse_duration(text).seconds(Fraction(30)) == at30


def test_timecode_of_a_fractional_rate_counts_whole_frames() -> None:
    rate = Fraction(30000, 1001)
    assert parse_duration("00:01:00:00").seconds(rate) * rate == 1800


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (5, "5 has no unit: write 5s for seconds or 5f for frames"), (2.5, "2.5 has no unit: write 2.5s"),
        (0.0000001, "0.0000001 has no unit: write 0.0000001s"), (300000, "300000 has no unit: write 300000s"),
        (-5, "-5 is not a duration"),
        (10**9, "is not a duration"), ("5", "is not a duration"), ("5 s", "is not a duration"),
        ("-5s", "is not a duration"),
        ("5S", "is not a duration"), ("5m", "is not a duration"), ("1e3s", "is not a duration"),
        ("nans", "is not a duration"),
        ("infs", "is not a duration"), (".5s", "is not a duration"), ("5.s", "is not a duration"),
        ("٥s", "is not a duration"),
        ("0:05", "is not a duration"), ("00:00:05", "is not a duration"), ("00:00:05;00", "is not a duration"),
        ("", "is not a duration"),
        (None, "is not a duration"), (True, "is not a duration"), ("2.5f", "is not a whole number of frames"),
        ("00:60:00:00", "more than 59"), ("00:00:60:00", "more than 59"), ("360001s", "longer than 100 hours"),
        ("999999999f", "longer than 100 hours"), ("1" * 40 + "s", "is not a duration"),
    ],
)  # fmt: skip
def test_no_durations(value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_duration(value)


@pytest.mark.parametrize(("rate", "base"), list(zip(RATES, [24, 25, 30, 60, 24, 30, 60], strict=True)))
def test_nominal(rate: Fraction, base: int) -> None:
    assert nominal(rate) == base


@pytest.mark.parametrize(
    ("seconds", "frame"),
    [(0, 0), (Fraction(1, 48), 1), (Fraction(1, 49), 0), (Fraction(3, 48), 2), (1, 24), (Fraction(47, 48), 24),
     (Fraction(-1, 48), 0)],
)  # fmt: skip
def test_a_half_goes_up(seconds: Fraction, frame: int) -> None:
    assert to_frame(Fraction(seconds), Fraction(24)) == frame


def test_timecode_and_clock() -> None:
    assert timecode(0, Fraction(24)) == "00:00:00:00"
    assert timecode(24 * 3661 + 23, Fraction(24)) == "01:01:01:23"
    assert timecode(30, Fraction(30000, 1001)) == "00:00:01:00"
    assert [clock(one) for one in (0, Fraction(171, 5), 99.9, 125, 3600)] == [
        "0.0 s",
        "34.2 s",
        "99.9 s",
        "2:05",
        "60:00",
    ]


@settings(max_examples=150, deadline=None)
@given(times, rates)
def test_the_nearest_frame_is_the_nearest(seconds: Fraction, rate: Fraction) -> None:
    assert abs(Fraction(to_frame(seconds, rate)) - seconds * rate) <= Fraction(1, 2)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 24 * 3600 * 60), rates)
def test_a_frame_is_its_own_time(frame: int, rate: Fraction) -> None:
    assert to_frame(frame / rate, rate) == frame


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.fractions(min_value=Fraction(1, 10), max_value=20, max_denominator=1000), min_size=1, max_size=60),
    rates,
)
def test_cut_points_do_not_drift(lengths: list[Fraction], rate: Fraction) -> None:
    ends = [to_frame(sum(lengths[:count], Fraction(0)), rate) for count in range(len(lengths) + 1)]
    assert ends == sorted(ends)
    assert abs(ends[-1] - sum(lengths) * rate) <= Fraction(1, 2)
    for length, start, end in zip(lengths, ends, ends[1:], strict=False):
        assert abs(end - start - length * rate) <= 1


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 99 * 3600 * 24), rates)
def test_timecode_goes_there_and_back(frame: int, rate: Fraction) -> None:
    assert parse_duration(timecode(frame, rate)).seconds(rate) * rate == frame


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=20), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.none(), st.booleans()
    )
)
def test_a_duration_or_a_sentence(value: object) -> None:
    try:
        seconds = parse_duration(value).seconds(Fraction(24))
    except ValueError:
        return
    assert 0 <= seconds <= MAX_HOURS * 3600 * 11


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=20), st.integers(), st.floats(), st.none()))
def test_a_rate_or_a_sentence(value: object) -> None:
    try:
        rate = parse_rate(value)
    except ValueError:
        return
    assert 1 <= rate <= 240
