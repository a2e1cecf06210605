"""`film.lock` on disk, beside its storyboard."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storyboard.planner.casts import seen, unseen
from storyboard.planner.lock import ROOM, Lock, read_lock, write_lock
from storyboard.spec.decoding import MAX_BYTES
from storyboard.store import files
from storyboard.store.claims import Claims
from storyboard.store.project import Project

LARGEST = ROOM * MAX_BYTES


def lock_of(project: Project) -> Lock:
    """The lock beside a storyboard, as the film that is worked on sees it; an empty one when there is none yet."""
    path = project.beside(".lock")
    if not path.exists():
        return Lock()
    name = str(Path(project.shown).with_suffix(".lock"))
    data = files.read_plain(path, LARGEST)
    project.texts[name] = data.decode("utf-8", "replace")
    return seen(read_lock(name, data), project.own)


def keep_lock(project: Project, lock: Lock) -> None:
    """Write a lock beside its storyboard, durably."""
    files.write_durably(project.beside(".lock"), write_lock(unseen(lock, project.own)).encode())


@contextmanager
def changing(project: Project, home: Path) -> Iterator[None]:
    """For the block, nobody else who works with this store writes the film's lock. Read it inside."""
    name = hashlib.sha256(str(project.beside(".lock")).encode()).hexdigest()
    while True:
        with Claims(home).taking(name) as holder:
            if holder is None:
                yield
                return
        time.sleep(0.05)
