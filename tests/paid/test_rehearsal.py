"""Whole renders against a paid gateway that fails, lies, is shared, or is left in the middle: what they cost."""

from __future__ import annotations

import itertools
import random
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest

from storyboard.testing import Fault, storm
from storyboard.testing.faults import ALWAYS, CUTS, PAGE
from storyboard.testing.stage import Kill, Ran, Stage, open_stage
from tests.paid.answers import HUGE, NO_VIDEO, NOT_A_NUMBER, RUNNING
from tests.paid.rehearsing import STRESS, Rehearsal, Rehearse, some, still_shot, words_shot

PRICE = Decimal("0.504")
"""Three seconds of a clip from words alone."""


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory, stage: Stage) -> Iterator[list[Stage]]:
    """Two stages, for two renders at once."""
    with open_stage(tmp_path_factory.mktemp("stage")) as other:
        yield [stage, other]


def words(count: int) -> list[str]:
    return [words_shot(f"s{index}") for index in range(count)]


def until_done(one: Rehearsal, *more: str) -> list[Ran]:
    """Render again as long as it ends with "run it again", or with an order that the same command goes on with."""
    runs = [one.render(*more)]
    while runs[-1].code in (4, 5):
        runs.append(one.render(*more))
        assert len(runs) <= 12, runs[-1].err
    assert runs[-1].code == 0, runs[-1].err
    return runs


@pytest.mark.stress
@pytest.mark.parametrize("seed", range(100 if STRESS else 1))
def test_a_storm_delays_and_costs_nothing(rehearse: Rehearse, seed: int) -> None:
    one = rehearse(faults=storm(seed, share=0.3), latency=0.01)
    one.write(*words(5))
    runs = until_done(one)
    assert len(one.gateway.ledger.charges) == 5
    assert one.gateway.calls["start"] <= 20 + 3 * 5 * len(runs)
    one.play()
    one.check()


@pytest.mark.parametrize(("kind", "charged"), some(itertools.product(("drop", "say", "refuse"), (True, False)), 2))
def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_key(
    rehearse: Rehearse, kind: str, *, charged: bool
) -> None:
    one = rehearse(faults=[Fault("start", kind, charged=charged, status=502, text=PAGE)])
    one.write(words_shot("a"))
    until_done(one)
    assert len(one.gateway.ledger.jobs) == 1
    one.check()


@pytest.mark.parametrize("status", some((402, 400, 401, 403, 404, 413, 422, 424, 451), 2))
def test_a_refusal_after_a_lost_answer_is_no_proof_that_nothing_was_charged(rehearse: Rehearse, status: int) -> None:
    one = rehearse(faults=[Fault("start", "drop", charged=True), Fault("start", "refuse", nth=2, status=status)])
    one.write(words_shot("a"))
    codes = [one.render().code for _ in range(3)]
    assert codes[-1] in (0, 5), codes
    assert one.gateway.ledger.double() == ()
    if codes[-1] == 0:
        one.check()


@pytest.mark.parametrize("status", range(400, 452) if STRESS else (402, 422))
def test_a_definite_no_is_said_once_at_the_shots_line(rehearse: Rehearse, status: int) -> None:
    one = rehearse()
    one.write(*words(2))
    one.play(Fault("start", "refuse", times=ALWAYS, prompt="s0", status=status, text="no \x1b[31mfoxes, please"))
    ran = one.render()
    assert "\x1b" not in ran.err
    if status in (408, 409, 425, 429):
        assert ran.code == 4
        return
    assert ran.code == (5 if status == 422 else 1), ran.err
    assert "foxes, please" in ran.err
    assert f"{one.file.name}:4" in ran.err
    assert one.gateway.calls["start"] <= 2
    assert len(one.gateway.ledger.double()) == 0


def test_a_pause_that_the_gateway_asks_for_is_kept(rehearse: Rehearse) -> None:
    one = rehearse()
    one.write(words_shot("a"))
    one.play(Fault("start", "refuse", status=429, retry_after="700ms"))
    begun = time.time()
    until_done(one)
    assert one.gateway.ledger.charges[0].time - begun >= 0.7
    one.check()


def test_a_gateway_that_is_down_is_not_besieged(rehearse: Rehearse) -> None:
    one = rehearse()
    one.write(*words(8))
    one.play(Fault("start", "refuse", times=ALWAYS, status=503, retry_after="1ms"))
    ran = one.render(environment={"STORYBOARD_CONCURRENCY": "8"})
    assert ran.code == 4, ran.err
    assert one.gateway.calls["start"] <= 3 * 8 + 20
    assert one.gateway.ledger.jobs == {}
    one.play()
    until_done(one)
    one.check()


