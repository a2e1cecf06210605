"""More takes of a shot, and which one the cut uses: bought at most once each, chosen and accepted for free."""

from __future__ import annotations

import json
import shutil
import struct
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from storyboard.casting import Cast, Choice, Clip, accept, bring, pick
from storyboard.consent import Choice as Answer
from storyboard.consent import Terms
from storyboard.errors import Gate, Interrupted, Refused, Transient, Unresolved, Usage
from storyboard.foresight import Options
from storyboard.planner.plan import Plan
from storyboard.progress import Event, ShotMoved
from storyboard.render import Rendered, render
from storyboard.retakes import Retaken, Wanted, retake
from storyboard.takelist import takes_of
from storyboard.testing import Fault
from storyboard.testing.clips import clip_of
from storyboard.testing.ledger import Charge
from tests.paid.sets import ALL, COST, PAIR, Set

A, B = PAIR
ON = "{id: b, first: {shot: a, frame: last}, prompt: On.}"
FREE = Decimal(0)
COLOURS = ("job_0", "job_1", "job_4")
"""Jobs whose clips have colours of their own."""
OPEN = replace(ALL, allow_held_open=True)


@pytest.fixture(autouse=True)
def few_colours(one: Set) -> None:
    """Clips of three colours, each with bytes of its own: quickly drawn."""
    jobs: list[str] = []

    def draw(charge: Charge) -> bytes:
        jobs.extend({charge.job} - {*jobs})
        name = charge.job.encode()
        clip = clip_of(replace(charge, job=COLOURS[jobs.index(charge.job) % 3]))
        return clip + struct.pack(">I4s", 8 + len(name), b"free") + name

    one.gateway.draw = draw


def shoot(
    one: Set, shot: str = "a", count: int = 1, terms: Terms = ALL, *, key: bool = True, **more: object
) -> Retaken:
    """Retake a shot."""
    wanted = Wanted(shot, count, terms=terms, **more)  # type: ignore[arg-type]
    return retake(one.project, one.settings(key=key), wanted, one.events.append)


def begin(one: Set, *shots: str) -> None:
    """A take of each shot, one after the other; no film is cut."""
    for shot in shots:
        shoot(one, shot, terms=OPEN)


def choose(one: Set, take: str, shot: str = "a", *, force: bool = False) -> Cast:
    """Pick a take, without a key."""
    return pick(one.project, one.settings(key=False), Choice(shot, take, force))


def keep(one: Set, *shots: str) -> tuple[Cast, ...]:
    """Accept takes, without a key."""
    return accept(one.project, one.settings(key=False), shots)


def numbers(one: Set, shot: str = "a") -> list[int]:
    """The numbers of a shot's takes."""
    return [take.number for take in one.lock.shots[shot].takes]


def states(one: Set) -> list[str]:
    """How the shots stand."""
    return [each.state for each in one.plan().shots]


def film(done: Rendered) -> str:
    """The digest of the one film that was made."""
    return done.films[0].sha256


def test_a_retake_buys_so_many_and_leaves_the_film_as_it_is(one: Set) -> None:
    one.write(A, B)
    before = film(one.render())
    done = shoot(one, count=3, note="slower")
    assert (done.spent, done.found, len(done.takes)) == (3 * COST, 0, 3)
    assert len(one.gateway.ledger.charges) == 5
    assert numbers(one) == [1, 2, 3, 4]
    shot = one.lock.shots["a"]
    assert shot.take == shot.takes[0] == done.circled
    assert [take.note for take in shot.takes] == ["", "slower", "slower", "slower"]
    assert len({take.sha256 for take in shot.takes}) == 4
    assert {take.slate for take in shot.takes} == {shot.takes[0].slate}
    again = one.render(Terms())
    assert (film(again), again.spent) == (before, FREE)
    assert states(one) == ["held", "held"]


