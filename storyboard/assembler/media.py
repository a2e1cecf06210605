"""Clips opened in a closed way and measured: by what is in them, not by what they or anybody says they are."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from storyboard.assembler import ffmpeg
from storyboard.assembler.boxes import AGAIN, CUT_SHORT, check_boxes
from storyboard.assembler.keyframes import Packet, find_keys, stands_alone, start_before
from storyboard.assembler.rolls import MAX_FRAMES, MAX_PIXELS, Roll, roll_from
from storyboard.assembler.stock import LONGEST_LAST, even_picture, even_times, pace, shown_size, stock_of
from storyboard.errors import Refused
from storyboard.planner.take import Facts
from storyboard.store import files
from storyboard.store.cache import Cache, key_of
from storyboard.timing import MAX_RATE, to_frame

if TYPE_CHECKING:
    from av.buffer import Buffer
    from av.container import InputContainer
    from av.packet import Packet as Encoded
    from av.stream import Stream
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray
    from PIL import Image

MAX_STREAMS = 8
OWN_COLOURS = ("dvh1", "dvhe", "dav1")
"""Streams that only Dolby Vision's own decoders show in their colours."""
MATRIX = "DISPLAYMATRIX"
"""The side data by which a file says how its pictures are turned and mirrored."""
SLOWEST = 4
"""Seconds that a picture may stand, on the average of a clip."""
MEASURE = "roll-2"
"""The version of how clips are measured, and of how that is remembered."""


def demuxer(path: Path) -> str:
    """The one demuxer that may open a clip, from its first bytes: `mov` or `matroska`."""
    with files.reading(path), path.open("rb") as file:
        head = file.read(16)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return "mov"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    raise Refused("it is not an MP4, MOV, MKV or WebM clip", hint="save it as MP4 from an editor")


def probe(path: Path) -> Facts:
    """What a clip measures, every packet counted; `Refused` says why it is not a whole, playable clip."""
    return measure(path).facts


def measure(path: Path) -> Roll:
    """A clip's facts, and how it is read; `Refused` says why it is not a whole, playable clip."""
    kind = demuxer(path)
    check_boxes(path, kind)
    with opened(path, kind) as container:
        streams = container.streams
        if len(streams) > MAX_STREAMS:
            raise Refused("it has too many streams")
        stream = picture_of(container)
        if stream.codec_context is None:
            raise Refused("its picture is in a codec that is not known here")
        if stream.codec_context.codec_tag in OWN_COLOURS:
            raise Refused("its colours are Dolby Vision's own", hint="save it from an editor as SDR, in BT.709")
        _check_size(stream.width, stream.height)
        seen = _Seen(dict.fromkeys(range(len(streams)), 0))
        _look_through(container, stream, seen)
        count, rate = seen.counts[stream.index], stream.average_rate
        if count == seen.hidden or rate is None or (kind == "mov" and _lacks_packets(container, seen.counts)):
            raise Refused(CUT_SHORT if count else "it has no frames", hint=AGAIN if count else "")
        if seen.first is None:
            raise Refused("none of its pictures can be decoded")
        return _roll(container, stream, seen, Fraction(rate))


def picture_of(container: InputContainer) -> VideoStream:
    """The first picture of a clip that moves: the cover of a recording is none. `Refused` where there is none."""
    for stream in container.streams.video:
        if not is_cover(stream):
            return stream
    raise Refused("it has no picture that moves" if container.streams.video else "it has no picture")


def is_cover(stream: VideoStream) -> bool:
    """Whether a picture is the cover of a recording."""
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


@dataclass(slots=True)
class _Seen:
    """What was found while a clip was looked through."""

    counts: dict[int, int]
    """Packets by stream."""
    packets: list[Packet] = field(default_factory=list)
    """Of the picture, in the order of the file; those without a time are left out."""
    hidden: int = 0
    """Pictures that an edit list cuts off."""
    last: int = 0
    """How long the latest picture stands, in the stream's units of time."""
    first: VideoFrame | None = None
    """The first picture that could be decoded."""


