"""A gateway that lies, renders that die, a person who gives up: in any order, nothing is paid twice or mixed up.

A state machine makes up the sequences. After every render it holds the journal, the store and the gateway's ledger
against one another.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from PIL import Image

from storyboard.errors import StoryboardError
from storyboard.examine import checked
from storyboard.gateway.client import Access, GatewayClient
from storyboard.gateway.patience import Patience
from storyboard.planner.plan import Plan, plan
from storyboard.planner.price import built_in
from storyboard.planner.take import Take
from storyboard.production import Production, open_production
from storyboard.progress import unwatched
from storyboard.purse import Purse
from storyboard.receive import Desk
from storyboard.running import run
from storyboard.secret import Secret
from storyboard.settings import settings_for
from storyboard.shoot import Work, shoot
from storyboard.steps import on_step
from storyboard.store.orders import Ceiling, Order
from storyboard.store.project import open_project
from storyboard.testing import FakeGateway, Fault
from storyboard.testing.faults import ALWAYS, CUTS, PAGE
from storyboard.testing.killing import torn_files
from tests.paid.answers import HUGE, NO_VIDEO, NOT_A_NUMBER, RUNNING
from tests.paid.disks import said_by
from tests.paid.rehearsing import STRESS

BASE = "http://fake.localhost/v4/ai"
FILM = """\
storyboard: 1
defaults: {model: klingai/kling-v3.0-t2v, duration: 3s}
shots:
  - {id: a, prompt: Shot a.}
  - {id: b, prompt: Shot b.}
  - {id: held, prompt: Shot held., model: minimax/minimax-h3, duration: 5s, first: plain.png}
