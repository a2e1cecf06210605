"""Cards, drawn in small: in the rows that the film's own layout breaks them into. For people's eyes alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from storyboard.assembler.layout import FILES, set_rows
from storyboard.assembler.styles import ROOMS, Canvas
from storyboard.sheet import font_of, line_of

if TYPE_CHECKING:
    from PIL import Image

    from storyboard.spec.model import Card

COLOUR = re.compile("#[0-9a-fA-F]{6}")
"""How a storyboard writes a colour."""


def draw_card(card: Card, image: Image.Image | None, size: tuple[int, int]) -> Image.Image:
    """A card as a film of that size shows it, or nearly so."""
    from PIL import Image, ImageDraw, ImageOps

    background = card.background if COLOUR.fullmatch(card.background) else "#000000"
    plate = Image.new("RGB", size, background)
    if image:
        plate = ImageOps.fit(image.convert("RGB"), size, Image.Resampling.LANCZOS)
    canvas, room = Canvas(*size), ROOMS["card"]
    block = set_rows(card.text, "card", canvas) if card.text.strip() else None
    if block is None:
        return plate
    pen, ink = ImageDraw.Draw(plate), card.color if COLOUR.fullmatch(card.color) else "#ffffff"
    rest, share = len(block.rows) - block.heads, canvas.unit * block.percent / 100
    top = (canvas.height - canvas.block("card", block.heads, rest, block.percent)) / 2
    for number, row in enumerate(block.rows):
        font, height = room.head if number < block.heads else room.rest
        file, em, line = FILES[font]
        letters = font_of(file.removesuffix(".otf"), max(4, round(height * share * em / line)))
        top += room.gap * share if number == block.heads else 0
        pen.text((canvas.width / 2, top + height * share / 2), line_of(row), font=letters, fill=ink, anchor="mm")
        top += height * share
    return plate
