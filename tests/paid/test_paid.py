"""Buying for real from a gateway that takes no real money: what is agreed to, what is charged, and what is kept."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from storyboard.consent import Choice, Terms
from storyboard.errors import Gate, Interrupted, Refused, StoryboardError, Transient, Unresolved, Usage
from storyboard.foresight import Options, make_plan
from storyboard.planner.lock import Lock
from storyboard.planner.plan import Plan
from storyboard.spending import spending_of
from storyboard.testing import FakeGateway, Fault
from tests.paid.sets import ALL, COST, PAIR, Set


def test_a_film_is_bought_once(one: Set) -> None:
    one.write(*PAIR)
    done = one.render()
    assert done.outcome == "rendered"
    assert done.spent == 2 * COST
    assert one.charged == 2
    assert {id_: shot.take.cost for id_, shot in one.lock.shots.items() if shot.take} == {"a": COST, "b": COST}
    calls, text = one.gateway.calls.copy(), (one.folder / "film.lock").read_bytes()
    again = one.render(Terms())
    assert (again.outcome, again.spent) == ("unchanged", Decimal(0))
    assert one.gateway.calls == calls, "nobody was asked for anything"
    assert (one.folder / "film.lock").read_bytes() == text
    assert not list((one.home / "outbox").iterdir())


def test_nothing_is_bought_that_nobody_agreed_to(one: Set) -> None:
    one.write(*PAIR)
    with pytest.raises(Gate, match=r"2 clips would be bought, for up to \$1.01"):
        one.render(Terms())
    with pytest.raises(Usage, match="`--yes` needs a limit"):
        one.render(Terms(yes=True))
    with pytest.raises(Gate, match=r"up to \$1.01, and \$1.00 is `--budget`"):
        one.render(Terms(budget=Decimal(1)))
    with pytest.raises(Gate, match=r"`a`, `b` may cost more than \$0.50"):
        one.render(replace(ALL, max_shot_cost=Decimal("0.50")))
    with pytest.raises(Gate, match="`a`, `b` have no takes for what is asked, and `--locked` spends nothing"):
        one.render(replace(ALL, locked=True))
    assert one.charged == 0
    assert not (one.folder / "film.lock").exists()


def test_the_films_budget_counts_everything_ever_spent(one: Set) -> None:
    one.write(PAIR[0], head="budget: 1.00\n")
    one.render(Terms(yes=True))
    one.write(*PAIR, head="budget: 1.00\n")
    with pytest.raises(Gate, match=r"up to \$0.50, and \$0.50 is left of the film's `budget:`"):
        one.render(Terms(yes=True))
    with pytest.raises(Gate):
        one.render(ALL)
    one.write(*PAIR, head="budget: 1.01\n")
    one.render(Terms(yes=True))
    assert one.charged == 2


def test_a_budget_counts_what_the_lock_names_and_this_journal_does_not_know(one: Set, tmp_path: Path) -> None:
    one.write(PAIR[0], head="budget: 1.00\n")
    one.render()
    one.home = tmp_path / "another"
    one.write(*PAIR, head="budget: 1.00\n")
    with pytest.raises(Gate, match=r"\$0.50 is left of the film's|whose file is not here"):
        one.render()
    assert one.charged == 1


def test_a_person_is_asked_and_may_buy_a_part(one: Set) -> None:
    one.write(*PAIR)
    asked: list[tuple[int, Decimal | None, Decimal | None]] = []

    def answering(choice: Choice) -> Terms:
        def ask(plan: Plan, left: Decimal | None) -> Choice:
            asked.append((len(plan.to_buy), plan.estimate, left))
            return choice

        return Terms(ask=ask)

    with pytest.raises(Interrupted):
        one.render(answering("nothing"))
    one.render(answering("all"))
    assert asked == [(2, 2 * COST, None)] * 2
    one.write(PAIR[0].replace("One", "Other"), *PAIR[1:], "{id: c, first: plain.png, prompt: Three.}")
    with pytest.raises(Gate, match="nothing was bought, and `c` still has no take"):
        one.render(answering("keep"))
    done = one.render(answering("missing"))
    assert done.outcome == "rendered"
    assert one.charged == 3
    assert [each.state for each in one.plan().shots] == ["stale", "held", "held"]
    one.render(answering("all"))
    assert one.charged == 4


def test_an_edited_shot_is_stale_and_going_back_costs_nothing(one: Set) -> None:
    one.write(*PAIR)
    one.render()
    first = one.lock
    one.write(PAIR[0].replace("One", "Other"), PAIR[1])
    assert [each.state for each in one.plan().shots] == ["stale", "held"]
    with pytest.raises(Gate, match="1 clip would be bought"):
        one.render(Terms())
    assert one.render(Terms(keep_stale=True)).outcome in ("rendered", "unchanged")
    assert one.lock == first
    one.render()
    assert one.charged == 3
    assert [take.number for take in one.lock.shots["a"].takes] == [1, 2]
    one.write(*PAIR)
    assert one.render(Terms()).spent == 0
    assert one.lock.shots["a"].circled == first.shots["a"].circled
    assert len(one.lock.shots["a"].takes) == 2


def test_a_clone_pays_nothing_and_needs_no_key(one: Set, tmp_path: Path) -> None:
    one.write(*PAIR)
    film = one.render().films[0].sha256
    clone = Set(tmp_path / "clone", one.gateway, "", one.home)
    shutil.copytree(one.folder, clone.folder, ignore=shutil.ignore_patterns("build", ".storyboard", "*.sums"))
    done = clone.render(Terms(locked=True), key=False)
    assert done.films[0].sha256 == film
    assert one.charged == 2
    clone.write(PAIR[0], "{id: c, first: plain.png, prompt: Three.}")
    with pytest.raises(Gate, match="`c` has no take, and AI_GATEWAY_API_KEY is not set"):
        clone.render(key=False)
    draft = clone.render(Terms(), key=False, draft="circled")
    assert draft.films[0].path.name == "film.draft.mp4"
    assert [draft.takes[id_].gateway for id_ in "ac"] == ["remote", "local"]
    assert [clone.render(Terms(), key=False, draft="all").takes[id_].gateway for id_ in "ac"] == ["local"] * 2
    assert len(clone.lock.takes) == 2


def test_a_paid_take_that_is_gone_is_fetched_again_and_never_ordered_again(one: Set) -> None:
    one.write(*PAIR)
    one.render()
    take = one.lock.shots["a"].take
    assert take is not None
    path = one.clip(take.sha256)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-7] + b"damaged")
    shutil.rmtree(one.folder / ".storyboard")
    with pytest.raises(Refused, match="is damaged"):
        one.render()
    assert one.plan().shots[0].paid
    assert one.plan().to_buy == ()
    done = one.render(Terms())
    assert (done.outcome, done.spent) == ("rendered", Decimal(0))
    assert path.exists()
    assert one.charged == 2


def test_what_is_lost_is_bought_again_only_by_its_name(one: Set) -> None:
    one.write(*PAIR)
    one.render()
    for path in (one.home / "takes").rglob("*.mp4"):
        path.unlink()
    one.gateway.script(Fault("status", "refuse", times=3, status=404))
    shutil.rmtree(one.folder / ".storyboard")
    with pytest.raises(Gate, match=r"take \w+ was paid for \(\$0.50\), and its file is not here") as caught:
        one.render()
    assert "name the shot with `--shot`" in caught.value.hint
    assert one.charged == 2
    with pytest.raises(Gate, match="1 clip would be bought"):
        one.render(Terms(), shots=("a",))
    assert one.render(shots=("a",)).outcome == "incomplete"
    assert len(one.gateway.ledger.charges) == 3
    assert [take.number for take in one.lock.shots["a"].takes] == [1, 2], "what was lost stays on record"


def test_a_large_still_is_held_open_only_with_consent(one: Set) -> None:
    one.write("{id: a, first: noise.png, prompt: One.}")
    (shot,) = one.plan().shots
    assert shot.route == "held-open"
    assert "300 KiB" in shot.way.why
    with pytest.raises(Gate, match="would be ordered by a call that is held open") as caught:
        one.render()
    assert "docs/hosting.md" in caught.value.hint
    assert one.charged == 0
    assert one.render(replace(ALL, allow_held_open=True)).outcome == "rendered"
    assert one.gateway.calls["generate"] == 1


def test_a_held_open_call_that_breaks_is_unresolved_and_never_sent_again(one: Set) -> None:
    one.write("{id: a, first: noise.png, prompt: One.}")
    allowed = replace(ALL, allow_held_open=True)
    one.gateway.script(Fault("generate", "drop", charged=True))
    with pytest.raises(Unresolved, match=r"nobody knows whether it was charged: .* up to \$0.50"):
        one.render(allowed)
    with pytest.raises(Unresolved):
        one.render(allowed)
    assert one.charged == 1
    assert one.gateway.calls["generate"] == 1
    assert one.plan().shots[0].state == "unresolved"
    (order,) = one.resolve()
    assert order.order.open
    (order,) = one.resolve("a", abandon=True)
    assert not order.order.open
    assert one.render(allowed).outcome == "rendered"
    project = one.project
    storyboard, _ = make_plan(project, one.settings(), Options())
    spending = spending_of(project, one.settings(), storyboard)
    assert spending.total == 2 * COST
    assert [order.state for order in spending.unnamed] == ["abandoned"]


def test_an_unresolved_order_is_adopted_by_its_job_or_its_clip(one: Set, tmp_path: Path) -> None:
    one.write("{id: a, first: noise.png, prompt: One.}", "{id: b, first: noise.png, prompt: Two.}")
    allowed = replace(ALL, allow_held_open=True)
    one.gateway.script(Fault("generate", "drop", charged=True, times=2))
    with pytest.raises(Unresolved):
        one.render(allowed)
    jobs = {charge.prompt: charge.job for charge in one.gateway.ledger.charges}
    (settled,) = one.resolve("a", adopt=jobs["One."])
    assert settled.take is not None
    other = tmp_path / "mine.mp4"
    other.write_bytes(next((one.home / "takes").rglob("*.mp4")).read_bytes())
    (settled,) = one.resolve("b", adopt=str(other))
    assert settled.take is not None
    assert one.render(Terms()).outcome == "rendered"
    assert one.charged == 2
    assert set(one.lock.shots) == {"a", "b"}


@pytest.mark.parametrize(
    ("fault", "kind", "says", "code"),
    [
        (Fault("start", "refuse", status=401, times=99, text="bad key"), Refused, "401: bad key", 1),
        (Fault("start", "refuse", status=402, times=99, text="no credit"), Refused, "402: no credit", 1),
        (Fault("start", "refuse", status=403, times=99, text="not\x1b[31m yours"), Refused, r"403: not \[31m yours", 1),
        (Fault("start", "refuse", status=400, times=99, text="bad prompt"), Refused, "400: bad prompt", 1),
        (Fault("job", "fail", text="moderation"), Refused, "the provider says: moderation", 1),
        (Fault("start", "refuse", status=422, times=99), Unresolved, "nobody knows whether it was charged", 5),
        (Fault("job", "page"), Unresolved, "it was paid for, and what the gateway sent is not a whole clip", 5),
        (Fault("clip", "refuse", status=404, times=99), Transient, "shot `a`", 4),
        (Fault("status", "say", text="<html>", times=999), Transient, "shot `a`", 4),
    ],
)
def test_what_can_go_wrong_is_a_sentence_at_the_shot(
    fault: Fault, kind: type[StoryboardError], says: str, code: int, one: Set
) -> None:
    one.write(*PAIR)
    one.gateway.script(replace(fault, prompt="One" if fault.status not in (401, 402) else ""))
    with pytest.raises(StoryboardError, match=says) as caught:
        one.render()
    error = caught.value
    assert error.exit_code == code == kind.exit_code
    assert error.where is not None
    assert (error.where.file, error.where.line) == (str(one.file), 5)
    assert "\x1b" not in error.message
    assert not any(word in (error.message + error.hint).lower() for word in ("try again", "order it again"))
    if fault.status not in (401, 402):
        assert set(one.lock.shots) == {"b"}, "the other shot was finished and kept"
    before = one.charged
    one.gateway.script()
    if kind is not Unresolved or fault.kind == "page":
        return
    with pytest.raises(Unresolved):
        one.render()
    assert one.charged == before


def test_a_lost_answer_is_asked_for_again_with_the_same_key(one: Set) -> None:
    one.write(*PAIR)
    one.gateway.script(Fault("start", "drop", charged=True), Fault("start", "refuse", nth=3, status=503, charged=True))
    assert one.render().outcome == "rendered"
    assert one.charged == 2
    assert one.gateway.calls["start"] >= 4


def test_a_price_that_rises_stops_the_order(one: Set) -> None:
    one.write(*PAIR)
    plan = json.loads(json.dumps({each.slate: str(each.estimate) for each in one.plan().to_buy}))
    agreed = {slate: Decimal(price) for slate, price in plan.items()}
    one.gateway.prices = Decimal("1.2")
    with pytest.raises(Gate, match=r"the price of `a` has risen from \$0.50 to \$0.60"):
        one.render(Terms(plan=agreed))
    assert one.charged == 0
    one.gateway.prices = Decimal("1.05")
    assert one.render(Terms(plan=agreed)).outcome == "rendered"
    one.write(*PAIR, "{id: c, first: plain.png, prompt: Three.}")
    with pytest.raises(Gate, match="out of date: it does not have what `c` asks for now"):
        one.render(Terms(plan=agreed))


def test_an_order_of_an_earlier_version_is_fetched_all_the_same(one: Set) -> None:
    one.write(*PAIR)
    one.gateway.script(Fault("clip", "refuse", status=503, times=99, prompt="One"))
    with pytest.raises(Transient):
        one.render()
    one.gateway.script()
    one.write(PAIR[0].replace("One", "Other"), PAIR[1])
    assert one.render().outcome == "rendered"
    assert one.charged == 3
    one.write(*PAIR)
    assert one.render(Terms()).spent == 0


def test_what_a_clip_lacks_marks_its_take(one: Set) -> None:
    one.write("{id: a, first: plain.png, prompt: One.}", "{id: b, first: plain.png, prompt: Two., audio: true}")
    one.gateway.script(Fault("job", "short", prompt="One"), Fault("job", "mute", prompt="Two"))
    one.render()
    notes = {id_: shot.take.warnings for id_, shot in one.lock.shots.items() if shot.take}
    assert any("s were ordered" in note for note in notes["a"])
    assert any("silent" in note for note in notes["b"])
    assert one.charged == 2


def test_a_shot_goes_on_from_a_bought_one(one: Set) -> None:
    one.write(PAIR[0], "{id: b, first: {shot: a, frame: last}, prompt: On.}")
    assert one.plan().estimate == 2 * COST
    one.render(replace(ALL, allow_held_open=True))
    assert one.charged == 2
    one.write(PAIR[0].replace("One", "Other"), "{id: b, first: {shot: a, frame: last}, prompt: On.}")
    assert [each.state for each in one.plan().shots] == ["stale", "stale"]
    assert one.plan().estimate == 2 * COST
    one.render(Terms(keep_stale=True))
    assert one.charged == 2


def test_a_served_local_gateway_sells_nothing(tmp_path: Path) -> None:
    from storyboard.gateway.local.app import application
    from storyboard.testing.serving import serving

    with serving(application(workers=1), 0) as port:
        one = Set(
            tmp_path / "film", FakeGateway(tmp_path / "none"), f"http://127.0.0.1:{port}/v4/ai", tmp_path / "home"
        )
        one.write("{id: a, first: plain.png, prompt: One.}")
        done = one.render()
        assert (done.outcome, done.spent, done.takes["a"].gateway) == ("rendered", Decimal(0), "local")
        assert one.lock == Lock()
        assert one.render(Terms()).outcome == "unchanged"
