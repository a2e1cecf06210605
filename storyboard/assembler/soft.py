"""Captions as a track of the film's own, which a player shows or hides."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from storyboard.assembler.chapters import ticks
from storyboard.assembler.layout import Text
from storyboard.assembler.subtitles import rows_of
from storyboard.timing import Rate

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.subtitles.stream import SubtitleStream

FINER = 5
"""Ticks of the track for one of the film: with more in a second than any other track has, the writer of MP4, which
compares ticks of one track with those of another, puts no end of its own between two captions."""
LONGEST = 2**31 - 1
"""The most ticks of a sample."""

_STYLE = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, \
MarginV, Encoding
Style: Default,Sans,{size},&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,2,0,0,0,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the track shows from one film frame up to but not including another: nothing, where its text is empty."""

    text: str
    start: int
    stop: int


def samples_of(captions: Sequence[Text], frames: int) -> tuple[Sample, ...]:
    """The whole film in samples without a gap; captions that are seen at once stand together in one, the first to
    begin on top."""
    borders = sorted({0, frames, *(at for one in captions for at in (one.start, one.stop) if at < frames)})
    coming = sorted(captions, key=lambda one: one.start)[::-1]
    seen: list[Text] = []
    samples: list[Sample] = []
    for start, stop in pairwise(borders):
        while coming and coming[-1].start <= start:
            seen.append(coming.pop())
        seen = [one for one in seen if one.stop > start]
        text = "\n".join(rows for one in seen if (rows := rows_of(one.text)))
        samples.append(Sample(text, start, stop))
    return tuple(samples)


def add_captions(film: OutputContainer, rate: Rate, size: tuple[int, int]) -> SubtitleStream:
    """A track for captions in a film of this size (in pixels), before its first packet."""
    track: SubtitleStream = film.add_stream("mov_text")
    style = _STYLE.format(width=size[0], height=size[1], size=max(1, size[1] * 19 // 360))
    track.codec_context.subtitle_header = style.encode()
    track.time_base = Fraction(1, FINER * ticks(rate))
    return track


def caption_packets(track: SubtitleStream, samples: Sequence[Sample], rate: Rate) -> Iterator[Packet[Any]]:
    """The packets of a film's captions in order."""
    from av.packet import Packet as Encoded

    step = FINER * ticks(rate) * rate.denominator // rate.numerator
    for sample in samples:
        words = sample.text.encode()
        start, stop = sample.start * step, sample.stop * step
        for begin in range(start, stop, LONGEST):
            packet: Packet[Any] = Encoded(struct.pack(">H", len(words)) + words)
            packet.stream = track
            packet.pts = packet.dts = begin
            packet.duration = min(stop - begin, LONGEST)
            packet.time_base = Fraction(1, FINER * ticks(rate))
            packet.is_keyframe = True
            yield packet
