"""Carry out a plan: every missing take ordered, waited for, fetched, measured and kept. The only caller of the gateway.

Equal requests are one order. A shot that goes on from another waits for that one's take. One shot's failure does not
stop the others: what was made is kept, and the next run asks for the rest.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from storyboard.assembler import media
from storyboard.errors import Refused, StoryboardError, Transient, worst
from storyboard.gateway.client import GatewayClient
from storyboard.gateway.wire import Answer, Clip
from storyboard.planner.plan import START_LIMIT, Plan, PlannedShot, request_of
from storyboard.planner.request import Request
from storyboard.planner.take import Take
from storyboard.production import Production
from storyboard.progress import ShotMoved, Watch
from storyboard.spec.model import Order, Storyboard
from storyboard.store import files

CLIP_LIMIT = 2 * 1024**3
SLOWEST_POLL = 30.0


async def shoot(
    production: Production, client: GatewayClient, storyboard: Storyboard, plan: Plan, watch: Watch
) -> Mapping[str, Take]:
    """The take of every shot that needs one, by shot id. When some cannot be made: the worst error, after all ended."""
    crew = _Crew(production, client, storyboard, watch)
    takes = {one.shot.id: one.take for one in plan.shots if one.take}
    crew.sources.update({id_: take.sha256 for id_, take in takes.items()})
    crew.sources.update({one.shot.id: production.digest(one.shot.footage) for one in plan.shots if one.shot.footage})
    for one in plan.missing:
        crew.tasks[one.shot.id] = asyncio.create_task(crew.shot(one), name=one.shot.id)
    try:
        results = await asyncio.gather(*crew.tasks.values(), return_exceptions=True)
    finally:
        await crew.dismiss()
    failures: list[StoryboardError] = []
    for one, result in zip(plan.missing, results, strict=True):
        if isinstance(result, StoryboardError):
            failures.append(result)
        elif isinstance(result, BaseException):
            raise result
        else:
            takes[one.shot.id] = result
    if failures:
        first = worst(failures)
        first.also = tuple(error for error in failures if error is not first)
        first.hint = first.hint or "what was shot is kept; run it again for the rest"
        raise first
    return takes


class _Crew:
    def __init__(self, production: Production, client: GatewayClient, storyboard: Storyboard, watch: Watch) -> None:
        self.production, self.client, self.storyboard, self.watch = production, client, storyboard, watch
        self.sources: dict[str, str] = {}
        self.tasks: dict[str, asyncio.Task[Take]] = {}
        self.orders: dict[str, asyncio.Task[Take]] = {}
        self.room = asyncio.Semaphore(production.settings.concurrency)

    async def dismiss(self) -> None:
        """End what is still under way, and see to it that nothing is left unheard."""
        left = [*self.tasks.values(), *self.orders.values()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def shot(self, planned: PlannedShot) -> Take:
        """The take of one shot; an error carries the shot's place."""
        shot, order = planned.shot, planned.shot.order
        assert order is not None  # noqa: S101 - a missing shot has an order
        self.watch(ShotMoved(shot.id, "waiting"))
        try:
            if planned.depends_on:
                await self._earlier(planned.depends_on)
            request = planned.request or request_of(self.storyboard, shot, order, self.production, self.sources)
            slate = request.slate
            if slate not in self.orders:
                self.orders[slate] = asyncio.create_task(self._order(shot.id, request, order))
            take = await asyncio.shield(self.orders[slate])
        except StoryboardError as error:
            self.watch(ShotMoved(shot.id, "failed"))
            raise type(error)(f"shot `{shot.id}`: {error.message}", hint=error.hint, where=shot.where) from error
        self.sources[shot.id] = take.sha256
        self.watch(ShotMoved(shot.id, "held", take.bytes))
        return take

    async def _earlier(self, shot: str) -> None:
        if shot not in self.tasks:
            if shot not in self.sources:
                raise Refused(f"it goes on from `{shot}`, which has no take", hint=f"shoot it too: `--shot {shot}`")
            return
        try:
            await asyncio.shield(self.tasks[shot])
        except StoryboardError:
            raise Transient(f"it goes on from `{shot}`, which could not be shot") from None

    async def _order(self, shot: str, request: Request, order: Order) -> Take:
        production = self.production
        held = production.find(request.slate)
        if held:
            return held
        async with self.room:
            self.watch(ShotMoved(shot, "ordered"))
            body = await asyncio.to_thread(production.body, request)
            if len(body) <= START_LIMIT:
                answer = await self._start_and_wait(shot, request, body)
            else:
                self.watch(ShotMoved(shot, "shooting"))
                answer = await self.client.generate(order.model, body)
            temp = production.takes.folder / f".{secrets.token_hex(8)}.part"
            try:
                await self._fetch(shot, answer.clip, temp)
                take = await asyncio.to_thread(self._keep, request, answer, temp)
                self.production.journal.record(take)
                return take
            finally:
                temp.unlink(missing_ok=True)

    async def _start_and_wait(self, shot: str, request: Request, body: bytes) -> Answer:
        settings, key = self.production.settings, order_key(request.slate)
        operation = await self.client.start(request.model, body, key)
        self.watch(ShotMoved(shot, "shooting"))
        wait, deadline = settings.poll_seconds, time.monotonic() + settings.deadline_seconds
        while time.monotonic() < deadline:
            await asyncio.sleep(wait)
            status = await self.client.status(request.model, operation)
            if status.answer:
                return status.answer
            if status.state in ("error", "cancelled"):
                raise Refused(f"the provider says: {status.error}")
            wait = min(wait * 1.3, SLOWEST_POLL)
        raise Transient(
            f"not finished after {settings.deadline_seconds:.0f} s", hint="`storyboard status` says how it stands"
        )

    async def _fetch(self, shot: str, clip: Clip, temp: Path) -> None:
        got = 0
        with files.writing(temp), files.create(temp) as file:
            file.write(clip.data)
            if clip.url:
                async with self.client.download(clip.url) as chunks:
                    async for chunk in chunks:
                        got += len(chunk)
                        if got > CLIP_LIMIT:
                            raise Refused("the clip is larger than 2 GiB")
                        file.write(chunk)
                        self.watch(ShotMoved(shot, "downloading", got))

    def _keep(self, request: Request, answer: Answer, temp: Path) -> Take:
        production = self.production
        try:
            facts = media.probe(temp)
        except Refused as error:
            raise Refused(f"what the gateway sent is not a whole clip: {error.message}") from None
        size = temp.stat().st_size
        return Take(
            slate=request.slate, number=1, sha256=production.takes.adopt(temp), bytes=size, facts=facts,
            gateway="local" if answer.local else "remote", recipe=production.recipe if answer.local else "",
            cost=answer.cost or Decimal(0), warnings=answer.warnings,
        )  # fmt: skip


def order_key(slate: str, number: int = 1, attempt: int = 1, team: str = "") -> str:
    """The idempotency key of an order: the same on every machine of a team, and never made from a credential."""
    return "sb1-" + hashlib.sha256(f"{team}\n{slate}\n{number}\n{attempt}".encode()).hexdigest()[:40]