def test_what_it_costs_is_agreed_to_first(one: Set) -> None:
    one.write(A, B, head="budget: 2.00\n")
    begin(one, "a", "b")
    with pytest.raises(Gate, match=r"2 clips would be bought, for up to \$1.01"):
        shoot(one, count=2, terms=Terms())
    with pytest.raises(Gate, match=r"up to \$1.01, and \$1.00 is `--budget`"):
        shoot(one, count=2, terms=Terms(budget=Decimal(1)))
    with pytest.raises(Gate, match=r"up to \$1.01, and \$0.99 is left of the film's `budget:`"):
        shoot(one, count=2, terms=Terms(yes=True))
    with pytest.raises(Gate, match=r"may cost more than \$0.50"):
        shoot(one, terms=replace(ALL, max_shot_cost=Decimal("0.50")))
    with pytest.raises(Gate, match="AI_GATEWAY_API_KEY is not set"):
        shoot(one, key=False)
    asked: list[tuple[list[str], Decimal | None]] = []

    def ask(plan: Plan, left: Decimal | None) -> Answer:
        asked.append(([each.reason for each in plan.to_buy], left))
        return "nothing" if len(asked) == 1 else "all"

    with pytest.raises(Interrupted, match="nothing was bought"):
        shoot(one, terms=Terms(ask=ask))
    assert one.charged == 2
    assert shoot(one, terms=Terms(ask=ask)).spent == COST
    assert asked == [(["one more take"], Decimal("0.992"))] * 2


def test_a_shot_without_a_take_gets_several_and_the_first_is_circled(one: Set) -> None:
    one.write(A, B)
    done = shoot(one, count=2)
    assert numbers(one) == [1, 2]
    assert done.circled == one.lock.shots["a"].takes[0]
    assert states(one) == ["held", "missing"]
    assert one.plan().estimate == COST


def test_a_model_that_honours_a_seed_gets_another_one_for_each_take(one: Set) -> None:
    text = "{id: a, prompt: One., duration: 5s, model: alibaba/wan-v2.6-t2v, SEED}"
    one.write(text.replace("SEED", "seed: 7"))
    shoot(one, count=3)
    seeds = [take.seed for take in one.lock.shots["a"].takes]
    assert seeds[0] is None
    assert len({*seeds}) == 3
    assert len({charge.body for charge in one.gateway.ledger.charges}) == 3
    assert states(one) == ["held"], "the seeds are no part of what the shot asks for"
    assert {take.slate for take in one.lock.shots["a"].takes} == {one.plan().shots[0].slate}
    text = (one.folder / "film.lock").read_text()
    assert f"seed: {seeds[1]}" in text
    one.write(A)
    shoot(one, count=2)
    assert {take.seed for take in one.lock.shots["a"].takes[-1:]} == {None}, "Kling honours none"


def test_what_a_stopped_retake_paid_for_counts(one: Set) -> None:
    """Its clips could not be fetched: the orders are under way, and are gone on with."""
    one.write(A, B)
    begin(one, "a", "b")
    one.gateway.script(Fault("clip", "refuse", status=503, times=99))
    with pytest.raises(Transient):
        shoot(one, count=2)
    assert numbers(one) == [1]
    one.gateway.script()
    done = shoot(one, count=3)
    assert (done.found, done.spent, len(done.takes)) == (2, COST, 3)
    assert len(one.gateway.ledger.charges) == 5
    assert numbers(one) == [1, 2, 3, 4]


def test_a_clip_that_came_before_the_lock_was_written_counts(one: Set) -> None:
    one.write(A, B)
    begin(one, "a", "b")
    lock = (one.folder / "film.lock").read_bytes()
    shoot(one, count=2)
    bought = one.lock
    (one.folder / "film.lock").write_bytes(lock)  # as if it had been killed before it wrote it
    assert [take.number for _, take in takes_of(one.project, one.settings()).unnamed] == [2, 3]
    done = shoot(one, count=2, terms=Terms(), key=False)
    assert (done.found, done.spent) == (2, FREE)
    assert one.lock == bought
    assert len(one.gateway.ledger.charges) == 4


