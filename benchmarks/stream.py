"""How soon the film is ready when its last clip has arrived: twelve bought shots that come one by one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.films import CLIPS, OVERLAP, SECONDS, make_clip, storyboard
from benchmarks.timing import run
from storyboard.testing import FakeGateway
from storyboard.testing.ledger import Charge

JOB_SECONDS = 6.0


def measure(rounds: int) -> Iterator[str]:
    """Rows of a table: from the last arrival to the film, against the assembly of the same film from nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = [make_clip(folder, index).read_bytes() for index in range(CLIPS)]

        def draw(charge: Charge) -> bytes:
            return clips[int(charge.prompt.removeprefix("Shot ").rstrip("."))]

        yield f"{'last clip to film':>18}{'cold':>10}{'ratio':>9}"
        for number in range(rounds):
            gateway = FakeGateway(folder / f"gateway{number}", seconds=JOB_SECONDS, draw=draw)
            with gateway.serve() as base:
                film = _write(folder / f"film{number}")
                environment = gateway.environment(base)
                waited = _wait(film, environment)
                shutil.rmtree(film.parent / ".storyboard")
                shutil.rmtree(film.parent / "build")
                cold = run(storyboard(film), environment).wall
            yield f"{waited:>16.1f} s{cold:>8.1f} s{waited / cold:>9.2f}"


def _write(folder: Path) -> Path:
    folder.mkdir()
    rows = "".join(f"  - {{id: s{index}, prompt: 'Shot {index}.'}}\n" for index in range(CLIPS))
    head = f"""storyboard: 1
defaults: {{model: klingai/kling-v3.0-t2v, duration: {SECONDS}s, transition: {{type: dissolve, duration: {OVERLAP}s}}}}
outputs: {{film: {{size: 1280x720, fps: 24}}}}
shots:
"""
    film = folder / "film.yaml"
    film.write_text(head + rows)
    return film


def _wait(film: Path, environment: dict[str, str]) -> float:
    """Seconds from the last shot's arrival to the end of a render that buys one shot after the other."""
    command = [*storyboard(film), "--budget", "1000", "--concurrency", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, **environment})  # fmt: skip
    assert process.stderr is not None
    last = time.perf_counter()
    for line in process.stderr:
        if ": held" in line:
            last = time.perf_counter()
    if process.wait() != 0:
        raise SystemExit("the render failed")
    return time.perf_counter() - last
