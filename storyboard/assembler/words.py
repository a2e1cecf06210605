"""Words on the picture, drawn by libass alone, with the fonts that ship in the package and no others.

No text of a user's is ever part of a filter graph: it stands in a subtitle file that is written here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from html import escape
from importlib import resources
from pathlib import Path

from storyboard.assembler.layout import set_rows
from storyboard.assembler.styles import ACCENT, ROOMS, RULE, RULE_GAP, Canvas, Line, ass_color, is_light, style_table
from storyboard.errors import Refused
from storyboard.store import files

FRAME_CENTISECONDS = 4
"""Subtitles are drawn on a clock of their own, on which every frame lasts this long: theirs only knows centiseconds."""


def card_lines(text: str, frames: int) -> tuple[Line, ...]:
    """A card's text: the first line large, what follows smaller below it."""
    return (Line("card", text, 0, frames),)


def script(lines: Iterable[Line], width: int, height: int, color: str = "#ffffff", *, on_picture: bool = False) -> str:
    """The subtitle file that draws `lines` on a picture of this size, at `FRAME_CENTISECONDS` for each frame.

    `color` is that of a card's text, which gets a soft edge where it stands `on_picture`.
    """
    canvas = Canvas(width, height)
    table = style_table(canvas, color)
    edge = "" if not on_picture else "#000000" if is_light(color) else "#ffffff"
    events = [event for line in lines for event in _events(line, canvas, edge if line.style == "card" else "#000000")]
    return "\n".join((_HEAD.format(width=width, height=height), *table, "", _EVENTS, *events, ""))


def unknown_letters(text: str) -> str:
    """The characters of a text that the shipped fonts do not have, each once: they would be drawn as empty boxes."""
    covered = _coverage()
    return "".join(dict.fromkeys(char for char in text if char.isprintable() and ord(char) not in covered))


def writable(text: str) -> str:
    """A text in which an ellipsis stands for whatever the shipped fonts cannot write."""
    unknown = set(unknown_letters(text))
    shown = ("…" if char in unknown else char for char in text)
    return re.sub("…[… ]*…", "…", "".join(shown))


@cache
def _coverage() -> frozenset[int]:
    """The code points that both fonts have, as `fonts/coverage.txt` lists them."""
    text = resources.files("storyboard").joinpath("fonts", "coverage.txt").read_text("utf-8")
    spans = (entry.partition("-")[::2] for entry in text.split())
    return frozenset(code for first, last in spans for code in range(int(first, 16), int(last or first, 16) + 1))


def fonts(cache: Path) -> Path:
    """A fontconfig file that names the shipped fonts and nothing else."""
    folder = resources.files("storyboard").joinpath("fonts")
    config = cache / "fonts" / "fonts.conf"
    text = (
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>'
        f"<dir>{escape(str(folder), quote=False)}</dir>"
        f"<cachedir>{escape(str(cache / 'fonts'), quote=False)}</cachedir></fontconfig>\n"
    )
    if not config.exists() or files.read_plain(config, len(text.encode())) != text.encode():
        files.write_durably(config, text.encode())
    return config


