"""Durable files, digests, and the borders of a project. Every file that this program writes is written here."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

from storyboard.errors import Refused, StoryboardError, Transient, Usage
from storyboard.steps import step

CHUNK = 1024 * 1024


State = tuple[int, int, int]
"""Which file stands at a path, how long it is, and when it was last written."""


def state_of(path: Path) -> State:
    """What tells whether a file is still the one that was read."""
    with reading(path):
        found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def check_same(path: Path, state: State) -> None:
    """`Transient` when a file was saved while it was used: it must not be remembered as what it was before."""
    if state_of(path) != state:
        raise changed(path)


def changed(path: Path) -> Transient:
    """What is told of a file that was saved while it was used."""
    return Transient(f"`{path.name}` was changed while it was used", hint="run it again")


def sha256(path: Path) -> str:
    """The digest of a file's bytes, 64 hex digits."""
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_plain(path: Path, limit: int) -> bytes:
    """The bytes of a file, `limit` and one more at the most; a pipe or a device is refused, and never waited for."""
    with reading(path):
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(opened, "rb") as file:
            if not stat.S_ISREG(os.fstat(opened).st_mode):
                raise Usage(f"`{path.name}` is not a file")
            return file.read(limit + 1)


def write_durably(path: Path, data: bytes) -> None:
    """Put `data` at `path`, whole and on disk, or leave what was there."""
    with replacing(path) as temp:
        temp.write_bytes(data)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name beside `path` to write to; it takes `path`'s place, durably, when the block ends well, else it is gone."""
    temp = unfinished(path.parent, path.name)
    try:
        with writing(path):
            make_folder(path.parent, 0o777)
            yield temp
            settle(temp, path)
    finally:
        discard(temp)


def unfinished(folder: Path, name: str = "") -> Path:
    """A new name in a folder for a file that is being written: `sweep` knows whose it is."""
    return folder / f".{name}.{_machine()}-{os.getpid()}-{secrets.token_hex(8)}.part"


def sweep(folder: Path) -> None:
    """Remove the files that processes of this machine which are gone left unfinished in a folder."""
    for path in folder.glob(".*.part"):
        machine, _, owner = path.name.removesuffix(".part").rpartition(".")[2].partition("-")
        if machine == _machine() and not _lives(owner.partition("-")[0]):
            discard(path)


def discard(path: Path) -> None:
    """Remove a file that nobody needs any more; one that cannot be removed stays, and is swept later."""
    with suppress(OSError):
        path.unlink()


@cache
def _machine() -> str:
    """A name of this machine, or container: numbers of processes are its own."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, OverflowError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def settle(temp: Path, path: Path) -> None:
    """Move a written file to its final name so that it is there after a power cut: file, name and folder are synced."""
    with temp.open("rb+") as file:
        os.fsync(file.fileno())
    step("K11")
    temp.replace(path)
    step("K12")
    _sync_folder(path.parent)
    step("K13")


def make_folder(folder: Path, mode: int = 0o700) -> None:
    """Make a folder where it is missing, so that it is there after a power cut; only the user may look into it."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True, mode=mode)
    for one in missing:
        _sync_folder(one.parent)


def _sync_folder(folder: Path) -> None:
    """Have the disk keep the names in a folder."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def create(path: Path) -> BinaryIO:
    """A new file that only the user may read, open for writing; its folder too is made where it is missing."""
    make_folder(path.parent)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def inside(root: Path, base: Path, name: str) -> Path:
    """The regular file called `name` from `base`, links followed, which must lie inside `root`; else `Usage`."""
    path = base / name
    try:
        real = path.resolve(strict=True)
        mode = real.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise Usage(f"`{name}` is not there", hint=_near(path, name)) from None
    except (OSError, RuntimeError, ValueError) as error:
        raise Usage(f"`{name}` cannot be opened: {reason(error)}") from None
    if not real.is_relative_to(root.resolve()):
        raise Usage(f"`{name}` leads out of the project", hint="copy the file into the project")
    if not stat.S_ISREG(mode):
        raise Usage(f"`{name}` is not a file")
    return real


def _near(path: Path, name: str) -> str:
    """What stands beside a missing file under nearly the same name."""
    import difflib

    try:
        names = [one.name for one in path.parent.iterdir()]
    except OSError:
        return f"there is no folder `{path.parent.name}`" if path.parent.name else ""
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
    return f"did you mean `{Path(name).parent / near[0]}`?" if near else ""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what can go wrong while reading `path` into one clear sentence."""
    try:
        yield
    except FileNotFoundError:
        raise Usage(f"`{path.name}` is not there") from None
    except OSError as error:
        raise Usage(f"`{path.name}` cannot be read: {reason(error)}") from None


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what can go wrong while writing `path` into one clear sentence with the right exit code."""
    try:
        yield
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> StoryboardError:
    folder = (error.filename and Path(str(error.filename)).parent) or path.parent
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Transient(f"no space is left on the disk of `{folder}`", hint="make room there and run it again")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Refused(f"`{path.name}` cannot be written in `{path.parent}`: {reason(error)}",
                       hint="make the folder writable, or send the film elsewhere with `outputs:`")  # fmt: skip
    return Refused(f"`{path.name}` cannot be written in `{path.parent}`: {reason(error)}")


def reason(error: BaseException) -> str:
    """The system's own words for an error, without names of files."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    return text[:1].lower() + text[1:]
