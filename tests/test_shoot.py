from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from storyboard.errors import Refused, StoryboardError, Transient
from storyboard.examine import checked
from storyboard.gateway.faults import CallFailed
from storyboard.order import order_key
from storyboard.planner.plan import Plan, plan
from storyboard.planner.price import built_in
from storyboard.planner.take import Take
from storyboard.production import Production, open_production
from storyboard.progress import Event, ShotMoved
from storyboard.purse import Purse
from storyboard.receive import Desk
from storyboard.settings import settings_for
from storyboard.shoot import Work, shoot
from storyboard.spec.model import Storyboard
from storyboard.store.orders import Ceiling
from storyboard.store.project import open_project
from storyboard.store.takes import TakeStore
from tests.fake_gateway import FakeGateway, draw_clip


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Three seconds of a small film."""
    return draw_clip(tmp_path_factory.mktemp("clips"))


class Stage:
    """A project, a production and a fake gateway, ready to shoot."""

    def __init__(self, folder: Path, gateway: FakeGateway) -> None:
        self.folder, self.gateway = folder, gateway
        self.events: list[Event] = []
        folder.mkdir()
        Image.effect_noise((640, 400), 60).convert("RGB").save(folder / "noise.png")  # does not compress: held open
        Image.new("RGB", (640, 400), "navy").save(folder / "plain.png")

    def write(self, *shots: str) -> None:
        """Put the storyboard down."""
        lines = "".join(f"  - {shot}\n" for shot in shots)
        (self.folder / "film.yaml").write_text(f"storyboard: 1\ndefaults: {{duration: 3s}}\nshots:\n{lines}")

    def shoot(self, concurrency: int = 4, only: str = "") -> tuple[Mapping[str, Take], Plan]:
        """Shoot what is missing, or one shot of it."""
        project = open_project(str(self.folder / "film.yaml"))
        settings = replace(settings_for(project.root), poll_seconds=0.001, concurrency=concurrency)
        storyboard = checked(project)
        with open_production(project, settings, "local") as production:
            wanted = plan(storyboard, production, "local")
            if only:
                wanted = Plan(tuple(one for one in wanted.shots if one.shot.id == only or one.take), "local")
            return asyncio.run(self._work(production, storyboard, wanted)), wanted

    async def _work(self, production: Production, storyboard: Storyboard, wanted: Plan) -> Mapping[str, Take]:
        takes = {one.shot.id: one.take for one in wanted.shots if one.take}
        purse = Purse(Ceiling(None, None), built_in(), free=True)
        async with self.gateway.client() as client:
            await shoot(Desk(production, client, self.events.append), purse, Work(storyboard, wanted), takes)
        return takes

    def states(self, shot: str) -> list[str]:
        """What was told of a shot."""
        return [event.state for event in self.events if isinstance(event, ShotMoved) and event.shot == shot]


@pytest.fixture
def stage(tmp_path: Path, clip: bytes) -> Stage:
    """A place to shoot."""
    return Stage(tmp_path / "film", FakeGateway(clip))


def test_a_small_request_is_started_and_asked_after(stage: Stage) -> None:
    stage.write("{id: a, first: plain.png, prompt: Go.}")
    takes, wanted = stage.shoot()
    assert wanted.shots[0].route == "start"
    assert stage.gateway.keys == [order_key(wanted.shots[0].slate or "")]
    assert stage.gateway.polls == 2
    assert takes["a"].facts.frames == 72
    assert takes["a"].facts.audio
    assert stage.states("a") == ["waiting", "ordered", "shooting", "downloading", "held"]


def test_a_large_request_is_held_open(stage: Stage) -> None:
    stage.write("{id: a, first: noise.png, last: noise.png, prompt: Go.}")
    takes, wanted = stage.shoot()
    assert wanted.shots[0].route == "held-open"
    assert stage.gateway.keys == []
    assert takes["a"].facts.frames == 72


def test_what_is_held_is_not_ordered_again(stage: Stage) -> None:
    stage.write("{id: a, first: plain.png, prompt: Go.}")
    stage.shoot()
    _, wanted = stage.shoot()
    assert wanted.missing == ()
    assert len(stage.gateway.orders) == 1


def test_equal_requests_are_one_order(stage: Stage) -> None:
    stage.write(*(f"{{id: s{index}, first: plain.png, prompt: Go.}}" for index in range(5)))
    takes, _ = stage.shoot()
    assert len(takes) == 5
    assert len(stage.gateway.orders) == 1


def test_a_shot_waits_for_the_one_it_goes_on_from(stage: Stage) -> None:
    stage.gateway.pause = 0.05
    stage.write(
        "{id: a, first: plain.png, prompt: One.}",
        "{id: b, first: {shot: a, frame: last}, prompt: Two.}",
        "{id: c, first: {shot: b, frame: last}, prompt: Three.}",
    )
    stage.shoot()
    assert [order["prompt"] for order in stage.gateway.orders] == ["One.", "Two.", "Three."]
    assert stage.gateway.busiest == 1


def test_concurrency_is_kept(stage: Stage) -> None:
    stage.gateway.pause = 0.25
    stage.write(*(f"{{id: s{index}, first: plain.png, prompt: Shot {index}.}}" for index in range(9)))
    stage.shoot(concurrency=3)
    assert stage.gateway.busiest == 3
    assert len(stage.gateway.orders) == 9


def test_one_failure_keeps_the_rest_and_the_next_run_asks_for_it_alone(stage: Stage) -> None:
    shots = [f"{{id: s{index}, first: plain.png, prompt: Shot {index}.}}" for index in range(6)]
    stage.write(*shots[:3], "{id: bad, first: plain.png, prompt: REFUSE me.}", *shots[3:])
    with pytest.raises(CallFailed, match=r"shot `bad`: the gateway answers 400: no .*foxes ?, please") as caught:
        stage.shoot()
    assert caught.value.where is not None
    assert caught.value.where.line == 7
    assert "\x1b" not in caught.value.message
    assert len(stage.gateway.orders) == 7
    stage.write(*shots[:3], "{id: bad, first: plain.png, prompt: Better.}", *shots[3:])
    stage.shoot()
    assert len(stage.gateway.orders) == 8


@pytest.mark.parametrize(
    ("word", "kind", "says"),
    [
        ("FAIL", Refused, "the provider says: moderation"),
        ("BUSY", Transient, "the gateway answers 503"),
        ("HTML", Refused, "not a whole clip"),
        ("CUT", Refused, "not a whole clip"),
        ("NOWHERE", Transient, "the clip cannot be fetched"),
    ],
)
def test_what_can_go_wrong_is_a_sentence_at_the_shot(
    word: str, kind: type[StoryboardError], says: str, stage: Stage
) -> None:
    stage.write(f"{{id: a, first: plain.png, prompt: {word}.}}")
    with pytest.raises(kind, match=says) as caught:
        stage.shoot()
    assert caught.value.where is not None
    assert caught.value.where.line == 4
    assert stage.states("a")[-1] == "failed"
    home = settings_for(stage.folder).home
    assert [path for path in home.rglob("*") if path.suffix in (".mp4", ".part")] == []


def test_a_chain_behind_a_failure_says_whose_it_is(stage: Stage) -> None:
    stage.write("{id: a, first: plain.png, prompt: BUSY.}", "{id: b, first: {shot: a, frame: last}, prompt: On.}")
    with pytest.raises(Transient, match=r"shot `a`: .*the gateway answers 503") as caught:
        stage.shoot()
    (other,) = caught.value.also
    assert other.message == "shot `b`: it goes on from `a`, which could not be shot"
    assert {order["prompt"] for order in stage.gateway.orders} == {"BUSY."}


def test_a_shot_alone_cannot_go_on_from_one_that_has_no_take(stage: Stage) -> None:
    stage.write("{id: a, first: plain.png, prompt: One.}", "{id: b, first: {shot: a, frame: last}, prompt: On.}")
    with pytest.raises(Refused, match="shot `b`: it goes on from `a`, which has no take") as caught:
        stage.shoot(only="b")
    assert caught.value.hint == "shoot it too: `--shot a`"
    stage.shoot(only="a")
    takes, _ = stage.shoot(only="b")
    assert set(takes) == {"a", "b"}


def test_a_shot_may_go_on_from_footage(stage: Stage) -> None:
    (stage.folder / "before.mp4").write_bytes(stage.gateway.clip)
    stage.write("{id: a, footage: before.mp4}", "{id: b, first: {shot: a, frame: last}, prompt: On.}")
    takes, wanted = stage.shoot()
    assert [one.state for one in wanted.shots] == ["free", "missing"]
    assert set(takes) == {"b"}
    (order,) = stage.gateway.orders
    with Image.open(io.BytesIO(base64.b64decode(order["image"]["data"]))) as image:
        red, green, blue = (int(value) for value in image.convert("RGB").resize((1, 1)).getpixel((0, 0)))
    assert red < 20
    assert abs(green - 128) < 12  # teal
    assert abs(blue - 128) < 12


def test_a_clip_may_travel_in_the_answer(stage: Stage) -> None:
    stage.write(
        "{id: a, first: plain.png, prompt: INLINE.}", "{id: b, first: noise.png, last: noise.png, prompt: INLINE.}"
    )
    takes, _ = stage.shoot()
    assert {take.facts.frames for take in takes.values()} == {72}


def test_what_the_provider_remarks_stays_with_the_take(stage: Stage) -> None:
    stage.write("{id: a, first: plain.png, prompt: LOUD.}")
    takes, _ = stage.shoot()
    assert takes["a"].warnings == ("seed: ignored",)


def test_a_take_that_was_cut_short_is_put_aside_and_shot_again(stage: Stage) -> None:
    stage.write("{id: a, first: plain.png, prompt: Go.}", "{id: b, first: {shot: a, frame: last}, prompt: On.}")
    takes, _ = stage.shoot()
    path = next(settings_for(stage.folder).home.rglob(f"{takes['a'].sha256}.mp4"))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Refused, match="is damaged"):
        TakeStore(settings_for(stage.folder).home).verified(takes["a"].sha256)
    again, wanted = stage.shoot()
    assert [one.shot.id for one in wanted.missing] == ["a", "b"]
    assert again == takes
    assert len(stage.gateway.orders) == 3  # `b` needs no order: the frame that it goes on from is the same


def test_an_orders_key_is_the_same_everywhere_and_names_no_credential() -> None:
    assert order_key("ab" * 32) == order_key("ab" * 32)
    assert order_key("ab" * 32) != order_key("ab" * 32, number=2) != order_key("ab" * 32, attempt=2)
    assert order_key("ab" * 32, team="x") != order_key("ab" * 32, team="y")
    assert order_key("ab" * 32).startswith("sb1-")
