"""What an order costs: by model, mode, sound and seconds."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from storyboard.planner.catalogue import Model
from storyboard.spec.model import Order

CENT = Decimal("0.0001")


def estimate(order: Order, model: Model | None) -> Decimal | None:
    """The most that this clip can cost in US dollars, or None when no price is known."""
    per_second = model.per_second(order.mode, audio=order.audio) if model else None
    return None if per_second is None else (per_second * int(order.seconds)).quantize(CENT, ROUND_HALF_UP)


def dollars(amount: Decimal | None) -> str:
    """`$1.68`, or `?` for a price nobody knows."""
    return "?" if amount is None else f"${amount.quantize(Decimal('0.01'), ROUND_HALF_UP)}"
