"""One film that was bought and then edited, for all who look at it: held, stale, missing, several takes, a card."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from storyboard.report.survey import Survey, surveying
from storyboard.retakes import Wanted, retake
from storyboard.store.project import open_project
from storyboard.testing import FakeGateway
from tests.media import tone, write_sound
from tests.paid.sets import ALL, Set

FILM = """\
storyboard: 1
title: Look
defaults: {model: klingai/kling-v3.0-i2v, duration: 3s, audio: true}
scenes:
  - id: one
    title: The first day
    shots:
      - {id: open, card: {text: "Look\\nand see", background: "#203040"}, duration: 1s,
         transition: {type: fade, duration: 0.5s}}
      - {id: a, first: one.png, last: two.png, prompt: Walks in., transition: {type: dissolve, duration: 0.5s}}
      - {id: b, first: two.png, prompt: Sits down., in: 0.5s, length: 2s, approved: true, note: slower <steam>}
  - id: two
    shots:
      - {id: c, first: {shot: b, frame: last}, prompt: Goes on., transition: {type: wipeleft, duration: 0.25s}}
      - {id: d, first: one.png, prompt: Leaves., pin: true}
sound:
  tracks: [{file: voice.wav, role: dialogue, at: {shot: a}}]
  music: {file: theme.wav, duck: -12dB, loop: true}
budget: 20.00
outputs: {film: {size: 128x72}}
"""


def edited(text: str) -> str:
    """The film, with a shot that is stale for its prompt and one that is not shot yet."""
    more = "      - {id: e, first: two.png, last: one.png, prompt: Comes back.}\nsound:"
    return text.replace("Walks in.", "Runs in.").replace("sound:", more, 1)


def write_film(one: Set, text: str = FILM) -> None:
    """Put the storyboard down, and all that it names."""
    one.folder.mkdir(exist_ok=True)
    for name, colour in (("one", "teal"), ("two", "orange")):
        Image.new("RGB", (640, 360), colour).save(one.folder / f"{name}.png")
    voice = tone(200, 1, channels=1)
    write_sound(one.folder / "voice.wav", np.concatenate([voice, 0 * voice]))
    write_sound(one.folder / "theme.wav", tone(400, 4, level=0.1))
    one.file.write_text(text)


@pytest.fixture(scope="session")
def bought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Set]:
    """The film, bought and cut; nothing is edited in it by any test."""
    folder = tmp_path_factory.mktemp("bought")
    gateway = FakeGateway(folder / "gateway", height=72)
    with gateway.serve() as base:
        one = Set(folder / "film", gateway, base, folder / "home")
        write_film(one)
        terms = replace(ALL, allow_held_open=True)
        assert one.render(terms).outcome == "rendered"
        retake(one.project, one.settings(), Wanted("b", terms=terms, force=True), one.events.append)
        yield one


@pytest.fixture
def film(bought: Set) -> Iterator[Set]:
    """The same film, to edit: its text is put back."""
    yield bought
    bought.file.write_text(FILM)


@pytest.fixture
def survey(film: Set) -> Iterator[Survey]:
    """The edited film, looked at."""
    film.file.write_text(edited(FILM))
    with surveying(open_project(str(film.file)), film.settings()) as found:
        yield found


class Page(HTMLParser):
    """Every tag of a page with its attributes, and its text as a reader sees it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.blocks: dict[str, list[str]] = {"style": [], "script": []}
        self.inside: list[str] = []
        self.isolated = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("style", "script", "title"):
            self.inside.append(tag)
        self.isolated += tag == "bdi"

    def handle_endtag(self, tag: str) -> None:
        if self.inside and tag == self.inside[-1]:
            self.inside.pop()
        self.isolated -= tag == "bdi"

    def handle_data(self, data: str) -> None:
        if self.inside and self.inside[-1] in self.blocks:
            self.blocks[self.inside[-1]].append(data)
        elif not self.inside:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every tag of a name."""
        return [attrs for name, attrs in self.tags if name == tag]
