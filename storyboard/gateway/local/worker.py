"""What a drawing process runs. The gateway hands `draw` to it; the heavy imports happen over there."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from storyboard.gateway.local.animatic import Abandoned, Animatic

if TYPE_CHECKING:
    from pathlib import Path


@contextmanager
def deaf() -> Iterator[None]:
    """Processes that are started in the block do not hear Ctrl-C, not even before their first line of Python."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin(folder: str) -> None:
    """Prepare a fresh process: everything imported, deaf to Ctrl-C, gone when its parent is gone."""
    # A terminal sends Ctrl-C to every process of the group; the parent decides what happens to this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, args=(folder,), daemon=True).start()
    importlib.import_module("storyboard.gateway.local.drawing")  # MoviePy belongs to this process alone


def draw(animatic: Animatic, clip: Path) -> None:
    """Draw into a `.part` file beside `clip`, and give it that name once it is whole.

    Abandoned, soon, when the `.wanted` file beside it is gone.
    """
    from storyboard.gateway.local.drawing import shoot

    part, wanted = clip.with_suffix(".part"), clip.with_suffix(".wanted")
    try:
        if not wanted.exists():
            raise Abandoned
        part.touch()
        shoot(animatic, part, wanted)
        part.replace(clip)
    finally:
        part.unlink(missing_ok=True)
        wanted.unlink(missing_ok=True)


def _follow_parent(folder: str) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        # Killed without a chance to tidy up: the last one to notice does it.
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)
