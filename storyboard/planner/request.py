"""What is sent to a provider and therefore paid for, and its slate.

The slate is the SHA-256 of the request's canonical form (RFC 8785): what the model honours, and nothing else. A shot's
id, its place in the film, its cut, its captions and notes are not in it, so that editing them never costs anything.
Golden slates in `tests/golden/` hold this file to its word.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal, Protocol

import rfc8785

from storyboard.planner.catalogue import Model, catalogue
from storyboard.planner.dialect import dialect_of
from storyboard.spec.model import Beat, Block, Frame, Order, Routing, Shot, StillFile, Storyboard

VERSION = "request-1"
CROP_RECIPE = "crop-1"
"""The version of how a still is made ready: oriented, cropped to the film's shape around its focus, scaled down."""
FIT_RECIPE = "fit-1"
"""The version of how a reference is made ready: oriented, whole, scaled down."""
LARGEST_SEED = 2**31 - 1
"""What every model that honours a seed takes."""
MIDDLE = (0.5, 0.5)
REFERENCE_SIDE = 1920
"""Pixels of a reference's longer side, at most: as large as a clip shows."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An input image as it enters the slate: by its source's bytes and the recipe, never by re-encoded bytes.

    A `reference` stays whole and fits into its size; any other is cropped to the shape of its size.
    """

    source: str
    """SHA-256 of the still's file, or of the take whose last frame it is."""
    frame: Literal["still", "last", "reference"]
    width: int
    height: int
    focus: tuple[int, int]
    """In ten-thousandths from the left and from the top."""

    def canonical(self) -> dict[str, Any]:
        """Its part of the slate."""
        part = {"source": self.source, "frame": self.frame, "size": [self.width, self.height]}
        if self.frame == "reference":
            return {**part, "recipe": FIT_RECIPE}
        return {**part, "recipe": CROP_RECIPE, "focus": list(self.focus)}


@dataclass(frozen=True, slots=True)
class Movement:
    """The video whose movement a clip takes over, as it enters the slate."""

    source: str
    """SHA-256 of the video's file."""
    orientation: Literal["image", "video"]
    """Whether the character faces as in the still, or as in the video."""
    keep_sound: bool

    def canonical(self) -> dict[str, Any]:
        """Its part of the slate."""
        return {"source": self.source, "orientation": self.orientation, "sound": self.keep_sound}


@dataclass(frozen=True, slots=True)
class Inputs:
    """The pictures and the video that an order goes with, known by their bytes."""

    first: Picture | None = None
    last: Picture | None = None
    references: tuple[Picture, ...] = ()
    motion: Movement | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One clip, as it is ordered. Its `routing` travels with it and is no part of its slate."""

    model: str
    prompt: str
    negative: str
    seconds: int
    """What is ordered and paid for; for a clip that takes over a movement, about what that video lasts."""
    mode: str
    """Empty where the model has but one, or is not known."""
    audio: bool
    aspect: str
    """As in `16:9`, for models that choose the shape; empty where it follows the still."""
    first: Picture | None
    last: Picture | None
    references: tuple[Picture, ...] = ()
    seed: int | None = None
    beats: tuple[Beat, ...] = ()
    motion: Movement | None = None
    voices: tuple[str, ...] = ()
    elements: tuple[int, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    routing: Routing = field(default_factory=Routing)
    slate: str = field(init=False, repr=False, compare=False)
    """64 hex digits: the identity of what is ordered."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "slate", hashlib.sha256(self.canonical()).hexdigest())

    def canonical(self) -> bytes:
        """The bytes that the slate is the digest of."""
        body: dict[str, Any] = {
            "version": VERSION, "model": self.model, "prompt": self.prompt, "negative": self.negative,
            "seconds": None if self.motion else self.seconds,
            "mode": self.mode, "audio": self.audio, "aspect": self.aspect,
            "first": self.first.canonical() if self.first else None,
            "last": self.last.canonical() if self.last else None,
            "references": [one.canonical() for one in self.references],
            "seed": self.seed,
            "beats": [{"prompt": beat.prompt, "seconds": beat.seconds} for beat in self.beats],
            "motion": self.motion.canonical() if self.motion else None,
            "voices": list(self.voices),
            "elements": [str(one) for one in self.elements],
            "options": plain(Block(self.options)),
        }  # fmt: skip
        return rfc8785.dumps({name: value for name, value in body.items() if value not in (None, "", [], {})})


