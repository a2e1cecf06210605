"""What each video model can do, and what a second of it costs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per second of clip, for a mode, for sound or silence, with chosen voices or without; None is any."""

    per_second: Decimal
    mode: str | None = None
    audio: bool | None = None
    voices: bool | None = None


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
    prompt_limit: int
    negative_limit: int
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
    seed: bool = False
    beats: int = 0
    """How many shots a multi-shot clip may have; 0 where it makes one shot only."""
    voices: int = 0
    elements: int = 0
    stills: Literal["any", "address"] = "any"
    """`address`: it takes images as addresses only, never inside the request."""
    resolution: bool = False
    """Whether the mode travels as the request's `resolution` rather than as the provider's option `mode`."""
    start: bool = True
    """Whether it has the start route; without it, only the held-open one."""
    zero_data_retention: bool = False
    options: tuple[str, ...] = ()
    """Which of its provider's options it honours."""
    tokens: tuple[Decimal, Decimal] | None = None
    """For a model that is paid by tokens: the least and the most US dollars that a second is expected to cost."""

    @property
    def provider(self) -> str:
        """The namespace of its own options: `klingai`."""
        return self.id.split("/", 1)[0]

    @property
    def name(self) -> str:
        """Its id without the provider: what people call it."""
        return self.id.split("/", 1)[1]

    def height(self, mode: str) -> int:
        """Pixels on the short side of the clip in a mode."""
        return int(self.modes[mode].removesuffix("p"))

    def per_second(self, mode: str, *, audio: bool) -> Decimal | None:
        """US dollars for a second, or None when this table does not know."""
        for price in self.prices:
            if price.mode in (None, mode) and price.audio in (None, audio):
                return price.per_second
        return None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every model, by id, and the day its facts were read."""

    dated: str
    models: Mapping[str, Model]


@cache
def catalogue() -> Catalogue:
    """The table that ships with the package."""
    text = resources.files("storyboard.planner").joinpath("catalogue.toml").read_text("utf-8")
    table = tomllib.loads(text)
    rows = [_model(row) for row in table["model"]]
    return Catalogue(table["dated"], {row.id: row for row in rows})


def _model(row: dict[str, Any]) -> Model:
    prices = tuple(Price(Decimal(price.pop("per_second")), **price) for price in row.pop("prices", []))
    row = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Model(**row, prices=prices)
