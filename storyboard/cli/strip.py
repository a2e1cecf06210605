"""`storyboard strip`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.common import data, file_argument, located, model_option, opened, variant_option, words_option

if TYPE_CHECKING:
    from PIL import Image
    from rich.console import Console
    from rich.text import Text

    from storyboard.report.strip import Band, Place
    from storyboard.report.survey import Survey

TONES = {"good": "green", "warn": "yellow", "bad": "red", "wait": "blue", "free": "bright_black"}
EDGES = {"cut": "┃", "mix": "╱", "dip": "▒", "wipe": "▶"}
"""How the film comes to a shot."""
NAMES = {"mix": "dissolve", "dip": "through a colour", "wipe": "wipe, slide, iris"}
NARROWEST, LONGEST = 24, 30
"""Columns that the bars of the plain strip have, at the least; letters of a name there, at the most."""

Told = tuple[str, str, int]
"""A text, its style, and how many columns it has."""


@click.command("strip", short_help="The film in the terminal: its shots in proportion to their time.")
@file_argument
@variant_option
@words_option
@model_option
def command(**given: Any) -> None:
    """Draw the strip of a film: its shots in proportion to their time, how it comes to each, and how they stand.

    With pictures where the terminal shows enough colours; in a pipe, or with NO_COLOR, in words and bars.
    """
    from storyboard.report.survey import surveying
    from storyboard.settings import settings_for

    project, unknown = opened(given["file"], given["variant"], given["words"]), given["allow_unknown_model"]
    console = data()
    with located(project), surveying(project, settings_for(project.root), allow_unknown_model=unknown) as survey:
        _head(console, survey)
        if console.color_system in ("256", "truecolor") and not console.no_color:
            _draw(console, survey)
        else:
            _write(console, survey)
        _foot(console, survey)


def _head(console: Console, survey: Survey) -> None:
    from rich.text import Text

    from storyboard.cli.report import printable
    from storyboard.timing import clock

    timeline = survey.timeline
    title = printable(survey.storyboard.title or survey.project.file.stem)
    told = f"  {clock(timeline.seconds)}, {timeline.frames} frames at {float(timeline.rate):g} fps"
    console.print(Text.assemble((title, "bold"), (told, "dim")), soft_wrap=True)


def _foot(console: Console, survey: Survey) -> None:
    """How many shots stand how, and what the signs between them mean."""
    from rich.text import Text

    from storyboard.report.lanes import drawn_as
    from storyboard.report.rows import states_of

    row = Text()
    for words, tone in states_of(survey).items():
        row.append("● ", TONES[tone]).append(f"{words}   ")
    drawn = {drawn_as(join) for join in survey.timeline.joins}
    row.append("  ".join(f"{EDGES[kind]} {name}" for kind, name in NAMES.items() if kind in drawn), "dim")
    console.print()
    console.print(row, soft_wrap=True)


def _draw(console: Console, survey: Survey) -> None:
    """The strip with pictures, band by band."""
    from storyboard.report.looks import grade_of, look_at_shots
    from storyboard.report.strip import bands_of, draw_band

    looks = look_at_shots(survey, grade_of(len(survey.shots)))
    for band in bands_of(survey, console.width):
        scenes = _scenes(survey, band)
        rows = [_line(scenes)] if any(text for text, _, _ in scenes) else []
        rows += _half_blocks(draw_band(survey, band, looks))
        rows += [_line([told(place) for place in band.places]) for told in (_edge, _name, _time)]
        console.print()
        for row in rows:
            console.print(row, no_wrap=True, crop=True)


def _write(console: Console, survey: Survey) -> None:
    """The strip in words, a line for each shot, its bar where it lies in the film."""
    from rich.text import Text

    from storyboard.cli.report import printable
    from storyboard.cli.tables import beginning
    from storyboard.report.lanes import drawn_as, minutes
    from storyboard.report.rows import tone_of, word_of
    from storyboard.timing import clock, nearest

    timeline = survey.timeline
    longest = min(LONGEST, console.width // 4)
    names = [beginning(shot.id, longest) for shot in survey.storyboard.shots]
    states = [word_of(one) for one in survey.shots]
    wide, word = max(map(len, names)), max(map(len, states))
    room = max(NARROWEST, console.width - wide - word - len("  0:00.0  00.0 s    "))
    scene = ""
    for (planned, clip), before in zip(survey.rows, (None, *timeline.joins), strict=True):
        if clip.shot.scene != scene:
            scene = clip.shot.scene
            console.print(Text(printable(survey.storyboard.scene_titles.get(scene, scene)), "bold"), soft_wrap=True)
        left, right = (nearest(at / timeline.seconds * room) for at in (clip.begin, clip.end))
        sign = EDGES[drawn_as(before)] if before else "┃"
        row = Text.assemble(
            f"  {beginning(planned.shot.id, longest):{wide}}  ",
            (f"{word_of(planned):{word}}", TONES[tone_of(planned)]),
            f"  {minutes(clip.begin, 1):>6}  {clock(clip.end - clip.begin):>6}  ", " " * left,
            (sign + "━" * max(0, right - left - 1), TONES[tone_of(planned)]),
        )  # fmt: skip
        console.print(row, soft_wrap=True)


def _half_blocks(picture: Image.Image) -> list[Text]:
    """A picture in letters, each the upper of two pixels on the lower one."""
    from rich.color import Color
    from rich.style import Style
    from rich.text import Text

    pixels = picture.load()
    assert pixels is not None  # noqa: S101 - a drawn picture has pixels
    rows = []
    for y in range(0, picture.height, 2):
        row = Text()
        for x in range(picture.width):
            upper, lower = (Color.from_rgb(*pixels[x, y + half]) for half in (0, 1))  # type: ignore[misc]
            row.append("▀", Style(color=upper, bgcolor=lower))
        rows.append(row)
    return rows


def _scenes(survey: Survey, band: Band) -> list[Told]:
    """The title of each scene over its first shot of a band."""
    from itertools import groupby

    told = []
    for scene, group in groupby(band.places, key=lambda place: place.planned.shot.scene):
        title = survey.storyboard.scene_titles.get(scene, scene)
        told.append((title, "bold", sum(place.width for place in group)))
    return told


def _line(told: list[Told]) -> Text:
    """A line over or under a band: each text where its shot is, as far as there is room."""
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    from storyboard.cli.report import printable

    row = Text()
    for text, style, room in told:
        shown = printable(text)
        if cell_len(shown) > room - (room > 3) and set(shown[1:2]) != {"━"}:
            shown = set_cell_size(shown, max(1, room - 2)) + ("…" if room > 3 else "")
        row.append(set_cell_size(shown, room), style)
    return row


def _edge(place: Place) -> Told:
    from storyboard.report.lanes import drawn_as
    from storyboard.report.rows import tone_of

    sign = EDGES[drawn_as(place.before)] if place.before else "┃"
    return sign + "━" * (place.width - 1), TONES[tone_of(place.planned)], place.width


def _name(place: Place) -> Told:
    return place.planned.shot.id, "", place.width


def _time(place: Place) -> Told:
    """When a shot begins, how long it lasts and how it stands: as much of it as there is room for."""
    from storyboard.report.lanes import minutes
    from storyboard.report.rows import word_of
    from storyboard.timing import clock

    begin, length, word = minutes(place.clip.begin, 1), clock(place.clip.end - place.clip.begin), word_of(place.planned)
    texts = (f"{begin} {length} {word}", f"{begin} {word}", word, begin)
    return next((text for text in texts if len(text) < place.width), ""), "dim", place.width