@pytest.mark.stress
@pytest.mark.parametrize("bad", range(40 if STRESS else 1))
def test_one_shot_fails_and_the_others_are_kept(rehearse: Rehearse, bad: int) -> None:
    count = 40 if STRESS else 4
    one = rehearse()
    one.write(*words(count))
    one.play(Fault("job", "fail", prompt=f"Shot s{bad}.", text="moderation: a fox"))
    ran = one.render()
    assert ran.code == 1, ran.err
    assert "moderation: a fox" in ran.err
    assert len(one.gateway.ledger.charges) == count - 1
    one.play()
    shot = one.shots[bad]
    text = one.file.read_text().replace(f"Shot {shot}.", f"Shot {shot}. Better.")
    one.file.write_text(text)
    before = one.gateway.ledger.total
    assert one.render().code == 0
    assert one.gateway.ledger.total - before == PRICE


def test_what_was_refused_by_the_provider_is_not_ordered_again_unasked(rehearse: Rehearse) -> None:
    one = rehearse(faults=[Fault("job", "fail", times=ALWAYS, charged=True, text="moderation")])
    one.write(words_shot("a"))
    assert one.render().code == 1
    billed = one.gateway.ledger.total
    assert billed == PRICE
    assert one.render("--budget", "0.01").code in (1, 3)
    assert one.gateway.ledger.total == billed


LIES = {
    "done-without-video": [Fault("status", "say", status=200, text=NO_VIDEO)],
    "done-then-running": [Fault("clip", "refuse", status=404), Fault("status", "say", nth=2, status=200, text=RUNNING)],
    "expired-address": [Fault("clip", "refuse", status=403)],
    "gone-address": [Fault("clip", "refuse", status=410)],
    "unknown-word": [Fault("status", "say", status=200, text='{"status": "resting"}', times=3)],
    "no-word": [Fault("status", "say", status=200, text="{}")],
    "a-page": [Fault("status", "say", status=200, text=PAGE)],
    "not-a-number": [Fault("status", "say", status=200, text=NOT_A_NUMBER)],
    "two-megabytes": [Fault("status", "say", status=200, text=HUGE)],
    "start-says-a-page": [Fault("start", "say", status=200, text=PAGE, charged=True)],
    "start-says-nothing": [Fault("start", "say", status=200, text="{}", charged=True)],
    "start-says-two-megabytes": [Fault("start", "say", status=200, text=HUGE, charged=True)],
    "a-page-for-a-clip": [Fault("clip", "say", status=200, text=PAGE)],
    **{how: [Fault("clip", how)] for how in CUTS},
}


@pytest.mark.parametrize("lie", some(LIES, 5))
def test_a_lie_that_ends_costs_nothing_more(rehearse: Rehearse, lie: str) -> None:
    one = rehearse(faults=LIES[lie])
    one.write(words_shot("a"), words_shot("b"))
    until_done(one)
    assert len(one.gateway.ledger.charges) == 2
    one.check()


@pytest.mark.stress
def test_lies_in_any_order_cost_nothing_more(rehearse: Rehearse) -> None:
    dice = random.Random()
    for number in range(200 if STRESS else 1):
        lies = dice.sample(sorted(LIES), 3)
        faults = [replace(fault, nth=dice.randint(1, 4)) for lie in lies for fault in LIES[lie]]
        one = rehearse(f"lies-{number}", faults=faults)
        one.write(*words(3))
        until_done(one)
        assert len(one.gateway.ledger.charges) == 3, lies
        one.check()


def test_an_operation_that_another_order_has_is_refused(rehearse: Rehearse) -> None:
    one = rehearse(faults=[Fault("start", "again", nth=2)])
    one.write(words_shot("a"), words_shot("b"))
    ran = one.render("--concurrency", "1")
    assert ran.code == 5, ran.err
    assert one.render("--concurrency", "1").code == 5
    assert len(one.gateway.ledger.charges) == 2
    lock = one.file.with_suffix(".lock").read_text()
    assert sum(digest in lock for digest in one.gateway.ledger.deliveries.values()) == 1


