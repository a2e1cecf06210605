"""Every take and every film, held against what was written down of them. Bytes are read; nothing is sent or made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from storyboard.assembler import media
from storyboard.lockfile import lock_of
from storyboard.planner.take import Facts, Take
from storyboard.progress import Carried, Watch
from storyboard.settings import Settings
from storyboard.sharing import Named, named_in
from storyboard.store import files
from storyboard.store.cache import Cache
from storyboard.store.crew import at_once
from storyboard.store.journal import Journal
from storyboard.store.orders import Orders
from storyboard.store.project import Project
from storyboard.store.sums import read_sums
from storyboard.store.takes import TakeStore

AT_ONCE = 2
"""Takes that are read at the same time: a disk has little more to give."""
DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class CheckedTake:
    """A take that the lock names, and how it was found."""

    named: Named
    state: Literal["whole", "missing", "damaged", "unlike"]
    """`unlike`: its bytes are whole, and it is not what the lock says of it."""
    said: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class CheckedFilm:
    """A film of `film.sums`, and how it was found."""

    file: str
    sha256: str
    state: Literal["whole", "missing", "changed"]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found."""

    takes: tuple[CheckedTake, ...]
    films: tuple[CheckedFilm, ...]
    unnamed: tuple[Named, ...]
    """Takes that were bought here for the film, and that its lock does not name."""
    rotten: tuple[str, ...]
    """Entries of the cache that were not as they were made: they were removed, and are made again when needed."""

    def in_state(self, state: str) -> tuple[Named, ...]:
        """The takes that were found so."""
        return tuple(one.named for one in self.takes if one.state == state)


def verify(project: Project, settings: Settings, watch: Watch) -> Verified:
    """Read every take that the film's lock names, every film of its `film.sums`, and its cache.

    A take that is damaged is moved to the store's quarantine.
    """
    named, cache = named_in(lock_of(project)), project.cache(settings.home)
    rotten = cache.weed()
    here = _read_takes(named, TakeStore(settings.home), cache, watch)
    takes = tuple(here.get(one.digest) or CheckedTake(one, "missing") for one in named)
    films = tuple(
        _film(project, file, digest) for file, digest in read_sums(project).items() if DIGEST.fullmatch(digest)
    )
    digests = {one.digest for one in named}
    unnamed = tuple(Named(shot, take) for shot, take in bought(project, settings) if take.sha256 not in digests)
    return Verified(takes, films, unnamed, rotten)


def bought(project: Project, settings: Settings) -> tuple[tuple[str, Take], ...]:
    """Every take that was bought here for this film, and the shot that it was bought for, the earliest first."""
    with closing(Journal(settings.home)) as journal:
        orders = Orders(journal.database).of_film(str(project.file))
        held = sorted((one for one in orders if one.state == "held"), key=lambda one: (one.begun, one.key))
        found = ((one, take) for one in held for take in journal.all(one.slate, "remote") if take.sha256 == one.sha256)
        return tuple((one.shot, take) for one, take in found)


def _read_takes(named: Sequence[Named], store: TakeStore, cache: Cache, watch: Watch) -> dict[str, CheckedTake]:
    """Every take that is here, by its digest, a few at a time."""
    here = [one for one in named if store.holds(one.digest)]
    size, read, found = sum(one.take.bytes for one in here), 0, dict[str, CheckedTake]()

    def look(one: Named) -> str:
        path = store.verified(one.digest)
        facts, size = media.roll_of(path, one.digest, cache).facts, path.stat().st_size
        return "" if (facts, size) == (one.take.facts, one.take.bytes) else _described(facts, size)

    for one, said in at_once(look, here, AT_ONCE):
        read += one.take.bytes
        watch(Carried("verify", str(store.folder), len(found) + 1, len(here), min(read, size), size))
        if isinstance(said, str):
            found[one.digest] = CheckedTake(one, "unlike" if said else "whole", said)
        else:
            gone = not store.holds(one.digest)
            found[one.digest] = CheckedTake(one, "damaged" if gone else "unlike", said.message, said.hint)
    return found


def _described(facts: Facts, size: int) -> str:
    sound = "with" if facts.audio else "without"
    return (
        f"it has {size:,} bytes, {facts.frames} frames at {facts.rate} a second, {facts.width}x{facts.height}, "
        f"{sound} sound, and the lock says otherwise"
    )


def _film(project: Project, file: str, digest: str) -> CheckedFilm:
    path = project.target(file)
    if not path.exists():
        return CheckedFilm(file, digest, "missing")
    return CheckedFilm(file, digest, "whole" if files.sha256(path) == digest else "changed")
