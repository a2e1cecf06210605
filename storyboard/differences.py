"""Two versions of a film beside one another: what differs, how long each lasts, and what rendering each would cost.

Offline: prices are the built-in ones, and what is held is read from the lock of each version and from the journal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from storyboard.assembler import media
from storyboard.assembler.timeline import build_timeline
from storyboard.errors import InvalidStoryboard, Refused, StoryboardError
from storyboard.examine import MODEL_RATE, source_of
from storyboard.lockfile import lock_of
from storyboard.planner.casts import seen
from storyboard.planner.compare import Comparison, Side, compare_films
from storyboard.planner.lock import Lock, read_lock
from storyboard.planner.plan import Plan, PlannedShot, Standing, plan
from storyboard.planner.price import built_in
from storyboard.planner.request import Request
from storyboard.planner.take import Facts, Take
from storyboard.planner.written import film_fields, shot_fields
from storyboard.production import STANDING
from storyboard.revisions import Repository, Revision, Tree, WorkingTree
from storyboard.settings import Settings
from storyboard.spec.load import load
from storyboard.spec.model import Storyboard
from storyboard.store.journal import Journal
from storyboard.store.orders import Orders
from storyboard.store.project import Project

ORDERED = (
    "model", "prompt", "negative", "mode", "audio", "first", "last", "references", "seed", "multi_shot", "motion",
    "voices", "elements", "options", "card", "footage",
)  # fmt: skip
"""The fields that say what a shot shows, whatever becomes of it in the cut."""
NEAR = Fraction(1, 2)
"""Seconds by which a take may differ from what is ordered now and still stand for its length."""


@dataclass(slots=True)
class Books:
    """What this machine remembers: the journal, where there is one; and what clips measure, by digest."""

    journal: Journal | None
    facts: dict[str, Facts] = field(default_factory=dict)

    def takes(self, slate: str) -> tuple[Take, ...]:
        """Every bought take of a slate, the latest first."""
        return self.journal.all(slate, "remote") if self.journal else ()

    def standing(self, slate: str) -> tuple[Standing, str]:
        """How the latest order of a slate stands, and what was said of it."""
        orders = Orders(self.journal.database).of_slate(slate) if self.journal else ()
        return (STANDING.get(orders[-1].state, "none"), orders[-1].reason) if orders else ("none", "")


@contextmanager
def open_books(settings: Settings) -> Iterator[Books]:
    """The journal of this machine, opened; nothing is made where there is none."""
    if not (settings.home / "journal.db").exists():
        yield Books(None)
        return
    with closing(Journal(settings.home)) as journal:
        yield Books(journal)


@dataclass(frozen=True, slots=True)
class Version:
    """A film as it stands somewhere."""

    tree: Tree
    storyboard: Storyboard | None
    """None where there is no such file."""
    lock: Lock
    plan: Plan | None
    frames: int | None
    """How long the first output lasts; None when nobody can tell."""
    to_buy: tuple[PlannedShot, ...] = ()
    """What a render of it would buy."""
    estimate: Decimal | None = Decimal(0)
    """The most that a render of it would cost in US dollars; None when a price is unknown."""

    @property
    def seconds(self) -> Fraction | None:
        """How long the first output lasts, exactly."""
        if self.storyboard is None or self.frames is None:
            return None
        return self.frames / self.storyboard.rate


@dataclass(frozen=True, slots=True)
class Difference:
    """Two versions of a film, and what differs."""

    before: Version
    after: Version
    comparison: Comparison
    costs: Mapping[str, Decimal | None]
    """By shot: the most that an order of it would cost now, for those that a render would buy."""

    @property
    def cost(self) -> Decimal | None:
        """By how much more a render would cost now, in US dollars; None when a price is unknown."""
        if self.before.estimate is None or self.after.estimate is None:
            return None
        return self.after.estimate - self.before.estimate

    @property
    def bought(self) -> tuple[Take, ...]:
        """The takes that only the new version's lock names."""
        known = {(take.slate, take.sha256) for take in self.before.lock.takes}
        return tuple(take for take in self.after.lock.takes if (take.slate, take.sha256) not in known)


def compare_versions(before: Version, after: Version) -> Difference:
    """What differs between two versions of a film."""
    costs = {one.shot.id: one.estimate for one in after.to_buy}
    return Difference(before, after, compare_films(_side(before), _side(after)), costs)


def tree_of(project: Project, repository: Repository, revision: str) -> Tree:
    """The files of a revision; of the working tree for an empty one. `Usage` when there is no such revision."""
    return Revision(repository, repository.commit(revision), revision) if revision else WorkingTree(project)


def read_version(project: Project, tree: Tree, books: Books) -> Version:
    """A film as it stands in a tree; InvalidStoryboard when its storyboard or its lock has problems."""
    storyboard = read_storyboard(project, tree)
    if storyboard is None:
        return Version(tree, None, Lock(), None, None)
    lock = read_lock_of(project, tree)
    named = {take.slate: take for take in lock.takes}
    wanted = plan(storyboard, Shelf(tree, lock, named, books), "remote", built_in())
    frames = _frames(tree, storyboard, wanted, books)
    return Version(tree, storyboard, lock, wanted, frames, wanted.to_buy, wanted.estimate)


