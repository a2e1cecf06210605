"""The journal's orders: what is set aside, what counts, and ceilings that hold under every order of events."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from storyboard.errors import Gate, StoryboardError, Transient
from storyboard.planner.take import Facts, Take
from storyboard.store.database import Database
from storyboard.store.journal import Journal
from storyboard.store.orders import Ceiling, Order, Orders

BASE = "https://gateway.example/v4/ai"
ROUNDS = 1_000 if os.environ.get("STORYBOARD_STRESS") else 60
NO_LIMIT = Ceiling(None, None)


def open_of(orders: Orders, slate: str) -> Order | None:
    """The latest order of a slate that is not settled."""
    return next((one for one in reversed(orders.of_slate(slate)) if one.open), None)


def order(name: str, *, film: str = "film", run: str = "run", cost: str = "0.84", number: int = 1) -> Order:
    """An order as it is reserved."""
    return Order(
        key=f"sb1-{name}-{number}", slate=name, number=number, attempt=1, film=film, shot=name, run=run, model="a/b",
        route="start", base=BASE, team="", state="reserved", begun=1.0, estimate=Decimal(cost),
    )  # fmt: skip


def take(name: str, digest: str = "d" * 64, cost: str = "0.84") -> Take:
    """A bought take."""
    return Take(name, 1, digest, 10, Facts(120, Fraction(24), 1280, 720, audio=False), "remote", "", Decimal(cost))


@pytest.fixture
def orders() -> Iterator[Orders]:
    """A book that is kept nowhere."""
    database = Database(None)
    yield Orders(database)
    database.close()


def test_an_order_comes_back_as_it_was(orders: Orders) -> None:
    orders.reserve(order("a"), NO_LIMIT, {})
    assert open_of(orders, "a") == order("a")
    orders.change(order("a"), state="sent", begun=5.5, body="x" * 64)
    assert orders.accept(order("a"), {"gatewayJobId": "job_1", "z": 1}, "gen_1")
    (found,) = orders.of_film("film")
    assert found == replace(
        order("a"), state="accepted", begun=5.5, body="x" * 64, operation={"gatewayJobId": "job_1", "z": 1},
        generation="gen_1",
    )  # fmt: skip
    orders.hold(found, take("a"), Decimal("0.7"))
    assert open_of(orders, "a") is None
    assert orders.of_slate("a")[0].cost == Decimal("0.7")


def test_it_is_there_after_the_file_was_closed(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    Orders(journal.database).reserve(order("a"), NO_LIMIT, {})
    journal.close()
    journal = Journal(tmp_path)
    assert open_of(Orders(journal.database), "a") == order("a")
    journal.close()


@pytest.mark.parametrize(
    ("state", "cost", "counts"),
    [
        ("reserved", None, "0.84"), ("sent", None, "0.84"), ("accepted", None, "0.84"), ("unresolved", None, "0.84"),
        ("abandoned", None, "0.84"), ("held", None, "0.84"), ("held", "0.5", "0.5"), ("refused", None, "0"),
        ("refused", "0.1", "0.1"), ("held", "0", "0"),
    ],
)  # fmt: skip
def test_what_counts(state: str, cost: str | None, counts: str, orders: Orders) -> None:
    orders.reserve(order("a"), NO_LIMIT, {})
    orders.change(order("a"), state=state, cost=None if cost is None else Decimal(cost))
    assert orders.spent("film", {}) == Decimal(counts)
    assert orders.of_slate("a")[0].spent == Decimal(counts)
    assert orders.spent_in("run") == Decimal(counts)


def test_takes_that_only_the_lock_knows_count(orders: Orders) -> None:
    orders.reserve(order("a"), NO_LIMIT, {})
    orders.hold(order("a"), take("a", "a" * 64), Decimal("0.5"))
    named = {"a" * 64: Decimal("0.5"), "b" * 64: Decimal("1.25")}
    assert orders.spent("film", named) == Decimal("1.75")
    assert orders.spent("other", named) == Decimal("1.75")


def test_a_ceiling_holds_to_the_millionth(orders: Orders) -> None:
    limit = Ceiling(Decimal("1.68"), None)
    orders.reserve(order("a"), limit, {})
    orders.reserve(order("b"), limit, {})
    with pytest.raises(Gate, match=r"costs up to \$0.01, and \$0.00 of the film's budget is left"):
        orders.reserve(order("c", cost="0.01"), limit, {})
    with pytest.raises(Gate, match="limit of this run"):
        orders.reserve(order("d", film="other"), Ceiling(None, Decimal("1.68")), {})
    assert len(orders.of_film("film")) == 2


def test_a_released_order_is_forgotten_and_a_sent_one_that_was_accepted_is_not(orders: Orders) -> None:
    orders.reserve(order("a"), NO_LIMIT, {})
    orders.release(order("a"))
    assert orders.of_slate("a") == ()
    orders.reserve(order("a"), NO_LIMIT, {})
    orders.accept(order("a"), {"gatewayJobId": "j"}, "")
    orders.release(order("a"))
    assert open_of(orders, "a") is not None


def test_one_operation_is_not_two_orders(orders: Orders) -> None:
    for name in "ab":
        orders.reserve(order(name), NO_LIMIT, {})
    assert orders.accept(order("a"), {"gatewayJobId": "j"}, "")
    assert not orders.accept(order("b"), {"gatewayJobId": "j"}, "")
    found = open_of(orders, "b")
    assert found is not None
    assert (found.state, found.reason) == ("unresolved", "the gateway gave it the operation of another order")
    assert orders.accept(order("a"), {"gatewayJobId": "j"}, "")  # the same answer again is fine


def test_a_key_is_reserved_once(orders: Orders) -> None:
    orders.reserve(order("a"), NO_LIMIT, {})
    with pytest.raises(StoryboardError):
        orders.reserve(order("a"), NO_LIMIT, {})


def test_an_order_is_sent_by_the_run_that_reserved_it_and_by_no_other(orders: Orders) -> None:
    orders.reserve(order("a"), NO_LIMIT, {})
    sent = orders.send(order("a"), 5.5, "x" * 64)
    assert open_of(orders, "a") == sent == replace(order("a"), state="sent", begun=5.5, body="x" * 64)
    with pytest.raises(Transient, match="another render has this order"):
        orders.send(order("a"), 6.5, "y" * 64)
    assert open_of(orders, "a") == sent
    assert not orders.disown(order("a")), "it was reserved when somebody looked, and has been sent since"
    assert orders.disown(sent)
    with pytest.raises(Transient):
        orders.send(order("a"), 6.5, "y" * 64)
    orders.release(sent)
    assert orders.of_slate("a") == ()


@pytest.mark.stress
def test_no_order_of_events_passes_the_ceiling(tmp_path: Path) -> None:
    """Many threads with connections of their own reserve, settle and release at random: the sum never passes it."""
    for number in range(ROUNDS // 20):
        chance, limit = random.Random(number), Decimal(chance_of(number))
        home = tmp_path / str(number)
        journals = [Journal(home) for _ in range(3)]
        highest: list[Decimal] = []

        threads = [
            threading.Thread(target=live, args=(journal, chance.randrange(10**6), limit, highest))
            for journal in journals
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert highest
        assert max(highest) <= limit
        for journal in journals:
            journal.close()


def live(journal: Journal, seed: int, limit: Decimal, highest: list[Decimal]) -> None:
    """Twelve orders that end in one way or another; the sum after each goes to `highest`."""
    dice, book = random.Random(seed), Orders(journal.database)
    for index in range(12):
        one = order(f"{seed}-{index}", run=str(seed), cost=str(dice.randrange(1, 300) / 100))
        try:
            book.reserve(one, Ceiling(limit, None), {})
        except Gate:
            continue
        highest.append(book.spent("film", {}))
        match dice.randrange(4):
            case 0:
                book.release(one)
            case 1:
                book.change(one, state="refused", cost=None)
            case 2:
                book.hold(one, take(one.slate, one.slate.ljust(64, "0")), one.estimate / 2)
            case _:
                book.change(one, state="unresolved")


def chance_of(number: int) -> int:
    """A ceiling between 3 and 20 dollars."""
    return 3 + number % 18
