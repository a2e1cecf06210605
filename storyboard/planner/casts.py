"""Whose takes a variant's shots use: those of the film, where both ask for the same, else takes of their own.

In `film.lock` the film's shots stand under their ids, and those of a variant that have their own takes under
`ID@VARIANT`. Whoever works on a variant sees the lock with its own shots under their ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from storyboard.planner.lock import Lock
from storyboard.planner.request import request_of
from storyboard.spec.model import FrameOf, Shot, Storyboard

MARK = "@"
"""Between a shot and its variant: no id has it."""


def casts(film: Storyboard, variant: Storyboard) -> dict[str, str]:
    """The names in the lock of a variant's shots that have takes of their own, by their ids.

    A shot has when what it asks for differs from what the film's shot of that id asks for, or when it goes on from one
    that has.
    """
    before, after = _slates(film, {}), dict[str, str]()
    own: dict[str, str] = {}
    for shot in shooting_order(variant.every):
        slate = _slate(variant, shot, after)
        if shot.order and slate != before.get(shot.id):
            own[shot.id] = f"{shot.id}{MARK}{variant.variant}"
        after[shot.id] = _mark(own.get(shot.id, shot.id)) if shot.order else slate
    return own


def seen(lock: Lock, own: Mapping[str, str]) -> Lock:
    """A film's lock as a variant sees it: its own shots under their ids, those of the film out of the way."""
    hidden = {id_: f"{id_}{MARK}" for id_ in own}
    names = hidden | {name: id_ for id_, name in own.items()}
    return _renamed(lock, names) if own else lock


def unseen(lock: Lock, own: Mapping[str, str]) -> Lock:
    """The film's lock, from what a variant sees of it."""
    hidden = {f"{id_}{MARK}": id_ for id_ in own}
    return _renamed(lock, hidden | dict(own)) if own else lock


def owner(name: str) -> str:
    """The variant whose takes stand under a name of the lock; empty for the film's."""
    return name.partition(MARK)[2]


def plainly(name: str) -> str:
    """The shot that a name of the lock belongs to."""
    return name.partition(MARK)[0]


def shooting_order(shots: Sequence[Shot]) -> list[Shot]:
    """Shots one after the other so that each comes behind the one that it goes on from; else as they stand."""
    left = {shot.id: shot for shot in shots}
    ordered: list[Shot] = []
    for shot in shots:
        chain: list[Shot] = []
        while shot.id in left:
            chain.append(left.pop(shot.id))
            first = shot.order.first if shot.order else None
            if not isinstance(first, FrameOf) or first.shot not in left:
                break
            shot = left[first.shot]  # noqa: PLW2901 - from a shot to the one before it
        ordered += reversed(chain)
    return ordered


def _renamed(lock: Lock, names: Mapping[str, str]) -> Lock:
    return Lock({names.get(name, name): shot for name, shot in lock.shots.items()})


def _slates(storyboard: Storyboard, sources: dict[str, str]) -> dict[str, str]:
    """What each shot of a film asks for."""
    slates = {}
    for shot in shooting_order(storyboard.every):
        slates[shot.id] = _slate(storyboard, shot, sources)
        sources[shot.id] = _mark(shot.id) if shot.order else slates[shot.id]
    return slates


def _slate(storyboard: Storyboard, shot: Shot, sources: dict[str, str]) -> str:
    """What a shot asks for, as if each file's name were its bytes, and each shot's name its take."""
    if shot.order:
        return request_of(storyboard, shot, shot.order, _NAMES, sources).slate
    return _mark(shot.footage or shot.reuse)


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


class _Names:
    """Files whose bytes are what they are called."""

    def digest(self, file: str) -> str:
        """The SHA-256 of a file's name."""
        return _mark(file)


_NAMES = _Names()
