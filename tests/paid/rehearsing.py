"""A project, a fake gateway that serves, and a stage that runs `storyboard` there; what must hold after a rehearsal."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image

from storyboard.testing import FakeGateway, Fault
from storyboard.testing.killing import lost_takes, torn_files
from storyboard.testing.stage import Kill, Ran, Stage

STRESS = bool(os.environ.get("STORYBOARD_STRESS"))
Item = TypeVar("Item")
KEY = "vck_canary_of_the_rehearsal"
SMALL = "outputs: {film: {size: 128x72}}\n"
"""Takes are cut as they come: a small film is cut in a moment."""


def some(items: Iterable[Item], count: int) -> list[Item]:
    """All of them under STORYBOARD_STRESS, else so many, spread over them: each costs a render or three."""
    every = list(items)
    return every if STRESS else every[:: -(-len(every) // count)]


@dataclass
class Rehearsal:
    """One project at one gateway."""

    folder: Path
    gateway: FakeGateway
    base: str
    stage: Stage
    home: Path
    team: str = ""
    shots: list[str] = field(default_factory=list)

    def write(self, *shots: str, head: str = "") -> None:
        """Put the storyboard down: shots as one writes them, and one more that is never shot: no film is cut."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / "plain.png").exists():
            Image.new("RGB", (640, 400), "navy").save(self.folder / "plain.png")
        self.shots = [shot.partition("id: ")[2].partition(",")[0] for shot in shots]
        rows = "".join(f"  - {shot}\n" for shot in (*shots, "{id: never, prompt: Never.}"))
        defaults = "defaults: {model: klingai/kling-v3.0-t2v, duration: 3s}\n"
        self.file.write_text(f"storyboard: 1\n{head}{defaults}shots:\n{rows}{SMALL}")

    @property
    def file(self) -> Path:
        """The storyboard."""
        return self.folder / "film.yaml"

    @property
    def environment(self) -> dict[str, str]:
        """What it is run with."""
        quick = {"STORYBOARD_POLL_SECONDS": "0.005", "STORYBOARD_HOME": str(self.home), "COLUMNS": "200"}
        return {
            **self.gateway.environment(self.base),
            **quick,
            "HOME": str(self.home.parent),
            "AI_GATEWAY_API_KEY": KEY,
        }

    def render(
        self, *more: str, kills: Sequence[Kill] = (), loud: bool = False, environment: Mapping[str, str] | None = None
    ) -> Ran:
        """Shoot it, with everything that may be bought agreed to."""
        shots = [f"--shot={shot}" for shot in self.shots]
        args = ("render", str(self.file), "--yes", "--budget", "100", *shots, *more)
        return self.stage.run(*args, environment={**self.environment, **(environment or {})}, kills=kills, loud=loud)

    def told(self, *more: str) -> dict[str, Any]:
        """What a render that goes well says with `--json`."""
        ran = self.render("--json", *more)
        assert ran.code == 0, ran.err
        told: dict[str, Any] = json.loads(ran.out)
        return told

    def check(self) -> None:
        """The invariants: nothing twice, nothing lost, nothing torn, and a further run buys and asks for nothing."""
        assert self.gateway.ledger.double() == ()
        lock = self.file.with_suffix(".lock").read_text("utf-8")
        assert lost_takes(self.gateway.ledger, self.home, lock) == []
        assert list(torn_files(self.home)) == []
        assert [path for path in self.folder.rglob("*") if path.suffix in (".part", ".tmp")] == []
        assert list((self.home / "outbox").glob("*")) == []
        calls, total = sum(self.gateway.calls.values()), self.gateway.ledger.total
        told = self.told()
        assert told["spent"] == "0.00"
        assert sum(self.gateway.calls.values()) == calls
        assert self.gateway.ledger.total == total
        assert self.file.with_suffix(".lock").read_text("utf-8") == lock
        jobs = self.gateway.ledger.jobs
        prompts = {digest: jobs[job].prompt for job, digest in self.gateway.ledger.deliveries.items()}
        for shot in told["shots"]:
            if shot["take"]:
                assert prompts[shot["take"]] == f"Shot {shot['id']}."

    def play(self, *faults: Fault) -> None:
        """Have these go wrong from now on."""
        self.gateway.script(*faults)


Rehearse = Callable[..., Rehearsal]


@contextmanager
def rehearsals(folder: Path, stage: Stage) -> Iterator[Rehearse]:
    """Makes rehearsals, each with a gateway and a home of its own, and ends them with the block."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def begin(name: str = "one", **settings: Any) -> Rehearsal:
            gateway = FakeGateway(folder / name / "gateway", **{"height": 90, **settings})
            base = stack.enter_context(gateway.serve())
            return Rehearsal(folder / name / "film", gateway, base, stage, folder / name / "home")

        yield begin


def still_shot(id_: str, first: str = "plain.png") -> str:
    """A shot that begins on a still, or on `{shot: X, frame: last}`."""
    return f"{{id: {id_}, prompt: Shot {id_}., model: klingai/kling-v3.0-i2v, first: {first}}}"


def words_shot(id_: str) -> str:
    """A shot from words alone."""
    return f"{{id: {id_}, prompt: Shot {id_}.}}"
