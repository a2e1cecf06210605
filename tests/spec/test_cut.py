"""What a shot shows of its take, and how: speed, freeze, framing, looks, and takes used again."""

from __future__ import annotations

from fractions import Fraction

import pytest

from storyboard.planner.plan import plan
from storyboard.spec.model import Freeze, Shot, Transition
from storyboard.timing import parse_duration
from tests.planner.world import Shelf
from tests.spec.reading import codes, film, read_film

MADE = "first: a.jpg, prompt: x"


def shot(fields: str) -> Shot:
    """The one shot of these fields, which has no problem."""
    (found,) = film(f"shots: [{{id: a, {fields}}}]").shots
    return found


def problems(fields: str) -> list[str]:
    """The codes of all that is wrong with a shot of these fields."""
    return [code for _, code in codes(f"shots: [{{id: a, {fields}}}]")]


@pytest.mark.parametrize(
    ("written", "speed"),
    [("0.5", Fraction(1, 2)), ("50%", Fraction(1, 2)), ("2", Fraction(2)), ("0.1", Fraction(1, 10)),
     ("1000%", Fraction(10)), ("10", Fraction(10)), ("33.3%", Fraction(333, 1000)), ("1.1", Fraction(11, 10))],
)  # fmt: skip
def test_speed_is_exact(written: str, speed: Fraction) -> None:
    assert shot(f"footage: a.mp4, speed: {written}").speed == speed


@pytest.mark.parametrize("written", ["0", "0.09", "10.1", "9%", "1001%", "2x", "-1", "true", "fast", "5s", "[1]"])
def test_no_speed(written: str) -> None:
    assert len(problems(f"footage: a.mp4, speed: {written}")) == 1


def test_without_a_word_nothing_is_done_to_a_picture() -> None:
    one = shot(MADE)
    assert one.speed == 1
    assert (one.reverse, one.freeze, one.flip, one.scale, one.focus, one.lut) == (False, None, "", 1.0, None, "")
    assert (one.titles, one.overlays, one.mute, one.duck, one.keep, one.reuse) == ((), (), False, False, False, "")


def test_everything_of_the_cut() -> None:
    one = shot(f"{MADE}, speed: 2, reverse: true, freeze: {{at: 2s, for: 12f}}, flip: vertical, scale: 1.5, fit: blur")
    assert one.speed == 2
    assert (one.reverse, one.flip, one.scale, one.fit) == (True, "vertical", 1.5, "blur")
    assert one.freeze == Freeze(parse_duration("2s"), parse_duration("12f"))


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ("length: 10s, speed: 0.5", True),
        ("length: 10.1s, speed: 0.5", False),
        ("length: 2.5s, speed: 2", True),
        ("length: 3s, speed: 2", False),
        ("in: 4s, length: 2s, speed: 0.5", True),
        ("out: 5s, speed: 0.1", True),
        ("out: 5.1s, speed: 10", False),
        ("length: 6s, freeze: {at: 1s, for: 1s}", True),
        ("length: 6.1s, freeze: {at: 1s, for: 1s}", False),
        ("length: 11s, speed: 0.5, freeze: {at: 1s, for: 1s}", True),
        ("length: 1s, freeze: {at: 0s, for: 9s}", True),
        ("in: 3s, length: 1s, freeze: {at: 4s, for: 9s}", True),
        ("in: 3s, length: 1s, freeze: {at: 4.1s, for: 9s}", False),
        ("in: 3s, length: 1s, freeze: {at: 2.9s, for: 9s}", False),
        ("in: 2s, out: 2s, freeze: {at: 2s, for: 1s}", True),
        ("in: 2s, out: 2s", False),
        ("freeze: {at: 5s, for: 1s}", True),
        ("freeze: {at: 121f, for: 1s}", False),
        ("in: 1s, out: 3s, reverse: true, freeze: {at: 3s, for: 1s}", True),
        ("in: 1s, out: 3s, reverse: true, freeze: {at: 0.9s, for: 1s}", False),
    ],
)
def test_what_is_cut_from_five_seconds(fields: str, fits: bool) -> None:
    assert (problems(f"{MADE}, {fields}") == []) is fits


