"""`film.sums` beside a storyboard: the digests of the films that were made, as `sha256sum -c` reads them. Derived."""

from __future__ import annotations

from collections.abc import Mapping

from storyboard.store import files
from storyboard.store.project import Project

HEAD = "# Digests of the films. Derived: `storyboard render` writes it, and settles a merge conflict in it."
LARGEST = 1024 * 1024


def read_sums(project: Project) -> dict[str, str]:
    """The digest of every film that is recorded, by its file."""
    path = project.beside(".sums")
    text = files.read_plain(path, LARGEST).decode("utf-8", "replace") if path.exists() else ""
    rows = (line.split("  ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {row[1]: row[0] for row in rows if len(row) == 2}


def read_toolchains(project: Project) -> tuple[str, ...]:
    """What made those films: what is said of it, once; twice where two branches met and nobody chose."""
    path = project.beside(".sums")
    text = files.read_plain(path, LARGEST).decode("utf-8", "replace") if path.exists() else ""
    return tuple(line.removeprefix("# ") for line in text.splitlines() if line.startswith("# ffmpeg "))


def write_sums(project: Project, digests: Mapping[str, str], toolchain: str) -> None:
    """Record the films of a storyboard, by file, and what made them; the file is touched only when it changes."""
    path = project.beside(".sums")
    lines = [HEAD, f"# {toolchain}", *(f"{digest}  {file}" for file, digest in digests.items())]
    data = ("\n".join(lines) + "\n").encode()
    if not path.exists() or files.read_plain(path, LARGEST) != data:
        files.write_durably(path, data)
