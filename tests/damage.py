"""Bytes that come to harm."""

from __future__ import annotations

from random import Random


def damaged(data: bytes, dice: Random, *, most: int, longest: int) -> bytes:
    """Bytes that were hurt in up to `most` places: a bit flipped, or fewer than `longest` bytes cut out or doubled."""
    bad = bytearray(data)
    for _ in range(dice.randint(1, most)):
        at = dice.randrange(len(bad))
        match dice.randrange(3):
            case 0:
                bad[at] ^= 1 << dice.randrange(8)
            case 1:
                del bad[at : at + dice.randrange(1, longest)]
            case _:
                bad[at:at] = bad[at : at + dice.randrange(1, longest)]
    return bytes(bad)
