"""Content Credentials that a clip carries already: found by its outermost boxes, without reading what they say."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path

from storyboard.store import files

LABEL = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""What a box of Content Credentials begins with: C2PA's own UUID."""
LARGEST = 16 * 1024 * 1024
"""Bytes of credentials that are read, at the most: a provider's have some ten thousand."""
BOXES = 100_000
"""Outermost boxes that are looked at: films in fragments have two for each, and nobody has millions."""


def credentials_in(path: Path) -> int:
    """How many bytes of Content Credentials an MP4 or MOV carries; 0 for none, and for any other kind of file."""
    return sum(size for _, size in _boxes(path))


def credentials_digest(path: Path) -> str:
    """The SHA-256 of the Content Credentials that an MP4 or MOV carries; empty for none."""
    return hashlib.sha256(credentials_of(path)).hexdigest() if credentials_in(path) else ""


def credentials_of(path: Path, most: int = LARGEST) -> bytes:
    """The Content Credentials that an MP4 or MOV carries, so many bytes of them at the most; empty for none."""
    parts, room = [], most
    with files.reading(path), path.open("rb") as file:
        for at, size in _boxes(path):
            file.seek(at)
            parts.append(file.read(min(size, room)))
            room -= len(parts[-1])
    return b"".join(parts)


def _boxes(path: Path) -> Iterator[tuple[int, int]]:
    """The place and the length of every box of Content Credentials, its head included."""
    at = 0
    with files.reading(path), path.open("rb") as file:
        total = os.fstat(file.fileno()).st_size
        for _ in range(BOXES):
            file.seek(at)
            head = file.read(8)
            size, name = struct.unpack(">I4s", head.ljust(8, b"\0"))
            if not name.isalnum():
                return
            if size == 1:
                size = int.from_bytes(file.read(8), "big")
            size = size or total - at
            if size < 8 or at + size > total:
                return
            if name == b"uuid" and file.read(16) == LABEL:
                yield at, size
            at += size
