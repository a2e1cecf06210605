"""What a shot asks of its model, as values: everything that can cost money, and nothing of the cut."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class StillFile:
    """An input image: a file of the project."""

    file: str


@dataclass(frozen=True, slots=True)
class FrameOf:
    """Continuity: the last frame of another shot's circled take."""

    shot: str


Frame = StillFile | FrameOf


@dataclass(frozen=True, slots=True)
class Beat:
    """One of the shots inside a multi-shot clip."""

    prompt: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Motion:
    """A video whose movement the clip takes over."""

    video: str
    """A file of the project."""
    orientation: Literal["image", "video"]
    """Whether the character faces as in the still, or as in the video."""
    keep_sound: bool


@dataclass(frozen=True, slots=True)
class Routing:
    """The gateway's own options: they decide who makes the clip and what is kept of it, not what it shows."""

    only: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    zero_data_retention: bool = False
    disallow_prompt_training: bool = False
    user: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A block of plain values inside an option: names and values, sorted."""

    fields: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What a shot asks of a video model: everything that can cost money."""

    model: str
    prompt: str
    """Empty for a multi-shot clip: then `beats` say what happens."""
    negative: str
    seconds: Fraction
    mode: str
    """Empty for the model's own default."""
    audio: bool
    first: Frame | None
    last: Frame | None
    references: tuple[StillFile, ...] = ()
    """Images of what should appear, the characters' included: no frames of the clip."""
    seed: int | None = None
    beats: tuple[Beat, ...] = ()
    """For a multi-shot clip: what each of its shots shows, the look and the characters included."""
    motion: Motion | None = None
    voices: tuple[str, ...] = ()
    """The provider's ids of voices, the characters' included."""
    elements: tuple[int, ...] = ()
    """The provider's ids of elements (people and things it was shown before), the characters' included."""
    options: tuple[tuple[str, Any], ...] = ()
    """The model's own options by the provider's names, sorted: plain values, lists as tuples, objects as `Block`."""
    routing: Routing = Routing()
