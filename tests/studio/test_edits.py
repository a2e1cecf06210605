"""Edits from the page: shown first, written as little as can be, and never over somebody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.studio.conftest import FILM, Visitor


def changed(studio: Visitor, wish: dict[str, Any]) -> list[str]:
    """Do an edit as the page does: look first, then agree. The lines that changed."""
    seen = studio.post("preview", wish).json()
    assert seen["problems"] == []
    done = studio.post("apply", wish | {"mark": seen["mark"]})
    assert (done.status_code, done.json()) == (200, {"written": seen["file"]})
    return [line for line in seen["diff"] if line[:1] in ("+", "-")]


EDITS = (
    ({"values": {"in": "0.5s"}}, ["+    in: 0.5s"]),
    ({"values": {"length": "1s", "note": "slower: much"}}, ["+    length: 1s", '+    note: "slower: much"']),
    ({"values": {"duration": "1s"}}, ["-    transition: {type: dissolve, duration: 0.5s}",
                                      "+    transition: {type: dissolve, duration: 1s}"]),
    ({"values": {"transition": "cut"}}, ["-    transition: {type: dissolve, duration: 0.5s}", "+    transition: cut"]),
    ({"values": {"approved": True, "pin": False}}, ["+    approved: true"]),
)  # fmt: skip


@pytest.mark.parametrize(("wish", "lines"), EDITS, ids=lambda one: str(one)[:40])
def test_an_edit_is_its_patch_and_nothing_else(
    studio: Visitor, film: Path, wish: dict[str, Any], lines: list[str]
) -> None:
    assert changed(studio, {"shot": "one", **wish}) == lines
    after = film.read_text()
    assert [line for line in FILM.splitlines() if line not in after.splitlines()] == [
        line[1:] for line in lines if line[0] == "-"
    ]
    for comment in ("# The film of a harbour.", "# the first", "# all of it", "# what comes next is slow", "# the end"):
        assert comment in after
    studio.state(lambda state: state["film"] and wish.get("values", {}).items() <= _now(state, "one").items())
    assert studio.post("put-back", {}).status_code == 200
    assert film.read_text() == FILM
    assert studio.post("put-back", {}).status_code == 422


def _now(state: Any, shot: str) -> dict[str, Any]:
    values: dict[str, Any] = next(one["values"] for one in state["film"]["shots"] if one["id"] == shot)
    return values


def test_shots_move_in_their_list(studio: Visitor, film: Path) -> None:
    changed(studio, {"shot": "three", "step": -1})
    after = film.read_text()
    assert after.index("# the end\n  - id: three") < after.index("- {id: two")
    assert studio.post("preview", {"shot": "one", "step": -1}).status_code == 422
    state = studio.state(lambda state: [one["id"] for one in state["film"]["shots"]] == ["one", "three", "two"])
    assert state["problems"] == []


def test_what_would_be_wrong_is_shown_and_not_written(studio: Visitor, film: Path) -> None:
    for values in ({"in": "9s"}, {"in": "1,5s"}, {"duration": "5s"}, {"transition": "wipe"}, {"out": "{{ x }}"}):
        wish = {"shot": "one", "values": values}
        seen = studio.post("preview", wish).json()
        assert seen["mark"] == ""
        assert seen["problems"][0]["line"]
        assert seen["problems"][0]["source"]
        assert studio.post("apply", wish | {"mark": seen["mark"]}).status_code == 422
    assert film.read_text() == FILM


def test_nobody_elses_edit_is_lost(studio: Visitor, film: Path) -> None:
    wish = {"shot": "one", "values": {"length": "1s"}}
    seen = studio.post("preview", wish).json()
    theirs = FILM.replace("Harbour", "Harbor")
    film.write_text(theirs)
    assert studio.post("apply", wish | {"mark": seen["mark"]}).status_code == 409
    assert film.read_text() == theirs
    changed(studio, wish)
    film.write_text(film.read_text() + "# more\n")
    assert studio.post("put-back", {}).status_code == 409
    assert film.read_text().endswith("# more\n")


def test_a_shot_of_another_file_is_changed_there(film: Path, studio: Visitor) -> None:
    scenes = "scenes:\n  - id: quay\n    shots:\n      - {id: boat, card: {text: Boat}, duration: 1s}  # floats\n"
    (film.parent / "quay.yaml").write_text(scenes)
    own = "scenes:\n  - id: town\n    shots:\n      - {id: house, card: {text: House}, duration: 1s}\n"
    film.write_text("storyboard: 1\ninclude: [quay.yaml]\n" + own)
    studio.state(lambda state: state["film"] and state["film"]["shots"][0]["id"] == "boat")
    changed(studio, {"shot": "boat", "values": {"note": "the rope"}})
    assert (film.parent / "quay.yaml").read_text() == scenes.replace("duration: 1s}", 'duration: 1s, note: "the rope"}')
    studio.state(lambda state: state["film"]["shots"][0]["note"] == "the rope")


def test_while_the_file_is_wrong_nothing_is_edited(film: Path, studio: Visitor) -> None:
    film.write_text(FILM.replace("duration: 2s", "duration: two"))
    answer = studio.post("preview", {"shot": "two", "values": {"note": "x"}})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["line"] == 7
