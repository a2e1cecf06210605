"""How words look on a picture of any shape: their letters, sizes, margins, and the room that they may take. Pure.

Sizes are in units: a 720th of a picture's height, or of a square's side; a 600th of an upright picture's width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Style = Literal["caption", "lower-third", "centre", "legal", "card", "slate", "timecode"]
BODY, DISPLAY = "Inter Medium", "Inter Display Semi Bold"
ACCENT = "#ffd479"
BACK = "&H70000000"


@dataclass(frozen=True, slots=True)
class Line:
    """Words as they are drawn, and the frames they are seen in: from `start` up to but not including `stop`."""

    style: Style
    text: str
    """Where it is placed, a row for each line."""
    start: int
    """Negative where it was seen before, as far as that matters to its fade."""
    stop: int
    heads: int = 0
    """How many of its rows are large."""
    percent: int = 100
    """Of its style's size: what is long is smaller."""
    top: int | None = None
    """The picture's row that it begins at, in pixels; None for where its style stands."""
    fade: int = 0
    """Frames in which it comes, and goes."""


@dataclass(frozen=True, slots=True)
class Room:
    """How a style is set, and how much room it has."""

    head: tuple[str, int]
    """The font of its first paragraph, and the height of a row in units."""
    rest: tuple[str, int]
    """Those of what follows."""
    gap: int
    """Between the two, in units."""
    width: int
    """The longest row, in units, where the margins leave as much."""
    height: float
    """The most of the picture's height."""
    place: Literal["bottom", "middle"]


ROOMS: dict[Style, Room] = {
    "caption": Room((BODY, 38), (BODY, 38), 0, 900, 0.17, "bottom"),
    "lower-third": Room((DISPLAY, 46), (BODY, 28), 4, 800, 0.25, "bottom"),
    "centre": Room((DISPLAY, 88), (BODY, 34), 16, 1060, 0.6, "middle"),
    "legal": Room((BODY, 19), (BODY, 19), 0, 1060, 0.12, "bottom"),
    "card": Room((DISPLAY, 76), (BODY, 30), 20, 1000, 0.84, "middle"),
}
"""The styles whose words are broken into rows, and made smaller until they fit."""

RULE, RULE_GAP = 4, 16
"""The upright rule before a lower third, and what lies between it and the words, in units."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """The picture that is written on, in pixels."""

    width: int
    height: int

    @property
    def unit(self) -> float:
        """Pixels in a unit: on an upright picture, which is seen small, letters are larger."""
        return min(self.width, self.height) / (600 if self.tall else 720)

    @property
    def tall(self) -> bool:
        """Whether it is upright, as on a telephone."""
        return self.height > self.width

    @property
    def margin(self) -> int:
        """What stays free on the left and on the right."""
        return round(self.width * 0.06)

    @property
    def top(self) -> int:
        """The first row that words may stand in."""
        return round(self.height * 0.05)

    def base(self, style: Style) -> int:
        """The row that a style stands on. On an upright picture it is higher: there, players draw over the bottom."""
        upright, other = {"legal": (0.1, 0.05), "lower-third": (0.16, 0.1)}.get(style, (0.14, 0.07))
        return self.height - round(self.height * (upright if self.tall else other))

    def longest(self, style: Style) -> float:
        """The longest row of a style, in pixels."""
        room = ROOMS[style]
        indent = RULE + RULE_GAP if style == "lower-third" else 0
        return min(self.width - 2 * self.margin - indent * self.unit, room.width * self.unit)

    def block(self, style: Style, heads: int, rest: int, percent: int) -> float:
        """How high so many rows are, in pixels."""
        room = ROOMS[style]
        gap = room.gap if heads and rest else 0
        return (heads * room.head[1] + gap + rest * room.rest[1]) * self.unit * percent / 100


def style_table(canvas: Canvas, color: str) -> list[str]:
    """The lines of a subtitle file that define every style; `color` is that of a card. What stands on a picture has an
    edge or a band, so that it is read anywhere."""
    unit, table = canvas.unit, []
    for name, room in ROOMS.items():
        (font, size), edge = room.head, 2.2 if name == "caption" else 0
        border = f"1,{edge * unit:.1f},{edge * 0.4 * unit:.1f}"
        table.append(_row(name, (font, size * unit), color if name == "card" else "#ffffff", f"{border},8,0,0,0"))
    for name, shown, corner in (("slate", "#ffffff", 1), ("timecode", ACCENT, 3)):
        place = f"{corner},{16 * unit:.0f},{16 * unit:.0f},{10 * unit:.0f}"
        table.append(_row(name, (BODY, 18 * unit), shown, f"3,{6.3 * unit:.1f},0,{place}"))
    return table


def _row(name: str, font: tuple[str, float], color: str, ending: str) -> str:
    """A row of the table; its ending is the border, where it stands, and the margins."""
    return (
        f"Style: {name},{font[0]},{font[1]:.1f},{ass_color(color)},&H00FFFFFF,{BACK},{BACK},0,0,0,0,100,100,0,0,"
        f"{ending},1"
    )


def ass_color(color: str) -> str:
    """`#rrggbb` as ASS writes it: blue first."""
    return f"&H00{color[5:7]}{color[3:5]}{color[1:3]}".upper()


def is_light(color: str) -> bool:
    """Whether a colour is nearer to white than to black."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return 2 * red + 5 * green + blue >= 8 * 128
