"""A project's files as git remembers them: what is read, and what a hostile repository cannot make happen."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storyboard import revisions
from storyboard.errors import Refused, Usage
from storyboard.revisions import Repository, Revision, WorkingTree, open_repository
from storyboard.store.project import open_project

IDENTITY = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "init.defaultBranch=main")


def git(folder: Path, *args: str) -> str:
    """What git says."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *IDENTITY, *args]
    return subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True, check=True).stdout.strip()


def commit(folder: Path) -> str:
    """Everything committed; the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "x")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A storyboard in a folder of a repository, with a still; both have another version in the commit before."""
    root = tmp_path / "räpo with spaces"
    folder = root / "films" / "один"
    folder.mkdir(parents=True)
    git(root, "init", "--quiet")
    (folder / "film.yaml").write_text("storyboard: 1\nshots: []\n")
    (folder / "still.png").write_bytes(b"old")
    commit(root)
    (folder / "film.yaml").write_text("storyboard: 1\ntitle: New\n")
    (folder / "still.png").write_bytes(b"\0" * 3_000_000)
    commit(root)
    return folder / "film.yaml"


@contextmanager
def opened(film: Path) -> Iterator[Repository]:
    """The repository of a film."""
    with open_repository(open_project(str(film))) as repository:
        yield repository


def sha(data: bytes) -> str:
    """64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def test_files_of_two_commits(film: Path) -> None:
    with opened(film) as repository:
        before, now = (Revision(repository, repository.commit(name), name) for name in ("HEAD~1", "main"))
        assert before.read("film.yaml") == b"storyboard: 1\nshots: []\n"
        assert now.read("film.yaml") == b"storyboard: 1\ntitle: New\n"
        for _ in range(2):
            assert before.digest("still.png") == sha(b"old")
            assert now.digest("still.png") == sha(b"\0" * 3_000_000)
        copy = now.fetch("still.png")
        assert copy
        assert copy.read_bytes() == b"\0" * 3_000_000
        assert now.fetch("still.png") == copy
        assert now.digest("gone.png") == ""
        assert now.fetch("gone.png") is None
        with pytest.raises(Usage, match=r"`gone\.yaml` is not there"):
            now.read("gone.yaml")
        assert now.read("film.yaml") == b"storyboard: 1\ntitle: New\n", "git goes on answering"
    assert not copy.exists()


def test_the_working_tree_answers_alike(film: Path) -> None:
    tree = WorkingTree(open_project(str(film)))
    assert tree.read("film.yaml") == b"storyboard: 1\ntitle: New\n"
    assert tree.digest("still.png") == sha(b"\0" * 3_000_000)
    assert tree.fetch("still.png") == film.parent / "still.png"
    assert tree.digest("gone.png") == ""
    assert tree.fetch("../../../etc/passwd") is None


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", "folder", "\n", "a\nHEAD:films/один/film.yaml", "../../../../x", "/etc/passwd", "still.png/x",
        "loop", "out", "gone", "x" * 5_000, "\udcff",
    ],
)  # fmt: skip
def test_what_is_no_file_of_a_commit(film: Path, name: str) -> None:
    folder = film.parent / "folder"
    folder.mkdir()
    (folder / "one").write_text("1")
    (film.parent / "loop").symlink_to("loop")
    (film.parent / "out").symlink_to("/etc/passwd")
    (film.parent / "gone").symlink_to("nowhere")
    (film.parent / "link").symlink_to("folder/one")
    commit(film.parent)
    with opened(film) as repository:
        tree = Revision(repository, repository.commit("HEAD"), "HEAD")
        assert tree.digest(name) == ""
        assert tree.fetch(name) is None
        assert tree.digest("link") == sha(b"1")
        assert tree.read("film.yaml") == b"storyboard: 1\ntitle: New\n"


def test_a_text_that_is_too_large_is_not_read(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "MAX_BYTES", 2_000_000)
    with opened(film) as repository:
        tree = Revision(repository, repository.commit("HEAD"), "HEAD")
        with pytest.raises(Usage, match="has 3,000,000 bytes there"):
            tree.read("still.png")
        assert tree.read("film.yaml").startswith(b"storyboard")
        monkeypatch.setattr(revisions, "LARGEST", 2_000_000)
        assert tree.digest("still.png") == ""


@pytest.mark.parametrize(
    "name", ["nonsense", "--output=/tmp/x", "-h", "HEAD:films", "HEAD..main", "", "a b", "\n", "@{u}"]
)
def test_what_is_no_revision(film: Path, name: str) -> None:
    with opened(film) as repository, pytest.raises(Usage, match="is no revision of this repository"):
        repository.commit(name)


def test_commits_that_changed_a_file(film: Path) -> None:
    root = film.parent.parent.parent
    git(root, "checkout", "--quiet", "-b", "side")
    film.write_text("storyboard: 1\ntitle: Side\n")
    side = commit(root)
    git(root, "checkout", "--quiet", "main")
    (root / "other").write_text("x")
    commit(root)
    with opened(film) as repository:
        found = repository.commits(("film.yaml",), 10)
        assert set(found) == {side, repository.commit("HEAD~1"), repository.commit("HEAD~2")}
        assert len(repository.commits(("film.yaml",), 1)) == 1
        assert repository.commits(("nothing.yaml",), 10) == ()


def test_git_lfs_tells_the_digest_of_what_is_elsewhere(film: Path) -> None:
    real = b"many bytes"
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha(real)}\nsize {len(real)}\n"
    (film.parent / "still.png").write_text(pointer)
    commit(film.parent)
    with opened(film) as repository:
        tree = Revision(repository, repository.commit("HEAD"), "HEAD")
        assert tree.digest("still.png") == sha(real)
        assert tree.fetch("still.png") is None


def test_where_there_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / "film.yaml").write_text("storyboard: 1\n")
    with pytest.raises(Usage, match="is in no git repository") as raised, opened(tmp_path / "film.yaml"):
        pass
    assert "git init" in raised.value.hint


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "film.yaml").write_text("storyboard: 1\n")
    with opened(tmp_path / "film.yaml") as repository:
        with pytest.raises(Usage, match="`HEAD` is no revision"):
            repository.commit("HEAD")
        assert repository.commits(("film.yaml",), 10) == ()


def test_where_git_is_not_installed(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(film.parent))
    with pytest.raises(Refused, match="git is not installed here"), opened(film):
        pass


def test_what_git_would_run_is_not_run(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository that has git run a program wherever git lets it, and an environment that does the same."""
    root, ran = film.parent.parent.parent, tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{ran}'\ncat\n")
    program.chmod(0o755)
    (root / ".gitattributes").write_text("* diff=evil filter=evil merge=evil\n")
    commit(root)
    settings = (
        "core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "diff.external", "diff.evil.textconv",
        "diff.evil.command", "filter.evil.smudge", "filter.evil.clean", "filter.evil.process", "gpg.program",
        "core.askPass", "credential.helper", "remote.origin.uploadpack", "uploadpack.packObjectsHook", "pager.rev-list",
        "pager.cat-file", "interactive.diffFilter", "sequence.editor", "core.alternateRefsCommand", "alias.cat-file",
    )  # fmt: skip
    for name in settings:
        git(root, "config", name, f"!{program}" if name.startswith("alias") else str(program))
    git(root, "config", "log.showSignature", "true")
    git(root, "config", "core.hooksPath", str(tmp_path))
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman"):
        shutil.copy(program, tmp_path / hook)
    for name in ("GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_PAGER", "GIT_EDITOR", "GIT_ASKPASS", "GIT_PROXY_COMMAND"):
        monkeypatch.setenv(name, str(program))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    with opened(film) as repository:
        tree = Revision(repository, repository.commit("HEAD"), "HEAD")
        assert tree.read("film.yaml") == b"storyboard: 1\ntitle: New\n"
        assert tree.digest("still.png") == sha(b"\0" * 3_000_000)
        assert len(repository.commits(("film.yaml",), 10)) == 2
    assert not ran.exists(), ran.read_text()
    assert not (tmp_path / "trace").exists()


