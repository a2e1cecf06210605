"""Money from a page: more takes of a shot, at a price that was shown before, agreed to once, and never exceeded.

An offer is made for so many takes and for exactly what their shot asks for now. To agree to it names the price of all,
and uses it up: a second click, or a page that asks again, finds no offer. What is then ordered has the price as its
budget and the shot's slate as its plan: had either changed meanwhile, nothing would be bought.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from storyboard.consent import Terms
from storyboard.errors import Gate, Transient
from storyboard.planner.plan import Plan
from storyboard.progress import Watch
from storyboard.report.paper import shown
from storyboard.retakes import Retaken, Wanted, foresee, retake
from storyboard.settings import Settings
from storyboard.store.project import Project

SECONDS = 300.0
"""How long an offer stands."""
MOST = 9
"""Takes that can be ordered at once."""
WAIT = 5.0
"""Seconds that an order waits for another run that works on the same shot."""


@dataclass(frozen=True, slots=True)
class Offer:
    """More takes of a shot, and what they cost at the most."""

    name: str
    shot: str
    count: int
    """How many."""
    slate: str
    each: Decimal
    """US dollars for the dearest of those that are bought."""
    price: Decimal
    """US dollars for all of them; 0 where they were paid for before and have only to be fetched."""
    bought: int
    """How many have to be bought; the others were paid for before."""
    held_open: str
    """Why an order cannot be asked after, where that is so: its price may be charged for a clip that never arrives."""
    leaves: int
    """How many files leave this machine for a host."""
    host: str
    left: Decimal | None
    """US dollars of the film's budget that are left; None without one."""
    until: float
    """Seconds of the monotonic clock."""
    prompt: str = ""
    """What would be sent: the shot's words as they are now, whatever its takes were made for."""

    @property
    def shown(self) -> str:
        """The price as it is shown, and as it has to be agreed to: every digit of it."""
        return f"{self.price.normalize():f}"

    def view(self) -> dict[str, Any]:
        """The offer for a page."""
        return {
            "offer": self.name, "shot": self.shot, "count": self.count, "bought": self.bought,
            "each": f"{self.each.normalize():f}", "price": self.shown, "held_open": self.held_open,
            "leaves": self.leaves, "host": self.host, "prompt": shown(self.prompt),
            "left": f"{self.left.normalize():f}" if self.left is not None else "",
        }  # fmt: skip


@dataclass(slots=True)
class Till:
    """The offers that stand, each good for one order."""

    offers: dict[str, Offer] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)
    buying: str = ""
    """The shot that is being shot."""

    def quote(self, project: Project, settings: Settings, shot: str, count: int = 1) -> Offer:
        """What so many more takes of a shot would cost. `Gate` where nobody can say."""
        wanted = foresee(project, settings, Wanted(shot, count))
        offer = _offer(shot, count, wanted)
        with self.turn:
            now = time.monotonic()
            self.offers = {name: one for name, one in self.offers.items() if one.until > now}
            self.offers[offer.name] = offer
        return offer

    def take(self, body: Mapping[str, Any]) -> Offer:
        """The offer that a page agrees to, naming its price; it is gone then. `Gate` for any other."""
        name, price = body.get("offer"), body.get("price")
        with self.turn:
            offer = self.offers.pop(name, None) if isinstance(name, str) else None
            if offer is None or offer.until < time.monotonic():
                raise Gate("nothing was bought: this price is not offered any more", hint="ask for it again")
            if price != offer.shown:
                raise Gate("nothing was bought: another price was agreed to than was shown", hint="ask for it again")
            if self.buying:
                raise Transient(f"`{self.buying}` is being shot", hint="wait for it, and ask for the price again")
            self.buying = offer.shot
        return offer

    def buy(self, project: Project, settings: Settings, offer: Offer, watch: Watch) -> Retaken:
        """Order what was agreed to: for its price, and as it was then; else nothing."""
        terms = Terms(
            budget=offer.price, plan={offer.slate: offer.each}, allow_held_open=bool(offer.held_open),
            lock_timeout=WAIT,
        )  # fmt: skip
        return retake(project, settings, Wanted(offer.shot, offer.count, terms=terms), watch)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """For the block, an offer that was taken is served; then another may be taken, however it ended."""
        try:
            yield
        finally:
            with self.turn:
                self.buying = ""


def _offer(shot: str, count: int, wanted: Plan) -> Offer:
    """The offer of a plan for so many takes."""
    price, held_open, leaves, slate, prompt = wanted.estimate, "", 0, "", ""
    for one in wanted.to_buy:
        if one.route == "none":
            raise Gate(f"`{shot}` cannot be ordered: {one.way.why}", hint="docs/hosting.md says how to set it up")
        held_open, leaves = one.way.why if one.route == "held-open" else held_open, max(leaves, one.way.hosted)
        slate = one.slate or ""
        prompt = one.request.prompt if one.request else ""
    if price is None:
        hint = f"`storyboard retake FILE {shot} --max-shot-cost USD` says the most that one may"
        raise Gate(f"nobody knows what another take of `{shot}` would cost", hint=hint)
    each = max((one.estimate for one in wanted.to_buy if one.estimate is not None), default=Decimal(0))
    return Offer(
        secrets.token_hex(16), shot, count, slate, each, price, len(wanted.to_buy), held_open, leaves,
        wanted.host, wanted.left, time.monotonic() + SECONDS, prompt,
    )  # fmt: skip
