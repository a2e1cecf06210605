"""What a render would do, before it does it: the storyboard examined and planned, and which gateway that needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from storyboard.consent import Terms, names_of
from storyboard.errors import Gate, Usage
from storyboard.examine import checked
from storyboard.lockfile import lock_of
from storyboard.planner.part import Part, shots_in
from storyboard.planner.plan import Plan, PlannedShot, plan
from storyboard.planner.price import PriceList
from storyboard.planner.take import Gateway
from storyboard.production import Production, open_production
from storyboard.progress import Watch, unwatched
from storyboard.settings import Settings
from storyboard.spec.model import Storyboard
from storyboard.store.project import Project


@dataclass(frozen=True, slots=True)
class Options:
    """What a render was asked for."""

    gateway: Gateway | None = None
    """None: whatever the settings amount to."""
    draft: Literal["", "circled", "all"] = ""
    """A quick film with animatics: for what has no circled take, or for all."""
    shots: tuple[str, ...] = ()
    """Only these are shot; empty for all. To name one is to agree that a lost take of it is paid for again."""
    outputs: tuple[str, ...] = ()
    """Only these are made; empty for all."""
    allow_unknown_model: bool = False
    terms: Terms = field(default_factory=Terms)
    part: Part = field(default_factory=Part)
    """Only the shots of this part of the film are shot, besides those that are named."""


def make_plan(
    project: Project, settings: Settings, options: Options, *, live: bool = True, watch: Watch = unwatched
) -> tuple[Storyboard, Plan]:
    """The storyboard, and what a render would do. Nothing is ordered; `live`: the gateway is asked for its prices."""
    cache = project.cache(settings.home)
    storyboard = checked(project, allow_unknown_model=options.allow_unknown_model, cache=cache, watch=watch)
    bought = bool(lock_of(project).shots)
    gateway = choose_gateway(settings, options.gateway, draft=bool(options.draft), bought=bought)
    with open_production(project, settings, gateway) as production:
        wanted = plan(storyboard, production, gateway, keep_stale=options.terms.keep_stale)
        if live and wanted.to_buy and settings.credential:
            wanted = wanted.priced(_live_prices(settings))
        left = production.left_of(storyboard.budget) if gateway == "remote" else None
        wanted = replace(wanted, left=left, strays=len(production.strays(wanted)))
        return storyboard, wanted.only(shots_in(storyboard, options.shots, options.part), options.shots)


def together(films: Sequence[tuple[Project, Plan]]) -> Plan:
    """The plans of several films of one storyboard as one: each take is in it once, under its name in the lock."""
    if len(films) == 1:
        return films[0][1]
    shots: dict[str, PlannedShot] = {}
    for project, wanted in films:
        for one in wanted.shots:
            name = project.name_of(one.shot.id)
            shots.setdefault(name, replace(one, shot=replace(one.shot, id=name)))
    return replace(films[0][1], shots=tuple(shots.values()))


def choose_gateway(settings: Settings, asked: Gateway | None, *, draft: bool = False, bought: bool = False) -> Gateway:
    """The gateway that takes come from: what was asked for, else the remote one where a credential opens it.

    A film whose lock names `bought` takes is made of those, with a credential or without.
    """
    if draft:
        if asked == "remote":
            raise Usage("a draft is drawn locally: it has no use for `--gateway remote`")
        return "local"
    if asked:
        return asked
    if settings.gateway_url and settings.credential is None:
        hint = "set AI_GATEWAY_API_KEY, or draw the free animatic with `--gateway local`"
        raise Usage("a gateway is configured, and there is no credential for it", hint=hint)
    return "remote" if settings.credential or bought else "local"


def _live_prices(settings: Settings) -> PriceList:
    """The gateway's own prices. HTTP and its event loop take a while to load: only who asks waits for them."""
    from storyboard.buy import live_prices
    from storyboard.running import run

    return run(live_prices, settings)


def needs_gateway(production: Production, wanted: Plan, terms: Terms) -> bool:
    """Whether the gateway is needed at all; `Gate` where it is, and may not be used."""
    if production.gateway == "local":
        return bool(wanted.missing)
    if not wanted.missing:
        return bool(production.settings.credential and not terms.locked and production.strays(wanted))
    have = f"{names_of(wanted.missing)} {'has no take' if len(wanted.missing) == 1 else 'have no takes'}"
    if terms.locked:
        stale = all(one.state == "stale" for one in wanted.missing)
        hint = "`--keep-stale` goes on with the takes they had" if stale else "`storyboard plan` shows what is missing"
        raise Gate(f"{have} for what is asked, and `--locked` spends nothing", hint=hint)
    if production.settings.credential is None:
        hint = "set it to shoot them; `--draft` draws animatics in their place, `--gateway local` the whole film"
        raise Gate(f"{have}, and AI_GATEWAY_API_KEY is not set", hint=hint)
    return True
