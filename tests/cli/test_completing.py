"""What a shell offers while a command is typed: through click's own way in, from whole and broken files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from storyboard.cli.main import cli, run
from storyboard.planner.lock import Lock, LockedShot, write_lock
from storyboard.planner.take import Facts, Take

FILM = """\
storyboard: 1
title: First light
include: [style.yaml]
scenes:
  - id: ridge
    title: Above the trees
    shots:
      - {id: pass, prompt: "{{ hero }} crosses,\\nslowly, the pass that leads from one valley to another."}
      - id: stream
        footage: stream.mp4
outputs:
  film: {size: 1280x720}
  vertical:
    size: 720x1280
variants:
  cut15: {order: [stream]}
  german: {vars: {lang: de}}
"""
STYLE = "scenes: [{id: opening, shots: [{id: title, card: {text: First light}}]}]\n"
MADE = """\
storyboard: 1
vars: {stops: [oslo, rome]}
shots:
  - {id: end, card: {text: The end}}
  - {id: "stop-{{ stop }}", foreach: {stop: stops}, card: {text: "{{ stop }}"}}
"""
BROKEN = FILM.replace("{size: 1280x720}", "{size: 1280x720")


def lock_text() -> str:
    """A lock with two takes of one shot."""
    facts = Facts(120, Fraction(24), 1280, 720, False)
    model = "klingai/kling-v3.0-i2v"
    first = Take("c" * 64, 1, "a" * 64, 10, facts, "remote", "", Decimal("0.84"), model=model, note="too fast")
    second = replace(first, sha256="b" * 64, number=2, note="")
    return write_lock(Lock({"pass": LockedShot((first, second), "b" * 64)}))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a film, what it includes, and a film that is being written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.yaml").write_text(FILM)
    (tmp_path / "style.yaml").write_text(STYLE)
    (tmp_path / "broken.yaml").write_text(BROKEN)
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "other.yml").write_text("")
    return tmp_path


def offered(*words: str) -> list[str]:
    """What is offered in the place of the last word."""
    found = ShellComplete(cli, {}, "storyboard", "_STORYBOARD_COMPLETE").get_completions([*words[:-1]], words[-1])
    return [one.value if one.type == "plain" else f"({one.type})" for one in found]


def about(*words: str) -> dict[str, str | None]:
    """What is offered, with what is said of each."""
    found = ShellComplete(cli, {}, "storyboard", "_STORYBOARD_COMPLETE").get_completions([*words[:-1]], words[-1])
    return {one.value: one.help for one in found}


def test_commands_and_options(folder: Path) -> None:
    assert offered("pl") == ["plan"]
    assert "--variant" in offered("plan", "film.yaml", "--")


def test_storyboards(folder: Path) -> None:
    assert offered("plan", "") == ["broken.yaml", "film.yaml", "style.yaml"]
    assert offered("plan", "f") == ["film.yaml"]
    assert offered("fmt", "film.yaml", "sub/") == ["sub/other.yml"]
    assert offered("validate", "./f") == ["./film.yaml"]
    for nothing in ("no", "su", "gone/", "\0", "~nobody-of-this-name/"):
        assert offered("plan", nothing) == ["(file)"]


def test_names_of_a_film(folder: Path) -> None:
    assert offered("why", "film.yaml", "") == ["pass", "stream", "title"]
    assert offered("retake", "film.yaml", "s") == ["stream"]
    assert offered("accept", "film.yaml", "pass", "t") == ["title"]
    assert offered("render", "film.yaml", "--shot", "p") == ["pass"]
    assert offered("render", "--output", "") == []
    assert offered("render", "film.yaml", "--output", "") == ["film", "vertical"]
    assert offered("render", "film.yaml", "--variant", "") == ["cut15", "german", "all"]
    assert offered("plan", "film.yaml", "--scene", "") == ["ridge", "opening"]
    assert offered("plan", "film.yaml", "--from", "t") == ["title"]
    assert offered("models", "klingai/kling-v3.0-i") == ["klingai/kling-v3.0-i2v"]


def test_one_film_at_a_time_is_never_all_of_them(folder: Path) -> None:
    assert offered("retake", "film.yaml", "--variant", "") == ["cut15", "german"]


def test_shots_that_are_made_are_offered(folder: Path) -> None:
    (folder / "made.yaml").write_text(MADE)
    assert offered("why", "made.yaml", "") == ["end", "stop-oslo", "stop-rome"]


def test_nothing_is_offered_that_a_shell_would_run(folder: Path) -> None:
    (folder / "evil.yaml").write_text(FILM.replace("german:", '"$(rm it)":').replace("stream\n", '"`rm it`"\n'))
    assert offered("render", "evil.yaml", "--variant", "") == ["cut15", "all"]
    assert offered("why", "evil.yaml", "") == ["pass", "title"]


def test_what_a_name_is_stands_beside_it_on_one_line(folder: Path) -> None:
    said = about("why", "film.yaml", "")
    assert said["stream"] == "stream.mp4"
    assert said["title"] == "First light"
    assert said["pass"] == "{{ hero }} crosses, slowly, the pass that leads from one va…"
    assert about("plan", "film.yaml", "--scene", "r") == {"ridge": "Above the trees"}


def test_a_film_that_cannot_be_read_offers_what_stands_in_it(folder: Path) -> None:
    assert run(["validate", "broken.yaml"]) == 1
    assert offered("why", "broken.yaml", "") == ["ridge", "pass", "stream"]
    assert offered("render", "broken.yaml", "--output", "") == ["film", "vertical"]
    assert offered("render", "broken.yaml", "--variant", "g") == ["german"]


def test_takes_of_the_shot_on_the_line(folder: Path) -> None:
    (folder / "film.lock").write_text(lock_text())
    said = about("pick", "film.yaml", "pass", "")
    assert list(said) == ["1", "2"]
    assert said["1"] == "aaaaaaaa, klingai/kling-v3.0-i2v, too fast"
    assert offered("pick", "film.yaml", "stream", "") == []


@pytest.mark.parametrize(
    "text", ["", "- a\n", "shots: 5\nscenes: [1, {id: []}]\noutputs: []\n", "\0", "include: [film.yaml, /etc/passwd]\n"]
)
def test_odd_files_offer_nothing_and_say_nothing(folder: Path, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "odd.yaml").write_text(text)
    for words in (["why", "odd.yaml", ""], ["plan", "odd.yaml", "--scene", ""], ["render", "odd.yaml", "--output", ""],
                  ["why", "gone.yaml", ""], ["why", "sub", ""], ["pick", "odd.yaml", "x", ""]):  # fmt: skip
        assert set(offered(*words)) <= {"pass", "stream", "ridge"}
    assert capfd.readouterr() == ("", "")


CHILD = """
import json, sys
from click.shell_completion import ShellComplete
from storyboard.cli.main import cli
for words in json.loads(sys.argv[1]):
    ShellComplete(cli, {}, "storyboard", "_STORYBOARD_COMPLETE").get_completions(words[:-1], words[-1])