def read_storyboard(project: Project, tree: Tree) -> Storyboard | None:
    """The storyboard of a tree; None where there is none."""
    name = project.file.name
    if isinstance(tree, WorkingTree):
        shown, data = project.shown, project.read_storyboard()
    elif not tree.digest(name):
        return None
    else:
        shown, data = f"{tree.name}:./{name}", tree.read(name)
        project.texts[shown] = data.decode("utf-8", "replace")
    storyboard, problems = load(shown, data, tree.read, project.folder, project.which)
    if problems or storyboard is None:
        raise InvalidStoryboard(problems)
    return storyboard


def read_lock_of(project: Project, tree: Tree) -> Lock:
    """The lock of a tree; an empty one where there is none."""
    if isinstance(tree, WorkingTree):
        return lock_of(project)
    name = project.beside(".lock").name
    if not tree.digest(name):
        return Lock()
    shown, data = f"{tree.name}:./{name}", tree.read(name)
    project.texts[shown] = data.decode("utf-8", "replace")
    return seen(read_lock(shown, data), project.own)


@dataclass(frozen=True, slots=True)
class Shelf:
    """`planner.plan.World` for a version: a take that is known is held, wherever its bytes are."""

    tree: Tree
    lock: Lock
    named: Mapping[str, Take]
    """The lock's takes by slate."""
    books: Books
    host: str = ""

    def digest(self, file: str) -> str:
        """The SHA-256 of a file of the version; empty when it is not there."""
        return self.tree.digest(file)

    def find(self, shot: str, slate: str) -> Take | None:
        """The take of a slate: the shot's circled one, else any that the lock or the journal knows."""
        return self.lock.circled(shot, slate) or self.named.get(slate) or next(iter(self.books.takes(slate)), None)

    def paid(self, shot: str, slate: str) -> Take | None:  # noqa: ARG002 - the planner asks so
        """None: what was paid for is held here."""
        return None

    def circled(self, shot: str) -> Take | None:
        """The take that the version's lock has circled."""
        return self.lock.circled(shot)

    def standing(self, slate: str) -> tuple[Standing, str]:
        """How the latest order of a slate stands here."""
        return self.books.standing(slate)

    def weigh(self, request: Request) -> int:  # noqa: ARG002 - the planner asks so
        """Nothing: by which route an order would go is of no account."""
        return 0


def _side(version: Version) -> Side:
    """A version as plain fields."""
    storyboard, digest = version.storyboard, version.tree.digest
    if storyboard is None or version.plan is None:
        return Side({}, {}, {})
    shots = {shot.id: shot_fields(storyboard, shot, digest) for shot in storyboard.shots}
    slates = {one.shot.id: one.slate for one in version.plan.shots}
    takes = {id_: take.sha256 for id_ in shots if (take := version.lock.circled(id_))}
    shown = {
        id_: [(name, value) for name, value in sorted(fields.items()) if name.partition(".")[0] in ORDERED]
        for id_, fields in shots.items()
    }
    identities = {id_: slates[id_] or json.dumps(shown[id_], sort_keys=True) for id_ in shots}
    lacking = frozenset(one.shot.id for one in version.plan.missing if one.state in ("missing", "stale"))
    return Side(film_fields(storyboard, digest), shots, identities, takes, lacking)


def _frames(tree: Tree, storyboard: Storyboard, wanted: Plan, books: Books) -> int | None:
    """How many frames the first output has, by what its takes measure and by what is ordered; None: nobody knows."""
    output = storyboard.outputs[0]
    clips: dict[str, tuple[Facts, str]] = {}
    try:
        for one in wanted.shots:
            if one.shot.footage:
                clips[one.shot.id] = _measured(tree, one.shot.footage, books), ""
            elif one.shot.order:
                clips[one.shot.id] = _expected(one), ""
        clips |= {shot.id: clips[shot.reuse] for shot in storyboard.shots if shot.reuse in clips}
        sources = {shot.id: source_of(shot, output, storyboard.rate, clips.get(shot.id)) for shot in storyboard.shots}
        return build_timeline(replace(storyboard, length=None), output, sources).frames
    except StoryboardError:
        return None


def _measured(tree: Tree, name: str, books: Books) -> Facts:
    digest = tree.digest(name)
    if digest not in books.facts:
        path = tree.fetch(name)
        if path is None:
            raise Refused(f"`{name}` is not here")
        books.facts[digest] = media.probe(path)
    return books.facts[digest]


def _expected(one: PlannedShot) -> Facts:
    """What a shot's clip measures, or will: a take that was made for another text still tells what its model makes."""
    order, take = one.shot.order, one.take
    seconds = order.seconds if order else Fraction(1)
    if take and abs(take.facts.seconds - seconds) < NEAR:
        return take.facts
    return Facts(max(1, round(seconds * MODEL_RATE)), MODEL_RATE, 16, 9, audio=False)