"""
SHOTS = ("a", "b", "held")
STEPS = ("K1", "K2", "K3", "K4", "K6", "K7", "K8", "K9", "K10", "K11", "K12", "K13", "K14")
NOWHERE = '{"status": "completed", "videos": [{"type": "url", "url": "http://10.0.0.1/clip.mp4"}]}'
NO_CLIP = '{"status": "completed", "videos": [{"type": "base64", "data": "AAAA"}]}'
RESTING = '{"status": "resting"}'

LIES: tuple[tuple[Fault, ...], ...] = (
    (
        *(Fault("start", kind, charged=charged, status=502, text=PAGE)
          for kind in ("drop", "say", "refuse") for charged in (True, False)),
        *(Fault("start", "refuse", charged=True, status=status) for status in (408, 409, 422, 500)),
        *(Fault("start", "say", charged=True, status=200, text=text) for text in (PAGE, "{}", NOT_A_NUMBER)),
    ),
    tuple(Fault("start", "refuse", status=status, retry_after="1ms") for status in (400, 402, 403, 404, 429, 503)),
    (Fault("start", "again"),),
    (
        *(Fault("generate", kind, charged=charged, status=503)
          for kind in ("drop", "refuse") for charged in (True, False)),
        *(Fault("generate", "refuse", status=status) for status in (400, 402, 429)),
        *(Fault("generate", "say", charged=True, status=200, text=text) for text in (PAGE, "", NO_VIDEO, NOWHERE)),
    ),
    (
        *(Fault("status", "refuse", status=status) for status in (401, 404, 410, 429, 500)),
        *(Fault("status", "say", status=200, text=text)
          for text in (PAGE, RUNNING, RESTING, NO_VIDEO, NOWHERE, NO_CLIP, NOT_A_NUMBER, HUGE)),
        Fault("status", "drop"),
    ),
    (
        *(Fault("clip", "refuse", status=status) for status in (403, 404, 410, 500)),
        *(Fault("clip", kind) for kind in (*CUTS, "drop")),
        Fault("clip", "say", status=200, text=PAGE),
    ),
    (Fault("generation", "drop"), Fault("models", "drop"), Fault("generation", "say", status=200, text=PAGE)),
    tuple(Fault("job", kind) for kind in ("fail", "cancel", "page", "short", "mute")),
)  # fmt: skip
"""What is said that is not so. Money is taken behind an answer only where that leaves open whether it was: a plain no
that was charged all the same is a lie that nobody can see through."""


class Killed(BaseException):
    """The end of a process: nothing that follows in it is done."""


class Lies(RuleBasedStateMachine):
    """One film, its store, and its gateway."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="storyboard-lies-"))
        (self.folder / "film").mkdir()
        Image.new("RGB", (640, 360), "navy").save(self.folder / "film" / "plain.png")
        (self.folder / "film" / "film.yaml").write_text(FILM)
        self.project = open_project(str(self.folder / "film" / "film.yaml"))
        self.storyboard = checked(self.project)
        self.settings = replace(
            settings_for(self.project.root), home=self.folder / "home", gateway_url=BASE, credential=Secret("vck_test"),
            poll_seconds=0.0005, deadline_seconds=0.2,
        )  # fmt: skip
        self.gateway = FakeGateway(self.folder / "gateway", height=36)
        self.transport = httpx.ASGITransport(self.gateway.application())
        self.deadline = 1.0
        self.lies: list[Fault] = []
        self.given_up: Counter[str] = Counter()

    @rule(
        lie=st.sampled_from(LIES).flatmap(st.sampled_from), shot=st.sampled_from(("", *SHOTS)), nth=st.integers(1, 2),
        times=st.sampled_from((1, 1, 2, 4, ALWAYS)),
    )  # fmt: skip
    def lie(self, lie: Fault, shot: str, nth: int, times: int) -> None:
        """From now on the gateway tells one more lie."""
        self.lies.append(replace(lie, prompt=f"Shot {shot}." if shot else "", nth=nth, times=times))
        self.gateway.script(*self.lies)

    @precondition(lambda self: self.lies)
    @rule()
    def tell_the_truth(self) -> None:
        """The gateway lies no more."""
        self.lies = []
        self.gateway.script()

    @rule()
    def render(self) -> None:
        """Shoot what is missing, to the end."""
        self.shoot()

    @rule(step=st.sampled_from(STEPS), nth=st.integers(1, 3))
    def render_and_die(self, step: str, nth: int) -> None:
        """Shoot what is missing, until the process is killed."""
        left = nth

        def strike(reached: str) -> None:
            nonlocal left
            left -= reached == step
            if reached == step and left <= 0:
                raise Killed

        on_step(strike)
        try:
            self.shoot()
        except Killed:
            pass
        finally:
            on_step(None)
        self.hold_together()

    @rule(shot=st.sampled_from(SHOTS))
    def give_up(self, shot: str) -> None:
        """A person settles an order that nobody knows the outcome of: it may be paid for once more."""
        with self.opened() as production:
            for order in production.orders.of_film(production.film):
                if order.shot == shot and order.state == "unresolved":
                    production.conclude(order, state="abandoned")
                    self.given_up[shot] += 1

    def opened(self) -> AbstractContextManager[Production]:
        """The production, for a block."""
        return open_production(self.project, self.settings, "remote")

    def shoot(self) -> StoryboardError | None:
        """One render; how it went wrong."""
        with self.opened() as production:
            production.tidy()
            wanted = plan(self.storyboard, production, "remote")
            takes = wanted.usable
            error = said_by(lambda: run(self.order, production, wanted, takes))
            production.relock(takes)
        assert error is None or (error.exit_code in (1, 4, 5) and error.where), error
        self.hold_together()
        return error

    async def order(self, production: Production, wanted: Plan, takes: dict[str, Take]) -> None:
        """Order what is missing."""
        client = GatewayClient(
            Access(BASE, "vck_test"), self.transport, patience=Patience(unit=0.0002), deadline=self.deadline
        )
        purse = Purse(Ceiling(None, None), built_in(), allow_held_open=True)
        work = Work(self.storyboard, wanted, strays=production.strays(wanted))
        try:
            await shoot(Desk(production, client, unwatched), purse, work, takes)
        finally:
            await client.close()

    def hold_together(self) -> None:
        """What must hold whatever was said and done."""
        ledger = self.gateway.ledger
        charged = Counter(charge.prompt for charge in ledger.charges)
        with self.opened() as production:
            orders = production.orders.of_film(production.film)
            for shot in SHOTS:
                assert charged[f"Shot {shot}."] <= 1 + self.given_up[shot], "paid twice"
            assert production.orders.spent(production.film, {}) >= ledger.total, "spent, and not counted"
            prompts = {digest: ledger.jobs[job].prompt for job, digest in ledger.deliveries.items()}
            for order in orders:
                self.look_at(order, production, prompts)
            locked = {id_: shot.circled for id_, shot in production.lock.shots.items()}
        assert all(prompts[digest] == f"Shot {shot}." for shot, digest in locked.items()), "another shot's clip"
        assert list(torn_files(self.folder / "home")) == []

    def look_at(self, order: Order, production: Production, prompts: dict[str, str]) -> None:
        """What must hold of an order."""
        body = production.outbox.get(order.slate, order.key, order.body)
        if order.state == "held":
            assert prompts[order.sha256] == f"Shot {order.shot}.", "another shot's clip"
            assert production.takes.verified(order.sha256)
        elif order.state in ("sent", "accepted"):
            assert body, "what may have to be sent again is gone"
        assert bool(order.operation) or order.state != "accepted"

    def teardown(self) -> None:
        """Once the gateway is honest, all ends well or waits for a person, and that costs nothing more."""
        try:
            self.tell_the_truth()
            self.deadline, self.settings = 60.0, replace(self.settings, deadline_seconds=60.0)
            errors = [self.shoot() for _ in range(3)]
            assert errors[-1] is None or errors[-1].exit_code == 5, errors[-1]
            total = self.gateway.ledger.total
            again = self.shoot()
            assert (again is None) == (errors[-1] is None)
            assert self.gateway.ledger.total == total
        finally:
            shutil.rmtree(self.folder)


@pytest.mark.stress
def test_whatever_a_gateway_says_nothing_is_paid_twice_or_mixed_up() -> None:
    run_state_machine_as_test(
        Lies,
        settings=settings(
            max_examples=5_000 if STRESS else 6, stateful_step_count=8, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