print(json.dumps(sorted(sys.modules)))
"""
HEAVY = {
    "av",
    "numpy",
    "moviepy",
    "httpx",
    "PIL",
    "jinja2",
    "rich",
    "sqlite3",
    "asyncio",
    "imageio_ffmpeg",
    "jsonschema",
}


def test_nothing_heavy_is_loaded(folder: Path) -> None:
    (folder / "film.lock").write_text(lock_text())
    words = [["plan", ""], ["why", "film.yaml", ""], ["render", "film.yaml", "--variant", ""], ["models", ""],
             ["plan", "film.yaml", "--scene", ""], ["pick", "film.yaml", "pass", ""]]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(words)], capture_output=True, text=True, check=True, cwd=folder
    )  # fmt: skip
    assert HEAVY & set(json.loads(done.stdout)) == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_lines_for_a_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert f"_STORYBOARD_COMPLETE={shell}_complete" in capsys.readouterr().out


def test_a_real_shell_is_answered(folder: Path) -> None:
    environment = {
        **os.environ,
        "_STORYBOARD_COMPLETE": "bash_complete",
        "COMP_WORDS": "storyboard why film.yaml s",
        "COMP_CWORD": "3",
    }
    main = "import sys; sys.argv = ['storyboard']; from storyboard.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", main], capture_output=True, text=True, check=True, env=environment)
    assert (done.stdout, done.stderr) == ("plain,stream\n", "")
