"""Wall and CPU time of a command with all its children, and the most memory that they took together."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

TICK = 0.05


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, of all its processes."""
    memory: int = 0
    """The most bytes that all its processes held at one time, what they share counted once; 0 where not looked at."""


def run(command: Sequence[str], environment: Mapping[str, str] | None = None, *, weigh: bool = False) -> Cost:
    """Run a command to its end; it must succeed. `weigh`: its memory is looked at, which takes some CPU of its own."""
    os.sync()  # nobody waits for the disk on behalf of whoever ran before
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, **(environment or {})})  # fmt: skip
    most = [0]
    watcher = threading.Thread(target=_watch, args=(process, most))
    if weigh:
        watcher.start()
    code = process.wait()
    if weigh:
        watcher.join()
    if code != 0:
        raise SystemExit(f"it ended with {code}: {' '.join(command)[:2000]}")
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, most[0])


def _watch(process: subprocess.Popen[bytes], most: list[int]) -> None:
    while process.poll() is None:
        most[0] = max(most[0], sum(_held(pid) for pid in _family(process.pid)))
        time.sleep(TICK)


def _family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    try:
        children = [int(one) for task in Path(f"/proc/{pid}/task").iterdir()
                    for one in (task / "children").read_text().split()]  # fmt: skip
    except OSError:
        return []
    return [pid, *(one for child in children for one in _family(child))]


def _held(pid: int) -> int:
    """The bytes that a process holds, its share of what it holds with others."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # it has ended
    return 0


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each."""
    return Cost(median(one.wall for one in costs), median(one.cpu for one in costs),
                round(median(one.memory for one in costs)))  # fmt: skip


def row(name: str, cost: Cost, peer: Cost) -> str:
    """A line of a table: what it took, and as ratios to a peer of the same run."""
    ratios = f"{cost.wall / peer.wall:>12.2f}{cost.cpu / peer.cpu:>12.2f}"
    return f"{name:<44}{cost.wall:>8.1f} s{cost.cpu:>8.1f} s{ratios}"


HEAD = f"{'':<44}{'wall':>10}{'CPU':>10}{'wall ratio':>12}{'CPU ratio':>12}"
