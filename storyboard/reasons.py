"""Why a shot is as it is: how its request differs from the one that its take was made for, and what made it differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice, product
from typing import Any

from storyboard.differences import Books, Shelf, read_lock_of, read_storyboard
from storyboard.errors import StoryboardError, Usage
from storyboard.planner.casts import plainly
from storyboard.planner.causes import Cause, Stale, group_causes
from storyboard.planner.compare import Change, compare_requests
from storyboard.planner.lock import Lock
from storyboard.planner.plan import Plan, PlannedShot
from storyboard.planner.request import Request, normal, request_of
from storyboard.revisions import Repository, Revision, Tree, WorkingTree, open_repository
from storyboard.settings import Settings
from storyboard.spec import source
from storyboard.spec.model import FrameOf, Shot, StillFile, Storyboard
from storyboard.spec.template import TemplateError, fill
from storyboard.store.project import Project
from storyboard.store.slates import Slates

MOST_COMMITS = 200
"""Commits that are looked through for what a take was made for."""
MOST_CHAINS = 64
"""Takes that a shot may have gone on from, and that are tried."""
SHARED = ("characters", "looks")


@dataclass(frozen=True, slots=True)
class Found:
    """What a slate stands for, and where that was found."""

    request: bytes
    """In its canonical form."""
    commit: str = ""
    """Empty for the store."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a shot is as it is."""

    planned: PlannedShot
    changes: tuple[Change, ...] | None = None
    """For a stale shot, how its request differs from the one that its take was made for; None: nobody here knows."""
    commit: str = ""
    """Where the earlier request was found; empty for the store."""
    names: Mapping[str, str] | None = None
    """What digests are called: files of the storyboard, and takes of its shots."""


def reason_of(project: Project, settings: Settings, storyboard: Storyboard, wanted: Plan, shot: str) -> Reason:
    """Why a shot is as it is; `Usage` when there is no such shot."""
    planned = next((one for one in wanted.shots if one.shot.id == shot), None)
    if planned is None:
        raise Usage(f"there is no shot `{shot}`", hint=f"`storyboard status {storyboard.file}` lists them")
    return reasons_of(project, settings, storyboard, [planned])[shot]


def reasons_of(
    project: Project, settings: Settings, storyboard: Storyboard, shots: Sequence[PlannedShot]
) -> dict[str, Reason]:
    """Why shots of a plan are as they are, by shot; git's history is looked through once for all of them."""
    reasons = {one.shot.id: Reason(one) for one in shots}
    stale = [(one, one.take.slate) for one in shots if one.state == "stale" and one.take]
    if not stale:
        return reasons
    tree = WorkingTree(project)
    lock, names = read_lock_of(project, tree), dict[str, str]()
    found = known_requests(settings, [slate for _, slate in stale])
    lacking = {slate: one.shot.id for one, slate in stale if slate not in found}
    found |= requests_in_history(project, lock, lacking) if lacking else {}
    for one, slate in stale:
        now = _request_now(storyboard, one, tree, lock)
        if slate in found and now is not None:
            names = names or _names(storyboard, tree, lock)
            changes = compare_requests(found[slate].request, now.canonical())
            reasons[one.shot.id] = Reason(one, changes, found[slate].commit, names)
    return reasons


def causes(project: Project, settings: Settings, storyboard: Storyboard, wanted: Plan) -> tuple[Cause, ...]:
    """What made the stale shots of a plan stale, the dearest first, as far as the store remembers their requests."""
    stale = [one for one in wanted.shots if one.state == "stale" and one.take]
    if not stale:
        return ()
    tree = WorkingTree(project)
    lock = read_lock_of(project, tree)
    found = known_requests(settings, [one.take.slate for one in stale if one.take])
    prices = {one.shot.id: one.estimate for one in wanted.to_buy}
    rows = []
    for one in stale:
        before = found.get(one.take.slate if one.take else "")
        follows = one.depends_on if one.request is None else ""
        changes = compare_requests(before.request, one.request.canonical()) if before and one.request else None
        rows.append(Stale(one.shot, changes, prices.get(one.shot.id, Decimal(0)), follows))
    asked = replace(storyboard, shots=tuple(one.shot for one in stale), unseen=())
    return group_causes(rows, shared_texts(project, tree), _names(asked, tree, lock))


def known_requests(settings: Settings, slates: Iterable[str]) -> dict[str, Found]:
    """The requests of slates, as far as the store remembers them."""
    store = Slates(settings.home)
    return {slate: Found(request) for slate in slates if (request := store.get(slate)) is not None}


