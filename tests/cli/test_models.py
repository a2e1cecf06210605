from __future__ import annotations

import json
import re

import pytest

from storyboard.cli import models
from storyboard.cli.main import run
from storyboard.planner.catalogue import catalogue

Capture = pytest.CaptureFixture[str]
NAMES = sorted(catalogue().models)


def lines(capsys: Capture, *words: str) -> list[str]:
    """What the command prints."""
    assert run(["models", *words]) == 0
    return capsys.readouterr().out.splitlines()


def at_width(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """Let the terminal be so wide."""
    from rich.console import Console

    monkeypatch.setattr(models, "data", lambda: Console(highlight=False, width=columns))


def test_every_model_is_listed_by_its_whole_id(capsys: Capture) -> None:
    text = "\n".join(lines(capsys))
    for name in NAMES:
        assert re.search(rf"^{re.escape(name)} ", text, re.MULTILINE), name


@pytest.mark.parametrize("columns", [80, 100, 120, 132, 200])
def test_the_list_fits_its_terminal(capsys: Capture, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    at_width(monkeypatch, columns)
    listed = lines(capsys)
    assert max(map(len, listed)) <= columns
    whole = columns >= models.WHOLE
    for name in NAMES:
        shown = name if whole else name.split("/", 1)[1]
        (row,) = [line for line in listed if line.split(" ", 1)[0] == shown]
        model = catalogue().models[name]
        assert ("asked" in row) is (model.audio == "option")
        assert model.prices or " ? " in f"{row} "
    assert ("klingai/" in [line.strip() for line in listed]) is not whole
    assert any("multi-shot narratives" in line for line in listed) is (columns >= models.WIDE)


def test_the_list_of_one_provider(capsys: Capture) -> None:
    listed = [line.split(" ", 1)[0] for line in lines(capsys, "google") if line.startswith("google/")]
    assert listed == [name for name in catalogue().models if name.startswith("google/")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("columns", [80, 120])
def test_everything_about_one(capsys: Capture, monkeypatch: pytest.MonkeyPatch, name: str, columns: int) -> None:
    at_width(monkeypatch, columns)
    shown = lines(capsys, name.split("/", 1)[1])
    assert shown[0].startswith(name)
    assert max(map(len, shown)) <= columns
    text = " ".join(" ".join(shown).split())
    model = catalogue().models[name]
    for words in (model.best_for, model.instead, *model.options, *model.modes):
        assert words in text
    assert text.count("per second") >= len(model.prices)
    assert ("not known here" in text) is not bool(model.prices)
    assert "None" not in text


def test_what_to_take_instead(capsys: Capture) -> None:
    text = " ".join(" ".join(lines(capsys, "kling-v3.0-i2v")).split())
    assert "v2.5 turbo for speed and cost" in text
    assert "v3.0 t2v for multi-shot narratives" in text
    assert "motion control for motion transfer" in text
    assert "std with voices $0.308 per second" in text


def test_for_programs(capsys: Capture) -> None:
    value = json.loads("\n".join(lines(capsys, "--json")))
    assert value["format_version"] == 1
    rows = {row["id"]: row for row in value["models"]}
    assert set(rows) == set(NAMES)
    kling = rows["klingai/kling-v3.0-i2v"]
    assert kling["prices"][0] == {"per_second": "0.168", "mode": "std", "audio": False}
    assert (kling["default_mode"], kling["namespace"], kling["still_ratio"]) == ("std", "klingai", "2.5")
    assert kling["options"]["cfgScale"]["maximum"] == 1
    assert rows["google/veo-3.1-generate-001"]["namespace"] == "vertex"
    assert {"per_million": "7.00", "mode": "720p"} in rows["bytedance/seedance-2.0"]["prices"]
    (one,) = json.loads("\n".join(lines(capsys, "kling-v3.0-i2v", "--json")))["models"]
    assert one == kling


def test_a_model_that_is_not_there(capsys: Capture) -> None:
    assert run(["models", "kling-v3.0-i2w"]) == 2
    assert "did you mean `kling-v3.0-i2v`?" in capsys.readouterr().err
