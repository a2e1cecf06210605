"""What a clip's outermost boxes say, read before anything else opens it: whether it is all there, and in this file."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from storyboard.errors import Refused
from storyboard.store import files

CUT_SHORT = "it is cut short or damaged"
AGAIN = "copy it again from where it came"
SEGMENT, CLUSTER = b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"


def check_boxes(path: Path, kind: str) -> None:
    """`Refused` for an MP4 (`mov`), a Matroska file or a WAV that ends early, or whose index is not plainly in it."""
    ends_early = {"mov": _mp4_ends_early, "matroska": _matroska_ends_early, "wav": _wav_ends_early}.get(kind)
    total = path.stat().st_size
    with files.reading(path), path.open("rb") as file:
        if ends_early and ends_early(file, total):
            raise Refused(CUT_SHORT, hint=AGAIN)
        if kind == "mov" and _index_begins_with(file) in (b"cmov", b"rmra"):
            raise Refused("its index is packed, or in another file")


def _mp4_ends_early(file: BinaryIO, total: int) -> bool:
    """Whether a file is shorter than its boxes say."""
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


def _matroska_ends_early(file: BinaryIO, total: int) -> bool:
    """Whether a file is shorter than its elements say; one that was written live says it piece by piece."""
    at, inside = 0, False
    while at < total:
        file.seek(at)
        head = file.read(12)
        name_length = 9 - head[0].bit_length()
        size_length = 9 - head[name_length].bit_length() if len(head) > name_length else 9
        start = name_length + size_length
        if name_length > 4 or (size_length > 8 and len(head) > name_length):
            return not inside  # what follows the film is none of it
        if len(head) < start:
            return True
        size = int.from_bytes(head[name_length:start], "big") & ((1 << 7 * size_length) - 1)
        unknown = size == (1 << 7 * size_length) - 1
        name = head[:name_length]
        inside = inside or name == SEGMENT
        if unknown and name not in (SEGMENT, CLUSTER):
            return True
        at += start if unknown else start + size
    return at > total or not inside


def _wav_ends_early(file: BinaryIO, total: int) -> bool:
    """Whether a file is shorter than its head says. One that was written live says nothing, or the most there is."""
    size = int.from_bytes(file.read(8)[4:], "little")
    return size < 0x7FFF_0000 and 8 + size > total + 1  # some forget to fill up an odd byte


def _index_begins_with(file: BinaryIO) -> bytes:
    """The name of the first box in an MP4's index. A packed index of a few kilobytes can unfold to gigabytes."""
    file.seek(0)
    while len(head := file.read(8)) == 8:
        size, name = struct.unpack(">I4s", head)
        if name == b"moov":
            return file.read(8)[4:]
        if size == 1:
            file.seek(int.from_bytes(file.read(8), "big") - 16, 1)
        elif size >= 8:
            file.seek(size - 8, 1)
        else:
            break
    return b""