def _look_through(container: InputContainer, stream: VideoStream, seen: _Seen) -> None:
    """Go through every packet, and decode one picture."""
    codec = stream.codec_context
    codec.thread_type = "NONE"  # several threads want several pictures before they give one
    codec.options = {"max_pixels": str(MAX_PIXELS)}
    extradata, name, latest = bytes(codec.extradata or b""), codec.name, None
    for packet in container.demux():
        if packet.is_corrupt:
            raise Refused(CUT_SHORT, hint=AGAIN)
        seen.counts[packet.stream.index] += packet.size > 0
        if packet.stream is not stream or not packet.size:
            continue
        seen.hidden += packet.is_discard
        if packet.pts is not None:
            key = packet.is_keyframe and stands_alone(name, bytes(packet), extradata)
            seen.packets.append(Packet(packet.pts, not packet.is_discard, key))
            if latest is None or packet.pts > latest:
                latest, seen.last = packet.pts, packet.duration or 0
        seen.first = seen.first or _shown_alone(codec, packet) or next(iter(codec.decode(packet)), None)
    seen.first = seen.first or next(iter(codec.decode(None)), None)


def _shown_alone(codec: VideoCodecContext, packet: Encoded[Stream]) -> VideoFrame | None:
    """The picture of a keyframe; elsewhere None. A decoder that is not told that nothing follows keeps it back, and
    decodes the next ones first."""
    if not packet.is_keyframe:
        return None
    frame = next(iter([*codec.decode(packet), *codec.decode(None)]), None)
    codec.flush_buffers()
    return frame


def _roll(container: InputContainer, stream: VideoStream, seen: _Seen, rate: Fraction) -> Roll:
    """What was seen, put in order."""
    first, base = seen.first, stream.time_base or Fraction(0)
    assert first is not None  # noqa: S101 - whoever calls has looked
    times = sorted(packet.time for packet in seen.packets if packet.shown)
    frames, variable, last = seen.counts[stream.index] - seen.hidden, False, 0
    _check_rate(rate)
    _check_spread(seen.packets, base)
    if base > 0 and len(times) == frames > 1:
        rate, variable = pace(times, base, rate)
        _check_rate(rate)
    if variable:
        last = max(1, to_frame(min(seen.last * base, Fraction(LONGEST_LAST)), rate))
        frames = to_frame((times[-1] - times[0]) * base, rate) + last
    if frames > MAX_FRAMES:
        raise Refused(f"it has more frames than a clip may have: {MAX_FRAMES:,}")
    _check_size(first.width, first.height)
    stock = replace(stock_of(stream, first), variable=variable, last=last)
    width, height = shown_size(first.width, first.height, stock.pixel, turned=bool(first.rotation % 180))
    _check_size(width, height)
    beginning = container.start_time or 0
    keys = () if variable or len(times) != frames else find_keys(seen.packets, base, beginning)
    return Roll(Facts(frames, rate, width, height, bool(container.streams.audio)), stock, keys, _is_turned(first))


def _is_turned(first: VideoFrame) -> bool:
    """Whether a picture is shown turned or mirrored: a file says so by a matrix."""
    return MATRIX in first.side_data


def upright(frame: VideoFrame, pixels: NDArray[Any]) -> NDArray[Any]:
    """The pixels of a picture (row by row) as it is shown: turned and mirrored as its file says."""
    said = frame.side_data.get(MATRIX)
    if said is None:
        return pixels
    matrix = struct.unpack_from("9i", bytes(cast("Buffer", said)))
    across, down, rightward, upward = (matrix[place] for place in (0, 1, 3, 4))
    if abs(across) < abs(down):
        pixels, across, upward = pixels.swapaxes(0, 1), rightward, down
    return pixels[:: -1 if upward < 0 else 1, :: -1 if across < 0 else 1]


def roll_of(path: Path, digest: str, cache: Cache) -> Roll:
    """What `measure` finds of a clip, remembered by the digest of its bytes: those in `path`, or `Transient`."""
    key = key_of(MEASURE, digest)
    roll = roll_from(cache.recall("rolls", key))
    if roll is None:
        roll = measure(path)
        if files.sha256(path) != digest:
            raise files.changed(path)
        cache.remember("rolls", key, roll.describe())
    return roll


