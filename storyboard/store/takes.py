"""Takes by digest, in the user's data folder, shared by every clone of every project."""

from __future__ import annotations

import hashlib
import stat
from contextlib import suppress
from pathlib import Path

from storyboard.errors import Refused
from storyboard.planner.take import Take
from storyboard.store import files


class TakeStore:
    """The bytes of every take: `takes/ab/abcdef….mp4`. A name is its content."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "takes"

    def path(self, digest: str) -> Path:
        """Where the bytes of a digest stand, or would stand."""
        return self.folder / digest[:2] / f"{digest}.mp4"

    def holds(self, digest: str) -> bool:
        """Whether there is a file for a digest, whatever is in it."""
        return self.path(digest).is_file()

    def has(self, take: Take) -> bool:
        """Whether a take is there with all of its bytes, by their number; they are read when they are used.

        One that was cut short is as good as gone: it was paid for, and has to be brought or fetched again.
        """
        with suppress(OSError):
            found = self.path(take.sha256).stat()
            return stat.S_ISREG(found.st_mode) and found.st_size == take.bytes
        return False

    def every(self) -> tuple[Path, ...]:
        """The file of every take that is there, in the order of their digests."""
        return tuple(sorted(path for path in self.folder.glob("??/*.mp4") if path.is_file()))

    def adopt(self, temp: Path) -> str:
        """Take over a written file, durably, under the digest of its bytes, and return that."""
        digest = files.sha256(temp)
        path = self.path(digest)
        with files.writing(path):
            files.make_folder(path.parent)
            if path.is_file() and files.sha256(path) == digest:  # it may be in use, and is never replaced
                temp.unlink()
            else:
                files.settle(temp, path)
                path.chmod(0o444)
        return digest

    def verified(self, digest: str) -> Path:
        """The file of a take, its bytes read and found to be its digest's; a bad one is put aside and `Refused`."""
        path = self.path(digest)
        if not path.exists():
            raise Refused(f"take {digest[:12]} is not in the store any more", hint="run it again: it is fetched anew")
        if files.sha256(path) == digest:
            return path
        aside = self.put_aside(path, path.name)
        raise Refused(
            f"take {digest[:12]} is damaged: its bytes are not those of its digest",
            hint=f"it was put aside as {aside.name} in the store's quarantine; run `storyboard render` again",
        )

    def put_aside(self, path: Path, name: str) -> Path:
        """Move a file that is no take to the quarantine, under a name that has its digest too; where it is now."""
        aside = self._aside(files.sha256(path), name)
        with files.writing(aside):
            files.make_folder(aside.parent)
            path.replace(aside)
        return aside

    def keep_aside(self, data: bytes, name: str) -> Path:
        """Keep the bytes of a file that is about to be written anew beside what was put aside; where they are."""
        aside = self._aside(hashlib.sha256(data).hexdigest(), name)
        files.write_durably(aside, data)
        return aside

    def _aside(self, digest: str, name: str) -> Path:
        return self.folder.parent / "quarantine" / f"{digest[:16]}.{name}"
