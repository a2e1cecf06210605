"""What the files of an export are called: by scene, number, shot and take. Pure.

A shot without a number of its own is counted by tens, so that the files of a folder stand in the film's order within
each scene. A file that several shots use is called after the first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from storyboard.spec.model import Shot

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Slots:
    """The names of a film's shots, each used once."""

    numbers: dict[str, str]
    """`020`, or `12A` where it is written, by shot."""
    places: dict[str, str]
    """`020`, by shot: no two have the same."""

    def stem(self, shot: Shot, what: str = "") -> str:
        """`kitchen_020_pour_t03`: what it is stands last."""
        parts = (shot.scene, self.numbers[shot.id], shot.id, what)
        return "_".join(plain(part) for part in parts if part)

    def reel(self, shot: Shot, ending: str) -> str:
        """`S020T03`: eight letters at the most, as EDLs have had them since there was tape."""
        return f"S{self.places[shot.id]}{ending}"[-8:]


def number_shots(shots: Sequence[Shot]) -> Slots:
    """Numbers by tens, all of one length."""
    width = max(3, len(str(len(shots) * 10)))
    places = {shot.id: f"{index * 10:0{width}}" for index, shot in enumerate(shots, start=1)}
    return Slots({shot.id: shot.number or places[shot.id] for shot in shots}, places)


def plain(text: str) -> str:
    """A text of which nothing means anything to a file system, an address or an EDL."""
    return _UNSAFE.sub("-", text).strip("-.") or "x"
