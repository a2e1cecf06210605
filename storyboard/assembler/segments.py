"""The film cut into pieces that are encoded once and kept by digest. Pure.

Borders depend on the edit alone: each transition is a segment, and the body of a clip is cut on a grid of its own
source frames. Moving an out point touches one segment; everything else keeps its digest and is not encoded again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from storyboard.assembler.timeline import Clip, Timeline
from storyboard.assembler.words import Line, lines_of
from storyboard.spec.model import Fade, Output, Storyboard
from storyboard.timing import Rate, timecode, to_frame

GRID_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Reel:
    """Frames of one clip in a segment: which source frames its film frames show."""

    digest: str
    """Of the source's bytes; empty for a card."""
    card: tuple[str, ...]
    """For a card: background, text colour, digest of its image, text."""
    size: tuple[int, int]
    source_rate: Rate
    first: int
    """The source frame of the first film frame."""
    last: int
    """The source frame of the last film frame."""
    phase: int
    """The clip's film frame (from 0) that the reel begins with: with the rates, it settles which frames repeat."""
    inpoint: int
    fit: str
    focus: tuple[float, float]
    flip: str = ""
    scale: float = 1.0
    lut: str = ""
    """The digest of the look's `.cube` file; empty for none."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A picture laid over a segment."""

    digest: str
    """Of the picture's bytes, a PNG with transparency."""
    width: int
    """In pixels; its height follows."""
    place: str
    opacity: float
    start: int
    """The segment's frame (from 0) it is first seen in."""
    stop: int
    """The frame it is seen in no more."""


@dataclass(frozen=True, slots=True)
class Dip:
    """A part of the film's opening or closing fade that a segment lies in."""

    kind: str
    """`in` or `out`."""
    offset: int
    """How many frames the fade is already under way; negative where it begins within the segment."""
    frames: int
    color: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the film, described by nothing but what its pixels depend on."""

    frames: int
    rate: Rate
    width: int
    height: int
    reels: tuple[Reel, ...]
    """One for a body; two for a transition, the outgoing first."""
    transition: str
    easing: str
    color: str
    dips: tuple[Dip, ...]
    lines: tuple[Line, ...]
    overlays: tuple[Laid, ...] = ()
    lut: str = ""
    """The digest of the film's own `.cube` file; empty for none."""

    def describe(self) -> dict[str, Any]:
        """Plain values that its digest is made from."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


@dataclass(frozen=True, slots=True)
class Extras:
    """What a film's segments need besides its timeline."""

    images: Mapping[str, str] = field(default_factory=dict)
    """The digest of each card's and overlay's image as PNG, by file."""
    luts: Mapping[str, str] = field(default_factory=dict)
    """The digest of each `.cube` file, checked and written anew, by file."""
    slates: Mapping[str, str] = field(default_factory=dict)
    """In a draft: the text of the slate line, by shot."""
    draft: bool = False
    """Whether the film's timecode runs along."""


def cut_segments(storyboard: Storyboard, output: Output, timeline: Timeline, extras: Extras) -> tuple[Segment, ...]:
    """The film's segments in order."""
    lines = lines_of(storyboard, output, timeline, extras.slates)
    opening, closing = (
        _fade_frames(storyboard, storyboard.open, output),
        _fade_frames(storyboard, storyboard.close, output),
    )
    ending = timeline.frames - closing
    result = []
    for start, frames, clips, join in _spans(timeline, opening, ending):
        transition = timeline.joins[join].transition if join is not None else None
        dips = []
        if storyboard.open and start < opening:
            dips.append(Dip("in", start, opening, storyboard.open.color))
        if storyboard.close and start + frames > ending:
            dips.append(Dip("out", start - ending, closing, storyboard.close.color))
        running = _clock(start, frames, timeline.rate) if extras.draft else ()
        segment = Segment(
            frames=frames,
            rate=timeline.rate,
            width=output.width,
            height=output.height,
            reels=tuple(_reel(clip, start - clip.start, frames, timeline.rate, output, extras) for clip in clips),
            transition=transition.kind if transition else "",
            easing=transition.easing if transition else "linear",
            color=transition.color if transition and transition.kind == "fade" else "",
            dips=tuple(dips),
            lines=(*_within(lines, start, frames), *running),
        )
        result.append(segment)
    return tuple(result)


def _fade_frames(storyboard: Storyboard, fade: Fade | None, output: Output) -> int:
    return to_frame(fade.duration.seconds(storyboard.rate), output.rate) if fade else 0


def _spans(timeline: Timeline, *borders: int) -> Iterator[tuple[int, int, tuple[Clip, ...], int | None]]:
    """Start, length, the clips it shows, and the join it is, for every segment."""
    clips, joins = timeline.clips, timeline.joins
    for index, clip in enumerate(clips):
        begin = clip.start + (joins[index - 1].frames if index else 0)
        end = clip.start + clip.frames - (joins[index].frames if index < len(joins) else 0)
        yield from ((start, stop - start, (clip,), None) for start, stop in _grid(clip, begin, end, timeline, borders))
        if index < len(joins) and joins[index].frames:
            yield end, joins[index].frames, (clip, clips[index + 1]), index


def _grid(clip: Clip, begin: int, end: int, timeline: Timeline, borders: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """The body of a clip from film frame `begin` to `end`, cut where its source frames cross the grid."""
    step = max(1, to_frame(Fraction(GRID_SECONDS), clip.facts.rate))
    longest = max(1, 2 * to_frame(Fraction(GRID_SECONDS), timeline.rate))
    start = begin
    for frame in range(begin + 1, end + 1):
        crossed = _slot(clip, frame - clip.start, timeline.rate, step) != _slot(
            clip, frame - 1 - clip.start, timeline.rate, step
        )
        if frame == end or crossed or frame in borders or frame - start == longest:
            yield start, frame
            start = frame


def _slot(clip: Clip, index: int, rate: Rate, step: int) -> int:
    return (clip.inpoint + (index * clip.facts.rate / rate).__floor__()) // step


def _reel(clip: Clip, index: int, frames: int, rate: Rate, output: Output, extras: Extras) -> Reel:
    """The reel of a clip's film frames from `index` on."""
    card = clip.shot.card
    exact = card is not None or clip.facts.rate == rate
    return Reel(
        digest=clip.digest,
        card=(card.background, card.color, extras.images.get(card.image, ""), card.text) if card else (),
        size=(clip.facts.width, clip.facts.height),
        source_rate=clip.facts.rate,
        first=0 if card else clip.source_frame(index, rate),
        last=frames - 1 if card else clip.source_frame(index + frames - 1, rate),
        phase=0 if exact else index,
        inpoint=0 if exact else clip.inpoint,
        fit=clip.shot.fit or output.fit,
        focus=clip.shot.focus or output.focus or (0.5, 0.5),
        flip=clip.shot.flip,
        scale=clip.shot.scale,
        lut=extras.luts.get(clip.shot.lut, ""),
    )


def _clock(start: int, frames: int, rate: Rate) -> Iterator[Line]:
    """The running timecode of a draft."""
    for index in range(frames):
        yield Line("timecode", timecode(start + index, rate), index, index + 1)


def _within(lines: tuple[Line, ...], start: int, frames: int) -> Iterator[Line]:
    """The lines that are seen in a stretch of film, their times counted from its first frame."""
    for line in lines:
        first, stop = max(line.start, start), min(line.stop, start + frames)
        if first < stop:
            yield Line(line.style, line.text, first - start, stop - start)


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
