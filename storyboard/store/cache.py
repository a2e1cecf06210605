"""What can be made again: stills made ready, segments, sounds. In `.storyboard/cache/`, safe to delete.

A repository may come with a `.storyboard` folder of somebody else's making. So the cache stands in a folder whose name
only this user's store knows, and every entry is held to the digest that was written down when it was made: a file that
was shipped is never found, and one that has rotted is made again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from storyboard.errors import Transient, Usage
from storyboard.store import files

VERSION = "v1"
LARGEST_VALUE = 1024 * 1024


class Cache:
    """Files by a digest of everything that they were made from."""

    def __init__(self, folder: Path, owner: str = "") -> None:
        for link in (folder, folder / "cache"):
            if link.is_symlink():
                raise Usage(f"`{link.name}` is a link; it must be a folder of this project", hint="remove it")
        self.work, self.folder = folder, folder / "cache" / (f"{VERSION}-{owner}" if owner else VERSION)
        self.unfinished = self.folder / "unfinished"

    def path(self, kind: str, key: str, suffix: str) -> Path:
        """Where the file of a key stands, or would stand."""
        return self.folder / kind / key[:2] / f"{key}{suffix}"

    def find(self, kind: str, key: str, suffix: str) -> Path | None:
        """The file of a key, its bytes read and found to be those that were made; None when there is none."""
        path = self.path(kind, key, suffix)
        try:
            if _mark(path).read_text("ascii") == files.sha256(path):
                return path
        except (OSError, ValueError, Usage):
            return None
        return None

    @contextmanager
    def making(self, kind: str, key: str, suffix: str) -> Iterator[Path]:
        """A name to write a new entry to; it is there when the block ends well, and not otherwise."""
        path = self.path(kind, key, suffix)
        with self._writing(path) as temp:
            yield temp
            with self._writing(_mark(path)) as mark:
                mark.write_text(files.sha256(temp), "ascii")

    @contextmanager
    def using(self) -> Iterator[None]:
        """For the block, nobody clears the cache."""
        with _locking(self.work, fcntl.LOCK_SH):
            yield

    def sweep(self) -> None:
        """Remove what processes that are gone left unfinished."""
        for folder in (self.unfinished, self.folder / "fonts"):
            files.sweep(folder)

    def recall(self, kind: str, key: str) -> Any:
        """A remembered value, or None; one that is not as it was written is as good as forgotten."""
        try:
            return json.loads(_unmarked(files.read_plain(self.path(kind, key, ".json"), LARGEST_VALUE)))
        except (OSError, ValueError, RecursionError, Usage):
            return None

    def remember(self, kind: str, key: str, value: Any) -> None:
        """Keep a small value."""
        text = json.dumps(value, sort_keys=True).encode("ascii")
        with self._writing(self.path(kind, key, ".json")) as temp:
            temp.write_bytes(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)

    def weed(self) -> tuple[str, ...]:
        """Read every entry, and remove those that are not as they were written: nobody would use them. Their names."""
        entries = (path for path in sorted(self.folder.glob("*/*/*")) if path.suffix != ".sha256")
        rotten = [path for path in entries if not _is_sound(path)]
        for path in rotten:
            files.discard(path)
            files.discard(_mark(path))
        return tuple(path.relative_to(self.folder).as_posix() for path in rotten)

    @contextmanager
    def _writing(self, path: Path) -> Iterator[Path]:
        """A name to write to; it takes the place of `path` when the block ends well, else it is gone."""
        temp = files.unfinished(self.unfinished)
        try:
            with files.writing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                self.unfinished.mkdir(parents=True, exist_ok=True)
                yield temp
                temp.replace(path)
        finally:
            files.discard(temp)


def clear(work: Path) -> None:
    """Remove every cache in a project's work folder; `Transient` while somebody uses one."""
    with _locking(work, fcntl.LOCK_EX | fcntl.LOCK_NB) as alone:
        if not alone:
            raise Transient("the cache is in use: a render is at work", hint="run it again when that one is done")
        shutil.rmtree(work / "cache")


@contextmanager
def _locking(folder: Path, kind: int) -> Iterator[bool]:
    """Hold a lock on a folder for the block; False when another has it. Where none can be held, nobody has one."""
    opened = -1
    try:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        yield opened < 0 or _lock(opened, kind)
    finally:
        if opened >= 0:
            os.close(opened)


def _lock(opened: int, kind: int) -> bool:
    try:
        fcntl.flock(opened, kind)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks
    return True


def _unmarked(data: bytes) -> bytes:
    """The text of a remembered value; `ValueError` when it is not the one that was written."""
    digest, _, text = data.partition(b"\n")
    if hashlib.sha256(text).hexdigest().encode() != digest:
        raise ValueError("it has rotted")
    return text


def _is_sound(path: Path) -> bool:
    try:
        if path.suffix == ".json":
            return bool(_unmarked(files.read_plain(path, LARGEST_VALUE)))
        return _mark(path).read_text("ascii") == files.sha256(path)
    except (OSError, ValueError, Usage):
        return False


def _mark(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def owner_of(home: Path) -> str:
    """The secret part of the name of this user's caches; made once, and kept in the store."""
    path = home / "cache-owner"
    with suppress(OSError, Usage):
        if owner := files.read_plain(path, 64).decode("ascii", "ignore").strip():
            return owner
    owner = secrets.token_hex(8)
    with files.writing(path):
        files.make_folder(home)
    files.write_durably(path, owner.encode())
    return owner


def key_of(*parts: object) -> str:
    """The digest of what an entry is made from: plain values, in order."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(cache: Cache, path: Path) -> str:
    """The SHA-256 of a file, remembered for as long as its size, time and inode stay as they are."""
    with files.reading(path):
        state = path.stat()
    key = key_of("digest", str(path), state.st_size, state.st_mtime_ns, state.st_ino)
    known = cache.recall("digests", key)
    if isinstance(known, str) and len(known) == 64:
        return known
    digest = files.sha256(path)
    cache.remember("digests", key, digest)
    return digest
