"""Words on the picture, drawn by libass alone, with the fonts that ship in the package and no others.

No text of a user's is ever part of a filter graph: it stands in a subtitle file that is written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

from storyboard.assembler.timeline import Timeline
from storyboard.spec.model import Output, Storyboard
from storyboard.store import files
from storyboard.timing import to_frame

Style = Literal["caption", "card", "subtitle", "slate", "timecode"]
BODY, DISPLAY = "Inter Medium", "Inter Display SemiBold"
BACK = "&H70000000"
FRAME_CENTISECONDS = 4
"""Subtitles are drawn on a clock of their own, on which every frame lasts this long: theirs only knows centiseconds."""


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of text and the frames it is seen in: from `start` up to but not including `stop`."""

    style: Style
    text: str
    start: int
    stop: int


def lines_of(storyboard: Storyboard, output: Output, timeline: Timeline, slates: Mapping[str, str]) -> tuple[Line, ...]:
    """Every caption of the film, in film frames; for shots in `slates`, the slate line of a draft too."""
    lines = []
    for clip in timeline.clips:
        for caption in clip.shot.captions if output.captions == "burn" else ():
            begin = clip.begin + caption.at.seconds(storyboard.rate)
            end = min(begin + caption.length.seconds(storyboard.rate), clip.end)
            lines.append(Line("caption", caption.text, to_frame(begin, output.rate), to_frame(end, output.rate)))
        if text := slates.get(clip.shot.id):
            lines.append(Line("slate", text, clip.start, clip.start + clip.frames))
    return tuple(lines)


def card_lines(text: str, frames: int) -> tuple[Line, ...]:
    """A card's text: the first line large, what follows smaller below it."""
    return (Line("card", text, 0, frames),)


def script(lines: Iterable[Line], width: int, height: int, color: str = "#ffffff", *, on_picture: bool = False) -> str:
    """The subtitle file that draws `lines` on a picture of this size, at `FRAME_CENTISECONDS` for each frame.

    `color` is that of a card's text, which gets an edge where it stands `on_picture`.
    """
    unit = min(width, height) / 720
    margin = round(width * 0.06)
    lift = height * (0.14 if height > width else 0.07)
    edge = 0.04 if on_picture else 0
    styles = [
        _style("caption", (BODY, 38 * unit), "#ffffff", 2, (margin, lift), edge=0.058),
        _style("card", (DISPLAY, 76 * unit), color, 5, (margin, 0), edge=edge),
        _style("subtitle", (BODY, 30 * unit), color, 5, (margin, 0), edge=edge),
        _style("slate", (BODY, 18 * unit), "#ffffff", 1, (16 * unit, 10 * unit)),
        _style("timecode", (BODY, 18 * unit), "#ffd479", 3, (16 * unit, 10 * unit)),
    ]
    events = [_event(line, unit) for line in lines]
    return "\n".join((_HEAD.format(width=width, height=height), *styles, "", _EVENTS, *events, ""))


def unknown_letters(text: str) -> str:
    """The characters of a text that the shipped fonts do not have, each once: they would be drawn as empty boxes."""
    covered = _coverage()
    return "".join(dict.fromkeys(char for char in text if char.isprintable() and ord(char) not in covered))


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
        f"<dir>{escape(str(folder))}</dir><cachedir>{escape(str(cache / 'fonts'))}</cachedir></fontconfig>\n"
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


def _style(
    name: Style, font: tuple[str, float], color: str, place: int, margins: tuple[float, float], *, edge: float = 0
) -> str:
    """A line of the style table: what stands on a picture has an edge or a band, so that it is read anywhere."""
    (family, size), (side, lift) = font, margins
    outline = size * edge
    border = f"3,{size * 0.35:.1f},0" if name in ("slate", "timecode") else f"1,{outline:.1f},{outline * 0.4:.1f}"
    return (
        f"Style: {name},{family},{size:.1f},{_colour(color)},&H00FFFFFF,{BACK},{BACK},0,0,0,0,100,100,0,0,{border},"
        f"{place},{side:.0f},{side:.0f},{lift:.0f},1"
    )


def _event(line: Line, unit: float) -> str:
    """One event, its times half a frame early: no frame is ever on the border of two."""
    start, stop = (_clock(frame * FRAME_CENTISECONDS - FRAME_CENTISECONDS // 2) for frame in (line.start, line.stop))
    text = _card(line.text, unit) if line.style == "card" else _escape(line.text)
    return f"Dialogue: 0,{start},{stop},{line.style},,0,0,0,,{text}"


def _card(text: str, unit: float) -> str:
    """A card's text as one block around the middle: a title of several lines makes room for what is below it."""
    title, _, rest = text.partition("\n")
    if not rest.strip():
        return _escape(title)
    small, gap = "{\\rsubtitle}", f"{{\\rsubtitle\\fs{20 * unit:.1f}}}\\h"
    return f"{_escape(title)}\\N{gap}\\N{small}{_escape(rest.strip())}"


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


def _colour(color: str) -> str:
    """`#rrggbb` as ASS writes it: blue first."""
    return f"&H00{color[5:7]}{color[3:5]}{color[1:3]}".upper()
