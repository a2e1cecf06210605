"""Where words stand: broken into even rows, smaller until they fit, above what else stands at the same time.

A film's words are laid out at once, so that a line stands still from its first frame to its last, whatever borders of
segments lie between.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO
from math import ceil
from typing import TYPE_CHECKING

from storyboard.assembler.styles import BODY, DISPLAY, ROOMS, Canvas, Line, Style
from storyboard.errors import Problem, Where

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FILES = {BODY: ("Inter-Medium.otf", 2816, 3408), DISPLAY: ("InterDisplay-SemiBold.otf", 2048, 2476)}
"""Of each font: its file, the units of its em, and of the height of a row, which is what a size means to libass."""
SMALLEST = 50
STEP = 5
GAP = 14
"""Between what stands one above the other, in units."""
ORDER: tuple[Style, ...] = ("legal", "caption", "lower-third", "centre")
"""Who makes room for whom: the later for the earlier."""
PAGE = 256
"""Film frames among which it is looked for what stands at the same time."""
BREAKS = re.compile(r"[^\S\u00a0\u2007\u202f]+")
"""White space that a row may end in."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words of an author's, and the film frames they are seen in: from `start` up to but not including `stop`."""

    style: Style
    text: str
    start: int
    stop: int
    where: Where
    path: str
    """The field that says it."""
    fade: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """Rows of the picture that words stand in, and when."""

    start: int
    stop: int
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Block:
    """A text in rows."""

    rows: tuple[str, ...]
    heads: int
    percent: int


