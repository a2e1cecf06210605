"""The random killer: renders at a fake gateway are killed at random and finished, and then the money is counted."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from storyboard.store import files
from storyboard.testing.gateway import FakeGateway
from storyboard.testing.ledger import Charge, Ledger
from storyboard.testing.stage import Kill, Stage, open_stage

MODEL = "klingai/kling-v3.0-t2v"
LATENCY = 0.03
HEIGHT = 90
SIZE = "128x72"
LIFE = 0.5
"""How long a render is taken to last, in seconds, before one was timed."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of a rehearsal. In a good one, all that comes after `charges` is zero, but for its seconds."""

    kills: int
    shots: int
    charges: int
    double_charges: int
    """Charges beyond one for the same request."""
    lost_takes: int
    """Clips that were charged, and are not in the store or not in the film's lock."""
    torn_files: int
    """Takes whose bytes are not their name's, and files that were left half written."""
    unfinished: int
    """Films whose last, unharmed render did not end well."""
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.double_charges or self.lost_takes or self.torn_files or self.unfinished)


@dataclass(frozen=True, slots=True)
class Film:
    """A storyboard of a few shots to rehearse with, each of them another request."""

    folder: Path
    shots: tuple[str, ...]

    @property
    def file(self) -> Path:
        """The storyboard."""
        return self.folder / "film.yaml"

    @property
    def command(self) -> tuple[str, ...]:
        """What shoots it. Its last shot is left out, so that nobody waits for the film to be cut."""
        return ("render", str(self.file), "--yes", "--budget", "1000", *(f"--shot={shot}" for shot in self.shots))

    def write(self) -> None:
        """Put the storyboard down."""
        self.folder.mkdir(parents=True)
        rows = [f"  - {{id: {shot}, prompt: '{self.folder.name}: {shot}.'}}\n" for shot in (*self.shots, "never")]
        head = f"storyboard: 1\noutputs: {{film: {{size: {SIZE}}}}}\ndefaults: {{model: {MODEL}, duration: 3s}}\n"
        self.file.write_text(f"{head}shots:\n{''.join(rows)}")


@dataclass
class _Killer:
    """What the threads of a rehearsal share."""

    folder: Path
    wanted: int
    environment: dict[str, str]
    dice: random.Random
    told: Callable[[int], None]
    turn: threading.Lock = field(default_factory=threading.Lock)
    films: list[Film] = field(default_factory=list)
    kills: int = 0
    unfinished: int = 0
    life: float = LIFE

    def work(self, number: int) -> None:
        """Shoot films until there were enough kills."""
        scratch = self.folder / f"stage-{number}"
        scratch.mkdir()
        with open_stage(scratch) as stage:
            while film := self._next():
                self._shoot(stage, film)

    def _next(self) -> Film | None:
        with self.turn:
            if self.kills >= self.wanted:
                return None
            shots = tuple(f"s{index}" for index in range(self.dice.randint(3, 6)))
            film = Film(self.folder / f"film-{len(self.films)}", shots)
            self.films.append(film)
        film.write()
        return film

    def _shoot(self, stage: Stage, film: Film) -> None:
        for _ in range(self.dice.randint(1, 5)):
            moment = Kill(after=self.dice.random() * self.life)
            if stage.run(*film.command, environment=self.environment, kills=(moment,)).code >= 0:
                break
            with self.turn:
                self.kills += 1
                self.told(self.kills)
        ran = stage.run(*film.command, environment=self.environment)
        with self.turn:
            self.unfinished += ran.code != 0
            self.life = 0.9 * self.life + 0.1 * ran.seconds


def rehearse_kills(folder: Path, kills: int, seed: int, told: Callable[[int], None] = lambda _: None) -> Tally:
    """Kill renders at random, at least so many, in `folder`; finish every film; count. `told` hears of each kill."""
    begun = time.monotonic()
    gateway = FakeGateway(folder / "gateway", latency=LATENCY, height=HEIGHT, balance=Decimal(10**9))
    with gateway.serve() as base:
        environment = {**gateway.environment(base), "STORYBOARD_POLL_SECONDS": "0.005"}
        killer = _Killer(folder, kills, environment, random.Random(seed), told)  # noqa: S311 - no secret
        workers = min(4, os.cpu_count() or 1)
        with ThreadPoolExecutor(workers) as pool:
            for done in [pool.submit(killer.work, number) for number in range(workers)]:
                done.result()
    locks = {film.file: _lock_of(film) for film in killer.films}
    return Tally(
        kills=killer.kills,
        shots=sum(len(film.shots) for film in killer.films),
        charges=len(gateway.ledger.charges),
        double_charges=len(gateway.ledger.double()),
        lost_takes=len(lost_takes(gateway.ledger, gateway.home, "".join(locks.values()))),
        torn_files=len(list(torn_files(folder))),
        unfinished=killer.unfinished,
        seconds=round(time.monotonic() - begun, 1),
    )


def lost_takes(ledger: Ledger, home: Path, locks: str) -> list[Charge]:
    """The charges whose clip is not in a store, or is named by none of these locks."""
    held = {path.stem for path in (home / "takes").rglob("*.mp4")}
    clips = ledger.deliveries
    return [one for one in ledger.charges if (clip := clips.get(one.job, "")) not in held or clip not in locks]


def torn_files(folder: Path) -> Iterator[Path]:
    """Takes below a folder whose bytes are not their name's, and what was left half written."""
    for path in folder.rglob("*"):
        take = path.suffix == ".mp4" and "takes" in path.parts
        if path.suffix in (".part", ".tmp") or (take and files.sha256(path) != path.stem):
            yield path


def _lock_of(film: Film) -> str:
    lock = film.file.with_suffix(".lock")
    return lock.read_text("utf-8") if lock.exists() else ""
