"""Where a storyboard is that somebody may rename, move or check out anew while it is watched."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from storyboard.errors import StoryboardError
from storyboard.spec.decoding import MAX_BYTES
from storyboard.store import files
from storyboard.studio.watching import State, is_file, state_of

ENDS = (".yaml", ".yml")
PATIENCE = 6
"""How often a file has to be missed before another one is taken for it: editors move it aside while they save."""


@dataclass(slots=True)
class Trail:
    """A storyboard by the name that it was opened with, and by the one that it has now."""

    first: str
    file: str = ""
    """As people call it now."""
    digest: str = ""
    """Of its bytes when they were last read."""
    beside: frozenset[str] = frozenset()
    """The storyboards of its folder while it was there: what comes later may be it, under a new name."""
    folder: State = None
    missed: int = 0
    origin: Path = field(default_factory=Path.cwd)

    def __post_init__(self) -> None:
        self.file = self.first

    @property
    def was_renamed(self) -> bool:
        """Whether it has another name than it was opened with."""
        return self.file != self.first

    def keep(self) -> None:
        """Remember how the file and its folder stand, while it is there: then it is known again."""
        with suppress(StoryboardError, OSError):
            self.digest = _digest(Path(self.file))
        self._look_around()

    def watch(self) -> bool:
        """Whether the file has got another name since: then `file` is that. Asked as often as files are looked at."""
        self._stay()
        path = Path(self.file)
        self.missed = 0 if is_file(path) else self.missed + 1
        if not self.missed:
            if state_of(path.parent) != self.folder:
                self._look_around()
            return False
        if self.was_renamed and is_file(Path(self.first)):
            self.file = self.first
            return True
        if self.missed < PATIENCE:
            return False
        found = [name for name in _storyboards(path.parent) if name not in self.beside and self._is_it(name)]
        if len(found) != 1:
            return False
        self.file = str(path.with_name(found[0]))
        return True

    def _is_it(self, name: str) -> bool:
        with suppress(StoryboardError, OSError):
            return bool(self.digest) and _digest(Path(self.file).with_name(name)) == self.digest
        return False

    def _look_around(self) -> None:
        folder = Path(self.file).parent
        self.folder, self.beside = state_of(folder), frozenset(_storyboards(folder))

    def _stay(self) -> None:
        """Go back to the folder that this was started in, where that was removed and made anew: `git checkout` does."""
        if Path(self.first).is_absolute():
            return
        try:
            Path.cwd()
        except OSError:
            with suppress(OSError):
                os.chdir(self.origin)


def _digest(path: Path) -> str:
    return hashlib.sha256(files.read_plain(path, MAX_BYTES)).hexdigest()


def _storyboards(folder: Path) -> Iterator[str]:
    """The names of the plain files of a folder that are storyboards by their names."""
    with suppress(OSError), os.scandir(folder) as entries:
        for one in entries:
            if one.name.endswith(ENDS) and one.is_file():
                yield one.name
