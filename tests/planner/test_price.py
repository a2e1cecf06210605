from __future__ import annotations

import json
import math
import random
from decimal import Decimal
from typing import Any

import pytest

from storyboard.planner.catalogue import Price, catalogue, tokens_per_second
from storyboard.planner.price import PriceList, Quote, built_in, dollars, parse_price_list, quote

I2V = "klingai/kling-v3.0-i2v"
BUILT_IN = f"catalogue {catalogue().dated}"


def listed(**pricing: Any) -> dict[str, Any]:
    """An answer of `/v1/models` with one model."""
    return {"object": "list", "data": [{"id": I2V, "type": "video", "pricing": pricing}]}


def by_second(*entries: Any) -> PriceList:
    """A live list with these prices of a second."""
    return parse_price_list(listed(video_duration_pricing=list(entries)))


def most(prices: PriceList, mode: str = "std", *, audio: bool = False, voices: bool = False) -> tuple[str, str]:
    """The highest price of one second, and where it comes from."""
    found = quote(I2V, mode, audio, voices, 1, prices)
    assert found
    return str(found.high.normalize()), found.source


@pytest.mark.parametrize(
    ("mode", "audio", "voices", "price"),
    [
        ("std", False, False, "0.84"), ("std", True, False, "1.26"), ("std", True, True, "1.54"),
        ("pro", False, False, "1.12"), ("pro", True, False, "1.68"), ("pro", True, True, "1.96"),
    ]
)  # fmt: skip
def test_the_six_prices_of_kling(mode: str, audio: bool, voices: bool, price: str) -> None:
    for model in (I2V, "klingai/kling-v3.0-t2v"):
        assert quote(model, mode, audio, voices, 5, built_in()) == Quote(Decimal(price), Decimal(price), BUILT_IN)
        fifteen = quote(model, mode, audio, voices, 15, built_in())
        assert fifteen
        assert fifteen.high == Decimal(price) * 3


def test_a_price_nobody_knows() -> None:
    assert quote("acme/zoom", "", False, False, 5, built_in()) is None
    assert quote("bfl/flux-3-video", "hd", True, False, 5, built_in()) is None
    assert dollars(None) == "?"
    assert dollars(Decimal("1.675")) == "$1.68"


def test_tokens_are_a_range_around_what_a_second_is_resold_for() -> None:
    least, most = tokens_per_second("720p") or (0, 0)
    assert least < 21_671 < most
    least, most = tokens_per_second("1080p") or (0, 0)
    assert least < 48_714 < most
    assert tokens_per_second("8k") is None
    found = quote("bytedance/seedance-2.0", "720p", True, False, 10, built_in())
    assert found
    assert found.low < Decimal("1.52") < found.high < Decimal("2.00")


def test_the_shapes_of_a_live_list() -> None:
    prices = by_second(
        {"audio": False, "mode": "std", "cost_per_second": "0.2"},
        {"audio": True, "mode": "std", "cost_per_second": "0.3"},
        {"audio": True, "mode": "std", "voice_control": True, "cost_per_second": "0.4"},
        {"resolution": "1080p", "cost_per_second": 0.5},
    )
    assert most(prices) == ("0.2", "live")
    assert most(prices, audio=True) == ("0.3", "live")
    assert most(prices, audio=True, voices=True) == ("0.4", "live")
    assert most(prices, "pro", audio=True) == ("0.5", "live")


@pytest.mark.parametrize("size", ["720p", "720P", "1280x720", "720x1280"])
def test_a_size_by_any_of_its_names(size: str) -> None:
    name = "alibaba/wan-v2.6-i2v"
    answer = {"data": [{"id": name, "pricing": {"video_duration_pricing": [
        {"resolution": size, "cost_per_second": "0.11"}, {"resolution": "1080p", "cost_per_second": "0.22"},
    ]}}]}  # fmt: skip
    found = quote(name, "720p", True, False, 1, parse_price_list(answer))
    assert found == Quote(Decimal("0.11"), Decimal("0.11"), "live")


