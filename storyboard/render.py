"""The whole story: examine, plan, shoot, assemble, and write down what was made."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from storyboard.assembler import ffmpeg, media
from storyboard.assembler.assemble import Film, Job, assemble
from storyboard.assembler.picture import DRAFT, ENCODER
from storyboard.assembler.segments import Extras
from storyboard.assembler.timeline import build_timeline
from storyboard.consent import Purse, Terms, agree
from storyboard.errors import Gate, Usage
from storyboard.examine import checked, source_of
from storyboard.planner.lock import Lock
from storyboard.planner.plan import Plan, plan
from storyboard.planner.price import PriceList, built_in, parse_price_list
from storyboard.planner.take import Facts, Gateway, Take
from storyboard.production import Production, lock_of, open_production
from storyboard.progress import Said, Watch
from storyboard.receive import Desk, warm_up
from storyboard.settings import Settings
from storyboard.shoot import Work, shoot
from storyboard.spec.model import Output, Storyboard
from storyboard.store.orders import Ceiling
from storyboard.store.project import Project
from storyboard.store.sums import read_sums, write_sums

if TYPE_CHECKING:
    from storyboard.gateway.client import GatewayClient

NO_KEY = "AI_GATEWAY_API_KEY is not set"


@dataclass(frozen=True, slots=True)
class Options:
    """What a render was asked for."""

    gateway: Gateway | None = None
    """None: whatever the settings amount to."""
    draft: Literal["", "circled", "all"] = ""
    """A quick film with animatics: for what has no circled take, or for all."""
    shots: tuple[str, ...] = ()
    """Only these are shot; empty for all."""
    outputs: tuple[str, ...] = ()
    """Only these are made; empty for all."""
    allow_unknown_model: bool = False
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a render did."""

    outcome: Literal["rendered", "unchanged", "incomplete"]
    films: tuple[Film, ...]
    plan: Plan
    takes: Mapping[str, Take]
    missing: tuple[str, ...]
    """Shots that have no take yet."""
    spent: Decimal
    """US dollars: what was billed in this run, and where nobody told, the most that it can have been."""


def render(project: Project, settings: Settings, options: Options, watch: Watch) -> Rendered:
    """Make the films of a storyboard, and everything that they lack."""
    storyboard = checked(project, allow_unknown_model=options.allow_unknown_model)
    outputs = _chosen(storyboard, options)
    gateway = choose_gateway(settings, options.gateway, draft=bool(options.draft), bought=bool(lock_of(project).shots))
    circled = options.draft == "circled"
    with open_production(project, settings, gateway, circled_first=circled) as production:
        production.tidy()
        keep = options.terms.keep_stale
        wanted = _only(plan(storyboard, production, gateway, keep_stale=keep), options.shots)
        takes = _usable(wanted)
        spent = Decimal(0)
        try:
            if gateway == "local":
                _draw(production, storyboard, wanted, watch, takes)
            elif _left_to_do(production, wanted, options.terms):
                wanted, spent = _buy(production, storyboard, wanted, options, watch, takes)
        finally:
            if gateway == "remote" and not options.terms.locked:
                production.relock(_locked(production.lock, wanted, takes))
        production.sweep()
        if missing := tuple(shot.id for shot in storyboard.shots if shot.order and shot.id not in takes):
            return Rendered("incomplete", (), wanted, takes, missing, spent)
        films = tuple(
            assemble(job, production.cache, watch)
            for job in list(_jobs(production, storyboard, outputs, takes, options))
        )
        if not options.draft:
            _record(production, storyboard, films)
    outcome: Literal["rendered", "unchanged"] = "rendered" if any(film.written for film in films) else "unchanged"
    return Rendered(outcome, films, wanted, takes, (), spent)


def make_plan(project: Project, settings: Settings, options: Options, *, live: bool = True) -> tuple[Storyboard, Plan]:
    """The storyboard, and what a render would do. Nothing is ordered; `live`: the gateway is asked for its prices."""
    storyboard = checked(project, allow_unknown_model=options.allow_unknown_model)
    bought = bool(lock_of(project).shots)
    gateway = choose_gateway(settings, options.gateway, draft=bool(options.draft), bought=bought)
    with open_production(project, settings, gateway) as production:
        wanted = plan(storyboard, production, gateway, keep_stale=options.terms.keep_stale)
        if live and wanted.to_buy and settings.credential:
            prices = asyncio.run(_live_prices(settings))
            wanted = plan(storyboard, production, gateway, prices, keep_stale=options.terms.keep_stale)
        return storyboard, _only(wanted, options.shots)


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


