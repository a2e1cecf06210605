"""The most memory of all processes together: it must not grow with the film."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.films import graph, make_clip, storyboard, write_storyboard
from benchmarks.timing import run

FILMS = ((360, 20), (360, 200), (720, 20), (720, 60))


def measure(rounds: int) -> Iterator[str]:
    """Rows of a table: pictures of each height, few clips and many; one ffmpeg graph beside the small films."""
    yield f"{'height':>6}{'clips':>7}{'storyboard':>14}{'one graph':>14}"
    for height, count in FILMS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            clips = [make_clip(folder, index, height) for index in range(6)]
            chosen = [clips[index % len(clips)] for index in range(count)]
            film = write_storyboard(folder / "film", chosen, height)
            environment = {"STORYBOARD_HOME": str(folder / "home")}
            mine = max(run(storyboard(film), environment, weigh=True).memory for _ in range(min(rounds, 1)))
            peer = run(graph(chosen, folder / "graph.mp4"), weigh=True).memory if count <= 20 else None
            theirs = f"{peer / 1024**2:>11.0f} MB" if peer else f"{'-':>14}"
            yield f"{height:>6}{count:>7}{mine / 1024**2:>11.0f} MB{theirs}"
