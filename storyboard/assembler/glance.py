"""A clip at a glance: five small pictures of it, the times of all, and whether anything is heard."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.assembler import media
from storyboard.assembler.rolls import MAX_PIXELS
from storyboard.errors import Refused

if TYPE_CHECKING:
    import numpy as np
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

    Grey = NDArray[np.float64]

QUIET = 0.0003
"""The highest sample of a clip that is silent, of 1: -70 dBFS."""
PARTS = 4
"""The clip is looked at where it begins, where it ends, and at each quarter."""
LONG_SIDE = 48
"""Pixels of the small pictures: a model's own crop or sharpening does not show in them."""


@dataclass(slots=True)
class Glance:
    """What was seen and heard of a clip."""

    pictures: list[Grey] = field(default_factory=list)
    """In grey, 0 to 255, upright: the first, those between, the last."""
    times: list[Fraction] = field(default_factory=list)
    """When each picture of the clip is shown, in seconds."""
    peak: float = 0.0
    """The highest sample that was heard until something was, 1 at the most."""
    sound_end: float = 0.0
    """When the sound ends, in seconds."""
    broken: bool = False
    """Whether a picture could not be decoded."""


def glance(path: Path) -> Glance:
    """Look at a clip for a moment. It raises nothing for a clip that cannot be read: it says `broken`."""
    import av

    seen = Glance()
    try:
        with media.opened(path, media.demuxer(path)) as container:
            stream = media.picture_of(container)
            if stream.codec_context is None:
                raise Refused("its picture is in a codec that is not known here")
            stream.thread_type = "AUTO"
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            keys = _listen(container, stream, seen)
            try:
                _watch(container, stream, keys, seen)
            except av.FFmpegError:
                seen.broken = True
    except Refused:
        seen.broken = True
    seen.broken = seen.broken or not seen.pictures
    return seen


def _listen(container: InputContainer, stream: VideoStream, seen: Glance) -> list[int]:
    """Go through every packet: when the pictures come, which of them stand alone, and whether anything is heard."""
    import av
    from av.audio.stream import AudioStream

    times: list[int] = []
    keys: list[int] = []
    for packet in container.demux():
        base = packet.time_base
        if packet.stream is stream and packet.size and packet.pts is not None and not packet.is_discard:
            times.append(packet.pts)
            keys += [packet.pts] if packet.is_keyframe else []
        elif isinstance(packet.stream, AudioStream) and packet.size and packet.pts is not None and base:
            seen.sound_end = max(seen.sound_end, float((packet.pts + (packet.duration or 0)) * base))
            if seen.peak <= QUIET:
                with suppress(av.FFmpegError):
                    codec = packet.stream.codec_context
                    heard = codec.decode(packet) if codec else []
                    seen.peak = max([seen.peak, *(_peak(frame.to_ndarray()) for frame in heard)])
    seen.times = [time * (stream.time_base or Fraction(1)) for time in sorted(times)]
    return sorted(keys)


def _peak(samples: NDArray[np.generic]) -> float:
    """The highest of some samples, 1 at the most."""
    import numpy as np

    if not samples.size:
        return 0.0
    values = samples.astype(np.float64)
    if samples.dtype.kind == "u":
        return float(np.abs(values - 128).max() / 128)
    full = 2.0 ** (8 * samples.dtype.itemsize - 1) if samples.dtype.kind == "i" else 1.0
    return float(np.abs(values).max() / full)


def _watch(container: InputContainer, stream: VideoStream, keys: list[int], seen: Glance) -> None:
    """Decode the pictures that are looked at: from the key frame before each, without those that no other needs."""
    stream.codec_context.skip_frame = "NONREF"  # a third less work; a picture may be a frame or two early
    count = len(seen.times)
    base = stream.time_base or Fraction(1)
    wanted = sorted({round(seen.times[(count - 1) * part // PARTS] / base) for part in range(PARTS + 1) if count})
    position: int | None = None
    decoded = iter(container.decode(stream))
    for time in wanted:
        key = max((one for one in keys if one <= time), default=time)
        if position is None or key > position:
            container.seek(key, stream=stream)
            decoded = iter(container.decode(stream))
        frame = None
        for frame in decoded:
            if frame.pts is not None and frame.pts >= time:
                break
        if frame is not None:
            position = frame.pts
            seen.pictures.append(_small(frame))


def _small(frame: VideoFrame) -> Grey:
    """A frame as a small grey picture, upright, 0 to 255."""
    from av.video.reformatter import ColorRange, Colorspace, Interpolation

    scale = LONG_SIDE / max(frame.width, frame.height)
    full = frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG
    rgb = frame.reformat(
        width=max(8, round(frame.width * scale)), height=max(8, round(frame.height * scale)), format="rgb24",
        src_colorspace=Colorspace.ITU709, dst_colorspace=Colorspace.ITU709, interpolation=Interpolation.AREA,
        src_color_range=ColorRange.JPEG if full else ColorRange.MPEG, dst_color_range=ColorRange.JPEG,
    )  # fmt: skip
    return media.upright(frame, grey_of(rgb.to_ndarray()))


def grey_of(rgb: NDArray[np.generic]) -> Grey:
    """The luma of BT.709 of a picture in red, green and blue."""
    import numpy as np

    grey: Grey = rgb.astype(np.float64) @ np.array([0.2126, 0.7152, 0.0722])
    return grey
