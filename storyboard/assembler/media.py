"""Clips opened in a closed way and measured: by what is in them, not by what they or anybody says they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from storyboard.assembler.boxes import check_boxes
from storyboard.errors import Refused
from storyboard.planner.take import Facts
from storyboard.store import files
from storyboard.timing import MAX_RATE

if TYPE_CHECKING:
    from av.container import InputContainer
    from PIL import Image

MAX_STREAMS = 8
MAX_PIXELS = 33_177_600
"""An 8K frame."""
FORMATS = {"mov": "mov,mp4,m4a,3gp,3g2,mj2", "matroska": "matroska,webm"}
"""The demuxers' names as libav's own lists have them."""
AUDIO_DEMUXERS = {
    b"RIFF": "wav",
    b"fLaC": "flac",
    b"OggS": "ogg",
    b"ID3": "mp3",
    b"\xff\xfb": "mp3",
    b"\xff\xf3": "mp3",
}


def demuxer(path: Path) -> str:
    """The one demuxer that may open a clip, from its first bytes: `mov` or `matroska`."""
    head = _head(path)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return "mov"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    raise Refused("it is not an MP4, MOV, MKV or WebM clip")


def audio_demuxer(path: Path) -> str:
    """The one demuxer that may open a sound, from its first bytes."""
    head = _head(path)
    for magic, name in AUDIO_DEMUXERS.items():
        if head.startswith(magic):
            return name
    return demuxer(path)


def _head(path: Path) -> bytes:
    with files.reading(path), path.open("rb") as file:
        return file.read(16)


def probe(path: Path) -> Facts:
    """What a clip measures, every packet counted; `Refused` says why it is not a whole, playable clip."""
    kind = demuxer(path)
    check_boxes(path, kind)
    with opened(path, kind) as container:
        streams = container.streams
        if len(streams) > MAX_STREAMS or not streams.video:
            raise Refused("it has too many streams" if streams.video else "it has no picture")
        stream = streams.video[0]
        if stream.codec_context is None:
            raise Refused("its picture is in a codec that is not known here")
        _check_size(stream.width, stream.height)
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        counts = dict.fromkeys(range(len(streams)), 0)
        times: list[int] = []
        hidden, first = 0, None
        for packet in container.demux():
            if packet.is_corrupt:
                raise Refused("it is cut short or damaged")
            counts[packet.stream.index] += packet.size > 0
            if packet.stream is stream and packet.size:
                hidden += packet.is_discard  # an edit list cuts it off
                times += [] if packet.pts is None else [packet.pts]
                first = first or next(iter(stream.codec_context.decode(packet)), None)
        count, rate = counts[stream.index], stream.average_rate
        if count == hidden or rate is None or rate <= 0 or (kind == "mov" and _lacks_packets(container, counts)):
            raise Refused("it is cut short or damaged" if count else "it has no frames")
        first = first or next(iter(stream.codec_context.decode(None)), None)
        if first is None:
            raise Refused("none of its pictures can be decoded")
        _check_rate(rate, times, stream.time_base)
        _check_size(first.width, first.height)
        width, height = (stream.width, stream.height)
        if first.rotation % 180:
            width, height = height, width
        return Facts(count - hidden, Fraction(rate), width, height, bool(streams.audio))


@contextmanager
def opened(path: Path, kind: str, what: str = "clip") -> Iterator[InputContainer]:
    """A file opened by one demuxer and nothing else; what libav makes of a bad one is `Refused` in plain words."""
    import av

    options = {"protocol_whitelist": "file", "format_whitelist": FORMATS.get(kind, kind), "max_streams": "64"}
    if kind == "mov":
        options |= {"enable_drefs": "0", "use_absolute_path": "0"}  # pictures in another file
    try:
        with av.open(str(path.resolve()), format=kind, metadata_errors="replace", options=options) as container:
            yield container
    except av.error.MemoryError:
        raise Refused(f"it needs more streams or more memory than a {what} may have") from None
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise Refused(f"it cannot be read as a {what}: {type(error).__name__}") from None


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise Refused(f"its picture is {width}x{height}: a clip has at most {MAX_PIXELS:,} pixels")


def _check_rate(rate: Fraction, times: list[int], base: Fraction | None) -> None:
    """Whether a rate is one that films have, and the frames come at about that rate."""
    if not 1 <= rate <= MAX_RATE:
        raise Refused(f"its frame rate is {float(rate):g}: a clip has 1 to {MAX_RATE} frames per second")
    steps = len(times) - 1
    spread = (max(times) - min(times)) * (base or 0) * rate if steps > 0 else 0
    if steps > 0 and not steps / 4 <= spread <= steps * 4 + 1:
        raise Refused("its frames are not where its frame rate says")


def _lacks_packets(container: InputContainer, counts: dict[int, int]) -> bool:
    """Whether a stream of an MP4 has another number of packets than its index says. Raw samples come in handfuls."""
    return any(
        one.frames not in (0, counts[one.index])
        for one in (*container.streams.video, *container.streams.audio)
        if one.codec_context is None or not one.codec_context.name.startswith("pcm")
    )


def probe_sound(path: Path) -> None:
    """Look whether a file can be heard; `Refused` says why not."""
    with opened(path, audio_demuxer(path), "sound") as container:
        if not container.streams.audio:
            raise Refused("it has no sound")
        for _ in container.decode(audio=0):
            return
    raise Refused("it has no sound")


def without_metadata(path: Path, target: Path) -> None:
    """A clip's first picture and sound as an MP4, packet by packet: without the names, dates and places that it has."""
    from storyboard.assembler import ffmpeg

    kept = ("-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-map_metadata", "-1", "-map_chapters", "-1")
    ffmpeg.run(
        *ffmpeg.reading(path, demuxer(path)), *kept, "-fflags", "+bitexact", "-movflags", "+faststart", "-f", "mp4",
        "-y", str(target),
    )  # fmt: skip


def last_frame(path: Path) -> Image.Image:
    """The last picture of a clip, decoded."""
    from av.video.reformatter import ColorRange, Colorspace

    with opened(path, demuxer(path)) as container:
        frame = None
        for decoded in container.decode(video=0):
            frame = decoded
        if frame is None:
            raise Refused("it has no frames")
        rgb = frame.reformat(
            format="rgb24", src_colorspace=Colorspace.ITU709, dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.MPEG, dst_color_range=ColorRange.JPEG,
        )  # fmt: skip
        return cast("Image.Image", rgb.to_image())  # type: ignore[no-untyped-call]
