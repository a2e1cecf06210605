"""What a plan costs, and a validation: a thousand shots and ten thousand, start of the program included."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.films import STILLS
from benchmarks.timing import middle, run

PROGRAM = [sys.executable, "-m", "storyboard"]
HEAD = """storyboard: 1
vars: {hero: a red fox, place: mountain}
looks: {dawn: {prompt: low morning sun, negative: "text, watermark"}}
defaults: {duration: 5s, look: dawn, transition: {type: dissolve, duration: 0.5s}}
shots:
"""
FULL = """  - id: s%(index)d
    first: still%(still)d.jpg
    prompt: >-
      {{ hero }} climbs from the trees to the pass, step %(index)d,
      while the light of the {{ place }} changes.
    in: 0.5s
    length: 3s
    note: slower steam
    captions: [{at: 1s, for: 2s, text: The thaw begins}]
    titles: [{text: 1500 m, for: 2s}]
    sound: {level: -6dB}
"""
SHORT = "  - {id: s%(index)d, first: still%(still)d.jpg, prompt: 'Shot %(index)d.'}\n"
WORK = (
    ("validate", 1_000, SHORT, ()), ("validate", 1_000, FULL, ()), ("plan", 1_000, SHORT, ("--json",)),
    ("plan", 1_000, FULL, ("--json",)), ("plan", 10_000, SHORT, ("--json",)), ("plan", 10_000, FULL, ("--json",)),
)  # fmt: skip


def measure(rounds: int) -> Iterator[str]:
    """Rows of a table; the peers are to start Python, and to start the program, and nothing else."""
    yield f"{'':<12}{'shots':>8}{'fields':>9}{'wall':>10}{'CPU':>10}"
    for name, command in (("python", [sys.executable, "-c", ""]), ("--version", [*PROGRAM, "--version"])):
        took = middle([run(command) for _ in range(rounds)])
        yield f"{name:<12}{'':>8}{'':>9}{took.wall:>8.2f} s{took.cpu:>8.2f} s"
    for name, count, shot, options in WORK:
        with tempfile.TemporaryDirectory() as folder:
            film = _write(Path(folder), count, shot)
            environment = {"STORYBOARD_HOME": str(Path(folder) / "home")}
            took = middle([run([*PROGRAM, name, str(film), *options], environment) for _ in range(rounds)])
        fields = "few" if shot is SHORT else "many"
        yield f"{name:<12}{count:>8}{fields:>9}{took.wall:>8.2f} s{took.cpu:>8.2f} s"


def _write(folder: Path, count: int, shot: str) -> Path:
    """A film of shots that are all to be ordered, over eight stills."""
    for index, still in enumerate(STILLS[:8]):
        (folder / f"still{index}.jpg").write_bytes(still.read_bytes())
    stills = len(STILLS[:8])
    film = folder / "film.yaml"
    film.write_text(HEAD + "".join(shot % {"index": index, "still": index % stills} for index in range(count)))
    return film
