"""Casting: which take of a shot the cut uses. Nothing here is ordered, and nothing costs anything.

A take is chosen by its number or the beginning of its digest. One that was made for another request than the shot's
present one is *accepted* for that: the lock says so in a line of its own, and from then on the shot is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from storyboard.errors import Refused, Transient, Usage
from storyboard.examine import checked
from storyboard.planner.lock import NO_TAKES, Lock, LockedShot
from storyboard.planner.plan import Plan, PlannedShot, plan
from storyboard.planner.request import Request
from storyboard.planner.take import Facts, Take
from storyboard.production import Production, open_production
from storyboard.receive import take_in
from storyboard.settings import Settings
from storyboard.spec.model import Shot, Storyboard
from storyboard.store.project import Project
from storyboard.store.slates import Slates

SHORTEST = 4
"""Digits of a digest that tell a take."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A take that somebody chose."""

    shot: str
    take: str
    """Its number, or the beginning of its digest."""
    force: bool = False
    """Whether a shot that is approved is cast anew all the same."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip that was made elsewhere, and the shot that it is a take of."""

    shot: str
    file: Path
    parent: str = ""
    """The take that it was made from: its number, or the beginning of its digest; empty for none."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cast:
    """What became of one shot."""

    shot: str
    take: Take
    """As the lock has it."""
    changed: bool
    """Whether the lock says something new of it."""
    circled: bool
    accepted: bool
    """Whether it was made for another request, and was just accepted for the present one."""
    here: bool
    """Whether its bytes are in the store."""
    state: str
    """How the shot stands now."""
    next: tuple[PlannedShot, ...] = ()
    """The shots to be shot now that go on from it, one after the other."""


def pick(project: Project, settings: Settings, choice: Choice, *, allow_unknown_model: bool = False) -> Cast:
    """Circle a take of a shot."""
    storyboard = _checked(project, settings, allow_unknown_model=allow_unknown_model)
    shot = orderable(storyboard, choice.shot)
    protect(shot, choice.force, "another take of it is not picked")
    with open_production(project, settings, "remote") as production:
        take = which(_cast_of(production.lock, shot), shot.id, choice.take)
        slate = _slate_of(production, storyboard, shot.id)

        def circle(lock: Lock) -> Lock:
            if all(one.sha256 != take.sha256 for one in lock.shots.get(shot.id, NO_TAKES).takes):
                raise Transient("film.lock was changed meanwhile", hint="run it again")
            return lock.with_circled(shot.id, take.sha256, slate)

        before = production.lock
        production.change_lock(circle)
        return _outcome(production, storyboard, before, [shot.id])[0]


def accept(
    project: Project, settings: Settings, shots: Sequence[str], *, allow_unknown_model: bool = False
) -> tuple[Cast, ...]:
    """Keep the takes that stale shots have for what they ask for now."""
    storyboard = _checked(project, settings, allow_unknown_model=allow_unknown_model)
    chosen = [orderable(storyboard, id_).id for id_ in dict.fromkeys(shots)]
    with open_production(project, settings, "remote") as production:
        # As if each of them were pinned, so that those that go on from one another are told apart from the others.
        kept = tuple(replace(one, pin=True) if one.id in chosen else one for one in storyboard.every)
        pinned = replace(storyboard, shots=kept, unseen=())
        wanted = {one.shot.id: one for one in plan(pinned, production, "remote").shots}
        slates = {id_: _acceptable(production, wanted[id_]) for id_ in chosen}

        def bind(lock: Lock) -> Lock:
            for id_, slate in slates.items():
                if take := lock.circled(id_):
                    lock = lock.with_circled(id_, take.sha256, slate)
            return lock

        before = production.lock
        production.change_lock(bind)
        return _outcome(production, storyboard, before, chosen)


def bring(project: Project, settings: Settings, clip: Clip, *, allow_unknown_model: bool = False) -> Cast:
    """Record a clip that was made elsewhere as a take. It is circled only where the shot has no take yet."""
    storyboard = _checked(project, settings, allow_unknown_model=allow_unknown_model)
    shot = orderable(storyboard, clip.shot)
    with open_production(project, settings, "remote") as production:
        known = production.lock.shots.get(shot.id, NO_TAKES)
        parent = which(known, shot.id, clip.parent) if clip.parent else None
        slate = _slate_of(production, storyboard, shot.id)
        if parent and all((one.sha256, one.slate) != (parent.sha256, slate) for one in known.takes):
            slate = parent.slate  # what was made from a take is a take of what that was made for
        if not slate and not (slate := known.take.slate if known.take else ""):
            message = f"nobody knows yet what `{shot.id}` asks for: it goes on from a take that is not there"
            raise Refused(message, hint="shoot that one first: `storyboard render`", where=shot.where)
        digest, facts = take_in(production.takes, clip.file)
        take = Take(
            slate=slate, number=0, sha256=digest, bytes=production.takes.path(digest).stat().st_size, facts=facts,
            gateway="remote", recipe="", cost=Decimal(0), warnings=_unlike(facts, parent), model="",
            made=datetime.now(UTC).date().isoformat(), origin="imported", parent=parent.sha256 if parent else "",
            note=clip.note,
        )  # fmt: skip
        before = production.lock
        production.change_lock(lambda lock: lock.with_more(shot.id, [take]))
        return _outcome(production, storyboard, before, [shot.id], digest)[0]


def orderable(storyboard: Storyboard, id_: str) -> Shot:
    """The shot of that id, which can have takes; else `Usage`."""
    shot = next((one for one in storyboard.every if one.id == id_), None)
    if shot is None:
        raise Usage(f"there is no shot `{id_}`", hint=f"`storyboard status {storyboard.file}` lists them")
    if shot.order is None:
        what = "a card: it is drawn" if shot.card else "footage: it is there already"
        raise Usage(f"`{id_}` is {what}, and has no takes", where=shot.where)
    return shot


def protect(shot: Shot, force: bool, what: str) -> None:
    """`Refused` for a shot that is approved, unless by force; `what` is not done then."""
    if shot.approved and not force:
        hint = "`--force` does it all the same"
        raise Refused(f"`{shot.id}` is approved: {what}", hint=hint, where=shot.at("approved"))


def which(known: LockedShot, shot: str, name: str) -> Take:
    """The take of a shot that a number or the beginning of a digest tells; else `Usage`."""
    found = {take.sha256 for take in known.takes if str(take.number) == name}
    if not found and len(name) >= SHORTEST:
        found = {take.sha256 for take in known.takes if take.sha256.startswith(name.lower())}
    if len(found) == 1:
        return next(take for take in known.takes if take.sha256 in found)
    if found:
        raise Usage(f"the digests of {len(found)} takes of `{shot}` begin with `{name}`", hint="write more of it")
    numbers = ", ".join(str(number) for number in dict.fromkeys(take.number for take in known.takes))
    hint = f"it has {numbers}: `storyboard takes` shows them" if numbers else "`storyboard render` shoots it"
    raise Usage(f"`{shot}` has no take {name}", hint=hint)


def _checked(project: Project, settings: Settings, *, allow_unknown_model: bool) -> Storyboard:
    return checked(project, allow_unknown_model=allow_unknown_model, cache=project.cache(settings.home))


def _cast_of(lock: Lock, shot: Shot) -> LockedShot:
    """The takes of a shot that has some; else `Refused`."""
    if shot.id not in lock.shots:
        raise Refused(f"`{shot.id}` has no take yet", hint="`storyboard render` shoots it", where=shot.where)
    return lock.shots[shot.id]


def _slate_of(production: Production, storyboard: Storyboard, id_: str) -> str:
    """The slate of what a shot asks for now; empty while it goes on from a take that is not there."""
    wanted = plan(storyboard, production, "remote")
    request = next(one.request for one in wanted.shots if one.shot.id == id_)
    return _remembered(production, request) if request else ""


def _remembered(production: Production, request: Request) -> str:
    """The slate of a request that a take is bound to now: `why` is to know later what it stood for."""
    return Slates(production.settings.home).remember(request.canonical())


def _acceptable(production: Production, planned: PlannedShot) -> str:
    """The slate that a shot's circled take is to be accepted for; `Refused` when it cannot be."""
    shot, take, file = planned.shot, production.lock.circled(planned.shot.id), production.project.called
    if take is None:
        hint = f"`storyboard render {file}` shoots it"
        raise Refused(f"`{shot.id}` has no take to accept", hint=hint, where=shot.where)
    if planned.state != "held":
        message = f"take {take.number} of `{shot.id}` is not here: nobody can look at what is accepted"
        hint = f"`storyboard pull {production.project.shown}` brings it from where takes are shared"
        raise Refused(message, hint=hint, where=shot.where)
    if planned.request is None:
        before = planned.depends_on
        message = f"`{shot.id}` goes on from `{before}`, whose take will be another"
        hint = f"accept both, `storyboard accept {file} {before} {shot.id}`, or shoot `{before}` first"
        raise Refused(message, hint=hint, where=shot.where)
    return _remembered(production, planned.request)


