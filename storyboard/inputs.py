"""The files that a storyboard names, opened and looked at: a StoryboardError says what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache as once
from math import ceil

from storyboard import stills
from storyboard.assembler import cube, hearing, media
from storyboard.assembler.rolls import Roll
from storyboard.errors import Refused, StoryboardError, Usage
from storyboard.spec.model import Music, Track
from storyboard.store import files
from storyboard.store.cache import Cache, file_digest
from storyboard.store.project import Project
from storyboard.timing import Rate

Measure = Callable[[str], Roll]
"""What a clip of the project measures, by its file's name."""
Listen = Callable[[str], Fraction]
"""How many seconds a sound of the project lasts, by its file's name."""
OpenSent = Callable[..., None]
"""Looks at a picture that is sent, by its file's name."""

SLACK = Fraction(1, 20)
"""Seconds that the end of a sound may be missed by: most codecs end on whole packets."""
MOTION_BYTES = 100_000_000
MOTION_SIDES = (340, 3850)
"""Pixels of each side of a video whose movement is taken over."""


def measuring(project: Project, cache: Cache | None) -> Measure:
    """A function that measures a clip of the project, each at most once."""

    @once
    def measure(name: str) -> Roll:
        path = project.path(name)
        if cache is None:
            return media.measure(path)
        return media.roll_of(path, file_digest(cache, path), cache)

    return measure


def listening(project: Project, cache: Cache | None) -> Listen:
    """A function that measures a sound of the project, each at most once."""

    @once
    def listen(name: str) -> Fraction:
        path = project.path(name)
        if cache is None:
            return hearing.measure_sound(path)
        return hearing.seconds_of(path, file_digest(cache, path), cache)

    return listen


@dataclass(frozen=True, slots=True)
class Senses:
    """What looks at files: each of them once, however many films are made from it."""

    measure: Measure
    listen: Listen
    open_sent: OpenSent


def senses_of(project: Project, cache: Cache | None = None) -> Senses:
    """What looks at a project's files. With a cache, what was measured before is not measured again."""
    return Senses(measuring(project, cache), listening(project, cache), opening_sent(project))


def open_still(project: Project, name: str) -> None:
    """A card's picture."""
    stills.look_at_still(project.path(name), name)


def opening_sent(project: Project) -> OpenSent:
    """A function that looks at a picture that is sent, each at most once.

    It is cropped to `aspect`; a reference has None, and is at most `longest` as long as wide.
    """

    @once
    def fault(name: str, aspect: Fraction | None, longest: Decimal | None) -> StoryboardError | None:
        try:
            stills.look_at_sent(project.path(name), name, aspect, longest)
        except StoryboardError as error:
            return error
        return None

    def open_sent(name: str, aspect: Fraction | None, longest: Decimal | None = None) -> None:
        if error := fault(name, aspect, longest):
            raise error

    return open_sent


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


def open_sound(listen: Listen, sound: Track | Music, rate: Rate) -> None:
    """A sound of the mix, and that it lasts as long as is asked of it. `rate` counts the storyboard's frames."""
    name = sound.file
    with _named(name):
        lasts = listen(name)
    shown = f"{float(lasts):.2f}".rstrip("0").rstrip(".")
    if sound.start and sound.start.seconds(rate) >= lasts:
        message = f"`{name}` lasts {shown} s: from {sound.start.text} on, nothing of it is heard"
        raise Usage(message, hint="let `in` lie before its end")
    if sound.end and sound.end.seconds(rate) > lasts + SLACK:
        message = f"`{name}` lasts {shown} s, and `out` is {sound.end.text}"
        raise Usage(message, hint="leave `out` away to hear it to its end, or let it end before")


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
