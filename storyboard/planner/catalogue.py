"""What each video model can do, and what a second of it costs: `catalogue.toml` as values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any, Literal

from storyboard.planner.dialect import dialect_of


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a second of clip or for a million tokens, and what it holds for; None is any."""

    per_second: Decimal | None = None
    per_million: Decimal | None = None
    mode: str | None = None
    resolution: str | None = None
    audio: bool | None = None
    voices: bool | None = None

    @property
    def exactness(self) -> int:
        """By how many things it is told apart from other prices."""
        return sum(one is not None for one in (self.mode, self.resolution, self.audio, self.voices))


@dataclass(frozen=True, slots=True)
class Option:
    """One of a provider's own options: what it may be, or why it cannot be set."""

    name: str
    type: Literal["boolean", "number", "integer", "text", "texts", ""] = ""
    minimum: float | None = None
    """For a number; for a list of texts, the most entries are its `maximum`."""
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    about: str = ""
    needs: Literal["references", ""] = ""
    """The field of the shot without which the provider ignores it."""
    refused: str = ""
    """What to write instead, or why not; empty for an option that can be set."""


@dataclass(frozen=True, slots=True)
class Model:
    """One row of the catalogue."""

    id: str
    kind: Literal["i2v", "t2v", "r2v", "motion"]
    """What it begins with: a still, words, images of what should appear, or a video whose movement it takes over."""
    best_for: str
    seconds: tuple[int, ...]
    modes: Mapping[str, str]
    """Mode to picture height, as in `{"std": "720p"}`; the first one is the default."""
    audio: Literal["none", "option", "always"]
    audio_modes: tuple[str, ...] = ()
    """The modes that make sound on request; empty for all."""
    prompt_limit: int | None = None
    """Characters; None when no limit is known."""
    negative: bool = True
    """Whether it takes a negative prompt."""
    negative_limit: int | None = None
    aspects: tuple[str, ...] = ()
    """The shapes it offers; empty where the picture follows the still."""
    first: bool = False
    last: bool = False
    last_modes: tuple[str, ...] = ()
    """The modes that honour a last frame; empty for all."""
    ignored: tuple[str, ...] = ()
    """Request fields that it answers with a warning and ignores, although they are billed."""
    prices: tuple[Price, ...] = ()
    instead: str = ""
    """What to take instead, and for what."""
    needs_first: bool = False
    """Whether a last frame is taken only together with a first one."""
    words_alone: bool = False
    """Whether an i2v model also makes clips from words alone."""
    references: int = 0
    """How many reference images it takes; 0 for none."""
    reference_modes: tuple[str, ...] = ()
    """The modes that references can be shot in; empty for all."""
    reference_seconds: tuple[int, ...] = ()
    """The lengths that references can be shot in; empty for all."""
    seed: bool = False
    beats: int = 0
    """How many shots a multi-shot clip may have; 0 where it makes one shot only."""
    motion: Mapping[str, int] = field(default_factory=dict)
    """For a motion-control model: seconds of video that each orientation takes, at most."""
    voices: int = 0
    elements: int = 0
    stills: Literal["any", "address", "inline"] = "any"
    """`address`: it takes images as addresses only, never inside the request; `inline`: only inside it."""
    still_ratio: Decimal | None = None
    """How much longer than wide, or wider than long, a still may be; None when no limit is known."""
    resolution: bool = False
    """Whether the mode travels as the request's `resolution` rather than as the provider's option `mode`."""
    start: bool = True
    """Whether it has the start route; without it, only the held-open one."""
    zero_data_retention: bool = True
    """False where no provider of it is known to keep nothing of what it is sent."""
    options: tuple[str, ...] = ()
    """Which of its provider's options it honours."""

    @property
    def provider(self) -> str:
        """Who made it, as its id says: `klingai`."""
        return self.id.split("/", 1)[0]

    @property
    def namespace(self) -> str:
        """The name that its own options stand under in a request: `vertex` for Google's."""
        return dialect_of(self.id).namespace

    @property
    def name(self) -> str:
        """Its id without the provider: what people call it."""
        return self.id.split("/", 1)[1]

    @property
    def default_mode(self) -> str:
        """The mode of an order that names none."""
        return next(iter(self.modes))

    def height(self, mode: str) -> int:
        """Pixels on the short side of the clip in a mode."""
        return int(self.modes[mode].removesuffix("p"))

    def shape(self, aspect: Fraction) -> str:
        """A shape in the model's own spelling, as in `21:9`; empty when it does not offer that one."""
        return next((one for one in self.aspects if Fraction(one.replace(":", "/")) == aspect), "")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every model, by id, and the day its facts were read."""

    dated: str
    models: Mapping[str, Model]
    options: Mapping[str, Mapping[str, Option]]
    """Each provider's own options by the name of its namespace, those that cannot be set included."""
    areas: Mapping[str, tuple[int, int]]
    """Pixels of a token-priced clip's picture by its size: of the smallest shape and of the largest."""


@cache
def catalogue() -> Catalogue:
    """The table that ships with the package."""
    text = resources.files("storyboard.planner").joinpath("catalogue.toml").read_text("utf-8")
    table = tomllib.loads(text)
    rows = [_model({**table["shared"].get(row.pop("like", ""), {}), **row}) for row in table["model"]]
    options = {
        provider: {name: Option(name, **_tuples(one)) for name, one in block.items()}
        for provider, block in table["options"].items()
    }
    areas = {size: (least, most) for size, (least, most) in table["areas"].items()}
    return Catalogue(table["dated"], {row.id: row for row in rows}, options, areas)


TOKEN_RATE = 24
"""Frames per second of a token-priced clip."""
PIXELS_PER_TOKEN = 1024
TOKEN_MARGIN = Decimal("1.25")
"""How much the count of tokens may exceed the formula: what is quoted must be the most that can be charged."""


def tokens_per_second(size: str) -> tuple[Decimal, Decimal] | None:
    """Tokens in a second of clip of a size, as in `720p`, at least and at most; None when the size is not known."""
    area = catalogue().areas.get(size.lower())
    if area is None:
        return None
    least, most = (Decimal(pixels * TOKEN_RATE) / PIXELS_PER_TOKEN for pixels in area)
    return least, most * TOKEN_MARGIN


def _model(row: Mapping[str, Any]) -> Model:
    prices = tuple(_price(price) for price in row.get("prices", ()))
    ratio = Decimal(row["still_ratio"]) if "still_ratio" in row else None
    seconds = row["seconds"]
    lengths = tuple(range(seconds["from"], seconds["to"] + 1) if isinstance(seconds, dict) else seconds)
    return Model(**{**_tuples(row), "prices": prices, "still_ratio": ratio, "seconds": lengths})


def _price(price: Mapping[str, Any]) -> Price:
    fields: dict[str, Any] = {name: Decimal(one) if name.startswith("per_") else one for name, one in price.items()}
    return Price(**fields)


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(one) if isinstance(one, list) else one for name, one in row.items()}
