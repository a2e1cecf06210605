"""The pictures of an animatic: stills under a moving camera, one growing into the other, or made-up light."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageOps

from storyboard.gateway.local.animatic import Animatic, CannotDraw
from storyboard.gateway.local.light import Pixels, paint_light
from storyboard.gateway.local.motion import PLATE, Path, ease, plan_move

Picture = Image.Image
Shot = Callable[[float], Pixels]
"""From progress (0 to 1) to the pixels of that moment, in the clip's size."""
Plate = Callable[[float], Picture]
"""From progress to the picture that the camera looks at."""

BLEND = (0.30, 0.72)
"""Where in a pair's clip the first picture has begun, and the last has ceased, to replace the other."""

SPREAD = 0.5
"""How much of the blend the darkest part waits for the brightest."""


def plan_pictures(animatic: Animatic) -> Shot:
    """What the clip shows at each moment. CannotDraw when a still is damaged."""
    first = _prepare(animatic.first, animatic.size, "first")
    last = _prepare(animatic.last, animatic.size, "last")
    path = plan_move(animatic.prompt, animatic.seconds, returns=last is not None)
    if first is not None and last is not None:
        return _film(_change(first, last), animatic.size, path)
    still = first or last
    if still is None:
        return paint_light(animatic.prompt, animatic.size, path)
    return _film(lambda _progress: still, animatic.size, path)


def _film(plate: Plate, size: tuple[int, int], path: Path) -> Shot:
    """A plate through the camera. A window in fractions of a pixel keeps a slow move free of steps."""

    def shot(progress: float) -> Pixels:
        picture = plate(progress)
        box = path(progress).box(*picture.size)
        return np.asarray(picture.resize(size, Image.Resampling.BICUBIC, box=box))

    return shot


def _change(first: Picture, last: Picture) -> Plate:
    """The plate at a moment: the first picture, the last one growing into it, the last one."""
    order = _order_of_change(last)

    def plate(progress: float) -> Picture:
        blend = (progress - BLEND[0]) / (BLEND[1] - BLEND[0])
        if blend <= 0:
            return first
        return last if blend >= 1 else Image.composite(last, first, order.point(_curve(blend)))

    return plate


def _order_of_change(picture: Picture) -> Picture:
    """A grey plate: where the new picture is bright it comes first, so it arrives as light does, not as a fog."""
    grey = ImageOps.autocontrast(picture.convert("L").resize((24, 24), Image.Resampling.BOX), cutoff=4)
    return grey.resize(picture.size, Image.Resampling.BICUBIC)


def _curve(blend: float) -> list[int]:
    """For each grey of the order, how much of the new picture is there (0 to 255)."""
    return [round(255 * ease((blend - SPREAD * (255 - grey) / 255) / (1 - SPREAD))) for grey in range(256)]


def _prepare(data: bytes | None, size: tuple[int, int], name: str) -> Picture | None:
    """The still as a plate: upright, cropped to the clip's shape, a little larger than the clip."""
    if data is None:
        return None
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
            upright = ImageOps.exif_transpose(picture) if picture.format == "JPEG" else picture
            still = upright.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise CannotDraw(f"the {name} image is damaged: {error}") from error
    return ImageOps.fit(still, (int(size[0] * PLATE), int(size[1] * PLATE)), Image.Resampling.LANCZOS)
