from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from storyboard.planner.catalogue import Price
from storyboard.planner.plan import Standing, plan
from storyboard.planner.price import PriceList
from storyboard.planner.route import START_LIMIT
from storyboard.planner.take import Gateway
from tests.planner.world import Shelf, read_text, sha, slates, take

FILM = """\
storyboard: 1
shots:
  - {id: title, card: {text: First light}}
  - {id: a, first: a.jpg, prompt: one}
  - {id: b, first: {shot: a, frame: last}, prompt: two, duration: 10s, mode: pro, audio: true}
  - {id: c, first: {shot: b, frame: last}, prompt: three}
  - {id: drone, footage: drone.mp4}
  - {id: d, first: {shot: drone, frame: last}, prompt: four}
"""
NOTHING = Decimal(0)
GATEWAYS: tuple[Gateway, ...] = ("local", "remote")


def test_a_new_film() -> None:
    made = plan(read_text(FILM), Shelf(), "remote")
    assert [(one.shot.id, one.state, one.route, one.depends_on, one.reason) for one in made.shots] == [
        ("title", "free", "none", "", "drawn locally"),
        ("a", "missing", "start", "", "no take yet"),
        ("b", "missing", "held-open", "a", "goes on from `a`"),
        ("c", "missing", "held-open", "b", "goes on from `b`"),
        ("drone", "free", "none", "", "footage"),
        ("d", "missing", "start", "drone", "no take yet"),
    ]
    assert [bool(one.slate) for one in made.shots] == [False, True, False, False, False, True]
    assert [one.estimate for one in made.shots] == [
        NOTHING, Decimal("0.8400"), Decimal("3.3600"), Decimal("0.8400"), NOTHING, Decimal("0.8400"),
    ]  # fmt: skip
    assert made.estimate == Decimal("5.88")
    assert [one.shot.id for one in made.missing] == ["a", "b", "c", "d"]


def test_what_is_held_costs_nothing_and_lets_the_next_go_on() -> None:
    shelf = Shelf()
    first = plan(read_text(FILM), shelf, "remote").shots[1].slate
    assert first
    shelf.takes[first] = take(first, "bytes of a")
    made = plan(read_text(FILM), shelf, "remote")
    assert [one.state for one in made.shots] == ["free", "held", "missing", "missing", "free", "missing"]
    held, next_, after = made.shots[1:4]
    assert (held.estimate, held.take) == (NOTHING, shelf.takes[first])
    assert next_.request
    assert next_.request.first
    assert (next_.request.first.source, next_.request.first.frame) == (sha("bytes of a"), "last")
    assert after.request is None


def test_another_take_is_another_slate_for_what_goes_on_from_it() -> None:
    shelf = Shelf()
    first = plan(read_text(FILM), shelf, "remote").shots[1].slate
    assert first
    found = set()
    for name in ("take 1", "take 2"):
        shelf.takes[first] = take(first, name)
        found.add(plan(read_text(FILM), shelf, "remote").shots[2].slate)
    assert len(found) == 2


def test_everything_held() -> None:
    shelf = Shelf({slate: take(slate, slate) for slate in slates(FILM).values() if slate})
    made = plan(read_text(FILM), shelf, "remote")
    assert made.missing == ()
    assert made.estimate == NOTHING


def test_footage_is_known_by_its_bytes() -> None:
    made = plan(read_text(FILM), Shelf(digests={"drone.mp4": sha("drone")}), "remote")
    request = made.shots[5].request
    assert request
    assert request.first
    assert request.first.source == sha("drone")


def test_the_route_follows_the_weight() -> None:
    for weight, route in ((START_LIMIT, "start"), (START_LIMIT + 1, "held-open")):
        assert plan(read_text(FILM), Shelf(weights={"one": weight}), "remote").shots[1].route == route


@pytest.mark.parametrize(
    ("model", "host", "route", "why"),
    [
        ("klingai/kling-v3.0-i2v", "", "held-open", "it goes on from a frame that may need more than 300 KiB"),
        ("klingai/kling-v3.0-i2v", "s3://stills", "start", ""),
        ("alibaba/wan-v2.6-i2v", "", "none", "it takes files as addresses only"),
        ("google/veo-3.1-generate-001", "s3://stills", "held-open", "stills of more than 300 KiB, which its model"),
        ("minimax/minimax-h3", "s3://stills", "held-open", "its model has no start route"),
    ],
)
def test_the_route_of_a_frame_that_nobody_has_seen_is_guessed(model: str, host: str, route: str, why: str) -> None:
    text = f"{FILM}  - {{id: e, first: {{shot: a, frame: last}}, prompt: five, model: {model}, duration: 5s}}\n"
    last = plan(read_text(text), Shelf(host=host), "remote").shots[-1]
    assert (last.request, last.route) == (None, route)
    assert last.way.why.startswith(why)


