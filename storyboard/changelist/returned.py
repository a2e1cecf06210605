"""A cut as it comes back from an editing program: what a reader of any format found in it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from storyboard.errors import Where
from storyboard.timing import Rate

Noted = tuple[Where, str]
"""Where it is written, and what is to be known of it."""


@dataclass(frozen=True, slots=True)
class Event:
    """A stretch of one medium in the cut, at one pace. A film's events lie end to end."""

    media: str
    """The name of its file, without folders; empty for a gap."""
    label: str
    """What the clip is called in the program."""
    marks: tuple[str, ...]
    """What its markers are called, which may name its shot: the editor has some too."""
    start: int
    """In frames of the cut, from its first frame."""
    frames: int
    place: Fraction
    """Seconds of the media, from its first frame to the beginning of what the event's first frame shows."""
    tempo: Fraction
    """Seconds of the media for a second of the cut: 1 as it was shot, 0 where it stands still, negative backwards."""
    where: Where
    """Where it is written."""
    reel: str = ""
    """What a list calls its tape, where it names no file."""


@dataclass(frozen=True, slots=True)
class Change:
    """A transition across a meeting of two events, or at one end of the cut."""

    kind: str
    """`dissolve`, `dip`, `wipe` or `other`, as `storyboard.export.cut` has them."""
    name: str
    """The storyboard's own word where the file has it, or says just which it is; else the program's."""
    before: int
    """Its frames before the meeting."""
    after: int
    """Its frames behind it."""
    color: str
    """That a dip goes through, `#rrggbb`; else empty."""
    where: Where


@dataclass(frozen=True, slots=True)
class Over:
    """A title or a logo, as an export laid it over the picture."""

    name: str
    """Of its file; of a title that the program writes itself, its first line."""
    start: int
    """In frames of the cut."""
    frames: int
    where: Where


@dataclass(frozen=True, slots=True)
class Returned:
    """A cut that came back."""

    rate: Rate
    frames: int
    events: tuple[Event, ...]
    changes: dict[int, Change]
    """By the number of the event that each leads into: 0 opens the cut, and one more than the last closes it."""
    remarks: tuple[Noted, ...] = ()
    """What the reader found and cannot say here (further tracks, effects, nested cuts), each with its place."""
    overlays: tuple[Over, ...] = ()
    """What lies over the picture as an export laid it: titles and logos."""
    form: str = ""
    """The format that it was in, as `export --to` calls it."""