def _usable(wanted: Plan) -> dict[str, Take]:
    """The takes that the cut can use as they are, by shot."""
    states = ("held", "stale") if wanted.keep_stale else ("held",)
    return {one.shot.id: one.take for one in wanted.shots if one.take and one.state in states}


def _locked(lock: Lock, wanted: Plan, takes: Mapping[str, Take]) -> Lock:
    """The lock with the bought takes that shots have now; what was kept although it is stale stays as it is."""
    stale = {one.shot.id for one in wanted.shots if one.state == "stale" and one.take == takes.get(one.shot.id)}
    bought = [(id_, take) for id_, take in takes.items() if take.gateway == "remote" and id_ not in stale]
    return lock.with_takes(bought)


def _left_to_do(production: Production, wanted: Plan, terms: Terms) -> bool:
    """Whether the gateway is needed at all; `Gate` where it is, and may not be used."""
    if not wanted.missing:
        return False
    names = ", ".join(f"`{one.shot.id}`" for one in wanted.missing[:6]) + ("" if len(wanted.missing) <= 6 else " …")
    have = "has no take" if len(wanted.missing) == 1 else "have no takes"
    if terms.locked:
        raise Gate(f"{names} {have}, and `--locked` spends nothing", hint="`storyboard plan` shows what is missing")
    if production.settings.credential is None:
        hint = "set it to shoot them; `--draft` draws animatics in their place, `--gateway local` the whole film"
        raise Gate(f"{names} {have}, and {NO_KEY}", hint=hint)
    return True


def _buy(
    production: Production, storyboard: Storyboard, wanted: Plan, options: Options, watch: Watch, takes: dict[str, Take]
) -> tuple[Plan, Decimal]:
    """Agree, and shoot: the plan that was agreed to, and what it cost."""
    terms, settings = options.terms, production.settings
    prices = asyncio.run(_live_prices(settings)) if wanted.to_buy else built_in()

    def replan(*, keep_stale: bool) -> Plan:
        planned = plan(storyboard, production, "remote", prices, keep_stale=keep_stale)
        return _only(planned, options.shots)

    limit = Decimal(0)
    budget = storyboard.budget
    if wanted.to_buy:
        spent = production.orders.spent(production.film, production.lock.costs)
        wanted = replan(keep_stale=terms.keep_stale)
        wanted, limit = agree(wanted, terms, lambda: replan(keep_stale=True), Ceiling(budget, terms.budget), spent)
        takes.update(_usable(wanted))
    purse = Purse(
        Ceiling(budget, limit), prices, terms.max_shot_cost, _planned(wanted), lock_timeout=terms.lock_timeout,
        allow_held_open=terms.allow_held_open or terms.ask is not None,
    )  # fmt: skip
    warm_up()
    work = Work(storyboard, wanted, frozenset(options.shots), production.strays(wanted))
    try:
        asyncio.run(_shoot(production, _remote(settings), purse, work, watch, takes))
    finally:
        spent = production.orders.spent_in(purse.run)
    return wanted, spent


def _planned(wanted: Plan) -> dict[str, Decimal]:
    return {one.slate: one.estimate for one in wanted.to_buy if one.slate and one.estimate is not None}


def _draw(production: Production, storyboard: Storyboard, wanted: Plan, watch: Watch, takes: dict[str, Take]) -> None:
    """Have the embedded gateway draw what is missing."""
    from storyboard.gateway.embedded import embedded_gateway

    if not wanted.missing:
        return
    if not takes or all(take.gateway == "local" for take in takes.values()):
        shown = shlex.quote(production.project.shown)
        hint = f"real footage needs AI_GATEWAY_API_KEY; `storyboard plan {shown} --gateway remote` has its price"
        watch(Said("This film is an animatic: moving stills, drawn here, free.", hint))
    purse = Purse(Ceiling(None, None), built_in(), free=True)
    asyncio.run(_shoot(production, embedded_gateway(), purse, Work(storyboard, wanted), watch, takes))