def test_a_plan_by_other_prices_is_the_plan_that_is_made_with_them() -> None:
    dearer = PriceList("live", {"klingai/kling-v3.0-i2v": (Price(per_second=Decimal(2)),)})
    held, gone = slate_of("a"), slate_of("d")
    shelf = Shelf({held: take(held)}, gone={gone: take(gone)}, before={"c": take("another slate")})
    for gateway in GATEWAYS:
        made = plan(read_text(FILM), shelf, gateway, dearer)
        assert plan(read_text(FILM), shelf, gateway).priced(dearer) == made
        assert made.estimate == (30 if gateway == "remote" else 0)


def test_the_same_order_twice_is_paid_once() -> None:
    text = "storyboard: 1\nshots:\n  - {id: a, first: a.jpg, prompt: x}\n  - {id: b, first: a.jpg, prompt: x, in: 1s}\n"
    made = plan(read_text(text), Shelf(), "remote")
    assert made.shots[0].slate == made.shots[1].slate
    assert made.estimate == Decimal("0.84")
    shelf = Shelf({slate: take(slate) for slate in [made.shots[0].slate] if slate})
    assert [one.state for one in plan(read_text(text), shelf, "remote").shots] == ["held", "held"]


def test_a_local_gateway_charges_nothing() -> None:
    made = plan(read_text(FILM), Shelf(), "local")
    assert made.estimate == NOTHING
    assert {one.estimate for one in made.shots} == {NOTHING}


def test_an_unknown_price_is_none() -> None:
    shots = ("{id: a, first: a.jpg, prompt: x}", "{id: b, model: MODEL, prompt: x, duration: 8s}")
    text = "storyboard: 1\nshots:\n" + "".join(f"  - {shot}\n" for shot in shots)
    for model in ("google/veo-3.1-lite-generate-001", "acme/zoom"):
        made = plan(read_text(text.replace("MODEL", model)), Shelf(), "remote")
        assert [one.estimate for one in made.shots] == [Decimal("0.8400"), None]
        assert made.estimate is None
        assert plan(read_text(text.replace("MODEL", model)), Shelf(), "local").estimate == NOTHING


def test_only_stills_and_footage_are_asked_for() -> None:
    shelf = Shelf()
    plan(read_text(FILM), shelf, "remote")
    assert shelf.asked == ["a.jpg", "drone.mp4"]


def slate_of(shot: str, text: str = FILM) -> str:
    """The slate of a shot that goes on from nothing."""
    made = plan(read_text(text), Shelf(), "remote")
    return next(one.slate for one in made.shots if one.shot.id == shot and one.slate)


def test_an_edited_shot_is_stale_and_what_goes_on_from_it_too() -> None:
    shelf = Shelf(before={"a": take("another slate", "a"), "b": take("another slate", "b")})
    made = plan(read_text(FILM), shelf, "remote")
    assert [one.state for one in made.shots] == ["free", "stale", "stale", "missing", "free", "missing"]
    assert [one.shot.id for one in made.to_buy] == ["a", "b", "c", "d"]
    assert made.estimate == Decimal("5.88")


def test_stale_takes_that_are_kept_are_gone_on_from() -> None:
    shelf = Shelf(before={"a": take("another slate", "a")})
    kept = plan(read_text(FILM), shelf, "remote", keep_stale=True)
    assert [one.shot.id for one in kept.missing] == ["b", "c", "d"]
    request = kept.shots[2].request
    assert request
    assert request.first
    assert request.first.source == sha("a")


