"""Pictures in small, as pages hold them and the cache keeps them."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

KIND = "image/webp"


@dataclass(frozen=True, slots=True)
class Grade:
    """How large the pictures of a film are, and how many: the more shots it has, the fewer."""

    shots: int
    """Films of so many shots at the most."""
    frames: int
    """Of a reel."""
    cell: int
    """Pixels of the longer side of a reel's frame."""
    end: int
    """Pixels of the longer side of the other pictures."""
    quality: int


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, as WebP."""

    data: bytes
    width: int
    height: int

    @property
    def address(self) -> str:
        """The picture as an address that holds all of it."""
        return f"data:{KIND};base64,{base64.b64encode(self.data).decode()}"


def plain_picture(image: Image.Image, quality: int) -> list[Any]:
    """A picture as plain values, which `picture_from` reads."""
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality, method=4)
    return [image.width, image.height, base64.b64encode(out.getvalue()).decode()]


def small_picture(image: Image.Image, side: int) -> Image.Image:
    """A picture within a square of so many pixels a side."""
    small = image.convert("RGB")
    small.thumbnail((side, side))
    return small


def picture_from(known: Any) -> Picture:
    """The picture that was described by `plain_picture`."""
    width, height, data = known
    return Picture(base64.b64decode(data), width, height)


def fitted(size: tuple[int, int], side: int) -> tuple[int, int]:
    """A size within a square of so many pixels a side; nothing is made larger."""
    share = min(1.0, side / max(size))
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))
