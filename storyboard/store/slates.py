"""What every slate stands for: the request that it is the digest of, so that one can tell later what was changed since.

A request says what was asked for, prompts included, and holds no key, no address and no bytes of a still.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from storyboard.errors import StoryboardError
from storyboard.store import files

LARGEST = 1024 * 1024


class Slates:
    """Requests by slate, in `requests/`. A name is its content, so that one that is not whole is none."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "requests"

    def remember(self, request: bytes) -> str:
        """Keep a request in its canonical form; its slate. A disk that will not have it does not stop an order."""
        slate = hashlib.sha256(request).hexdigest()
        if self.get(slate) is None:
            with suppress(OSError):
                files.make_folder(self.folder)
                self._path(slate).unlink(missing_ok=True)
                with files.create(self._path(slate)) as file:
                    file.write(request)
        return slate

    def get(self, slate: str) -> bytes | None:
        """The request of a slate, word for word, where it is known."""
        with suppress(StoryboardError):
            request = files.read_plain(self._path(slate), LARGEST)
            if hashlib.sha256(request).hexdigest() == slate:
                return request
        return None

    def _path(self, slate: str) -> Path:
        return self.folder / f"{slate}.json"
