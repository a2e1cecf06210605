"""Look-up tables for colours: `.cube` files read from strangers, checked, and written anew for ffmpeg. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from storyboard.errors import Refused

MAX_BYTES = 16 * 1024 * 1024
SIDES = (2, 65)
"""Points of each side of a table."""
LARGEST = 100.0
"""Of a number in a table, whose colours go from 0 to 1 and now and then a little beyond."""
_HEADS = ("TITLE", "LUT_1D_SIZE", "LUT_3D_SIZE", "DOMAIN_MIN", "DOMAIN_MAX", "LUT_1D_INPUT_RANGE", "LUT_3D_INPUT_RANGE")
HINT = "save it as a three-dimensional .cube table, of 33 points a side for example"

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Cube:
    """A three-dimensional table: for each red, green and blue, red running fastest, the colour that it becomes."""

    side: int
    low: Colour
    """What the table's first point stands for."""
    high: Colour
    """What its last one stands for."""
    colours: tuple[Colour, ...]


def read_cube(data: bytes) -> Cube:
    """The table in a `.cube` file; Refused says what is wrong with it, and in which line."""
    if len(data) > MAX_BYTES:
        raise Refused(f"it is larger than {MAX_BYTES // 1024 // 1024} MiB", hint=HINT)
    said: dict[str, tuple[int, list[str]]] = {}
    colours: list[Colour] = []
    for number, words in _lines(data):
        if words[0] in _HEADS:
            said[words[0]] = (number, words[1:])
        else:
            colours.append(_colour(number, words))
            if len(colours) > SIDES[1] ** 3:
                raise Refused(f"it has more than {SIDES[1]} points a side", hint=HINT)
    if "LUT_1D_SIZE" in said:
        raise Refused("it is a table of one dimension, for each colour by itself", hint=HINT)
    if "LUT_3D_SIZE" not in said:
        raise Refused("it is no .cube table: LUT_3D_SIZE does not stand in it", hint=HINT)
    side, (low, high) = _side(*said["LUT_3D_SIZE"]), _range(said)
    if len(colours) != side**3:
        message = f"it has {len(colours):,} colours, and {side} points a side make {side**3:,}"
        raise Refused(message, hint="it may have broken off: " + HINT)
    return Cube(side, low, high, tuple(colours))


def write_cube(cube: Cube) -> bytes:
    """The table as a `.cube` file with nothing else in it: the same bytes for the same table."""
    head = [f"LUT_3D_SIZE {cube.side}", f"DOMAIN_MIN {_text(cube.low)}", f"DOMAIN_MAX {_text(cube.high)}"]
    return "\n".join((*head, *map(_text, cube.colours), "")).encode()


def _lines(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Every line that says something, in words, with its number."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("it is not a text", hint=HINT) from None
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if words := line.partition("#")[0].split():
            yield number, words


def _side(number: int, words: list[str]) -> int:
    (least, most), text = SIDES, " ".join(words)
    if text.isascii() and text.isdecimal() and len(text) < 4 and least <= int(text) <= most:
        return int(text)
    raise Refused(f"line {number} says `{text[:20]}` points a side, and a table here has {least} to {most}", hint=HINT)


def _range(said: Mapping[str, tuple[int, list[str]]]) -> tuple[Colour, Colour]:
    """The colours that the table's first point and its last one stand for."""
    number, words = said.get("LUT_3D_INPUT_RANGE", (0, ["0", "1"]))
    if len(words) != 2:
        raise Refused(f"line {number} is not a range of two numbers", hint=HINT)
    low, high = (
        _colour(*said.get(name, (number, [word] * 3)))
        for name, word in zip(("DOMAIN_MIN", "DOMAIN_MAX"), words, strict=True)
    )
    if not all(first < last for first, last in zip(low, high, strict=True)):
        raise Refused("its range ends before it begins: DOMAIN_MIN must lie below DOMAIN_MAX", hint=HINT)
    return low, high


def _colour(number: int, words: list[str]) -> Colour:
    try:
        red, green, blue = (float(word) for word in words)
    except ValueError:
        raise Refused(f"line {number} is not a colour of three numbers", hint=HINT) from None
    if not all(math.isfinite(one) and abs(one) <= LARGEST for one in (red, green, blue)):
        raise Refused(f"line {number} has a number that no colour has", hint=HINT)
    return red, green, blue


def _text(colour: Colour) -> str:
    return " ".join(f"{one:.7f}" for one in colour)
