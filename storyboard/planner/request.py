"""What is sent to a provider and therefore paid for, and its slate.

The slate is the SHA-256 of the request's canonical form (RFC 8785): what the model honours, and nothing else. A shot's
id, its place in the film, its cut, its captions and notes are not in it, so that editing them never costs anything.
Golden slates in `tests/golden/` hold this file to its word.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import rfc8785

from storyboard.planner.catalogue import Model
from storyboard.spec.model import Order

VERSION = "request-1"
CROP_RECIPE = "crop-1"
"""The version of how a still is made ready: oriented, cropped to the film's shape around its focus, scaled down."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An input image as it enters the slate: by its source's bytes and the recipe, never by re-encoded bytes."""

    source: str
    """SHA-256 of the still's file, or of the take whose last frame it is."""
    frame: Literal["still", "last"]
    width: int
    height: int
    focus: tuple[int, int]
    """In ten-thousandths from the left and from the top."""

    def canonical(self) -> dict[str, Any]:
        """Its part of the slate."""
        return {
            "source": self.source, "frame": self.frame, "recipe": CROP_RECIPE, "size": [self.width, self.height],
            "focus": list(self.focus),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """One clip, as it is ordered."""

    model: str
    prompt: str
    negative: str
    seconds: int
    mode: str
    audio: bool
    aspect: str
    """As in `16:9`, for models that choose the shape; empty where it follows the still."""
    first: Picture | None
    last: Picture | None
    references: tuple[Picture, ...] = ()

    def canonical(self) -> bytes:
        """The bytes that the slate is the digest of."""
        body: dict[str, Any] = {
            "version": VERSION, "model": self.model, "prompt": self.prompt, "negative": self.negative,
            "seconds": self.seconds, "mode": self.mode, "audio": self.audio, "aspect": self.aspect,
            "first": self.first.canonical() if self.first else None,
            "last": self.last.canonical() if self.last else None,
        }  # fmt: skip
        return rfc8785.dumps({name: value for name, value in body.items() if value not in (None, "")})

    @property
    def slate(self) -> str:
        """64 hex digits: the identity of what is ordered."""
        return hashlib.sha256(self.canonical()).hexdigest()


def build_request(
    order: Order, model: Model | None, aspect: Fraction, first: Picture | None, last: Picture | None
) -> Request:
    """The request of a shot's order, with its pictures known."""
    chooses = model is None or bool(model.aspects)
    return Request(
        model=order.model, prompt=normal(order.prompt), negative=normal(order.negative), seconds=int(order.seconds),
        mode=order.mode, audio=order.audio,
        aspect=f"{aspect.numerator}:{aspect.denominator}" if chooses and not first else "",
        first=first, last=last,
    )  # fmt: skip


def picture_size(model: Model | None, mode: str, aspect: Fraction) -> tuple[int, int]:
    """Width and height in even pixels that stills are cropped and scaled to: the film's shape at the mode's size."""
    short = model.height(mode) if model and mode in model.modes else 1080
    long = round(short * max(aspect, 1 / aspect) / 2) * 2
    return (long, short) if aspect >= 1 else (short, long)


def focus_point(focus: tuple[float, float]) -> tuple[int, int]:
    """A focus point in ten-thousandths: whole numbers, the same on every machine."""
    return round(focus[0] * 10_000), round(focus[1] * 10_000)


def normal(text: str) -> str:
    """A text whose spelling in Unicode and line endings no longer tell where it was written."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
