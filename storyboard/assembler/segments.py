"""The film cut into pieces that are encoded once and kept by digest. Pure.

Borders depend on the edit alone: each transition is a segment, and the body of a clip is cut on a grid of its own
source frames. Moving an out point touches one segment; everything else keeps its digest and is not encoded again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from typing import Any

from storyboard.assembler.borders import bodies
from storyboard.assembler.stretches import Stretch, stretches_of
from storyboard.assembler.styles import Line
from storyboard.assembler.subtitles import Subtitle
from storyboard.assembler.texts import lines_of
from storyboard.assembler.timeline import Clip, Timeline
from storyboard.spec.model import Fade, Output, Storyboard
from storyboard.timing import Rate, nearest, timecode, to_frame


@dataclass(frozen=True, slots=True)
class Reel:
    """Frames of one clip in a segment: which source frames its film frames show."""

    digest: str
    """Of the source's bytes; empty for a card."""
    card: tuple[str, ...]
    """For a card: background, text colour, digest of its image, text."""
    size: tuple[int, int]
    source_rate: Rate
    stretches: tuple[Stretch, ...]
    """The source frames in rising order, each as many times as it is shown; none for a card."""
    backwards: bool
    """Whether they are shown in falling order."""
    fit: str
    focus: tuple[float, float]
    flip: str = ""
    scale: float = 1.0
    lut: str = ""
    """The digest of the look's `.cube` file; empty for none."""

    @property
    def first(self) -> int:
        """The lowest source frame that it shows; 0 for a card."""
        return self.stretches[0].first if self.stretches else 0

    @property
    def last(self) -> int:
        """The highest source frame that it shows; 0 for a card."""
        return self.stretches[-1].last if self.stretches else 0


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
    subtitles: tuple[Subtitle, ...] = ()
    """Those of the film's `.srt` file."""


def cut_segments(storyboard: Storyboard, output: Output, timeline: Timeline, extras: Extras) -> tuple[Segment, ...]:
    """The film's segments in order."""
    lines = lines_of(storyboard, output, timeline, extras.slates, extras.subtitles)
    overlays = tuple(overlays_of(storyboard, output, timeline, extras)) if output.titles else ()
    opening, closing = (
        _fade_frames(storyboard, storyboard.open, output),
        _fade_frames(storyboard, storyboard.close, output),
    )
    ending = timeline.frames - closing
    result = []
    for start, frames, clips, join in _pieces(timeline, opening, ending):
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
            reels=tuple(_reel(clip, start - clip.start, frames, output, extras) for clip in clips),
            transition=transition.kind if transition else "",
            easing=transition.easing if transition else "linear",
            color=transition.color if transition and transition.kind == "fade" else "",
            dips=tuple(dips),
            lines=(*_lines_within(lines, start, frames), *running),
            overlays=tuple(_laid_within(overlays, start, frames)),
            lut=extras.luts.get(storyboard.lut, ""),
        )
        result.append(segment)
    return tuple(result)


def _fade_frames(storyboard: Storyboard, fade: Fade | None, output: Output) -> int:
    return to_frame(fade.duration.seconds(storyboard.rate), output.rate) if fade else 0


def _pieces(timeline: Timeline, *borders: int) -> Iterator[tuple[int, int, tuple[Clip, ...], int | None]]:
    """Start, length, the clips it shows, and the join it is, for every segment."""
    clips, joins = timeline.clips, timeline.joins
    for index, clip in enumerate(clips):
        begin = clip.start + (joins[index - 1].frames if index else 0)
        end = clip.start + clip.frames - (joins[index].frames if index < len(joins) else 0)
        yield from (
            (start, stop - start, (clip,), None) for start, stop in bodies(clip, begin, end, timeline.rate, borders)
        )
        if index < len(joins) and joins[index].frames:
            yield end, joins[index].frames, (clip, clips[index + 1]), index


def _reel(clip: Clip, index: int, frames: int, output: Output, extras: Extras) -> Reel:
    """The reel of a clip's film frames from `index` on."""
    card = clip.shot.card
    stretches, backwards = ((), False) if card else stretches_of(clip.source_frames(index, frames))
    return Reel(
        digest=clip.digest,
        card=(card.background, card.color, extras.images.get(card.image, ""), card.text) if card else (),
        size=(clip.facts.width, clip.facts.height),
        source_rate=clip.facts.rate,
        stretches=stretches,
        backwards=backwards,
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


def overlays_of(storyboard: Storyboard, output: Output, timeline: Timeline, extras: Extras) -> Iterator[Laid]:
    """Every picture laid over the film, in film frames: the film's own above those of its shots."""
    placed = [(one, clip.begin, clip.end) for clip in timeline.clips for one in clip.shot.overlays]
    placed += [(one, Fraction(0), timeline.seconds) for one in storyboard.overlays]
    for overlay, start, stop in placed:
        begin = start + overlay.at.seconds(storyboard.rate)
        end = min(begin + overlay.length.seconds(storyboard.rate), stop) if overlay.length else stop
        first, last = to_frame(begin, timeline.rate), to_frame(end, timeline.rate)
        width = max(1, nearest(Fraction(str(overlay.width)) * output.width))
        yield Laid(extras.images[overlay.image], width, overlay.place, overlay.opacity, first, last)


def _lines_within(lines: Sequence[Line], start: int, frames: int) -> Iterator[Line]:
    """The lines that are seen in a stretch of film, their times counted from its first frame."""
    for line in lines:
        first, stop = line.start - start, line.stop - start
        if max(first, 0) < min(stop, frames):
            yield replace(line, start=max(first, -line.fade), stop=min(stop, frames + line.fade))


def _laid_within(overlays: Sequence[Laid], start: int, frames: int) -> Iterator[Laid]:
    for laid in overlays:
        first, stop = max(laid.start - start, 0), min(laid.stop - start, frames)
        if first < stop:
            yield replace(laid, start=first, stop=stop)


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
