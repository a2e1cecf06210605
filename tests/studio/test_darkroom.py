"""The film is there at once; its pictures come as they are made, and nothing waits for them."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from storyboard.errors import Refused
from storyboard.report.looks import Seen, look
from storyboard.report.sights import Sight
from storyboard.store.cache import Cache
from tests.studio.conftest import FILM, Visitor, at_home, visiting


class Gate:
    """Lets pictures be made once it is open, and counts them."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.made: list[str] = []
        self.spoilt = ""

    def look(self, cache: Cache, sight: Sight) -> Seen:
        """How something looks, as far as that can be seen."""
        assert self.open.wait(60)
        if sight.name == self.spoilt:
            raise Refused("it cannot be decoded")
        self.made.append(sight.name)
        return look(cache, sight)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A gate that every picture of a studio goes through."""
    gate = Gate()
    monkeypatch.setattr("storyboard.studio.darkroom.look", gate.look)
    monkeypatch.setattr("storyboard.studio.live.QUIET", math.inf)
    return gate


@pytest.fixture
def studio(film: Path, tmp_path: Path, gate: Gate) -> Iterator[Visitor]:
    """A studio whose pictures are not made yet."""
    with visiting(film, at_home(tmp_path / "home")) as visitor:
        yield visitor
        gate.open.set()


def seen(state: Any) -> list[tuple[bool, bool]]:
    """Of each shot, whether its picture is awaited, and whether one is shown."""
    return [(shot["awaited"], bool(shot["reel"])) for shot in state["film"]["shots"]]


def test_edits_and_late_comers_do_not_wait_for_pictures(studio: Visitor, film: Path, gate: Gate) -> None:
    first = studio.state(lambda state: state["film"])
    assert seen(first) == [(True, False)] * 3
    assert [shot["id"] for shot in first["film"]["shots"]] == ["one", "two", "three"]
    film.write_text(FILM.replace("duration: 2s", "duration: 4s"))
    assert seen(studio.state(lambda state: state["film"]["length"] == "5.5 s")) == [(True, False)] * 3
    film.write_text("no film at all")
    assert seen(studio.state(lambda state: state["problems"])) == [(True, False)] * 3
    gate.open.set()
    shown = studio.pictured()
    assert [shot["steps"] for shot in shown] == [1, 1, 1]
    assert all(studio.get(shot["reel"]).headers["content-type"] == "image/webp" for shot in shown)
    late = studio.state()
    assert (late["film"]["shots"], bool(late["problems"])) == (shown, True)
    made = len(gate.made)
    film.write_text(FILM)
    assert seen(studio.state(lambda state: not state["problems"])) == [(False, True)] * 3
    assert len(gate.made) == made


def test_a_shot_looks_as_before_until_its_new_picture_is_there(studio: Visitor, film: Path, gate: Gate) -> None:
    gate.open.set()
    old = studio.pictured()[1]["reel"]
    gate.open.clear()
    film.write_text(FILM.replace("Two,", "Zwei,"))
    for title in ("Harbour", "Quay"):
        film.write_text(film.read_text().replace("title: Harbour", f"title: {title}"))
        waiting = studio.state(lambda state: state["film"]["title"] == title and state["film"]["shots"][1]["awaited"])  # noqa: B023
        assert seen(waiting) == [(False, True), (True, True), (False, True)]
        assert waiting["film"]["shots"][1]["reel"] == old
        assert studio.get(old).status_code == 200
    gate.open.set()
    assert studio.pictured()[1]["reel"] != old


def test_what_cannot_be_shown_is_not_awaited_for_ever(studio: Visitor, film: Path, gate: Gate) -> None:
    gate.spoilt = "two"
    gate.open.set()
    assert [bool(shot["reel"]) for shot in studio.pictured()] == [True, False, True]
    assert studio.state()["error"] is None


def test_a_film_that_does_something_to_a_picture_says_so_under_its_clip(studio: Visitor, film: Path) -> None:
    Image.new("RGB", (640, 360), "teal").save(film.parent / "still.png")
    (film.parent / "warm.cube").write_text("LUT_3D_SIZE 2\n" + "0.5 0.5 0.5\n" * 8)
    more = "  - {id: four, first: still.png, prompt: Waves., flip: horizontal, look: warm}\noutputs"
    film.write_text(FILM.replace("outputs", more) + "looks: {warm: {lut: warm.cube}}\n")
    shots = studio.state(lambda state: state["film"] and len(state["film"]["shots"]) == 4)["film"]["shots"]
    assert [shot["worn"] for shot in shots] == ["", "", "", "mirrors it and grades it"]
