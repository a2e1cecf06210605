"""A contact sheet: the takes of a shot side by side, each by its first, its middle and its last frame.

For people's eyes alone. As on a camera report, the number of the take that the cut uses has a ring around it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.assembler import media
from storyboard.errors import StoryboardError
from storyboard.planner.price import dollars
from storyboard.store import files
from storyboard.store.takes import TakeStore
from storyboard.takelist import Entry
from storyboard.timing import clock

if TYPE_CHECKING:
    from PIL import Image, ImageFont

CELL = 400
"""Pixels of a frame's longer side."""
MARGIN, GAP, SEAM, GUTTER = 48, 28, 6, 72
HEAD, NAME, LINE, RIM = 104, 60, 25, 44
ACROSS = 5
"""Takes beside one another; more of them stand below."""
MOST, MOST_LINES = 60, 8
"""Takes that one sheet shows, the latest; lines below each."""
NARROWEST = 260
LONGEST = 400
"""Characters of a text that are looked at."""
PAPER, PLATE, INK, DIM, MARK = "#14181d", "#20262d", "#f1f3f5", "#98a2ad", "#ffb238"
DISPLAY, BODY = "InterDisplay-SemiBold", "Inter-Medium"
"""The fonts that ship in the package, by what they are for."""
MOMENTS = ("first", "middle", "last")
TITLE = "takes, side by side"
"""What a sheet says of itself in its file."""
SHARPER = 4
"""How much larger a ring is drawn than it stands."""


@dataclass(frozen=True, slots=True)
class _Column:
    entry: Entry
    pictures: tuple[Image.Image, ...]
    """Empty where the take cannot be shown."""
    why: str
    """Why it cannot."""


def draw_sheet(shot: str, prompt: str, entries: Sequence[Entry], takes: TakeStore) -> bytes:
    """The sheet as PNG. A take whose bytes are not here, or are damaged, is an empty place that says so."""
    from PIL import Image, ImageDraw
    from PIL.PngImagePlugin import PngInfo

    columns = [_column(one, takes) for one in entries[-MOST:]]
    width, height = _cell(columns)
    bands = [columns[start : start + ACROSS] for start in range(0, len(columns), ACROSS)]
    under = [max(len(_lines(one.entry, width)) for one in band) * LINE for band in bands]
    frames = NAME + 3 * height + 2 * SEAM + 2 * GAP
    across = max(2, len(bands[0]))
    wide = 2 * MARGIN + GUTTER + across * width + (across - 1) * GAP
    sheet = Image.new("RGB", (wide, MARGIN + HEAD + len(bands) * frames + sum(under)), PAPER)
    pen, top = ImageDraw.Draw(sheet), MARGIN + HEAD
    title, text = font_of(DISPLAY, 40), font_of(BODY, 20)
    pen.text((MARGIN, MARGIN - 10), fitting(shot, title, wide - 2 * MARGIN), font=title, fill=INK)
    pen.text((MARGIN, MARGIN + 46), fitting(prompt, text, wide - 2 * MARGIN), font=text, fill=DIM)
    for band, lines in zip(bands, under, strict=True):
        for index, moment in enumerate(MOMENTS):
            middle = top + NAME + index * (height + SEAM) + height // 2
            pen.text((MARGIN, middle), moment, font=font_of(BODY, 17), fill=DIM, anchor="lm")
        for place, column in enumerate(band):
            _draw(sheet, (MARGIN + GUTTER + place * (width + GAP), top), column, (width, height))
        top += frames + lines
    out = io.BytesIO()
    info = PngInfo()
    info.add_text("Title", TITLE)
    sheet.save(out, "PNG", optimize=True, pnginfo=info)
    return out.getvalue()


def may_write(path: Path) -> bool:
    """Whether a sheet may go to a path: to a new file, or over an earlier sheet."""
    if not path.exists():
        return True
    return f"Title\0{TITLE}".encode() in files.read_plain(path, 1024)


