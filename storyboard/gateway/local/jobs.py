"""The gateway's memory: jobs, the processes that draw them, and the folder with their clips."""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import os
import secrets
import shutil
import tempfile
import threading
import time
import weakref
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.gateway.local.animatic import CannotDraw
from storyboard.gateway.local.refusal import Json, Refusal, invalid
from storyboard.gateway.local.worker import begin, deaf, draw

if TYPE_CHECKING:
    from storyboard.gateway.local.order import Order

KEPT_SECONDS = 24 * 3600
"""How long a job and its clip are kept, unless the gateway is closed before."""


@dataclass(frozen=True, slots=True)
class Job:
    """One clip that was asked for."""

    id: str
    generation: str
    model: str
    seconds: int
    warnings: tuple[Json, ...]
    clip: Path
    drawing: Future[None]
    created: float = field(default_factory=time.time)

    @property
    def status(self) -> str:
        """`queued`, `running`, `completed` or `failed`."""
        if self.drawing.done():
            return "completed" if self.failure is None else "failed"
        # A worker makes this file when it begins; the pool itself calls a job running as soon as it hands it over.
        begun = self.clip.with_suffix(".part").exists() or self.clip.exists()
        return "running" if begun else "queued"

    @property
    def expires(self) -> float:
        """The time, in seconds of the epoch, until which the gateway remembers it."""
        return self.created + KEPT_SECONDS

    @property
    def failure(self) -> Refusal | None:
        """Why a job that is done has no clip."""
        if self.drawing.cancelled():
            return Refusal(500, "internal_server_error", "The local gateway was closed.")
        error = self.drawing.exception()
        if error is None:
            return None
        if isinstance(error, CannotDraw):
            return invalid(str(error))
        return Refusal(
            500, "internal_server_error", f"The animatic could not be drawn: {error or type(error).__name__}"
        )

    def abandon(self) -> None:
        """Stop the drawing, if it is not done: nobody will ask for this clip."""
        if not self.drawing.done():
            self.drawing.cancel()  # does nothing once a process has it, which looks for this file at every picture
            self.clip.with_suffix(".wanted").unlink(missing_ok=True)


MOST_WAITING = 1_000
"""Jobs that may wait for a process: beyond them, somebody is playing."""


class Jobs:
    """Every job of one gateway. Processes and folder are made when the first clip is wanted."""

    def __init__(self, workers: int | None) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._folder: Path | None = None
        self._jobs: dict[str, Job] = {}
        self._starts: dict[str, tuple[bytes, str]] = {}

    def submit(self, order: Order) -> Job:
        """A new job, already waiting for a process."""
        self._forget_old()
        if sum(not job.drawing.done() for job in self._jobs.values()) >= MOST_WAITING:
            raise Refusal(429, "rate_limit_exceeded", f"{MOST_WAITING} clips are waiting to be drawn already.")
        name = secrets.token_hex(16)
        with self._lock:
            pool, folder = self._open()
            clip = folder / f"job_{name}.mp4"
            clip.with_suffix(".wanted").touch()
            try:
                with deaf():
                    drawing = pool.submit(draw, order.animatic, clip)
            except BrokenProcessPool:
                # A process died under another job (memory, a signal). That job failed; this one gets a new pool.
                pool.shutdown(wait=False)
                self._pool = None
                pool, _ = self._open()
                with deaf():
                    drawing = pool.submit(draw, order.animatic, clip)
        seconds = order.animatic.seconds
        job = Job(f"job_{name}", f"gen_{name}", order.model.id, seconds, order.warnings, clip, drawing)
        self._jobs[job.id] = job
        return job

    def submit_once(self, key: str, model: str, body: bytes, order: Order) -> Job:
        """The job that this key started; a new one the first time. 422 when the key came with another request."""
        self._forget_old()
        digest = hashlib.sha256(model.encode() + b"\0" + body).digest()
        before = self._starts.get(key)
        if before is None:
            job = self.submit(order)
            self._starts[key] = (digest, job.id)
            return job
        if before[0] != digest:
            message = "This idempotency key was used with another request."
            raise Refusal(422, "invalid_request_error", message)
        return self._jobs[before[1]]

    def find(self, job: str) -> Job | None:
        """The job of this name."""
        return self._jobs.get(job)

    def find_generation(self, generation: str) -> Job | None:
        """The job whose generation has this name."""
        return self._jobs.get(f"job_{generation.removeprefix('gen_')}")

    async def close(self) -> None:
        """Stop drawing, end the processes, remove the clips."""
        with self._lock:
            pool, folder = self._pool, self._folder
            self._pool = self._folder = None
            self._jobs.clear()
            self._starts.clear()
        if folder:
            # A process that draws notices within a frame that its folder is gone, and stops.
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if pool:
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)
        if folder:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _forget_old(self) -> None:
        now = time.time()
        # Jobs stand in the order of their creation: the first young one ends the search.
        for job in list(self._jobs.values()):
            if job.expires > now:
                break
            if job.drawing.done():
                del self._jobs[job.id]
                job.clip.unlink(missing_ok=True)
        self._starts = {key: start for key, start in self._starts.items() if start[1] in self._jobs}

    def _open(self) -> tuple[ProcessPoolExecutor, Path]:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="storyboard-gateway-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        if self._pool is None:
            # A started process must not import what lies in the folder that one happens to stand in: a project's.
            os.environ["PYTHONSAFEPATH"] = "1"
            self._pool = ProcessPoolExecutor(
                self._workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=begin,
                initargs=(str(self._folder),),
            )
        return self._pool, self._folder
