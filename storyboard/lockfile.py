"""`film.lock` on disk, beside its storyboard."""

from __future__ import annotations

from pathlib import Path

from storyboard.planner.lock import Lock, read_lock
from storyboard.store import files
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
