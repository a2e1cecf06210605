"""A studio that is served for a test, and what a page says to it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from storyboard import __version__
from storyboard.settings import Settings, settings_for
from storyboard.studio.again import Run
from storyboard.studio.app import application
from storyboard.studio.live import Live
from storyboard.testing.serving import serving

WORD = "a-word-that-nobody-guesses"
RUN = Run(WORD, "77" * 32)
FILM = """\
# The film of a harbour.
storyboard: 1
title: Harbour
shots:
  - id: one            # the first
    card: {text: One}
    duration: 2s       # all of it
    # what comes next is slow
    transition: {type: dissolve, duration: 0.5s}
  - {id: two, card: {text: Two, background: "#803020"}, duration: 1s}  # red

  # the end
  - id: three
    card: {text: Three}
    duration: 1s
outputs: {film: {size: 160x90}}
"""


@dataclass
class Visitor:
    """A page of the studio, as far as HTTP goes."""

    live: Live
    port: int
    client: httpx.Client
    word: str = WORD

    @property
    def host(self) -> str:
        """What the studio is called."""
        return f"127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        """Where its page is."""
        return f"http://{self.host}/{self.word}/"

    def get(self, name: str = "", **headers: str) -> httpx.Response:
        """Ask for something."""
        return self.client.get(self.address + name, headers=headers)

    def post(self, act: str, body: object, **headers: str) -> httpx.Response:
        """Tell something, as the studio's own page does."""
        own = {"origin": f"http://{self.host}", "content-type": "application/json"}
        return self.client.post(self.address + act, content=json.dumps(body), headers=own | headers)

    def hear(self, holds: Callable[[str, Any], object]) -> Any:
        """Listen until something holds of a message, by its kind and its value; the value."""
        with self.client.stream("GET", f"{self.address}events", timeout=60) as answer:
            kind, beats, last = "", 0, None
            for line in answer.iter_lines():
                name, _, text = line.partition(": ")
                kind = text if name == "event" else kind
                beats += line == "event: beat"
                assert beats < 4, f"the studio has nothing more to say; its last word was {last}"
                if name == "data" and holds(kind, value := json.loads(text)):
                    return value
                last = text if name == "data" and kind != "beat" else last
        raise AssertionError("the studio is gone")

    def state(self, holds: Callable[[Any], object] = bool) -> Any:
        """The first state of the page of which something holds."""
        return self.hear(lambda kind, value: kind == "state" and holds(value))

    def pictured(self) -> list[Any]:
        """The shots, once all of their pictures are there."""
        shots: list[Any] = []

        def holds(kind: str, value: Any) -> bool:
            if kind == "state" and value["film"]:
                shots[:] = value["film"]["shots"]
            for index, pictures in value if kind == "pictures" else ():
                shots[index] |= pictures
            return bool(shots) and not any(shot["awaited"] for shot in shots)

        self.hear(holds)
        return shots


@contextmanager
def visiting(
    file: Path, settings_of: Callable[[Path], Settings], *, read_only: bool = False, port: int = 0, variant: str = "",
    run: Run = RUN,
) -> Iterator[Visitor]:  # fmt: skip
    """A studio of a storyboard, served for the block."""
    live = Live(str(file), settings_of, read_only, variant)
    live.board.tell("run", {"key": run.key, "version": __version__})
    guard = application(live, run.word, 0, "once")
    with serving(guard, port) as found, httpx.Client() as client:  # type: ignore[arg-type]
        guard.hosts = (f"127.0.0.1:{found}", f"localhost:{found}")
        guard.prove = lambda asked: replace(run, port=found).proof(asked, found)
        live.start()
        try:
            yield Visitor(live, found, client, run.word)
        finally:
            live.stop()


def at_home(home: Path) -> Callable[[Path], Settings]:
    """Settings without a key, whose store is in a folder."""
    return lambda root: replace(settings_for(root), home=home)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A film of three cards, with comments."""
    file = tmp_path / "harbour" / "film.yaml"
    file.parent.mkdir()
    file.write_text(FILM)
    return file


@pytest.fixture
def studio(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    """Its studio; nothing is drawn meanwhile, for that takes its time."""
    monkeypatch.setattr("storyboard.studio.live.QUIET", math.inf)
    with visiting(film, at_home(tmp_path / "home")) as visitor:
        yield visitor
