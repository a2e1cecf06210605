"""`film.lock` on disk, beside its storyboard."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storyboard.planner.lock import Lock, read_lock
from storyboard.store import files
from storyboard.store.claims import Claims
from storyboard.store.project import Project

LARGEST = 8 * 1024 * 1024


def lock_of(project: Project) -> Lock:
    """The lock beside a storyboard; an empty one when there is none yet."""
    path = project.beside(".lock")
    if not path.exists():
        return Lock()
    name = str(Path(project.shown).with_suffix(".lock"))
    data = files.read_plain(path, LARGEST)
    project.texts[name] = data.decode("utf-8", "replace")
    return read_lock(name, data)


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
