"""Edits of a storyboard from a page: each is worked out and looked at first, as a patch, and written when it is agreed
to. What is written is the file that was looked at with as little changed as can be, and nothing else."""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from storyboard.errors import InvalidStoryboard, Problem, Refused, Usage
from storyboard.examine import checked, examine
from storyboard.spec.model import Shot
from storyboard.spec.places import Path as Place
from storyboard.spec.rewriting import Edit, Put, Remove, reorder, rewrite
from storyboard.spec.source import Document, read
from storyboard.store import files
from storyboard.store.cache import Cache
from storyboard.store.project import Project
from storyboard.studio.view import CUTS, values_of

TEXTS = (*CUTS, "note")
FLAGS = ("pin", "approved")
LONGEST = 4000
"""Characters of a note."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants changed of a shot: some of its values, or its place among those beside it."""

    shot: str
    values: Mapping[str, Any]
    step: int = 0
    """By how many places it moves in its list; below 0, towards the beginning."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A file as it would be written."""

    path: Path
    before: bytes
    after: bytes
    diff: str
    """What changes, as a patch."""
    problems: tuple[Problem, ...]
    """What would be wrong with the film then: it is not written so."""
    texts: Mapping[str, str]
    """The sources that those are in, by name."""

    @property
    def mark(self) -> str:
        """What tells the bytes that were looked at."""
        return mark_of(self.before)


@dataclass(frozen=True, slots=True)
class _Proposed(Project):
    """A project in which one file is what it would be."""

    changed: Path = Path()
    data: bytes = b""

    def read_storyboard(self) -> bytes:
        if self.changed != self.file:
            return Project.read_storyboard(self)
        self.texts[self.shown] = self.data.decode("utf-8", "replace")
        return self.data

    def read(self, name: str) -> bytes:
        if self.changed != self.path(name):
            return Project.read(self, name)
        self.texts[os.path.normpath(Path(self.shown).parent / name)] = self.data.decode("utf-8", "replace")
        return self.data


