"""Edits from the page: shown first, written as little as can be, and never over somebody else's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.studio.conftest import FILM, Visitor, at_home, visiting


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


BESIDE = """\
variants:
  de:
    shots:
      two: {in: 0.2s}  # shorter
    order: [three, one, two]
"""


@pytest.fixture
def variant(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    """The studio of a variant of the film; nothing is drawn."""
    monkeypatch.setattr("storyboard.studio.live.QUIET", math.inf)
    film.write_text(FILM + BESIDE)
    with visiting(film, at_home(tmp_path / "home"), variant="de") as visitor:
        yield visitor


@pytest.mark.parametrize(
    ("wish", "lines"),
    [
        ({"shot": "two", "values": {"in": "0.4s"}},
         ["-      two: {in: 0.2s}  # shorter", "+      two: {in: 0.4s}  # shorter"]),
        ({"shot": "two", "values": {"in": "", "out": ""}},
         ["-      two: {in: 0.2s}  # shorter", "+      two: {}  # shorter"]),
        ({"shot": "two", "values": {"note": "n"}},
         ["-      two: {in: 0.2s}  # shorter", '+      two: {in: 0.2s, note: "n"}  # shorter']),
        ({"shot": "one", "values": {"length": "1s", "note": "n"}}, ['+      one: {length: 1s, note: "n"}']),
        ({"shot": "one", "values": {"duration": "0.2s"}},
         ["+      one: {transition: {type: dissolve, duration: 0.2s}}"]),
        ({"shot": "one", "step": -1}, ["-    order: [three, one, two]", "+    order: [one, three, two]"]),
    ],
    ids=lambda one: str(one)[:50],
)  # fmt: skip
def test_a_variant_is_edited_in_its_own_block(
    variant: Visitor, film: Path, wish: dict[str, Any], lines: list[str]
) -> None:
    shown = variant.state(lambda state: state["film"])
    assert (shown["variant"], [one["id"] for one in shown["film"]["shots"]]) == ("de", ["three", "one", "two"])
    assert changed(variant, wish) == lines
    after = film.read_text()
    assert after.startswith(FILM)
    assert "# shorter" in after


def test_shots_of_other_files_and_of_lists_are_edited_in_the_variant(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storyboard.studio.live.QUIET", math.inf)
    scenes = "scenes:\n  - id: quay\n    shots:\n      - {id: boat, card: {text: Boat}, duration: 1s}\n"
    (film.parent / "quay.yaml").write_text(scenes)
    many = "      - {id: 'stop-{{ one.id }}', foreach: {one: stops}, card: {text: Stop}, duration: 1s}\n"
    head = "storyboard: 1\ninclude: [quay.yaml]\nvars: {stops: [{id: a}, {id: b}]}\nscenes:\n  - id: town\n    shots:\n"
    film.write_text(f"{head}{many}variants:\n  de: {{title: Hafen}}\n")
    with visiting(film, at_home(tmp_path / "home"), variant="de") as studio:
        studio.state(lambda state: state["film"])
        lines = changed(studio, {"shot": "boat", "values": {"length": "0.5s"}})
        assert lines == ["-  de: {title: Hafen}", "+  de: {title: Hafen, shots: {boat: {length: 0.5s}}}"]
        lines = changed(studio, {"shot": "stop-b", "values": {"note": "here"}})
        assert lines[1] == "+  de: {title: Hafen, shots: {boat: {length: 0.5s}, stop-b: {note: here}}}"
        shown = studio.state(lambda state: _now(state, "stop-b")["note"] == "here")
    assert [one["length"] for one in shown["film"]["shots"]] == ["0.5 s", "1.0 s", "1.0 s"]
    assert (film.parent / "quay.yaml").read_text() == scenes


@pytest.mark.parametrize("way", [{"values": {"approved": True}}, {"values": {"out": "0.5s"}}, {"step": -1}], ids=str)
def test_one_of_many_is_not_changed_with_all_of_them(film: Path, studio: Visitor, way: dict[str, Any]) -> None:
    many = "  - foreach: {one: stops}\n    id: stop-{{ one }}\n    card: {text: Stop}\n    duration: 1s\n"
    film.write_text(FILM.replace("shots:\n", "vars: {stops: [a, b]}\nshots:\n").replace("outputs:", f"{many}outputs:"))
    answer = studio.post("preview", {"shot": "stop-b", **way})
    assert (answer.status_code, answer.json()["message"]) == (422, "`stop-b` is not written as a shot of its own")
    assert answer.json()["hint"] == "change it in an editor"


def test_what_a_variant_cannot_say_is_refused_in_words(variant: Visitor, film: Path) -> None:
    film.write_text((FILM + BESIDE).replace("duration: 1s}  # red", "duration: 1s, note: loud}"))
    variant.state(lambda state: state["film"] and _now(state, "two")["note"] == "loud")
    answer = variant.post("preview", {"shot": "two", "values": {"note": ""}})
    assert (answer.status_code, "variant `de` cannot unsay it" in answer.json()["message"]) == (422, True)
    film.write_text((FILM + BESIDE).replace("    order: [three, one, two]\n", ""))
    answer = variant.post("preview", {"shot": "two", "step": -1})
    assert (answer.status_code, "the film's order" in answer.json()["message"]) == (422, True)
    film.write_text(FILM)
    gone = variant.state(lambda state: state["error"])
    assert gone["error"]["message"] == "there is no variant `de`"
    assert gone["film"]["shots"]


def test_an_edit_of_the_film_spoils_no_variant(film: Path, studio: Visitor) -> None:
    film.write_text(FILM + "variants:\n  de: {shots: {one: {in: 1s}}}\n")
    studio.state(lambda state: state["film"])
    seen = studio.post("preview", {"shot": "one", "values": {"out": "1s"}}).json()
    assert seen["mark"] == ""
    assert "de" in seen["problems"][0]["message"]
