"""The films that have used this store: what they name must stay in it, even when their folders are out of sight."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from storyboard.errors import Refused, StoryboardError
from storyboard.planner.lock import Lock
from storyboard.store import files

LARGEST = 64 * 1024 * 1024


class Films:
    """A file for each film in `films/`: where its storyboard is, and every take that its lock has named here."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "films"

    def remember(self, storyboard: Path, lock: Lock) -> None:
        """Keep what a film's lock names beside what it named before. A full disk does not stop whoever calls."""
        digests = {take.sha256 for take in lock.takes}
        if not digests:
            return
        path = self.folder / f"{hashlib.sha256(bytes(storyboard)).hexdigest()}.json"
        with suppress(StoryboardError, OSError):
            known = _read(path) if path.exists() else {}
            if not digests <= known.get(storyboard, frozenset()):
                every = sorted(digests | known.get(storyboard, frozenset()))
                files.make_folder(self.folder)
                files.write_durably(path, json.dumps({"film": str(storyboard), "takes": every}).encode("ascii"))

    def known(self) -> Mapping[Path, frozenset[str]]:
        """The takes of every film that was ever seen here, by its storyboard; `Refused` when one cannot be read."""
        known: dict[Path, frozenset[str]] = {}
        for path in sorted(self.folder.glob("*.json")):
            found = _read(path)
            if not found:
                hint = "render its film once more; or move the file aside, if no film is out of sight"
                raise Refused(f"`{path}` is damaged: nobody knows which takes its film names", hint=hint)
            known |= found
        return known


def _read(path: Path) -> dict[Path, frozenset[str]]:
    try:
        value = json.loads(files.read_plain(path, LARGEST))
        return {Path(value["film"]): frozenset(map(str, value["takes"]))}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
