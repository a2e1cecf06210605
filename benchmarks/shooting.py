"""A thousand shots, a hundred at a time, from the fake gateway in a process of its own: against the ideal."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from storyboard.testing import FakeGateway

SHOTS, AT_ONCE, JOB_SECONDS = 1_000, 100, 120.0
MOST_OVER, MOST_BYTES = 0.05, 250 * 1024**2


def measure(rounds: int) -> Iterator[str]:
    """Rows of a table. Ideal is as many waves as it takes, each as long as a job."""
    yield f"{SHOTS} shots, {AT_ONCE} at once, {JOB_SECONDS:.0f} s each"
    yield f"{'wall':>9}{'of ideal':>10}{'CPU':>11}{'memory':>12}"
    ideal = SHOTS / AT_ONCE * JOB_SECONDS
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name, _gateway(Path(name)) as base:
            wall, cpu, memory = _render(Path(name), base, SHOTS)
        over, fits = wall / ideal - 1, memory <= MOST_BYTES
        verdict = "yes" if over <= MOST_OVER and fits else "NO"
        yield f"{wall:>7.1f} s{1 + over:>10.3f}{cpu:>9.1f} s{memory / 1024**2:>9.0f} MB"
        yield f"within {MOST_OVER:.0%} of ideal, and {MOST_BYTES // 1024**2} MB: {verdict}"


@contextmanager
def _gateway(folder: Path) -> Iterator[str]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(folder / "gateway", theirs))
    process.start()
    yield ours.recv()
    process.terminate()
    process.join()


def _serve(folder: Path, connection: Connection) -> None:
    with FakeGateway(folder, seconds=JOB_SECONDS, height=72).serve() as base:
        connection.send(base)
        time.sleep(3_600)


def _render(folder: Path, base: str, shots: int) -> tuple[float, float, int]:
    """Wall and CPU seconds, and the most bytes in memory. One shot is never shot: no film is cut."""
    rows = "".join(f"  - {{id: s{index}, prompt: 'Shot {index}.'}}\n" for index in range(shots))
    defaults = "defaults: {model: klingai/kling-v3.0-t2v, duration: 3s}"
    head = f"storyboard: 1\noutputs: {{film: {{size: 64x64}}}}\n{defaults}\nshots:\n"
    (folder / "film.yaml").write_text(f"{head}{rows}  - {{id: never, prompt: Never.}}\n")
    wanted = [f"--shot=s{index}" for index in range(shots)]
    command = [sys.executable, "-m", "storyboard", "render", str(folder / "film.yaml"), "--budget", "10000", *wanted]
    environment = {
        **os.environ, **FakeGateway(folder / "gateway").environment(base), "STORYBOARD_POLL_SECONDS": "5",
        "STORYBOARD_CONCURRENCY": str(AT_ONCE),
    }  # fmt: skip
    begun = time.monotonic()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        _, _, usage = os.wait4(process.pid, 0)
    memory = usage.ru_maxrss * (1024 if sys.platform == "linux" else 1)
    return time.monotonic() - begun, usage.ru_utime + usage.ru_stime, memory