def mark_of(data: bytes) -> str:
    """A digest of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def read_wish(body: Mapping[str, Any]) -> Wish:
    """What a page asks for; `Usage` for what is none of its business."""
    shot, values, step = body.get("shot"), body.get("values", {}), body.get("step", 0)
    if not isinstance(shot, str) or not isinstance(values, dict) or step not in (-1, 0, 1) or isinstance(step, bool):
        raise Usage("this is no edit of a shot")
    for name, value in values.items():
        text = name in (*TEXTS, "transition", "duration") and isinstance(value, str) and len(value) <= LONGEST
        if not text and not (name in FLAGS and isinstance(value, bool)):
            raise Usage(f"`{str(name)[:40]}` of a shot is not changed here", hint="change it in an editor")
    return Wish(shot, values, step)


def propose(project: Project, wish: Wish, cache: Cache) -> Proposal:
    """What an edit would write. `InvalidStoryboard` for a film that is wrong already, `Refused` where nothing would
    change, or where it has to be done by hand."""
    storyboard = checked(project, cache=cache)
    shot = next((one for one in storyboard.every if one.id == wish.shot), None)
    if shot is None:
        raise Usage(f"there is no shot `{wish.shot[:80]}` any more")
    path = _file_of(project, shot)
    before = project.read_storyboard() if path == project.file else files.read_plain(path, files.CHUNK * 64)
    document = read(shot.where.file, before)
    place = _place_of(document, shot)
    after = _moved(document, before, place, wish) if wish.step else _changed(document, before, (shot, place), wish)
    if after == before:
        raise Refused("nothing would change")
    proposed = _Proposed(**{one.name: getattr(project, one.name) for one in fields(Project)}, changed=path, data=after)
    told = examine(proposed, cache=cache)[1]
    diff = patch(shot.where.file, before, after)
    return Proposal(path, before, after, diff, tuple(told), dict(proposed.texts))


def write(proposal: Proposal, mark: str) -> None:
    """Write what was looked at; `Transient` when the file is another one by now."""
    if proposal.problems:
        raise InvalidStoryboard(proposal.problems)
    if proposal.mark != mark:
        raise files.changed(proposal.path)
    put_bytes(proposal.path, proposal.before, proposal.after)


def put_bytes(path: Path, before: bytes, after: bytes) -> None:
    """Put bytes in the place of others, durably; `Transient` when those are not there any more."""
    state = files.state_of(path)
    if files.read_plain(path, len(before) + 1) != before:
        raise files.changed(path)
    with files.replacing(path) as temp:
        temp.write_bytes(after)
        temp.chmod(path.stat().st_mode & 0o7777)
        files.check_same(path, state)


def patch(name: str, before: bytes, after: bytes) -> str:
    """What changes between two texts, as a patch without its head."""
    old, new = (data.decode("utf-8-sig", "replace").splitlines() for data in (before, after))
    lines = difflib.unified_diff(old, new, name, name, n=2, lineterm="")
    return "\n".join(list(lines)[2:])


def _file_of(project: Project, shot: Shot) -> Path:
    """The file that a shot is written in."""
    if shot.where.file == project.shown:
        return project.file
    return project.path(os.path.relpath(shot.where.file, Path(project.shown).parent))


def _place_of(document: Document, shot: Shot) -> Place:
    """Where a shot stands in its own document."""
    at = (shot.where.line, shot.where.column)
    for place in _shots_of(document.value):
        ids = [document.place((*place, "id")), document.tree.name((*place, "id")), document.place(place)]
        if at in [(one.line, one.column) for one in ids]:
            return place
    raise Refused(f"`{shot.id}` is not written as a shot of its own", hint="change it in an editor", where=shot.where)


def _shots_of(value: Any) -> list[Place]:
    """The places of all shots of a document."""
    flat = value.get("shots") if isinstance(value, dict) else None
    scenes = value.get("scenes") if isinstance(value, dict) else None
    places: list[Place] = [("shots", index) for index in range(len(flat) if isinstance(flat, list) else 0)]
    for number, scene in enumerate(scenes if isinstance(scenes, list) else ()):
        inner = scene.get("shots") if isinstance(scene, dict) else None
        places += [("scenes", number, "shots", index) for index in range(len(inner) if isinstance(inner, list) else 0)]
    return places


def _moved(document: Document, data: bytes, place: Place, wish: Wish) -> bytes:
    *around, index = place
    entries = _value(document.value, tuple(around))
    to = int(index) + wish.step
    if not 0 <= to < len(entries):
        raise Refused(f"`{wish.shot}` is at the end of its list", hint="move it into another scene in an editor")
    order = list(range(len(entries)))
    order.insert(to, order.pop(int(index)))
    return reorder(document.file, data, tuple(around), order)


def _changed(document: Document, data: bytes, where: tuple[Shot, Place], wish: Wish) -> bytes:
    shot, place = where
    own, now = _value(document.value, place), values_of(shot)
    edits: list[Edit] = []
    for name in (*TEXTS, *FLAGS):
        value = wish.values.get(name, now[name])
        if value == now[name]:
            continue
        if value or name not in own:
            edits.append(Put((*place, name), value))
        else:
            edits.append(Remove((*place, name)))
    edits += _transition(own, place, now, wish.values)
    return rewrite(document.file, data, edits) if edits else data


def _transition(own: Mapping[str, Any], place: Place, now: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[Edit]:
    """How a shot goes over into the next: as little of what is written is changed as can be."""
    kind = wanted.get("transition", now["transition"])
    lasts = "" if kind == "cut" else wanted.get("duration", now["duration"])
    if (kind, lasts) == (now["transition"], now["duration"]):
        return []
    written, at = own.get("transition"), (*place, "transition")
    if kind == "cut":
        return [Put(at, "cut")]
    if not isinstance(written, dict) or written.get("type") == "cut":
        return [Put(at, {"type": kind, **({"duration": lasts} if lasts else {})})]
    new: Sequence[tuple[str, Any]] = (("type", kind), ("duration", lasts))
    return [Put((*at, name), value) for name, value in new if value and value != written.get(name)]


def _value(value: Any, place: Place) -> Any:
    for part in place:
        value = value[part]
    return value
