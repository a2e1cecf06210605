from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from storyboard.cli.main import run
from tests.conftest import EXAMPLES, ROOT

Capture = pytest.CaptureFixture[str]


def copy_stills(folder: Path) -> None:
    (folder / "stills").mkdir(parents=True)
    for name in ("autumn-ridge.jpg", "mountain-path.jpg"):
        (folder / "stills" / name).write_bytes((EXAMPLES / "first-light" / "stills" / name).read_bytes())


FILM = """\
storyboard: 1
defaults: {duration: 3s}
shots:
  - {id: a, first: stills/autumn-ridge.jpg, prompt: The first.}
  - {id: b, first: {shot: a, frame: last}, prompt: The second.}
  - {id: c, first: stills/autumn-ridge.jpg, prompt: The first.}
  - {id: d, card: {text: End}, duration: 1s}
"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two equal shots, one that goes on from the first, and a card."""
    folder = tmp_path / "film"
    copy_stills(folder)
    (folder / "film.yaml").write_text(FILM)
    return folder / "film.yaml"


@pytest.mark.parametrize("name", ["first-light", "small-things"])
def test_the_examples_have_no_problems(name: str, capsys: Capture) -> None:
    assert run(["validate", str(EXAMPLES / name / "film.yaml")]) == 0
    assert capsys.readouterr().err.strip() == "no problems"


def test_validate_shows_every_problem_of_every_file(tmp_path: Path, capsys: Capture) -> None:
    files = []
    for name in ("one.yaml", "two.yaml"):
        file = tmp_path / name
        file.write_text("storyboard: 1\ntitel: x\nshots:\n  - {id: a, card: {}}\n")
        files.append(str(file))
    assert run(["validate", *files]) == 1
    seen = capsys.readouterr()
    assert seen.out.count("error[unknown-field]") == 2
    assert seen.out.count("error[card]") == 2
    assert seen.err.strip() == "4 problems"


