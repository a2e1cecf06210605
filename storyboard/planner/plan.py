"""The difference between what a film wants and what is held: what would be shot, why, by which route, for how much.

Pure: the world is asked through a few questions, and nothing is opened, sent or run here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, Protocol

from storyboard.errors import StoryboardError
from storyboard.planner.casts import shooting_order
from storyboard.planner.catalogue import catalogue
from storyboard.planner.price import PriceList, Quote, built_in, quote
from storyboard.planner.request import Request, mode_of, request_of
from storyboard.planner.route import Route, Way, choose_way, guess_way
from storyboard.planner.take import Gateway, Take
from storyboard.spec.model import Order, Shot, StillFile, Storyboard

State = Literal["held", "stale", "missing", "in-flight", "unresolved", "free"]
Standing = Literal["in-flight", "unresolved", "refused", "none"]
NO_WAY = Way("none")
PINNED = "pinned: it keeps this take"
NOTHING = Quote(Decimal(0), Decimal(0), "")


class World(Protocol):
    """What a plan has to know of the machine it is made on."""

    def digest(self, file: str) -> str:
        """The SHA-256 of a project file."""

    def find(self, shot: str, slate: str) -> Take | None:
        """The take that is held for a slate, its bytes here; where there are several, the shot's circled one."""

    def paid(self, shot: str, slate: str) -> Take | None:
        """A take that was paid for and whose bytes are not here; with an empty slate, the shot's circled one."""

    def circled(self, shot: str) -> Take | None:
        """The take that the lock has circled for a shot, its bytes here, whatever it was ordered as."""

    def standing(self, slate: str) -> tuple[Standing, str]:
        """How the latest order of a slate stands, and what was said of it."""

    def weigh(self, request: Request) -> int:
        """How many bytes the request's body has, its stills inside."""

    @property
    def host(self) -> str:
        """Where stills are put for the gateway to fetch; empty for nowhere."""


@dataclass(frozen=True, slots=True)
class PlannedShot:
    """What a plan says of one shot."""

    shot: Shot
    state: State
    request: Request | None
    """None for a card or footage, and while it depends on a take that is not there."""
    take: Take | None
    """The take that the cut can use: for a stale shot the one it had."""
    quote: Quote | None
    """What shooting it would cost; None when nobody knows."""
    way: Way
    """How an order of it travels, and why."""
    depends_on: str
    """The shot whose last frame this one begins on; empty otherwise."""
    reason: str
    paid: bool = False
    """Whether a take of it was paid for, whose bytes are not here: it is fetched again, and not bought again."""
    number: int = 0
    """Where one more take is wanted, whatever is held: its number."""

    @property
    def name(self) -> str:
        """The shot's id, and which further take of it."""
        return f"{self.shot.id} take {self.number}" if self.number else self.shot.id

    @property
    def slate(self) -> str | None:
        """The slate of its request, once that is known."""
        return self.request.slate if self.request else None

    @property
    def route(self) -> Route:
        """By which route an order of it goes."""
        return self.way.route

    @property
    def estimate(self) -> Decimal | None:
        """The most that shooting it can cost."""
        return self.quote.high if self.quote else None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a render would do, shot by shot, in the film's order."""

    shots: tuple[PlannedShot, ...]
    gateway: Gateway
    keep_stale: bool = False
    host: str = ""
    """Where stills are put for the gateway to fetch; empty for nowhere."""
    left: Decimal | None = None
    """US dollars of the film's budget that are left; None without a budget."""
    strays: int = 0
    """Paid orders that are under way although no shot asks for them any more."""

    def priced(self, prices: PriceList) -> Plan:
        """The same plan by other prices."""
        if self.gateway == "local":
            return self
        return replace(self, shots=tuple(_priced(one, prices) for one in self.shots))

    def only(self, shots: tuple[str, ...], named: tuple[str, ...] | None = None) -> Plan:
        """The plan for some shots alone; for all without any. To name a shot agrees that a lost take is paid again.

        `named`: those that were, of shots which were asked for in other ways too; None for all of them.
        """
        if not shots:
            return self
        left = {one.shot.id for one in self.missing} - set(shots)
        kept = (one for one in self.shots if one.shot.id not in left)
        agreeing = shots if named is None else named
        agreed = (replace(one, paid=one.paid and (one.shot.pin or one.shot.id not in agreeing)) for one in kept)
        return replace(self, shots=tuple(agreed))

    @property
    def usable(self) -> dict[str, Take]:
        """The takes that the cut can use as they are, by shot."""
        states = ("held", "stale") if self.keep_stale else ("held",)
        return {one.shot.id: one.take for one in self.shots if one.take and one.state in states}

    @property
    def missing(self) -> tuple[PlannedShot, ...]:
        """Shots to shoot, or to wait for: without a usable take."""
        left: tuple[State, ...] = ("missing", "in-flight", "unresolved", *(() if self.keep_stale else ("stale",)))
        return tuple(one for one in self.shots if one.state in left)

    @property
    def to_buy(self) -> tuple[PlannedShot, ...]:
        """Shots that a new order would be made for, an order each: equal requests are one."""
        if self.gateway == "local":
            return ()
        lacking = [one for one in reversed(self.missing) if one.state in ("missing", "stale") and not one.paid]
        wanted = {(one.slate or one.shot.id, one.number): one for one in lacking}
        return tuple(reversed(wanted.values()))

    @property
    def estimate(self) -> Decimal | None:
        """The most that can be charged for it; None when a price is unknown. A local gateway charges nothing."""
        return _sum([one.quote.high if one.quote else None for one in self.to_buy])

    @property
    def at_least(self) -> Decimal | None:
        """The least that it is expected to cost."""
        return _sum([one.quote.low if one.quote else None for one in self.to_buy])


