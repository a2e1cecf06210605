from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from storyboard.errors import Usage
from storyboard.examine import checked
from storyboard.gateway.posting import body
from storyboard.planner.plan import plan
from storyboard.production import Production, open_production
from storyboard.settings import settings_for
from storyboard.spec.model import Storyboard
from storyboard.store.project import open_project

FILM = """\
storyboard: 1
defaults: {duration: 3s, prompt: Über den Paß.}
shots:
  - {id: pair, first: a.png, last: b.png}
  - {id: first, first: a.png}
  - {id: last, last: b.png, negative: text}
  - {id: words, model: klingai/kling-v3.0-t2v, audio: true}
"""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Production, Storyboard]]:
    """A production at work on four shots."""
    Image.effect_noise((900, 601), 50).convert("RGB").save(tmp_path / "a.png")
    Image.new("RGB", (601, 900), "navy").save(tmp_path / "b.png")
    (tmp_path / "film.yaml").write_text(FILM)
    project = open_project(str(tmp_path / "film.yaml"))
    with open_production(project, settings_for(tmp_path), "local") as production:
        yield production, checked(project)


def test_a_request_weighs_what_its_body_has(opened: tuple[Production, Storyboard]) -> None:
    production, storyboard = opened
    requests = [one.request for one in plan(storyboard, production, "local").missing]
    assert len(requests) == 4
    for request in requests:
        assert request is not None
        assert production.weigh(request) == len(body(request, production.enclose(request, hosted=False)))


def test_a_still_is_made_ready_once(opened: tuple[Production, Storyboard]) -> None:
    production, storyboard = opened
    plan(storyboard, production, "local")
    files = sorted((production.project.base / ".storyboard").rglob("*.jpg"))
    assert len(files) == 2
    before = [file.stat().st_mtime_ns for file in files]
    plan(storyboard, production, "local")
    assert [file.stat().st_mtime_ns for file in files] == before


def test_a_still_that_breaks_off_is_told_at_its_shot_before_anything_is_sent(tmp_path: Path) -> None:
    image = tmp_path / "a.jpg"
    Image.effect_noise((900, 600), 50).convert("RGB").save(image)
    image.write_bytes(image.read_bytes()[:20_000])
    (tmp_path / "film.yaml").write_text("storyboard: 1\nshots:\n  - {id: a, first: a.jpg, prompt: x}\n")
    project = open_project(str(tmp_path / "film.yaml"))
    storyboard = checked(project)
    with (
        open_production(project, settings_for(tmp_path), "local") as production,
        pytest.raises(Usage, match=r"`a.jpg` is damaged") as caught,
    ):
        plan(storyboard, production, "local")
    assert caught.value.where is not None
    assert caught.value.where.line == 3


def test_a_storyboard_in_a_folder_of_the_project_sees_the_whole_project(tmp_path: Path) -> None:
    (tmp_path / "storyboard.toml").touch()
    (tmp_path / "shared").mkdir()
    Image.new("RGB", (640, 400), "navy").save(tmp_path / "shared" / "a.png")
    (tmp_path / "films" / "spring").mkdir(parents=True)
    file = tmp_path / "films" / "spring" / "film.yaml"
    file.write_text("storyboard: 1\nshots:\n  - {id: a, first: ../../shared/a.png, prompt: x}\n")
    project = open_project(str(file))
    assert project.root == tmp_path
    assert checked(project).shots[0].id == "a"