def test_some_of_several_may_fail(one: Set) -> None:
    one.write(A)
    begin(one, "a")
    one.gateway.script(Fault("job", "fail", nth=2, text="moderation"))
    with pytest.raises(Refused, match="moderation") as caught:
        shoot(one, count=3)
    assert "2 takes are in film.lock" in caught.value.hint
    assert "retake" in caught.value.hint
    assert "-n 1" in caught.value.hint
    assert len(numbers(one)) == 3
    shoot(one)
    assert numbers(one) == [1, 2, 3, 4]
    assert len(one.gateway.ledger.charges) == 4


def test_an_order_that_nobody_knows_of_stops_it(one: Set) -> None:
    one.write("{id: a, first: noise.png, prompt: One.}")
    begin(one, "a")
    one.gateway.script(Fault("generate", "drop", charged=True))
    with pytest.raises(Unresolved):
        shoot(one, terms=OPEN)
    for _ in range(2):
        with pytest.raises(Unresolved):
            shoot(one, terms=OPEN)
    assert len(one.gateway.ledger.charges) == 2
    one.resolve("a", abandon=True)
    assert len(shoot(one, terms=OPEN).takes) == 1


def test_a_render_fetches_what_a_stopped_retake_ordered(one: Set) -> None:
    one.write(A, B)
    one.render()
    one.gateway.script(Fault("clip", "refuse", status=503, times=99))
    with pytest.raises(Transient):
        shoot(one)
    one.gateway.script()
    one.events.clear()
    lock = one.lock
    assert one.render(Terms()).outcome == "unchanged"
    assert any("An earlier order of shot `a` has arrived" in str(event) for event in one.events)
    assert one.lock == lock
    assert shoot(one, terms=Terms()).found == 1
    assert len(one.gateway.ledger.charges) == 3


def test_a_picked_take_is_in_the_film(one: Set) -> None:
    one.write(A, B)
    first = film(one.render())
    shoot(one)
    charges, calls = len(one.gateway.ledger.charges), one.gateway.calls.copy()
    cast = choose(one, "2")
    assert (cast.take.number, cast.changed, cast.accepted, cast.state) == (2, True, False, "held")
    second = film(one.render(Terms(locked=True), key=False))
    assert second != first
    assert not choose(one, one.lock.shots["a"].circled[:8]).changed
    choose(one, "1")
    assert film(one.render(Terms(locked=True), key=False)) == first
    assert (len(one.gateway.ledger.charges), one.gateway.calls) == (charges, calls)
    for name, says in (("3", "has no take 3"), ("zzzz", "has no take zzzz"), ("", "has no take")):
        with pytest.raises(Usage, match=says) as caught:
            choose(one, name)
        assert "it has 1, 2" in caught.value.hint
    with pytest.raises(Usage, match="there is no shot `x`"):
        choose(one, "1", "x")


def test_a_pick_while_a_render_shoots_other_shots_stays(one: Set) -> None:
    one.write(A, B)
    shoot(one, count=2)
    begin(one, "b")
    never = "{id: never, first: plain.png, prompt: Never.}"
    one.write(A, B, "{id: c, first: plain.png, prompt: Three.}", never)

    def watch(event: Event) -> None:
        if isinstance(event, ShotMoved) and (event.shot, event.state) == ("c", "shooting"):
            choose(one, "2")

    render(one.project, one.settings(), Options(shots=("c",), terms=ALL), watch)
    assert set(one.lock.shots) == {"a", "b", "c"}
    assert one.lock.shots["a"].take == one.lock.shots["a"].takes[1]


def test_a_take_for_an_earlier_text_can_be_picked_and_stays(one: Set) -> None:
    one.write(A, B)
    first = film(one.render())
    one.write(A.replace("One", "Other"), B)
    shoot(one)
    cast = choose(one, "1")
    assert (cast.accepted, cast.state) == (True, "held")
    done = one.render(Terms(locked=True), key=False)
    assert film(done) == first
    assert [(take.number, take.origin, take.cost) for take in one.lock.shots["a"].takes] == [
        (1, "", COST), (1, "accepted", FREE), (2, "", COST),
    ]  # fmt: skip
    one.write(A, B)
    assert film(one.render(Terms(locked=True), key=False)) == first
    assert one.plan().left is None


