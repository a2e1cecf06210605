"""Segments and sound to one film by copying packets: every frame on its place, the first at 0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.errors import Refused

if TYPE_CHECKING:
    from av.packet import Packet

REORDER = 1
"""Frames by which decoding runs ahead: the encoder uses B-frames that nothing refers to."""


DAMAGED = "the cache is damaged: delete .storyboard/cache and run it again"


def join_film(segments: Sequence[tuple[Path, int]], sound: Path, rate: Fraction, title: str, target: Path) -> None:
    """Write the film to `target`: the segments (each with its number of frames) in order, and the sound."""
    import av

    if not read_packets(segments[0][0])[1]:
        raise Refused("a segment has no frames", hint=DAMAGED)
    options = {"movflags": "+faststart", "fflags": "+bitexact", "video_track_timescale": str(rate.numerator * 512)}
    with (
        av.open(str(target), "w", format="mp4", options=options) as film,
        av.open(str(sound), format="mov") as heard,
        av.open(str(segments[0][0]), format="mov") as first,
    ):
        if title:
            film.metadata["title"] = title
        picture = film.add_stream_from_template(first.streams.video[0])
        picture.time_base = 1 / rate
        audio = film.add_stream_from_template(heard.streams.audio[0])
        voices = _voices(heard.demux(heard.streams.audio[0]))
        waiting = next(voices, None)
        for position, packet in enumerate(_pictures(segments, rate)):
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


def _voices(packets: Iterator[Packet[Any]]) -> Iterator[Packet[Any]]:
    return (packet for packet in packets if packet.size)


def read_packets(path: Path) -> tuple[bytes, list[Packet[Any]]]:
    """The encoder's parameters and the packets of a segment, in decoding order; `Refused` when it is none."""
    import av

    try:
        with av.open(str(path), format="mov") as container:
            if not container.streams.video:
                return b"", []
            picture = container.streams.video[0]
            packets = [packet for packet in container.demux(picture) if packet.size]
            return bytes(picture.codec_context.extradata or b""), packets
    except av.FFmpegError as error:
        raise Refused(f"a segment cannot be read: {type(error).__name__}", hint=DAMAGED) from None


def _pictures(segments: Sequence[tuple[Path, int]], rate: Fraction) -> Iterator[Packet[Any]]:
    """Every packet of the film in decoding order, its times in whole frames."""
    base, first = 0, b""
    for path, frames in segments:
        parameters, packets = read_packets(path)
        first = first or parameters
        if len(packets) != frames or parameters != first:
            what = f"{len(packets)} frames and not {frames}" if len(packets) != frames else "other parameters"
            raise Refused(f"a segment has {what}", hint=DAMAGED)
        for index, packet in enumerate(packets):
            packet.pts = base + round(_ticks(packet.pts) * packet.time_base * rate)
            packet.dts = base + index - REORDER
            packet.duration = 1
            packet.time_base = 1 / rate
            yield packet
        base += frames


def _ticks(pts: int | None) -> int:
    if pts is None:
        raise Refused("a segment has a frame without a time", hint=DAMAGED)
    return pts