def _outcome(
    production: Production, storyboard: Storyboard, before: Lock, shots: Sequence[str], digest: str = ""
) -> tuple[Cast, ...]:
    """What the lock says now of some shots; of the take of that digest, or of the circled one."""
    wanted, lock = plan(storyboard, production, "remote"), production.lock
    planned = {one.shot.id: one for one in wanted.shots}
    found = []
    for id_ in shots:
        known, old = lock.shots[id_], before.shots.get(id_, NO_TAKES)
        take = next(one for one in reversed(known.takes) if one.sha256 == (digest or known.circled))
        circled = take.sha256 == known.circled
        found.append(Cast(
            id_, take, changed=known != old, circled=circled,
            accepted=take.origin == "accepted" and take not in old.takes, here=production.takes.has(take),
            state=planned[id_].state, next=tuple(_behind(wanted, id_) if circled else ()),
        ))  # fmt: skip
    return tuple(found)


def _behind(wanted: Plan, id_: str) -> Iterator[PlannedShot]:
    """The shots to be shot that go on from one, directly or over others."""
    reached, missing = {id_}, {one.shot.id for one in wanted.missing}
    for one in wanted.shots:
        if one.depends_on in reached and one.shot.id in missing:
            reached.add(one.shot.id)
            yield one


def _unlike(facts: Facts, parent: Take | None) -> tuple[str, ...]:
    """How a clip differs in time from the take that it was made from: the cut may fall elsewhere."""
    if parent is None or (facts.frames, facts.rate) == (parent.facts.frames, parent.facts.rate):
        return ()
    old = parent.facts
    return (f"it has {facts.frames} frames at {facts.rate}; take {parent.number} has {old.frames} at {old.rate}",)
