"""Takes that are shared: what a film's lock names, against what is here and what is there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from threading import Event as Flag
from threading import Lock as Mutex
from typing import Literal

from storyboard.errors import Gate, Interrupted, Refused, StoryboardError, Transient, Usage, worst
from storyboard.lockfile import lock_of
from storyboard.planner.casts import unseen
from storyboard.planner.lock import Lock
from storyboard.planner.take import Take
from storyboard.progress import Carried, Said, Watch
from storyboard.settings import Settings
from storyboard.store import files
from storyboard.store.cache import key_of
from storyboard.store.crew import at_once
from storyboard.store.films import Films
from storyboard.store.objects import Denied, Told
from storyboard.store.project import Project
from storyboard.store.remote import Damaged, Remote, open_remote
from storyboard.store.takes import TakeStore

AT_ONCE = 4
"""Takes on their way at the same time."""
SHOWN = 5
WITHOUT = "STORYBOARD_REMOTE=none goes on without it"


@dataclass(frozen=True, slots=True)
class Named:
    """A take as the lock names it."""

    shot: str
    take: Take

    @property
    def digest(self) -> str:
        """The SHA-256 of its bytes."""
        return self.take.sha256

    def __str__(self) -> str:
        return f"`{self.shot}` take {self.take.number}"


@dataclass(frozen=True, slots=True)
class Shared:
    """What a push or a pull did."""

    where: str
    moved: tuple[Named, ...]
    there: tuple[Named, ...]
    """What was already where it was to go."""
    missing: tuple[Named, ...]
    """What is on neither side."""


def push(project: Project, settings: Settings, watch: Watch, *, force: bool = False) -> Shared:
    """Put every take that the film's lock names and that is here where others can pull it.

    A take that is there with its size is not sent again, unless by `force`. What could not be sent is raised when all
    else was: `Damaged` for a take whose bytes here are bad, which is then in quarantine.
    """
    remote = _remote_of(project, settings)
    if remote.read_only:
        hint = "`pull` works; STORYBOARD_REMOTE_READ_ONLY=0 lets you push, where your key may"
        raise Refused(f"{remote.where} is read-only here: nothing was pushed", hint=hint)
    named, takes = named_in(lock_of(project)), TakeStore(settings.home)
    sizes = _sizes_or_none(remote, named)
    there = {one.digest for one in named if sizes.get(one.digest) == one.take.bytes}
    here = {one.digest for one in named if takes.holds(one.digest)}
    wanted = here if force else here - there

    def send(one: Named, told: Told) -> None:
        try:
            file = takes.verified(one.digest)
        except Refused as error:
            raise Damaged(f"{one}: {error.message}", hint=error.hint) from None
        remote.send(one.digest, file, told)

    plan = Shared(remote.where, _of(named, wanted), _of(named, there - wanted), _without(named, here | there))
    return _carry("push", plan, send, watch)


def pull(project: Project, settings: Settings, watch: Watch, *, circled: bool = False) -> Shared:
    """Bring every take that the film's lock names and that is not here; with `circled`, only those of the cut."""
    remote, lock = _remote_of(project, settings), lock_of(project)
    Films(settings.home).remember(project.file, lock)
    return _pull(remote, named_in(lock, circled=circled), TakeStore(settings.home), watch)


def pull_missing(project: Project, settings: Settings, named: Iterable[Named], watch: Watch) -> frozenset[str]:
    """Bring those takes that are not here, before anybody thinks of buying; the digests that came.

    Nothing is reached for without a remote, or when nothing is missing. `Transient` when the remote refuses or cannot
    be reached: whoever called must buy nothing then. A take that it does not have, or that is bad there, does not come.
    """
    takes = TakeStore(settings.home)
    wanted = tuple({one.digest: one for one in named if not takes.has(one.take)}.values())
    if not wanted or not settings.remote:
        return frozenset()
    try:
        return frozenset(one.digest for one in _pull(_remote_of(project, settings), wanted, takes, watch).moved)
    except Usage:
        raise
    except StoryboardError as error:
        every = (error, *error.also)
        stops = next((one for one in every if not isinstance(one, Damaged | Gate)), None)
        if stops:
            hint = f"nothing was bought; {stops.hint}; {WITHOUT}" if stops.hint else f"nothing was bought; {WITHOUT}"
            raise Transient(f"takes that are paid for could not be pulled: {stops.message}", hint=hint) from None
        for one in every:
            watch(Said(f"{one.message[:1].upper()}{one.message[1:]}.", one.hint))
        return frozenset(one.digest for one in wanted if takes.has(one.take))


def in_one_place(project: Project, settings: Settings, lock: Lock) -> tuple[Named, ...]:
    """The bought takes that are here and nowhere else, as far as one knows; without a remote, all that are here.

    It costs one listing, and none while everything is known to be there. A remote that cannot be asked is not waited
    for twice: then nothing is said.
    """
    takes = TakeStore(settings.home)
    here = tuple(one for one in named_in(lock) if takes.has(one.take))
    if not settings.remote:
        return here
    cache = project.cache(settings.home)
    key = key_of("shared-1", settings.remote)
    remembered = cache.recall("shared", key)
    known = set(map(str, remembered)) if isinstance(remembered, list) else set()
    unknown = _without(here, known)
    if not unknown:
        return ()
    try:
        sizes = _remote_of(project, settings).sizes([one.digest for one in unknown])
        there = {one.digest for one in unknown if sizes.get(one.digest) == one.take.bytes}
        cache.remember("shared", key, sorted(known & {one.digest for one in here} | there))
    except StoryboardError:
        return ()
    return _without(unknown, there)


