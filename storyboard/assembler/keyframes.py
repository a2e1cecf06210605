"""Where a long clip may be begun to be read, so that every frame from there on is the one it is when read from 0."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

MICROSECOND = Fraction(1, 1_000_000)
APART = Fraction(1, 2)
"""Seconds between two places that are remembered, at least."""
TRUE_KEYS = ("vp8", "vp9", "libdav1d", "mpeg2video", "prores", "mjpeg", "dnxhd", "ffv1", "png")
"""Codecs in which a key frame is always one: nothing that is shown behind it needs what was before it."""
RECOVERY_POINT = 6


@dataclass(frozen=True, slots=True)
class Key:
    """A frame that nothing before it is needed for, nor for what is shown after it."""

    frame: int
    """Its number among the frames that are shown, from 0."""
    microseconds: int
    """Its time, counted from the file's earliest time stamp, as ffmpeg's `-ss` counts."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One coded picture, in the order of the file."""

    time: int
    shown: bool
    """False for what an edit list cuts off."""
    key: bool


@dataclass(frozen=True, slots=True)
class Start:
    """Where reading begins."""

    arguments: tuple[str, ...]
    """What stands before the input's other options; empty for the beginning."""
    frame: int
    """The number of the first frame that is decoded."""


def start_before(keys: Sequence[Key], frame: int, margin: int = 0) -> Start:
    """The last place from which source frame `frame` can be read, and `margin` frames before it."""
    index = bisect_right(keys, frame - margin, key=lambda key: key.frame) - 1
    if index < 0 or not keys[index].frame:
        return Start((), 0)
    seconds, rest = divmod(keys[index].microseconds, 1_000_000)
    return Start(("-ss", f"{seconds}.{rest:06}"), keys[index].frame)


def find_keys(packets: Sequence[Packet], base: Fraction, beginning: int) -> tuple[Key, ...]:
    """The places where reading may begin. `beginning` is the file's earliest time, in microseconds.

    A key frame is none where a picture that is shown after it comes before it in the file.
    """
    if base < MICROSECOND:
        return ()  # ffmpeg seeks by microseconds: it would miss
    times = sorted(packet.time for packet in packets if packet.shown)
    numbers = {time: number for number, time in enumerate(times)}
    found: list[Key] = []
    latest: int | None = None
    for packet in packets:
        if packet.key and packet.shown and (latest is None or latest < packet.time):
            at = packet.time * base
            microseconds = round(at / MICROSECOND) - beginning
            if microseconds >= 0 and (not found or microseconds - found[-1].microseconds >= APART / MICROSECOND):
                found.append(Key(numbers[packet.time], microseconds))
        if packet.shown and (latest is None or packet.time > latest):
            latest = packet.time
    return tuple(found)


def stands_alone(codec: str, data: bytes, extradata: bytes) -> bool:
    """Whether a key frame is really one. H.264 and HEVC also mark frames so that only begin to be whole."""
    if codec == "h264":
        return any(_is_clean(unit) for unit in _units(data, extradata, 4))
    if codec == "hevc":
        return any(16 <= (unit[0] >> 1) & 0x3F <= 21 for unit in _units(data, extradata, 21))
    return codec in TRUE_KEYS


def _units(data: bytes, extradata: bytes, place: int) -> Iterator[bytes]:
    """The NAL units of a packet, up to the first slice or a thousand of them."""
    if extradata[:1] != b"\x01" or len(extradata) <= place:
        yield from (unit for unit in re.split(b"\x00\x00\x01", data)[1:1000] if unit)
        return
    width, at = (extradata[place] & 3) + 1, 0
    for _ in range(1000):
        size = int.from_bytes(data[at : at + width], "big")
        if at + width >= len(data) or not size:
            return
        yield data[at + width : at + width + size]
        at += width + size


def _is_clean(unit: bytes) -> bool:
    """Whether a unit of H.264 says that all is whole from here: an IDR slice, or a recovery point that waits for none
    and promises an exact picture."""
    kind, at = unit[0] & 31, 1
    while kind == 6 and at < len(unit):
        payload, at = _number(unit, at)
        size, at = _number(unit, at)
        if payload == RECOVERY_POINT:
            return at < len(unit) and unit[at] & 0xE0 == 0xC0  # waits for 0 frames, is exact, has no broken link
        at += size
    return kind == 5


def _number(unit: bytes, at: int) -> tuple[int, int]:
    """A number that goes on while its bytes are full, and where it ends."""
    value = 0
    while at < len(unit):
        value, at = value + unit[at], at + 1
        if unit[at - 1] != 255:
            break
    return value, at
