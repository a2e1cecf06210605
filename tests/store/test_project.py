"""A project on disk: its root, its files, and where its films go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storyboard.errors import Usage
from storyboard.store.cache import owner_of
from storyboard.store.project import Project, open_project


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A storyboard two folders below a project's root, beside other things."""
    inner = tmp_path / "work" / "films" / "one"
    inner.mkdir(parents=True)
    (tmp_path / "work" / "storyboard.toml").write_text("", "utf-8")
    (inner / "film.yaml").write_text("storyboard: 1\n", "utf-8")
    return inner


def opened(folder: Path) -> Project:
    """The project of the storyboard in a folder."""
    return open_project(str(folder / "film.yaml"))


def test_the_root_is_where_the_settings_are(folder: Path, tmp_path: Path) -> None:
    project = opened(folder)
    assert (project.root, project.base) == (tmp_path / "work", folder)
    assert (project.folder, project.relative(project.file)) == ("films/one", "films/one/film.yaml")
    (folder.parent / ".git").mkdir()
    assert opened(folder).root == tmp_path / "work", "settings come before git"
    (folder / "storyboard.toml").write_text("", "utf-8")
    assert (opened(folder).root, opened(folder).folder) == (folder, "")


def test_else_the_root_is_where_git_is_and_else_the_folder(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "film.yaml").write_text("", "utf-8")
    assert opened(inner).root == inner
    (tmp_path / "a" / ".git").write_text("gitdir: elsewhere", "utf-8")
    assert opened(inner).root == tmp_path / "a"


def test_a_storyboard_that_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Usage, match="is not there") as caught:
        open_project(str(folder / "fim.yaml"))
    assert caught.value.hint == "there is film.yaml"
    with pytest.raises(Usage, match="is a folder") as caught:
        open_project(str(folder))
    assert "film.yaml" in caught.value.hint
    with pytest.raises(Usage) as caught:
        open_project(str(folder / "none" / "film.yaml"))
    assert "init" in caught.value.hint
    monkeypatch.chdir(folder)
    assert open_project("film.yaml").shown == "film.yaml"
    assert open_project("./film.yaml").shown == "film.yaml"


def test_what_was_read_can_be_shown(folder: Path) -> None:
    (folder.parent / "style.yaml").write_bytes(b"vars: {a: b}\n\xff")
    project = opened(folder)
    assert project.read_storyboard() == b"storyboard: 1\n"
    assert project.read("../style.yaml").startswith(b"vars")
    shown = os.path.normpath(folder.parent / "style.yaml")
    assert project.texts[shown].startswith("vars")
    with pytest.raises(Usage):
        project.read("../../../outside.yaml")


def test_a_storyboard_that_is_a_link(folder: Path, tmp_path: Path) -> None:
    """It belongs to the project that the file itself stands in."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "film.yaml").symlink_to(folder / "film.yaml")
    assert opened(tmp_path / "elsewhere").base == folder


def test_films_stay_in_the_project(folder: Path, tmp_path: Path) -> None:
    project = opened(folder)
    assert project.target("build/film.mp4") == folder / "build" / "film.mp4"
    assert project.target("../build/film.mp4").parent.resolve() == folder.parent / "build"
    (tmp_path / "outside").mkdir()
    (folder / "build").symlink_to(tmp_path / "outside")
    with pytest.raises(Usage, match="leads out"):
        project.target("build/film.mp4")
    with pytest.raises(Usage, match="leads out"):
        project.target("build/deep/film.mp4")
    with pytest.raises(Usage, match="leads out"):
        project.target("../../../film.mp4")


def test_a_film_takes_the_place_of_plain_files_only(folder: Path, tmp_path: Path) -> None:
    project = opened(folder)
    (tmp_path / "victim").write_bytes(b"")
    (folder / "link.mp4").symlink_to(tmp_path / "victim")
    (folder / "dead.mp4").symlink_to(tmp_path / "none")
    (folder / "folder.mp4").mkdir()
    os.mkfifo(folder / "pipe.mp4")
    for name in ("link.mp4", "dead.mp4", "folder.mp4", "pipe.mp4"):
        with pytest.raises(Usage, match="not a plain file"):
            project.target(name)


def test_its_companions(folder: Path) -> None:
    project = opened(folder)
    assert project.beside(".sums") == folder / "film.sums"
    home = folder.parent / "home"
    assert project.cache(home).folder == folder / ".storyboard" / "cache" / f"v1-{owner_of(home)}"
    assert project.caches == folder / ".storyboard" / "cache"


def test_a_name_that_is_no_text_is_told_so(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"f\xff")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this disk has no such names")
    for file in (folder / "film.yaml", tmp_path / os.fsdecode(b"f\xfe.yaml")):
        file.write_text("storyboard: 1\n")
        with pytest.raises(Usage, match="a name that is not UTF-8"):
            open_project(str(file))