def test_tokens_of_a_live_list() -> None:
    name = "bytedance/seedance-2.0"
    plain = {"no_video_input": {"cost_per_million_tokens": "7"}, "with_video_input": {"cost_per_million_tokens": "4.3"}}
    tiers = {"tiers": [{"resolution": "1080p", **plain}, {"resolution": "720p", "cost_per_million_tokens": "8"}]}
    for pricing, mode in ((plain, "720p"), (plain, "480p"), (tiers, "1080p")):
        answer = {"data": [{"id": name, "pricing": {"video_token_pricing": pricing}}]}
        live, known = (quote(name, mode, True, False, 5, one) for one in (parse_price_list(answer), built_in()))
        assert live
        assert known
        assert live.source == "live"
        assert live.high == known.high or mode == "1080p"
        assert live.low < live.high
    answer = {"data": [{"id": "acme/zoom", "pricing": {"video_token_pricing": plain}}]}
    assert quote("acme/zoom", "", False, False, 5, parse_price_list(answer)) is None, "of no known size"


def test_where_several_prices_match_the_highest_is_the_estimate() -> None:
    twice = by_second(*({"mode": "std", "cost_per_second": price} for price in ("0.2", "0.9", "0.4")))
    assert most(twice)[0] == "0.9"
    told_apart = by_second({"cost_per_second": "0.9"}, {"mode": "std", "cost_per_second": "0.2"})
    found = quote(I2V, "std", False, False, 1, told_apart)
    assert found == Quote(Decimal("0.2"), Decimal("0.9"), "live"), "the exact one is expected, the other can be charged"
    entries = [{"id": I2V, "pricing": {"video_duration_pricing": [{"cost_per_second": one}]}} for one in ("0.3", "0.7")]
    assert most(parse_price_list({"data": entries}))[0] == "0.7"


def test_a_clip_that_a_live_list_has_no_price_for_costs_the_dearest() -> None:
    assert most(by_second({"mode": "turbo", "cost_per_second": "0.1"}), "pro") == ("0.392", "live")
    assert most(by_second({"mode": "turbo", "cost_per_second": "1.1"}), "pro") == ("1.1", "live")


def test_a_model_that_is_not_listed_has_its_built_in_price() -> None:
    assert most(parse_price_list({"data": []})) == ("0.168", BUILT_IN)
    assert most(parse_price_list(listed(input="0.1"))) == ("0.168", BUILT_IN)


def test_a_creator_by_an_earlier_name() -> None:
    entry = {"id": "xai/grok-imagine-video", "pricing": {"video_duration_pricing": [{"cost_per_second": "0.06"}]}}
    found = quote("spacexai/grok-imagine-video", "720p", True, False, 10, parse_price_list({"data": [entry]}))
    assert found == Quote(Decimal("0.6"), Decimal("0.6"), "live")


NO_PRICE = [
    math.nan, math.inf, -math.inf, -1, -0.01, "NaN", "Infinity", "-1", "1e999", "1e99", "1001", 1001, True, None, [],
    {}, "", " ", "abc", "0x10", "1_0", "１", "1,5", "+1", "$1", "1" * 40, "--1", "1e",
]  # fmt: skip


@pytest.mark.parametrize("value", NO_PRICE, ids=str)
def test_a_number_that_is_no_price_leaves_its_model_to_the_built_in_list(value: object) -> None:
    for entries in (
        [{"cost_per_second": value}],
        [{"cost_per_second": "0.01"}, {"mode": "pro", "cost_per_second": value}],
    ):
        assert most(by_second(*entries)) == ("0.168", BUILT_IN)
    tokens = {"no_video_input": {"cost_per_million_tokens": value}}
    if value not in ("1001", 1001):
        assert most(parse_price_list(listed(video_token_pricing=tokens))) == ("0.168", BUILT_IN)
    again = listed(video_duration_pricing=[{"cost_per_second": "0.01"}])
    again["data"] += listed(video_duration_pricing=[{"cost_per_second": value}])["data"]
    assert most(parse_price_list(again)) == ("0.168", BUILT_IN)


