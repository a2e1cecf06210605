"""From a finished order to a take: its clip fetched, found to be whole, measured against what was asked, and kept."""

from __future__ import annotations

import asyncio
import importlib
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from storyboard.assembler import arrival, media
from storyboard.errors import Refused, StoryboardError, Unresolved, Usage
from storyboard.gateway.client import GatewayClient
from storyboard.gateway.wire import Answer
from storyboard.planner.catalogue import catalogue
from storyboard.planner.request import Request
from storyboard.planner.take import Facts, Take
from storyboard.production import Production
from storyboard.progress import ShotMoved, Watch
from storyboard.steps import step
from storyboard.store import files
from storyboard.store.orders import Order
from storyboard.store.takes import TakeStore

BILLS_AT_ONCE = 8


def warm_up() -> None:
    """Import what the threads of a render need: a signal that falls into an import leaves its lock behind."""
    for name in ("av", "numpy", "PIL.Image", "storyboard.assembler.glance"):
        importlib.import_module(name)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every order of a render works with."""

    production: Production
    client: GatewayClient
    watch: Watch


async def receive(desk: Desk, order: Order, answer: Answer, request: Request | None) -> Take:
    """The clip of an answer on disk, as a take, and the order held with it.

    `Unresolved` when what came is no clip: it is paid for. A `CallFailed` of the download is passed on.
    """
    production, client = desk.production, desk.client
    step("K9")
    temp = files.unfinished(production.takes.folder)
    try:
        await client.fetch(answer.clip, temp, lambda got: _downloaded(desk, order.shot, got))
        take = await asyncio.to_thread(_keep, production, order, answer, temp, request)
    finally:
        files.discard(temp)
    cost = Decimal(0) if answer.local else answer.cost
    if answer.generation:
        order = replace(order, generation=answer.generation)
    take = take if cost is None else replace(take, cost=cost)
    await asyncio.to_thread(production.keep, order, take, cost)
    return take


def find_received(production: Production, order: Order) -> Take | None:
    """The take of an order whose clip is in the store, although its process died before it could say so."""
    return hold(production, order, order.sha256) if order.sha256 and production.takes.holds(order.sha256) else None


def hold(production: Production, order: Order, digest: str) -> Take:
    """The take of an order whose clip is in the store, written down; nobody told what it cost."""
    path = production.takes.verified(digest)
    take = _bought(order, digest, path.stat().st_size, media.probe(path))
    production.keep(order, take, None)
    return take


def take_in(takes: TakeStore, file: Path) -> tuple[str, Facts]:
    """Somebody's file copied into the store: its digest, and what it measures. `Refused` when it is no whole clip."""
    if not file.is_file():
        raise Usage(f"there is no file `{file}`")
    copy = files.unfinished(takes.folder)
    try:
        with files.reading(file), file.open("rb") as source, files.writing(copy), files.create(copy) as target:
            shutil.copyfileobj(source, target)
        facts = media.probe(copy)
        return takes.adopt(copy), facts
    except Refused as error:
        raise Refused(f"`{file.name}` is not a whole clip: {error.message}", hint=error.hint) from None
    finally:
        files.discard(copy)


async def fetch_again(desk: Desk, lost: Take) -> Take | None:
    """A lost take from the gateway that made it, if it still serves it: free, and mostly the same bytes."""
    production = desk.production
    made = [order for order in production.orders.of_slate(lost.slate) if order.sha256 == lost.sha256]
    if not made or not made[-1].operation or made[-1].base != production.base:
        return None
    order, temp = made[-1], files.unfinished(production.takes.folder)
    try:
        status = await desk.client.status(order.model, order.operation, production.takes.folder)
        if not status.answer:
            return None
        await desk.client.fetch(status.answer.clip, temp, lambda got: _downloaded(desk, order.shot, got))
        facts = await asyncio.to_thread(media.probe, temp)
        size, digest = temp.stat().st_size, await asyncio.to_thread(production.takes.adopt, temp)
        if digest == lost.sha256:
            return lost
        note = "the gateway served it a second time with other bytes"
        other = replace(lost, sha256=digest, bytes=size, facts=facts, cost=Decimal(0), warnings=(note,))
        production.journal.record(other)
        return other
    except StoryboardError:
        return None
    finally:
        files.discard(temp)


async def ask_bills(desk: Desk, run: str, takes: dict[str, Take]) -> None:
    """Ask what the clips of a run were billed, where their answers did not say, and write it down with their takes."""
    orders = desk.production.orders
    open_ = [order for order in orders.of_run(run) if order.state == "held" and order.cost is None and order.generation]
    room = asyncio.Semaphore(BILLS_AT_ONCE)

    async def ask(order: Order) -> None:
        async with room:
            cost = await desk.client.generation_cost(order.generation)
        if cost is not None:
            await asyncio.to_thread(orders.bill, order, cost)
            for shot, take in takes.items():
                if take.sha256 == order.sha256:
                    takes[shot] = replace(take, cost=cost)

    await asyncio.gather(*(ask(order) for order in open_))


def _downloaded(desk: Desk, shot: str, got: int) -> None:
    step("K10")
    desk.watch(ShotMoved(shot, "downloading", got))


def _keep(production: Production, order: Order, answer: Answer, temp: Path, request: Request | None) -> Take:
    """The take of a clip that was fetched, its bytes in the store."""
    try:
        facts = media.probe(temp)
    except Refused as error:
        what = f"what the gateway sent is not a whole clip: {error.message}"
        if production.gateway == "local":
            raise Refused(what, hint=error.hint) from None
        aside = production.takes.put_aside(temp, f"{order.key}.bin")
        raise Unresolved(
            f"it was paid for, and {what}",
            hint=f"the same command fetches it again, free; what came is {aside.name} in the store's quarantine",
        ) from None
    production.orders.change(order, sha256=files.sha256(temp))
    found = _check(production, request, temp, facts) if request and not answer.local else arrival.Arrival()
    size = temp.stat().st_size
    take = replace(
        _bought(order, production.takes.adopt(temp), size, facts),
        warnings=(*answer.warnings, *found.deviations), likeness=(_rounded(found.first), _rounded(found.last)),
    )  # fmt: skip
    recipe = production.recipe or production.base
    return replace(take, gateway="local", recipe=recipe, made="") if answer.local else take


def _bought(order: Order, digest: str, size: int, facts: Facts) -> Take:
    """The take that an order's clip is: it came today, for the most that it can have cost."""
    return Take(
        slate=order.slate, number=order.number, sha256=digest, bytes=size, facts=facts, gateway="remote", recipe="",
        cost=order.estimate, model=order.model, made=datetime.now(UTC).date().isoformat(),
    )  # fmt: skip


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 2)


def _check(production: Production, request: Request, clip: Path, facts: Facts) -> arrival.Arrival:
    """How a clip differs from what was ordered, and how near its ends are to the stills."""
    model = catalogue().models.get(request.model)
    first, last = (production.ready(one) if one else None for one in (request.first, request.last))
    wanted = arrival.Wanted(
        seconds=None if request.motion else request.seconds,
        short_side=model.height(request.mode) if model and request.mode in model.modes else None,
        audio=None if request.motion or model is None or model.audio == "always" else request.audio,
        aspect=Fraction(*map(int, request.aspect.split(":"))) if ":" in request.aspect else None,
        first=first, last=last,
    )  # fmt: skip
    return arrival.check(clip, facts, wanted)
