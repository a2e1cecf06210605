"""Pictures as the film shows them: in its frame, enlarged, turned over and graded as their shot says.

For people's eyes alone: the film itself does this in `assembler.fitting` and `assembler.lut`, exact to the last bit.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from storyboard.assembler.cube import read_cube
from storyboard.assembler.fitting import NEARLY
from storyboard.report.prints import fitted

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image, ImageFilter

    from storyboard.report.survey import Survey
    from storyboard.spec.model import Shot

MOST = 4.0
"""A shot that is enlarged is looked at in so many times the pixels at the most."""
DARK, SOFT = 0.6, 16
"""How bright a picture is behind itself, and over which part of its shorter side it is blurred: one of so many."""


@dataclass(frozen=True, slots=True)
class Dress:
    """How the film shows a shot's picture."""

    size: tuple[int, int]
    """Of the film's frame, in pixels."""
    fit: str = "cover"
    focus: tuple[float, float] = (0.5, 0.5)
    flip: str = ""
    scale: float = 1.0
    tables: tuple[str, ...] = ()
    """The digests of the looks that are laid over it, one after the other."""

    def within(self, side: int) -> tuple[int, int]:
        """The frame's size within a square of so many pixels a side."""
        return fitted(self.size, side)

    def larger(self, size: tuple[int, int]) -> float:
        """How much larger a picture has to be than the frame within the same square, to be as sharp as it is."""
        wide, tall = self.size[0] / size[0], self.size[1] / size[1]
        return min(MOST, self.scale * max(wide, tall) / min(wide, tall))

    @property
    def plain(self) -> list[Any]:
        """What it is, for a key."""
        return [list(one) if isinstance(one, tuple) else one for one in astuple(self)]


def dress_of(survey: Survey, shot: Shot) -> Dress:
    """How the first output's film shows a shot."""
    output, luts = survey.job.output, survey.job.extras.luts
    named = [luts.get(name, "") for name in (shot.lut, survey.storyboard.lut)]
    size, tables = (output.width, output.height), tuple(filter(None, named))
    if shot.card:
        return Dress(size, tables=tables)
    focus = shot.focus or output.focus or (0.5, 0.5)
    return Dress(size, shot.fit or output.fit, focus, shot.flip, shot.scale, tables)


def dressed(survey: Survey, image: Image.Image, dress: Dress, size: tuple[int, int]) -> Image.Image:
    """A picture as the film shows it, in a size of the frame's shape."""
    from PIL import Image, ImageOps

    wide, tall = size[0] / image.width, size[1] / image.height
    bars = max(wide, tall) / min(wide, tall)
    if dress.fit == "cover" or bars <= NEARLY or dress.scale >= bars:
        scale = dress.scale if dress.fit == "cover" or bars <= NEARLY else dress.scale / bars
        whole = graded(survey, _part(image, dress.focus, max(wide, tall) * scale, size), dress)
    else:
        inner = graded(survey, _part(image, dress.focus, min(wide, tall) * dress.scale, size), dress)
        whole = Image.new("RGB", size)
        if dress.fit != "contain":
            whole = _backdrop(graded(survey, _part(image, dress.focus, max(wide, tall), size), dress))
        whole.paste(inner, ((size[0] - inner.width) // 2, (size[1] - inner.height) // 2))
    turned = {"horizontal": ImageOps.mirror, "vertical": ImageOps.flip}.get(dress.flip)
    return turned(whole) if turned else whole


def graded(survey: Survey, image: Image.Image, dress: Dress) -> Image.Image:
    """A picture with the looks of its shot and its film laid over it."""
    for digest in dress.tables:
        image = image.filter(_table(survey.locate(digest)))
    return image


def _part(image: Image.Image, focus: tuple[float, float], factor: float, size: tuple[int, int]) -> Image.Image:
    """What of a picture is seen in a frame when it is so many times as large, with its focus as near to the middle as
    its edges let it."""
    from PIL import Image

    seen = [min(side, pixels / factor) for side, pixels in zip(image.size, size, strict=True)]
    lefts = [
        min(max(0.0, side * point - part / 2), side - part)
        for side, point, part in zip(image.size, focus, seen, strict=True)
    ]
    box = (lefts[0], lefts[1], lefts[0] + seen[0], lefts[1] + seen[1])
    width, height = (min(most, max(1, round(part * factor))) for part, most in zip(seen, size, strict=True))
    return image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS, box)


def _backdrop(image: Image.Image) -> Image.Image:
    """A picture so soft and dark that it is seen as nothing but light."""
    from PIL import ImageEnhance, ImageFilter

    soft = image.filter(ImageFilter.GaussianBlur(max(2, min(image.size) / SOFT)))
    return ImageEnhance.Brightness(ImageEnhance.Color(soft).enhance(0.8)).enhance(DARK)


@lru_cache(maxsize=8)
def _table(path: Path) -> ImageFilter.Color3DLUT:
    """A look that was made ready, by its file, which is named by what is in it."""
    from PIL import ImageFilter

    cube = read_cube(path.read_bytes())
    return ImageFilter.Color3DLUT(cube.side, [one for colour in cube.colours for one in colour])
