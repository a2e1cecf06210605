"""The outbox: the exact bytes of every order that is not settled, so that they can be sent again, and only they."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from pathlib import Path

from storyboard.errors import StoryboardError
from storyboard.store import files

LARGEST = 128 * 1024 * 1024
_DIGEST = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


class Outbox:
    """Bodies by slate and key, in `outbox/`. They may hold addresses that open a still: nobody else may read them."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "outbox"

    def put(self, slate: str, key: str, body: bytes) -> str:
        """Keep a body, durably; its SHA-256."""
        with files.writing(self.folder):
            files.make_folder(self.folder)
        with files.replacing(self._path(slate, key)) as temp, files.create(temp) as file:
            file.write(body)
        return hashlib.sha256(body).hexdigest()

    def get(self, slate: str, key: str, digest: str) -> bytes | None:
        """The body of an order, if it is there and still what it was."""
        with suppress(StoryboardError):
            body = files.read_plain(self._path(slate, key), LARGEST)
            if hashlib.sha256(body).hexdigest() == digest:
                return body
        return None

    def drop(self, slate: str, key: str) -> None:
        """Forget the body of an order that is settled."""
        with suppress(OSError):
            self._path(slate, key).unlink()

    def bodies(self) -> tuple[tuple[str, str], ...]:
        """Slate and key of every body."""
        return self._named("[0-9a-f]*")

    def named(self) -> frozenset[str]:
        """Whatever looks like a digest in the bodies, such as the names of hosted stills."""
        texts = (files.read_plain(path, LARGEST) for path in self.folder.glob("*.json"))
        return frozenset(found.decode() for text in texts for found in _DIGEST.findall(text))

    def keys(self, slate: str) -> tuple[str, ...]:
        """The key of every body of a slate."""
        return tuple(key for _, key in self._named(slate))

    def _named(self, slates: str) -> tuple[tuple[str, str], ...]:
        names = sorted(path.stem.partition(".") for path in self.folder.glob(f"{slates}.*.json"))
        return tuple((slate, key) for slate, _, key in names)

    def _path(self, slate: str, key: str) -> Path:
        return self.folder / f"{slate}.{key}.json"
