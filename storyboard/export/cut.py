"""The cut as editing programs think of it: pieces of media end to end, and transitions across where they meet. Pure.

A film's own clips overlap where they go over into one another. Here each ends in the middle of its transition, and what
the transition needs besides lies in the media behind it, its handle. Every count is in frames of the film, unless it
says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from storyboard.timing import Rate

Kind = Literal["dissolve", "dip", "wipe", "other"]
Conform = Literal["fill", "fit"]


@dataclass(frozen=True, slots=True)
class Plate:
    """Media that is drawn for the export: a card, or a frame of a clip that stands still."""

    clip: int
    """Which clip of the timeline it is drawn from."""
    frame: int | None = None
    """The source frame that stands still; None for a card."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file of the export."""

    file: str
    """Its name from the export's folder, with `/`."""
    rate: Rate
    frames: int
    """At its own rate."""
    width: int
    height: int
    channels: int
    """Of its own sound; 0 without any."""
    reel: str
    """A name of eight letters at the most."""
    digest: str = ""
    """Of the file's bytes, where it is somebody's own; empty for what is drawn here."""
    plate: Plate | None = None

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return self.file.rpartition("/")[2]

    @property
    def seconds(self) -> Fraction:
        """How long it lasts, exactly."""
        return self.frames / self.rate


@dataclass(frozen=True, slots=True)
class Mark:
    """A marker on a piece, and what it says."""

    name: str
    text: str
    remark: bool = False
    """Whether it names something that did not arrive as it is in the film."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one medium in the cut, at one pace."""

    shot: str
    scene: str
    number: str
    """The shot's number, as in its media's name."""
    media: Media | None
    """None for a gap: a shot without a take."""
    start: int
    frames: int
    place: Fraction
    """The place in the media, in its own frames, of what its first frame shows: backwards as well, the lower end."""
    step: Fraction
    """Frames of the media that pass with a frame of the film: 0 where it stands still, negative backwards."""
    conform: Conform = "fill"
    marks: tuple[Mark, ...] = ()
    others: tuple[Media, ...] = ()
    """Further takes of its shot."""

    @property
    def end(self) -> int:
        """The frame behind its last."""
        return self.start + self.frames

    def tempo(self, rate: Rate) -> Fraction:
        """Seconds of the media for a second of a film at `rate`, negative backwards; 1 for a gap."""
        return self.step * rate / self.media.rate if self.media else Fraction(1)

    @property
    def into(self) -> Fraction:
        """How many film frames lie between the media's beginning (backwards, its end) and the piece's own, at the
        piece's pace: exact, and a whole number wherever the pace is the media's own."""
        if self.step < 0 and self.media:
            return (self.media.frames - self.place + self.step) / -self.step
        return self.place / self.step if self.step else Fraction(0)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A transition across a meeting of two pieces, or at one end of the film."""

    kind: Kind
    name: str
    """The storyboard's own word for it."""
    before: int
    """Its frames before the meeting."""
    after: int
    """Its frames behind it."""
    color: str = ""
    """That a dip goes through."""
    easing: str = ""
    """Its pace, where that is not even."""

    @property
    def frames(self) -> int:
        """How long it lasts."""
        return self.before + self.after


@dataclass(frozen=True, slots=True)
class Laid:
    """A transparent film that lies over the picture: a title, or a logo."""

    media: Media
    start: int
    frames: int
    words: str
    """What is written on it; empty for a picture."""


@dataclass(frozen=True, slots=True)
class Written:
    """A title that the editing program itself writes."""

    text: str
    start: int
    frames: int
    size: float
    """Of its first row's letters, in pixels."""
    middle: float
    """Pixels from the middle of the picture up to the middle of the words; negative below it."""
    across: float | None
    """Pixels from the middle of the picture to where all its rows begin, negative to the left; None: they are centred.
    """


@dataclass(frozen=True, slots=True)
class Stem:
    """One bus of the mix, as long as the film."""

    bus: str
    file: str
    samples: int


@dataclass(frozen=True, slots=True)
class Cut:
    """One film, described for an editing program."""

    name: str
    """That its files are called by."""
    title: str
    rate: Rate
    frames: int
    start: int
    """The number of its first frame: its timecode."""
    drop: bool
    """Whether its timecode drops numbers, so that it keeps to the clock."""
    width: int
    height: int
    pieces: tuple[Piece, ...]
    crossings: Mapping[int, Crossing] = field(default_factory=dict)
    """By the number of the piece that each leads into: 0 opens the film, and one more than the last closes it."""
    layers: tuple[tuple[Laid, ...], ...] = ()
    """What lies over the picture, the lowest track first."""
    titles: tuple[Written, ...] = ()
    stems: tuple[Stem, ...] = ()

    @property
    def media(self) -> tuple[Media, ...]:
        """Every file that its picture is made of, further takes included, each once."""
        used = [piece.media for piece in self.pieces if piece.media]
        used += [other for piece in self.pieces for other in piece.others]
        used += [laid.media for layer in self.layers for laid in layer]
        return tuple({one.file: one for one in used}.values())

    def handles(self, index: int) -> tuple[int, int]:
        """How many frames the transitions of piece `index` take before its beginning, and behind its end."""
        before, after = self.crossings.get(index), self.crossings.get(index + 1)
        return before.before if before else 0, after.after if after else 0