@pytest.mark.parametrize("look", some(("short", "small", "mute", "black", "still"), 2))
def test_a_clip_that_is_not_what_was_ordered_is_kept_and_marked(rehearse: Rehearse, look: str) -> None:
    one = rehearse(faults=[Fault("job", look)])
    one.write(words_shot("a").replace("}", ", audio: true}"))
    assert one.render().code == 0
    assert len(one.gateway.ledger.charges) == 1
    one.check()


def test_what_is_no_clip_is_no_take_and_is_not_ordered_again(rehearse: Rehearse) -> None:
    one = rehearse(faults=[Fault("job", "page")])
    one.write(words_shot("a"))
    assert [one.render().code for _ in range(2)] == [5, 5]
    assert len(one.gateway.ledger.charges) == 1
    assert list((one.home / "takes").rglob("*.mp4")) == []


@pytest.mark.parametrize(("factor", "code"), [("1.09", 0), ("1.2", 3)])
def test_a_price_that_rises_after_the_plan_stops_the_order(rehearse: Rehearse, factor: str, code: int) -> None:
    one = rehearse()
    one.write(still_shot("a"))
    plan = one.folder / "plan.json"
    ran = one.stage.run("plan", str(one.file), "--out", str(plan), environment=one.environment)
    assert ran.code == 0, ran.err
    one.gateway.prices = Decimal(factor)
    ran = one.stage.run(
        "render", str(one.file), "--plan", str(plan), "--budget", "100", "--shot=a", environment=one.environment
    )
    assert ran.code == code, ran.err
    assert len(one.gateway.ledger.charges) == (code == 0)


def at_once(*renders: tuple[Rehearsal, Stage], kills: tuple[Kill, ...] = ()) -> list[Ran]:
    """Renders that run side by side; the first of them may be killed."""
    with ThreadPoolExecutor(len(renders)) as pool:
        runs = [
            pool.submit(replace(one, stage=stage).render, kills=kills if index == 0 else ())
            for index, (one, stage) in enumerate(renders)
        ]
        return [run.result() for run in runs]


@pytest.mark.stress
def test_two_renders_of_one_project_are_charged_once(rehearse: Rehearse, stages: list[Stage]) -> None:
    for number in range(200 if STRESS else 1):
        one = rehearse(f"pair-{number}", latency=0.02)
        one.write(*words(3))
        runs = at_once((one, stages[0]), (one, stages[1]))
        assert [run.code for run in runs] == [0, 0], runs
        assert len(one.gateway.ledger.charges) == 3
        one.check()


@pytest.mark.stress
def test_a_render_goes_on_when_the_other_is_killed(rehearse: Rehearse, stages: list[Stage]) -> None:
    dice = random.Random()
    for number in range(100 if STRESS else 1):
        one = rehearse(f"pair-{number}", latency=0.02)
        one.write(*words(3))
        runs = at_once((one, stages[0]), (one, stages[1]), kills=(Kill(after=dice.random() * 0.4),))
        assert runs[1].code == 0, runs
        assert len(one.gateway.ledger.charges) == 3
        assert one.render().code == 0
        one.check()


@pytest.mark.stress
def test_two_projects_on_one_store_share_what_they_both_want(rehearse: Rehearse, stages: list[Stage]) -> None:
    for number in range(200 if STRESS else 1):
        one = rehearse(f"projects-{number}", latency=0.02)
        other = replace(one, folder=one.folder.with_name("other"))
        one.write(words_shot("a"), words_shot("b"))
        other.write(words_shot("b"), words_shot("c"))
        runs = at_once((one, stages[0]), (other, stages[1]))
        assert [run.code for run in runs] == [0, 0], runs
        assert sorted(charge.prompt for charge in one.gateway.ledger.charges) == ["Shot a.", "Shot b.", "Shot c."]


@pytest.mark.stress
@pytest.mark.parametrize("team", some(("crew", ""), 1))
def test_two_clones_with_two_stores_are_charged_once(rehearse: Rehearse, stages: list[Stage], team: str) -> None:
    for number in range(50 if STRESS else 1):
        one = replace(rehearse(f"clones-{number}", latency=0.02), team=team)
        one.write(still_shot("a"), words_shot("b"))
        other = replace(one, folder=one.folder.with_name("clone"), home=one.home.with_name("elsewhere"))
        shutil.copytree(one.folder, other.folder)
        runs = at_once((one, stages[0]), (other, stages[1]))
        assert [run.code for run in runs] == [0, 0], runs
        assert len(one.gateway.ledger.charges) == 2
        assert one.file.with_suffix(".lock").read_bytes() == other.file.with_suffix(".lock").read_bytes()
        one.check()
        other.check()