def test_the_same_numbers_as_json_has_them() -> None:
    for text in ("NaN", "Infinity", "1e999", '"1e999"', "-1", '"-0"'):
        whole = json.dumps(listed(video_duration_pricing=[{"cost_per_second": "HERE"}])).replace('"HERE"', text)
        answer = json.loads(whole)
        assert most(parse_price_list(answer)) == ("0.168", BUILT_IN)


@pytest.mark.parametrize("value", ["0", "0.0", 0, "1e-2", 1e-05, "1000", " 0.2 "], ids=str)
def test_numbers_that_are_prices(value: object) -> None:
    assert quote(I2V, "std", False, False, 1, by_second({"cost_per_second": value})) is not None
    assert most(by_second({"cost_per_second": value}))[1] == "live"


SHAPES = [
    {}, {"data": None}, {"data": {}}, {"data": "x"}, {"data": [None, 1, "x", [], {}]}, {"data": [{"id": I2V}]},
    {"data": [{"id": 7, "pricing": {}}]}, {"data": [{"id": I2V, "pricing": []}]},
    listed(video_duration_pricing={}), listed(video_duration_pricing=[None, 1, "x", [], {}]),
    listed(video_token_pricing=[]), listed(video_token_pricing={"tiers": {}}),
    listed(video_token_pricing={"tiers": [None, 1], "no_video_input": 3, "with_video_input": "x"}),
]  # fmt: skip


@pytest.mark.parametrize("answer", SHAPES, ids=lambda one: json.dumps(one)[:60])
def test_shapes_that_nobody_knows_are_left_out(answer: dict[str, Any]) -> None:
    assert parse_price_list(answer).prices == {}
    assert most(parse_price_list(answer)) == ("0.168", BUILT_IN)


def test_qualifiers_that_nobody_knows_hold_for_everything() -> None:
    entry = {
        "mode": 3,
        "resolution": ["720p"],
        "audio": "yes",
        "voice_control": 1,
        "tier": "flex",
        "cost_per_second": "0.5",
    }
    assert most(by_second(entry), "pro", audio=True, voices=True) == ("0.5", "live")


def test_any_list_gives_a_range_whose_most_is_the_highest_that_matches() -> None:
    chance = random.Random(20260922)
    for _ in range(2_000):
        prices = [
            Price(
                per_second=Decimal(chance.randrange(0, 2_000)) / 1_000,
                mode=chance.choice([None, "std", "pro", "turbo"]), resolution=chance.choice([None, "720p", "1080P"]),
                audio=chance.choice([None, True, False]), voices=chance.choice([None, True, False]),
            )
            for _ in range(chance.randrange(1, 8))
        ]  # fmt: skip
        mode, audio, voices = chance.choice(["std", "pro"]), chance.random() < 0.5, chance.random() < 0.5
        seconds = chance.randrange(1, 31)
        found = quote(I2V, mode, audio, voices, seconds, PriceList("test", {I2V: tuple(prices)}))
        assert found
        assert Decimal(0) <= found.low <= found.high
        size = {"std": "720p", "pro": "1080P"}[mode]
        fits = [
            one.per_second or Decimal(0) for one in prices
            if one.mode in (None, mode) and one.resolution in (None, size)
            and one.audio in (None, audio) and one.voices in (None, voices)
        ]  # fmt: skip
        assert found.high >= max(fits, default=Decimal(0)) * seconds
        if fits:
            assert found.high == max(fits) * seconds


@pytest.mark.parametrize("name", sorted(catalogue().models))
def test_every_model_and_mode_has_a_quote_or_none_at_all(name: str) -> None:
    model = catalogue().models[name]
    found = [
        quote(name, mode, audio, voices, seconds, built_in())
        for mode in model.modes
        for audio in (False, True)
        for voices in (False, True)
        for seconds in (model.seconds[0], model.seconds[-1])
    ]
    assert all(found) if model.prices else not any(found)
    assert all(one.low <= one.high and one.high > 0 for one in found if one)
