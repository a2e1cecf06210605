"""A project's files as git remembers them. Only read, and only through git's own plumbing: nothing is checked out.

A repository is untrusted: what its configuration could have git run (hooks, a file system monitor, filters, external
diffs, a pager, helpers that fetch what is missing) is switched off or never asked for, and nothing of git's environment
reaches it. Git itself refuses a repository of somebody else's.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import normpath
from typing import IO, Protocol

from storyboard.errors import Refused, Usage
from storyboard.spec.decoding import MAX_BYTES
from storyboard.store import files
from storyboard.store.project import Project

LARGEST = 2 * 1024**3
"""Bytes of a file of a revision, beyond which it is not looked at."""
MAX_LISTED = 10_000
"""Revisions that a search goes back, at the most."""
SECONDS = 60
SAFE = (
    "--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null",
    "-c", "safe.bareRepository=explicit", "-c", "core.pager=cat", "-c", "protocol.allow=never",
)  # fmt: skip
"""What git is always told. `protocol.allow`: it fetches nothing, whatever a partial clone lacks."""
ENVIRONMENT = {"GIT_ALLOW_PROTOCOL": "none", "LC_ALL": "C"} | dict.fromkeys(
    ("GIT_TERMINAL_PROMPT", "GIT_OPTIONAL_LOCKS"), "0"
)
ENVIRONMENT["GIT_NO_LAZY_FETCH"] = "1"
_LFS = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\n")
_LFS_BYTES = 1024


class Tree(Protocol):
    """The files of a project as they stand somewhere. Names are seen from the storyboard's folder."""

    @property
    def name(self) -> str:
        """What people call it."""

    def read(self, name: str) -> bytes:
        """The bytes of a text file; `Usage` when it is not there."""

    def digest(self, name: str) -> str:
        """The SHA-256 of a file; empty when it is not there."""

    def fetch(self, name: str) -> Path | None:
        """A file with these bytes, for as long as the tree is open; None when they are not here."""


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """The files as they are now."""

    project: Project
    name: str = "the working tree"
    digests: dict[str, str] = field(default_factory=dict)

    def read(self, name: str) -> bytes:
        """The bytes of a text file; `Usage` when it is not there."""
        return self.project.read(name)

    def digest(self, name: str) -> str:
        """The SHA-256 of a file; empty when it is not there."""
        if name not in self.digests:
            path = self.fetch(name)
            self.digests[name] = files.sha256(path) if path else ""
        return self.digests[name]

    def fetch(self, name: str) -> Path | None:
        """The file itself."""
        with suppress(Usage):
            return self.project.path(name)
        return None


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of a revision."""

    id: str
    """What git calls its bytes."""
    size: int


@dataclass(slots=True)
class Repository:
    """The repository that a project lies in."""

    base: Path
    """The storyboard's folder."""
    prefix: str
    """The same, seen from the repository's root; empty there, else with a slash at its end."""
    scratch: Path
    """Where files of revisions are written for those who want a path."""
    digests: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of blobs, by git's names for them."""
    _reader: subprocess.Popen[bytes] | None = None

    def commit(self, revision: str) -> str:
        """The full name of the commit that a revision means; `Usage` when there is none."""
        text = ask_git(self.base, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if text is None:
            hint = "name a commit, a branch or a tag, as in HEAD~1; `git log --oneline` lists commits"
            raise Usage(f"`{revision}` is no revision of this repository", hint=hint)
        return text.strip()

    def commits(self, names: tuple[str, ...], most: int) -> tuple[str, ...]:
        """The commits behind any branch, tag or HEAD that changed one of these files, the latest first."""
        paths = [f":(top,literal){self.path(name)}" for name in names]
        count = f"--max-count={min(most, MAX_LISTED)}"
        listed = ask_git(self.base, "rev-list", count, "--branches", "--tags", "--remotes", "HEAD", "--", *paths)
        return tuple((listed or "").split())

    def path(self, name: str) -> str:
        """A project file's path in the repository."""
        return normpath(self.prefix + name)

    def read(self, commit: str, name: str) -> bytes | None:
        """The bytes of a small file of a commit; None when it is not there. `Usage` for one that is too large."""
        head = self._ask(commit, name)
        if head is None:
            return None
        if head.size > MAX_BYTES:
            self.end()
            raise Usage(f"`{name}` has {head.size:,} bytes there: that is too much for a text")
        return b"".join(self._chunks(head.size))

    def digest(self, commit: str, name: str) -> str:
        """The SHA-256 of a file of a commit, of the real one where git only has Git LFS's word; empty for none."""
        head = self._ask(commit, name)
        if head is None:
            return ""
        if head.id in self.digests or head.size > LARGEST:
            self._skip(head.size)
            return self.digests.get(head.id, "")
        digest, begin = hashlib.sha256(), b""
        for chunk in self._chunks(head.size):
            begin = begin or chunk
            digest.update(chunk)
        pointer = _LFS.match(begin) if head.size <= _LFS_BYTES else None
        self.digests[head.id] = pointer[1].decode() if pointer else digest.hexdigest()
        return self.digests[head.id]

    def copy(self, commit: str, name: str) -> Path | None:
        """A file of a commit as one on disk, below `scratch`; None when its bytes are not here."""
        digest = self.digest(commit, name)
        path = self.scratch / digest
        if not digest or path.exists():
            return path if digest else None
        head = self._ask(commit, name)
        with path.open("wb") as file:
            for chunk in self._chunks(head.size if head else 0):
                file.write(chunk)
        if files.sha256(path) == digest:
            return path
        path.unlink()  # it is Git LFS's word for a file that is elsewhere
        return None

    def _ask(self, commit: str, name: str) -> Blob | None:
        """Have git begin to tell a file's bytes."""
        path = self.path(name)
        if "\n" in path or path.startswith(("../", "/")):
            return None
        reader = self._open()
        assert reader.stdin is not None  # noqa: S101 - it is a pipe
        assert reader.stdout is not None  # noqa: S101 - it is a pipe
        try:
            reader.stdin.write(f"{commit}:{path}\n".encode("utf-8", "surrogateescape"))
            reader.stdin.flush()
            line = reader.stdout.readline(65_536)
        except OSError:
            line = b""
        words = line.split()
        if len(words) == 3 and words[1] == b"blob" and words[2].isdigit():
            return Blob(words[0].decode(), int(words[2]))
        if not line or words[-1] not in (b"missing", b"ambiguous"):  # a folder, or a link that leads out: its text too
            self.end()
        return None

    def _chunks(self, size: int) -> Iterator[bytes]:
        """The bytes that git tells, and the line's end behind them."""
        stream, left = self._stream(), size
        while left:
            chunk = stream.read(min(left, files.CHUNK))
            if not chunk:
                self.end()
                raise Refused("git ended in the middle of a file", hint="`git fsck` looks for what is damaged")
            left -= len(chunk)
            yield chunk
        stream.read(1)

    def _skip(self, size: int) -> None:
        """Leave a file's bytes unread."""
        if size > files.CHUNK:
            self.end()
        else:
            for _ in self._chunks(size):
                pass

    def _stream(self) -> IO[bytes]:
        assert self._reader is not None  # noqa: S101 - whoever calls has asked
        assert self._reader.stdout is not None  # noqa: S101 - it is a pipe
        return self._reader.stdout

    def _open(self) -> subprocess.Popen[bytes]:
        if self._reader is None:
            self._reader = subprocess.Popen(  # noqa: S603 - a list of arguments, and no shell
                [_program(), *SAFE, "cat-file", "--batch", "--follow-symlinks"], cwd=self.base, env=_environment(),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        return self._reader

    def end(self) -> None:
        """Let go of git, until it is asked again."""
        if self._reader is not None:
            with self._reader as reader:
                reader.kill()
            self._reader = None


@dataclass(frozen=True, slots=True)
class Revision:
    """The files as they stood at a commit."""

    repository: Repository
    commit: str
    name: str

    def read(self, name: str) -> bytes:
        """The bytes of a text file; `Usage` when it is not there."""
        data = self.repository.read(self.commit, name)
        if data is None:
            raise Usage(f"`{name}` is not there")
        return data

    def digest(self, name: str) -> str:
        """The SHA-256 of a file; empty when it is not there."""
        return self.repository.digest(self.commit, name)

    def fetch(self, name: str) -> Path | None:
        """A copy of the file."""
        return self.repository.copy(self.commit, name)


@contextmanager
def open_repository(project: Project) -> Iterator[Repository]:
    """The repository of a project; `Usage` when it is in none, or nobody trusts it."""
    prefix = ask_git(project.base, "rev-parse", "--show-prefix", told=True)
    with tempfile.TemporaryDirectory(prefix="storyboard-") as folder:
        repository = Repository(project.base, (prefix or "").removesuffix("\n"), Path(folder))
        try:
            yield repository
        finally:
            repository.end()


def ask_git(folder: Path, *args: str, told: bool = False, said: str = "") -> str | None:
    """What git answers to what is `said`; None when it refuses. `told`: then `Usage` says why there is none."""
    try:
        done = subprocess.run(  # noqa: S603 - a list of arguments, and no shell
            [_program(), *SAFE, *args], cwd=folder, env=_environment(), capture_output=True, input=said.encode(),
            timeout=SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise Refused(f"git cannot be asked: {files.reason(error)}") from None
    if done.returncode and told:
        if b"dubious ownership" in done.stderr:
            hint = f"if you trust it: `git config --global --add safe.directory {folder}`"
            raise Usage("the repository belongs to somebody else, and git does not read it", hint=hint)
        raise Usage(f"`{folder}` is in no git repository", hint="`git init` makes one; then commit the storyboard")
    return None if done.returncode else done.stdout.decode("utf-8", "surrogateescape")


def _program() -> str:
    if program := shutil.which("git"):
        return program
    raise Refused("git is not installed here", hint="install git; everything but comparing revisions works without")


def _environment() -> Mapping[str, str]:
    """This process's environment without anything of git's own, and without keys: git has no use for them."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for name in ("AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"):
        plain.pop(name, None)
    return plain | ENVIRONMENT
