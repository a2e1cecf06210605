"""`python -m benchmarks example|assemble|edit|memory|stream|plan|animatic|shooting|studio [--rounds N] [--write]`

`example`   the example film, from a warm installation and an empty store to the film
`assemble`  the assembler against one ffmpeg graph of `xfade` filters and MoviePy: same clips and settings, alternating
`edit`      what an edit costs, of the cold assembly: an out point, a clip, nothing, straight cuts that are copied
`memory`    the most memory of all processes together, for few clips and many
`stream`    from the last clip's arrival to the film, of the cold assembly
`plan`      a plan of a thousand shots, and of ten thousand
`animatic`  the CPU of a five-second animatic at 720p
`shooting`  a thousand paid shots, a hundred at a time, against the ideal
`studio`    the studio's page in Chromium: opened, scrolled and following an edit, against a page of bare pictures

Every figure is of this run; compare ratios, for machines are noisy. `--write` puts the table into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path

import av

from benchmarks import animatic, assemble, edit, example, memory, plan, shooting, stream, studio
from storyboard.assembler import ffmpeg

REPORT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
WORK = {
    "example": example.measure,
    "assemble": assemble.measure,
    "edit": edit.measure,
    "memory": memory.measure,
    "stream": stream.measure,
    "plan": plan.measure,
    "animatic": animatic.measure,
    "shooting": shooting.measure,
    "studio": studio.measure,
}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("what", choices=WORK)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    chosen = parser.parse_args()
    lines = [f"{_machine()}, medians of {chosen.rounds}"]
    print(lines[0])
    for line in WORK[chosen.what](chosen.rounds):
        print(line)
        sys.stdout.flush()
        lines.append(line)
    if chosen.write:
        _write(chosen.what, lines)


def _machine() -> str:
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    return f"{where}, Python {platform.python_version()}, ffmpeg {ffmpeg.version()}, PyAV {av.__version__}"


def _write(what: str, lines: list[str]) -> None:
    """Put a table in the place of the one that stood there."""
    start, end = f"<!-- {what} -->\n", f"<!-- end of {what} -->\n"
    head, found, rest = REPORT.read_text("utf-8").partition(start)
    if not found:
        raise SystemExit(f"{REPORT.name} has no place `{start.strip()}`")
    _, _, tail = rest.partition(end)
    REPORT.write_text(head + start + "\n```text\n" + "\n".join(lines) + "\n```\n\n" + end + tail, "utf-8")


if __name__ == "__main__":
    main()
