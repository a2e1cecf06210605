"""Which take is in the cut, chosen from a page: what `film.lock` would say is shown first, and written when agreed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from storyboard.casting import Choice, accept, orderable, pick, protect, which
from storyboard.errors import Refused
from storyboard.examine import checked
from storyboard.lockfile import changing
from storyboard.planner.casts import unseen
from storyboard.planner.lock import NO_TAKES, Lock, write_lock
from storyboard.planner.plan import plan
from storyboard.production import open_production
from storyboard.proposing import patch, put_bytes
from storyboard.settings import Settings
from storyboard.spec.model import Shot
from storyboard.store import files
from storyboard.store.project import Project
from storyboard.studio.edits import Proposal

LARGEST = 64 * 1024 * 1024


def foresee_choice(project: Project, settings: Settings, shot: str, take: str) -> Proposal:
    """What the lock would say with another take of a shot in the cut; with the one that it has accepted for what the
    shot asks for now, where no take is named. Errors are those of `casting`."""
    storyboard = checked(project, cache=project.cache(settings.home))
    found = orderable(storyboard, shot)
    if take:
        protect(found, False, "another take of it is not picked")
    with open_production(project, settings, "remote") as production:
        lock = production.lock
        request = next(one.request for one in plan(storyboard, production, "remote").shots if one.shot.id == shot)
        after = _with(lock, found, take, request.slate if request else "")
    path = project.beside(".lock")
    before = _bytes(path)
    old, new = (write_lock(unseen(one, project.own)).encode() for one in (lock, after))
    if old == new:
        raise Refused("nothing would change")
    return Proposal(path, before, new, patch(path.name, old, new), (), {})


def _with(lock: Lock, shot: Shot, take: str, slate: str) -> Lock:
    known = lock.shots.get(shot.id, NO_TAKES)
    if take:
        return lock.with_circled(shot.id, which(known, shot.id, take).sha256, slate)
    if known.take is None:
        raise Refused(f"`{shot.id}` has no take to accept", hint="shoot it first")
    if not slate:
        raise Refused(f"`{shot.id}` goes on from a take that will be another", hint="shoot or accept that one first")
    return lock.with_circled(shot.id, known.circled, slate)


def choose(project: Project, settings: Settings, shot: str, take: str, mark: str) -> Proposal:
    """Do what was foreseen; `Transient` when the lock, or what would come of it, is another by now."""
    wanted = foresee_choice(project, settings, shot, take)
    if wanted.mark != mark:
        raise files.changed(wanted.path)
    if take:
        pick(project, settings, Choice(shot, take))
    else:
        accept(project, settings, [shot])
    alone = _bytes(wanted.path) == wanted.after  # else another wrote a take there meanwhile: undoing would lose it
    return replace(wanted, before=wanted.before if alone else b"")


def put_lock_back(project: Project, settings: Settings, before: bytes, after: bytes) -> None:
    """Let the lock be what it was; `Transient` when it is not what was written any more."""
    with changing(project, settings.home):
        put_bytes(project.beside(".lock"), after, before)


def _bytes(path: Path) -> bytes:
    return files.read_plain(path, LARGEST) if path.exists() else b""
