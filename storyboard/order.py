"""The order protocol: everything that can be paid twice, and why it is not.

One clip, from its request to a take on disk. What is about to happen is on disk before it happens, the exact bytes and
their key included, so that whoever comes after a crash goes on from there and never pays again:

    claim ─▶ reserve ─▶ outbox ─▶ send ─▶ operation ─▶ poll ─▶ fetch ─▶ verify ─▶ held
             money       K3       K4–K6       K7        K8     K9–K10   K11–K13    K14

A start whose answer was lost is sent again with the same key and the same bytes. A held-open call that was lost is
never sent again: it is unresolved, and a person decides.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from storyboard.errors import Gate, Refused, StoryboardError, Transient, Unresolved
from storyboard.gateway import posting
from storyboard.gateway.faults import CallFailed
from storyboard.gateway.wire import Status
from storyboard.planner.request import Request, as_sent
from storyboard.planner.route import NO_HOST
from storyboard.planner.take import Take
from storyboard.progress import ShotMoved
from storyboard.purse import Purse
from storyboard.receive import Desk, fetch_again, find_received, receive
from storyboard.steps import step
from storyboard.store.orders import Ceiling, Order, taken
from storyboard.store.slates import Slates

KEY_SECONDS = 24 * 3600
"""How long a gateway is trusted to remember an idempotency key."""
CLOCK_SECONDS = 60
"""How far this machine's clock may have gone back since an order."""
ADDRESSES = 3
"""How often a finished clip's address is asked for again when it no longer opens."""
CLAIM_SECONDS = 0.5
RESOLVE = "`storyboard resolve` settles it; it is never ordered again by itself"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a shot wants of the protocol."""

    shot: str
    request: Request
    route: str
    hosted: bool = False
    rebuy: bool = False
    """Whether a take that was paid for and is lost may be bought again."""
    number: int = 0
    """Where one more take is wanted, whatever is held: its number."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Where orders are made: one for a render."""

    desk: Desk
    purse: Purse
    closed: Callable[[str], StoryboardError | None]
    """Why no further order of a model is made; None while they are."""

    async def fulfil(self, asked: Asked) -> Take:
        """The take of a request: the one that is held, that somebody else is making, or a new one."""
        production, slate = self.desk.production, asked.request.slate
        deadline = time.monotonic() + self.purse.lock_timeout
        while not (held := production.find(asked.shot, slate)):
            with production.claims.taking(slate) as holder:
                if holder is None:
                    return production.find(asked.shot, slate) or await self.make(asked)
            if time.monotonic() > deadline:
                raise taken(str(holder))
            await asyncio.sleep(CLAIM_SECONDS)
        return held

    async def go_on(self, order: Order, asked: Asked | None = None) -> Take:
        """The take of an order that is under way; `asked` tells what it should be like, where that is known."""
        production = self.desk.production
        if (order.base, order.team.partition("#")[0]) != (production.base, production.settings.team):
            raise Unresolved("it was ordered at another gateway, and that order is open", hint=RESOLVE)
        if order.state == "sent" and order.team != production.account:  # another account would be charged once more
            raise Unresolved("it may have been ordered with another key, and that order is open", hint=RESOLVE)
        if order.state == "unresolved":
            raise Unresolved(f"nobody knows whether it was charged: {order.reason}", hint=RESOLVE)
        if order.state == "sent" and order.route == "held-open":
            return await self._hold_open(order, asked)
        if order.state == "sent":
            order = await self._send(order)
        return await self._await(order, asked)

    async def make(self, asked: Asked) -> Take:
        """The take of a request that nobody else works on: whoever calls has the claim of its slate."""
        production, slate = self.desk.production, asked.request.slate
        before = await asyncio.to_thread(production.orders.of_slate, slate)
        order = next((one for one in reversed(before) if one.open and asked.number in (0, one.number)), None)
        if order and order.state == "reserved":  # its maker was killed before anything was sent
            if not await asyncio.to_thread(production.forget, order):
                raise taken()
            before, order = tuple(one for one in before if one is not order), None
        if order is None and not asked.number and (lost := production.paid(asked.shot, slate)):
            if take := await fetch_again(self.desk, lost):
                return take
            if not asked.rebuy:
                message = f"take {lost.sha256[:12]} was paid for (${lost.cost:.2f}), and its file is not here"
                where = f"takes/{lost.sha256[:2]}/{lost.sha256}.mp4"
                hint = f"bring {where} from the store of who has it; to pay for it again, name the shot with `--shot`"
                raise Gate(message, hint=hint)
        return await self.go_on(order or await self._buy(asked, before), asked)

    async def _buy(self, asked: Asked, before: Sequence[Order]) -> Order:
        """A new order after those `before`: its money set aside, its body on disk. Nothing was sent yet.

        Its key is made from them, so that of two who both found the same ones only one can set the money aside.
        """
        production = self.desk.production
        if error := self.closed(asked.request.model):
            raise error
        if asked.route != "start" and not self.purse.free:
            self._check_way(asked)
        step("K1")
        order = self._draft(asked, before, await self.purse.price(asked.shot, asked.request, self.desk.client))
        if (key := production.unknown_body(order.slate)) and (key != order.key or order.route != "start"):
            raise await self._adopt_unknown(replace(order, key=key))
        await asyncio.to_thread(production.orders.reserve, order, self.purse.ceiling, self.purse.named)
        # What its slate stands for: so that `why` can tell later what was changed since.
        await asyncio.to_thread(Slates(production.settings.home).remember, asked.request.canonical())
        try:
            step("K2")
            body = await asyncio.to_thread(self._write, asked)
            digest = await asyncio.to_thread(production.outbox.put, order.slate, order.key, body)
            sent = await asyncio.to_thread(production.orders.send, order, time.time(), digest)
        except StoryboardError:
            await asyncio.to_thread(production.forget, order)
            raise
        step("K3")
        return sent

    async def _adopt_unknown(self, order: Order) -> Unresolved:
        """Put an order on record that only its body tells of; one whose key comes out the same is just sent again."""
        await asyncio.to_thread(self.desk.production.orders.reserve, order, Ceiling(None, None), {})
        return await self._unresolved(order, "its body is in the outbox, and the journal that knew it is gone")

    def _check_way(self, asked: Asked) -> None:
        """Whether an order that cannot be started may go; the plan could not tell for one that waited for a take."""
        hint = "docs/hosting.md says how to host the stills, in one line"
        if asked.route == "none":
            raise Gate(NO_HOST, hint=hint)
        if not self.purse.allow_held_open:
            raise Gate("it would be ordered by a call that is held open, and nobody agreed to that", hint=hint)

    def _write(self, asked: Asked) -> bytes:
        enclosed = self.desk.production.enclose(asked.request, hosted=asked.hosted)
        return posting.body(as_sent(asked.request, asked.number), enclosed)

    def _draft(self, asked: Asked, before: Sequence[Order], estimate: Decimal) -> Order:
        production, slate = self.desk.production, asked.request.slate
        number = asked.number or 1 + max((order.number for order in before if order.state == "held"), default=0)
        attempt = 1 + sum(order.number == number for order in before)
        key = order_key(slate, number, attempt, production.settings.team)
        return Order(
            key=key, slate=slate, number=number, attempt=attempt,
            film=production.film, shot=production.project.name_of(asked.shot), run=self.purse.run,
            model=asked.request.model, route="start" if asked.route == "start" else "held-open",
            base=production.base, team=production.account, state="reserved", begun=time.time(), estimate=estimate,
        )  # fmt: skip

    async def _send(self, order: Order) -> Order:
        """The order with its operation. Sent before or not, it is the same key and the same bytes."""
        production = self.desk.production
        body = production.outbox.get(order.slate, order.key, order.body)
        ours = order.run == self.purse.run
        if body is None or not (ours or remembers(order)):
            why = "its body is gone from the outbox" if body is None else "its key may be forgotten by now"
            raise await self._unresolved(order, f"it may have been sent, and {why}")
        self.desk.watch(ShotMoved(order.shot, "ordered"))
        step("K4")
        try:
            started = await self.desk.client.start(
                order.model, body, order.key, lambda: self.closed(order.model) if ours else None
            )
        except CallFailed as failure:
            raise await self._failed(order, failure) from None
        except StoryboardError:  # it was stopped before anything was sent
            await asyncio.to_thread(production.forget, order)
            raise
        step("K6")
        accepted = await asyncio.to_thread(production.orders.accept, order, started.operation, started.generation)
        step("K7")
        if not accepted:
            raise Unresolved("the gateway gave it the operation of another order", hint=RESOLVE)
        return replace(order, state="accepted", operation=started.operation, generation=started.generation)

    async def _failed(self, order: Order, failure: CallFailed) -> StoryboardError:
        """What a failed call means for an order, written down; the error to raise."""
        production = self.desk.production
        first = order.run == self.purse.run
        if failure.outcome == "unknown" and (order.route == "held-open" or failure.status == 422):
            return await self._unresolved(order, failure.message)
        if failure.outcome == "unknown" or not first:  # an earlier run may have been heard, whatever this one was told
            hint = "the same command goes on with the same order, and is not charged again for it"
            return Transient(f"nobody knows yet whether it was ordered: {failure.message}", hint=hint)
        if failure.outcome == "not-sent" or failure.later:
            await asyncio.to_thread(production.forget, order)
        else:
            await asyncio.to_thread(production.conclude, order, state="refused", reason=failure.message)
        return failure

    async def _unresolved(self, order: Order, reason: str) -> Unresolved:
        await asyncio.to_thread(self.desk.production.orders.change, order, state="unresolved", reason=reason)
        at_most = f"it may have cost up to ${order.estimate:.2f}"
        return Unresolved(f"nobody knows whether it was charged: {reason}; {at_most}", hint=RESOLVE)

    async def _await(self, order: Order, asked: Asked | None) -> Take:
        """The take of an accepted order: asked after until it is there, and never ordered again."""
        self.desk.watch(ShotMoved(order.shot, "shooting"))
        settings = self.desk.production.settings
        begun, wait, asked_again = time.monotonic(), settings.poll_seconds, 0
        while (elapsed := time.monotonic() - begun) < settings.deadline_seconds:
            await asyncio.sleep(wait)
            try:
                async with asyncio.timeout(settings.deadline_seconds - elapsed):
                    status = await self._ask(order)
            except TimeoutError:
                break
            step("K8")
            if status.answer:
                try:
                    return await receive(self.desk, order, status.answer, asked.request if asked else None)
                except CallFailed as failure:
                    asked_again += 1
                    if failure.outcome != "refused" or asked_again >= ADDRESSES:
                        raise _kept(f"the clip cannot be fetched: {failure.message}", failure.hint) from None
            elif status.state in ("error", "cancelled"):
                raise await self._declined(order, status)
            wait = self.desk.client.patience.next_wait(elapsed, settings.poll_seconds)
        raise Transient(
            f"not finished after {settings.deadline_seconds:.0f} s", hint="it is paid for; the same command waits on"
        )

    async def _ask(self, order: Order) -> Status:
        try:
            return await self.desk.client.status(order.model, order.operation, self.desk.production.takes.folder)
        except CallFailed as failure:
            if failure.outcome == "refused":
                raise await self._unresolved(order, "the gateway does not know its operation any more") from None
            raise _kept(failure.message, failure.hint) from None

    async def _declined(self, order: Order, status: Status) -> Refused:
        """The provider made no clip: settled at what it says that it cost, which is mostly nothing."""
        production, cost = self.desk.production, status.cost
        reason, generation = f"the provider says: {status.error}", status.generation or order.generation
        known = {"reason": reason, "cost": cost, "generation": generation}
        await asyncio.to_thread(production.conclude, order, state="refused", **known)
        if cost is None and generation and not self.purse.free:
            cost = await self.desk.client.generation_cost(generation)
            await asyncio.to_thread(production.orders.change, order, cost=cost)
        bill = f" (it was billed ${cost:.2f})" if cost else ""
        return Refused(reason + bill, hint="change what the shot asks for")

    async def _hold_open(self, order: Order, asked: Asked | None) -> Take:
        """The take of an order whose one call is held until the clip is there. It is never sent twice."""
        production = self.desk.production
        body = production.outbox.get(order.slate, order.key, order.body)
        if take := find_received(production, order):
            return take
        if asked is None or body is None or order.run != self.purse.run:
            raise await self._unresolved(order, "the line was cut before the gateway answered")
        self.desk.watch(ShotMoved(order.shot, "shooting"))
        step("K4")
        try:
            answer = await self.desk.client.generate(order.model, body, production.takes.folder)
        except CallFailed as failure:
            raise await self._failed(order, failure) from None
        step("K6")
        try:
            return await receive(self.desk, order, answer, asked.request)
        except CallFailed as failure:
            raise await self._unresolved(order, f"it was made, and {failure.message}") from None


def remembers(order: Order) -> bool:
    """Whether the gateway surely remembers an order's key still: not a day old, and not of a time to come."""
    return -CLOCK_SECONDS <= time.time() - order.begun < KEY_SECONDS


def _kept(message: str, hint: str) -> Transient:
    """A failure about an order that is paid for: nothing is lost, whatever it was."""
    goes_on = "it is paid for; the same command fetches it, and is not charged again"
    return Transient(message, hint=f"{hint}; {goes_on}" if hint else goes_on)


def order_key(slate: str, number: int = 1, attempt: int = 1, team: str = "") -> str:
    """The idempotency key of an order: the same on every machine of a team, and never made from a credential."""
    return "sb1-" + hashlib.sha256(f"{team}\n{slate}\n{number}\n{attempt}".encode()).hexdigest()[:40]
