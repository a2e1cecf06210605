"""What an order costs, by model, mode, sound, voices and seconds: as the gateway or the catalogue tells it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from storyboard.planner.catalogue import Model, Price, catalogue, tokens_per_second

STEP = Decimal("0.0001")
"""What a quote is rounded to, in US dollars: its `high` up, its `low` down."""
DEAREST_SECOND = Decimal(1_000)
DEAREST_MILLION = Decimal(10_000)
"""US dollars above which a listed price of a second, or of a million tokens, is taken for a mistake."""

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?")
_PIXELS = re.compile(r"([0-9]{2,5})x([0-9]{2,5})")
_RENAMED = {"spacexai": "xai"}
"""Creators that some lists still call by an earlier name."""


@dataclass(frozen=True, slots=True)
class Quote:
    """US dollars for one clip: the least it is expected to cost, and the most that can be charged for it."""

    low: Decimal
    high: Decimal
    source: str
    """`live`, or `catalogue` with the day of its facts."""


@dataclass(frozen=True, slots=True)
class PriceList:
    """Every price that one source knows, by model id."""

    source: str
    prices: Mapping[str, tuple[Price, ...]]

    def of(self, model_id: str) -> tuple[Price, ...]:
        """The prices of a model; none when it is not listed."""
        creator, _, name = model_id.partition("/")
        return self.prices.get(model_id) or self.prices.get(f"{_RENAMED.get(creator, creator)}/{name}", ())


@cache
def built_in() -> PriceList:
    """The prices that ship with the package."""
    table = catalogue()
    return PriceList(f"catalogue {table.dated}", {model.id: model.prices for model in table.models.values()})


def quote(
    model_id: str, mode: str, audio: bool, voices: bool, seconds: int, prices: PriceList
) -> Quote | None:  # fmt: skip
    """What a clip costs by a list of prices; by the built-in one for a model that is not in it. None: nobody knows.

    Where several prices match, the highest is what can be charged. Where a listed model has no price for this very
    clip, that is the dearest of all that are known of it.
    """
    model = catalogue().models.get(model_id)
    listed = prices.of(model_id)
    known = built_in().of(model_id)
    source = prices.source if listed else built_in().source
    found = _per_second(_matching(listed or known, model, mode, audio=audio, voices=voices), model, mode)
    if found is None and listed and model:
        found = _per_second([*listed, *known], model, mode)
    if found is None:
        return None
    low, high = (amount * seconds for amount in found)
    return Quote(low.quantize(STEP, ROUND_FLOOR), high.quantize(STEP, ROUND_CEILING), source)


def parse_price_list(value: Mapping[str, Any]) -> PriceList:
    """The prices in an answer of `/v1/models`. What has another shape is left out, and with it its model.

    A model with a number that no price can be (not finite, below 0, beyond all measure) is left out whole: half of its
    prices would tell too little.
    """
    entries = value.get("data")
    found: dict[str, tuple[Price, ...]] = {}
    wrong: set[str] = set()
    for entry in entries if isinstance(entries, list) else []:
        name = entry.get("id") if isinstance(entry, Mapping) else None
        pricing = entry.get("pricing") if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or not isinstance(pricing, Mapping):
            continue
        try:
            found[name] = (*found.get(name, ()), *_read_prices(pricing))
        except ValueError:
            wrong.add(name)
    return PriceList("live", {name: prices for name, prices in found.items() if prices and name not in wrong})


def dollars(amount: Decimal | None) -> str:
    """`$1.68`, or `?` for a price nobody knows."""
    return "?" if amount is None else f"${amount.quantize(Decimal('0.01'), ROUND_HALF_UP)}"


def finely(amount: Decimal) -> str:
    """US dollars with as many digits as matter for a second: `0.084`, `0.14`."""
    return str(amount.quantize(Decimal("0.001"), ROUND_HALF_UP)).removesuffix("0")


def second_of(price: Price, model: Model | None, mode: str) -> tuple[Decimal, Decimal] | None:
    """US dollars for a second in a mode by one price, at least and at most; None where nobody knows."""
    if price.per_second is not None:
        return price.per_second, price.per_second
    tokens = tokens_per_second(model.modes.get(mode, mode) if model else mode)
    if tokens is None or price.per_million is None:
        return None
    return tokens[0] * price.per_million / 1_000_000, tokens[1] * price.per_million / 1_000_000


def seconds_of(model: Model) -> tuple[Decimal, Decimal] | None:
    """US dollars for the cheapest and for the dearest second of a model in the built-in table; None without prices."""
    held = [(price, mode) for price in model.prices for mode in model.modes if price.mode in (None, mode)]
    spans = [span for price, mode in held if (span := second_of(price, model, mode))]
    return (min(low for low, _ in spans), max(high for _, high in spans)) if spans else None


def _matching(
    prices: Iterable[Price], model: Model | None, mode: str, *, audio: bool, voices: bool
) -> list[Price]:  # fmt: skip
    """The prices that hold for a clip."""
    size = model.modes.get(mode, mode) if model else mode
    sound = audio or (model is not None and model.audio == "always")
    return [
        price
        for price in prices
        if (price.mode is None or price.mode.casefold() in (mode.casefold(), size.casefold()))
        and (price.resolution is None or price.resolution.casefold() in (mode.casefold(), size.casefold()))
        and price.audio in (None, sound)
        and price.voices in (None, voices)
    ]


def _per_second(prices: list[Price], model: Model | None, mode: str) -> tuple[Decimal, Decimal] | None:
    """US dollars for a second: the least by the most exact of these prices, the most by any of them."""
    spans = [(price.exactness, *span) for price in prices if (span := second_of(price, model, mode))]
    if not spans:
        return None
    most_exact = max(exactness for exactness, _, _ in spans)
    return min(low for exactness, low, _ in spans if exactness == most_exact), max(high for _, _, high in spans)


def _read_prices(pricing: Mapping[str, Any]) -> Iterator[Price]:
    by_second = pricing.get("video_duration_pricing")
    for entry in by_second if isinstance(by_second, list) else []:
        if isinstance(entry, Mapping) and "cost_per_second" in entry:
            amount = _amount(entry["cost_per_second"], DEAREST_SECOND)
            audio, voices = entry.get("audio"), entry.get("voice_control")
            yield Price(
                per_second=amount, mode=_word(entry.get("mode")), resolution=_size(entry.get("resolution")),
                audio=audio if isinstance(audio, bool) else None, voices=voices if isinstance(voices, bool) else None,
            )  # fmt: skip
    by_token = pricing.get("video_token_pricing")
    if isinstance(by_token, Mapping):
        tiers = by_token.get("tiers")
        for tier in [by_token, *(tiers if isinstance(tiers, list) else [])]:
            if isinstance(tier, Mapping) and (cost := _token_cost(tier)) is not None:
                amount = _amount(cost, DEAREST_MILLION)
                yield Price(per_million=amount, resolution=_size(tier.get("resolution")))


def _token_cost(tier: Mapping[str, Any]) -> object:
    """What a million tokens cost without a video among the inputs, as it is written; None when that is not told."""
    for place in (tier.get("no_video_input"), tier, tier.get("with_video_input")):
        if isinstance(place, Mapping) and "cost_per_million_tokens" in place:
            return place["cost_per_million_tokens"]
    return None


def _amount(value: object, most: Decimal) -> Decimal:
    """A listed price; ValueError when no price can be that."""
    text = "" if isinstance(value, bool) or not isinstance(value, str | int | float) else str(value).strip()
    if not _NUMBER.fullmatch(text) or not Decimal(text) <= most:
        raise ValueError("this is no price")
    return Decimal(text)


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _size(value: object) -> str | None:
    """A size as modes have it: `720p` for `1280x720` too."""
    pixels = _PIXELS.fullmatch(value) if isinstance(value, str) else None
    return f"{min(int(pixels[1]), int(pixels[2]))}p" if pixels else _word(value)
