from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest

from storyboard.planner.catalogue import catalogue
from storyboard.planner.price import dollars, estimate
from storyboard.spec.model import Order

I2V = catalogue().models["klingai/kling-v3.0-i2v"]


def order(mode: str, *, audio: bool, seconds: int = 5) -> Order:
    """An order of the model above."""
    return Order(I2V.id, "x", "", Fraction(seconds), mode, audio, None, None)


@pytest.mark.parametrize(
    ("mode", "audio", "price"),
    [("std", False, "0.84"), ("std", True, "1.26"), ("pro", False, "1.12"), ("pro", True, "1.68")]
)  # fmt: skip
def test_prices_of_the_catalogue(mode: str, audio: bool, price: str) -> None:
    assert estimate(order(mode, audio=audio), I2V) == Decimal(price)
    assert estimate(order(mode, audio=audio, seconds=15), I2V) == Decimal(price) * 3


def test_a_price_nobody_knows() -> None:
    assert estimate(order("std", audio=False), None) is None
    assert estimate(order("std", audio=False), catalogue().models["klingai/kling-v3.0-t2v"]) is None
    assert dollars(None) == "?"
    assert dollars(Decimal("1.675")) == "$1.68"


@pytest.mark.parametrize("name", sorted(catalogue().models))
def test_the_catalogue_makes_sense(name: str) -> None:
    model = catalogue().models[name]
    assert model.id == name == f"{model.provider}/{model.name}"
    assert list(model.seconds) == sorted(set(model.seconds))
    assert all(second > 0 for second in model.seconds)
    assert (model.kind == "i2v") is model.first
    assert bool(model.aspects) is (model.kind == "t2v")
    assert set(model.last_modes) <= set(model.modes)
    assert model.last or not model.last_modes
    assert [model.height(mode) for mode in model.modes] == [720, 1080]
    assert all(price.per_second > 0 for price in model.prices)


def test_the_catalogue_is_dated() -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", catalogue().dated)