def test_what_a_partial_clone_lacks_is_not_fetched(film: Path, tmp_path: Path) -> None:
    """Git would run what `remote.origin.uploadpack` or an `ext::` address names, to fetch one missing file."""
    root, ran = film.parent.parent.parent, tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\nexec git-upload-pack \"$@\"\n")
    program.chmod(0o755)
    git(root, "config", "uploadpack.allowFilter", "true")
    git(root, "config", "uploadpack.allowAnySHA1InWant", "true")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--no-checkout", "--filter=blob:none", f"file://{root}", str(clone))
    copy = clone / film.relative_to(root)
    copy.parent.mkdir(parents=True)
    copy.write_text("storyboard: 1\n")
    for address in (f"file://{root}", f"ext::{program}"):
        git(clone, "config", "remote.origin.url", address)
        git(clone, "config", "remote.origin.uploadpack", str(program))
        git(clone, "config", "protocol.ext.allow", "always")
        git(clone, "config", "protocol.file.allow", "always")
        with opened(copy) as repository:
            tree = Revision(repository, repository.commit("HEAD"), "HEAD")
            assert tree.digest("still.png") == ""
            assert tree.digest("film.yaml") == ""
        assert not ran.exists()


def test_a_folder_that_poses_as_a_repository_is_none(tmp_path: Path) -> None:
    """A bare repository within a project is somebody's data: its configuration is not read."""
    git(tmp_path, "init", "--quiet", "--bare", "data")
    (tmp_path / "data" / "film.yaml").write_text("storyboard: 1\n")
    with pytest.raises(Usage), opened(tmp_path / "data" / "film.yaml"):
        pass


def test_keys_are_not_given_to_git(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_GATEWAY_API_KEY", "vck_canary")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    found = revisions._environment()
    assert "vck_canary" not in found.values()
    assert [name for name in found if name.startswith("GIT_")] == [
        name for name in revisions.ENVIRONMENT if name.startswith("GIT_")
    ]
