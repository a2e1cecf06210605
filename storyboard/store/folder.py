"""A folder in which takes are shared: on a disk of the network, or in the project itself."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from storyboard.errors import Refused, StoryboardError, Transient, Usage
from storyboard.store import files
from storyboard.store.objects import PIECE, Denied, Told

GONE = {errno.EIO, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.EBUSY, errno.EAGAIN,
        getattr(errno, "ESTALE", errno.EIO), getattr(errno, "EREMOTEIO", errno.EIO)}  # fmt: skip
"""What a disk of the network says that may well work next time."""
CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}
FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder; a file in it is whole, or not there."""

    path: Path
    where: str
    """For people: as it was named."""
    root: Path | None = None
    """The project that the folder belongs to and may not lead out of; None for a folder of the user's own."""

    def sizes(self, names: Collection[str]) -> dict[str, int]:
        """Bytes of those files that are there, by name."""
        self._check()
        files.sweep(self.path)
        found = ((name, self.size(name)) for name in names)
        return {name: size for name, size in found if size is not None}

    def size(self, name: str) -> int | None:
        """Bytes of the file of a name; None when there is none."""
        with self._translated(), suppress(FileNotFoundError):
            return (self.path / name).stat().st_size
        return None

    def pieces(self, name: str, size: int) -> Iterator[bytes]:
        """The bytes of a file of a known size, piece by piece; `Transient` when there are fewer."""
        path = self._inside(self.path / name)
        with self._translated(), os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Refused(f"`{path.name}` in `{self.where}` is not a file")
            while size > 0:
                data = file.read(min(PIECE, size))
                if not data:
                    raise Transient(f"`{path.name}` in `{self.where}` is still being written", hint="run it again")
                size -= len(data)
                yield data

    def put(self, file: Path, name: str, told: Told) -> None:
        """Copy a file there; under its name it is whole, or not there."""
        self._check()
        path, temp = self.path / name, files.unfinished(self.path)
        self._inside(path.parent)
        try:
            with self._translated():
                files.make_folder(path.parent, 0o777)
                with file.open("rb") as source, temp.open("xb") as copy:
                    while data := source.read(PIECE):
                        copy.write(data)
                        told(len(data))
                files.settle(temp, path)
        finally:
            files.discard(temp)

    def _check(self) -> None:
        """A folder of the user's must be there: one that is not may be a disk that is not mounted."""
        self._inside(self.path)
        if self.root is None and not self.path.is_dir():
            hint = "mount its disk, or make the folder once"
            raise Refused(f"`{self.where}` is not there", hint=hint)

    def _inside(self, path: Path) -> Path:
        """The path; `Usage` when a link leads it out of the project."""
        if self.root is not None and not path.resolve().is_relative_to(self.root.resolve()):
            raise Usage(f"`{self.where}` leads out of the project", hint="`store.remote` is a folder inside it")
        return path

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """What the system says of the folder, in one sentence with the right exit code."""
        try:
            yield
        except StoryboardError:
            raise
        except OSError as error:
            reason = files.reason(error)
            if error.errno in FULL:
                text = f"no space is left on the disk of `{self.where}`"
                raise Transient(text, hint="make room there and run it again") from None
            if error.errno in CLOSED:
                raise Denied(f"`{self.where}` denies access: {reason}", hint="look at the folder's rights") from None
            kind = Transient if error.errno in GONE else Refused
            raise kind(f"`{self.where}` failed: {reason}", hint="run it again" if kind is Transient else "") from None