class Files(Protocol):
    """What a request has to know of the project's files."""

    def digest(self, file: str) -> str:
        """The SHA-256 of one."""


def request_of(storyboard: Storyboard, shot: Shot, order: Order, files: Files, sources: dict[str, str]) -> Request:
    """The request of a shot, with the digests of the takes that it goes on from in `sources`."""
    model = catalogue().models.get(order.model)
    width, height = picture_size(model, mode_of(order, model), storyboard.aspect)

    def picture(frame: Frame | None) -> Picture | None:
        if frame is None:
            return None
        if isinstance(frame, StillFile):
            return Picture(files.digest(frame.file), "still", width, height, focus_point(shot.focus or MIDDLE))
        return Picture(sources[frame.shot], "last", width, height, (5_000, 5_000))

    motion = order.motion
    inputs = Inputs(
        picture(order.first), picture(order.last),
        tuple(reference_picture(files.digest(one.file)) for one in order.references),
        Movement(files.digest(motion.video), motion.orientation, motion.keep_sound) if motion else None,
    )  # fmt: skip
    return build_request(order, model, storyboard.aspect, inputs)


def build_request(order: Order, model: Model | None, aspect: Fraction, inputs: Inputs) -> Request:
    """The request of a shot's order, with its pictures known. What the model ignores is not in it."""
    chooses = model is None or bool(model.aspects)
    shaped = not inputs.first or dialect_of(order.model).shapes_stills
    fixed = model is not None and model.audio != "option"
    return Request(
        model=order.model, prompt=normal(order.prompt), negative=normal(order.negative), seconds=int(order.seconds),
        mode=mode_of(order, model), audio=model.audio == "always" if model and fixed else order.audio,
        aspect=((model.shape(aspect) if model else "") or f"{aspect.numerator}:{aspect.denominator}")
        if chooses and shaped else "",
        first=inputs.first, last=inputs.last, references=inputs.references,
        seed=order.seed if model is None or model.seed else None,
        beats=tuple(Beat(normal(beat.prompt), beat.seconds) for beat in order.beats), motion=inputs.motion,
        voices=order.voices, elements=order.elements, options=order.options, routing=order.routing,
    )  # fmt: skip


def as_sent(request: Request, number: int) -> Request:
    """A request as it is sent for the take of that number. Its slate stays the shot's own.

    A further take gets another seed where the model honours one: else the same clip would be paid for again.
    """
    model = catalogue().models.get(request.model)
    honoured = model.seed if model else request.seed is not None
    if number <= 1 or not honoured:
        return request
    digest = hashlib.sha256(f"{request.slate}\n{number}".encode()).hexdigest()
    return replace(request, seed=1 + int(digest[:16], 16) % LARGEST_SEED)


def mode_of(order: Order, model: Model | None) -> str:
    """The mode that is ordered: the written one, else the model's own default; empty when nobody knows."""
    return order.mode or (model.default_mode if model else "")


def plain(value: Any) -> Any:
    """An option's value as JSON has it."""
    if isinstance(value, Block):
        return {name: plain(one) for name, one in value.fields}
    return [plain(one) for one in value] if isinstance(value, tuple) else value


def reference_picture(source: str) -> Picture:
    """A reference image, by its file's digest."""
    return Picture(source, "reference", REFERENCE_SIDE, REFERENCE_SIDE, (5_000, 5_000))


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
