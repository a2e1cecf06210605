"""`push` and `pull` as one types them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from storyboard.cli.main import run
from storyboard.store.remote import name_of
from tests.conftest import Run
from tests.s3_server import S3, SECRET, s3_in
from tests.test_sharing import Clone, Team

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def ann(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Whoever shot a film of four takes, and where takes are shared: a folder."""
    (tmp_path / "nas").mkdir()
    monkeypatch.setenv("STORYBOARD_REMOTE", str(tmp_path / "nas"))
    return Team(tmp_path, "").shoot(5_000_000, 600_000, 70_000, 8_000)


@pytest.fixture
def bob(ann: Clone, tmp_path: Path) -> Clone:
    """Somebody with a clone."""
    return Team(tmp_path, "").join("bob", ann)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """An S3 server, and a key for it."""
    with s3_in(monkeypatch) as server:
        yield server


def typed(clone: Clone, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run a command in a clone's folder; its exit code."""
    monkeypatch.chdir(clone.folder)
    monkeypatch.setenv("STORYBOARD_HOME", str(clone.home))
    return run([words[0], "film.yaml", *words[1:]])


def test_push_and_pull_for_people(
    ann: Clone, bob: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    nas = tmp_path / "nas"
    assert typed(ann, monkeypatch, "push") == 0
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.splitlines()[-1] == f"pushed  4 takes, 5.7 MB, to {nas}"
    assert f"push {nas}: " in seen.err
    assert typed(ann, monkeypatch, "push") == 0
    assert capsys.readouterr().err == f"4 takes were at {nas} already\n"
    assert typed(bob, monkeypatch, "pull", "--circled") == 0
    assert capsys.readouterr().err.splitlines()[-1] == f"pulled  3 takes, 0.7 MB, from {nas}"
    assert typed(bob, monkeypatch, "pull") == 0
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f"pulled  1 take, 5.0 MB, from {nas}; 3 takes were here already"
    assert bob.held() == set(ann.digests)


def test_push_and_pull_for_programs(
    ann: Clone, bob: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    ann.takes.path(ann.digests[1]).unlink()
    assert typed(ann, monkeypatch, "push", "--json") == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["format_version"], told["outcome"]) == (1, "incomplete")
    assert told["where"] == str(tmp_path / "nas")
    assert [one["shot"] for one in told["pushed"]] == ["a", "shot-2", "shot-3"]
    assert told["missing"] == [{"shot": "a", "number": 2, "sha256": ann.digests[1], "bytes": 600_000}]
    assert typed(bob, monkeypatch, "pull", "--json") == 3
    assert [one["shot"] for one in json.loads(capsys.readouterr().out)["pulled"]] == ["a", "shot-2", "shot-3"]


def test_what_is_on_neither_side_is_3_and_says_where_to_look(
    ann: Clone, bob: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert typed(bob, monkeypatch, "pull") == 3
    seen = capsys.readouterr().err
    assert "no take was pulled" in seen
    names = "`a` take 1, `a` take 2, `shot-2` take 1, `shot-3` take 1"
    assert f"{names} are neither here nor at {tmp_path / 'nas'}" in seen
    assert "hint: run `storyboard push film.yaml` on the machine that shot them" in seen


def test_a_remote_of_the_project_and_its_forks(
    ann: Clone, bob: Clone, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.delenv("STORYBOARD_REMOTE")
    for clone in (ann, bob):
        text = "[store]\nremote = '../../shared'\n" if clone is bob else "[store]\nremote = 'shared'\n"
        (clone.folder / "storyboard.toml").write_text(text)
    assert typed(ann, monkeypatch, "push") == 0
    assert (ann.folder / "shared" / name_of(ann.digests[0])).is_file()
    (ann.folder / "storyboard.toml").write_text("[store]\nremote = 'shared'\nremote_read_only = true\n")
    assert typed(ann, monkeypatch, "push") == 1
    assert "shared is read-only here: nothing was pushed" in capsys.readouterr().err
    monkeypatch.setenv("STORYBOARD_REMOTE_READ_ONLY", "0")
    assert typed(ann, monkeypatch, "push") == 0
    assert typed(bob, monkeypatch, "pull") == 2
    assert "no folder inside the project" in capsys.readouterr().err


def test_each_exit_code(ann: Clone, bob: Clone, s3: S3, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
    monkeypatch.setenv("STORYBOARD_REMOTE", "s3://films/x")
    assert typed(ann, monkeypatch, "push") == 0
    lock = (bob.folder / "film.lock").read_bytes()
    s3.fault = lambda method, name: "wrong" if ann.digests[0] in name else ""
    assert typed(bob, monkeypatch, "pull") == 1
    assert "is damaged at s3://films" in capsys.readouterr().err
    s3.fault = lambda method, name: "500"
    bob.takes.path(ann.digests[1]).unlink()
    assert typed(bob, monkeypatch, "pull", "--json") == 4
    told = json.loads(capsys.readouterr().out)
    assert told["exit_code"] == 4
    assert told["errors"][0]["message"] == "s3://films is busy"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-of-another-key")
    assert typed(bob, monkeypatch, "pull") == 1
    seen = capsys.readouterr()
    assert "s3://films denies access" in seen.err
    assert "canary" not in seen.err
    assert SECRET not in seen.err
    monkeypatch.setenv("STORYBOARD_REMOTE", "none")
    assert typed(bob, monkeypatch, "pull") == 2
    assert (bob.folder / "film.lock").read_bytes() == lock


def test_a_lock_that_cannot_be_read_is_shown_with_its_line(
    bob: Clone, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (bob.folder / "film.lock").write_text("version: 99\n")
    for word in ("push", "pull"):
        assert typed(bob, monkeypatch, word) == 1
        seen = capsys.readouterr().err
        assert "film.lock:1:10" in seen
        assert "version: 99" in seen


def test_the_help_knows_both(storyboard: Run) -> None:
    told = storyboard("--help")
    assert "Put the film's takes where others can pull them." in told.out
    assert "Bring the film's takes that are not here." in told.out


def test_a_terminal_shows_how_far_it_is(ann: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ann.folder)
    environment = {**os.environ, "STORYBOARD_HOME": str(ann.home), "TERM": "xterm", "COLUMNS": "120"}
    environment.pop("CI", None)
    terminal, end = pty.openpty()
    words = [sys.executable, "-m", "storyboard", "push", "film.yaml"]
    with subprocess.Popen(words, env=environment, stdin=end, stdout=end, stderr=end) as running:
        os.close(end)
        shown = b""
        with suppress(OSError):  # what Linux says at the end of a terminal
            while data := os.read(terminal, 65536):
                shown += data
    os.close(terminal)
    assert running.returncode == 0
    text = shown.decode()
    assert "━" in text
    assert "4/4 takes, 5.7 MB of 5.7 MB" in text
    assert "pushed" in text


def test_the_doctor_asks_the_remote(
    ann: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def told(where: str) -> dict[str, object]:
        monkeypatch.setenv("STORYBOARD_REMOTE", where)
        run(["doctor", "--json"])
        checks: list[dict[str, object]] = json.loads(capsys.readouterr().out)["checks"]
        return next(one for one in checks if one["name"] == "remote")

    monkeypatch.chdir(ann.folder)
    nas = str(tmp_path / "nas")
    assert str(told("none")["detail"]).startswith("nowhere: takes are on this machine alone")
    monkeypatch.setenv("STORYBOARD_REMOTE_READ_ONLY", "1")
    assert told(nas) == {"name": "remote", "ok": True, "detail": f"{nas} answers, and is read-only here", "hint": ""}
    gone = told(f"{nas}/gone")
    assert (gone["ok"], gone["hint"]) == (False, "mount its disk, or make the folder once")
