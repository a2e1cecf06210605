"""Clips opened in a closed way and measured: by what is in them, not by what they or anybody says they are."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from storyboard.errors import Refused
from storyboard.planner.take import Facts
from storyboard.store import files
from storyboard.timing import MAX_RATE

if TYPE_CHECKING:
    from PIL import Image

MAX_STREAMS = 8
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
    import av

    kind = demuxer(path)
    if _ends_early(path, kind):
        raise Refused("it is cut short or damaged")
    try:
        with av.open(str(path), format=kind, metadata_errors="replace") as container:
            if len(container.streams) > MAX_STREAMS or not container.streams.video:
                raise Refused("it has no picture" if not container.streams.video else "it has too many streams")
            stream = container.streams.video[0]
            if stream.codec_context is None:
                raise Refused("its picture is in a codec that is not known here")
            count, hidden, first = 0, 0, None
            for packet in container.demux():
                if packet.is_corrupt:
                    raise Refused("it is cut short or damaged")
                if packet.stream is stream:
                    count += packet.size > 0
                    hidden += packet.size > 0 and packet.is_discard  # an edit list cuts it off
                    first = first or next(iter(stream.codec_context.decode(packet)), None)
            rate = stream.average_rate
            if count == hidden or rate is None or rate <= 0 or (kind == "mov" and stream.frames not in (0, count)):
                raise Refused("it is cut short or damaged" if count else "it has no frames")
            audio = bool(container.streams.audio)
            upright = first is None or first.rotation % 180 == 0
            width, height = (stream.width, stream.height) if upright else (stream.height, stream.width)
            if not 1 <= rate <= MAX_RATE:
                raise Refused(f"its frame rate is {float(rate):g}: a clip has 1 to {MAX_RATE} frames per second")
            return Facts(count - hidden, Fraction(rate), width, height, audio)
    except (av.FFmpegError, ValueError) as error:
        raise Refused(f"it cannot be read as a clip: {type(error).__name__}") from None


def _ends_early(path: Path, kind: str) -> bool:
    """Whether a file is shorter than its outermost boxes say: an MP4's own, or the one segment of a Matroska file."""
    with files.reading(path), path.open("rb") as file:
        total = path.stat().st_size
        if kind == "matroska":
            head = file.read(512)
            at = head.find(b"\x18\x53\x80\x67") + 4
            length = 9 - head[at].bit_length() if 4 <= at < len(head) and head[at] else 0
            size = int.from_bytes(head[at : at + length], "big") & ((1 << 7 * length) - 1)
            unknown = size == (1 << 7 * length) - 1
            return not length or (not unknown and at + length + size > total)
        at = 0
        while at + 8 <= total:
            file.seek(at)
            size, name = struct.unpack(">I4s", file.read(8))
            if size == 1:
                size = int.from_bytes(file.read(8), "big")
            if size == 0:
                return False
            if size < 8 or not name.isalnum():
                return at == 0
            at += size
        return at > total


def probe_sound(path: Path) -> None:
    """Look whether a file can be heard; `Refused` says why not."""
    import av

    try:
        with av.open(str(path), format=audio_demuxer(path), metadata_errors="replace") as container:
            if not container.streams.audio:
                raise Refused("it has no sound")
            for _ in container.decode(audio=0):
                return
    except (av.FFmpegError, ValueError) as error:
        raise Refused(f"it cannot be read as a sound: {type(error).__name__}") from None
    raise Refused("it has no sound")


def last_frame(path: Path) -> Image.Image:
    """The last picture of a clip, decoded."""
    import av
    from av.video.reformatter import ColorRange, Colorspace

    kind = demuxer(path)
    try:
        with av.open(str(path), format=kind, metadata_errors="replace") as container:
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
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise Refused(f"it cannot be read as a clip: {type(error).__name__}") from None
