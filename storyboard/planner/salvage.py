"""What can still be read of a `film.lock` that is damaged: both sides of a merge, and every line that is whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from storyboard.errors import InvalidStoryboard
from storyboard.planner.lock import VERSION, Lock, LockedShot, read_lock
from storyboard.planner.take import Take

_VERSION = re.compile(r"^version:[ ]*([0-9]+)[ ]*$", re.MULTILINE)
_SHOT = re.compile(r"  (\S.*):\s*$")
_CIRCLED = re.compile(r"\s+circled:\s*([0-9a-f]{64})\s*$")
_TAKE = re.compile(r"\s*-\s*(\{.*\bsha256:\s*\"?([0-9a-f]{64})\b.*\})\s*$")
_OUTER = re.compile(r" {0,3}\S")
_PLAIN = re.compile(r"\s*(#.*|---|version:\s*[0-9]+|shots:\s*(\{\})?|takes:)?\s*$")
_OURS, _BASE, _THEIRS, _END = "<<<<<<<", "|||||||", "=======", ">>>>>>>"


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What is left of a lock."""

    lock: Lock
    unread: tuple[tuple[int, str], ...] = ()
    """Lines that say something which nobody can read, by their numbers from 1."""
    torn: frozenset[str] = frozenset()
    """Shots of which nobody can tell any more which take is circled; the lock has one of them circled all the same."""
    homeless: tuple[Take, ...] = ()
    """Takes of which nobody can read any more whose they are."""


@dataclass(slots=True)
class _Shot:
    """A shot as it is found."""

    takes: dict[tuple[str, str], Take] = field(default_factory=dict)
    """By digest and slate."""
    circled: list[str] = field(default_factory=list)


def salvage(file: str, data: bytes) -> Salvaged:
    """Every take that a lock still names, and what of it cannot be read; a newer version's is InvalidStoryboard."""
    try:
        return Salvaged(read_lock(file, data))
    except InvalidStoryboard:
        text = data.decode("utf-8", "replace")
        if any(int(version) > VERSION for version in _VERSION.findall(text)):
            raise
    found: dict[str, _Shot] = {}
    unread: dict[int, str] = {}
    for side in _sides(text):
        _gather(side, found, unread)
    homeless = found.pop("", _Shot()).takes
    shots = {id_: _whole(shot) for id_, shot in found.items() if shot.takes}
    homeless = {key: take for key, take in homeless.items() if all(key not in shot.takes for shot in found.values())}
    torn = {id_ for id_, shot in found.items() if shot.takes and len(_named(shot)) != 1}
    return Salvaged(Lock(shots), tuple(sorted(unread.items())), frozenset(torn), tuple(homeless.values()))


def _sides(text: str) -> Iterator[list[tuple[int, str]]]:
    """The numbered lines of each side of a merge; of a text without one, its lines."""
    sides: dict[str, list[tuple[int, str]]] = {_OURS: [], _BASE: [], _THEIRS: []}
    now = ""
    for number, line in enumerate(re.split("\r?\n", text), 1):
        mark = line[:7]
        if mark in sides and line[7:8] in ("", " "):
            now = mark
        elif mark == _END and line[7:8] in ("", " "):
            now = ""
        else:
            for side in [now] if now else sides:
                sides[side].append((number, line))
    yield from {tuple(side): side for side in sides.values()}.values()


def _gather(lines: list[tuple[int, str]], found: dict[str, _Shot], unread: dict[int, str]) -> None:
    """Add what a side says of every shot; under an empty name what follows a shot whose own name is lost."""
    lost = shot = found.setdefault("", _Shot())
    circled = ""
    for number, line in lines:
        if match := _TAKE.match(line):
            if take := _read_take(match[1], match[2]):
                shot.takes.setdefault((take.sha256, take.slate), take)
                continue
        elif match := _CIRCLED.match(line):
            if circled not in ("", match[1]):  # that of a shot whose name is gone
                shot = lost
            circled = match[1]
            shot.circled.append(circled)
            continue
        elif match := _SHOT.match(line):
            id_, circled = _read_id(match[1]), ""
            shot = found.setdefault(id_, _Shot())
            if id_:
                continue
        elif _PLAIN.match(line):
            continue
        elif _OUTER.match(line):
            shot, circled = lost, ""
        unread[number] = line


def _read_take(line: str, digest: str) -> Take | None:
    lock = _read(f'  "x":\n    circled: {digest}\n    takes:\n      - {line}\n')
    return lock.circled("x") if lock else None


def _read_id(key: str) -> str:
    digest = "0" * 64
    blank = (
        f'{{number: 1, sha256: "{digest}", bytes: 1, frames: 1, rate: "24", size: "1x1", audio: false, '
        f'slate: "{digest}", model: "", cost: "0", made: ""}}'
    )
    lock = _read(f"  {key}:\n    circled: {digest!r}\n    takes:\n      - {blank}\n")
    return next(iter(lock.shots), "") if lock and len(lock.shots) == 1 else ""


def _read(shots: str) -> Lock | None:
    try:
        return read_lock("film.lock", f"version: {VERSION}\nshots:\n{shots}".encode())
    except InvalidStoryboard:
        return None


def _whole(shot: _Shot) -> LockedShot:
    """One shot with every take that was found; where nobody can tell which is circled, the one with the last number."""
    takes = tuple(sorted(shot.takes.values(), key=lambda take: (take.number, take.sha256, take.slate)))
    named = _named(shot)
    return LockedShot(takes, next(iter(named)) if len(named) == 1 else takes[-1].sha256)


def _named(shot: _Shot) -> set[str]:
    """The digests that are said to be circled, as far as they are takes."""
    return set(shot.circled) & {digest for digest, _ in shot.takes}