@pytest.mark.parametrize("take_is_here", [True, False])
def test_a_pinned_shot_keeps_its_take_and_stops_the_cascade(*, take_is_here: bool) -> None:
    text = FILM.replace("prompt: two,", "prompt: two, pin: true,")
    kept, other = take("another slate", "b"), take("another slate", "a")
    shelf = Shelf(before={"a": other, "b": kept}) if take_is_here else Shelf(before={"a": other}, gone={"": kept})
    made = plan(read_text(text), shelf, "remote")
    after = slates(text)["c"]
    if take_is_here:
        assert [one.state for one in made.shots] == ["free", "stale", "held", "missing", "free", "missing"]
        assert (made.shots[2].take, made.shots[2].reason) == (kept, "pinned: it keeps this take")
        assert (made.shots[2].estimate, made.estimate) == (NOTHING, Decimal("2.52"))
        follows = made.shots[3].request
        assert follows is not None
        assert follows.first is not None
        assert follows.first.source == kept.sha256
        assert follows.slate != after
    else:
        assert (made.shots[2].state, made.shots[2].paid) == ("missing", True)
        assert "b" not in [one.shot.id for one in made.only(("b", "c")).to_buy], "not even by its name"


def test_a_pin_without_a_take_is_shot_once() -> None:
    made = plan(read_text(FILM.replace("prompt: one", "prompt: one, pin: true")), Shelf(), "remote")
    assert made.shots[1].state == "missing"
    assert made.estimate == Decimal("5.88")


@pytest.mark.parametrize(
    ("standing", "state", "reason", "buys"),
    [
        ("in-flight", "in-flight", "ordered, and not here yet", False),
        ("unresolved", "unresolved", "it may have been charged: why", False),
        ("refused", "missing", "refused before: why", True),
        ("none", "missing", "no take yet", True),
    ],
)
def test_how_the_latest_order_stands(standing: Standing, state: str, reason: str, buys: bool) -> None:
    made = plan(read_text(FILM), Shelf(orders={slate_of("d"): (standing, "why")}), "remote")
    last = made.shots[-1]
    assert (last.state, last.reason) == (state, reason)
    assert last in made.missing
    assert (last in made.to_buy) is buys
    assert made.estimate == (Decimal("5.88") if buys else Decimal("5.04"))


def test_what_was_paid_for_and_is_gone_is_not_bought() -> None:
    made = plan(read_text(FILM), Shelf(gone={slate_of("d"): take("d", "gone")}), "remote")
    assert made.shots[-1].paid
    assert made.shots[-1] in made.missing
    assert made.shots[-1] not in made.to_buy


def test_with_a_host_what_does_not_fit_goes_there() -> None:
    shelf = Shelf(weights={"one": START_LIMIT + 1}, host="s3://stills")
    made = plan(read_text(FILM), shelf, "remote")
    assert [(one.route, one.way.hosted) for one in made.shots[1:4]] == [("start", 1), ("start", 1), ("start", 1)]
    assert made.shots[-1].way.hosted == 0, "what fits stays inside"


def test_a_model_that_takes_addresses_only_needs_a_host() -> None:
    text = "storyboard: 1\nshots:\n  - {id: a, first: a.jpg, prompt: x, model: alibaba/wan-v2.6-i2v}\n"
    alone, hosted = (plan(read_text(text), Shelf(host=host), "remote").shots[0] for host in ("", "s3://stills"))
    assert (alone.route, alone.way.why) == ("none", "it takes files as addresses only, and there is no `stills.host`")
    assert (hosted.route, hosted.way.hosted) == ("start", 1)
    assert plan(read_text(text), Shelf(), "local").shots[0].route == "start"


PURE = """
import sys, pathlib
from storyboard.planner import capability, catalogue, plan
from storyboard.spec import load, sandbox, schema
from tests.planner.world import Shelf
import tests.planner.world

texts = [(path.name, path.read_bytes()) for path in map(pathlib.Path, sys.argv[1:])]
seen = []

def hook(event, args):
    writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    if writes or event.startswith(("socket.", "subprocess.", "os.", "shutil.", "ctypes.")):
        seen.append((event, str(args)[:200]))

catalogue.catalogue(); schema.schema_text()
sys.addaudithook(hook)
for name, data in texts:
    storyboard, problems = load.load(name, data, lambda name: b"vars: {}")
    if storyboard:
        problems += capability.check(storyboard)
        if not problems:
            plan.plan(storyboard, Shelf(), "remote")
            print("planned")
print("seen", seen)
"""


@pytest.fixture(scope="module")
def watched() -> str:
    root = Path(__file__).parents[2]
    files = [*sorted((root / "tests" / "problems").glob("**/*.yaml")), root / "examples" / "first-light" / "film.yaml"]
    done = subprocess.run(
        [sys.executable, "-B", "-c", PURE, *map(str, files)], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_reading_and_planning_touch_nothing(watched: str) -> None:
    assert watched.count("planned") >= 10
    assert watched.splitlines()[-1] == "seen []"
