"""What differs between two requests or two versions of a film, field by field. Pure: values in, values out.

A field's value is plain, as JSON has it; None stands for one that is not there.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal

Fields = Mapping[str, Any]
"""Plain values by the names of their fields, as in `transition.type`."""

MAX_WORDS = 800
"""Words of a text beyond which it is compared as one."""

_WORD = re.compile(r"\s+|(?:\w+|[^\w\s])\s*")
"""A word or a sign, with the space behind it."""


@dataclass(frozen=True, slots=True)
class Change:
    """A field that differs. None stands for nothing there."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text that two versions have both, or only one of them."""

    kind: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class Side:
    """One version of a film, as far as it is compared. Everything by shot is in the film's order."""

    film: Fields
    shots: Mapping[str, Fields]
    identities: Mapping[str, str]
    """By shot: what tells a renamed one, its slate say."""
    takes: Mapping[str, str] = field(default_factory=dict)
    """By shot: the digest of its circled take."""
    lacking: frozenset[str] = frozenset()
    """The shots that a render would have to shoot."""


@dataclass(frozen=True, slots=True)
class ShotChange:
    """What became of one shot."""

    id: str
    """Its name now; of a removed shot the one that it had."""
    was: str
    """Its name before; empty for an added shot."""
    before: int | None
    """Its place in the film before, from 1."""
    after: int | None
    moved: bool = False
    """Whether its place among the shots that both films have is another."""
    recast: tuple[str, str] | None = None
    """The digests of its circled take before and after, where they differ; empty for none."""
    fields: tuple[Change, ...] = ()
    """Those that differ; for a shot that only one film has, all of them."""

    @property
    def kind(self) -> Literal["added", "removed", "kept"]:
        """Whether only one of the films has it."""
        return "added" if self.before is None else "removed" if self.after is None else "kept"

    @property
    def renamed(self) -> bool:
        """Whether it has another name now."""
        return self.kind == "kept" and self.was != self.id


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs between two versions of a film. Shots are in the new film's order."""

    film: tuple[Change, ...]
    shots: tuple[ShotChange, ...]

    def __bool__(self) -> bool:
        return bool(self.film or self.shots)


def compare_fields(old: Fields, new: Fields) -> tuple[Change, ...]:
    """The fields that differ, in their order in `new`; those that only `old` has stand last."""
    names = [*new, *(name for name in old if name not in new)]
    return tuple(Change(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))


def compare_requests(old: bytes, new: bytes) -> tuple[Change, ...]:
    """The fields that differ between two requests, from the bytes that their slates are the digests of."""
    before, after = (flatten(json.loads(one)) for one in (old, new))
    return compare_fields(before, after)


def compare_films(old: Side, new: Side) -> Comparison:
    """What differs between two versions of a film. A shot with another name and the same identity was renamed."""
    renamed = _renamed(old, new)
    names = {id_: id_ for id_ in old.shots if id_ in new.shots} | renamed
    before = {id_: index for index, id_ in enumerate(old.shots, 1)}
    after = {id_: index for index, id_ in enumerate(new.shots, 1)}
    backward = {now: was for was, now in names.items()}
    kept = [id_ for id_ in new.shots if id_ in backward]
    steady = set(_longest_rising([before[backward[id_]] for id_ in kept]))
    found: list[ShotChange] = []
    for id_, fields in new.shots.items():
        was = backward.get(id_, "")
        if not was:
            found.append(ShotChange(id_, "", None, after[id_], fields=compare_fields({}, fields)))
            continue
        takes = old.takes.get(was, ""), new.takes.get(id_, "")
        changes = compare_fields(_with_names(old.shots[was], renamed), fields)
        moved = before[was] not in steady
        lacks = id_ in new.lacking and was not in old.lacking
        if changes or moved or lacks or takes[0] != takes[1] or was != id_:
            recast = takes if takes[0] != takes[1] else None
            found.append(ShotChange(id_, was, before[was], after[id_], moved, recast, changes))
    gone = [
        ShotChange(id_, id_, before[id_], None, fields=compare_fields(fields, {}))
        for id_, fields in old.shots.items()
        if id_ not in names
    ]
    return Comparison(compare_fields(_with_names(old.film, renamed), new.film), _woven(found, gone))


def compare_words(old: str, new: str) -> tuple[Piece, ...]:
    """Two texts as one, word by word: what both have, what went, and what came."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    if max(len(before), len(after)) <= MAX_WORDS:
        codes = _steps([word.strip() for word in before], [word.strip() for word in after])
        if any(kind != "equal" for kind, *_ in codes):
            return tuple(_pieces(codes, before, after))
    both = (Piece("removed", old), Piece("added", new)) if old != new else (Piece("same", new),)
    return tuple(piece for piece in both if piece.text)


def compare_lists(old: Iterable[Any], new: Iterable[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The entries that went, and those that came. What stands elsewhere now did both; so does all of a long list."""
    before, after = list(old), list(new)
    if max(len(before), len(after)) > MAX_WORDS:
        return tuple(before), tuple(after)
    codes = _steps(*([json.dumps(one, sort_keys=True) for one in entries] for entries in (before, after)))
    gone = [one for kind, i, j, _, _ in codes if kind != "equal" for one in before[i:j]]
    come = [one for kind, _, _, k, m in codes if kind != "equal" for one in after[k:m]]
    return tuple(gone), tuple(come)