async def _shoot(
    production: Production, gateway: AbstractAsyncContextManager[GatewayClient], purse: Purse, work: Work, watch: Watch,
    takes: dict[str, Take],
) -> None:  # fmt: skip
    async with gateway as client:
        await shoot(Desk(production, client, watch), purse, work, takes)


def _remote(settings: Settings) -> AbstractAsyncContextManager[GatewayClient]:
    from storyboard.gateway.remote import remote_gateway

    return remote_gateway(settings)


async def _live_prices(settings: Settings) -> PriceList:
    """The prices of the gateway in use, where it tells them; else those of the built-in table."""
    async with _remote(settings) as client:
        answer = await client.prices()
    return parse_price_list(answer) if answer else built_in()


def _chosen(storyboard: Storyboard, options: Options) -> tuple[Output, ...]:
    names = [output.name for output in storyboard.outputs]
    for name in options.outputs:
        if name not in names:
            raise Usage(f"there is no output `{name}`", hint=f"there is {', '.join(names)}")
    for id_ in options.shots:
        if all(shot.id != id_ for shot in storyboard.shots):
            raise Usage(f"there is no shot `{id_}`", hint=f"`storyboard status {storyboard.file}` lists them")
    return tuple(output for output in storyboard.outputs if not options.outputs or output.name in options.outputs)


def _only(wanted: Plan, shots: tuple[str, ...]) -> Plan:
    """The plan for some shots alone. To name a shot is to agree that a lost take of it is paid for again."""
    if not shots:
        return wanted
    left = {one.shot.id for one in wanted.missing} - set(shots)
    kept = (one for one in wanted.shots if one.shot.id not in left)
    return replace(wanted, shots=tuple(replace(one, paid=False) if one.shot.id in shots else one for one in kept))


def _jobs(
    production: Production, storyboard: Storyboard, outputs: tuple[Output, ...], takes: Mapping[str, Take],
    options: Options,
) -> Iterator[Job]:  # fmt: skip
    """How to make each output. What is the same for all of them is looked at once."""
    clips: dict[str, tuple[Facts, str]] = {}
    for shot in storyboard.shots:
        if shot.footage:
            digest = production.digest(shot.footage)
            clips[shot.id] = media.probe(production.locate(digest)), digest
        elif take := takes.get(shot.id):
            clips[shot.id] = take.facts, take.sha256
    cards = {shot.card.image for shot in storyboard.shots if shot.card and shot.card.image}
    images = {image: production.card_picture(image) for image in sorted(cards)}
    sounds = {sound.file: production.digest(sound.file) for sound in storyboard.mix.sounds}
    extras = Extras(images, _slates(storyboard, takes) if options.draft else {}, bool(options.draft))
    for output in outputs:
        sources = {shot.id: source_of(shot, output, storyboard.rate, clips.get(shot.id)) for shot in storyboard.shots}
        target = production.project.target(output.file)
        yield Job(
            storyboard=storyboard,
            output=output,
            timeline=build_timeline(storyboard, output, sources),
            target=target.with_suffix(".draft.mp4") if options.draft else target,
            extras=extras,
            sounds=sounds,
            locate=production.locate,
            encoder=DRAFT if options.draft else ENCODER,
        )


def _slates(storyboard: Storyboard, takes: Mapping[str, Take]) -> dict[str, str]:
    """The slate line of every shot that is an animatic: its id, and the beginning of its prompt."""
    lines = {}
    for shot in storyboard.shots:
        take = takes.get(shot.id)
        if shot.order and take and take.gateway == "local":
            prompt = " ".join(shot.order.prompt.split())
            lines[shot.id] = f"{shot.id}  ·  {prompt[:90]}{'…' if len(prompt) > 90 else ''}"
    return lines


def _record(production: Production, storyboard: Storyboard, films: tuple[Film, ...]) -> None:
    """Write down the films that were made, beside those of outputs that were not asked for this time."""
    before, made = read_sums(production.project), {film.name: film.sha256 for film in films}
    digests = {output.file: made.get(output.name) or before.get(output.file) for output in storyboard.outputs}
    known = {file: digest for file, digest in digests.items() if digest}
    write_sums(production.project, known, ffmpeg.toolchain(production.cache))
