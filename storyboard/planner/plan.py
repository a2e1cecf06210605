"""The difference between what a film wants and what is held: what would be shot, why, by which route, for how much.

Pure: the world is asked through three questions, and nothing is opened, sent or run here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from storyboard.errors import StoryboardError
from storyboard.planner.catalogue import catalogue
from storyboard.planner.price import estimate
from storyboard.planner.request import Picture, Request, build_request, focus_point, picture_size
from storyboard.planner.take import Gateway, Take
from storyboard.spec.model import Frame, Order, Shot, StillFile, Storyboard

State = Literal["held", "missing", "free"]
Route = Literal["start", "held-open", "none"]

START_LIMIT = 292 * 1024
"""Bytes of JSON that the start route takes: 300 KiB less the gateway's own 8 KiB."""


class World(Protocol):
    """What a plan has to know of the machine it is made on."""

    def digest(self, file: str) -> str:
        """The SHA-256 of a project file."""

    def find(self, slate: str) -> Take | None:
        """The take that is held for a slate."""

    def weigh(self, request: Request) -> int:
        """How many bytes the request's body has, its stills included."""


@dataclass(frozen=True, slots=True)
class PlannedShot:
    """What a plan says of one shot."""

    shot: Shot
    state: State
    request: Request | None
    """None for a card or footage, and while it depends on a take that is not there."""
    take: Take | None
    estimate: Decimal | None
    route: Route
    depends_on: str
    """The shot whose last frame this one begins on; empty otherwise."""
    reason: str

    @property
    def slate(self) -> str | None:
        """The slate of its request, once that is known."""
        return self.request.slate if self.request else None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a render would do, shot by shot, in the film's order."""

    shots: tuple[PlannedShot, ...]
    gateway: Gateway

    @property
    def missing(self) -> tuple[PlannedShot, ...]:
        """Shots without a take."""
        return tuple(shot for shot in self.shots if shot.state == "missing")

    @property
    def estimate(self) -> Decimal | None:
        """The most that can be charged for it; None when a price is unknown. A local gateway charges nothing."""
        if self.gateway == "local":
            return Decimal(0)
        prices: dict[str, Decimal | None] = {one.slate or one.shot.id: one.estimate for one in self.missing}
        known = [price for price in prices.values() if price is not None]
        return sum(known, Decimal(0)) if len(known) == len(prices) else None


def plan(storyboard: Storyboard, world: World, gateway: Gateway) -> Plan:
    """The plan for a storyboard that has no problems."""
    return Plan(tuple(_shots(storyboard, world, gateway)), gateway)


def _shots(storyboard: Storyboard, world: World, gateway: Gateway) -> Iterator[PlannedShot]:
    sources: dict[str, str] = {}
    for shot in storyboard.shots:
        if shot.footage:
            sources[shot.id] = world.digest(shot.footage)
        if shot.order is None:
            reason = "drawn locally" if shot.card else "footage"
            yield PlannedShot(shot, "free", None, None, Decimal(0), "none", "", reason)
            continue
        planned = _order(storyboard, shot, shot.order, world, sources, gateway)
        if planned.take:
            sources[shot.id] = planned.take.sha256
        yield planned


def _order(
    storyboard: Storyboard, shot: Shot, order: Order, world: World, sources: dict[str, str], gateway: Gateway
) -> PlannedShot:
    model = catalogue().models.get(order.model)
    depends_on = "" if order.first is None or isinstance(order.first, StillFile) else order.first.shot
    price = estimate(order, model) if gateway == "remote" else Decimal(0)
    if depends_on and depends_on not in sources:
        return PlannedShot(shot, "missing", None, None, price, "none", depends_on, f"goes on from `{depends_on}`")
    request = request_of(storyboard, shot, order, world, sources)
    take = world.find(request.slate)
    if take:
        return PlannedShot(shot, "held", request, take, Decimal(0), "none", depends_on, "")
    try:
        route: Route = "start" if world.weigh(request) <= START_LIMIT else "held-open"
    except StoryboardError as error:
        raise type(error)(error.message, hint=error.hint, where=shot.where) from None
    return PlannedShot(shot, "missing", request, None, price, route, depends_on, "no take yet")


def request_of(storyboard: Storyboard, shot: Shot, order: Order, world: World, sources: dict[str, str]) -> Request:
    """The request of a shot, with the digests of the takes that it goes on from in `sources`."""
    model = catalogue().models.get(order.model)
    width, height = picture_size(model, order.mode, storyboard.aspect)

    def picture(frame: Frame | None) -> Picture | None:
        if frame is None:
            return None
        if isinstance(frame, StillFile):
            return Picture(world.digest(frame.file), "still", width, height, focus_point(shot.focus))
        return Picture(sources[frame.shot], "last", width, height, (5_000, 5_000))

    return build_request(order, model, storyboard.aspect, picture(order.first), picture(order.last))
