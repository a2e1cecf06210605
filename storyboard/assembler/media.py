"""Clips opened in a closed way and measured: by what is in them, not by what they or anybody says they are."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from storyboard.errors import Refused
from storyboard.planner.take import Facts
from storyboard.store import files

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
    try:
        with av.open(str(path), format=kind) as container:
            if len(container.streams) > MAX_STREAMS or not container.streams.video:
                raise Refused("it has no picture" if not container.streams.video else "it has too many streams")
            stream = container.streams.video[0]
            count = 0
            for packet in container.demux(stream):
                if packet.is_corrupt:
                    raise Refused("it is cut short or damaged")
                count += packet.size > 0
            rate = stream.average_rate
            if not count or rate is None or rate <= 0 or (kind == "mov" and stream.frames not in (0, count)):
                raise Refused("it is cut short or damaged" if count else "it has no frames")
            audio = bool(container.streams.audio)
            return Facts(count, Fraction(rate), stream.width, stream.height, audio)
    except (av.FFmpegError, ValueError) as error:
        raise Refused(f"it cannot be read as a clip: {type(error).__name__}") from None


def probe_sound(path: Path) -> None:
    """Look whether a file can be heard; `Refused` says why not."""
    import av

    try:
        with av.open(str(path), format=audio_demuxer(path)) as container:
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

    with av.open(str(path), format=demuxer(path)) as container:
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
