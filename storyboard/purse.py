"""The money of one run: what an order may cost now, held against what was agreed to and against the ceiling."""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal

from storyboard.consent import LOCK_SECONDS, RISE
from storyboard.errors import Gate
from storyboard.gateway.client import GatewayClient
from storyboard.planner.plan import price_of_request
from storyboard.planner.price import PriceList, dollars, parse_price_list
from storyboard.planner.request import Request
from storyboard.store.orders import Ceiling

PRICES_SECONDS = 60.0
"""How long live prices are believed."""


@dataclass(slots=True)
class Purse:
    """The money of one run. Every order's price comes from here, from the very request that is posted."""

    ceiling: Ceiling
    prices: PriceList
    max_shot_cost: Decimal | None = None
    planned: Mapping[str, Decimal] = field(default_factory=dict)
    """What the plan said that an order costs at the most, by slate, or by shot where that was not known."""
    named: Mapping[str, Decimal] = field(default_factory=dict)
    """What the takes cost that the film's lock names, by digest."""
    free: bool = False
    allow_held_open: bool = False
    lock_timeout: float = LOCK_SECONDS
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    read: float = -math.inf
    """When they were read last: they are read again before the first order, for somebody may have been thinking."""
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def price(self, shot: str, request: Request, client: GatewayClient) -> Decimal:
        """The most that an order of a shot costs now; `Gate` when that is more than what was agreed to."""
        if self.free:
            return Decimal(0)
        async with self.reading:
            if time.monotonic() - self.read > PRICES_SECONDS:
                await self.refresh(client)
        quote = price_of_request(request, self.prices)
        highest = quote.high if quote else self.max_shot_cost
        if highest is None:
            raise Gate("nobody knows what it costs", hint="`--max-shot-cost USD` says the most that it may")
        if self.max_shot_cost is not None and highest > self.max_shot_cost:
            raise Gate(f"it may cost {dollars(highest)} now, and `--max-shot-cost` is {dollars(self.max_shot_cost)}")
        planned = self.planned.get(request.slate, self.planned.get(shot))
        if planned is not None and highest > planned * RISE:
            message = f"its price has risen from {dollars(planned)} to {dollars(highest)} since the plan"
            raise Gate(message, hint="run it again to see and confirm the new price")
        return highest.quantize(Decimal("0.0001"), ROUND_UP)

    async def refresh(self, client: GatewayClient) -> None:
        """Read the gateway's prices again; where it does not answer, those that are known stay."""
        self.read = time.monotonic()
        if answer := await client.prices():
            self.prices = parse_price_list(answer)
