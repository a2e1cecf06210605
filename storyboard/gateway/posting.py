"""The body of an order: the very bytes that are posted, and paid for. Nothing is sent from here.

The shape is that of the AI SDK's own client (`vercel/ai`, `packages/gateway/src/gateway-video-model.ts`); recorded
requests in `tests/wire/` hold this file to it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from storyboard.planner.request import Request
from storyboard.secret import SafeUrl


@dataclass(frozen=True, slots=True)
class Inline:
    """An image as it travels inside a request."""

    media_type: str
    data: bytes

    def encoded(self) -> dict[str, str]:
        """Its part of the body."""
        return {"type": "file", "mediaType": self.media_type, "data": base64.b64encode(self.data).decode("ascii")}


@dataclass(frozen=True, slots=True)
class Address:
    """An image or a video that the gateway fetches itself."""

    media_type: str
    url: SafeUrl

    def encoded(self) -> dict[str, str]:
        """Its part of the body."""
        return {"type": "url", "url": self.url.reveal(), "mediaType": self.media_type}


Image = Inline | Address


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What travels with a request."""

    first: Image | None = None
    last: Image | None = None
    references: tuple[Image, ...] = ()
    motion: Address | None = None


def body(request: Request, enclosed: Enclosed) -> bytes:
    """The JSON that is posted to order a request. A first frame travels twice, as the SDK sends it."""
    first, last = enclosed.first, enclosed.last
    content: dict[str, Any] = {"prompt": request.prompt, "n": 1}
    if request.aspect:
        content["aspectRatio"] = request.aspect
    content["duration"] = request.seconds
    if request.audio:
        content["generateAudio"] = True
    options = {"mode": request.mode, **({"negativePrompt": request.negative} if request.negative else {})}
    content["providerOptions"] = {request.model.split("/", 1)[0]: options}
    if first:
        content["image"] = first.encoded()
    frames = [("first_frame", first), ("last_frame", last)]
    if first or last:
        content["frameImages"] = [{"image": one.encoded(), "frameType": name} for name, one in frames if one]
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def weigh(request: Request, first: int | None, last: int | None, references: tuple[int, ...] = ()) -> int:
    """How many bytes `body` has when its stills travel inside it and have so many: without building it."""
    empty = Inline("image/jpeg", b"")
    enclosed = Enclosed(
        empty if first is not None else None, empty if last is not None else None, (empty,) * len(references)
    )
    inside = 2 * _encoded_length(first or 0) + _encoded_length(last or 0) + sum(map(_encoded_length, references))
    return len(body(request, enclosed)) + inside


def _encoded_length(size: int) -> int:
    return -(-size // 3) * 4