def _steps(old: list[str], new: list[str]) -> list[tuple[str, int, int, int, int]]:
    """How one list becomes the other: first what both begin with, last what both end with."""
    least = min(len(old), len(new))
    head = next((at for at in range(least) if old[at] != new[at]), least)
    tail = next((at for at in range(least - head) if old[-1 - at] != new[-1 - at]), least - head)
    ends = len(old) - tail, len(new) - tail
    codes = SequenceMatcher(None, old[head : ends[0]], new[head : ends[1]], autojunk=False).get_opcodes()
    inner = [(kind, i + head, j + head, k + head, m + head) for kind, i, j, k, m in codes]
    begin = [("equal", 0, head, 0, head)] if head else []
    return [*begin, *inner, *([("equal", ends[0], len(old), ends[1], len(new))] if tail else [])]


def flatten(value: Fields, prefix: str = "") -> dict[str, Any]:
    """Blocks within blocks as one, with names as in `transition.type`. A file with its digest stays one value."""
    flat: dict[str, Any] = {}
    for name, one in value.items():
        if isinstance(one, Mapping) and one and not is_whole(one):
            flat.update(flatten(one, f"{prefix}{name}."))
        else:
            flat[prefix + name] = one
    return flat


def is_whole(value: Fields) -> bool:
    """Whether a block is one value to people: a file, or another shot's frame."""
    return {"file", "sha256"} <= set(value) or {"shot", "frame"} <= set(value)


def _renamed(old: Side, new: Side) -> dict[str, str]:
    """Old names to new ones: what is gone under one name and came under another, with the same identity."""
    free: dict[str, list[str]] = {}
    for id_ in new.shots:
        if id_ not in old.shots and new.identities.get(id_):
            free.setdefault(new.identities[id_], []).append(id_)
    found: dict[str, str] = {}
    for id_ in old.shots:
        waiting = free.get(old.identities.get(id_, ""), [])
        if id_ not in new.shots and waiting:
            found[id_] = waiting.pop(0)
    return found


def _with_names(value: Any, renamed: Mapping[str, str]) -> Any:
    """A value in which shots are called by their new names."""
    if not renamed:
        return value
    if isinstance(value, Mapping):
        return {
            name: renamed.get(one, one) if _names_shot(name) and isinstance(one, str) else _with_names(one, renamed)
            for name, one in value.items()
        }
    return [_with_names(one, renamed) for one in value] if isinstance(value, list) else value


def _names_shot(field_name: str) -> bool:
    return field_name.rpartition(".")[2] == "shot"


def _longest_rising(numbers: list[int]) -> list[int]:
    """The longest part of `numbers` that rises: what stayed where it was, when all others moved."""
    tops: list[int] = []
    piles: list[list[tuple[int, int]]] = []  # each number with the height of the pile to its left
    for number in numbers:
        place = bisect_left(tops, number)
        left = len(piles[place - 1]) - 1 if place else -1
        if place == len(tops):
            tops.append(number)
            piles.append([])
        tops[place] = number
        piles[place].append((number, left))
    found: list[int] = []
    height = -1
    for pile in reversed(piles):
        number, height = pile[height]
        found.append(number)
    return found[::-1]


def _woven(found: list[ShotChange], gone: list[ShotChange]) -> tuple[ShotChange, ...]:
    """What is in the new film in its order, and what is gone behind what stood before it."""
    known = sorted((one.before, place) for place, one in enumerate(found, 1) if one.before is not None)
    behind: dict[int, list[ShotChange]] = {}
    for one in gone:
        place = bisect_left(known, (one.before or 0, 0))
        behind.setdefault(known[place - 1][1] if place else 0, []).append(one)
    rows = ((*([found[place - 1]] if place else []), *behind.get(place, [])) for place in range(len(found) + 1))
    return tuple(one for row in rows for one in row)


def _pieces(codes: Iterable[tuple[str, int, int, int, int]], old: list[str], new: list[str]) -> Iterator[Piece]:
    for kind, i, j, k, m in codes:
        before, after = "".join(old[i:j]), "".join(new[k:m])
        if kind == "equal":  # with the wider space at its end: something may have gone or come there
            spaces = (text[len(text.rstrip()) :] for text in (before, after))
            yield Piece("same", after.rstrip() + max(spaces, key=len))
            continue
        if before:
            yield Piece("removed", before)
        if after:
            yield Piece("added", after)
