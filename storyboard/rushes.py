"""Takes cut as they come: segments are encoded while other shots are still being made, so that the film is ready
soon after its last clip has arrived."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event as Flag

from storyboard.assembler.assemble import cut_job
from storyboard.assembler.copying import copy_film
from storyboard.assembler.room import CuttingRoom, Reels
from storyboard.assembler.segments import Segment
from storyboard.edit import Edit, jobs
from storyboard.errors import InvalidStoryboard, StoryboardError
from storyboard.planner.plan import Plan
from storyboard.planner.take import Facts, Take
from storyboard.production import Production
from storyboard.progress import Event, ShotMoved, Watch
from storyboard.timing import Rate

SHARE = 0.1
"""How much of one core's time may go into working out what can be cut already."""
USUAL_RATE = Rate(24)


@dataclass(slots=True)
class _Table:
    """Where what has come is cut, one look at a time."""

    production: Production
    edit: Edit
    takes: Mapping[str, Take]
    room: CuttingRoom
    desk: ThreadPoolExecutor
    closing: Flag = field(default_factory=Flag)
    begun: bool = False
    waiting: bool = False
    failure: StoryboardError | None = None

    def arrived(self) -> None:
        """Something came: look at it soon, if nobody is about to look."""
        if not self.waiting:
            self.begun = self.waiting = True
            self.desk.submit(self._look)

    def _look(self) -> None:
        self.waiting = False
        begun = time.monotonic()
        try:
            for job in jobs(self.production, self.edit, dict(self.takes)):
                here = [one for one in cut_job(job) if _is_here(one)]
                if here and not copy_film(here, job.locate, self.room.cache):
                    ready = {self.room.key(one, job.encoder): one for one in here}
                    self.room.begin(ready, Reels(job.locate, job.encoder))
        except InvalidStoryboard:
            return  # what does not fit as it was expected may fit as it comes
        except StoryboardError as error:
            self.failure = self.failure or error
            return
        self.closing.wait((time.monotonic() - begun) * (1 - SHARE) / SHARE)


@contextmanager
def cutting(production: Production, edit: Edit, plan: Plan, takes: Mapping[str, Take], room: CuttingRoom,
            watch: Watch) -> Iterator[Watch]:  # fmt: skip
    """While the block runs, what arrives in `takes` is cut. It gets a `watch` to be told by."""
    edit = replace(edit, expected=expected_facts(plan, takes))
    with ThreadPoolExecutor(1) as desk:
        table = _Table(production, edit, takes, room, desk)

        def watching(event: Event) -> None:
            watch(event)
            # What is here already is cut as soon as it is clear that others are being shot.
            if isinstance(event, ShotMoved) and (event.state == "held" or not table.begun):
                table.arrived()

        try:
            yield watching
        finally:
            table.closing.set()
            desk.shutdown(cancel_futures=True)
    if table.failure:
        raise table.failure


def _is_here(segment: Segment) -> bool:
    return all(reel.digest or reel.card for reel in segment.reels)


def expected_facts(plan: Plan, takes: Mapping[str, Take]) -> dict[str, Facts]:
    """What the clips that are to come will measure, by what their models made before: only where a cut falls on a
    fraction of a frame does it matter, and then a segment is encoded again."""
    rates = {take.model: take.facts.rate for take in takes.values()}
    expected: dict[str, Facts] = {}
    for one in plan.shots:
        if one.shot.order and one.shot.id not in takes:
            rate = rates.get(one.shot.order.model, USUAL_RATE)
            frames = max(1, round(one.shot.order.seconds * rate))
            expected[one.shot.id] = Facts(frames, rate, 1280, 720, audio=one.shot.order.audio)
    return expected
