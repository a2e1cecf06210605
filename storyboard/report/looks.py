"""How shots look, in small: a reel of frames to scrub through, and both ends of what was filmed. Kept in the cache.

A reel has its frames as the film shows them. The ends are as they were filmed: they stand beside what was asked for.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from storyboard.errors import StoryboardError
from storyboard.report.prints import Grade, Picture, picture_from
from storyboard.report.sights import Sight, sights_of, sights_of_shots
from storyboard.report.survey import Survey
from storyboard.store.cache import Cache
from storyboard.store.crew import at_once

if TYPE_CHECKING:
    from PIL import Image

GRADES = (
    Grade(40, 10, 480, 360, 60),
    Grade(100, 6, 280, 240, 60),
    Grade(300, 4, 200, 160, 55),
    Grade(1000, 2, 160, 120, 50),
)
LEAST = Grade(20_000, 1, 120, 120, 45)


@dataclass(frozen=True, slots=True)
class Look:
    """How a clip looks. A still or a card is a reel of one frame."""

    reel: Picture
    """Its frames beside one another, from the first to the last, evenly spread."""
    frames: int
    first: Picture
    last: Picture


Seen = Look | Picture
"""A shot, or a single picture."""


@dataclass(frozen=True, slots=True)
class Looks:
    """The pictures of a film. What cannot be shown is not in it."""

    shots: dict[str, Look] = field(default_factory=dict)
    """Of what stands for each shot now; where that is nothing, of its stills."""
    stills: dict[str, Picture] = field(default_factory=dict)
    """By their files."""
    takes: dict[str, Picture] = field(default_factory=dict)
    """A frame out of the middle of takes, by their digests."""

    def add(self, sight: Sight, seen: Seen) -> None:
        """Put one of them to the others."""
        if isinstance(seen, Look):
            self.shots[sight.name] = seen
        else:
            (self.stills if sight.kind == "still" else self.takes)[sight.name] = seen

    @property
    def bytes(self) -> int:
        """How many bytes all of them have."""
        shots = (one for look in self.shots.values() for one in (look.reel, look.first, look.last))
        return sum(len(one.data) for one in (*shots, *self.stills.values(), *self.takes.values()))


def grade_of(shots: int) -> Grade:
    """What a film of so many shots has room for."""
    return next((one for one in GRADES if shots <= one.shots), LEAST)


def look_at(survey: Survey, grade: Grade) -> Looks:
    """The pictures of a film; a second look is the cache's."""
    return _look_at(survey, sights_of(survey, grade))


def look_at_shots(survey: Survey, grade: Grade) -> dict[str, Look]:
    """How the shots of a film look, by their ids; those of which there is nothing to see are left out."""
    return _look_at(survey, sights_of_shots(survey, grade)).shots


def look_within(survey: Survey, most: int) -> Looks:
    """The pictures of a film, as good as so many bytes have room for: grain and leaves take more than a clear sky."""
    usual = grade_of(len(survey.shots))
    grades = [*GRADES[GRADES.index(usual) if usual in GRADES else len(GRADES) :], LEAST]
    looks = look_at(survey, grades[0])
    for grade in grades[1:]:
        if looks.bytes <= most:
            break
        looks = look_at(survey, grade)
    return looks


def recall(cache: Cache, sight: Sight) -> Seen | None:
    """How something looked that was looked at before; None where it was not."""
    known = cache.recall("looks", sight.key)
    return None if known is None else _seen(known)


def look(cache: Cache, sight: Sight) -> Seen:
    """How something looks; it is remembered. `Refused`, and other errors, for what cannot be shown."""
    known = sight.make()
    cache.remember("looks", sight.key, known)
    return _seen(known)


def _look_at(survey: Survey, sights: Iterable[Sight]) -> Looks:
    """What can be shown, in its order. What cannot be read is not shown."""
    cache, every, looks = survey.production.cache, list(sights), Looks()
    found = dict(at_once(lambda one: recall(cache, one) or look(cache, one), every, os.cpu_count() or 1))
    for sight in every:
        if not isinstance(seen := found[sight], StoryboardError):
            looks.add(sight, seen)
    return looks


def _seen(known: Any) -> Seen:
    if not isinstance(known, dict):
        return picture_from(known)
    reel, first, last = (picture_from(known[name]) for name in ("reel", "first", "last"))
    return Look(reel, known["frames"], first, last)


def frame_of(look: Look, step: int) -> Image.Image:
    """One frame of a look's reel."""
    from PIL import Image

    with Image.open(io.BytesIO(look.reel.data)) as reel:
        width = reel.width // look.frames
        frame: Image.Image = reel.convert("RGB").crop((step * width, 0, (step + 1) * width, reel.height))
        return frame
