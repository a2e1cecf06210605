"""Orders whose outcome nobody knows: settled as far as the gateway can tell, and by a person for the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from storyboard.errors import StoryboardError, Usage
from storyboard.examine import checked
from storyboard.gateway.faults import CallFailed
from storyboard.gateway.remote import remote_gateway
from storyboard.order import Counter, remembers
from storyboard.planner.plan import plan
from storyboard.planner.price import built_in
from storyboard.planner.take import Take
from storyboard.production import Production, open_production
from storyboard.progress import Watch
from storyboard.purse import Purse
from storyboard.receive import Desk, hold, take_in
from storyboard.running import run
from storyboard.settings import Settings
from storyboard.store.orders import Ceiling, Order
from storyboard.store.project import Project

STRAY = "it may have been charged, and no shot asks for it any more"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person decided of a shot's open order: at most one of the two."""

    adopt: str = ""
    """The gateway's name of the operation, or a clip file."""
    abandon: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an open order, and what is still to be said of it."""

    order: Order
    take: Take | None
    said: str


def resolve(project: Project, settings: Settings, shot: str, verdict: Verdict, watch: Watch) -> tuple[Settled, ...]:
    """Settle the open orders of a film, or of one shot. Nothing is ever ordered by it."""
    with open_production(project, settings, "remote") as production:
        production.tidy()
        own, slates = production.orders.of_film(production.film), _slates(project, production)
        shared = [order for slate in slates for order in production.orders.of_slate(slate)]
        found = _open(own, shared)
        chosen = [order for order in found if shot in ("", order.shot)]
        if verdict.adopt or verdict.abandon:
            return (_decide(production, _only_one(chosen, shot), verdict, watch),)
        return tuple(
            Settled(order, None, STRAY)
            if order.state == "sent" and order.slate not in slates
            else _look(production, order, watch)
            for order in chosen
        )


def _open(own: Iterable[Order], shared: Iterable[Order]) -> list[Order]:
    return list({order.key: order for order in (*own, *shared) if order.open}.values())


def _slates(project: Project, production: Production) -> set[str]:
    """The slates of the film as it is: an order of another film, or of this one elsewhere, may be theirs."""
    try:
        wanted = plan(checked(project, allow_unknown_model=True), production, "remote")
    except StoryboardError:
        return set()
    return {one.slate for one in wanted.shots if one.slate}


def _only_one(orders: list[Order], shot: str) -> Order:
    if not shot:
        raise Usage("say which shot that is for", hint="storyboard resolve FILE SHOT …")
    if not orders:
        raise Usage(f"shot `{shot}` has no open order", hint="`storyboard resolve FILE` lists them")
    return orders[-1]


def _decide(production: Production, order: Order, verdict: Verdict, watch: Watch) -> Settled:
    if verdict.abandon:
        production.conclude(order, state="abandoned")
        said = f"abandoned; it counts for up to ${order.estimate:.2f}, and a render may order it anew"
        return Settled(replace(order, state="abandoned"), None, said)
    file = Path(verdict.adopt)
    if file.is_file():
        take = _adopt(production, order, file)
        return Settled(replace(order, state="held"), take, f"adopted {file.name} as its take {take.sha256[:12]}")
    if file.suffix or "/" in verdict.adopt:
        raise Usage(f"there is no file `{verdict.adopt}`")
    if order.operation and order.operation.get("gatewayJobId") != verdict.adopt:
        raise Usage(f"it has an operation already: {order.operation.get('gatewayJobId', 'another one')}")
    operation = {"gatewayJobId": verdict.adopt}
    run(_check_known, production, order, operation)
    if not production.orders.accept(order, operation, ""):
        production.orders.change(order, state=order.state, reason=order.reason)
        raise Usage("another order has that operation", hint="see the gateway's own list of jobs")
    return _look(production, replace(order, state="accepted", operation=operation), watch)


async def _check_known(production: Production, order: Order, operation: dict[str, str]) -> None:
    """`Usage` when the gateway does not know an operation: then the order stays as it is."""
    async with remote_gateway(production.settings) as client:
        try:
            await client.status(order.model, operation, production.takes.folder)
        except CallFailed as failure:
            if failure.outcome == "refused":
                message = f"the gateway knows no job `{operation['gatewayJobId']}` of {order.model}"
                raise Usage(message, hint="its dashboard lists your jobs") from None
            raise


def _adopt(production: Production, order: Order, file: Path) -> Take:
    """The take that a person's file is; `Refused` when it is no whole clip."""
    digest, _ = take_in(production.takes, file)
    return hold(production, order, digest)


def _look(production: Production, order: Order, watch: Watch) -> Settled:
    """Ask the gateway after an order that it knows; say how the others stand."""
    if order.state == "sent" and order.route == "start" and remembers(order):
        return Settled(order, None, "it may have been ordered; `storyboard render` goes on with the same order")
    if not order.operation:
        return Settled(order, None, order.reason or "the line was cut before the gateway answered")
    if production.settings.credential is None:
        return Settled(order, None, "it is under way; AI_GATEWAY_API_KEY is needed to fetch it")
    try:
        with production.claims.taking(order.slate) as holder:
            if holder:
                return Settled(order, None, f"another render has it: {holder}")
            take = run(_fetch, production, replace(order, state="accepted"), watch)
    except StoryboardError as error:
        return Settled(order, None, error.message)
    return Settled(replace(order, state="held"), take, f"it has arrived: take {take.sha256[:12]}")


async def _fetch(production: Production, order: Order, watch: Watch) -> Take:
    purse = Purse(Ceiling(Decimal(0), Decimal(0)), built_in())
    async with remote_gateway(production.settings) as client:
        return await Counter(Desk(production, client, watch), purse, lambda _: None).go_on(order)
