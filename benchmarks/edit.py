"""What an edit costs, against the cold assembly of the same film in the same run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.films import CLIPS, make_clip, storyboard, write_storyboard
from benchmarks.timing import HEAD, Cost, middle, row, run

COPIED, ENCODED, KEPT = "straight cuts, copied", "straight cuts, encoded", ", sound kept"


def measure(rounds: int) -> Iterator[str]:
    """Rows of a table: a film of twelve dissolving clips, edited; and the same clips cut straight."""
    costs: dict[str, list[Cost]] = {}

    def took(name: str, cost: Cost) -> None:
        costs.setdefault(name, []).append(cost)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = [make_clip(folder, index) for index in range(CLIPS)]
        other = make_clip(folder, CLIPS)
        for number in range(rounds):
            environment = {"STORYBOARD_HOME": str(folder / f"home{number}")}
            film = write_storyboard(folder / f"round{number}", clips)
            took("cold", run(storyboard(film), environment))
            film.write_text(film.read_text().replace("id: c6,", "id: c6, out: 4.5s,"))
            took("one out point moved", run(storyboard(film), environment))
            swapped = film.parent / f"003-{clips[3].name}"
            swapped.unlink()
            swapped.hardlink_to(other)
            took("one clip swapped", run(storyboard(film), environment))
            took("nothing changed", run(storyboard(film), environment))
            straight = write_storyboard(folder / f"straight{number}", clips, transition="cut")
            took(COPIED, run(storyboard(straight), environment))
            _forget(straight)
            took(f"{COPIED}{KEPT}", run(storyboard(straight), environment))
            straight.write_text(straight.read_text().replace("c0, ", "c0, captions: [{for: 1f, text: a}], "))
            took(ENCODED, run(storyboard(straight), environment))
            _forget(straight)
            took(f"{ENCODED}{KEPT}", run(storyboard(straight), environment))
    yield HEAD
    cold = middle(costs["cold"])
    for name, found in costs.items():
        yield row(name, middle(found), cold)
    for kept, what in (("", "the whole command"), (KEPT, "the picture alone")):
        times = middle(costs[f"{ENCODED}{kept}"]).wall / middle(costs[f"{COPIED}{kept}"]).wall
        yield f"straight cuts, {what}: copied {times:.1f} times as fast as encoded"


def _forget(film: Path) -> None:
    """Have a film made again, its sound excepted."""
    shutil.rmtree(film.parent / "build")
    for segments in (film.parent / ".storyboard").glob("cache/*/segments"):
        shutil.rmtree(segments)
