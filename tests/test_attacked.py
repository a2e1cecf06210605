"""Ways to be charged twice, to lose a clip, or to pay more than was agreed, that somebody tried: they hold."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from storyboard.consent import Choice, Terms
from storyboard.errors import Gate, Interrupted, StoryboardError, Transient, Unresolved, Usage
from storyboard.gateway.wire import printable
from storyboard.planner.plan import Plan
from storyboard.production import open_production
from storyboard.secret import Secret
from storyboard.store.project import open_project
from storyboard.testing import FakeGateway, Fault
from storyboard.testing.faults import ALWAYS
from tests.test_paid import ALL, COST, PAIR, Set


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Set]:
    """A set, its gateway serving."""
    gateway = FakeGateway(tmp_path / "gateway", height=72)
    with gateway.serve() as base:
        yield Set(tmp_path / "film", gateway, base, tmp_path / "home")


def test_a_price_that_rises_while_somebody_thinks_is_not_paid(stage: Set) -> None:
    stage.write(*PAIR)

    def ask(plan: Plan, left: Decimal | None) -> Choice:
        assert plan.estimate == 2 * COST
        stage.gateway.prices = Decimal(3)
        return "all"

    with pytest.raises(Gate, match=r"its price has risen from \$0.50 to \$1.51 since the plan"):
        stage.render(Terms(ask=ask))
    assert stage.charged == 0


def test_what_was_promised_to_a_person_is_a_hard_sum(stage: Set) -> None:
    stage.write(*PAIR)

    def ask(plan: Plan, left: Decimal | None) -> Choice:
        stage.gateway.prices = Decimal("1.08")
        return "all"

    with pytest.raises(Gate, match="limit of this run is left"):
        stage.render(Terms(ask=ask))
    assert stage.gateway.ledger.total <= 2 * COST


def test_a_shot_that_waited_for_another_keeps_its_price_too(stage: Set) -> None:
    stage.write(PAIR[0], "{id: b, first: {shot: a, frame: last}, prompt: On.}")
    agreed = {one.slate or one.shot.id: one.estimate for one in stage.plan().to_buy}
    stage.gateway.prices = Decimal("1.5")
    stage.render(ALL, shots=("a",))
    stage.gateway.prices = Decimal(1)
    stage.write(PAIR[0].replace("One", "Again"), "{id: b, first: {shot: a, frame: last}, prompt: On.}")

    def ask(plan: Plan, left: Decimal | None) -> Choice:
        stage.gateway.prices = Decimal("1.5")
        return "all"

    with pytest.raises(StoryboardError):
        stage.render(Terms(ask=ask))
    assert agreed["b"] == COST
    assert stage.charged == 1


def test_the_most_that_a_shot_may_cost_holds_when_it_is_ordered(stage: Set) -> None:
    stage.write(*PAIR)

    def ask(plan: Plan, left: Decimal | None) -> Choice:
        stage.gateway.prices = Decimal("1.05")
        return "all"

    with pytest.raises(Gate, match="`--max-shot-cost` is"):
        stage.render(Terms(ask=ask, max_shot_cost=COST))
    assert stage.charged == 0


def test_a_budget_on_a_terminal_agrees_to_no_held_open_call(stage: Set) -> None:
    stage.write("{id: a, first: noise.png, prompt: One.}")

    def ask(plan: Plan, left: Decimal | None) -> Choice:
        raise AssertionError("`--budget` has agreed already")

    with pytest.raises(Gate, match="held open"):
        stage.render(Terms(ask=ask, budget=Decimal(5)))
    assert stage.charged == 0


def test_failed_orders_that_were_billed_count(stage: Set) -> None:
    stage.write(PAIR[0], head="budget: 1.10\n")
    stage.gateway.script(Fault("job", "fail", text="moderation", charged=True, times=ALWAYS))
    for _ in range(2):
        with pytest.raises(StoryboardError, match=r"moderation \(it was billed \$0.50\)"):
            stage.render(Terms(yes=True))
    with pytest.raises(Gate, match="left of the film's `budget:`"):
        stage.render(Terms(yes=True))
    assert stage.gateway.ledger.total == 2 * COST


def test_once_stopped_nothing_is_ordered_that_was_only_waiting(stage: Set) -> None:
    stage.write(*PAIR)
    stage.gateway.script(Fault("start", "refuse", status=429, retry_after="2", times=2))
    stopped = threading.Event()

    def closed(_: str) -> StoryboardError | None:
        return Interrupted("not ordered: it was stopped before") if stopped.is_set() else None

    def stop() -> None:
        while stage.gateway.calls["start"] < 2:
            time.sleep(0.005)
        stopped.set()

    threading.Thread(target=stop).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storyboard.shoot._Crew._closed", lambda self, model: closed(model))
        with pytest.raises(Interrupted):
            stage.render()
    assert stage.charged == 0
    assert stage.render().outcome == "rendered"
    assert stage.charged == 2


def test_adopting_a_job_that_nobody_knows_leaves_the_order_as_it_was(stage: Set) -> None:
    stage.write(PAIR[0])
    stage.gateway.script(Fault("status", "refuse", status=500, times=ALWAYS))
    with pytest.raises(Transient):
        stage.render()
    stage.gateway.script()
    for name, says in (("my-clip.mp4", "there is no file"), ("job_of_nobody", "it has an operation already")):
        with pytest.raises(Usage, match=says):
            stage.resolve("a", adopt=name)
    assert stage.render().outcome == "rendered"
    assert stage.charged == 1


def test_two_renders_of_two_shots_are_both_in_the_lock(stage: Set) -> None:
    stage.write(*PAIR)
    project = open_project(str(stage.folder / "film.yaml"))
    with (
        open_production(project, stage.settings(), "remote") as one,
        open_production(project, stage.settings(), "remote") as two,
    ):
        takes = stage.render().takes
        (stage.folder / "film.lock").unlink()
        one.lock = two.lock = stage.lock
        one.relock({"a": takes["a"]})
        two.relock({"b": takes["b"]})
    assert set(stage.lock.shots) == {"a", "b"}


def test_the_same_bytes_for_two_requests_are_two_takes(stage: Set) -> None:
    stage.write(*PAIR)
    lock = stage.lock.with_takes(stage.render().takes.items())
    other = replace(lock.shots["b"].takes[0], sha256=lock.shots["a"].takes[0].sha256)
    both = stage.lock.with_takes([("a", lock.shots["a"].takes[0]), ("c", other)])
    assert sum(take.sha256 == other.sha256 for take in both.takes) == 2
    assert both.costs[other.sha256] == 2 * COST


def test_an_edit_undone_leaves_no_paid_clip_behind(stage: Set) -> None:
    stage.write(*PAIR)
    stage.render()
    stage.write(PAIR[0].replace("One", "Other"), PAIR[1])
    stage.gateway.script(Fault("status", "refuse", status=500, times=ALWAYS, prompt="Other"))
    with pytest.raises(Transient):
        stage.render()
    stage.gateway.script()
    stage.write(*PAIR)
    assert stage.plan().strays == 1
    assert stage.render(Terms()).outcome in ("rendered", "unchanged")
    assert stage.plan().strays == 0
    stage.write(PAIR[0].replace("One", "Other"), PAIR[1])
    assert stage.render(Terms()).spent == 0
    assert stage.charged == 3


def test_what_may_never_have_been_sent_is_not_sent_once_nobody_wants_it(stage: Set) -> None:
    stage.write(*PAIR)
    stage.gateway.script(Fault("start", "drop", times=ALWAYS, prompt="One"))
    with pytest.raises(Transient):
        stage.render()
    stage.gateway.script()
    stage.write(PAIR[0].replace("One", "Other"), PAIR[1])
    assert stage.render().outcome == "rendered"
    assert {charge.prompt for charge in stage.gateway.ledger.charges} == {"Two.", "Other."}
    (settled,) = stage.resolve()
    assert settled.said == "it may have been charged, and no shot asks for it any more"
    stage.resolve("a", abandon=True)
    assert stage.resolve() == ()


def test_another_accounts_key_does_not_send_an_order_again(stage: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.write(PAIR[0])
    stage.gateway.script(Fault("start", "drop", charged=True, times=ALWAYS))
    with pytest.raises(Transient):
        stage.render()
    stage.gateway.script()
    theirs = replace(stage.settings(), credential=Secret("vck_of_another_account"))
    monkeypatch.setattr(stage, "settings", lambda key=True: theirs)
    with pytest.raises(Unresolved, match="ordered with another key"):
        stage.render()
    monkeypatch.undo()
    assert stage.render().outcome == "rendered"
    assert len(stage.gateway.ledger.charges) == 1


def test_an_order_of_a_moved_film_is_settled_where_it_is_now(stage: Set) -> None:
    stage.write("{id: a, first: noise.png, prompt: One.}")
    stage.gateway.script(Fault("generate", "drop", charged=True))
    with pytest.raises(Unresolved):
        stage.render(replace(ALL, allow_held_open=True))
    moved = stage.folder.with_name("moved")
    stage.folder.rename(moved)
    stage.folder = moved
    (settled,) = stage.resolve("a", abandon=True)
    assert not settled.order.open


@pytest.mark.parametrize(
    "text",
    [
        "see b.s3.amazonaws.com/d?X-Amz-Signature=c4n4ry", "https:\\/\\/host\\/d?sig=c4n4ry", "//host/d?token=c4n4ry",
        "/d.jpg?a=1&X-Amz-Security-Token=c4n4ry", "https%3A%2F%2Fhost%2Fd%3FX-Goog-Signature%3Dc4n4ry",
        "az://box/d?se=1&sig=c4n4ry", "https://host/d?x=c4n4ry",
    ],
)  # fmt: skip
def test_no_signed_query_is_repeated(text: str) -> None:
    assert "c4n4ry" not in printable(f"cannot fetch {text} now")
    assert printable("Is it a key light? Yes: policy = soft") == "Is it a key light? Yes: policy = soft"
