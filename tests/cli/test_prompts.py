from __future__ import annotations

import json
from pathlib import Path

import pytest

from storyboard.cli.prompts import prompts_text, words_of
from storyboard.planner.plan import plan
from storyboard.spec.load import load
from storyboard.store.project import Project
from tests.conftest import Run
from tests.planner.world import Shelf
from tests.problems.test_problems import GOOD, HERE

FILM = """\
storyboard: 1
vars: {hero: a red fox}
characters: {mira: {prompt: a woman in a green coat}}
looks: {dawn: {prompt: low morning sun, negative: "text, watermark"}}
defaults: {model: klingai/kling-v3.0-t2v}
shots:
  - {id: pass, prompt: "{{ hero }} climbs to the pass.", characters: [mira], look: dawn, negative: blur}
  - id: stream
    prompt: |
      {{ hero | title }} drinks.
      \\e[31mClose-up [red]
  - {id: cuts, duration: 6s, multi_shot: [{prompt: One, duration: 2s}, {prompt: Two, duration: 4s}], look: dawn}
  - {id: end, card: {text: The end}}
"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A film with words of every kind."""
    (tmp_path / "film.yaml").write_text(FILM)
    return tmp_path / "film.yaml"


def test_the_words_are_printed_and_nothing_else_on_stdout(film: Path, storyboard: Run) -> None:
    done = storyboard("plan", str(film), "--prompts")
    assert done.code == 0, done.err
    assert done.out == (
        "pass  klingai/kling-v3.0-t2v\n"
        "  prompt: a red fox climbs to the pass. a woman in a green coat, low morning sun\n"
        "  negative: blur, text, watermark\n\n"
        "stream  klingai/kling-v3.0-t2v\n"
        "  prompt: A Red Fox drinks.\n"
        "          \\e[31mClose-up [red]\n\n"
        "cuts  klingai/kling-v3.0-t2v\n"
        "  1, 2s: One, low morning sun\n"
        "  2, 4s: Two, low morning sun\n"
        "  negative: text, watermark\n"
    )


def test_the_words_for_programs(film: Path, storyboard: Run) -> None:
    shots = json.loads(storyboard("plan", str(film), "--prompts", "--json").out)["shots"]
    assert shots[0]["words"] == {
        "prompt": "a red fox climbs to the pass. a woman in a green coat, low morning sun",
        "negative": "blur, text, watermark", "beats": [],
    }  # fmt: skip
    assert shots[2]["words"]["beats"] == [
        {"prompt": "One, low morning sun", "seconds": 2}, {"prompt": "Two, low morning sun", "seconds": 4},
    ]  # fmt: skip
    assert shots[3]["words"] == {"prompt": "", "negative": "", "beats": []}
    assert "words" not in json.loads(storyboard("plan", str(film), "--json").out)["shots"][0]


def test_they_are_what_is_sent_in_every_good_film() -> None:
    met = 0
    for name in GOOD:
        path = HERE / "good" / f"{name}.yaml"
        project = Project(root=HERE, base=path.parent, file=path, shown=path.name)
        storyboard, _ = load(path.name, path.read_bytes(), project.read, project.folder)
        assert storyboard
        planned = plan(storyboard, Shelf(), "remote")
        assert len(prompts_text(planned).split("\n\n")) >= sum(one.shot.order is not None for one in planned.shots)
        for one in planned.shots:
            if one.request:
                words = words_of(one)
                assert (words["prompt"], words["negative"]) == (one.request.prompt, one.request.negative)
                sent = [{"prompt": beat.prompt, "seconds": beat.seconds} for beat in one.request.beats]
                assert words["beats"] == sent
                met += 1
    assert met > 30