@pytest.mark.parametrize("form", ["json", "github"])
def test_validate_for_programs(form: str, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "film.yaml"
    file.write_text("storyboard: 1\nshots:\n  - {id: a, first: gone.jpg, prompt: x}\n")
    assert run(["validate", "--format", form, str(file)]) == 1
    out = capsys.readouterr().out
    if form == "json":
        (problem,) = json.loads(out)["problems"]
        assert (problem["line"], problem["column"], problem["code"]) == (3, 20, "file")
        assert problem["path"] == "shots[0].first"
    else:
        assert out.startswith("::error file=")
        assert ",line=3,col=20,title=file::`gone.jpg` is not there" in out


def test_the_plan_for_people_has_states_and_prices(film: Path, capsys: Capture) -> None:
    assert run(["plan", str(film), "--gateway", "remote"]) == 0
    seen = capsys.readouterr()
    assert "goes on from `a`" in seen.out
    assert "$0.50" in seen.out
    assert "At most $1.01 would be spent, on 2 clips." in seen.err  # two orders: `a` and `c` are one


def test_the_plan_for_programs(film: Path, capsys: Capture) -> None:
    assert run(["plan", str(film), "--gateway", "remote", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["format_version"] == 1
    assert plan["gateway"] == "remote"
    assert plan["estimate"] == "1.01"
    a, b, c, d = plan["shots"]
    assert a["state"] == "missing"
    assert a["slate"] == c["slate"]
    assert len(a["slate"]) == 64
    assert a["estimate"] == "0.50"
    assert a["seconds"] == 3
    assert a["route"] in ("start", "held-open")
    assert a["price_source"].startswith("catalogue 20")
    assert b["slate"] is None
    assert b["depends_on"] == "a"
    assert d["state"] == "free"
    assert d["route"] == "none"


def test_plan_check_is_3_when_it_would_spend(film: Path, cards: Path) -> None:
    assert run(["plan", "--check", "--gateway", "remote", str(film)]) == 3
    assert run(["plan", "--check", "--gateway", "local", str(film)]) == 0
    assert run(["plan", "--check", "--gateway", "remote", str(cards)]) == 0


def test_planning_writes_nothing_but_its_cache(film: Path) -> None:
    before = set(film.parent.rglob("*"))
    run(["plan", str(film)])
    new = {path.relative_to(film.parent).parts[0] for path in set(film.parent.rglob("*")) - before}
    assert new <= {".storyboard"}


def test_status_says_what_to_do(film: Path, capsys: Capture) -> None:
    assert run(["status", str(film)]) == 0
    seen = capsys.readouterr()
    assert "missing" in seen.out
    assert "3 shots are missing: `storyboard render" in seen.err
    assert run(["status", "--json", str(film)]) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == {
        "held": 0, "missing": 3, "stale": 0, "in-flight": 0, "unresolved": 0, "free": 1,
    }  # fmt: skip


def test_models(capsys: Capture) -> None:
    assert run(["models"]) == 0
    assert "klingai/kling-v3.0-i2v" in capsys.readouterr().out
    assert run(["models", "kling-v3.0-i2v"]) == 0
    assert "pro with sound     $0.336 per second" in capsys.readouterr().out
    assert run(["models", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["models"]
    assert rows[0]["prices"][0] == {"per_second": "0.168", "mode": "std", "audio": False}


def test_schema_is_the_file_in_the_repository(capsys: Capture) -> None:
    assert run(["schema"]) == 0
    printed = capsys.readouterr().out
    assert printed == (ROOT / "schemas" / "storyboard.schema.json").read_text("utf-8")
    jsonschema.Draft202012Validator.check_schema(json.loads(printed))


def test_doctor(capsys: Capture) -> None:
    assert run(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is True
    assert {check["name"] for check in found["checks"]} >= {"ffmpeg", "pyav", "store", "gateway"}
    assert found["encoder"] == {"codec": "libx264", "preset": "faster", "crf": 18, "threads": 1}
    assert set(found["ffmpeg"]) == {"version", "path"}


def test_doctor_never_shows_a_key(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("AI_GATEWAY_API_KEY", "vck_canary")
    assert run(["doctor"]) == 0
    seen = capsys.readouterr()
    assert "with a credential" in seen.out
    assert "canary" not in seen.out + seen.err


def test_init_leaves_something_valid_and_overwrites_nothing(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "new"
    assert run(["init", str(folder)]) == 0
    assert "storyboard render" in capsys.readouterr().err
    assert (folder / ".gitignore").read_text() == "build/\n.storyboard/\n"
    assert run(["validate", str(folder / "film.yaml")]) == 0
    (folder / "film.yaml").write_text("mine")
    assert run(["init", str(folder)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (folder / "film.yaml").read_text() == "mine"


def test_init_keeps_an_ignore_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    assert run(["init", str(tmp_path)]) == 0
    assert (tmp_path / ".gitignore").read_text() == "mine\n"


def test_with_a_key_and_nobody_to_ask_nothing_is_bought(
    film: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("AI_GATEWAY_API_KEY", "vck_canary")
    monkeypatch.setenv("STORYBOARD_GATEWAY_URL", "http://127.0.0.1:9/v4/ai")
    assert run(["render", str(film)]) == 3
    said = capsys.readouterr().err
    assert "2 clips would be bought, for up to $1.01" in said
    assert "`--budget 1.01` agrees to it" in said
    assert "canary" not in said


@pytest.mark.parametrize("sum_", ["-1", "NaN", "1e3", "twelve", "1,50", "99999999"])
def test_a_budget_is_a_sum_of_dollars(film: Path, sum_: str, capsys: Capture) -> None:
    assert run(["render", str(film), "--budget", sum_]) == 2
    assert "is not a sum of dollars" in capsys.readouterr().err


def test_a_gateway_without_a_credential_is_a_usage_error(
    film: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("STORYBOARD_GATEWAY_URL", "https://gateway.example/v4/ai")
    assert run(["render", str(film)]) == 2
    assert "there is no credential for it" in capsys.readouterr().err
