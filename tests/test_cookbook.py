"""The cookbook's films are sound, cost what their pages say, and render."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import av
import pytest

from docs import make_cookbook
from storyboard.cli.main import run
from storyboard.testing import FakeGateway

FILMS = sorted(make_cookbook.FILMS.glob("*.yaml"))
NAMES = [film.stem for film in FILMS]
SMALLER = 8
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def cookbook(tmp_path: Path) -> Path:
    """A copy of the films and of everything that they name."""
    copy = Path(shutil.copytree(make_cookbook.FILMS, tmp_path / "films", ignore=shutil.ignore_patterns(".*", "build")))
    (copy / "storyboard.toml").touch()
    return copy


def test_there_are_twelve_and_each_has_a_page() -> None:
    assert len(NAMES) == 12
    assert {page.stem for page in make_cookbook.PAGES.glob("*.md")} == {*NAMES, "index"}


def test_every_page_has_its_film_as_it_is_and_what_it_costs(cookbook: Path) -> None:
    for name in NAMES:
        text = (make_cookbook.PAGES / f"{name}.md").read_text("utf-8")
        assert text == make_cookbook.page(text, cookbook / f"{name}.yaml"), "run `python -m docs.make_cookbook`"


def test_no_film_has_a_problem_or_anything_odd(cookbook: Path, capsys: Capture) -> None:
    films = [str(cookbook / film.name) for film in FILMS]
    assert run(["fmt", "--check", *films]) == 0
    assert run(["validate", *films]) == 0
    said = capsys.readouterr()
    assert "note" not in said.err + said.out
    assert "warning" not in said.err + said.out


RENDERED = {
    "explainer": (["--output", "film"], "explainer.mp4", (240, 134, 335)),
    "vertical-cut-down": (["--variant", "story"], "vertical-cut-down.story.mp4", (134, 240, 204)),
}
"""How it is called, the film that it makes, and its width, height and frames."""


@pytest.mark.parametrize("name", RENDERED)
def test_a_whole_production_of_it_ends_well(cookbook: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    more, film, measures = RENDERED[name]
    file = cookbook / f"{name}.yaml"
    file.write_text(re.sub(r"size: (\d+)x(\d+)", lambda found: "size: " + small(*found.groups()), file.read_text()))
    gateway = FakeGateway(cookbook / "rehearsal", height=90)
    with gateway.serve() as base:
        for variable, value in gateway.environment(base).items():
            monkeypatch.setenv(variable, value)
        assert run(["render", str(file), "--yes", *more]) == 0
    assert not gateway.ledger.double()
    with av.open(str(cookbook / "build" / film)) as opened:
        picture = opened.streams.video[0]
        assert (picture.width, picture.height, picture.frames) == measures
        assert opened.streams.audio


def small(width: str, height: str) -> str:
    """A size in pixels, an eighth of it, even."""
    return "x".join(str(int(side) // SMALLER // 2 * 2) for side in (width, height))
