"""A timeline as pieces and crossings: where they meet, what is lost, and what is said of it."""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree

import pytest

from storyboard.assembler.timeline import Timeline, build_timeline
from storyboard.examine import source_of
from storyboard.export.cut import Cut
from storyboard.export.fcpxml import write_fcpxml
from storyboard.export.names import number_shots
from storyboard.planner.take import Facts
from tests.export.films import describe
from tests.export.readers import FOLDER
from tests.media import load_text, small

FIVE = Facts(120, Fraction(24), 96, 64, audio=False)


def cut_of(shots: str, rate: str = "24", more: str = "", start: str = "01:00:00:00") -> Cut:
    """The cut of footage that is five seconds long."""
    text = f"{small(rate, '96x64')}shots: [{shots}]\n{more}"
    return describe(text, lay(text), start).cut


def lay(text: str) -> Timeline:
    storyboard = load_text(text)
    output = storyboard.outputs[0]
    sources = {shot.id: source_of(shot, output, storyboard.rate, (FIVE, shot.id)) for shot in storyboard.shots}
    return build_timeline(storyboard, output, sources)


def shot(name: str, *more: str) -> str:
    return f"{{{', '.join((f'id: {name}', f'footage: {name}.mp4', *more))}}}"


def marks(cut: Cut) -> list[str]:
    return [mark.text for piece in cut.pieces for mark in piece.marks]


@pytest.mark.parametrize(("frames", "before", "after"), [(12, 6, 6), (7, 3, 4), (1, 0, 1)])
def test_a_transition_is_halved_the_odd_frame_behind_the_meeting(frames: int, before: int, after: int) -> None:
    cut = cut_of(f"{shot('a', f'transition: {{type: dissolve, duration: {frames}f}}')}, {shot('b')}")
    crossing = cut.crossings[1]
    assert (crossing.before, crossing.after) == (before, after)
    one, two = cut.pieces
    assert (one.start, one.end, two.start, two.end) == (0, 120 - after, 120 - after, 240 - frames)
    assert [one.place, two.place] == [0, before]
    assert cut.handles(0) == (0, after)
    assert cut.handles(1) == (before, 0)


def test_a_transition_within_which_the_pace_changes_is_a_cut_that_says_so() -> None:
    freeze = "freeze: {at: 110f, for: 6f}"
    cut = cut_of(f"{shot('a', freeze, 'transition: {type: dissolve, duration: 24f}')}, {shot('b')}")
    assert cut.crossings == {}
    assert sum(piece.frames for piece in cut.pieces) == cut.frames == 120 + 6 + 120 - 24
    assert marks(cut) == ["a dissolve of 24 frames: its shots change their pace within it, so here is a cut"]


def test_what_a_format_does_not_show_is_marked() -> None:
    kinds = ("dissolve", "{type: dissolve, easing: in, duration: 12f}", "{type: circleopen, duration: 12f}")
    shots = ", ".join(shot(f"s{at}", f"transition: {kind}") for at, kind in enumerate(kinds))
    cut = cut_of(f"{shots}, {shot('z')}")
    assert marks(cut) == [
        "the film has a dissolve, eased in, of 12 frames here, which runs evenly",
        "the film has a circleopen of 12 frames here, which stands as a dissolve of its length",
    ]


def test_a_film_opens_and_closes_with_crossings_from_and_to_black() -> None:
    cut = cut_of(shot("a"), more='open: {fade: 12f}\nclose: {fade: 1s, color: "#ffffff"}\n')
    assert [(at, one.before, one.after) for at, one in cut.crossings.items()] == [(0, 0, 12)]
    assert marks(cut) == ["the film has a fade out to #ffffff of 24 frames here, which did not arrive"]


def test_names_are_in_the_films_order_or_as_they_are_numbered() -> None:
    text = """storyboard: 1
scenes:
  - {id: kitchen, shots: [{id: pour, card: {text: A}, duration: 1s}, {id: sip, number: 12A, card: {text: B}, duration: 1s}]}
"""  # noqa: E501
    shots = load_text(text).shots
    slots = number_shots(shots)
    assert [slots.stem(one, "t03") for one in shots] == ["kitchen_010_pour_t03", "kitchen_12A_sip_t03"]
    assert [slots.reel(one, "T03") for one in shots] == ["S010T03", "S020T03"]
    many = number_shots([shots[0]] * 1200)
    assert len(many.reel(shots[0], "T03")) == 8


def test_drop_frame_is_told() -> None:
    cut = cut_of(shot("a"), "29.97", start="01:00:00;00")
    sequence = next(ElementTree.fromstring(write_fcpxml(cut, FOLDER)).iter("sequence"))
    assert sequence.get("tcFormat") == "DF"
    assert Fraction(sequence.get("tcStart", "").rstrip("s")) == 107_892 * Fraction(1001, 30000)
