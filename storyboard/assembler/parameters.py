"""Two sets of H.264 parameters in one: for a film in which copied and encoded pieces alternate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

HEAD = 5
"""Bytes of an `avcC` record before its sequence parameter sets: version, profile, compatibility, level, sizes."""


@dataclass(frozen=True, slots=True)
class Sets:
    """The parts of an `avcC` record (ISO/IEC 14496-15, 5.3.3)."""

    head: bytes
    sequence: tuple[bytes, ...]
    picture: tuple[bytes, ...]
    tail: bytes
    """What profiles above Main add: alike in both."""


def merge(copied: bytes, encoded: bytes) -> bytes | None:
    """Both records in one; None when they cannot stand together: their ids must differ, and their profiles agree."""
    one, two = _read(copied), _read(encoded)
    if one is None or two is None or one.head[1:3] != two.head[1:3] or one.head[4] != two.head[4]:
        return None
    if {_id(unit, 4) for unit in one.sequence} & {_id(unit, 4) for unit in two.sequence}:
        return None
    if {_id(unit, 1) for unit in one.picture} & {_id(unit, 1) for unit in two.picture}:
        return None
    level = max(one.head[3], two.head[3])
    sequence, picture = one.sequence + two.sequence, one.picture + two.picture
    head = one.head[:3] + bytes([level]) + one.head[4:]
    listed = [bytes([0xE0 | len(sequence)]), *map(_sized, sequence), bytes([len(picture)]), *map(_sized, picture)]
    return head + b"".join(listed) + one.tail


def _read(record: bytes) -> Sets | None:
    if record[:1] != b"\x01" or len(record) <= HEAD:
        return None
    sequence, at = _units(record, HEAD + 1, record[HEAD] & 31)
    if at >= len(record):
        return None
    picture, at = _units(record, at + 1, record[at])
    whole = at <= len(record) and all(len(unit) > 4 for unit in sequence) and all(len(unit) > 1 for unit in picture)
    return Sets(record[:HEAD], sequence, picture, record[at:]) if whole and sequence and picture else None


def _units(record: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    """So many units from a place on, and the place behind them."""
    units = []
    for _ in range(count):
        size = int.from_bytes(record[at : at + 2], "big")
        units.append(record[at + 2 : at + 2 + size])
        at += 2 + size
    return tuple(units), at


def _sized(unit: bytes) -> bytes:
    return len(unit).to_bytes(2, "big") + unit


def _id(unit: bytes, offset: int) -> int:
    """The id of a parameter set: an Exp-Golomb number that begins at this byte."""
    bits = _bits(unit[offset:])
    zeros = 0
    while next(bits, 1) == 0:
        zeros += 1
    value = 1
    for _ in range(zeros):
        value = 2 * value + next(bits, 0)
    return value - 1


def _bits(data: bytes) -> Iterator[int]:
    for byte in data:
        yield from (byte >> place & 1 for place in range(7, -1, -1))
