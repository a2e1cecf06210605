"""A disk that is watched, or fails, below some folders: between Python's files and the system's.

What SQLite and ffmpeg do themselves is not seen here; for what they need, a disk is really filled.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from storyboard.errors import StoryboardError

Watch = Callable[[str, Path], None]
"""Hears what is done, `open`, `write`, `sync`, `rename`, `unlink` or `mkdir`, and to which path."""


def absolute(path: str | Path) -> str:
    """A path from the root; links stay: they are what is opened."""
    return os.path.abspath(path)  # noqa: PTH100


def said_by(act: Callable[[], object]) -> StoryboardError | None:
    """What went wrong; None when it went well."""
    try:
        act()
    except StoryboardError as error:
        return error
    return None


def unheard(_what: str, _path: Path) -> None:
    """Nobody wants to know."""


class Disk:
    """Tells of every change below `folders`: `before` it is made, which may raise instead, and `after`."""

    def __init__(self, *folders: Path, before: Watch = unheard, after: Watch = unheard) -> None:
        self.folders = tuple(str(folder) for folder in folders)
        self.before, self.after = before, after
        self.names: dict[int, str] = {}
        """The path of every descriptor that was opened here."""
        self.turn = threading.RLock()
        """Held while something is done and told."""
        self._real: dict[str, Any] = {"open": os.open, "write": os.write, "fsync": os.fsync, "io": io.open}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch for as long as the block runs."""
        changes: dict[str, Any] = {
            "replace": self._telling("rename", os.replace, 1), "rename": self._telling("rename", os.rename, 1),
            "unlink": self._telling("unlink", os.unlink), "mkdir": self._telling("mkdir", os.mkdir),
            "open": self._open, "write": self._write, "fsync": self._fsync,
        }  # fmt: skip
        with mock.patch.multiple(os, **changes), mock.patch.object(io, "open", self._file):
            yield

    def tell(self, what: str, path: str | Path, act: Callable[[], Any]) -> Any:
        """Do something to a path, and tell of it."""
        name = absolute(path)
        if not name.startswith(self.folders):
            return act()
        with self.turn:
            self.before(what, Path(name))
            done = act()
            self.after(what, Path(name))
            return done

    def _telling(self, what: str, real: Callable[..., Any], at: int = 0) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            if not isinstance(args[at], str | Path):
                return real(*args, **more)
            return self.tell(what, args[at], lambda: real(*args, **more))

        return call

    def _open(self, path: Any, flags: int, *args: Any, **more: Any) -> int:
        def act() -> int:
            opened: int = self._real["open"](path, flags, *args, **more)
            self.names[opened] = absolute(path)
            return opened

        if not isinstance(path, str | Path):
            return int(self._real["open"](path, flags, *args, **more))
        return int(self.tell("open", path, act)) if flags & os.O_CREAT else act()

    def _write(self, opened: int, data: bytes) -> int:
        real = self._real["write"]
        return int(self.tell("write", self.names.get(opened, "/"), lambda: real(opened, data)))

    def _fsync(self, file: Any) -> None:
        opened = file if isinstance(file, int) else file.fileno()
        self.tell("sync", self.names.get(opened, "/"), lambda: self._real["fsync"](opened))

    def _file(self, file: Any, mode: str = "r", buffering: int = -1, *args: Any, **more: Any) -> Any:
        name = self.names.get(file, "/") if isinstance(file, int) else absolute(file)
        if not set(mode) & set("wax+") or not name.startswith(self.folders):
            opened = self._real["io"](file, mode, buffering, *args, **more)
        else:
            raw = self.tell("open", name, lambda: _Raw(self, name, file, mode.translate(_PLAIN)))
            opened = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            if "b" not in mode:
                opened = io.TextIOWrapper(opened, *args, **more)
        if not isinstance(file, int):
            self.names[opened.fileno()] = name
        return opened


_PLAIN = {ord("b"): None, ord("t"): None}


class _Raw(io.FileIO):
    """A file whose every write is told."""

    def __init__(self, disk: Disk, path: str, file: Any, mode: str) -> None:
        super().__init__(file, mode)
        self._disk, self._path = disk, path

    def write(self, data: Any) -> int:
        return int(self._disk.tell("write", self._path, lambda: super(_Raw, self).write(data)))
