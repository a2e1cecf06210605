"""A storyboard as it would be: files changed in memory, looked at as patches, and written when that is agreed to."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from storyboard.errors import Refused
from storyboard.spec.decoding import MAX_BYTES
from storyboard.spec.model import Shot
from storyboard.spec.places import Path as Place
from storyboard.spec.source import Document
from storyboard.store import files
from storyboard.store.project import Project


@dataclass(frozen=True, slots=True)
class Proposed(Project):
    """A project in which some files are what they would be."""

    data: Mapping[Path, bytes] = field(default_factory=dict)
    """Their bytes, by their own paths."""

    def read_storyboard(self) -> bytes:
        """The storyboard's bytes."""
        if self.file not in self.data:
            return Project.read_storyboard(self)
        self.texts[self.shown] = self.data[self.file].decode("utf-8", "replace")
        return self.data[self.file]

    def read(self, name: str) -> bytes:
        """The bytes of another file of the project."""
        path = self.path(name)
        if path not in self.data:
            return Project.read(self, name)
        self.texts[os.path.normpath(Path(self.shown).parent / name)] = self.data[path].decode("utf-8", "replace")
        return self.data[path]


def proposed(project: Project, data: Mapping[Path, bytes]) -> Proposed:
    """A project with other bytes in some of its files."""
    given = {one.name: getattr(project, one.name) for one in fields(Project)}
    return Proposed(**given | {"texts": dict(project.texts)}, data=data)


def patch(name: str, before: bytes, after: bytes) -> str:
    """What changes between two texts, as a patch without its head."""
    old, new = (data.decode("utf-8-sig", "replace").splitlines() for data in (before, after))
    lines = difflib.unified_diff(old, new, name, name, n=2, lineterm="")
    return "\n".join(list(lines)[2:])


def put_bytes(path: Path, before: bytes, after: bytes) -> None:
    """Put bytes in the place of others, durably; `Transient` when those are not there any more."""
    state = files.state_of(path)
    if files.read_plain(path, len(before) + 1) != before:
        raise files.changed(path)
    with files.replacing(path) as temp:
        temp.write_bytes(after)
        temp.chmod(path.stat().st_mode & 0o7777)
        files.check_same(path, state)


def path_of(project: Project, shown: str) -> Path:
    """The file that messages call by a name: the storyboard, or a part that it includes."""
    if shown == project.shown:
        return project.file
    return project.path(os.path.relpath(shown, Path(project.shown).parent))


def bytes_of(path: Path) -> bytes:
    """A storyboard's bytes, or a part's."""
    return files.read_plain(path, MAX_BYTES)


def place_of(document: Document, shot: Shot) -> Place:
    """Where a shot stands in its own document; `Refused` for one that is made of data: what is written there is written
    of several."""
    place = places_of(document).get((shot.where.line, shot.where.column))
    if place is None or "foreach" in value_at(document.value, place):
        raise made_of_data(shot)
    return place


def made_of_data(shot: Shot) -> Refused:
    """What is told of a shot that is not written as one of its own."""
    return Refused(f"`{shot.id}` is not written as a shot of its own", hint="change it in an editor", where=shot.where)


def places_of(document: Document) -> dict[tuple[int, int], Place]:
    """The places of all shots of a document, by the lines and columns that their shots may be said to stand at."""
    found: dict[tuple[int, int], Place] = {}
    for place in shots_of(document.value):
        for one in (document.place((*place, "id")), document.tree.name((*place, "id")), document.place(place)):
            found.setdefault((one.line, one.column), place)
    return found


def shots_of(value: Any) -> list[Place]:
    """The places of all shots of a document, list after list."""
    return [(*place, index) for place in lists_of(value) for index in range(len(value_at(value, place)))]


def lists_of(value: Any) -> list[Place]:
    """The places of a document's lists of shots: one for each scene, or the flat one."""
    flat = value.get("shots") if isinstance(value, dict) else None
    scenes = value.get("scenes") if isinstance(value, dict) else None
    places: list[Place] = [("shots",)] if isinstance(flat, list) else []
    for number, scene in enumerate(scenes if isinstance(scenes, list) else ()):
        if isinstance(scene, dict) and isinstance(scene.get("shots"), list):
            places.append(("scenes", number, "shots"))
    return places


def value_at(value: Any, place: Place) -> Any:
    """What stands at a place of a document's values."""
    for part in place:
        value = value[part]
    return value
