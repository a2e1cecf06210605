"""From a plan that lacks takes to takes: agreed to and bought from the paid gateway, or drawn by the embedded one."""

from __future__ import annotations

import shlex
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from decimal import Decimal

from storyboard.consent import Terms, agree
from storyboard.gateway.client import GatewayClient
from storyboard.gateway.embedded import embedded_gateway
from storyboard.gateway.remote import remote_gateway
from storyboard.planner.plan import Plan, plan
from storyboard.planner.price import PriceList, built_in, parse_price_list
from storyboard.planner.take import Take
from storyboard.production import Production
from storyboard.progress import Event, Said, ShotMoved, Watch
from storyboard.purse import Purse
from storyboard.receive import Desk, warm_up
from storyboard.running import run
from storyboard.settings import Settings
from storyboard.shoot import Work, shoot
from storyboard.spec.model import Storyboard
from storyboard.store.orders import Ceiling
from storyboard.store.project import Project


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants bought, and on which terms."""

    terms: Terms
    shots: tuple[str, ...] = ()
    """Only these; empty for all."""
    named: tuple[str, ...] = ()
    """Of these, a lost take is paid for again: who named them agreed to it."""
    strays: bool = True
    """Whether earlier orders are fetched too that no shot waits for any more."""


def buy(
    production: Production, storyboard: Storyboard, wanted: Plan, wish: Wish, watch: Watch, takes: dict[str, Take]
) -> tuple[Plan, Decimal]:
    """Agree, and shoot: the plan that was agreed to, and what it cost in US dollars. The takes are put into `takes`."""
    terms, settings, prices, limit = wish.terms, production.settings, built_in(), Decimal(0)

    def keeping() -> Plan:
        return plan(storyboard, production, "remote", prices, keep_stale=True).only(wish.shots, wish.named)

    if wanted.to_buy:
        prices = run(live_prices, settings)
        wanted, limit = agree(wanted.priced(prices), terms, keeping, production.left_of(storyboard.budget))
        takes.update(wanted.usable)
    planned = {one.slate or one.shot.id: one.estimate for one in wanted.to_buy if one.estimate is not None}
    purse = Purse(
        Ceiling(storyboard.budget, limit), prices, terms.max_shot_cost, planned, production.lock.costs,
        allow_held_open=terms.allow_held_open or terms.asks, lock_timeout=terms.lock_timeout,
    )  # fmt: skip
    warm_up()
    strays = production.strays(wanted) if wish.strays else ()
    work = Work(storyboard, wanted, frozenset(wish.named), strays)
    try:
        run(_shoot, production, remote_gateway(settings), purse, work, watch, takes)
    finally:
        spent = production.orders.spent_in(purse.run)
    return wanted, spent


def draw(production: Production, storyboard: Storyboard, wanted: Plan, watch: Watch, takes: dict[str, Take]) -> None:
    """Have the embedded gateway draw what is missing."""
    if not wanted.missing:
        return
    if not takes or all(take.gateway == "local" for take in takes.values()):
        shown = shlex.quote(production.project.shown)
        key = "" if production.settings.credential else "real footage needs AI_GATEWAY_API_KEY; "
        hint = f"{key}`storyboard plan {shown} --gateway remote` has the price of real footage"
        watch(Said("This film is an animatic: moving stills, drawn here, free.", hint))
    purse = Purse(Ceiling(None, None), built_in(), free=True)
    run(_shoot, production, embedded_gateway(), purse, Work(storyboard, wanted), watch, takes)


async def live_prices(settings: Settings) -> PriceList:
    """The prices of the gateway in use, where it tells them; else those of the built-in table."""
    async with remote_gateway(settings) as client:
        answer = await client.prices()
    return parse_price_list(answer) if answer else built_in()


async def _shoot(
    production: Production, gateway: AbstractAsyncContextManager[GatewayClient], purse: Purse, work: Work, watch: Watch,
    takes: dict[str, Take],
) -> None:  # fmt: skip
    async with gateway as client:
        await shoot(Desk(production, client, _named(production.project, watch)), purse, work, takes)


def _named(project: Project, watch: Watch) -> Watch:
    """A watch that hears of shots by their names in the lock: a variant's own, told apart from those of the film."""

    def told(event: Event) -> None:
        if isinstance(event, ShotMoved):
            shot, space, take = event.shot.partition(" ")
            event = replace(event, shot=f"{project.name_of(shot)}{space}{take}")
        watch(event)

    return told if project.own else watch
