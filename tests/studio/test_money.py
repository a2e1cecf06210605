"""Takes from the page: bought at the price that was shown and agreed to, once; chosen for free."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from storyboard.consent import Terms
from storyboard.retakes import Wanted, retake
from storyboard.testing import FakeGateway
from tests.paid.sets import COST, PAIR, Set
from tests.studio.conftest import Visitor, visiting


@pytest.fixture
def one(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, served: tuple[FakeGateway, str]) -> Set:
    """A film with one bought take, whose gateway is as good as new."""
    gateway, base = served
    vars(gateway).update(vars(FakeGateway(tmp_path_factory.mktemp("gateway"), height=72)))
    film = Set(tmp_path / "film", gateway, base, tmp_path / "home")
    film.write(PAIR[0], head="budget: 5.00\n")
    terms = Terms(budget=Decimal(5), allow_held_open=True)
    retake(film.project, film.settings(), Wanted("a", terms=terms), film.events.append)
    return film


@pytest.fixture
def studio(one: Set, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    """Its studio, in which nothing is drawn."""
    monkeypatch.setattr("storyboard.studio.live.QUIET", math.inf)
    with visiting(one.file, lambda _: one.settings()) as visitor:
        yield visitor


def quoted(studio: Visitor, **more: object) -> dict[str, Any]:
    """What one more take costs, or several."""
    answer = studio.post("quote", {"shot": "a", **more})
    assert answer.status_code == 200, answer.text
    offer: dict[str, Any] = answer.json()
    return offer


def shot(studio: Visitor) -> dict[str, Any]:
    """How shooting ended."""
    value: dict[str, Any] = studio.hear(lambda kind, value: kind == "shooting" and value["done"])
    return value


def test_a_take_is_bought_for_what_was_shown_and_once(one: Set, studio: Visitor) -> None:
    offer = quoted(studio)
    assert Decimal(offer["price"]) == COST
    assert Decimal(offer["left"]) == 5 - COST
    assert offer["prompt"] == "One."
    assert len(one.gateway.ledger.charges) == 1
    agreed = {"offer": offer["offer"], "price": offer["price"]}
    answers = [studio.post("retake", agreed).status_code for _ in range(3)]
    assert answers == [200, 402, 402]
    assert shot(studio)["takes"] == [2]
    assert len(one.gateway.ledger.charges) == 2
    takes = studio.state(lambda state: len(state["film"]["shots"][0]["takes"]) == 2)["film"]["shots"][0]["takes"]
    assert [take["circled"] for take in takes] == [True, False]
    part = studio.get(takes[1]["url"], range="bytes=4-7")
    assert (part.status_code, part.content) == (206, b"ftyp")


def test_several_takes_are_bought_for_the_price_of_all_and_once(one: Set, studio: Visitor) -> None:
    offer = quoted(studio, count=3)
    assert [Decimal(offer[name]) for name in ("price", "each")] == [3 * COST, COST]
    assert (offer["count"], offer["bought"]) == (3, 3)
    agreed = {"offer": offer["offer"], "price": offer["price"]}
    with ThreadPoolExecutor(6) as clicks:
        answers = list(clicks.map(lambda _: studio.post("retake", agreed).status_code, range(6)))
    assert sorted(answers) == [200, *[402] * 5]
    done = shot(studio)
    assert (done["takes"], Decimal(done["spent"])) == ([2, 3, 4], 3 * COST)
    assert len(one.gateway.ledger.charges) == 4
    left = quoted(studio, count=2)
    assert Decimal(left["left"]) == 5 - 4 * COST
    for count in (0, 10, -1, True, "2", 1.5, None):
        assert studio.post("quote", {"shot": "a", "count": count}).status_code == 400


def test_more_than_the_budget_has_left_is_not_bought(one: Set, studio: Visitor) -> None:
    offer = quoted(studio, count=9)
    assert Decimal(offer["left"]) < Decimal(offer["price"]) == 9 * COST
    one.file.write_text(one.file.read_text().replace("budget: 5.00", "budget: 2.00"))
    assert studio.post("retake", {"offer": offer["offer"], "price": offer["price"]}).status_code == 200
    assert "budget" in shot(studio)["error"]["message"]
    assert len(one.gateway.ledger.charges) == 1


@pytest.mark.parametrize("price", ["0", "0.5", "1000", 0.504, None, "0.5040"])
def test_another_price_buys_nothing_and_ends_the_offer(one: Set, studio: Visitor, price: object) -> None:
    offer = quoted(studio)
    assert studio.post("retake", {"offer": offer["offer"], "price": price}).status_code == 402
    assert studio.post("retake", {"offer": offer["offer"], "price": offer["price"]}).status_code == 402
    assert studio.post("retake", {"price": offer["price"]}).status_code == 402
    assert studio.live.till.buying == ""
    assert len(one.gateway.ledger.charges) == 1


def test_a_shot_that_asks_for_something_else_by_then_is_not_bought(one: Set, studio: Visitor) -> None:
    offer = quoted(studio)
    one.file.write_text(one.file.read_text().replace("One.", "Another."))
    assert studio.post("retake", {"offer": offer["offer"], "price": offer["price"]}).status_code == 200
    assert "out of date" in shot(studio)["error"]["message"]
    assert len(one.gateway.ledger.charges) == 1


def test_a_price_that_rises_is_not_paid(one: Set, studio: Visitor) -> None:
    offer = quoted(studio)
    live = studio.live.till.offers[offer["offer"]]
    studio.live.till.offers[offer["offer"]] = replace(live, price=live.price - Decimal("0.001"))
    assert studio.post("retake", {"offer": offer["offer"], "price": "0.503"}).status_code == 200
    assert "$0.50" in shot(studio)["error"]["message"]
    assert len(one.gateway.ledger.charges) == 1


def test_without_a_key_nothing_is_offered(one: Set) -> None:
    with visiting(one.file, lambda _: one.settings(key=False)) as studio:
        answer = studio.post("quote", {"shot": "a"})
        assert answer.status_code == 402
        assert "AI_GATEWAY_API_KEY" in answer.json()["message"]


def test_a_take_is_put_into_the_cut_and_a_stale_one_kept(one: Set, studio: Visitor) -> None:
    offer = quoted(studio)
    studio.post("retake", {"offer": offer["offer"], "price": offer["price"]})
    second = shot(studio) and studio.state(lambda state: len(state["film"]["shots"][0]["takes"]) == 2)
    wish = {"shot": "a", "choose": second["film"]["shots"][0]["takes"][1]["name"]}
    before = one.lock
    seen = studio.post("preview", wish).json()
    assert seen["file"] == "film.lock"
    assert [line[0] for line in seen["diff"] if line[:1] in ("+", "-")] == ["-", "+"]
    assert one.lock == before
    assert studio.post("apply", wish | {"mark": "0" * 64}).status_code == 409
    assert studio.post("apply", wish | {"mark": seen["mark"]}).status_code == 200
    assert one.lock.shots["a"].take != before.shots["a"].take
    assert studio.post("put-back", {}).status_code == 200
    assert one.lock == before
    one.file.write_text(one.file.read_text().replace("One.", "Another."))
    studio.state(lambda state: state["film"]["shots"][0]["word"] == "stale")
    keep = {"shot": "a", "choose": ""}
    seen = studio.post("preview", keep).json()
    assert studio.post("apply", keep | {"mark": seen["mark"]}).status_code == 200
    studio.state(lambda state: state["film"]["shots"][0]["word"] == "held")
    assert len(one.gateway.ledger.charges) == 2
