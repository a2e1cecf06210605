"""What an animatic is: the free clip that stands in for a bought one. It draws nothing, and imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

RECIPE = "animatic-1"
"""The version of the drawing. Whoever keeps a clip keeps this with it: a newer one means that it is drawn again."""

RATE = 24
"""Frames per second of every animatic."""


class CannotDraw(Exception):
    """The pictures that were sent cannot be drawn from; the text says why. It crosses a process border."""


class Abandoned(Exception):
    """Nobody waits for this clip any more: its gateway was closed."""


@dataclass(frozen=True, slots=True)
class Animatic:
    """Everything that decides the bytes of one clip."""

    prompt: str
    seconds: int
    size: tuple[int, int]
    """Width and height in pixels, both even."""
    first: bytes | None = None
    last: bytes | None = None
    """JPEG or PNG files. Without either, a picture of light is made up from the prompt."""
    audio: bool = False

    @property
    def frames(self) -> int:
        """How many pictures the clip has."""
        return self.seconds * RATE
