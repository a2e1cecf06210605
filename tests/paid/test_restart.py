"""What a restart does with an order that it finds: every state, by both routes, whatever became of its body."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from storyboard.testing import FakeGateway, Fault, Ledger
from storyboard.testing.faults import Target
from storyboard.testing.stage import Kill, Ran, Stage
from tests.paid.rehearsing import STRESS, Rehearsal, words_shot
from tests.paid.sets import orders_of

TABLE = """
route      found       body          where    exit  charged  then
start      reserved    any           any      0     1        held
start      sent        there         here     0     1        held
start      sent        gone,changed  here     5     0        unresolved
start      sent        any           away     5     0        sent
start      heard       there         here     0     1        held
start      heard       gone,changed  here     5     1        unresolved
start      heard       any           away     5     1        sent
start      accepted    any           here     0     1        held
start      accepted    any           away     5     1        accepted
start      held        any           any      0     1        held
start      refused     any           any      0     1        held
start      unresolved  any           any      5     1        unresolved
start      abandoned   any           any      0     2        held
held-open  reserved    any           any      0     1        held
held-open  sent        any           here     5     0        unresolved
held-open  sent        any           away     5     0        sent
held-open  heard       any           here     5     1        unresolved
held-open  heard       any           away     5     1        sent
held-open  held        any           any      0     1        held
held-open  refused     any           any      0     1        held
held-open  unresolved  any           any      5     1        unresolved
held-open  abandoned   any           any      0     2        held
"""
"""`found` is the state in the journal; `heard` is `sent`, and the gateway has charged for it. `away` is another
gateway or team. `charged` counts every charge anywhere, before and after. An abandoned order was charged, and a person
gave it up: only then is there a second one."""

FOUND = {
    "reserved": Kill(step="K2"),
    "sent": Kill(step="K3"),
    "heard": Kill(step="K6"),
    "accepted": Kill(step="K7"),
    "held": Kill(step="K14"),
}
"""Where a render is killed, so that an order is found so."""
BODIES = ("there", "gone", "changed")
UNHOSTED = {"STORYBOARD_STILLS_HOST": "", "STORYBOARD_STILLS_URL": ""}
PLACES = {"here": ("here",), "away": ("gateway", "team"), "any": ("here", "gateway", "team")}


@dataclass(frozen=True, slots=True)
class Case:
    """A line of the table, for one body and one place."""

    route: str
    found: str
    body: str
    where: str
    code: int
    charged: int
    then: str

    def __str__(self) -> str:
        return f"{self.route}-{self.found}-{self.body}-{self.where}"


def cases() -> Iterator[Case]:
    """Every line of the table, spread out; without STORYBOARD_STRESS each line once, its body and place in turn."""
    for number, line in enumerate(TABLE.strip().splitlines()[1:]):
        route, found, bodies, where, code, charged, then = line.split()
        chosen = BODIES if bodies == "any" else tuple(bodies.split(","))
        spread = [(body, place) for body in chosen for place in PLACES[where]]
        for body, place in spread if STRESS else [spread[number % len(spread)]]:
            yield Case(route, found, body, place, int(code), int(charged), then)


@pytest.fixture(scope="module")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[tuple[FakeGateway, str], ...]]:
    """Two gateways that serve for all of these tests."""
    with ExitStack() as stack:
        made = [FakeGateway(tmp_path_factory.mktemp(name), height=90) for name in ("one", "other")]
        yield tuple((gateway, stack.enter_context(gateway.serve())) for gateway in made)


@pytest.fixture
def pair(
    tmp_path: Path, stage: Stage, gateways: tuple[tuple[FakeGateway, str], ...]
) -> tuple[Rehearsal, FakeGateway, str]:
    """A rehearsal, and another gateway with its address; neither has ever charged for anything."""
    for number, (gateway, _) in enumerate(gateways):
        gateway.ledger = Ledger(tmp_path / f"ledger-{number}")
        gateway.calls.clear()
        gateway.script()
    (gateway, base), (other, away) = gateways
    return Rehearsal(tmp_path / "film", gateway, base, stage, tmp_path / "home"), other, away


def shot(one: Rehearsal, route: str) -> None:
    """Write a shot that goes by a route: without a host, a still of 300 KiB can only go by a call that is held."""
    one.write(words_shot("a"))
    if route == "held-open":
        Image.effect_noise((1280, 720), 80).convert("RGB").save(one.folder / "noise.png")
        one.write("{id: a, prompt: Shot a., model: klingai/kling-v3.0-i2v, first: noise.png}")


def render(one: Rehearsal, *kills: Kill, **environment: str) -> Ran:
    """Render, with the consent that a held-open call needs, and without a host."""
    return one.render("--allow-held-open", kills=kills, environment={**UNHOSTED, **environment})


def bring_about(one: Rehearsal, case: Case) -> None:
    """Leave an order in a state, as it would come about."""
    call: Target = "start" if case.route == "start" else "generate"
    if kill := FOUND.get(case.found):
        assert render(one, kill).code == -kill.signal
        return
    if case.found == "refused":
        one.play(Fault(call, "refuse", status=400))
    elif call == "start":
        one.play(Fault(call, "refuse", status=422, charged=True))
    else:
        one.play(Fault(call, "drop", charged=True))
    assert render(one).code == (1 if case.found == "refused" else 5)
    one.play()
    if case.found == "abandoned":
        ran = one.stage.run("resolve", str(one.file), "a", "--abandon", environment=one.environment)
        assert ran.code == 0, ran.err


def harm(one: Rehearsal, how: str) -> None:
    """Let something become of the bodies in the outbox."""
    for body in (one.home / "outbox").glob("*.json") if how != "there" else ():
        if how == "gone":
            body.unlink()
        else:
            body.write_bytes(body.read_bytes().replace(b"Shot a", b"Shot b"))


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_a_restart_does_what_the_table_says(pair: tuple[Rehearsal, FakeGateway, str], case: Case) -> None:
    one, other, away = pair
    shot(one, case.route)
    bring_about(one, case)
    (before,) = orders_of(one)
    assert before.state == ("sent" if case.found == "heard" else case.found)
    assert before.route == case.route
    harm(one, case.body)
    places = {"here": {}, "gateway": {"STORYBOARD_GATEWAY_URL": away}, "team": {"STORYBOARD_TEAM": "another"}}
    for _ in range(2):  # and once more: it settles
        ran = render(one, **places[case.where])
        assert ran.code == case.code, ran.err
        assert len(one.gateway.ledger.charges) + len(other.ledger.charges) == case.charged
        assert orders_of(one)[-1].state == case.then
    if case.code:
        assert "resolve" in ran.err
        assert not any(word in ran.err.lower() for word in ("try again", "order it again"))


@pytest.mark.parametrize("found", ["sent", "heard", "accepted"])
def test_an_order_that_was_asked_for_elsewhere_goes_on_at_home(
    pair: tuple[Rehearsal, FakeGateway, str], found: str
) -> None:
    one, other, away = pair
    shot(one, "start")
    assert render(one, FOUND[found]).code == -9
    for place in ({"STORYBOARD_GATEWAY_URL": away}, {"STORYBOARD_TEAM": "another"}):
        assert render(one, **place).code == 5
    assert render(one).code == 0
    one.check()
    assert len(one.gateway.ledger.charges) == 1
    assert other.calls["start"] == 0
