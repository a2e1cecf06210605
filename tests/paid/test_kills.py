"""Renders that are killed: at every step of the order protocol, and at random moments. Nothing is ever paid twice."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from storyboard.testing import Fault
from storyboard.testing.faults import ALWAYS
from storyboard.testing.killing import rehearse_kills
from storyboard.testing.stage import Kill
from tests.paid.rehearsing import STRESS, Rehearsal, Rehearse, still_shot, words_shot

PROTOCOL = ("K1", "K2", "K3", "K4", "K6", "K7", "K8", "K9", "K10", "K11", "K12", "K13", "K14")
"""K5, the moment between the charge and its answer, is at the gateway."""
OPEN = "--allow-held-open"
"""A plan cannot weigh the frame that a chain goes on from, so it asks for this consent; the call is not made."""
SCENES = {
    "words": (words_shot("a"),),
    "several": tuple(words_shot(id_) for id_ in "abc"),
    "chain": (still_shot("a"), still_shot("b", "{shot: a, frame: last}")),
}


def killed_and_finished(one: Rehearsal, kill: Kill) -> None:
    """Kill one render, let the next one finish, and look what it came to."""
    ran = one.render(OPEN, kills=(kill,))
    assert ran.code == -kill.signal, (kill, ran)
    ran = one.render(OPEN)
    assert ran.code == 0, (kill, ran.err)
    one.check()


@pytest.mark.parametrize("step", PROTOCOL)
def test_a_render_may_be_killed_at_every_step(rehearse: Rehearse, step: str) -> None:
    one = rehearse()
    one.write(words_shot("a"))
    killed_and_finished(one, Kill(step=step))
    assert len(one.gateway.ledger.charges) == 1


@pytest.mark.stress
@pytest.mark.skipif(not STRESS, reason="every hit of every step takes minutes: STORYBOARD_STRESS=1")
@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("held", [False, True], ids=["new", "cached"])
def test_a_render_may_be_killed_at_every_hit_of_every_step(rehearse: Rehearse, scene: str, *, held: bool) -> None:
    clean = rehearse("clean")
    clean.write(*SCENES[scene])
    ran = clean.render(OPEN)
    if held:
        ran = clean.render(OPEN)
    for step, count in Counter(ran.steps).items():
        for nth in range(1, count + 1):
            one = rehearse(f"{step}-{nth}")
            one.write(*SCENES[scene])
            if held:
                one.told(OPEN)
            killed_and_finished(one, Kill(step=step, nth=nth))
            assert len(one.gateway.ledger.charges) == len(SCENES[scene])


def test_a_render_may_be_killed_between_the_charge_and_its_answer(rehearse: Rehearse) -> None:
    one = rehearse(faults=[Fault("start", "hang", charged=True, times=ALWAYS)])
    one.write(words_shot("a"), words_shot("b"))
    assert one.render(kills=(Kill(file=str(one.gateway.ledger.path), lines=1),)).code == -9
    one.play()
    assert one.render().code == 0
    one.check()
    assert len(one.gateway.ledger.charges) == 2


def test_a_chain_goes_on_where_it_was_killed(rehearse: Rehearse) -> None:
    for nth in (1, 2):
        one = rehearse(f"chain-{nth}")
        one.write(*SCENES["chain"])
        killed_and_finished(one, Kill(step="K6", nth=nth))
        assert [charge.prompt for charge in one.gateway.ledger.charges] == ["Shot a.", "Shot b."]


@pytest.mark.parametrize("first", ["K3", "K6", "K9", "K12"])
def test_a_render_may_be_killed_again_while_it_goes_on(rehearse: Rehearse, first: str) -> None:
    seconds = PROTOCOL if STRESS else ("K8",)
    for second in seconds:
        one = rehearse(f"{first}-{second}")
        one.write(words_shot("a"))
        assert one.render(kills=(Kill(step=first),)).code == -9
        one.render(kills=(Kill(step=second),))
        assert one.render().code == 0
        one.check()
        assert len(one.gateway.ledger.charges) == 1


@pytest.mark.stress
def test_random_kills_charge_nothing_twice_and_lose_nothing(tmp_path: Path) -> None:
    wanted = 1_000 if STRESS else 100
    tally = rehearse_kills(tmp_path, wanted, seed=random.randrange(1_000_000))
    assert tally.kills >= wanted
    assert tally.charges == tally.shots
    assert tally.clean, tally