_HEAD = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
WrapStyle: 0
ScaledBorderAndShadow: yes
YCbCr Matrix: TV.709

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, \
MarginV, Encoding"""

_EVENTS = "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"


def _events(line: Line, canvas: Canvas, edge: str) -> Iterator[str]:
    """The events that draw a line: one for each frame of its fades, and one for the time between."""
    if line.style == "card":
        line = _card(line, canvas)
    for start, stop, seen in _fades(line):
        layers = _layers(line, seen, canvas, edge)
        # Half a frame early: no frame is ever on the border of two events.
        times = ",".join(_clock(frame * FRAME_CENTISECONDS - FRAME_CENTISECONDS // 2) for frame in (start, stop))
        yield from (f"Dialogue: {layer},{times},{line.style},,0,0,0,,{text}" for layer, text in enumerate(layers))


def _fades(line: Line) -> Iterator[tuple[int, int, Fraction]]:
    """The stretches of a line, and how much of it is seen in each, above 0 to 1: it comes and goes softly."""
    steps = [Fraction(step, line.fade + 1) for step in range(1, line.fade + 1)]
    shares = [step * step * (3 - 2 * step) for step in steps]
    coming = [(line.start + step, line.start + step + 1, share) for step, share in enumerate(shares)]
    going = [(line.stop - step - 1, line.stop - step, share) for step, share in enumerate(shares)]
    stays = (line.start + line.fade, line.stop - line.fade, Fraction(1))
    yield from ((max(0, start), stop, share) for start, stop, share in (*coming, stays, *going[::-1]) if stop > 0)


def _card(line: Line, canvas: Canvas) -> Line:
    """A card's text as one block around the middle."""
    block = set_rows(line.text, "card", canvas)
    if block is None:
        raise Refused("a card's text does not fit into the picture", hint="shorten it, or make two cards of it")
    height = canvas.block("card", block.heads, len(block.rows) - block.heads, block.percent)
    words = "\n".join(block.rows)
    return replace(line, text=words, heads=block.heads, percent=block.percent, top=int(canvas.height - height) // 2)


def _layers(line: Line, seen: Fraction, canvas: Canvas, edge: str) -> tuple[str, ...]:
    """What is drawn of a line, one over the other: a soft edge in a colour (empty: none), the words, a rule."""
    if line.top is None:
        return (_escape(line.text),)
    place = f"\\q2\\an8\\pos({canvas.width / 2:.1f},{line.top})"
    rule: tuple[str, ...] = ()
    if line.style == "lower-third":
        thick = max(2, round(RULE * canvas.unit))
        height = canvas.block(line.style, line.heads, line.text.count("\n") + 1 - line.heads, line.percent)
        place = f"\\q2\\an7\\pos({canvas.margin + thick + RULE_GAP * canvas.unit:.1f},{line.top})"
        box = _box(canvas.margin, line.top + height * 0.06, thick, height * 0.88)
        rule = (f"{{\\1c{ass_color(ACCENT)}\\1a{_alpha(0, seen)}{box}",)
    words = f"{{{place}\\1a{_alpha(0, seen)}}}{_rows(line, canvas)}"
    if line.style == "caption" or not edge:
        return words, *rule
    size = ROOMS[line.style].head[1] * canvas.unit * line.percent / 100
    soft = f"\\bord{size * 0.05:.1f}\\blur{size * 0.14:.1f}\\1a&HFF&\\3c{ass_color(edge)}\\3a{_alpha(0x50, seen)}"
    return f"{{{place}{soft}}}{_rows(line, canvas)}", words, *rule


def _box(left: float, top: float, width: float, height: float) -> str:
    """A rectangle as the rest of an override block and a drawing."""
    corners = f"m 0 0 l {width:.1f} 0 {width:.1f} {height:.1f} 0 {height:.1f}"
    return f"\\an7\\pos({left:.1f},{top:.1f})\\bord0\\shad0\\p1}}{corners}"


def _rows(line: Line, canvas: Canvas) -> str:
    """A line's rows: large ones, and small ones below them."""
    room, scale = ROOMS[line.style], canvas.unit * line.percent / 100
    rows = [_escape(row) or "\\h" for row in line.text.split("\n")]
    large, small = "\\N".join(rows[: line.heads]), "\\N".join(rows[line.heads :])
    head = f"{{\\fs{room.head[1] * scale:.1f}}}{large}"
    if not small:
        return head
    gap = f"\\N{{\\fs{room.gap * scale:.1f}}}\\h" if room.gap else ""
    return f"{head}{gap}\\N{{\\fn{room.rest[0]}\\fs{room.rest[1] * scale:.1f}}}{small}"


def _alpha(least: int, seen: Fraction) -> str:
    """How transparent something is that is wholly there at `least`, of 255."""
    return f"&H{255 - round((255 - least) * seen):02X}&"


def _escape(text: str) -> str:
    """Text that libass can only show: its override blocks, line escapes and control characters are disarmed."""
    lines = ["".join(_shown(char) for char in line) for line in text.split("\n")]
    return "\\N".join(lines)


def _shown(char: str) -> str:
    """A character, or what stands for it. A word joiner, which is not seen, keeps a backslash from its next letter."""
    if char == "\\":
        return "\\\u2060"
    if char in "{}":
        return f"\\{char}"
    return " " if char.isspace() else char if char.isprintable() else ""


def _clock(centiseconds: int) -> str:
    minutes, rest = divmod(max(0, centiseconds), 6000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest // 100:02}.{rest % 100:02}"
