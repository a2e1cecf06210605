"""What may be removed to make room, and removing it: only what somebody asked for, and nothing that a lock names."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal, get_args

from storyboard.errors import Transient, Usage
from storyboard.gateway.hosting import StillHost, open_host
from storyboard.naming import named_anywhere
from storyboard.settings import Settings
from storyboard.store import files
from storyboard.store.claims import Claims
from storyboard.store.journal import Journal
from storyboard.store.orders import Order, Orders
from storyboard.store.outbox import Outbox
from storyboard.store.project import Project
from storyboard.store.takes import TakeStore

Scope = Literal["cache", "drawn", "takes", "stills"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
SECONDS = 7 * 24 * 3600
"""How long a take stays that no lock names: a render that was killed names it when it is run again."""


@dataclass(frozen=True, slots=True)
class Surplus:
    """A thing that may be removed."""

    scope: Scope
    name: str
    """For people; for a take its digest."""
    bytes: int
    order: Order | None = None
    """The order that a take came of, where the journal knows it."""

    @property
    def cost(self) -> Decimal:
        """US dollars that were paid for it, as far as they are known."""
        return self.order.spent if self.order else Decimal(0)


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is to remove."""

    surplus: tuple[Surplus, ...]
    young: int = 0
    """Takes that no lock names, and that are kept for a week all the same."""
    films: int = 0
    """Films whose locks were looked at."""
    gone: tuple[Path, ...] = ()
    """Storyboards that are out of sight."""
    where: str = ""
    """Where stills are hosted."""

    def of(self, scope: Scope) -> tuple[Surplus, ...]:
        """What a scope has."""
        return tuple(one for one in self.surplus if one.scope == scope)


def survey(project: Project, settings: Settings, scopes: Sequence[Scope], *, forget_gone: bool = False) -> Survey:
    """What could be removed in these scopes; nothing is.

    `cache`: this film's cache. `drawn`: animatics, of any film. `takes`: takes that were paid for, and that no lock
    names: of any film known here, on any branch. `stills`: hosted images of orders that are settled. `forget_gone`:
    films whose storyboard is out of sight name nothing.
    """
    if not scopes:
        hint = "say what: `--cache`, `--drawn`, `--takes` or `--stills`"
        raise Usage("nothing is removed unasked", hint=hint)
    surplus = _cache(project) if "cache" in scopes else []
    young, films, where = 0, 0, ""
    gone: tuple[Path, ...] = ()
    with closing(Journal(settings.home)) as journal:
        drawn, store = journal.drawn(), TakeStore(settings.home)
        if "drawn" in scopes:
            found = (path for path in store.every() if path.stem in drawn)
            surplus += [Surplus("drawn", path.stem, path.stat().st_size) for path in found]
        if "takes" in scopes:
            names = named_anywhere(settings.home, project.file, forget_gone=forget_gone)
            paid = [path for path in store.every() if path.stem not in names.digests | drawn]
            old = [path for path in paid if path.stat().st_mtime < time.time() - SECONDS]
            orders = {order.sha256: order for order in Orders(journal.database).held()}
            surplus += [Surplus("takes", path.stem, path.stat().st_size, orders.get(path.stem)) for path in old]
            young, films, gone = len(paid) - len(old), len(names.films), names.gone
    if "stills" in scopes:
        host = _host(project, settings)
        surplus, where = [*surplus, *_stills(host, settings)], host.where
    return Survey(tuple(surplus), young, films, gone, where)


def collect(project: Project, settings: Settings, agreed: Survey, *, forget_gone: bool = False) -> tuple[Surplus, ...]:
    """Remove what was agreed to, as far as it still may be; what was removed.

    `Transient` while a render is at work that may need a still, or what is in the cache.
    """
    scopes = [scope for scope in SCOPES if agreed.of(scope)]
    if not scopes:
        return ()
    if "stills" in scopes and (holder := Claims(settings.home).busy()):
        raise Transient(f"a render is at work: {holder}", hint="run it again when that one is done")
    known = {(one.scope, one.name) for one in agreed.surplus}
    now = survey(project, settings, scopes, forget_gone=forget_gone)
    removed = tuple(one for one in now.surplus if (one.scope, one.name) in known)
    host = _host(project, settings) if "stills" in scopes else None
    for one in removed:
        if one.scope == "cache":
            project.clear_caches()
        elif one.scope == "stills" and host:
            host.remove(Path(one.name).stem, Path(one.name).suffix)
        else:
            path = TakeStore(settings.home).path(one.name)
            with files.writing(path):
                path.unlink()
    return removed


def _cache(project: Project) -> list[Surplus]:
    folder = project.caches
    size = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # a render may be at work
            size += path.lstat().st_size if path.is_file() else 0
    return [Surplus("cache", folder.relative_to(project.base).as_posix(), size)] if folder.exists() else []


def _host(project: Project, settings: Settings) -> StillHost:
    own = settings.stills_host, settings.stills_url
    host = open_host(*own, settings.home, project.root, allow_loopback=settings.allow_loopback)
    if host is None:
        raise Usage("no stills are hosted: nobody said where", hint="docs/hosting.md says how to name a place")
    return host


def _stills(host: StillHost, settings: Settings) -> list[Surplus]:
    """The hosted files of a project that no order needs any more."""
    needed = Outbox(settings.home).named()
    mine = ((name, size) for name, size in host.hosted().items() if Path(name).stem not in needed)
    return [Surplus("stills", name, size) for name, size in mine]