@pytest.mark.parametrize("fields", ["length: 6s", "length: 7s, freeze: {at: 4.9s, for: 1s}"])
def test_where_footage_keeps_its_frames_a_length_is_judged_by_its_rate(fields: str) -> None:
    """At 20 frames a second, five seconds of a model's 24 are six."""
    text = f"shots: [{{id: a, {MADE}, {fields}}}]\noutputs: {{film: {{fps: 20, conform: CONFORM}}}}\n"
    assert codes(text.replace("CONFORM", "speed")) == []
    assert [code for _, code in codes(text.replace("CONFORM", "repeat"))] == ["cut"]


def test_a_card_stands_still_whatever_the_defaults_say() -> None:
    a, b = film("""
defaults: {speed: 0.5, reverse: true, freeze: {at: 1s, for: 1s}, look: dawn}
looks: {dawn: {lut: dawn.cube}}
shots: [{id: a, card: {text: A}}, {id: b, footage: b.mp4}]
""").shots
    assert a.speed == 1
    assert (a.reverse, a.freeze, a.lut) == (False, None, "")
    assert (b.speed, b.reverse, b.lut) == (Fraction(1, 2), True, "dawn.cube")
    assert b.freeze
    assert b.at("lut").line == 4


def test_a_default_that_does_not_fit_names_its_shots() -> None:
    _, found = read_film(f"defaults: {{length: 4s, {MADE}}}\nshots: [{{id: a}}, {{id: b, duration: 3s}}]\n")
    assert [problem.message for problem in found] == [
        "the cut of `b` ends 1 s after the end of its clip, which lasts 3 s"
    ]
    assert found[0].where.line == 2


def test_a_take_used_again() -> None:
    a, b, c = film(f"""
shots:
  - {{id: a, footage: {{shot: c}}, in: 1s, out: 2s}}
  - {{id: b, footage: {{shot: c}}, speed: 0.5}}
  - {{id: c, {MADE}, speed: 2}}
""").shots
    assert [(one.reuse, one.footage, one.order is None, one.card) for one in (a, b)] == [("c", "", True, None)] * 2
    assert (b.speed, c.speed) == (Fraction(1, 2), Fraction(2))
    assert not c.reuse


def test_nothing_of_the_cut_is_paid_for() -> None:
    plain = film(f"shots: [{{id: a, {MADE}}}, {{id: b, {MADE}}}]")
    edited = film(f"""
lut: film.cube
captions: en.srt
overlays: [{{image: logo.png}}]
looks: {{dawn: {{lut: dawn.cube}}}}
shots:
  - id: a
    {MADE.replace(", ", chr(10) + "    ")}
    speed: 0.5
    reverse: true
    freeze: {{at: 1s, for: 1s}}
    flip: horizontal
    scale: 2
    look: dawn
    titles: [{{text: T}}]
    overlays: [{{image: logo.png}}]
    narration: v.wav
    sound: duck
    transition: {{type: dissolve, easing: in}}
  - {{id: b, {MADE}}}
""")
    slates = [one.slate for one in plan(plain, Shelf(), "remote").shots]
    assert slates == [one.slate for one in plan(edited, Shelf(), "remote").shots]
    assert None not in slates
    assert [one.order for one in plain.shots] == [one.order for one in edited.shots]


def test_easing() -> None:
    one = film("""
shots:
  - {id: a, card: {text: A}, transition: {type: dissolve, duration: 1s, easing: in-out}}
  - {id: b, card: {text: B}}
""").shots[0]
    assert one.transition == Transition("dissolve", parse_duration("1s"), "#000000", "in-out", written=True)
