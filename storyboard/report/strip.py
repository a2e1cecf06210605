"""The strip of a film in small pictures, as wide as a terminal: shots in proportion to time, transitions drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from storyboard.report.lanes import drawn_as
from storyboard.report.looks import Look, frame_of
from storyboard.report.plates import COLOUR
from storyboard.report.survey import Survey
from storyboard.timing import nearest

if TYPE_CHECKING:
    from PIL import Image

    from storyboard.assembler.timeline import Clip, Join
    from storyboard.planner.plan import PlannedShot

USUAL = 20
"""Columns that a shot of the usual length has, at the least."""
ROWS, TALL_ROWS = 6, 9
"""Rows of letters that a picture is high; two of its pixels lie in each."""
BLANK = (42, 47, 52)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a shot stands in a band, in columns."""

    planned: PlannedShot
    clip: Clip
    before: Join | None
    """How the film comes to it; None for its first shot."""
    left: int
    width: int
    """To where the next one begins, but for the last of a band."""


@dataclass(frozen=True, slots=True)
class Band:
    """One stretch of the strip: as many shots as there is room for."""

    places: tuple[Place, ...]
    width: int


def bands_of(survey: Survey, width: int) -> list[Band]:
    """The strip, in bands of so many columns at the most; a shot has a column at the least."""
    seconds, rows = survey.timeline.seconds, survey.rows
    scale = Fraction(width * max(1, -(-len(rows) * USUAL // width))) / seconds
    bands: list[Band] = []
    begun: list[int] = []
    for number, (_, clip) in enumerate(rows):
        if begun and (clip.end - rows[begun[0]][1].begin) * scale > width:
            bands.append(_band(survey, begun, scale, width))
            begun = []
        begun.append(number)
    return [*bands, _band(survey, begun, scale, width)]


def _band(survey: Survey, numbers: list[int], scale: Fraction, width: int) -> Band:
    rows, joins = survey.rows, survey.timeline.joins
    start = rows[numbers[0]][1].begin
    lefts: list[int] = []
    for number in numbers:
        left = nearest((rows[number][1].begin - start) * scale)
        lefts.append(max(left, lefts[-1] + 1) if lefts else 0)
    full = min(width, max(lefts[-1] + 1, nearest((rows[numbers[-1]][1].end - start) * scale)))
    ends = [*lefts[1:], max(full, lefts[-1] + 1)]
    places = [
        Place(*rows[number], joins[number - 1] if number else None, left, end - left)
        for number, left, end in zip(numbers, lefts, ends, strict=True)
    ]
    return Band(tuple(places), ends[-1])


def draw_band(survey: Survey, band: Band, looks: Mapping[str, Look]) -> Image.Image:
    """A band's pictures: a pixel for each column, and two for each row."""
    from PIL import Image

    tall = survey.job.output.height > survey.job.output.width
    height = 2 * (TALL_ROWS if tall else ROWS)
    drawn = Image.new("RGB", (band.width, height), BLANK)
    for index, place in enumerate(band.places):
        after = band.places[index + 1] if index + 1 < len(band.places) else None
        # Under the edge of the next one its picture goes on, as far as the transition lasts.
        over = _overlap(after) if after else 0
        size = (max(1, min(place.width + over, band.width - place.left)), height)
        picture = _picture(looks.get(place.planned.shot.id), size)
        drawn.paste(picture, (place.left, 0), _mask(place, size) if index else None)
        if index and place.before and drawn_as(place.before) == "dip":
            _dip(drawn, place)
    return drawn


def _overlap(place: Place) -> int:
    """How many columns the transition into a shot takes."""
    if place.before is None or not place.before.frames:
        return 0
    return min(place.width, max(2, nearest(Fraction(place.before.frames * place.width, place.clip.frames))))


def _picture(look: Look | None, size: tuple[int, int]) -> Image.Image:
    """A shot's picture at a size: several of its frames side by side where there is room for them."""
    from PIL import Image, ImageOps

    width, height = size
    if look is None:
        return Image.new("RGB", size, BLANK)
    shape = Fraction(look.reel.width, look.frames * look.reel.height)
    count = max(1, min(look.frames, nearest(width / (height * shape * Fraction(5, 4)))))
    picture = Image.new("RGB", size)
    for index in range(count):
        left, right = index * width // count, (index + 1) * width // count
        frame = frame_of(look, (2 * index + 1) * (look.frames - 1) // (2 * count))
        picture.paste(ImageOps.fit(frame, (right - left, height), Image.Resampling.LANCZOS), (left, 0))
    return picture


def _mask(place: Place, size: tuple[int, int]) -> Image.Image:
    """What of a shot's picture is seen: its left edge is a slope, an arrow, or upright."""
    from PIL import Image, ImageDraw

    width, height = size
    drawn, over = drawn_as(place.before) if place.before else "cut", _overlap(place)
    edges = {"mix": [(over, 0), (0, height)], "wipe": [(0, 0), (over, height // 2), (0, height)]}
    edge = edges.get(drawn)
    mask = Image.new("L", (4 * width, 4 * height), 0 if edge else 255)
    if edge:
        corners = [(4 * x, 4 * y) for x, y in [*edge, (width, height), (width, 0)]]
        ImageDraw.Draw(mask).polygon(corners, fill=255)
    return mask.resize(size, Image.Resampling.BOX)


def _dip(drawn: Image.Image, place: Place) -> None:
    """Draw a transition through its colour: deepest at the edge."""
    from PIL import Image, ImageColor

    color = place.before.transition.color if place.before else ""
    through = ImageColor.getrgb(color if COLOUR.fullmatch(color) else "#000000")[:3]
    reach = max(1, _overlap(place) // 2)
    for offset in range(-reach, reach):
        column = place.left + offset
        if 0 <= column < drawn.width:
            share = 1 - abs(offset + 0.5) / reach
            box = (column, 0, column + 1, drawn.height)
            drawn.paste(Image.blend(drawn.crop(box), Image.new("RGB", (1, drawn.height), through), share), box)
