"""Edits of a storyboard from a page: each is worked out and looked at first, as a patch, and written when it is agreed
to. What is written is the file that was looked at with as little changed as can be, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storyboard.errors import InvalidStoryboard, Problem, Refused, Usage
from storyboard.examine import checked, examine
from storyboard.family import examine_all
from storyboard.proposing import patch, path_of, place_of, proposed, put_bytes, value_at
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
        """What tells what was looked at: the bytes that are there, and those that would be."""
        return mark_of(self.before) + mark_of(self.after)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the fields of a shot are written that an edit changes."""

    place: Place
    own: Mapping[str, Any]
    """What is written there now."""
    variant: str = ""
    """The variant whose block it is in; empty for the film itself."""
    below: Mapping[str, Any] = field(default_factory=dict)
    """For a variant, what the film itself says of the shot."""
    there: bool = True


def mark_of(data: bytes) -> str:
    """A digest of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def read_wish(body: Mapping[str, Any]) -> Wish:
    """What a page asks for; `Usage` for what is none of its business."""
    shot, values, step = body.get("shot"), body.get("values", {}), body.get("step", 0)
    moves = type(step) is int and -1 <= step <= 1  # JSON has 1.0 and true besides
    if not isinstance(shot, str) or not isinstance(values, dict) or not moves:
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
    path = project.file if project.which.variant else path_of(project, shot.where.file)
    before = project.read_storyboard() if path == project.file else files.read_plain(path, files.CHUNK * 64)
    name = project.shown if project.which.variant else shot.where.file
    document = read(name, before)
    spot = _spot_of(document, shot, project.which.variant)
    after = _moved(document, before, spot, wish) if wish.step else _changed(document, before, (shot, spot), wish)
    if after == before:
        raise Refused("nothing would change")
    then = proposed(project, {path: after})
    told = examine(then, cache=cache)[1]
    if not told and storyboard.variants and not project.which.variant:
        told = _wrong_elsewhere(project, then)
    diff = patch(name, before, after)
    return Proposal(path, before, after, diff, tuple(told), dict(then.texts))


def _wrong_elsewhere(project: Project, then: Project) -> list[Problem]:
    """What would be wrong with a variant that is not looked at, and is not wrong now."""
    before = {(one.code, one.message) for one in examine_all(project)}
    return [one for one in examine_all(then) if (one.code, one.message) not in before]


def write(proposal: Proposal, mark: str) -> None:
    """Write what was looked at; `Transient` when the file is another one by now."""
    if proposal.problems:
        raise InvalidStoryboard(proposal.problems)
    if proposal.mark != mark:
        raise files.changed(proposal.path)
    put_bytes(proposal.path, proposal.before, proposal.after)


def _spot_of(document: Document, shot: Shot, variant: str) -> Spot:
    """Where edits of a shot are written: in the film, or in the block of the variant that is looked at."""
    if not variant:
        place = place_of(document, shot)
        return Spot(place, value_at(document.value, place))
    place = ("variants", variant, "shots", shot.id)
    below: Mapping[str, Any] = {}
    if shot.where.file == document.file:
        with suppress(Refused):  # one of many that `foreach` makes
            below = value_at(document.value, place_of(document, shot))
    block = value_at(document.value, place[:2])
    shots = block.get("shots") if isinstance(block, dict) else None
    own = shots.get(shot.id) if isinstance(shots, dict) else None
    return Spot(place, own if isinstance(own, dict) else {}, variant, below, own is not None)


def _moved(document: Document, data: bytes, spot: Spot, wish: Wish) -> bytes:
    if spot.variant:
        around: Place = (*spot.place[:2], "order")
        listed = value_at(document.value, spot.place[:2]).get("order")
        if not isinstance(listed, list) or wish.shot not in listed:
            message = f"variant `{spot.variant}` has its shots in the film's order"
            raise Refused(message, hint="move it in the film itself, or write `order:` for the variant in an editor")
        index = listed.index(wish.shot)
    else:
        *before, at = spot.place
        around, index = tuple(before), int(at)
    entries = value_at(document.value, around)
    to = index + wish.step
    if not 0 <= to < len(entries):
        raise Refused(f"`{wish.shot}` is at the end of its list", hint="move it into another scene in an editor")
    order = list(range(len(entries)))
    order.insert(to, order.pop(index))
    return reorder(document.file, data, around, order)


def _changed(document: Document, data: bytes, where: tuple[Shot, Spot], wish: Wish) -> bytes:
    shot, spot = where
    place, own, now = spot.place, spot.own, values_of(shot)
    edits: list[Edit] = []
    for name in (*TEXTS, *FLAGS):
        value = wish.values.get(name, now[name])
        if value == now[name]:
            continue
        if spot.variant and value == "" and name not in own:
            message = f"`{name}` of `{shot.id}` stands in the film itself: variant `{spot.variant}` cannot unsay it"
            raise Refused(message, hint="let it be another one here, or remove it in the film itself")
        if value or name not in own:
            edits.append(Put((*place, name), value))
        else:
            edits.append(Remove((*place, name)))
    edits += _transition(spot, now, wish.values)
    if edits and not spot.there:  # the variant says nothing of the shot yet
        said = {str(one.path[-1]): one.value for one in edits if isinstance(one, Put)}
        edits = [Put(place, said)]
    return rewrite(document.file, data, edits) if edits else data


def _transition(spot: Spot, now: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[Edit]:
    """How a shot goes over into the next: as little of what is written is changed as can be."""
    kind = wanted.get("transition", now["transition"])
    lasts = "" if kind == "cut" else wanted.get("duration", now["duration"])
    if (kind, lasts) == (now["transition"], now["duration"]):
        return []
    written, at = spot.own.get("transition"), (*spot.place, "transition")
    if kind == "cut":
        return [Put(at, "cut")]
    below = spot.below.get("transition")
    if written is None and isinstance(below, dict) and below.get("type") != "cut":
        return [Put(at, {**below, "type": kind, **({"duration": lasts} if lasts else {})})]
    if not isinstance(written, dict) or written.get("type") == "cut":
        return [Put(at, {"type": kind, **({"duration": lasts} if lasts else {})})]
    new: Sequence[tuple[str, Any]] = (("type", kind), ("duration", lasts))
    return [Put((*at, name), value) for name, value in new if value and value != written.get(name)]
