"""A take: one recorded result of an order, pinned by the digest of its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

Gateway = Literal["local", "remote"]
Origin = Literal["", "imported", "accepted"]
"""How a take came to be one of its shot; empty where it was ordered for it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured of a clip, rather than what was asked for."""

    frames: int
    rate: Fraction
    width: int
    height: int
    audio: bool

    @property
    def seconds(self) -> Fraction:
        """How long the picture lasts, exactly."""
        return self.frames / self.rate


@dataclass(frozen=True, slots=True)
class Take:
    """One result: what was asked (`slate`), which bytes came (`sha256`), and what they are."""

    slate: str
    number: int
    sha256: str
    bytes: int
    facts: Facts
    gateway: Gateway
    recipe: str
    """For a local take, the version of the drawing; empty for a bought one."""
    cost: Decimal
    """US dollars: what was billed where the gateway told it, else the most that it can have been."""
    warnings: tuple[str, ...] = ()
    """What the provider remarked, and how the clip differs from what was ordered."""
    model: str = ""
    made: str = ""
    """The day it came, as in `2026-11-22`; empty for a local take."""
    likeness: tuple[float | None, float | None] = (None, None)
    """How like its first and last frame are to the stills, 0 to 1; None without a still."""
    origin: Origin = ""
    """`imported`: made elsewhere; `accepted`: made for another request, and kept for that of its slate."""
    parent: str = ""
    """The digest of the take that it was made from, an upscale say; empty for none."""
    seed: int | None = None
    """The seed that it was ordered with, where that is not its shot's own."""
    note: str = ""
    """What somebody wrote about it."""
    more: tuple[tuple[str, str], ...] = ()
    """What the lock says of it besides, in fields that are not known here: their names, and their values as JSON."""
