"""What every test stands on: a home of its own, and no setting or key of the person who runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from storyboard.testing import FakeGateway
from storyboard.testing.stage import Stage, open_stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# Who starts the tests in the background has them ignore Ctrl-C, and so would every command that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """One more worker than there are processors: many tests wait, for a gateway, a browser or a page."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home; nothing of the environment reaches the code under test."""
    home = tmp_path / "home"
    forget_settings(monkeypatch)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    return home


def forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the settings and keys of the person who runs the tests out of the environment."""
    for name in [*os.environ]:
        if name.startswith("STORYBOARD_") and name != "STORYBOARD_STRESS":
            monkeypatch.delenv(name)
    for name in ("AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Where commands run that need not show how an interpreter starts."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        forget_settings(monkeypatch)
        with open_stage(tmp_path_factory.mktemp("stage")) as stage:
            yield stage


@dataclass(frozen=True, slots=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


def run_command(*args: str, cwd: Path | None = None, **env: str) -> Done:
    """Run `storyboard` as a user does, by an interpreter of its own."""
    environment = {**os.environ, "COLUMNS": "200", **env}
    done = subprocess.run(
        [sys.executable, "-m", "storyboard", *args],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def storyboard(warm: Stage) -> Run:
    """Run `storyboard` as a user does, in a process of its own that has everything imported: in a fork."""

    def run(*args: str, cwd: Path | None = None, **env: str) -> Done:
        ran = warm.run(*args, environment={**os.environ, "COLUMNS": "200", **env}, folder=cwd)
        return Done(ran.code, ran.out, ran.err)

    return run


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeGateway, str]]:
    """A paid gateway whose clips are small, and its address; it serves all tests of a module."""
    gateway = FakeGateway(tmp_path_factory.mktemp("gateway"), height=72)
    with gateway.serve() as base:
        yield gateway, base


CARDS = """\
storyboard: 1
title: Cards
shots:
  - {id: one, card: {text: One}, duration: 1s, transition: {type: dissolve, duration: 0.5s}}
  - {id: two, card: {text: Two, background: "#803020"}, duration: 1s}
outputs:
  film: {size: 160x90, fps: 24}
"""


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    """A film of two cards: it renders in a moment, and needs no gateway."""
    folder = tmp_path / "cards"
    folder.mkdir()
    file = folder / "film.yaml"
    file.write_text(CARDS)
    return file


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for the tests of a module: its driver keeps the thread's event loop as long as it is there."""
    from tests.browsing import chromium

    with chromium() as browser:
        yield browser