def test_an_accepted_take_is_held(one: Set, tmp_path: Path) -> None:
    one.write(A, B)
    first = film(one.render())
    one.write(A.replace("One", "Other"), B)
    assert states(one) == ["stale", "held"]
    (cast,) = keep(one, "a")
    assert (cast.accepted, cast.changed, cast.state, cast.take.number) == (True, True, "held", 1)
    assert states(one) == ["held", "held"]
    assert film(one.render(Terms(locked=True), key=False)) == first
    assert one.charged == 2
    lock = (one.folder / "film.lock").read_bytes()
    assert not keep(one, "a", "b")[0].changed
    assert (one.folder / "film.lock").read_bytes() == lock
    clone = Set(tmp_path / "clone", one.gateway, "", tmp_path / "other")
    shutil.copytree(one.folder, clone.folder, ignore=shutil.ignore_patterns("build", ".storyboard"))
    shutil.copytree(one.home / "takes", clone.home / "takes")
    assert film(clone.render(Terms(locked=True), key=False)) == first, "the lock alone says so"
    one.write(A.replace("One", "Third"), B)
    assert states(one) == ["stale", "held"]
    keep(one, "a")
    assert states(one) == ["held", "held"]
    assert numbers(one) == [1, 1, 1]
    entries = takes_of(one.project, one.settings()).entries
    assert [(entry.shot, entry.take.number, entry.fits, entry.accepted) for entry in entries] == [
        ("a", 1, True, True), ("b", 1, True, False),
    ]  # fmt: skip


def test_what_cannot_be_accepted(one: Set) -> None:
    one.write(A, ON, "{id: c, card: {text: End}, duration: 1s}")
    with pytest.raises(Refused, match="`a` has no take to accept"):
        keep(one, "a")
    with pytest.raises(Usage, match="`c` is a card"):
        keep(one, "c")
    begin(one, "a", "b")
    one.write(A.replace("One", "Other"), ON.replace("On.", "Off."))
    with pytest.raises(Refused, match="`b` goes on from `a`, whose take will be another") as caught:
        keep(one, "b")
    assert "accept both" in caught.value.hint
    assert [cast.state for cast in keep(one, "b", "a")] == ["held", "held"]
    one.clip(one.lock.shots["a"].circled).unlink()
    one.write(A.replace("One", "Third"), ON)
    with pytest.raises(Refused, match="take 1 of `a` is not here"):
        keep(one, "a")


def test_accepting_an_earlier_shot_holds_those_that_go_on_from_it(one: Set) -> None:
    one.write(A, ON)
    begin(one, "a", "b")
    one.write(A.replace("One", "Other"), ON)
    assert states(one) == ["stale", "stale"]
    keep(one, "a")
    assert states(one) == ["held", "held"]


def test_an_imported_clip_is_a_take(one: Set, tmp_path: Path) -> None:
    one.write(A, B)
    first = film(one.render())
    shoot(one)
    upscale = tmp_path / "up.mp4"
    upscale.write_bytes(one.clip(one.lock.shots["b"].circled).read_bytes() + b"\0\0\0\x08free")
    charges = len(one.gateway.ledger.charges)

    def adopt(**more: str) -> Cast:
        clip = Clip("a", upscale, **more)
        return bring(one.project, one.settings(key=False), clip)

    cast = adopt(parent="2", note="upscaled")
    parent = one.lock.shots["a"].takes[1]
    assert (cast.take.number, cast.take.origin, cast.take.parent) == (3, "imported", parent.sha256)
    assert (cast.take.cost, cast.take.note, cast.circled, cast.state) == (FREE, "upscaled", False, "held")
    assert not adopt().changed, "the same bytes are one take"
    assert film(one.render(Terms(locked=True), key=False)) == first
    choose(one, "3")
    assert film(one.render(Terms(locked=True), key=False)) != first
    assert len(one.gateway.ledger.charges) == charges
    upscale.write_text("no clip")
    with pytest.raises(Refused, match=r"`up.mp4` is not a whole clip"):
        adopt()
    upscale.unlink()
    with pytest.raises(Usage, match="there is no file"):
        adopt()
    assert not list((one.home / "takes").glob(".*"))


