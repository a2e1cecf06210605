"""A take: one recorded result of an order, pinned by the digest of its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

Gateway = Literal["local", "remote"]


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
    warnings: tuple[str, ...] = ()