SIGNALS = {
    "ctrl-c": (signal.SIGINT,),
    "ctrl-c-twice": (signal.SIGINT, signal.SIGINT),
    "asked-to-end": (signal.SIGTERM,),
    "asked-to-end-and-killed": (signal.SIGTERM, signal.SIGKILL),
}


@pytest.mark.stress
@pytest.mark.parametrize("name", SIGNALS)
def test_who_is_stopped_loses_nothing(rehearse: Rehearse, name: str) -> None:
    dice = random.Random()
    for number in range(125 if STRESS else 1):
        one = rehearse(f"stop-{number}", latency=0.05, seconds=0.1)
        one.write(*words(4))
        moments = sorted(dice.random() * 0.6 for _ in SIGNALS[name])
        ran = one.render(kills=tuple(Kill(sign, after=at) for sign, at in zip(SIGNALS[name], moments, strict=True)))
        assert ran.code in (0, 130, *(-9 for sign in SIGNALS[name] if sign == signal.SIGKILL)), ran
        assert "Task was destroyed" not in ran.err
        assert "Traceback" not in ran.err
        assert one.render().code == 0
        assert len(one.gateway.ledger.charges) == 4
        one.check()


def test_ctrl_c_fetches_what_is_paid_and_orders_no_more(rehearse: Rehearse) -> None:
    one = rehearse(seconds=3_600.0)
    one.gateway.clock = lambda: time.time() + (7_200 if "Stopping" in one.stage.said else 0)  # clips come once it stops
    one.write(*words(6))
    ledger = one.gateway.ledger
    ran = one.render("--concurrency", "2", kills=(Kill(signal.SIGINT, file=str(ledger.path), lines=2),))
    assert ran.code == 130, ran.err
    assert 2 <= len(ledger.charges) <= 3
    assert len(ledger.deliveries) == len(ledger.charges)
    one.gateway.seconds = 0.0
    assert one.render().code == 0
    one.check()


def test_the_second_ctrl_c_leaves_at_once(rehearse: Rehearse) -> None:
    one = rehearse(seconds=3_600.0)
    one.write(*words(2))
    charged = str(one.gateway.ledger.path)
    twice = (Kill(signal.SIGINT, file=charged, lines=2), Kill(signal.SIGINT, said="Stopping"))
    ran = one.render(kills=twice)
    assert ran.code == 130, ran.err  # and nobody waited an hour for the clips
    one.gateway.seconds = 0.0
    assert one.render().code == 0
    one.check()


def held_shot(id_: str) -> str:
    """A shot of a model that has no start route."""
    return f"{{id: {id_}, prompt: Shot {id_}., model: minimax/minimax-h3, duration: 5s, first: plain.png}}"


@pytest.mark.parametrize("step", some(("K2", "K3", "K4", "K6", "K9", "K12", "K14"), 4))
def test_a_held_call_is_never_made_twice(rehearse: Rehearse, step: str) -> None:
    one = rehearse(honours_keys=False)
    one.write(held_shot("a"))
    assert one.render("--allow-held-open", kills=(Kill(step=step),)).code == -9
    codes = [one.render("--allow-held-open").code for _ in range(2)]
    assert codes in ([0, 0], [5, 5]), codes
    assert len(one.gateway.ledger.charges) <= 1
    assert one.gateway.calls["start"] == 0
    if codes == [0, 0]:
        one.check()


@pytest.mark.stress
def test_held_calls_under_random_kills_are_unresolved_or_held(rehearse: Rehearse) -> None:
    dice = random.Random()
    for number in range(200 if STRESS else 1):
        one = rehearse(f"held-{number}", honours_keys=False, latency=0.1)
        one.write(held_shot("a"), held_shot("b"))
        for _ in range(2):
            one.render("--allow-held-open", kills=(Kill(after=dice.random() * 0.5),))
        ran = one.render("--allow-held-open", "--json")
        assert ran.code in (0, 5), ran.err
        assert one.gateway.ledger.double() == ()
        path = one.file.with_suffix(".lock")
        lock = path.read_text() if path.exists() else ""
        held = sum(digest in lock for digest in one.gateway.ledger.deliveries.values())
        assert (ran.code == 0) == (held == 2)
