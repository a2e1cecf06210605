"""A lock that is made whole again: what can still be read of it, and what journal and store know of the film."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from storyboard.errors import InvalidStoryboard
from storyboard.examine import checked
from storyboard.family import films_of
from storyboard.foresight import together
from storyboard.lockfile import LARGEST, changing
from storyboard.planner.casts import owner
from storyboard.planner.lock import Lock, write_lock
from storyboard.planner.plan import Plan, plan
from storyboard.planner.salvage import Salvaged, salvage
from storyboard.planner.take import Take
from storyboard.production import open_production
from storyboard.settings import Settings
from storyboard.sharing import Named, named_in
from storyboard.spec.variants import EVERY
from storyboard.store import files
from storyboard.store.project import Project
from storyboard.store.takes import TakeStore
from storyboard.verifying import bought

LOST = "lost-takes"
"""The shot that takes are kept under whose own nobody knows."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of a lock."""

    changed: bool
    kept: int
    """Takes that the old one still named."""
    added: tuple[Named, ...]
    """Takes that only the journal knew."""
    chosen: tuple[Named, ...]
    """Takes that are circled where nobody could tell any more which one was."""
    unread: tuple[tuple[int, str], ...]
    """Lines that nobody can read, by their numbers."""
    homeless: tuple[Take, ...]
    """Takes of which nobody knows whose they are: the new lock names them under a shot of their own."""
    gone: tuple[Named, ...]
    """Takes whose bytes are not in the store."""
    without: tuple[str, ...] | None
    """Shots that have no take; None when the storyboard has problems, so that nobody can tell."""
    aside: str
    """The file in the store's quarantine that the old lock is kept in; empty when all of it stands in the new one."""


def mend(project: Project, settings: Settings) -> Mended:
    """Write the lock anew, from all of it that can be read and from the takes that were bought here.

    Nothing that can be read is dropped. A lock of a newer version is InvalidStoryboard, and stays as it is.
    """
    path, store = project.beside(".lock"), TakeStore(settings.home)
    with changing(project, settings.home):
        before = files.read_plain(path, LARGEST) if path.exists() else b""
        left = salvage(str(path.name), before) if before else Salvaged(Lock())
        same = not before or write_lock(left.lock).encode() == before
        aside = "" if same else store.keep_aside(before, path.name).name
        here = bought(project, settings)
        lock = _with(left.lock, here)
        lock, homeless = _placed(lock, left.homeless, {take.sha256: shot for shot, take in here})
        _write(project, lock)
        planned = _planned(project, settings)
        usable = {id_: take for id_, take in planned.usable.items() if not owner(id_)} if planned else {}
        if planned:
            lock = _with(lock, usable.items())
            lock, homeless = _placed(lock, homeless, {one.slate or "": one.shot.id for one in planned.shots})
        lock = lock.with_more(LOST, homeless)
        loose = lock.shots.keys() - (left.lock.shots.keys() - left.torn)
        latest = dict(here) | usable
        lock = Lock({
            id_: replace(shot, circled=latest[id_].sha256) if id_ in loose and id_ in latest else shot
            for id_, shot in lock.shots.items()
        })  # fmt: skip
        _write(project, lock)
    known, named = {take.sha256 for take in (*left.lock.takes, *left.homeless)}, named_in(lock)
    return Mended(
        changed=(files.read_plain(path, LARGEST) if path.exists() else b"") != before,
        kept=len(known),
        added=tuple(one for one in named if one.digest not in known),
        chosen=tuple(
            Named(id_, take)
            for id_, shot in sorted(lock.shots.items())
            if id_ in loose and len(shot.takes) > 1 and (take := shot.take)
        ),
        unread=left.unread,
        homeless=homeless,
        gone=tuple(one for one in named if not store.has(one.take)),
        without=_without(planned, lock) if planned else None,
        aside=aside,
    )


def _planned(project: Project, settings: Settings) -> Plan | None:
    """How the shots stand with the lock as it is now, those of variants too; None when the storyboard cannot say."""
    plans = []
    try:
        for film in films_of(project, [EVERY]):
            storyboard = checked(film, allow_unknown_model=True, cache=film.cache(settings.home))
            with open_production(film, settings, "remote") as production:
                plans.append((film, plan(storyboard, production, "remote")))
    except InvalidStoryboard:
        return None
    return together(plans)


def _with(lock: Lock, takes: Iterable[tuple[str, Take]]) -> Lock:
    """The lock with these takes of shots, where it does not name them; what is circled stays so."""
    for id_, take in takes:
        lock = lock.with_more(id_, [take])
    return lock


def _placed(lock: Lock, homeless: tuple[Take, ...], homes: dict[str, str]) -> tuple[Lock, tuple[Take, ...]]:
    """The lock with those takes whose shot is known by their digest or their slate, and the takes that are left."""
    found = [(take, homes.get(take.sha256) or homes.get(take.slate)) for take in homeless]
    placed = _with(lock, ((id_, take) for take, id_ in found if id_))
    return placed, tuple(take for take, id_ in found if not id_)


def _write(project: Project, lock: Lock) -> None:
    path, data = project.beside(".lock"), write_lock(lock).encode()
    if (path.exists() or lock.shots) and not (path.exists() and files.read_plain(path, LARGEST) == data):
        files.write_durably(path, data)


def _without(planned: Plan, lock: Lock) -> tuple[str, ...]:
    shots = (one.shot for one in planned.shots if one.shot.order and not owner(one.shot.id))
    return tuple(shot.id for shot in shots if shot.id not in lock.shots)
