"""Which shots a run is about: names, scenes and stretches to ids, in one place."""

from __future__ import annotations

import pytest

from storyboard.errors import Usage
from storyboard.planner.part import Part, shots_in
from storyboard.spec.model import Storyboard
from tests.spec.reading import film

CARD = "card: {text: A}, duration: 1s"
SCENES = f"""\
scenes:
  - id: ridge
    shots: [{{id: pass, {CARD}}}, {{id: stream, {CARD}}}]
  - id: valley
    shots: [{{id: bridge, {CARD}}}, {{id: mill, {CARD}}}, {{id: end, {CARD}}}]
"""


@pytest.fixture(scope="module")
def story() -> Storyboard:
    """A film of two scenes."""
    return film(SCENES)


@pytest.mark.parametrize(
    ("named", "part", "wanted"),
    [
        ((), Part(), ()),
        (("mill", "pass"), Part(), ("pass", "mill")),
        ((), Part(("valley",)), ("bridge", "mill", "end")),
        (("pass",), Part(("valley",)), ("pass", "bridge", "mill", "end")),
        ((), Part(("ridge", "valley")), ("pass", "stream", "bridge", "mill", "end")),
        ((), Part(start="stream", end="mill"), ("stream", "bridge", "mill")),
        ((), Part(start="mill"), ("mill", "end")),
        ((), Part(end="pass"), ("pass",)),
        ((), Part(start="end", end="end"), ("end",)),
        ((), Part(("valley",), start="mill"), ("mill", "end")),
        (("pass", "bridge"), Part(start="stream"), ("bridge",)),
    ],
)
def test_what_is_asked_for(story: Storyboard, named: tuple[str, ...], part: Part, wanted: tuple[str, ...]) -> None:
    assert shots_in(story, named, part) == wanted


@pytest.mark.parametrize(
    ("named", "part", "message", "hint"),
    [
        (("mil",), Part(), "there is no shot `mil`", "did you mean `mill`?"),
        (("x",), Part(), "there is no shot `x`", "one of pass, stream, bridge, mill, end"),
        ((), Part(("rigde",)), "there is no scene `rigde`", "did you mean `ridge`?"),
        ((), Part(start="steam"), "there is no shot `steam`", "did you mean `stream`?"),
        ((), Part(end="ridge"), "there is no shot `ridge`", "did you mean `bridge`?"),
        ((), Part(start="mill", end="pass"), "`pass` stands before `mill` in the film",
         "write `--from pass --until mill`"),
        ((), Part(("ridge",), start="mill"), "nothing of that lies between `mill` and `end`",
         "leave out `--from` and `--until`, or the other names"),
    ],
)  # fmt: skip
def test_what_the_film_does_not_have(
    story: Storyboard, named: tuple[str, ...], part: Part, message: str, hint: str
) -> None:
    with pytest.raises(Usage) as raised:
        shots_in(story, named, part)
    assert (raised.value.message, raised.value.hint) == (message, hint)


def test_a_film_without_scenes_has_stretches() -> None:
    flat = film(f"shots: [{{id: a, {CARD}}}, {{id: b, {CARD}}}]\n")
    assert shots_in(flat, (), Part(start="b")) == ("b",)
    with pytest.raises(Usage) as raised:
        shots_in(flat, (), Part(("a",)))
    assert raised.value.hint == "its shots stand in a flat list: `--from` and `--until` choose some of them"