def _priced(one: PlannedShot, prices: PriceList) -> PlannedShot:
    order = one.shot.order if one.state in ("missing", "stale") else None
    return replace(one, quote=price_of(order, prices)) if order else one


def _sum(prices: list[Decimal | None]) -> Decimal | None:
    known = [price for price in prices if price is not None]
    return sum(known, Decimal(0)) if len(known) == len(prices) else None


@dataclass(slots=True)
class _Desk:
    storyboard: Storyboard
    world: World
    gateway: Gateway
    prices: PriceList
    keep_stale: bool
    sources: dict[str, str]
    """The digest of each shot's take or footage, as far as they are known."""
    lost: dict[str, str] = field(default_factory=dict)  # those of takes that were paid for and are not here


def plan(
    storyboard: Storyboard, world: World, gateway: Gateway, prices: PriceList | None = None, *, keep_stale: bool = False
) -> Plan:
    """The plan for a storyboard that has no problems. `keep_stale`: what was edited keeps the take it had."""
    desk = _Desk(storyboard, world, gateway, prices or built_in(), keep_stale, {})
    return Plan(tuple(_shots(desk)), gateway, keep_stale, world.host)


def _shots(desk: _Desk) -> Iterator[PlannedShot]:
    for shot in shooting_order(desk.storyboard.every):
        if shot.footage:
            desk.sources[shot.id] = desk.world.digest(shot.footage)
        if shot.order is None:
            reason = "drawn locally" if shot.card else "footage"
            yield PlannedShot(shot, "free", None, None, NOTHING, NO_WAY, "", reason)
            continue
        try:
            planned = _order(desk, shot, shot.order)
        except StoryboardError as error:
            raise error.at(error.message, shot.where) from None
        if planned.take and (planned.state == "held" or desk.keep_stale):
            desk.sources[shot.id] = planned.take.sha256
        elif planned.paid and (lost := desk.world.paid(shot.id, planned.slate or "")):
            desk.lost[shot.id] = lost.sha256
        yield planned


def _order(desk: _Desk, shot: Shot, order: Order) -> PlannedShot:
    world = desk.world
    depends_on = "" if order.first is None or isinstance(order.first, StillFile) else order.first.shot
    price = price_of(order, desk.prices) if desk.gateway == "remote" else NOTHING
    before = world.circled(shot.id)
    waits = bool(depends_on) and depends_on not in desk.sources
    if shot.pin and (kept := before or world.paid(shot.id, "")):
        request = None if waits else request_of(desk.storyboard, shot, order, world, desk.sources)
        held = PlannedShot(shot, "held", request, kept, NOTHING, NO_WAY, depends_on, PINNED)
        return held if before else _lost(replace(held, state="missing", take=None), kept)
    if waits:
        way = NO_WAY if desk.gateway == "local" else guess_way(catalogue().models.get(order.model), world.host)
        waiting = PlannedShot(shot, "missing", None, None, price, way, depends_on, f"goes on from `{depends_on}`")
        return _waiting(desk, waiting, order, before)
    request = request_of(desk.storyboard, shot, order, world, desk.sources)
    planned = PlannedShot(shot, "missing", request, None, price, NO_WAY, depends_on, "no take yet")
    if take := world.find(shot.id, request.slate):
        return replace(planned, state="held", take=take, quote=NOTHING, reason="")
    standing, said = world.standing(request.slate)
    if standing in ("in-flight", "unresolved"):
        reason = "ordered, and not here yet" if standing == "in-flight" else f"it may have been charged: {said}"
        if standing == "unresolved" and before and desk.keep_stale:
            return replace(planned, state="stale", take=before, reason=reason)
        return replace(planned, state=standing, quote=NOTHING, reason=reason)
    planned = replace(planned, way=_way(desk, request))
    if lost := world.paid(shot.id, request.slate):
        return _lost(planned, lost)
    if before:
        return replace(planned, state="stale", take=before, reason="it was edited")
    return replace(planned, reason=f"refused before: {said}") if standing == "refused" else planned


def _waiting(desk: _Desk, waiting: PlannedShot, order: Order, before: Take | None) -> PlannedShot:
    """A shot that goes on from a take that is not here. Where that is fetched again, what was made from it is held."""
    if waiting.depends_on in desk.lost:
        request = request_of(desk.storyboard, waiting.shot, order, desk.world, desk.sources | desk.lost)
        if take := desk.world.find(waiting.shot.id, request.slate):
            return replace(waiting, state="held", request=request, take=take, quote=NOTHING, way=NO_WAY, reason="")
    if before:
        return replace(waiting, state="stale", take=before)
    return _lost(waiting, lost) if (lost := desk.world.paid(waiting.shot.id, "")) else waiting


def _lost(planned: PlannedShot, take: Take) -> PlannedShot:
    """A missing shot of which a take was paid for that is not here."""
    return replace(planned, reason=f"paid for as take {take.sha256[:12]}, whose file is not here", paid=True)


def _way(desk: _Desk, request: Request) -> Way:
    model, local = catalogue().models.get(request.model), desk.gateway == "local"
    return choose_way(request, model, desk.world.host, desk.world.weigh, local=local)


def price_of_request(request: Request, prices: PriceList) -> Quote | None:
    """What a request costs by a list of prices: from the very object that is posted."""
    return quote(request.model, request.mode, request.audio, bool(request.voices), request.seconds, prices)


def price_of(order: Order, prices: PriceList) -> Quote | None:
    """What an order costs by a list of prices; None when it does not say."""
    model = catalogue().models.get(order.model)
    return quote(order.model, mode_of(order, model), order.audio, bool(order.voices), int(order.seconds), prices)
