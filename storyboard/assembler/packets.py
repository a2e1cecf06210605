"""Where the packets of an encoded picture lie in its file, so that they are copied without opening it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from storyboard.errors import Refused

DAMAGED = "the cache is damaged: delete .storyboard/cache and run it again"


@dataclass(frozen=True, slots=True)
class Packet:
    """One encoded frame: its bytes in the file, and the frame (from 0) that it shows."""

    offset: int
    size: int
    frame: int
    key: bool
    """Whether decoding may begin with it."""


@dataclass(frozen=True, slots=True)
class Index:
    """What a file has of an encoded picture."""

    parameters: bytes
    """The decoder's parameters: equal in all pieces of a film."""
    packets: tuple[Packet, ...]
    """In decoding order."""

    @property
    def reorder(self) -> int:
        """By how many frames decoding must run ahead of showing."""
        return max((index - packet.frame for index, packet in enumerate(self.packets)), default=0)

    def describe(self) -> Any:
        """Plain values to keep it as."""
        rows = [[packet.offset, packet.size, packet.frame, packet.key] for packet in self.packets]
        return {"parameters": self.parameters.hex(), "packets": rows}


def index_from(value: Any) -> Index | None:
    """The index that was described so; None when it cannot be one."""
    try:
        rows = [(int(offset), int(size), int(frame), bool(key)) for offset, size, frame, key in value["packets"]]
        if any(offset < 0 or size <= 0 for offset, size, *_ in rows):
            return None
        return Index(bytes.fromhex(value["parameters"]), tuple(Packet(*row) for row in rows))
    except (KeyError, TypeError, ValueError):
        return None


def read_index(path: Path, rate: Fraction) -> Index:
    """The index of an MP4 or MOV whose frames come at `rate`; `Refused` when it cannot be read."""
    import av

    try:
        # The picture is not decoded to guess at what nobody asks: that would take longer than all the rest.
        unseen: Any = [{"skip_frame": "all"}]
        with av.open(str(path), format="mov", stream_options=unseen) as container:
            if not container.streams.video:
                return Index(b"", ())
            picture = container.streams.video[0]
            parameters = bytes(picture.codec_context.extradata or b"")
            found = [packet for packet in container.demux(picture) if packet.size]
            packets = tuple(
                Packet(packet.pos or 0, packet.size, _frame(packet.pts, packet.time_base, rate), packet.is_keyframe)
                for packet in found
            )
            return Index(parameters, packets)
    except av.FFmpegError as error:
        raise Refused(f"a segment cannot be read: {type(error).__name__}", hint=DAMAGED) from None


def read_bytes(path: Path, packets: tuple[Packet, ...]) -> Iterator[bytes]:
    """The bytes of packets of a file, one after the other."""
    with path.open("rb") as file:
        for packet in packets:
            file.seek(packet.offset)
            data = file.read(packet.size)
            if len(data) != packet.size:
                raise Refused("a segment is shorter than it was", hint=DAMAGED)
            yield data


def _frame(pts: int | None, base: Fraction, rate: Fraction) -> int:
    if pts is None:
        raise Refused("a segment has a frame without a time", hint=DAMAGED)
    return round(pts * base * rate)
