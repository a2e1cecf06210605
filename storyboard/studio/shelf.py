"""What a page may fetch besides its own files: pictures and clips, each under a name that says nothing of its path."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from storyboard.report.prints import KIND, Picture

KINDS = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm"}
"""What a browser is told of a film, by the end of its name; all others are MP4, which takes are."""


@dataclass(frozen=True, slots=True)
class Medium:
    """One thing to fetch: a file, or bytes."""

    kind: str
    path: Path | None = None
    data: bytes = b""


@dataclass(slots=True)
class Shelf:
    """Everything that one state of a page shows, by name."""

    media: dict[str, Medium] = field(default_factory=dict)

    def picture(self, picture: Picture | None) -> str:
        """Where a page finds a picture; empty for none."""
        if picture is None:
            return ""
        return self._put(hashlib.sha256(picture.data).hexdigest()[:32], Medium(KIND, data=picture.data))

    def clip(self, path: Path, mark: str) -> str:
        """Where a page finds a clip; `mark` is another one when its bytes are others."""
        name = hashlib.sha256(f"{path}\0{mark}".encode()).hexdigest()[:32]
        return self._put(name, Medium(KINDS.get(path.suffix.lower(), "video/mp4"), path))

    def take_over(self, address: str, other: Shelf) -> None:
        """Have what is found at an address of another shelf here too."""
        name = address.removeprefix("media/")
        self.media[name] = other.media[name]

    def _put(self, name: str, medium: Medium) -> str:
        self.media[name] = medium
        return f"media/{name}"
