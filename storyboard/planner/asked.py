"""A shot beside its model: what the checks of capability share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from storyboard.planner.catalogue import Model
from storyboard.spec.model import Order, Shot, Storyboard

Finding = tuple[str, str, str, str]
"""Field, code, message, hint."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A shot beside its model."""

    film: Storyboard
    shot: Shot
    order: Order
    model: Model

    @property
    def mode(self) -> str:
        """The mode that is ordered; empty when the one that is written is no mode at all."""
        return self.order.mode or ("" if "mode" in self.shot.places else self.model.default_mode)

    @property
    def still(self) -> str:
        """The field that a still of this shot stands in; empty when it has none."""
        return next((name for name in ("first", "last") if name in self.shot.places), "")

    def remove(self, name: str) -> str:
        """How an author takes a field away that may have come with a character."""
        of_character = self.shot.places.get(name) == self.shot.places.get("characters")
        return f"write `{name}: []` to leave them out" if of_character else f"remove `{name}`"


def spans(seconds: tuple[int, ...]) -> str:
    """`3 to 15`, `5 or 10`, `4, 6 or 8`: the lengths that a model makes."""
    if len(seconds) > 2 and seconds[-1] - seconds[0] == len(seconds) - 1:
        return f"{seconds[0]} to {seconds[-1]}"
    return either(str(one) for one in seconds)


def either(words: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
