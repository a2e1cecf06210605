"""Stills made ready: opened in a closed way, upright, cropped to the film's shape, no larger than useful.

What leaves the machine is pixels alone: a new JPEG, in sRGB, without a word of what stood in the file.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
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
"""Pixels that each side of a sent picture needs."""
MAX_SENT = 10_000_000
"""Bytes of a sent picture."""
QUALITIES = ((90, 0), (90, 2), (75, 2), (60, 2))
"""JPEG's quality and colour subsampling: the best one whose bytes are not too many."""
CARD_SIDE = 3840

_ORIENTATION = 0x0112
_LYING = (5, 6, 7, 8)
"""Orientations in which a photograph was taken with the camera on its side."""


def look_at_still(path: Path, name: str) -> None:
    """Look whether a file is a picture that can be opened, by its head alone; `Usage` says why it is none."""
    with _opened(path, name):
        pass


def look_at_overlay(path: Path, name: str) -> None:
    """Look whether a file is a picture that can be laid over a film, however small, by its head alone; `Usage`."""
    with _opened(path, name, least=1):
        pass


def look_at_sent(path: Path, name: str, aspect: Fraction | None, longest: Decimal | None = None) -> None:
    """Look whether a file is a picture that can be sent, by its head alone; `Usage` says why it cannot.

    `aspect` is the shape that it is cropped to; a reference stays whole, and has None. `longest` is how many times as
    long as wide its model takes it.
    """
    with _opened(path, name) as image:
        width, height = image.size
        if image.getexif().get(_ORIENTATION, 1) in _LYING:
            width, height = height, width
        shape = (aspect.numerator, aspect.denominator) if aspect else (width, height)
        _check_size(f"`{name}`", (width, height), crop_box((width, height), shape, (5_000, 5_000)))
        if aspect is None and longest is not None and max(width, height) > longest * min(width, height):
            message = f"`{name}` is {width}x{height}: its model takes nothing more than {longest} times as long as wide"
            raise Usage(message, hint="crop it in an image editor")


def open_still(path: Path, name: str) -> Image.Image:
    """The picture in a file, upright, all of its pixels read; `Usage` says why it is none."""
    from PIL import ImageOps

    with _opened(path, name) as image:
        return ImageOps.exif_transpose(image)


@contextmanager
def _opened(path: Path, name: str, least: int = MIN_SIDE) -> Iterator[Image.Image]:
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
                if min(width, height) < least:
                    message = f"`{name}` is {width}x{height}: each side of a still needs at least {least} pixels"
                    raise Usage(message, hint="take a larger image")
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
    """The image as it is sent, as JPEG: cropped around the focus to the picture's shape and scaled down to its size.

    A reference stays whole and fits into the size. Nothing is scaled up; `Usage` says what is too small.
    """
    from PIL import Image

    wanted = image.size if picture.frame == "reference" else (picture.width, picture.height)
    box = crop_box(image.size, wanted, picture.focus)
    if picture.frame != "last":
        _check_size("the still", image.size, box)
    width, height = box[2] - box[0], box[3] - box[1]
    if picture.frame == "reference":
        scale = min(1.0, picture.width / width, picture.height / height)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
    else:
        size = wanted if width >= picture.width else (round(width), round(height))
    ready = _opaque(_in_srgb(image)).resize(size, Image.Resampling.LANCZOS, box=box)
    ready.info = {}
    return _encode(ready)


def _encode(ready: Image.Image) -> bytes:
    for quality, subsampling in QUALITIES:
        buffer = io.BytesIO()
        ready.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
        if buffer.tell() <= MAX_SENT:
            return buffer.getvalue()
    message = f"the still has {buffer.tell():,} bytes as a JPEG of {ready.width}x{ready.height}"
    raise Usage(message, hint=f"a model takes {MAX_SENT:,}: take a calmer image, or a smaller mode")


def _check_size(name: str, size: tuple[int, int], box: tuple[float, float, float, float]) -> None:
    """Whether enough is left of a picture in a crop."""
    width, height = box[2] - box[0], box[3] - box[1]
    if min(width, height) < MIN_SIDE - 0.5:
        crop = f"{width:.0f}x{height:.0f}"
        message = f"{name} is {size[0]}x{size[1]}, which leaves {crop} of it in the film's shape"
        hint = "take a larger image, or one that is nearer to the shape"
        raise Usage(f"{message}: each side of a still needs at least {MIN_SIDE} pixels", hint=hint)


def card_picture(image: Image.Image) -> bytes:
    """A card's picture as PNG, no larger than a film can show."""
    picture = _opaque(image)
    picture.thumbnail((CARD_SIDE, CARD_SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def overlay_picture(path: Path, name: str) -> bytes:
    """A picture that is laid over a film, as PNG with its transparency; `Usage` says why it is none."""
    from PIL import ImageOps

    with _opened(path, name, least=1) as image:
        picture = _in_srgb(ImageOps.exif_transpose(image)).convert("RGBA")
    picture.thumbnail((CARD_SIDE, CARD_SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _in_srgb(image: Image.Image) -> Image.Image:
    """The picture in the colours that a reader without its profile will see; a profile that is damaged is not used."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return image
    return converted or image


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
