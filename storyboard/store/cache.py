"""What can be made again: stills made ready, segments, sounds. In `.storyboard/cache/v1/`, safe to delete."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from storyboard.store import files

VERSION = "v1"


class Cache:
    """Files by a digest of everything that they were made from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "cache" / VERSION

    def path(self, kind: str, key: str, suffix: str) -> Path:
        """Where the file of a key stands, or would stand."""
        return self.folder / kind / key[:2] / f"{key}{suffix}"

    @contextmanager
    def making(self, kind: str, key: str, suffix: str) -> Iterator[Path]:
        """A name to write a new entry to; it is there when the block ends well, and not otherwise."""
        with files.replacing(self.path(kind, key, suffix)) as temp:
            yield temp

    def recall(self, kind: str, key: str) -> Any:
        """A remembered value, or None; an unreadable one is as good as forgotten."""
        try:
            return json.loads(self.path(kind, key, ".json").read_bytes())
        except (OSError, ValueError):
            return None

    def remember(self, kind: str, key: str, value: Any) -> None:
        """Keep a small value."""
        files.write_durably(self.path(kind, key, ".json"), json.dumps(value, sort_keys=True).encode())


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
