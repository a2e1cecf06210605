"""The files that a storyboard names, opened and looked at: a StoryboardError says what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from functools import cache as once
from math import ceil

from storyboard import stills
from storyboard.assembler import cube, media
from storyboard.errors import Refused, Usage
from storyboard.planner.take import Facts
from storyboard.store import files
from storyboard.store.cache import Cache, file_digest
from storyboard.store.project import Project

Measure = Callable[[str], Facts]
"""What a clip of the project measures, by its file's name."""

MOTION_BYTES = 100_000_000
MOTION_SIDES = (340, 3850)
"""Pixels of each side of a video whose movement is taken over."""


def measuring(project: Project, cache: Cache | None) -> Measure:
    """A function that measures a clip of the project, each at most once."""

    @once
    def measure(name: str) -> Facts:
        path = project.path(name)
        if cache is None:
            return media.probe(path)
        return media.roll_of(path, file_digest(cache, path), cache).facts

    return measure


def open_still(project: Project, name: str) -> None:
    """A card's picture."""
    stills.look_at_still(project.path(name), name)


def open_sent(project: Project, name: str, aspect: Fraction | None, longest: Decimal | None = None) -> None:
    """A picture that is sent, cropped to `aspect`; a reference has None, and is at most `longest` as long as wide."""
    stills.look_at_sent(project.path(name), name, aspect, longest)


def open_overlay(project: Project, name: str) -> None:
    """A picture that is laid over the film."""
    stills.look_at_overlay(project.path(name), name)


def open_lut(project: Project, name: str) -> None:
    """A look's `.cube` table."""
    path = project.path(name)
    with _named(name):
        cube.read_cube(files.read_plain(path, cube.MAX_BYTES))


def open_motion(project: Project, name: str, ordered: Fraction) -> None:
    """The clip lasts as long as the video, and is paid for by the second: what is ordered must say so."""
    path = project.path(name)
    with _named(name):
        facts, size = media.probe(path), path.stat().st_size
    if path.suffix.lower() not in (".mp4", ".mov") or size > MOTION_BYTES:
        message = f"`{name}` has {size:,} bytes: a movement is taken from an mp4 or mov of up to {MOTION_BYTES:,}"
        raise Usage(message, hint="save it smaller, as mp4")
    if min(facts.width, facts.height) < MOTION_SIDES[0] or max(facts.width, facts.height) > MOTION_SIDES[1]:
        least, most = MOTION_SIDES
        message = f"`{name}` is {facts.width}x{facts.height}: a movement is taken from {least} to {most} pixels a side"
        raise Usage(message, hint="scale it, to 1280x720 for example")
    if ceil(facts.seconds) != ordered:
        message = f"`{name}` lasts {float(facts.seconds):.2f} s, the shot {float(ordered):g} s"
        raise Usage(message, hint=f"the clip lasts as long as the video: write `duration: {ceil(facts.seconds)}s`")


def open_sound(project: Project, name: str) -> None:
    """A sound of the mix."""
    with _named(name):
        media.probe_sound(project.path(name))


def open_footage(measure: Measure, name: str) -> None:
    """A clip that is there already."""
    with _named(name):
        measure(name)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """What is wrong with a file begins with its name."""
    try:
        yield
    except Refused as error:
        raise Refused(f"`{name}`: {error.message}", hint=error.hint) from None