def _column(entry: Entry, takes: TakeStore) -> _Column:
    digest = entry.take.sha256
    if not entry.here:
        return _Column(entry, (), "not here: `storyboard pull`")
    try:
        path = takes.path(digest)
        if files.sha256(path) != digest:
            return _Column(entry, (), "damaged: `storyboard verify`")
        roll = media.measure(path)
        last = roll.facts.frames - 1
        pictures = tuple(media.picture_at(path, roll, frame) for frame in (0, last // 2, last))
    except StoryboardError as error:
        return _Column(entry, (), error.message)
    return _Column(entry, pictures, "")


def _cell(columns: Sequence[_Column]) -> tuple[int, int]:
    """Width and height of a frame's place: all takes of the sheet fit into it."""
    shapes = [(one.entry.take.facts.width, one.entry.take.facts.height) for one in columns]
    sizes = [(width * CELL / max(width, height), height * CELL / max(width, height)) for width, height in shapes]
    return max(NARROWEST, *(round(width) for width, _ in sizes)), max(round(height) for _, height in sizes)


def _draw(sheet: Image.Image, at: tuple[int, int], column: _Column, cell: tuple[int, int]) -> None:
    """One take, its upper left corner at a place."""
    from PIL import Image, ImageDraw

    pen, (left, top), (width, height) = ImageDraw.Draw(sheet), at, cell
    _head(sheet, at, column.entry, width)
    font = font_of(BODY, 17)
    for index, _ in enumerate(MOMENTS):
        y = top + NAME + index * (height + SEAM)
        pen.rectangle((left, y, left + width - 1, y + height - 1), fill=PLATE)
        if column.pictures:
            picture = column.pictures[index]
            share = min(width / picture.width, height / picture.height)
            size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
            small = picture.resize(size, Image.Resampling.LANCZOS)
            sheet.paste(small, (left + (width - small.width) // 2, y + (height - small.height) // 2))
    middle = top + NAME + height + SEAM + height // 2
    pen.text((left + width // 2, middle), fitting(column.why, font, width - 32), font=font, fill=INK, anchor="mm")
    y = top + NAME + 3 * height + 2 * SEAM + 14
    for text, colour in _lines(column.entry, width):
        pen.text((left, y), text, font=font, fill=colour)
        y += LINE


def _head(sheet: Image.Image, at: tuple[int, int], entry: Entry, width: int) -> None:
    """The number of a take, with a ring around it where it is the circled one, and what it cost."""
    from PIL import Image, ImageDraw

    pen, (left, top) = ImageDraw.Draw(sheet), at
    font, number = font_of(DISPLAY, 26), str(entry.take.number)
    cost = "free" if entry.take.origin == "imported" else dollars(entry.take.cost)
    pen.text((left + width, top + RIM / 2), cost, font=font_of(BODY, 20), fill=INK, anchor="rm")
    if not entry.circled:
        pen.text((left, top + RIM / 2), number, font=font, fill=INK, anchor="lm")
        return
    wide = max(RIM, round(font.getlength(number)) + 26)
    ring = Image.new("L", (wide * SHARPER, RIM * SHARPER))
    box = (0, 0, ring.width - 1, ring.height - 1)
    ImageDraw.Draw(ring).rounded_rectangle(box, radius=ring.height // 2, outline=255, width=4 * SHARPER)
    sheet.paste(MARK, (left, top), ring.resize((wide, RIM), Image.Resampling.LANCZOS))
    pen.text((left + wide / 2, top + RIM / 2), number, font=font, fill=MARK, anchor="mm")


def _lines(entry: Entry, width: int) -> list[tuple[str, str]]:
    """What stands below a take's frames, each line with its colour."""
    take, facts = entry.take, entry.take.facts
    maker = "imported" if take.origin == "imported" else take.model.rpartition("/")[2]
    sound = ", sound" if facts.audio else ""
    said = [
        (" · ".join(filter(None, (maker, take.made))), INK),
        (f"{facts.width}x{facts.height}, {clock(facts.seconds)}{sound}", DIM),
        ("for an earlier text" if entry.fits is False else "accepted for this text" if entry.accepted else "", DIM),
        (take.note, MARK),
        *((f"! {warning}", DIM) for warning in take.warnings),
    ]
    font = font_of(BODY, 17)
    return [(line, colour) for text, colour in said for line in _wrapped(text, font, width)][:MOST_LINES]


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """A text in lines of so many pixels at the most: two, the second one shortened. None for an empty text."""
    words = line_of(text).split(" ")
    count = next((count for count in range(len(words), 1, -1) if font.getlength(" ".join(words[:count])) <= width), 1)
    lines = (" ".join(words[:count]), " ".join(words[count:]))
    return [fitting(line, font, width) for line in lines if line]


def fitting(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """A text, shortened to so many pixels."""
    shown = line_of(text)
    if font.getlength(shown) <= width:
        return shown
    while shown and font.getlength(f"{shown} …") > width:
        shown = shown[:-1]
    return f"{shown.rstrip()} …"


def line_of(text: str) -> str:
    """A text as one line that a font can draw."""
    return " ".join("".join(char if char.isprintable() else " " for char in text[:LONGEST]).split())


@cache
def font_of(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A font that ships in the package, so many pixels large."""
    from PIL import ImageFont

    data = resources.files("storyboard").joinpath("fonts", f"{name}.otf").read_bytes()
    return ImageFont.truetype(io.BytesIO(data), size)
