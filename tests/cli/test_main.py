from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from storyboard.cli.main import COMMANDS, run
from tests.conftest import ROOT, Run


def test_help_names_every_command(storyboard: Run) -> None:
    done = storyboard("--help")
    assert done.code == 0
    for name in COMMANDS:
        assert re.search(rf"^  {name} +\w", done.out, re.MULTILINE), name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_stands_in_the_readme(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert "Usage: " in capsys.readouterr().out
    assert re.search(rf"^\| `{name}[ `]", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)


def test_every_option_stands_in_the_readme_or_is_shared() -> None:
    import importlib

    from storyboard.cli.main import RENAMED

    readme = (ROOT / "README.md").read_text("utf-8")
    shared = {"--help", "--allow-unknown-model", "--format"}
    for name in COMMANDS:
        command = importlib.import_module(f"storyboard.cli.{RENAMED.get(name, name)}").command
        for parameter in (one for one in command.params if not getattr(one, "hidden", False)):
            for option in parameter.opts:
                if option.startswith("--") and option not in shared:
                    assert option in readme, f"{name} {option}"


def test_an_unknown_command_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rendr"]) == 2
    assert "did you mean `render`?" in capsys.readouterr().err


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from storyboard.cli.main import run; run(['--help']);"
        "heavy = {'av', 'httpx', 'PIL', 'moviepy', 'jinja2', 'jsonschema', 'numpy', 'rich', 'starlette'};"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_mistake_of_ours_is_a_sentence_and_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cards: Path
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr("storyboard.family.examine", broken)
    assert run(["validate", str(cards)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ZeroDivisionError: by nought\n")
    assert "STORYBOARD_DEBUG=1" in said


def test_stopping_is_130(monkeypatch: pytest.MonkeyPatch, cards: Path) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("storyboard.family.examine", stopped)
    assert run(["validate", str(cards)]) == 130


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["validate", "nowhere.yaml"], "`nowhere.yaml` is not there"),
        (["render", "."], "is a folder"),
        (["models", "klingai/kling-v3.0-i2w"], "did you mean `klingai/kling-v3.0-i2v`?"),
        (["render", "--concurrency", "0", "film.yaml"], "0 is not in the range"),
        (["plan"], "Missing argument"),
    ],
)
def test_usage_errors_are_2(args: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(args) == 2
    assert says in capsys.readouterr().err
