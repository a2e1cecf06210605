"""What goes wrong at a rehearsal: a script of faults, each for certain calls, or a storm of them from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Target = Literal["start", "generate", "status", "clip", "models", "credits", "generation", "job"]
"""A route of the gateway; `clip` is the download, `job` what becomes of an order."""

ALWAYS = 1_000_000_000
"""For `times`: from the n-th call on, for ever."""

PAGE = "<!doctype html><title>Sign in</title><p>Please sign in."
"""A web page, as proxies and portals put in place of an answer."""

CUTS = ("cut-length", "cut-chunk", "cut-end", "cut-close", "cut-old", "cut-told")
"""A download that ends in its middle: against its Content-Length, within a chunk, with a good last chunk, when the line
is closed (HTTP/1.1 and 1.0, neither of which announces a length), and with the length of what is sent."""
LOOKS = ("page", "black", "still", "short", "small", "mute")
"""A clip that is not what was ordered: a web page, black, without movement, one second short, half as large, silent."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong: at which calls, and how.

    On every route: `refuse` (an error in the contract's shape, with `status`, `text` and `retry_after`), `say` (`text`
    as it is, with `status`), `drop` (the connection), `hang` (never an answer), `slow` (the right answer, after
    `seconds`). On `start`: `again` (the operation of an earlier job). On `clip`: one of `CUTS`. On `job`: `fail` (with
    `text` as the provider's reason), `cancel`, or one of `LOOKS`.
    """

    route: Target
    kind: str
    nth: int = 1
    """The first call that it strikes, counted from 1 among the calls to its route for its prompt."""
    times: int = 1
    """How many calls in a row; `ALWAYS` for all that follow."""
    prompt: str = ""
    """Only calls for orders whose prompt contains this."""
    charged: bool = False
    """For an order: the money is taken first. For a job that fails: it is billed all the same."""
    status: int = 500
    text: str = "a fault of the rehearsal"
    retry_after: str = ""
    """`Retry-After` as it is sent, as seconds or as a date; or milliseconds, as in `200ms`, in its own header."""
    seconds: float = 0.05

    @property
    def headers(self) -> dict[str, str]:
        """What a refusal says about when to come back."""
        if self.retry_after.endswith("ms"):
            return {"retry-after-ms": self.retry_after.removesuffix("ms")}
        return {"retry-after": self.retry_after} if self.retry_after else {}


class Script:
    """Which fault strikes which call. Each fault counts the calls that it is meant for."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._faults = list(faults)
        self._seen = [0] * len(self._faults)

    def next(self, route: Target, prompt: str = "") -> Fault | None:
        """The fault for one more call to a route: the first that wants it."""
        struck = None
        for index, fault in enumerate(self._faults):
            if fault.route == route and fault.prompt in prompt:
                self._seen[index] += 1
                if struck is None and fault.nth <= self._seen[index] < fault.nth + fault.times:
                    struck = fault
        return struck


def storm(seed: int, *, share: float = 0.2, calls: int = 500) -> tuple[Fault, ...]:
    """Faults that pass: a `share` of the first `calls` calls of every route is struck, the same ones for a seed.

    All of them are of the kind that a later try gets over. After `calls` calls the weather is fine.
    """
    dice = random.Random(seed)  # noqa: S311 - a rehearsal, not a secret
    waits = ("", "", "0", "20ms")
    faults: list[Fault] = []
    routes: tuple[Target, ...] = ("start", "generate", "status", "clip", "models", "generation")
    for route in routes:
        for nth in range(1, calls + 1):
            if dice.random() >= share:
                continue
            charged = route == "start" and dice.random() < 0.5
            match dice.choice(("refuse", "drop", "slow", "say", "cut" if route == "clip" else "refuse")):
                case "refuse":
                    status = dice.choice((408, 429, 500, 502, 503, 504))
                    fault = Fault(route, "refuse", nth, charged=charged, status=status, retry_after=dice.choice(waits))
                case "say":
                    fault = Fault(route, "say", nth, charged=charged, status=dice.choice((200, 502)), text=PAGE)
                case "slow":
                    fault = Fault(route, "slow", nth, seconds=dice.random() * 0.05)
                case "cut":
                    fault = Fault(route, dice.choice(CUTS), nth)
                case kind:
                    fault = Fault(route, kind, nth, charged=charged)
            faults.append(fault)
    return tuple(faults)
