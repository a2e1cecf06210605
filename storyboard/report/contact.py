"""A film's contact sheet: its shots in order on one picture, scene by scene, each with its time and how it stands."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.report.lanes import minutes
from storyboard.report.looks import Look, Looks, frame_of
from storyboard.report.rows import states_of, tone_of, word_of
from storyboard.report.survey import Survey
from storyboard.sheet import BODY, DIM, DISPLAY, INK, MARK, PAPER, PLATE, fitting, font_of
from storyboard.store import files
from storyboard.timing import clock

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    from storyboard.assembler.timeline import Clip
    from storyboard.planner.plan import PlannedShot

TITLE = "a film, shot by shot"
"""What a sheet says of itself in its file."""
CELL = 400
"""Pixels of a frame's longer side."""
MARGIN, GAP, HEAD, SCENE, WORDS = 56, 24, 124, 64, 84
ACROSS = (4, 5, 6)
"""Shots that may stand beside one another: as many as leave the fewest places empty."""
MOST = 300
"""Shots that a sheet shows at the most."""
SHORTEST = 3
"""Shots that the scenes of a film have on average, if each is to begin a row."""
TONES = {"good": "#59b87e", "warn": "#e7b457", "bad": "#ff7a70", "wait": "#7fb2f0", "free": "#83827d"}


@dataclass(frozen=True, slots=True)
class _Band:
    """One row of shots; the first of a scene has its title."""

    title: str
    shots: tuple[tuple[int, PlannedShot, Clip], ...]


def draw_contacts(survey: Survey, looks: Looks) -> bytes:
    """The sheet as PNG."""
    from PIL import Image, ImageDraw
    from PIL.PngImagePlugin import PngInfo

    output = survey.job.output
    share = CELL / max(output.width, output.height)
    size = (round(output.width * share), round(output.height * share))
    across = _across(survey, ACROSS if size[0] >= size[1] else (6, 7, 8))
    bands = _bands(survey, across)
    wide = 2 * MARGIN + across * size[0] + (across - 1) * GAP
    tall = sum(size[1] + WORDS + (SCENE if band.title else 0) for band in bands)
    sheet = Image.new("RGB", (wide, MARGIN + HEAD + tall + MARGIN // 2), PAPER)
    pen, top = ImageDraw.Draw(sheet), MARGIN + HEAD
    _head(pen, survey, wide)
    for band in bands:
        if band.title:
            pen.line((MARGIN, top, wide - MARGIN, top), fill=PLATE, width=2)
            text = font_of(DISPLAY, 24)
            title = fitting(band.title, text, wide - 2 * MARGIN)
            pen.text((MARGIN, top + SCENE / 2 + 1), title, font=text, fill=INK, anchor="lm")
            top += SCENE
        for place, one in enumerate(band.shots):
            _draw(sheet, (MARGIN + place * (size[0] + GAP), top), size, (one, looks.shots.get(one[1].shot.id)))
        top += size[1] + WORDS
    out, info = io.BytesIO(), PngInfo()
    info.add_text("Title", TITLE)
    sheet.save(out, "PNG", optimize=True, pnginfo=info)
    return out.getvalue()


def may_draw(path: Path) -> bool:
    """Whether a sheet may go to a path: to a new file, or over an earlier sheet."""
    return not path.exists() or f"Title\0{TITLE}".encode() in files.read_plain(path, 1024)


def _bands(survey: Survey, across: int) -> list[_Band]:
    """The rows of the sheet. A scene that is at an end leaves the rest of its row empty."""
    numbered = [(number, *row) for number, row in enumerate(survey.rows, 1)][:MOST]
    bands = []
    for scene, group in groupby(numbered, key=lambda one: _scene(survey, one[1])):
        ones = tuple(group)
        title = survey.storyboard.scene_titles.get(scene, scene)
        bands += [_Band("" if at else title, ones[at : at + across]) for at in range(0, len(ones), across)]
    return bands


def _scene(survey: Survey, planned: PlannedShot) -> str:
    """The scene that a shot stands under; none where scenes are so short that they would leave the sheet empty."""
    scenes = {shot.scene for shot in survey.storyboard.shots}
    return planned.shot.scene if len(survey.rows) >= SHORTEST * len(scenes) else ""


def _across(survey: Survey, may: tuple[int, ...]) -> int:
    """How many shots stand beside one another."""
    counts = [len(list(group)) for _, group in groupby(survey.rows[:MOST], key=lambda row: _scene(survey, row[0]))]
    if max(counts) < may[0]:
        return max(2, *counts)
    return max(may, key=lambda across: (-sum(-count % across for count in counts), across))


def _head(pen: ImageDraw.ImageDraw, survey: Survey, wide: int) -> None:
    """The film's title, and how long it is and stands."""
    title, text = font_of(DISPLAY, 46), font_of(BODY, 21)
    name = survey.storyboard.title or survey.project.file.stem
    pen.text((MARGIN, MARGIN - 8), fitting(name, title, wide - 2 * MARGIN), font=title, fill=INK)
    told = f"{clock(survey.timeline.seconds)} · {len(survey.rows)} shots: {', '.join(states_of(survey))}"
    pen.text((MARGIN, MARGIN + 56), fitting(told, text, wide - 2 * MARGIN), font=text, fill=DIM)


def _draw(
    sheet: Image.Image, at: tuple[int, int], size: tuple[int, int],
    shown: tuple[tuple[int, PlannedShot, Clip], Look | None],
) -> None:  # fmt: skip
    """One shot, its upper left corner at a place."""
    from PIL import Image, ImageDraw, ImageOps

    ((number, planned, clip), look), (left, top), (width, height) = shown, at, size
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((left, top, left + width - 1, top + height - 1), fill=PLATE)
    small, bold = font_of(BODY, 17), font_of(DISPLAY, 20)
    if look:
        picture = ImageOps.fit(frame_of(look, (look.frames - 1) // 2), size, Image.Resampling.LANCZOS)
        sheet.paste(picture, (left, top))
    else:
        pen.text((left + width / 2, top + height / 2), word_of(planned), font=small, fill=DIM, anchor="mm")
    y, length = top + height + 10, clock(clip.end - clip.begin)
    pen.text((left + width, y), f"{minutes(clip.begin, 1)}  {length}", font=small, fill=DIM, anchor="ra")
    room = width - round(small.getlength(f"{minutes(clip.begin, 1)}  {length}")) - 16
    pen.text((left, y - 2), fitting(f"{number}  {planned.shot.id}", bold, room), font=bold, fill=INK)
    dot = y + 33
    pen.ellipse((left, dot, left + 9, dot + 9), fill=TONES[tone_of(planned)])
    note = " ".join(filter(None, (word_of(planned), "· approved" if planned.shot.approved else "")))
    pen.text((left + 17, dot + 5), note, font=small, fill=DIM, anchor="lm")
    if planned.shot.note:
        after = left + 17 + round(small.getlength(note)) + 14
        told = fitting(planned.shot.note, small, left + width - after)
        pen.text((after, dot + 5), told, font=small, fill=MARK, anchor="lm")
