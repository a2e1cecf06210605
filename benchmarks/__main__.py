"""`python -m benchmarks example|assemble|animatic|shooting [--rounds N]`

`example`   the example film, from a warm installation and an empty store to the film
`assemble`  the assembler against one ffmpeg graph of `xfade` filters: same clips, same encoder settings, alternating
`animatic`  the CPU of a five-second animatic at 720p
`shooting`  a thousand paid shots, a hundred at a time, against the ideal

Every figure is a wall or CPU time of this run; compare ratios, for machines are noisy.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys

from benchmarks import animatic, assemble, example, shooting

WORK = {
    "example": example.measure,
    "assemble": assemble.measure,
    "animatic": animatic.measure,
    "shooting": shooting.measure,
}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("what", choices=WORK)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{where}, load {load:.1f}")
    for line in WORK[chosen.what](chosen.rounds):
        print(line)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
