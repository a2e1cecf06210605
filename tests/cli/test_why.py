"""`storyboard why`: what changed since a shot's take was made, from the store or from git's history."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from storyboard.cli.main import run
from storyboard.foresight import Options, make_plan
from storyboard.reasons import causes
from storyboard.store.slates import Slates
from storyboard.testing import FakeGateway
from tests.paid.sets import ALL, Set
from tests.test_revisions import commit, git

Capture = pytest.CaptureFixture[str]

HEAD = "characters: {mira: {prompt: a woman in a green coat}}\n"
A = "{id: a, first: plain.png, prompt: Walks in., characters: [mira]}"
B = "{id: b, first: {shot: a, frame: last}, prompt: Goes on.}"
C = "{id: c, first: other.png, prompt: Sits., characters: [mira], mode: std}"
ALLOWED = replace(ALL, allow_held_open=True)


@pytest.fixture
def one(tmp_path: Path, served: tuple[FakeGateway, str], monkeypatch: pytest.MonkeyPatch) -> Set:
    """A project in git, whose film was bought and committed."""
    made = Set(tmp_path / "film", *served, tmp_path / "home")
    made.folder.mkdir()
    Image.new("RGB", (640, 360), "teal").save(made.folder / "other.png")
    made.write(A, B, C, head=HEAD)
    made.render(ALLOWED)
    (made.folder / ".gitignore").write_text("build/\n.storyboard/\n")
    git(made.folder, "init", "--quiet")
    commit(made.folder)
    monkeypatch.setenv("STORYBOARD_HOME", str(made.home))
    return made


def why(one: Set, shot: str, capsys: Capture) -> dict[str, Any]:
    """What `why --json` says."""
    assert run(["why", str(one.file), shot, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def forget(one: Set) -> None:
    """The store no longer knows what was ordered."""
    shutil.rmtree(one.home / "requests", ignore_errors=True)


def remember(one: Set) -> None:
    """The store knows what every shot asks for now."""
    for planned in one.plan().shots:
        if planned.request:
            Slates(one.home).remember(planned.request.canonical())


def test_a_pinned_shot_keeps_its_take_whatever_it_asks_for(one: Set, capsys: Capture) -> None:
    one.write(A.replace("Walks in", "Runs in").replace("id: a", "id: a, pin: true"), B, C, head=HEAD)
    for shot, says in (("a", "it is pinned, and keeps take"), ("c", "was made for exactly what it asks for")):
        assert run(["why", str(one.file), shot]) == 0
        assert says in "".join(capsys.readouterr())


@pytest.mark.parametrize("source", ["store", "git"])
def test_each_field_that_changed(one: Set, source: str, capsys: Capture) -> None:
    forget(one)
    then = git(one.folder, "rev-parse", "HEAD")
    if source == "store":
        remember(one)
        shutil.rmtree(one.folder / ".git")
    else:
        (one.folder / "unrelated").write_text("x")
        commit(one.folder)
    one.write(A, B, C.replace("Sits", "Sits down").replace("std", "pro"), head=HEAD)
    Image.new("RGB", (640, 360), "olive").save(one.folder / "other.png")
    found = why(one, "c", capsys)
    assert (found["format_version"], found["state"], found["estimate"]) == (1, "stale", "0.67")
    assert found["compared_with"] == {"commit": then if source == "git" else None}
    changes = {change["field"]: (change["old"], change["new"]) for change in found["changes"]}
    assert changes["prompt"] == ("Sits. a woman in a green coat", "Sits down. a woman in a green coat")
    assert changes["mode"] == ("std", "pro")
    assert set(changes) == {"prompt", "mode", "first.source", "first.size"}
    assert run(["why", str(one.file), "c"]) == 0
    seen = capsys.readouterr()
    assert "c is stale: take" in seen.out
    assert (f"the one of commit {then[:10]}" in seen.out) == (source == "git")
    assert "Sits {+down+}. a woman in a green coat" in seen.out
    assert "std → pro" in seen.out
    assert "other.png (" in seen.out
    assert "shoots it anew, for at most $0.67" in seen.err


def test_a_shot_that_had_another_name_and_another_file_is_found(one: Set, capsys: Capture) -> None:
    forget(one)
    old = one.lock.shots["c"]
    one.write(A, B, C.replace("id: c", "id: z").replace("Sits", "Stands"), head=HEAD)
    lock = one.file.with_suffix(".lock")
    lock.write_text(lock.read_text().replace('"c":', '"z":'))
    commit(one.folder)
    found = why(one, "z", capsys)
    assert found["take"] == old.circled
    assert [change["field"] for change in found["changes"]] == ["prompt"]
    assert found["compared_with"]["commit"] == git(one.folder, "rev-parse", "HEAD~1")


def test_a_shot_that_goes_on_from_one_that_changed(one: Set, capsys: Capture) -> None:
    remember(one)
    one.write(A.replace("Walks", "Runs"), B.replace("Goes", "Moves"), C, head=HEAD)
    found = why(one, "b", capsys)
    assert (found["state"], found["depends_on"]) == ("stale", "a")
    assert [change["field"] for change in found["changes"]] == ["prompt"]
    assert run(["why", str(one.file), "b"]) == 0
    assert "it goes on from a, whose take will be another. Besides:" in capsys.readouterr().out


def test_an_earlier_chain_is_found_by_the_take_it_went_on_from(one: Set, capsys: Capture) -> None:
    """The take of `a` that `b` went on from is not the circled one any more."""
    forget(one)
    one.write(A.replace("Walks", "Runs"), B, C, head=HEAD)
    one.render(replace(ALLOWED), shots=("a",))
    commit(one.folder)
    forget(one)
    found = why(one, "b", capsys)
    assert [change["field"] for change in found["changes"]] == ["first.source"]
    assert run(["why", str(one.file), "b"]) == 0
    assert "take 1 of a" in (out := capsys.readouterr().out)
    assert "take 2 of a" in out


def test_other_states_are_told_in_a_sentence(one: Set, capsys: Capture) -> None:
    one.write(A, B, C, "{id: n, first: plain.png, prompt: New.}", "{id: e, card: {text: End}, duration: 1s}", head=HEAD)
    for shot, said in (
        ("a", "a is held: take"), ("n", "n is missing: no take yet."), ("e", "e is free: it is drawn locally"),
    ):  # fmt: skip
        assert run(["why", str(one.file), shot]) == 0
        assert said in capsys.readouterr().out
        assert why(one, shot, capsys)["changes"] is None
    assert run(["why", str(one.file), "nobody"]) == 2
    assert "there is no shot `nobody`" in capsys.readouterr().err


def test_what_nobody_knows_any_more(one: Set, capsys: Capture) -> None:
    forget(one)
    shutil.rmtree(one.folder / ".git")
    one.write(A, B, C.replace("Sits", "Stands"), head=HEAD)
    assert run(["why", str(one.file), "c"]) == 0
    assert "neither the store nor git's history knows which" in capsys.readouterr().out
    assert why(one, "c", capsys)["compared_with"] is None


def test_text_cannot_drive_the_terminal(one: Set, capsys: Capture) -> None:
    remember(one)
    hostile = json.dumps("\x1b[31m[red]Stands\u202e")
    one.write(A, B, C.replace("Sits.", hostile), head=HEAD)
    assert run(["why", str(one.file), "c"]) == 0
    out = capsys.readouterr().out
    assert "[red]Stands" in out
    assert not {"\x1b", "\u202e"} & set(out)


def test_causes_of_a_plan(one: Set) -> None:
    remember(one)
    one.write(A, B, C, head=HEAD.replace("green", "red"))
    settings = one.settings()
    storyboard, wanted = make_plan(one.project, settings, Options(), live=False)
    found = causes(one.project, settings, storyboard, wanted)
    assert [(cause.what, cause.shots) for cause in found] == [
        ("characters.mira", ("a", "c")),
        ("the take of a", ("b",)),
    ]
    assert [cause.cost for cause in found] == [Decimal("1.008"), Decimal("0.504")]
    assert causes(one.project, settings, storyboard, replace(wanted, shots=())) == ()


def test_the_store_keeps_requests_whole_or_not_at_all(tmp_path: Path) -> None:
    slates = Slates(tmp_path)
    slate = slates.remember(b'{"prompt":"x"}')
    path = tmp_path / "requests" / f"{slate}.json"
    assert slates.get(slate) == b'{"prompt":"x"}'
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b'{"prom')
    assert slates.get(slate) is None
    assert slates.remember(b'{"prompt":"x"}') == slate
    assert slates.get(slate) == b'{"prompt":"x"}'
    assert slates.get("0" * 64) is None
    shutil.rmtree(tmp_path / "requests")
    (tmp_path / "requests").write_text("no folder")
    assert slates.remember(b"{}"), "an order goes on all the same"
