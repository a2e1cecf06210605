"""Which files a film depends on, and whether one of them is another now: asked again and again."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from storyboard.spec.model import StillFile, Storyboard
from storyboard.store.project import SETTINGS, Project

SECONDS = 0.1
"""How often files are looked at: a save is seen before one looks up from the editor."""

State = tuple[int, int, int, int] | None
"""Which file stands at a path, who may read it, how long it is, and when it was written; None where there is none."""


def state_of(path: Path) -> State:
    """How a file stands; nothing is opened."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns


def is_file(path: Path) -> bool:
    """Whether a file stands at a path, as far as anybody may look."""
    state = state_of(path)
    return state is not None and stat.S_ISREG(state[1])


def states_of(paths: Iterable[Path]) -> dict[Path, State]:
    """How files stand, by their paths."""
    return {path: state_of(path) for path in paths}


def sources_of(project: Project, storyboard: Storyboard | None, texts: Mapping[str, str]) -> set[Path]:
    """Every file that a film is made from, there or not: the storyboard, what was read of it, and what it names."""
    base, shown = project.base, Path(project.shown).parent
    named = {base / os.path.relpath(name, shown) for name in texts}
    named |= {project.file, project.beside(".lock"), project.root / SETTINGS}
    return named | {base / name for name in _named(storyboard) if name} if storyboard else named


def cuts_of(project: Project, storyboard: Storyboard) -> set[Path]:
    """The first output's film, and its draft."""
    film = project.base / storyboard.outputs[0].file
    return {film, film.with_suffix(".draft.mp4")}


def _named(storyboard: Storyboard) -> Iterator[str]:
    """The names of files in a storyboard."""
    yield from (storyboard.captions, storyboard.lut)
    yield from (one.file for one in storyboard.mix.sounds)
    yield from (one.image for one in storyboard.overlays)
    for shot in storyboard.every:
        yield from (shot.footage, shot.lut, shot.card.image if shot.card else "")
        yield from (one.image for one in shot.overlays)
        if order := shot.order:
            sent = (order.first, order.last, *order.references)
            yield from (one.file for one in sent if isinstance(one, StillFile))
            yield order.motion.video if order.motion else ""
