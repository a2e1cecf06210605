"""A project, its store and the gateway that it buys from, in this process; and what shots to write there."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from PIL import Image

from storyboard.consent import Terms
from storyboard.foresight import Options, make_plan
from storyboard.lockfile import lock_of
from storyboard.planner.lock import Lock
from storyboard.planner.plan import Plan
from storyboard.progress import Event, unwatched
from storyboard.render import Rendered, render
from storyboard.resolve import Settled, Verdict, resolve
from storyboard.secret import Secret
from storyboard.settings import Settings, settings_for
from storyboard.store.journal import Journal
from storyboard.store.orders import Order, Orders
from storyboard.store.project import Project, open_project
from storyboard.store.takes import TakeStore
from storyboard.testing import FakeGateway
from tests.paid.rehearsing import Rehearsal

COST = Decimal("0.504")
"""Three seconds of Kling v3.0, std, silent: 0.168 a second."""
ALL = Terms(budget=Decimal(100))
PAIR = ("{id: a, first: plain.png, prompt: One.}", "{id: b, first: plain.png, prompt: Two.}")


@dataclass
class Set:
    """A project, its store, and the gateway that it buys from."""

    folder: Path
    gateway: FakeGateway
    base: str
    home: Path
    events: list[Event] = field(default_factory=list)

    def write(self, *shots: str, head: str = "") -> None:
        """Put the storyboard down; `plain.png` is a still that fits into an order, `noise.png` one that does not."""
        self.folder.mkdir(exist_ok=True)
        Image.new("RGB", (640, 360), "navy").save(self.folder / "plain.png")
        Image.effect_noise((640, 360), 60).convert("RGB").save(self.folder / "noise.png")
        output = "outputs: {film: {size: 128x72}}\n"
        lines = "".join(f"  - {shot}\n" for shot in shots)
        self.file.write_text(f"storyboard: 1\n{head}{output}defaults: {{duration: 3s}}\nshots:\n{lines}")

    def settings(self, *, key: bool = True) -> Settings:
        """This user's settings."""
        own = replace(settings_for(self.folder), home=self.home, poll_seconds=0.005, allow_loopback=True)
        return replace(own, gateway_url=self.base, credential=Secret("vck_test")) if key else own

    def render(self, terms: Terms = ALL, *, key: bool = True, **options: object) -> Rendered:
        """Render the film."""
        chosen = Options(terms=terms, **options)  # type: ignore[arg-type]
        return render(self.project, self.settings(key=key), chosen, self.events.append)

    def plan(self) -> Plan:
        """The film's plan."""
        return make_plan(self.project, self.settings(), Options())[1]

    def resolve(self, shot: str = "", **verdict: object) -> tuple[Settled, ...]:
        """Settle open orders."""
        return resolve(self.project, self.settings(), shot, Verdict(**verdict), unwatched)  # type: ignore[arg-type]

    @property
    def file(self) -> Path:
        """The storyboard."""
        return self.folder / "film.yaml"

    @property
    def project(self) -> Project:
        """The film's project, opened anew."""
        return open_project(str(self.file))

    @property
    def lock(self) -> Lock:
        """The film's lock."""
        return lock_of(self.project)

    def clip(self, digest: str) -> Path:
        """Where the bytes of a take are."""
        return TakeStore(self.home).path(digest)

    @property
    def charged(self) -> int:
        """How often the gateway took money."""
        assert not self.gateway.ledger.double()
        return len(self.gateway.ledger.charges)


def orders_of(one: Set | Rehearsal) -> tuple[Order, ...]:
    """Every order of a film, the latest last."""
    with closing(Journal(one.home)) as journal:
        return Orders(journal.database).of_film(str(one.file))
