"""Stills made ready: opened in a closed way, upright, cropped to the film's shape, no larger than useful."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.errors import Usage
from storyboard.planner.request import Picture

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 33_177_600
"""An 8K frame: a larger picture is a mistake or an attack."""
MIN_SIDE = 300
QUALITY = 90
CARD_SIDE = 3840


def look_at_still(path: Path, name: str) -> None:
    """Look whether a file is a picture that can be sent, by its head alone; `Usage` says why it is none."""
    with _opened(path, name):
        pass


def open_still(path: Path, name: str) -> Image.Image:
    """The picture in a file, upright, all of its pixels read; `Usage` says why it is none."""
    from PIL import ImageOps

    with _opened(path, name) as image:
        return ImageOps.exif_transpose(image)


@contextmanager
def _opened(path: Path, name: str) -> Iterator[Image.Image]:
    """A picture of a known kind and a sane size, its pixels not yet read; what goes wrong in the block is told too."""
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise Image.DecompressionBombError
                if min(width, height) < MIN_SIDE:
                    raise Usage(f"`{name}` is {width}x{height}: each side of a still needs at least {MIN_SIDE} pixels")
                yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        hint = "scale it down to 3840x2160 or less"
        raise Usage(f"`{name}` has more than {MAX_PIXELS:,} pixels", hint=hint) from None
    except UnidentifiedImageError:
        raise Usage(f"`{name}` is not a JPEG, PNG or WebP image") from None
    except Usage:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a decoder makes of a damaged file
        raise Usage(f"`{name}` is damaged: {error}", hint="save it again from an image editor") from None


def make_ready(image: Image.Image, picture: Picture) -> bytes:
    """The image as it is sent: cropped around the focus to the picture's shape, scaled down to its size, as JPEG."""
    from PIL import Image

    box = crop_box(image.size, (picture.width, picture.height), picture.focus)
    cropped_width = box[2] - box[0]
    size = (picture.width, picture.height)
    if cropped_width < picture.width:
        size = (round(cropped_width), round(box[3] - box[1]))
    ready = _opaque(image).resize(size, Image.Resampling.LANCZOS, box=box)
    buffer = io.BytesIO()
    ready.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return buffer.getvalue()


def card_picture(image: Image.Image) -> bytes:
    """A card's picture as PNG, no larger than a film can show."""
    picture = _opaque(image)
    picture.thumbnail((CARD_SIDE, CARD_SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _opaque(image: Image.Image) -> Image.Image:
    """The picture in 8-bit red, green and blue; where it is transparent, white."""
    from PIL import Image

    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")  # 16 bits of grey
    if not image.has_transparency_data:
        return image.convert("RGB")
    above = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), above).convert("RGB")


def crop_box(
    source: tuple[int, int], target: tuple[int, int], focus: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the largest part of `source` in the shape of `target` that keeps the focus."""
    width, height = source
    wanted = target[0] / target[1]
    if width / height > wanted:
        part = height * wanted
        left = min(max(width * focus[0] / 10_000 - part / 2, 0.0), width - part)
        return left, 0.0, left + part, float(height)
    part = width / wanted
    top = min(max(height * focus[1] / 10_000 - part / 2, 0.0), height - part)
    return 0.0, top, float(width), top + part
