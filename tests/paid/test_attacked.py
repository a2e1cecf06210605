"""Ways to be charged twice, to lose a clip, or to pay more than was agreed, that somebody tried: they hold."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from storyboard.consent import Choice, Terms
from storyboard.errors import Gate, Interrupted, Refused, StoryboardError, Transient, Unresolved, Usage
from storyboard.gateway.wire import printable
from storyboard.planner.plan import Plan
from storyboard.production import open_production
from storyboard.secret import Secret
from storyboard.steps import on_step
from storyboard.testing import Fault
from storyboard.testing.faults import ALWAYS, PAGE
from tests.paid.disks import said_by
from tests.paid.sets import ALL, COST, PAIR, Set, orders_of


def test_a_price_that_rises_while_somebody_thinks_is_not_paid(one: Set) -> None:
    one.write(*PAIR)

    def ask(plan: Plan, left: Decimal | None) -> Choice:
        assert plan.estimate == 2 * COST
        one.gateway.prices = Decimal(3)
        return "all"

    with pytest.raises(Gate, match=r"its price has risen from \$0.50 to \$1.51 since the plan"):
        one.render(Terms(ask=ask))
    assert one.charged == 0


def test_what_was_promised_to_a_person_is_a_hard_sum(one: Set) -> None:
    one.write(*PAIR)

    def ask(plan: Plan, left: Decimal | None) -> Choice:
        one.gateway.prices = Decimal("1.08")
        return "all"

    with pytest.raises(Gate, match="limit of this run is left"):
        one.render(Terms(ask=ask))
    assert one.gateway.ledger.total <= 2 * COST


def test_a_shot_that_waited_for_another_keeps_its_price_too(one: Set) -> None:
    one.write(PAIR[0], "{id: b, first: {shot: a, frame: last}, prompt: On.}")
    agreed = {each.slate or each.shot.id: each.estimate for each in one.plan().to_buy}
    one.gateway.prices = Decimal("1.5")
    one.render(ALL, shots=("a",))
    one.gateway.prices = Decimal(1)
    one.write(PAIR[0].replace("One", "Again"), "{id: b, first: {shot: a, frame: last}, prompt: On.}")

    def ask(plan: Plan, left: Decimal | None) -> Choice:
        one.gateway.prices = Decimal("1.5")
        return "all"

    with pytest.raises(StoryboardError):
        one.render(Terms(ask=ask))
    assert agreed["b"] == COST
    assert one.charged == 1


def test_the_most_that_a_shot_may_cost_holds_when_it_is_ordered(one: Set) -> None:
    one.write(*PAIR)

    def ask(plan: Plan, left: Decimal | None) -> Choice:
        one.gateway.prices = Decimal("1.05")
        return "all"

    with pytest.raises(Gate, match="`--max-shot-cost` is"):
        one.render(Terms(ask=ask, max_shot_cost=COST))
    assert one.charged == 0


def test_a_budget_on_a_terminal_agrees_to_no_held_open_call(one: Set) -> None:
    one.write("{id: a, first: noise.png, prompt: One.}")

    def ask(plan: Plan, left: Decimal | None) -> Choice:
        raise AssertionError("`--budget` has agreed already")

    with pytest.raises(Gate, match="held open"):
        one.render(Terms(ask=ask, budget=Decimal(5)))
    assert one.charged == 0


def test_failed_orders_that_were_billed_count(one: Set) -> None:
    one.write(PAIR[0], head="budget: 1.10\n")
    one.gateway.script(Fault("job", "fail", text="moderation", charged=True, times=ALWAYS))
    for _ in range(2):
        with pytest.raises(StoryboardError, match=r"moderation \(it was billed \$0.50\)"):
            one.render(Terms(yes=True))
    with pytest.raises(Gate, match="left of the film's `budget:`"):
        one.render(Terms(yes=True))
    assert one.gateway.ledger.total == 2 * COST


def test_once_stopped_nothing_is_ordered_that_was_only_waiting(one: Set) -> None:
    one.write(*PAIR)
    one.gateway.script(Fault("start", "refuse", status=429, retry_after="50ms", times=2))

    def closed(_: str) -> StoryboardError | None:
        """As if somebody stopped it the moment that the gateway heard of the first order."""
        return Interrupted("not ordered: it was stopped before") if one.gateway.calls["start"] else None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storyboard.shoot._Crew._closed", lambda self, model: closed(model))
        with pytest.raises(Interrupted):
            one.render()
    assert one.charged == 0
    assert one.render().outcome == "rendered"
    assert one.charged == 2


def test_adopting_a_job_that_nobody_knows_leaves_the_order_as_it_was(one: Set) -> None:
    one.write(PAIR[0])
    one.gateway.script(Fault("status", "refuse", status=500, times=ALWAYS))
    with pytest.raises(Transient):
        one.render()
    one.gateway.script()
    for name, says in (("my-clip.mp4", "there is no file"), ("job_of_nobody", "it has an operation already")):
        with pytest.raises(Usage, match=says):
            one.resolve("a", adopt=name)
    assert one.render().outcome == "rendered"
    assert one.charged == 1


def test_a_file_that_is_no_clip_is_not_adopted(one: Set, tmp_path: Path) -> None:
    one.write("{id: a, first: noise.png, prompt: One.}")
    one.gateway.script(Fault("generate", "drop", charged=True))
    with pytest.raises(Unresolved):
        one.render(replace(ALL, allow_held_open=True))
    (tmp_path / "page.mp4").write_text(PAGE)
    with pytest.raises(Refused, match="not an MP4"):
        one.resolve("a", adopt=str(tmp_path / "page.mp4"))
    assert [order.state for order in orders_of(one)] == ["unresolved"]
    assert list((one.home / "takes").rglob("*.*")) == []


def test_two_renders_of_two_shots_are_both_in_the_lock(one: Set) -> None:
    one.write(*PAIR)
    with (
        open_production(one.project, one.settings(), "remote") as first,
        open_production(one.project, one.settings(), "remote") as second,
    ):
        takes = one.render().takes
        (one.folder / "film.lock").unlink()
        first.lock = second.lock = one.lock
        first.relock({"a": takes["a"]})
        second.relock({"b": takes["b"]})
    assert set(one.lock.shots) == {"a", "b"}


def test_the_same_bytes_for_two_requests_are_two_takes(one: Set) -> None:
    one.write(*PAIR)
    lock = one.lock.with_takes(one.render().takes.items())
    other = replace(lock.shots["b"].takes[0], sha256=lock.shots["a"].takes[0].sha256)
    both = one.lock.with_takes([("a", lock.shots["a"].takes[0]), ("c", other)])
    assert sum(take.sha256 == other.sha256 for take in both.takes) == 2
    assert both.costs[other.sha256] == 2 * COST


def test_an_edit_undone_leaves_no_paid_clip_behind(one: Set) -> None:
    one.write(*PAIR)
    one.render()
    one.write(PAIR[0].replace("One", "Other"), PAIR[1])
    one.gateway.script(Fault("status", "refuse", status=500, times=ALWAYS, prompt="Other"))
    with pytest.raises(Transient):
        one.render()
    one.gateway.script()
    one.write(*PAIR)
    assert one.plan().strays == 1
    assert one.render(Terms()).outcome in ("rendered", "unchanged")
    assert one.plan().strays == 0
    one.write(PAIR[0].replace("One", "Other"), PAIR[1])
    assert one.render(Terms()).spent == 0
    assert one.charged == 3


def test_what_may_never_have_been_sent_is_not_sent_once_nobody_wants_it(one: Set) -> None:
    one.write(*PAIR)
    one.gateway.script(Fault("start", "drop", times=ALWAYS, prompt="One"))
    with pytest.raises(Transient):
        one.render()
    one.gateway.script()
    one.write(PAIR[0].replace("One", "Other"), PAIR[1])
    assert one.render().outcome == "rendered"
    assert {charge.prompt for charge in one.gateway.ledger.charges} == {"Two.", "Other."}
    (settled,) = one.resolve()
    assert settled.said == "it may have been charged, and no shot asks for it any more"
    one.resolve("a", abandon=True)
    assert one.resolve() == ()


def test_another_accounts_key_does_not_send_an_order_again(one: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    one.write(PAIR[0])
    one.gateway.script(Fault("start", "drop", charged=True, times=ALWAYS))
    with pytest.raises(Transient):
        one.render()
    one.gateway.script()
    theirs = replace(one.settings(), credential=Secret("vck_of_another_account"))
    monkeypatch.setattr(one, "settings", lambda key=True: theirs)
    with pytest.raises(Unresolved, match="ordered with another key"):
        one.render()
    monkeypatch.undo()
    assert one.render().outcome == "rendered"
    assert len(one.gateway.ledger.charges) == 1


def test_an_order_of_a_moved_film_is_settled_where_it_is_now(one: Set) -> None:
    one.write("{id: a, first: noise.png, prompt: One.}")
    one.gateway.script(Fault("generate", "drop", charged=True))
    with pytest.raises(Unresolved):
        one.render(replace(ALL, allow_held_open=True))
    moved = one.folder.with_name("moved")
    one.folder.rename(moved)
    one.folder = moved
    (settled,) = one.resolve("a", abandon=True)
    assert not settled.order.open


@pytest.mark.parametrize("still", ["plain", "noise"], ids=["start", "held-open"])
@pytest.mark.parametrize("step", ["K1", "K2", "K3", "K4", "K6"])
def test_who_removes_the_claims_while_two_renders_run_pays_once(one: Set, step: str, still: str) -> None:
    one.write(f"{{id: a, first: {still}.png, prompt: One.}}", PAIR[1])
    allowed = replace(ALL, allow_held_open=True)
    other = replace(one, events=[])
    ends: list[StoryboardError | None] = []

    def meddle(reached: str) -> None:
        if reached == step and not (one.home / "meddled").exists():
            (one.home / "meddled").touch()
            shutil.rmtree(one.home / "claims")
            second = threading.Thread(target=lambda: ends.append(said_by(lambda: other.render(allowed, shots=("a",)))))
            second.start()
            second.join()

    on_step(meddle)
    try:
        ends.append(said_by(lambda: one.render(allowed, shots=("a",))))
    finally:
        on_step(None)
    assert one.charged == 1
    assert None in ends
    assert all(error is None or error.exit_code in (4, 5) for error in ends), ends
    assert one.render(Terms(), shots=("a",)).takes["a"].sha256 in one.gateway.ledger.deliveries.values()


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
