"""Files that are there whole or not at all, and the border of a project."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from storyboard.errors import Refused, StoryboardError, Transient, Usage
from storyboard.store import files

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def names(folder: Path) -> list[str]:
    """Everything in a folder."""
    return sorted(path.name for path in folder.iterdir())


# Writing


def test_a_file_is_written_whole_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "film.mp4"
    files.write_durably(path, b"one")
    files.write_durably(path, b"two")
    assert path.read_bytes() == b"two"
    assert names(path.parent) == ["film.mp4"]


@pytest.mark.parametrize("failure", [RuntimeError("stop"), KeyboardInterrupt(), Refused("no")])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, failure: BaseException) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"old")
    with pytest.raises(type(failure)), files.replacing(path) as temp:  # noqa: PT012
        temp.write_bytes(b"half")
        raise failure
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["film.mp4"]


def test_the_name_to_write_to_is_hidden_and_beside_the_file(tmp_path: Path) -> None:
    with files.replacing(tmp_path / "film.mp4") as temp:
        assert temp.parent == tmp_path
        assert temp.name.startswith(".film.mp4.")
        assert temp.suffix == ".part"
        temp.write_bytes(b"")


def test_nothing_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Refused), files.replacing(tmp_path / "film.mp4"):
        pass
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOSPC, Transient, "no space is left"),
        (errno.EDQUOT, Transient, "no space is left"),
        (errno.EACCES, Refused, "cannot be written"),
        (errno.EPERM, Refused, "cannot be written"),
        (errno.EROFS, Refused, "cannot be written"),
        (errno.EIO, Refused, "cannot be written"),
        (errno.EFBIG, Refused, "cannot be written"),
    ],
)
@pytest.mark.parametrize("call", ["fsync", "write", "mkdir", "replace"])
def test_what_the_system_refuses_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, kind: type[StoryboardError], words: str
) -> None:
    path = tmp_path / "new" / "film.mp4"
    if call != "mkdir":
        files.write_durably(path, b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    owner, name = (os, "fsync") if call == "fsync" else (Path, "write_bytes" if call == "write" else call)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fail)
        with pytest.raises(kind, match=words) as caught:
            files.write_durably(path, b"new")
    assert caught.value.hint or kind is Refused
    assert "Errno" not in caught.value.message
    if call != "mkdir":
        assert path.read_bytes() == b"old"
        assert names(path.parent) == ["film.mp4"]


def test_a_file_stands_where_a_folder_should(tmp_path: Path) -> None:
    (tmp_path / "build").write_bytes(b"")
    for path in (tmp_path / "build" / "film.mp4", tmp_path / "build" / "deep" / "film.mp4"):
        with pytest.raises(Refused, match=r"`film.mp4` cannot be written"):
            files.write_durably(path, b"new")


def test_a_folder_stands_where_a_file_should(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").mkdir()
    with pytest.raises(Refused, match="cannot be written"):
        files.write_durably(tmp_path / "film.mp4", b"new")
    assert names(tmp_path) == ["film.mp4"]


def test_a_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"old")
    program = """
import os, sys
from pathlib import Path
from storyboard.store import files
with files.replacing(Path(sys.argv[1])) as temp:
    temp.write_bytes(b"half")
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert path.read_bytes() == b"old"


def test_a_new_private_file(tmp_path: Path) -> None:
    path = tmp_path / "outbox" / "order"
    with files.create(path) as file:
        file.write(b"body")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    with pytest.raises(FileExistsError):
        files.create(path)


# Reading


def test_digests(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert files.sha256(tmp_path / "empty") == EMPTY
    with pytest.raises(Usage, match=r"`none` is not there"):
        files.sha256(tmp_path / "none")
    with pytest.raises(Usage, match="cannot be read: is a directory"):
        files.sha256(tmp_path)


# The border of a project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project beside a secret."""
    root = tmp_path / "project"
    (root / "stills").mkdir(parents=True)
    (root / "stills" / "ridge.jpg").write_bytes(b"jpg")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    return root


def test_files_of_the_project(project: Path) -> None:
    wanted = project / "stills" / "ridge.jpg"
    assert files.inside(project, project, "stills/ridge.jpg") == wanted
    assert files.inside(project, project / "stills", "../stills/ridge.jpg") == wanted
    (project / "link.jpg").symlink_to("stills/ridge.jpg")
    assert files.inside(project, project, "link.jpg") == wanted


@pytest.mark.parametrize("name", ["../secret.jpg", "out.jpg", "outside/secret.jpg", "chain.jpg", "stills/up.jpg"])
def test_nothing_leads_out(project: Path, tmp_path: Path, name: str) -> None:
    (project / "out.jpg").symlink_to(tmp_path / "secret.jpg")
    (project / "outside").symlink_to(tmp_path)
    (project / "chain.jpg").symlink_to("out.jpg")
    (project / "stills" / "up.jpg").symlink_to("../../secret.jpg")
    with pytest.raises(Usage, match="leads out of the project"):
        files.inside(project, project, name)


def test_a_project_behind_a_link_is_still_itself(project: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(project)
    alias = tmp_path / "alias"
    assert files.inside(alias, alias, "stills/ridge.jpg") == project / "stills" / "ridge.jpg"


def test_a_missing_file_and_its_neighbour(project: Path) -> None:
    for name, hint in (
        ("stills/rigde.jpg", "did you mean `stills/ridge.jpg`?"),
        ("stills/xyzzy.png", ""),
        ("pictures/ridge.jpg", "there is no folder `pictures`"),
        ("stills/ridge.jpg/more", ""),
    ):
        with pytest.raises(Usage, match="is not there") as caught:
            files.inside(project, project, name)
        assert caught.value.hint == hint or name.endswith("more")


def test_a_link_to_nowhere_and_a_link_to_itself(project: Path) -> None:
    (project / "dead.jpg").symlink_to("gone.jpg")
    (project / "loop.jpg").symlink_to("loop.jpg")
    with pytest.raises(Usage, match="is not there"):
        files.inside(project, project, "dead.jpg")
    with pytest.raises(Usage, match="cannot be opened"):
        files.inside(project, project, "loop.jpg")


def test_what_is_no_plain_file(project: Path) -> None:
    os.mkfifo(project / "pipe.jpg")
    for name in ("stills", "pipe.jpg", "."):
        with pytest.raises(Usage, match="is not a file"):
            files.inside(project, project, name)


def test_names_that_no_system_takes(project: Path) -> None:
    for name in ("a" * 300, "a\0b"):
        with pytest.raises(Usage):
            files.inside(project, project, name)


def test_what_a_process_that_is_gone_left_unfinished_is_swept(tmp_path: Path) -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    mine = [files.unfinished(tmp_path), files.unfinished(tmp_path, "film.lock")]
    theirs = [one.with_name(one.name.replace(f"-{os.getpid()}-", f"-{int(gone.stdout)}-")) for one in mine]
    elsewhere = tmp_path / f".x.00000000-{int(gone.stdout)}-1.part"  # of another machine that shares the folder
    others = [tmp_path / "film.yaml", tmp_path / "mine.part", tmp_path / ".hidden", tmp_path / ".odd.part", elsewhere]
    for path in (*mine, *theirs, *others):
        path.touch()
    files.sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([*mine, *others])
