"""Carry out a plan: every missing take asked for, side by side, each behind the one that it goes on from.

Equal requests are one order. One shot's failure does not stop the others: what was made is kept, and the next run asks
for the rest. How an order is made, and why it is never paid twice, is in `order.py`.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace

from storyboard.errors import Gate, Interrupted, Refused, StoryboardError, Transient, worst
from storyboard.gateway.faults import CallFailed
from storyboard.order import Asked, Counter
from storyboard.planner.casts import plainly
from storyboard.planner.catalogue import catalogue
from storyboard.planner.plan import Plan, PlannedShot
from storyboard.planner.request import Request, request_of
from storyboard.planner.route import Way, choose_way
from storyboard.planner.take import Take
from storyboard.progress import Event, Said, ShotMoved
from storyboard.purse import Purse
from storyboard.receive import Desk, ask_bills
from storyboard.running import listening
from storyboard.spec.model import Storyboard
from storyboard.store.orders import Order

LEFT = "left at once: what was ordered is on disk, and the same command goes on with it"
REST = "what was shot is kept; run it again for the rest"
STOPPED = "stopped; what was made is kept, and the same command goes on"


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be shot."""

    storyboard: Storyboard
    plan: Plan
    rebuy: frozenset[str] = frozenset()
    """Shots that may be paid for again when the takes that were paid for are lost."""
    strays: tuple[Order, ...] = ()
    """Orders of this film that are under way although no shot asks for them any more: they are paid for."""


async def shoot(desk: Desk, purse: Purse, work: Work, takes: dict[str, Take]) -> None:
    """Put the take of every shot that is shot into `takes`, by its name in the plan, as they come.

    When some cannot be made: the worst error, after all others have ended, the rest in its `also`.
    """
    crew = _Crew(desk, purse, work, takes)
    for one in work.plan.missing:
        crew.tasks[one.name] = asyncio.create_task(crew.shot(one), name=one.name)
    strays = [asyncio.create_task(crew.collect(order)) for order in work.strays]
    try:
        with crew.interruptible():
            results = await asyncio.gather(*crew.tasks.values(), *strays, return_exceptions=True)
            await ask_bills(desk, purse.run, takes)
    except asyncio.CancelledError:
        if crew.left:
            raise Interrupted(STOPPED if purse.free else LEFT) from None
        raise
    finally:
        await crew.dismiss()
    failures: list[StoryboardError] = []
    for result in results:
        if isinstance(result, StoryboardError):
            failures.append(result)
        elif isinstance(result, BaseException):
            raise result
    if failures:
        first = worst(failures)
        first.also = tuple(error for error in failures if error is not first)
        first.hint = first.hint or REST
        raise first
    if crew.interrupted:
        raise Interrupted("stopped; what was paid for is here, and the same command goes on")


