"""When a call may leave, and when it is tried again: one patience for a whole render.

A 429 closes the door for everybody, and after it calls leave one by one. While the gateway is in trouble, one call at a
time finds out whether it is over. All tries again come out of one quota, so that forty shots that fail are not four
hundred calls. What the gateway says about when to come back is a floor, never a suggestion.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from storyboard.gateway.faults import CallFailed

QUOTA = 20
PER_ORDER = 2
"""With them, a gateway that is down for good is called at most 20 times, and 3 times for each shot."""
LONGEST = 15 * 60.0
"""Seconds: who is told to wait longer gives up, and says until when."""
SLOWEST = 30.0
"""Seconds: the longest wait between two tries, and between two questions after an order."""
GAP = 0.25
"""Seconds between two calls of a crowd that waited for the same moment."""
MARGIN = 0.01
LATE = 0.04
"""How much later than it was done a clip may be asked for, as a part of how long it took: half of that, mostly."""
TROUBLE = 3
"""So many calls in a row that the gateway failed are no accident of one of them."""


class Patience:
    """What the calls of a render share. `unit` is the first wait in seconds; tests bring a clock of their own."""

    def __init__(
        self, *, unit: float = 1.0, clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep, dice: random.Random | None = None,
    ) -> None:  # fmt: skip
        self.unit, self.clock, self.sleep = unit, clock, sleep
        self.dice = dice or random.Random()  # noqa: S311 - spreads calls, guards nothing
        self.left = self._most = QUOTA
        self._known: set[object] = set()
        self._door = asyncio.Lock()
        self._waiting = 0
        self._closed = -math.inf
        """Until when the gateway wants no call."""
        self._calm = -math.inf
        """Until when we make none of our own accord."""
        self._crowd = False
        self._failed = 0
        """How many calls the gateway failed in a row."""
        self._worries = 0
        """How many calls were kept apart since."""

    def expect(self, order: object) -> None:
        """Allow for one more order's share of tries; the same order counts once."""
        if order not in self._known:
            self._known.add(order)
            self.left += PER_ORDER
            self._most += PER_ORDER

    def rename(self, order: object) -> None:
        """Know an order that is expected under another name too."""
        self._known.add(order)

    @property
    def closed(self) -> bool:
        """Whether the gateway wants no calls now."""
        return self._closed > self.clock()

    async def turn(self) -> None:
        """Wait until a call may leave. Calls leave in the order in which they came."""
        self._waiting += 1
        try:
            async with self._door:
                await self._open()
                self._crowd = self._crowd and self._waiting > 1
                if self._failed >= TROUBLE:
                    self._worry()
                elif self._crowd:
                    self._calm = self.clock() + GAP * self.unit * self._jitter()
        finally:
            self._waiting -= 1

    def went_well(self, tries: int) -> None:
        """A call was answered, after so many that were not: the trouble is over, and a try goes back to the quota."""
        self._failed, self._worries = 0, 0
        self._calm = min(self._calm, self.clock() + GAP * self.unit)
        if tries:
            self.left = min(self.left + 1, self._most)

    async def again(self, failure: CallFailed, tries: int) -> None:
        """Wait before a call is tried again that failed `tries` times; raises `failure` when that is enough."""
        floor = failure.retry_after or 0.0
        pause = self._backoff(tries)
        if failure.status == 429 or (floor and failure.status != 409):
            self._closed = max(self._closed, self.clock() + max(floor, pause) + MARGIN * self.unit)
            self._crowd = True
        elif failure.status is None or failure.status >= 500:
            self._failed += 1
            if self._failed == TROUBLE:
                self._worry()
            self._crowd = True
        await self._spend(failure, max(floor, pause))

    async def apart(self, failure: CallFailed, tries: int) -> None:
        """As `again`, for a call that is not the gateway's: nobody else waits for it."""
        await self._spend(failure, max(failure.retry_after or 0.0, self._backoff(tries)))

    def next_wait(self, elapsed: float, first: float) -> float:
        """Seconds until an order is asked after again: from `first` on, slower as it lasts, never all at once."""
        return max(first, min(SLOWEST, elapsed * LATE)) * self.dice.uniform(1.0, 1.2)

    async def _open(self) -> None:
        """Wait until a call may leave; sooner than thought, when one that is under way goes well."""
        while (wait := max(self._closed, self._calm) - self.clock()) > 0:
            if wait > LONGEST:
                raise self._too_long(wait)
            quick = self._closed <= self.clock()
            await self.sleep((min(wait, GAP * self.unit) if quick else wait) + MARGIN * self.unit)

    async def _spend(self, failure: CallFailed, seconds: float) -> None:
        if seconds > LONGEST:
            raise self._too_long(seconds, failure)
        if self.left <= 0:
            raise failure
        self.left -= 1
        await self.sleep(seconds)

    def _backoff(self, tries: int) -> float:
        return self.unit * self.dice.uniform(0, min(SLOWEST, 2.0 ** min(tries, 10)))

    def _worry(self) -> None:
        """Keep calls apart while there is trouble, further each time; the first that goes well ends it."""
        self._worries += 1
        self._calm = self.clock() + self.unit * min(SLOWEST, 2.0 ** min(self._worries, 10)) * self._jitter()

    def _jitter(self) -> float:
        return self.dice.uniform(0.5, 1.0)

    def _too_long(self, seconds: float, failure: CallFailed | None = None) -> CallFailed:
        until = datetime.fromtimestamp(time.time() + seconds, UTC).astimezone()
        wish = f"it wants no calls before {until:%H:%M} ({until:%Y-%m-%d})"
        message = f"{failure.message}; {wish}" if failure else f"the gateway: {wish}"
        outcome = failure.outcome if failure else "not-sent"
        hint = "" if outcome == "unknown" else "run it again then"
        status = failure.status if failure else 429
        told = CallFailed(message, outcome=outcome, status=status, scope="all", later=True, hint=hint)
        told.retry_after = seconds
        return told