def warn(project: Project, settings: Settings, lock: Lock, watch: Watch) -> None:
    """Say which paid takes exist in one place only, if any do, and what to type."""
    alone = in_one_place(project, settings, unseen(lock, project.own))
    if not alone:
        return
    cost = sum((one.take.cost for one in alone), Decimal(0))
    count = "1 paid take exists" if len(alone) == 1 else f"{len(alone)} paid takes exist"
    hint = f"`storyboard push {project.shown}` shares them"
    if not settings.remote:
        hint = "name a place once, STORYBOARD_REMOTE=s3://bucket/takes or a folder, and push them there"
    watch(Said(f"{count} on this machine alone (${cost:.2f}): {_list(alone)}.", hint))


def absent(where: str, missing: Sequence[Named]) -> str:
    """A sentence about takes that are on neither side."""
    are = "is" if len(missing) == 1 else "are"
    return f"{_list(missing)} {are} neither here nor at {where}"


def _pull(remote: Remote, named: Sequence[Named], takes: TakeStore, watch: Watch) -> Shared:
    files.sweep(takes.folder)
    here = {one.digest for one in named if takes.has(one.take)}
    lacking = _without(named, here)
    sizes = remote.sizes([one.digest for one in lacking]) if lacking else {}

    def fetch(one: Named, told: Told) -> None:
        digest, size = one.digest, sizes[one.digest]
        if size != one.take.bytes:
            raise remote.damaged(digest, f"it has {size:,} bytes there, and not {one.take.bytes:,}")
        remote.fetch(digest, size, takes, told)

    plan = Shared(remote.where, _of(lacking, sizes), _of(named, here), _without(lacking, sizes))
    return _carry("pull", plan, fetch, watch)


@dataclass(slots=True)
class _Journey:
    """Takes on their way, and how far all of them have come; told to whoever watches."""

    move: Callable[[Named, Told], None]
    watch: Watch
    carried: Carried
    halted: Flag = field(default_factory=Flag)
    """The place fails: no further take is begun."""
    stopped: Flag = field(default_factory=Flag)
    """Nobody waits any more: what is under way is left."""
    mutex: Mutex = field(default_factory=Mutex)

    def carry(self, one: Named) -> bool:
        """Move a take; False when it was not begun. What concerns it alone halts no other."""
        if self.halted.is_set():
            return False
        try:
            self.move(one, self.add)
            self.add(0, 1)
        except Damaged:
            raise
        except StoryboardError:
            self.halted.set()
            raise
        return True

    def add(self, number: int, takes: int = 0) -> None:
        """So many bytes more, and takes."""
        if self.stopped.is_set():
            raise Interrupted("stopped")
        with self.mutex:
            now = self.carried
            self.carried = replace(now, bytes=min(now.bytes + number, now.of_bytes), takes=now.takes + takes)
            self.watch(self.carried)


def _carry(way: Literal["push", "pull"], plan: Shared, move: Callable[[Named, Told], None], watch: Watch) -> Shared:
    """Move what is to be moved, a few at a time. What could not be is raised when all else was."""
    size = sum(one.take.bytes for one in plan.moved)
    journey = _Journey(move, watch, Carried(way, plan.where, 0, len(plan.moved), 0, size))
    if plan.moved:
        watch(journey.carried)
    moved, failed = set[str](), list[StoryboardError]()
    for one, made in at_once(journey.carry, plan.moved, AT_ONCE, journey.stopped):
        if isinstance(made, StoryboardError):
            failed.append(made)
        elif made:
            moved.add(one.digest)
    if failed and plan.missing:
        failed.append(Gate(absent(plan.where, plan.missing)))
    if failed:
        raise _whole(failed)
    return replace(plan, moved=_of(plan.moved, moved))


def _whole(failed: Sequence[StoryboardError]) -> StoryboardError:
    """One error that tells of all, each sentence once."""
    every = list({one.message: one for one in failed}.values())
    first = worst(every)
    first.also = tuple(one for one in every if one is not first)
    return first


def _remote_of(project: Project, settings: Settings) -> Remote:
    if not settings.remote:
        hint = "export STORYBOARD_REMOTE=s3://bucket/takes, or name a folder: docs/sharing.md"
        raise Usage("nobody said where takes are shared", hint=hint)
    shared, read_only = settings.remote_shared, settings.remote_read_only
    return open_remote(settings.remote, project.root, shared=shared, read_only=read_only)


def named_in(lock: Lock, *, circled: bool = False) -> tuple[Named, ...]:
    """Every take of a lock, each digest once, or those that the cut uses."""
    every = (
        Named(id_, take)
        for id_, shot in lock.shots.items()
        for take in shot.takes
        if not circled or take.sha256 == shot.circled
    )
    named: dict[str, Named] = {}
    for one in every:
        named.setdefault(one.digest, one)
    return tuple(named.values())


def _of(named: Sequence[Named], digests: Collection[str]) -> tuple[Named, ...]:
    return tuple(one for one in named if one.digest in digests)


def _without(named: Sequence[Named], digests: Collection[str]) -> tuple[Named, ...]:
    return tuple(one for one in named if one.digest not in digests)


def _sizes_or_none(remote: Remote, named: Sequence[Named]) -> dict[str, int]:
    """What is there; nothing, as far as one knows, for a key that may only put."""
    try:
        return remote.sizes([one.digest for one in named]) if named else {}
    except Denied:
        return {}


def _list(named: Sequence[Named]) -> str:
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return ", ".join(str(one) for one in named[:SHOWN]) + more
