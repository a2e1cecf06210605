"""Bad luck and bad intent: whatever becomes of the file, the lock and the offers meanwhile, money goes where it was
agreed to, nothing that was paid for is lost, and the next order can be made."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from storyboard.casting import pick
from storyboard.consent import Terms
from storyboard.planner.lock import Lock
from storyboard.progress import unwatched
from storyboard.retakes import Wanted, retake
from storyboard.studio.watching import SECONDS
from storyboard.testing import FakeGateway
from storyboard.testing.clips import clip_of
from storyboard.testing.ledger import Charge
from tests.conftest import forget_settings
from tests.paid.sets import COST, PAIR, Set
from tests.studio.conftest import Visitor, visiting
from tests.studio.test_following import git


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, served: tuple[FakeGateway, str]) -> tuple[Set, Path]:
    """A film with two bought takes of its first shot, and where it is kept as it is then."""
    folder = tmp_path_factory.mktemp("unlucky")
    film = Set(folder / "film", *served, folder / "home")
    film.write(*PAIR, head="budget: 9.00\n")
    with pytest.MonkeyPatch.context() as monkeypatch:
        forget_settings(monkeypatch)
        retake(film.project, film.settings(), Wanted("a", 2, terms=Terms(budget=Decimal(5))), unwatched)
    for one in (film.folder, film.home):
        shutil.copytree(one, folder / "kept" / one.name)
    return film, folder / "kept"


@pytest.fixture
def one(made: tuple[Set, Path], tmp_path: Path) -> Set:
    """That film as it was, whose gateway is as good as new: nothing was paid there yet."""
    film, kept = made
    for one in (film.folder, film.home):
        shutil.rmtree(one, ignore_errors=True)
        shutil.copytree(kept / one.name, one)
    vars(film.gateway).update(vars(FakeGateway(tmp_path / "gateway", height=72)))
    return film


@pytest.fixture
def studio(one: Set, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    """Its studio, in which nothing is drawn."""
    monkeypatch.setattr("storyboard.studio.live.QUIET", math.inf)
    with visiting(one.file, lambda _: one.settings()) as visitor:
        yield visitor


def paid(one: Set) -> int:
    """How many takes were paid for."""
    return len(one.gateway.ledger.charges)


def agreed(studio: Visitor, shot: str = "a") -> dict[str, Any]:
    """An offer of one more take, as a page agrees to it."""
    offer = studio.post("quote", {"shot": shot}).json()
    assert Decimal(offer["price"]) == COST
    return {"offer": offer["offer"], "price": offer["price"]}


def ordered(studio: Visitor, offer: dict[str, Any]) -> dict[str, Any]:
    """How an order ended."""
    studio.live.board.latest.pop("shooting", None)
    assert studio.post("retake", offer).status_code == 200
    value: dict[str, Any] = studio.hear(lambda kind, value: kind == "shooting" and value["done"])
    return value


def test_an_order_that_could_not_begin_does_not_stand_in_the_way_of_the_next(one: Set, studio: Visitor) -> None:
    offer, text = agreed(studio), one.file.read_text()
    one.file.unlink()
    assert "is not there" in ordered(studio, offer)["error"]["message"]
    assert studio.live.till.buying == ""
    assert paid(one) == 0
    one.file.write_text(text)
    assert ordered(studio, agreed(studio))["takes"] == [3]
    assert paid(one) == 1


def meanwhile(one: Set, act: Callable[[], object]) -> None:
    """Have something happen while the gateway draws the next clip."""

    def draw(charge: Charge) -> bytes:
        act()
        return clip_of(charge)

    one.gateway.draw = draw


def test_a_storyboard_that_goes_while_its_take_is_shot_loses_nothing(one: Set, studio: Visitor) -> None:
    text = one.file.read_text()
    meanwhile(one, one.file.unlink)
    done = ordered(studio, agreed(studio))
    assert done["takes"] == [3]
    assert done["error"]["message"].endswith("the new takes of a are named in film.lock")
    one.file.write_text(text)
    assert len(one.lock.shots["a"].takes) == 3
    aside = one.folder.with_name("aside")
    meanwhile(one, lambda: one.folder.rename(aside))
    done = ordered(studio, agreed(studio))
    shutil.rmtree(one.folder, ignore_errors=True)
    aside.rename(one.folder)
    assert paid(one) == 2, done
    offer = studio.post("quote", {"shot": "a"}).json()
    assert (offer["price"], offer["bought"]) == ("0", 0)
    assert len(ordered(studio, {"offer": offer["offer"], "price": "0"})["takes"]) == 1
    assert paid(one) == 2
    assert len(one.lock.shots["a"].takes) == 4


def test_another_branch_is_checked_out_while_a_take_is_shot(one: Set, studio: Visitor) -> None:
    git(one.folder, "init")
    git(one.folder, "add", "film.yaml", "film.lock", "plain.png")
    git(one.folder, "commit", "-m", "one")
    git(one.folder, "checkout", "-b", "other")
    one.file.write_text(one.file.read_text().replace("Two.", "Another."))
    git(one.folder, "commit", "-a", "-m", "other")
    meanwhile(one, lambda: git(one.folder, "checkout", "main"))
    assert ordered(studio, agreed(studio))["takes"] == [3]
    assert len(one.lock.shots["a"].takes) == 3
    assert "Two." in one.file.read_text()
    git(one.folder, "checkout", "--", "film.lock")  # somebody takes the lock back: the take is not paid for again
    offer = studio.post("quote", {"shot": "a"}).json()
    assert (offer["price"], paid(one)) == ("0", 1)


def test_a_choice_is_written_only_as_it_was_shown(one: Set, studio: Visitor) -> None:
    text = one.file.read_text()
    one.file.write_text(text.replace("One.", "Another."))
    keep = {"shot": "a", "choose": ""}
    seen = studio.post("preview", keep).json()
    one.file.write_text(text.replace("One.", "A third."))  # the lock is as it was, and would say something else
    before = one.lock
    assert studio.post("apply", keep | {"mark": seen["mark"]}).status_code == 409
    assert one.lock == before


def test_what_another_put_into_the_lock_meanwhile_is_not_undone(
    one: Set, studio: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = {"shot": "a", "choose": "2"}
    seen = studio.post("preview", wish).json()

    def late(*told: Any) -> object:
        terms = Terms(budget=Decimal(5))
        retake(one.project, one.settings(), Wanted("b", terms=terms), unwatched)
        return pick(*told)

    monkeypatch.setattr("storyboard.studio.choosing.pick", late)
    assert studio.post("apply", wish | {"mark": seen["mark"]}).status_code == 200
    after: Lock = one.lock
    assert [len(after.shots[name].takes) for name in "ab"] == [2, 1]
    assert studio.post("put-back", {}).status_code == 422
    assert one.lock == after


def test_two_tabs_order_once_each_and_one_after_the_other(one: Set, studio: Visitor) -> None:
    first, second = agreed(studio), agreed(studio)
    one.gateway.seconds = math.inf
    assert studio.post("retake", first).status_code == 200
    assert studio.post("retake", second).status_code == 409
    one.gateway.seconds = 0
    assert studio.hear(lambda kind, value: kind == "shooting" and value["done"])["takes"] == [3]
    assert studio.post("retake", second).status_code == 402
    assert paid(one) == 1


def test_what_the_gateway_asks_by_then_is_not_more_than_was_agreed_to(one: Set, studio: Visitor) -> None:
    offer = agreed(studio)
    one.gateway.prices = Decimal("1.01")
    assert "would cost" in ordered(studio, offer)["error"]["message"]
    assert paid(one) == 0
    one.gateway.prices = Decimal(1)
    offer = agreed(studio)
    one.gateway.prices = Decimal("0.5")
    assert Decimal(ordered(studio, offer)["spent"]) == COST / 2
    assert paid(one) == 1


def test_an_offer_of_long_ago_buys_nothing(one: Set, studio: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storyboard.studio.buying.SECONDS", 0.0)
    offer = agreed(studio)
    assert [studio.post("retake", offer).status_code for _ in range(2)] == [402, 402]
    assert (studio.live.till.buying, studio.live.till.offers, paid(one)) == ("", {}, 0)


def test_a_mistake_is_told_and_stands_in_nobodys_way(
    one: Set, studio: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[object] = []

    def broken(*told: object) -> None:
        tries.append(told)
        raise RuntimeError("a mistake of ours")

    with monkeypatch.context() as within:
        within.setattr("storyboard.studio.buying.retake", broken)
        assert ordered(studio, agreed(studio))["error"]["message"] == "a mistake of ours"
    with monkeypatch.context() as within:
        within.setattr("storyboard.studio.live.render", broken)
        within.setattr("storyboard.studio.live.QUIET", 0.0)
        assert studio.hear(lambda kind, value: kind == "draft" and value.get("error"))["done"]
        studio.live.again.set()
        time.sleep(3 * SECONDS)
    assert len(tries) == 2  # not drawn again while nothing changes
    assert ordered(studio, agreed(studio))["takes"] == [3]
