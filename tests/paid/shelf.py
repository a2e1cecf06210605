"""A film that was bought once, and taken from the shelf as it was for every test that needs one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from storyboard.testing import FakeGateway
from tests.media import tone, write_sound
from tests.paid.sets import ALL, PAIR, Set

OPEN = replace(ALL, allow_held_open=True)
CHAIN = (
    PAIR[0],
    "{id: b, first: {shot: a, frame: last},\n    prompt: Two.}",
    "{id: c, first: plain.png,\n    prompt: Three.}",
)
CUT = ("{id: t, card: {text: Title}, duration: 1s, transition: {type: dissolve, duration: 0.5s}}", *CHAIN)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A set whose film was rendered, and a copy of its project and its store."""

    set: Set
    kept: Path

    def take(self) -> Set:
        """The set as it was when its film had been rendered."""
        for one, copy in ((self.set.folder, "film"), (self.set.home, "home")):
            shutil.rmtree(one, ignore_errors=True)
            shutil.copytree(self.kept / copy, one)
        self.set.events.clear()
        return self.set


@contextmanager
def stocked(folder: Path) -> Iterator[Shelf]:
    """A film of a card and three bought shots, the second of which goes on from the first."""
    gateway = FakeGateway(folder / "gateway", height=72)
    with gateway.serve() as base:
        one = Set(folder / "film", gateway, base, folder / "home")
        one.write(*CUT, head="title: Shelf\nsound: {tracks: [{file: tone.wav, role: effects, at: {shot: b}}]}\n")
        write_sound(one.folder / "tone.wav", tone(440, 1.0))
        one.render(OPEN)
        for path, copy in ((one.folder, "film"), (one.home, "home")):
            shutil.copytree(path, folder / "kept" / copy)
        yield Shelf(one, folder / "kept")