def place_texts(texts: Sequence[Text], canvas: Canvas) -> tuple[tuple[Line, ...], list[Problem]]:
    """Every text as a line at its place, in the order of their beginnings, and those for which there is no room."""
    lines: list[tuple[int, int, Line]] = []
    taken: dict[int, set[Taken]] = {}
    problems: list[Problem] = []
    # Of captions that begin together, the first stands above the others: it is placed last.
    order = [(ORDER.index(one.style), one.start, -at if one.style == "caption" else at) for at, one in enumerate(texts)]
    for _, text in sorted(zip(order, texts, strict=True), key=lambda pair: pair[0]):
        block = set_rows(text.text, text.style, canvas)
        if block is None:
            problems.append(_too_long(text, canvas))
            continue
        height = ceil(canvas.block(text.style, block.heads, len(block.rows) - block.heads, block.percent))
        pages = range(text.start // PAGE, (text.stop - 1) // PAGE + 1)
        near = {one for page in pages for one in taken.get(page, ())}
        beside = [(one.top, one.bottom) for one in near if one.start < text.stop and text.start < one.stop]
        top = _free(text.style, height, beside, canvas)
        if top is None:
            problems.append(_no_room(text, canvas))
            continue
        words = "\n".join(block.rows)
        line = Line(text.style, words, text.start, text.stop, block.heads, block.percent, top, text.fade)
        lines.append((text.start, top, line))
        for page in pages:
            taken.setdefault(page, set()).add(Taken(text.start, text.stop, top, top + height))
    return tuple(line for *_, line in sorted(lines, key=lambda one: one[:2])), problems


def _free(style: Style, height: int, taken: list[tuple[int, int]], canvas: Canvas) -> int | None:
    """The row at which a block of this height begins, clear of what is taken; None when it fits nowhere."""
    gap = round(GAP * canvas.unit)
    middle = ROOMS[style].place == "middle"
    normal = (canvas.height - height) // 2 if middle else canvas.base(style) - height
    above = [top - gap - height for top, _ in taken]
    below = [bottom + gap for _, bottom in taken] if middle else []
    lowest = max(normal, canvas.base("legal") - height)
    for top in sorted({normal, *above, *below}, key=lambda top: (abs(top - normal), -top)):
        clear = all(top + height + gap <= first or last + gap <= top for first, last in taken)
        if clear and canvas.top <= top <= (lowest if middle else normal):
            return top
    return None


def set_rows(text: str, style: Style, canvas: Canvas) -> Block | None:
    """A text in rows as large as its room lets it be; None when it does not fit even in small letters.

    The first paragraph of a title or a card is large, what follows smaller below it; a caption's are alike.
    """
    room, longest = ROOMS[style], canvas.longest(style)
    head, _, rest = text.strip().partition("\n")
    if room.head == room.rest:
        head, rest = text.strip(), ""
    rest, tallest = rest.strip(), room.height * canvas.height
    least = [_length(BREAKS.sub("", part), font) for part, (font, _) in ((head, room.head), (rest, room.rest))]
    for percent in range(100, SMALLEST - 1, -STEP):
        sizes = [size * canvas.unit * percent / 100 for _, size in (room.head, room.rest)]
        limits = [int(longest / _em(font, size)) for (font, _), size in zip((room.head, room.rest), sizes, strict=True)]
        needed = sum(size * length / limit for size, length, limit in zip(sizes, least, limits, strict=True))
        if needed > tallest:
            continue  # far too long: no need to break it into rows
        heads = _rows(head, room.head[0], limits[0], hard=percent == SMALLEST)
        rests = _rows(rest, room.rest[0], limits[1], hard=percent == SMALLEST) if rest else ()
        if heads is None or rests is None:
            continue
        if canvas.block(style, len(heads), len(rests), percent) <= tallest:
            return Block((*heads, *rests), len(heads), percent)
    return None


def width_of(row: str, font: str, size: float) -> float:
    """How long a row is in pixels, `size` being its height."""
    return _length(row, font) * _em(font, size)


def _em(font: str, size: float) -> float:
    """Pixels in a unit of a font."""
    return size / FILES[font][2]


def _rows(text: str, font: str, limit: int, *, hard: bool) -> tuple[str, ...] | None:
    """A text's paragraphs in rows of at most `limit` units; None when a word is longer and must not be broken."""
    rows: list[str] = []
    for paragraph in text.split("\n"):
        words = [word for word in BREAKS.split(paragraph) if word]
        if hard:
            words = [part for word in words for part in _parts(word, font, limit)]
        lengths = [_length(word, font) for word in words]
        if max(lengths, default=0) > limit:
            return None
        rows += _even(words, lengths, _length(" ", font), limit)
    return tuple(rows)


def _even(words: list[str], lengths: list[int], space: int, limit: int) -> list[str]:
    """As few rows as the limit allows, and those about as long as each other."""
    fewest = _fill(words, lengths, space, limit)
    if len(fewest) < 2:
        return fewest or [""]
    low, high = max(lengths), limit
    while low < high:
        middle = (low + high) // 2
        if len(_fill(words, lengths, space, middle)) == len(fewest):
            high = middle
        else:
            low = middle + 1
    return _fill(words, lengths, space, high)


def _fill(words: list[str], lengths: list[int], space: int, limit: int) -> list[str]:
    rows: list[list[str]] = []
    left = -1
    for word, length in zip(words, lengths, strict=True):
        if rows and length + space <= left:
            rows[-1].append(word)
            left -= length + space
        else:
            rows.append([word])
            left = limit - length
    return [" ".join(row) for row in rows]


def _parts(word: str, font: str, limit: int) -> list[str]:
    """A word cut where it would leave its room."""
    parts, left = [""], limit
    for char in word:
        length = _length(char, font)
        if parts[-1] and length > left:
            parts.append("")
            left = limit
        parts[-1] += char
        left -= length
    return parts


def _length(text: str, font: str) -> int:
    """How long a text is, in units of its font."""
    return sum(_advance(" " if char.isspace() else char, font) for char in text)


@cache
def _advance(char: str, font: str) -> int:
    return round(_open(font).getlength(char)) if char.isprintable() else 0


@cache
def _open(font: str) -> FreeTypeFont:
    """A shipped font, at a size that makes a pixel of each of its units."""
    from PIL import ImageFont

    file, units, _ = FILES[font]
    data = resources.files("storyboard").joinpath("fonts", file).read_bytes()
    return ImageFont.truetype(BytesIO(data), units, layout_engine=ImageFont.Layout.BASIC)


def _too_long(text: Text, canvas: Canvas) -> Problem:
    kind = _kind(text)
    message = f"this {kind} does not fit into a picture of {canvas.width}x{canvas.height}, not even in small letters"
    return Problem(text.where, text.path, "words", message, f"shorten it, or make two {kind}s of it")


def _no_room(text: Text, canvas: Canvas) -> Problem:
    message = f"a picture of {canvas.width}x{canvas.height} has no room for this {_kind(text)} beside the others"
    hint = "shorten what stands at the same time, or let it be seen at another"
    return Problem(text.where, text.path, "words", message, hint)


def _kind(text: Text) -> str:
    return "caption" if text.style == "caption" else "title"