@dataclass(slots=True)
class _Crew:
    desk: Desk
    purse: Purse
    work: Work
    takes: dict[str, Take]
    sources: dict[str, str] = field(default_factory=dict)
    """The digest of each take and footage that a shot may go on from."""
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    orders: dict[tuple[str, int], asyncio.Task[Take]] = field(default_factory=dict)
    rooms: dict[str, asyncio.Semaphore] = field(default_factory=dict)
    """How many orders may be in flight: in all (under an empty name), and of a model."""
    interrupted: bool = False
    left: bool = False
    halted: dict[str, StoryboardError] = field(default_factory=dict)
    """Why no further order is made of a model; of any, under an empty name."""
    counter: Counter = field(init=False)

    def __post_init__(self) -> None:
        settings, production = self.desk.production.settings, self.desk.production
        self.counter = Counter(self.desk, self.purse, self._closed)
        self.rooms = {name: asyncio.Semaphore(count) for name, count in settings.limits.items()}
        self.rooms[""] = asyncio.Semaphore(settings.concurrency)
        self.sources.update({id_: take.sha256 for id_, take in self.takes.items()})
        footage = {one.shot.id: one.shot.footage for one in self.work.plan.shots if one.shot.footage}
        self.sources.update({id_: production.digest(file) for id_, file in footage.items()})

    async def dismiss(self) -> None:
        """End what is still under way, and see to it that nothing is left unheard."""
        left = [*self.tasks.values(), *self.orders.values()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def shot(self, planned: PlannedShot) -> None:
        """Make one shot's take; an error carries the shot's place."""
        shot, name = planned.shot, planned.name
        self.desk.watch(ShotMoved(name, "waiting"))
        try:
            if shot.pin and planned.paid:
                hint = "`storyboard pull` brings it from where takes are shared; without `pin` it is shot anew"
                raise Gate(f"it is pinned, and {planned.reason}", hint=hint)
            if planned.depends_on and not planned.request:
                await self._earlier(planned.depends_on)
            asked = self._asked(planned)
            key = asked.request.slate, asked.number
            if key not in self.orders:
                self.orders[key] = asyncio.create_task(self._order(asked, name))
            take = await asyncio.shield(self.orders[key])
        except StoryboardError as error:
            self.desk.watch(ShotMoved(name, "waiting" if isinstance(error, Interrupted) else "failed"))
            raise error.at(f"shot `{shot.id}`: {error.message}", shot.where) from error
        self.sources[name] = take.sha256
        self.takes[name] = take
        self.desk.watch(ShotMoved(name, "held", take.bytes))

    async def collect(self, order: Order) -> None:
        """Fetch the clip of an order that no shot asks for any more: it was paid for. No film waits for it.

        One that may never have been sent is not sent now: nobody wants it any more.
        """
        if order.state == "sent":
            text = f"An earlier order of shot `{order.shot}` may have been charged (up to ${order.estimate:.2f})."
            goes_on = "with the shot as it was then, a `render` or a `retake` goes on"
            self.desk.watch(Said(text, f"`storyboard resolve` settles it; {goes_on}"))
            return
        with self.desk.production.claims.taking(order.slate) as holder:
            if holder is not None:
                return
            try:
                take = await self.counter.go_on(order)
            except StoryboardError as error:
                text = f"An earlier order of shot `{order.shot}` is open: {error.message}."
                self.desk.watch(Said(text, error.hint))
                return
            text = f"An earlier order of shot `{order.shot}` has arrived: take {take.sha256[:12]}."
            hint = "it stays in the store; what is asked for now is shot beside it"
            if any(order.slate == one.slate for one in self.work.plan.shots):
                call = f"storyboard retake {self.desk.production.project.called} {plainly(order.shot)}"
                hint = f"`{call}` writes it into film.lock, free"
            self.desk.watch(Said(text, hint))

    def _asked(self, planned: PlannedShot) -> Asked:
        order, production = planned.shot.order, self.desk.production
        assert order is not None  # noqa: S101 - a missing shot has an order
        request = planned.request or request_of(self.work.storyboard, planned.shot, order, production, self.sources)
        way = planned.way if planned.request else self._way(request)
        rebuy = planned.shot.id in self.work.rebuy
        return Asked(planned.shot.id, request, way.route, way.hosted > 0, rebuy, planned.number)

    def _way(self, request: Request) -> Way:
        production = self.desk.production
        model = catalogue().models.get(request.model)
        return choose_way(request, model, production.host, production.weigh, local=production.gateway == "local")

    async def _earlier(self, shot: str) -> None:
        if shot not in self.tasks:
            if shot not in self.sources:
                raise Refused(f"it goes on from `{shot}`, which has no take", hint=f"shoot it too: `--shot {shot}`")
            return
        try:
            await asyncio.shield(self.tasks[shot])
        except StoryboardError:
            raise Transient(f"it goes on from `{shot}`, which could not be shot") from None

    async def _order(self, asked: Asked, name: str) -> Take:
        model, make = asked.request.model, self.counter.fulfil
        if asked.number:  # whoever wants one more take has the claim of its slate, and it is told by its own name

            def watch(event: Event) -> None:
                self.desk.watch(replace(event, shot=name) if isinstance(event, ShotMoved) else event)

            make = replace(self.counter, desk=replace(self.desk, watch=watch)).make
        async with AsyncExitStack() as stack:
            for room in (model, ""):
                if room in self.rooms:
                    await stack.enter_async_context(self.rooms[room])
            try:
                return await make(asked)
            except CallFailed as failure:
                if failure.scope != "shot":
                    self.halted.setdefault(model if failure.scope == "model" else "", failure)
                raise

    def _closed(self, model: str) -> StoryboardError | None:
        """Why no further order of a model is made."""
        if self.interrupted:
            return Interrupted("not ordered: it was stopped before")
        if halted := self.halted.get("") or self.halted.get(model):
            return Refused(f"not ordered, for the same would happen: {halted.message}", hint=halted.hint)
        return None

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Hear Ctrl-C: once, and nothing more is ordered; twice, or to be asked to end, and all is left at once."""
        whole = asyncio.current_task()
        assert whole is not None  # noqa: S101 - this runs in a task

        def hear(number: int) -> None:
            if self.interrupted or self.purse.free or number == signal.SIGTERM:
                self.left = True
                whole.cancel()
                return
            self.interrupted = True
            text = "Stopping: nothing more is ordered; what is paid for is waited for."
            self.desk.watch(Said(text, "Ctrl-C again leaves at once, and loses nothing"))

        with listening(hear):
            yield
