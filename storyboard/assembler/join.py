"""Segments and sound to one film by copying packets: every frame on its place, the first at 0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.assembler.chapters import Chapter, mark_chapters, ticks
from storyboard.assembler.media import picture_of
from storyboard.assembler.packets import DAMAGED, Index, read_bytes
from storyboard.assembler.parameters import merge
from storyboard.assembler.soft import Sample, add_captions, caption_packets
from storyboard.errors import Refused

if TYPE_CHECKING:
    from av.packet import Packet


@dataclass(frozen=True, slots=True)
class Piece:
    """A file whose packets become a part of the film: so many frames."""

    path: Path
    index: Index
    frames: int


@dataclass(frozen=True, slots=True)
class Sleeve:
    """What a film says of itself."""

    title: str
    size: tuple[int, int]
    """Of the picture, in pixels."""
    format: str = "mp4"
    chapters: tuple[Chapter, ...] = ()
    captions: tuple[Sample, ...] = ()
    """For a track that players show or hide: the whole film in samples."""


def join_film(pieces: Sequence[Piece], sound: Path, rate: Fraction, sleeve: Sleeve, target: Path) -> None:
    """Write the film to `target`: the pieces in order, and the sound."""
    import av

    if not pieces[0].index.packets:
        raise Refused("a segment has no frames", hint=DAMAGED)
    scale = str(ticks(rate))
    options = {
        "movflags": "+faststart", "fflags": "+bitexact", "video_track_timescale": scale, "movie_timescale": scale,
    }  # fmt: skip
    with (
        av.open(str(target), "w", format=sleeve.format, options=options) as film,
        av.open(str(sound), format="mov") as heard,
        av.open(str(pieces[0].path), format="mov") as first,
    ):
        if sleeve.title:
            film.metadata["title"] = sleeve.title
        picture = film.add_stream_from_template(picture_of(first))
        picture.time_base = 1 / rate
        picture.codec_context.extradata = _parameters(pieces)
        audio = film.add_stream_from_template(heard.streams.audio[0])
        mark_chapters(film, sleeve.chapters, rate)
        if sleeve.captions:
            track = add_captions(film, rate, sleeve.size)
            film.mux(list(caption_packets(track, sleeve.captions, rate)))
        voices = (packet for packet in heard.demux(heard.streams.audio[0]) if packet.size)
        waiting = next(voices, None)
        for position, packet in enumerate(_pictures(pieces, rate)):
            packet.stream = picture
            now = position / rate
            while waiting is not None and waiting.pts is not None and waiting.pts * waiting.time_base <= now:
                waiting.stream = audio
                film.mux_one(waiting)
                waiting = next(voices, None)
            film.mux_one(packet)
        while waiting is not None:
            waiting.stream = audio
            film.mux_one(waiting)
            waiting = next(voices, None)


def _parameters(pieces: Sequence[Piece]) -> bytes:
    """What a decoder is told of the whole film: the parameters of all pieces, or of the copied and the encoded ones."""
    found = list(dict.fromkeys(piece.index.parameters for piece in pieces))
    merged = found[0] if len(found) == 1 else merge(*found) if len(found) == 2 else None
    if merged is None:
        raise Refused("its clips cannot stand beside what is drawn", hint="write `quality: standard`, or master")
    return merged


def _pictures(pieces: Sequence[Piece], rate: Fraction) -> Iterator[Packet[Any]]:
    """Every packet of the film in decoding order, its times in whole frames."""
    from av.packet import Packet as Encoded

    base = 0
    ahead = max(piece.index.reorder for piece in pieces)
    for piece in pieces:
        found = piece.index.packets
        if len(found) != piece.frames:
            raise Refused(f"a segment has {len(found)} frames and not {piece.frames}", hint=DAMAGED)
        for number, (data, entry) in enumerate(zip(read_bytes(piece.path, found), found, strict=True)):
            packet: Packet[Any] = Encoded(data)
            packet.pts = base + entry.frame
            packet.dts = base + number - ahead
            packet.duration = 1
            packet.time_base = 1 / rate
            packet.is_keyframe = entry.key
            yield packet
        base += piece.frames