@contextmanager
def opened(path: Path, kind: str, what: str = "clip") -> Iterator[InputContainer]:
    """A file opened by one demuxer and nothing else; what libav makes of a bad one is `Refused` in plain words."""
    import av

    options = {"protocol_whitelist": "file", "format_whitelist": ffmpeg.FORMATS.get(kind, kind), "max_streams": "64"}
    options |= {"skip_frame": "all"}  # to find the streams, no picture has to be decoded
    if kind == "mov":
        options |= {"enable_drefs": "0", "use_absolute_path": "0"}  # pictures in another file
    try:
        with av.open(str(path.resolve()), format=kind, metadata_errors="replace", options=options) as container:
            yield container
    except av.error.MemoryError:
        raise Refused(f"it needs more streams or more memory than a {what} may have") from None
    except (av.FFmpegError, ValueError, IndexError):
        raise Refused(f"it cannot be read as a {what}", hint="look whether it plays, and save it again") from None


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise Refused(f"its picture is {width}x{height}: a clip has at most {MAX_PIXELS:,} pixels")


def _check_rate(rate: Fraction) -> None:
    """Whether a rate is one that films have."""
    if not 1 <= rate <= MAX_RATE:
        raise Refused(f"its frame rate is {float(rate):g}: a clip has 1 to {MAX_RATE} frames per second")


def _check_spread(packets: list[Packet], base: Fraction) -> None:
    """Whether pictures, those that are cut off too, come at about a rate that films have, whatever the file says."""
    every, steps = [packet.time for packet in packets], len(packets) - 1
    spread = (max(every) - min(every)) * base if steps > 0 else 0
    if steps > 0 and not steps <= spread * MAX_RATE <= (steps * SLOWEST + 1) * MAX_RATE:
        raise Refused("its frames are not where its frame rate says")


def _lacks_packets(container: InputContainer, counts: dict[int, int]) -> bool:
    """Whether a stream of an MP4 has another number of packets than its index says. Raw samples come in handfuls."""
    return any(
        one.frames not in (0, counts[one.index])
        for one in (*(one for one in container.streams.video if not is_cover(one)), *container.streams.audio)
        if one.codec_context is None or not one.codec_context.name.startswith("pcm")
    )


def without_metadata(path: Path, target: Path) -> None:
    """A clip's first picture and sound as an MP4, packet by packet: without the names, dates and places that it has."""
    kept = ("-map", "0:V:0", "-map", "0:a:0?", "-c", "copy", "-map_metadata", "-1", "-map_chapters", "-1")
    ffmpeg.run(
        *ffmpeg.reading(path, demuxer(path)), *kept, "-fflags", "+bitexact", "-movflags", "+faststart", "-f", "mp4",
        "-y", str(target),
    )  # fmt: skip


def last_frame(path: Path) -> Image.Image:
    """The last picture of a clip as a film shows it: upright, with square pixels, in its colours."""
    roll = measure(path)
    return picture_at(path, roll, roll.facts.frames - 1)


def picture_at(path: Path, roll: Roll, frame: int) -> Image.Image:
    """A picture of a clip that was measured, by its number from 0, as a film shows it."""
    from PIL import Image

    facts = roll.facts
    start = start_before(roll.keys, frame, roll.stock.margin)
    frames = f"{even_times(roll.stock, facts)}trim=start_frame={frame - start.frame}"
    colours = f"in_color_matrix=bt709:in_range=tv:out_range=pc:{ffmpeg.SCALING.rstrip(';')}"
    picture = f"{even_picture(roll.stock, facts)},scale={facts.width}:{facts.height}:{colours},format=rgb24"
    pixels = ffmpeg.read(
        *ffmpeg.QUIET, *start.arguments, *ffmpeg.reading(path, demuxer(path)), "-map", "0:V:0",
        "-vf", frames + picture, "-frames:v", "1", "-f", "rawvideo", "-",
    )  # fmt: skip
    if len(pixels) != facts.width * facts.height * 3:
        raise Refused(f"its {'last' if frame == facts.frames - 1 else frame} picture cannot be decoded")
    return Image.frombytes("RGB", (facts.width, facts.height), pixels)