def requests_in_history(project: Project, lock: Lock, wanted: Mapping[str, str]) -> dict[str, Found]:
    """The requests of slates, by the shots that have them now, as far as git's history of the storyboard tells.

    Every commit is looked at in which the storyboard, its lock or a part that it includes changed.
    """
    found: dict[str, Found] = {}
    try:
        with open_repository(project) as repository:
            for commit in repository.commits(_watched(project), MOST_COMMITS):
                found |= _requests_at(project, repository, commit, lock, {**wanted, **dict.fromkeys(found, "")})
                if len(found) == len(wanted):
                    break
    except StoryboardError:  # no repository, or one that cannot be read: then it tells nothing
        return found
    return found


def shared_texts(project: Project, tree: Tree) -> dict[str, str]:
    """The texts that shots share, by where they stand, as in `characters.mira.prompt`: their templates filled in."""
    texts: dict[str, str] = {}
    for value in reversed(list(_documents(project, tree))):
        words = value.get("vars") if isinstance(value.get("vars"), dict) else {}
        texts |= {f"vars.{name}": normal(one) for name, one in words.items() if isinstance(one, str)}
        for section in SHARED:
            block = value.get(section)
            for name, one in block.items() if isinstance(block, dict) else ():
                for field in ("prompt", "negative"):
                    text = one.get(field) if isinstance(one, dict) else None
                    if isinstance(text, str):
                        texts[f"{section}.{name}.{field}"] = _filled(text, words)
    return texts


def _filled(text: str, words: Mapping[str, Any]) -> str:
    try:
        return normal(fill(text, words))
    except TemplateError:
        return normal(text)


def _documents(project: Project, tree: Tree) -> Iterator[dict[str, Any]]:
    """The storyboard's own text, and those that it includes, as plain values."""
    main = source.read(project.shown, tree.read(project.file.name)).value
    if isinstance(main, dict):
        yield main
        for name in main.get("include") or ():
            part = source.read(str(name), tree.read(str(name))).value
            if isinstance(part, dict):
                yield part


def _watched(project: Project) -> tuple[str, ...]:
    main = source.read(project.shown, project.read_storyboard()).value
    parts = main.get("include") if isinstance(main, dict) else None
    names = [str(name) for name in parts] if isinstance(parts, list) else []
    return (project.file.name, project.beside(".lock").name, *names)


def _requests_at(
    project: Project, repository: Repository, commit: str, lock: Lock, wanted: Mapping[str, str]
) -> dict[str, Found]:  # fmt: skip
    """The wanted requests that the storyboard of a commit makes; a shot that it does not have had another name."""
    tree = Revision(repository, commit, commit[:10])
    try:
        storyboard, then = read_storyboard(project, tree), read_lock_of(project, tree)
    except StoryboardError:  # it was unfinished then
        return {}
    found: dict[str, Found] = {}
    shots = {shot.id: shot for shot in storyboard.every} if storyboard else {}
    for slate, id_ in wanted.items():
        for shot in (shots[id_],) if id_ in shots else shots.values() if id_ else ():
            for request in _requests(storyboard, shot, tree, (lock, then)) if storyboard else ():
                if request.slate == slate:
                    found[slate] = Found(request.canonical(), commit)
    return found


def _requests(storyboard: Storyboard, shot: Shot, tree: Tree, locks: tuple[Lock, ...]) -> Iterator[Request]:
    """The requests that a shot can have had: one for each take that it can have gone on from."""
    order = shot.order
    if order is None:
        return
    before = [frame.shot for frame in (order.first, order.last) if isinstance(frame, FrameOf)]
    takes = [
        dict.fromkeys(take.sha256 for lock in locks if id_ in lock.shots for take in lock.shots[id_].takes)
        for id_ in before
    ]
    for digests in islice(product(*takes), MOST_CHAINS):
        yield request_of(storyboard, shot, order, _shelf(tree), dict(zip(before, digests, strict=True)))


def _request_now(storyboard: Storyboard, planned: PlannedShot, tree: Tree, lock: Lock) -> Request | None:
    """What a shot asks for now; where that waits for a new take of another, as if the old one were it."""
    if planned.request or planned.shot.order is None:
        return planned.request
    before = planned.depends_on
    take = lock.circled(before)
    if take is None:
        return None
    return request_of(storyboard, planned.shot, planned.shot.order, _shelf(tree), {before: take.sha256})


def _shelf(tree: Tree) -> Shelf:
    return Shelf(tree, Lock(), {}, Books(None))


def _names(storyboard: Storyboard, tree: Tree, lock: Lock) -> dict[str, str]:
    """What digests are called: takes by their shots, and the files that shots are made from."""
    names = {
        take.sha256: f"take {take.number} of {plainly(id_)}" for id_, shot in lock.shots.items() for take in shot.takes
    }
    for shot in storyboard.every:
        if order := shot.order:
            sent = [one.file for one in (order.first, order.last, *order.references) if isinstance(one, StillFile)]
            sent += [order.motion.video] if order.motion else []
            names |= {digest: name for name in sent if (digest := tree.digest(name))}
    return names
