"""What a plan costs: a thousand shots and ten thousand, start of the program included."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.films import STILLS
from benchmarks.timing import Cost, middle, run


def measure(rounds: int) -> Iterator[str]:
    """Rows of a table; the peer is to start the program and nothing else."""
    nothing = middle([run([sys.executable, "-m", "storyboard", "--version"]) for _ in range(rounds)])
    yield f"{'shots':>8}{'wall':>10}{'CPU':>10}{'of a start':>12}"
    for count in (1_000, 10_000):
        with tempfile.TemporaryDirectory() as name:
            film = Path(name) / "film.yaml"
            (film.parent / "still.jpg").write_bytes(STILLS[0].read_bytes())
            rows = "".join(
                f"  - {{id: s{index}, first: still.jpg, prompt: 'Shot {index}.'}}\n" for index in range(count)
            )
            film.write_text(f"storyboard: 1\ndefaults: {{duration: 5s}}\nshots:\n{rows}")
            command = [sys.executable, "-m", "storyboard", "plan", str(film), "--json"]
            environment = {"STORYBOARD_HOME": str(Path(name) / "home")}
            took: Cost = middle([run(command, environment) for _ in range(rounds)])
            yield f"{count:>8}{took.wall:>8.1f} s{took.cpu:>8.1f} s{took.wall / nothing.wall:>12.1f}"
