"""The images of a request: bytes out of the wire's File, within the model's limits, never fetched from anywhere."""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from dataclasses import dataclass

from PIL import Image

from storyboard.gateway.local.refusal import Refusal, invalid

MAX_BYTES = 10 * 1024 * 1024
MIN_SIDE = 300
MAX_RATIO = 2.5
MAX_PIXELS = 50_000_000
"""A still unpacks to at most this many pixels, whatever its file claims: no decompression bomb is opened."""

_TURNED = (5, 6, 7, 8)  # EXIF orientations that lie on their side


@dataclass(frozen=True, slots=True)
class Still:
    """An image as it was sent, and the size that it shows upright."""

    data: bytes
    width: int
    height: int


def is_video(file: object) -> bool:
    """Whether a File says of itself that it is a video."""
    kind = file.get("mediaType") if isinstance(file, dict) else None
    return isinstance(kind, str) and kind.lower().startswith("video/")


def read_still(file: object, path: str) -> Still:
    """The still in a File at `path` of the request. A Refusal says what is wrong with it."""
    if not isinstance(file, dict):
        raise invalid(f"{path} is not a file", path)
    if file.get("type") == "file":
        return _measure(_decode(file.get("data"), f"{path}.data"), path)
    if file.get("type") == "url":
        return read_address(file.get("url"), path)
    raise invalid(f"{path}.type is neither 'file' nor 'url'", path)


def read_address(url: object, path: str) -> Still:
    """The still in a `data:` address. Every other address is refused: this gateway never goes on the network."""
    if not isinstance(url, str) or not url:
        raise invalid(f"{path}.url is missing", path)
    head, comma, data = url.partition(",")
    if comma and head[:5].lower() == "data:" and head.lower().endswith(";base64"):
        return _measure(_decode(data, f"{path}.url"), path)
    raise invalid(
        f"{path} is an address. The local gateway fetches nothing over the network: send the image itself as base64.",
        path,
    )


def read_base64(data: object, path: str) -> Still:
    """The still in a bare base64 string, as Kling's own options have it."""
    return _measure(_decode(data, path), path)


def _decode(data: object, path: str) -> bytes:
    if not isinstance(data, str) or not data:
        raise invalid(f"{path} is missing: it is the image in base64", path)
    if data.startswith("data:"):
        raise invalid(f"{path} begins with 'data:'; only the base64 itself belongs there", path)
    if len(data) > MAX_BYTES * 4 // 3 + 4:
        raise invalid(f"{path} is larger than 10 MB", path)
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise invalid(f"{path} is not base64", path) from None


def _measure(data: bytes, path: str) -> Still:
    if len(data) > MAX_BYTES:
        raise invalid(f"{path} is larger than 10 MB", path)
    width, height = _read_size(data, path)
    if min(width, height) < MIN_SIDE:
        raise invalid(f"{path} is {width}x{height}; each side must be at least {MIN_SIDE} pixels", path)
    if max(width, height) > MAX_RATIO * min(width, height):
        raise invalid(f"{path} is {width}x{height}; the shape must be between 1:2.5 and 2.5:1", path)
    return Still(data, width, height)


def _read_size(data: bytes, path: str) -> tuple[int, int]:
    """The upright size, from the header alone."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
                width, height = picture.size
                turned = picture.format == "JPEG" and picture.getexif().get(0x0112) in _TURNED
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels(path) from None
    except (OSError, ValueError, SyntaxError):
        raise invalid(f"{path} is not a JPEG or PNG image", path) from None
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(path)
    return (height, width) if turned else (width, height)


def _too_many_pixels(path: str) -> Refusal:
    return invalid(f"{path} unpacks to more than {MAX_PIXELS // 1_000_000} million pixels", path)
