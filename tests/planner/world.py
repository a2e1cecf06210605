"""What these tests share: a world made of dictionaries, takes, and the slates of a text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from storyboard.planner.plan import Standing
from storyboard.planner.request import Request, request_of
from storyboard.planner.take import Facts, Take
from storyboard.spec.load import load
from storyboard.spec.model import Storyboard


def sha(text: str) -> str:
    """64 hex digits that stand for a file."""
    return hashlib.sha256(text.encode()).hexdigest()


def take(slate: str, name: str = "clip") -> Take:
    """A bought take for a slate."""
    facts = Facts(120, Fraction(24), 1280, 720, audio=False)
    return Take(slate, 1, sha(name), 1_000, facts, "remote", "", Decimal("0.84"))


@dataclass(slots=True)
class Shelf:
    """`planner.plan.World`, from dictionaries."""

    takes: dict[str, Take] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    host: str = ""
    before: Mapping[str, Take] = field(default_factory=dict)
    """The circled take of a shot."""
    gone: Mapping[str, Take] = field(default_factory=dict)
    """Takes by slate that were paid for and are not here."""
    orders: Mapping[str, tuple[Standing, str]] = field(default_factory=dict)

    def digest(self, file: str) -> str:
        """By default that of its name."""
        self.asked.append(file)
        return self.digests.get(file, sha(file))

    def find(self, shot: str, slate: str) -> Take | None:
        """What was put there."""
        return self.takes.get(slate)

    def paid(self, shot: str, slate: str) -> Take | None:
        """What is gone."""
        return self.gone.get(slate)

    def circled(self, shot: str) -> Take | None:
        """What was shot before."""
        return self.before.get(shot)

    def standing(self, slate: str) -> tuple[Standing, str]:
        """How the latest order stands."""
        return self.orders.get(slate, ("none", ""))

    def weigh(self, request: Request) -> int:
        """By its prompt."""
        return self.weights.get(request.prompt, 1_000)


def read_text(text: str) -> Storyboard:
    """The storyboard of a whole text that has no problem."""
    storyboard, problems = load("film.yaml", text.encode(), lambda name: b"")
    assert not problems, problems
    assert storyboard
    return storyboard


def slates(text: str, digests: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """The slate of each shot of a text, where every shot that another goes on from has a take of its slate's name."""
    storyboard, shelf = read_text(text), Shelf(digests=digests or {})
    found: dict[str, str | None] = {}
    sources: dict[str, str] = {}
    for shot in storyboard.shots:
        found[shot.id] = request_of(storyboard, shot, shot.order, shelf, sources).slate if shot.order else None
        sources[shot.id] = sha(found[shot.id] or shot.footage)
    return found
