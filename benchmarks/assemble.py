"""The assembler against its peers: twelve clips of five seconds at 720p, dissolves of half a second."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.films import CLIPS, graph, make_clip, moviepy, storyboard, write_storyboard
from benchmarks.timing import HEAD, Cost, middle, row, run


def measure(rounds: int) -> Iterator[str]:
    """Rows of a table: all on the same clips, alternating, nothing kept between rounds."""
    names = ("one ffmpeg xfade graph", "MoviePy", "storyboard, cold")
    costs: dict[str, list[Cost]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = [make_clip(folder, index) for index in range(CLIPS)]
        for number in range(rounds):
            film = write_storyboard(folder / f"round{number}", clips)
            environment = {"STORYBOARD_HOME": str(folder / f"home{number}")}
            costs["storyboard, cold"].append(run(storyboard(film), environment))
            costs["one ffmpeg xfade graph"].append(run(graph(clips, folder / "graph.mp4")))
            costs["MoviePy"].append(run(moviepy(clips, folder / "moviepy.mp4")))
    found = {name: middle(costs[name]) for name in names}
    peer, mine = found["one ffmpeg xfade graph"], found["storyboard, cold"]
    yield HEAD
    for name, cost in found.items():
        yield row(name, cost, peer)
    yield f"{'storyboard against MoviePy':<44}{'':>20}{mine.wall / found['MoviePy'].wall:>12.2f}"