def test_a_film_of_imported_clips_needs_no_key(one: Set, tmp_path: Path) -> None:
    one.write(A, B)
    begin(one, "a")
    clip = tmp_path / "mine.mp4"
    clip.write_bytes(one.clip(one.lock.shots["a"].circled).read_bytes())
    shutil.rmtree(one.home)
    (one.folder / "film.lock").unlink()
    one.write(A)
    cast = bring(one.project, one.settings(key=False), Clip("a", clip))
    assert (cast.circled, cast.state, cast.take.number) == (True, "held", 1)
    assert one.render(Terms(locked=True), key=False).outcome == "rendered"
    one.write(A.replace("One", "Other"))
    assert states(one) == ["stale"]


def test_an_approved_shot_is_not_touched(one: Set) -> None:
    approved = A.replace("}", ", approved: true}")
    one.write(approved, B)
    shoot(one, force=True)
    with pytest.raises(Refused, match="`a` is approved: no more takes of it are shot") as caught:
        shoot(one)
    assert caught.value.where is not None
    assert caught.value.where.line == 5
    shoot(one, force=True)
    with pytest.raises(Refused, match="`a` is approved: another take of it is not picked"):
        choose(one, "2")
    assert one.lock.shots["a"].take == one.lock.shots["a"].takes[0]
    assert choose(one, "2", force=True).take.number == 2


def test_a_pin_stops_the_cascade(one: Set) -> None:
    last = "{id: c, first: {shot: b, frame: last}, prompt: And on.}"
    one.write(A, ON, last)
    begin(one, "a", "b", "c")
    one.write(A.replace("One", "Other"), ON, last)
    assert (states(one), one.plan().estimate) == (["stale"] * 3, 3 * COST)
    pinned = ON.replace("}, prompt", "}, pin: true, prompt")
    one.write(A.replace("One", "Other"), pinned, last)
    assert (states(one), one.plan().estimate) == (["stale", "held", "held"], COST)
    before = one.lock.shots
    assert shoot(one).spent == COST
    assert {id_: one.lock.shots[id_] for id_ in "bc"} == {id_: before[id_] for id_ in "bc"}
    one.write(A, pinned.replace("On.", "Off."), last)
    assert states(one) == ["held"] * 3
    one.clip(before["b"].circled).unlink()
    with pytest.raises(Gate, match=r"shot `b`: it is pinned, and paid for as take \w+, whose file is not here"):
        one.render(OPEN, shots=("b",))
    assert one.charged == 4


def test_what_follows_a_picked_take_is_told(one: Set) -> None:
    one.write(A, ON, "{id: c, first: {shot: b, frame: last}, prompt: And on.}")
    begin(one, "a", "b", "c", "a")
    cast = choose(one, "2")
    assert [(each.shot.id, each.estimate) for each in cast.next] == [("b", COST), ("c", COST)]
    assert states(one) == ["held", "stale", "stale"]
    choose(one, "1")
    assert states(one) == ["held"] * 3


def test_a_shot_that_waits_for_another_is_not_retaken(one: Set) -> None:
    one.write(A, ON)
    begin(one, "a", "b")
    one.write(A.replace("One", "Other"), ON)
    with pytest.raises(Refused, match="`b` goes on from `a`, whose take will be another"):
        shoot(one, "b", terms=OPEN)
    assert len(shoot(one, "b", terms=replace(OPEN, keep_stale=True)).takes) == 1
    assert numbers(one, "b") == [1, 2]


def test_the_lock_says_it_all_in_a_line_each(one: Set) -> None:
    one.write(A)
    begin(one, "a")
    shoot(one, count=2, note='he said "no"')
    lines = (one.folder / "film.lock").read_text().splitlines()
    takes = [line for line in lines if line.startswith("      - {number: ")]
    assert len(takes) == 3
    assert sum(json.dumps('he said "no"') in line for line in takes) == 2
