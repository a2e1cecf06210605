"""What happens while a film is made, as values: whoever watches gets them through one function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from storyboard.errors import Where


@dataclass(frozen=True, slots=True)
class ShotMoved:
    """A shot came into another state."""

    shot: str
    state: Literal["waiting", "ordered", "shooting", "downloading", "held", "failed"]
    bytes: int = 0
    """Downloaded so far."""


@dataclass(frozen=True, slots=True)
class Assembling:
    """How far the assembly of one film has come, in frames."""

    output: str
    done: int
    total: int
    reused: int
    """Frames among `done` that were there already."""


@dataclass(frozen=True, slots=True)
class Carried:
    """How far takes have come on their way to or from the place where they are shared, or in being read."""

    way: Literal["push", "pull", "verify"]
    where: str
    takes: int
    of_takes: int
    bytes: int
    of_bytes: int


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence that the user should read."""

    text: str
    hint: str = ""
    where: Where | None = None
    """The place in a source that it is about."""


Event = ShotMoved | Assembling | Carried | Said
Watch = Callable[[Event], None]


def unwatched(_: Event) -> None:
    """For callers that do not look."""
