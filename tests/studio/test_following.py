"""Whatever becomes of the file underneath, the page follows it or says what is wrong."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from storyboard.studio.trail import PATIENCE, Trail
from storyboard.studio.watching import is_file, state_of
from tests.studio.conftest import FILM, Visitor

OTHER = FILM.replace("Harbour", "Quay").replace("duration: 2s", "duration: 4s")


def git(folder: Path, *words: str) -> None:
    """Run git in a folder, as nobody in particular."""
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def test_a_renamed_file_is_followed_and_its_lock_asked_for(studio: Visitor, film: Path) -> None:
    first = studio.state(lambda state: state["film"])
    assert first["moved"] is None
    film.with_suffix(".lock").write_text("version: 2\n")
    cut = film.rename(film.with_name("cut.yaml"))
    moved = studio.state(lambda state: state["moved"])
    assert (moved["file"], moved["gone"], moved["film"]["title"]) == (str(cut), None, "Harbour")
    assert moved["moved"]["message"].startswith("film.yaml is called cut.yaml now")
    assert "rename that to cut.lock" in moved["moved"]["hint"]
    for act in ("quote", "retake"):
        answer = studio.post(act, {"shot": "one"})
        assert (answer.status_code, "left behind" in answer.json()["message"]) == (422, True)
    cut.write_text(OTHER)
    assert studio.state(lambda state: state["film"]["title"] == "Quay")["film"]["length"] == "5.5 s"
    wish = {"shot": "two", "values": {"note": "here"}}
    mark = studio.post("preview", wish).json()["mark"]
    assert studio.post("apply", wish | {"mark": mark}).json() == {"written": "cut.yaml"}
    film.with_suffix(".lock").unlink()
    cut.rename(film)
    back = studio.state(lambda state: state["moved"] is None)
    assert (back["file"], back["film"]["shots"][1]["note"]) == (str(film), "here")


def test_another_branch_is_followed(studio: Visitor, film: Path) -> None:
    folder = film.parent
    studio.state(lambda state: state["film"])
    git(folder, "init")
    git(folder, "add", "film.yaml")
    git(folder, "commit", "-m", "one")
    git(folder, "checkout", "-b", "other")
    film.write_text(OTHER)
    git(folder, "commit", "-a", "-m", "other")
    studio.state(lambda state: state["film"]["title"] == "Quay")
    git(folder, "checkout", "main")
    studio.state(lambda state: state["film"]["title"] == "Harbour")
    git(folder, "checkout", "-b", "renamed")
    git(folder, "mv", "film.yaml", "harbour.yaml")
    git(folder, "commit", "-m", "renamed")
    assert studio.state(lambda state: state["moved"])["file"] == str(folder / "harbour.yaml")
    git(folder, "checkout", "main")
    studio.state(lambda state: state["moved"] is None and state["gone"] is None)
    git(folder, "checkout", "other")
    assert studio.state(lambda state: state["film"]["title"] == "Quay")["problems"] == []


def test_what_is_no_file_any_more_is_said_and_waited_for(studio: Visitor, film: Path, tmp_path: Path) -> None:
    studio.pictured()
    good = studio.state()["film"]
    for words in ("is a folder", "is not a file", "is not there"):
        film.unlink()
        if words == "is a folder":
            film.mkdir()
        elif words == "is not a file":
            os.mkfifo(film)
        else:
            film.symlink_to("nowhere.yaml")
        gone = studio.state(lambda state: state["gone"] and words in state["gone"]["message"])  # noqa: B023
        assert gone["film"] == good
        film.rmdir() if film.is_dir() else film.unlink()
        film.write_text(FILM)
        studio.state(lambda state: not state["gone"])
    before = state_of(film)
    film.chmod(0)  # whoever runs this may read it all the same
    assert state_of(film) != before
    film.chmod(0o644)
    film.write_bytes(b"\xff\xfe\x00broken")
    assert studio.state(lambda state: state["problems"])["film"] == good
    film.write_text(FILM)
    studio.state(lambda state: not state["problems"])
    away = film.parent.rename(tmp_path / "elsewhere")
    assert "is not there" in studio.state(lambda state: state["gone"])["gone"]["message"]
    away.rename(film.parent)
    studio.state(lambda state: not state["gone"])


def test_what_cannot_even_be_asked_after_is_no_file(tmp_path: Path) -> None:
    nowhere = tmp_path / ("x" * 300 + ".yaml")
    with pytest.raises(OSError, match="too long"):
        nowhere.is_file()
    assert not is_file(nowhere)
    assert not is_file(tmp_path)
    assert not Trail(str(nowhere)).watch()


def looked(trail: Trail) -> bool:
    """Whether a trail leads elsewhere after all of its looks."""
    return any(trail.watch() for _ in range(PATIENCE))


def test_a_trail_knows_a_file_only_by_what_it_has(tmp_path: Path) -> None:
    film, copy, new = (tmp_path / name for name in ("film.yaml", "copy.yaml", "new.yaml"))
    film.write_text(FILM)
    copy.write_text(FILM)
    trail = Trail(str(film))
    trail.keep()
    film.unlink()
    assert (looked(trail), trail.file) == (False, str(film))  # a copy that was there before is another film
    new.write_text(OTHER)
    assert not looked(trail)
    new.unlink()
    new.symlink_to("copy.yaml")
    (tmp_path / "also.yaml").write_text(FILM)
    assert not looked(trail)  # nobody knows which of two
    new.unlink()
    assert (looked(trail), trail.file) == (True, str(tmp_path / "also.yaml"))
    film.write_text(OTHER)
    assert not looked(trail)
    (tmp_path / "also.yaml").unlink()
    assert (trail.watch(), trail.was_renamed) == (True, False)
    film.rename(tmp_path / "film.bak.yaml")  # as an editor does that saves
    assert not trail.watch()
    film.write_text(FILM)
    assert not looked(trail)
    assert not trail.was_renamed


def test_a_folder_made_anew_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "film"
    folder.mkdir()
    (folder / "film.yaml").write_text(FILM)
    monkeypatch.chdir(folder)
    trail = Trail("film.yaml")
    trail.keep()
    (folder / "film.yaml").unlink()
    folder.rmdir()
    assert not trail.watch()
    folder.mkdir()
    (folder / "film.yaml").write_text(FILM)
    trail.watch()
    assert Path("film.yaml").read_text() == FILM
