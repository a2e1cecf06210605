"""How a shot looks at its beginning and its end, in small: by its take, else by its stills. For people's eyes alone."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard import stills
from storyboard.assembler import media
from storyboard.assembler.rolls import MAX_PIXELS
from storyboard.errors import Refused, StoryboardError
from storyboard.revisions import Tree
from storyboard.spec.model import Shot, StillFile
from storyboard.store import files
from storyboard.store.takes import TakeStore

if TYPE_CHECKING:
    from PIL import Image

LONG_SIDE = 480
"""Pixels."""
QUALITY = 80


@dataclass(frozen=True, slots=True)
class Look:
    """The first and the last picture of a shot, as JPEG; empty where there is none."""

    first: bytes = b""
    last: bytes = b""


def look_of(shot: Shot, take: str, tree: Tree, takes: TakeStore) -> Look:
    """How a shot looks: by the take of that digest where its bytes are here, by its footage, or by its stills."""
    with suppress(StoryboardError):
        if take and takes.holds(take):
            path = takes.path(take)
            if files.sha256(path) == take:
                return _look_at(path)
        if shot.footage and (path_ := tree.fetch(shot.footage)):
            return _look_at(path_)
    if shot.card:
        return Look(_still(shot.card.image, tree))
    order = shot.order
    first, last = (order.first, order.last) if order else (None, None)
    names = [frame.file if isinstance(frame, StillFile) else "" for frame in (first, last)]
    return Look(*(_still(name, tree) for name in names))


def _look_at(path: Path) -> Look:
    return Look(_jpeg(first_frame(path)), _jpeg(media.last_frame(path)))


def first_frame(path: Path) -> Image.Image:
    """The first picture of a clip, upright and with square pixels."""
    import av
    import numpy as np
    from av.video.reformatter import ColorRange, Colorspace
    from PIL import Image

    facts = media.measure(path).facts
    with media.opened(path, media.demuxer(path)) as container:
        stream = media.picture_of(container)
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        with suppress(av.FFmpegError, StopIteration):
            frame = next(container.decode(stream))
            full = frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG
            rgb = frame.reformat(
                format="rgb24", src_colorspace=Colorspace.ITU709, dst_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.JPEG if full else ColorRange.MPEG, dst_color_range=ColorRange.JPEG,
            )  # fmt: skip
            pixels = media.upright(frame, rgb.to_ndarray())
            return Image.fromarray(np.ascontiguousarray(pixels)).resize((facts.width, facts.height))
    raise Refused("its first picture cannot be decoded")


def _still(name: str, tree: Tree) -> bytes:
    with suppress(StoryboardError):
        if name and (path := tree.fetch(name)):
            return _jpeg(stills.open_still(path, name))
    return b""


def _jpeg(image: Image.Image) -> bytes:
    small, out = image.convert("RGB"), io.BytesIO()
    small.thumbnail((LONG_SIDE, LONG_SIDE))
    small.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
