"""A clip as it was measured: what it is, how its pictures are recorded, and where reading may begin. Pure."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from storyboard.assembler.keyframes import Key
from storyboard.assembler.stock import GAMUTS, MATRICES, TRANSFERS, Stock
from storyboard.planner.take import Facts
from storyboard.timing import MAX_RATE

MAX_PIXELS = 33_177_600
"""An 8K frame."""
MAX_FRAMES = 1_000_000


@dataclass(frozen=True, slots=True)
class Roll:
    """One clip's measures."""

    facts: Facts
    """Of its pictures as they are shown: upright, with square pixels, at a constant rate."""
    stock: Stock
    keys: tuple[Key, ...]
    """Where reading may begin, in order."""
    turned: bool = False
    """Whether players turn or mirror its pictures."""

    def describe(self) -> dict[str, Any]:
        """Plain values that `roll_from` reads."""
        facts, stock = self.facts, self.stock
        return {
            "facts": [facts.frames, str(facts.rate), facts.width, facts.height, facts.audio],
            "colours": [stock.matrix, stock.transfer, stock.gamut],
            "flags": [stock.full, stock.alpha, stock.coarse, stock.interlaced, stock.variable],
            "pixel": str(stock.pixel),
            "last": stock.last,
            "turned": self.turned,
            "keys": [list(astuple(key)) for key in self.keys],
        }


def roll_from(value: Any) -> Roll | None:
    """The roll that was described; None for what describes none, or one that no clip may have."""
    try:
        frames, rate, width, height, audio = value["facts"]
        facts = Facts(frames, Fraction(rate), width, height, audio)
        matrix, transfer, gamut = value["colours"]
        full, alpha, coarse, interlaced, variable = value["flags"]
        stock = Stock(
            matrix=matrix, full=full, transfer=transfer, gamut=gamut, alpha=alpha, coarse=coarse,
            pixel=Fraction(value["pixel"]), interlaced=interlaced, variable=variable, last=value["last"],
        )  # fmt: skip
        keys = tuple(Key(*key) for key in value["keys"])
        turned = value["turned"]
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None
    sane = _is_sane_clip(facts) and _is_sane_stock(stock) and _are_sane(keys, frames)
    return Roll(facts, stock, keys, turned) if sane and type(turned) is bool else None


def _is_sane_clip(facts: Facts) -> bool:
    whole = all(type(one) is int and one > 0 for one in (facts.frames, facts.width, facts.height))
    return (
        whole and facts.frames <= MAX_FRAMES and facts.width * facts.height <= MAX_PIXELS
        and 1 <= facts.rate <= MAX_RATE and type(facts.audio) is bool
    )  # fmt: skip


def _is_sane_stock(stock: Stock) -> bool:
    flags = (stock.full, stock.alpha, stock.coarse, stock.interlaced, stock.variable)
    named = stock.matrix in MATRICES and stock.transfer in TRANSFERS and stock.gamut in GAMUTS
    lasting = type(stock.last) is int and 0 <= stock.last <= MAX_FRAMES
    return named and lasting and all(type(one) is bool for one in flags) and Fraction(1, 4) <= stock.pixel <= 4


def _are_sane(keys: tuple[Key, ...], frames: int) -> bool:
    if not all(type(one) is int and one >= 0 for key in keys for one in (key.frame, key.microseconds)):
        return False
    rising = pairwise(keys)
    return all(one.frame < two.frame and one.microseconds < two.microseconds for one, two in rising) and (
        not keys or keys[-1].frame < frames
    )
