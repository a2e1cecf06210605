"""The takes of a film, shot by shot, as its lock names them: what one chooses from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from storyboard.casting import orderable
from storyboard.examine import checked
from storyboard.planner.casts import MARK, owner, plainly
from storyboard.planner.lock import LockedShot
from storyboard.planner.plan import PlannedShot, plan
from storyboard.planner.take import Take
from storyboard.production import Production, open_production
from storyboard.retakes import unnamed
from storyboard.settings import Settings
from storyboard.store.project import Project


@dataclass(frozen=True, slots=True)
class Entry:
    """One take, whatever number of requests it is recorded for."""

    shot: str
    take: Take
    """As it was recorded first."""
    circled: bool
    fits: bool | None
    """Whether it is recorded for what its shot asks for now; None while nobody can tell, or the shot is gone."""
    accepted: bool
    """Whether it fits because somebody accepted it."""
    here: bool
    """Whether its bytes are in the store; they are read when they are used."""


@dataclass(frozen=True, slots=True)
class TakeList:
    """The takes of a film or of one shot, in the film's order; those of shots that are gone come last."""

    entries: tuple[Entry, ...]
    unnamed: tuple[tuple[str, Take], ...]
    """Takes by shot that were bought for it, and that the lock does not name: a retake was killed."""
    gone: frozenset[str]
    """Shots of the lock that the storyboard does not have any more."""
    prompts: Mapping[str, str]
    """What the shots ask for, by shot."""


def takes_of(project: Project, settings: Settings, shot: str = "", *, allow_unknown_model: bool = False) -> TakeList:
    """The takes of a shot; of all without one. `Usage` when there is no such shot."""
    cache = project.cache(settings.home)
    storyboard = checked(project, allow_unknown_model=allow_unknown_model, cache=cache)
    with open_production(project, settings, "remote") as production:
        lock = production.lock
        if shot and shot not in lock.shots:
            orderable(storyboard, shot)
        planned = {one.shot.id: one for one in plan(storyboard, production, "remote").shots}
        others = {one for one in storyboard.variants if one != project.which.variant}
        shared = {f"{id_}{MARK}{project.which.variant}" for id_ in planned}  # asked for alike now: the film's are used
        gone = frozenset(id_ for id_ in lock.shots.keys() - planned.keys() - shared if owner(id_) not in others)
        gone -= {f"{id_}{MARK}" for id_ in project.own}
        wanted = [id_ for id_ in (*planned, *sorted(gone)) if shot in ("", id_, plainly(id_))]
        if not wanted:
            orderable(storyboard, shot)
        entries = tuple(
            entry
            for id_ in wanted
            if id_ in lock.shots
            for entry in _entries(production, id_, lock.shots[id_], planned.get(id_))
        )
        left = ((id_, take) for id_ in wanted if id_ in planned for take in unnamed(production, planned[id_]))
        prompts = {shot.id: shot.order.prompt for shot in storyboard.every if shot.order}
        return TakeList(entries, tuple(left), gone, prompts)


def _entries(production: Production, id_: str, known: LockedShot, planned: PlannedShot | None) -> Iterator[Entry]:
    slate = planned.slate if planned else None
    first: dict[str, Take] = {}
    for one in known.takes:
        first.setdefault(one.sha256, one)
    for take in first.values():
        recorded = next((one for one in known.takes if (one.sha256, one.slate) == (take.sha256, slate)), None)
        yield Entry(
            id_, take, circled=take.sha256 == known.circled, fits=recorded is not None if slate else None,
            accepted=recorded is not None and recorded.origin == "accepted", here=production.takes.has(take),
        )  # fmt: skip
