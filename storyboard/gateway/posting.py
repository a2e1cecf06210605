"""The body of an order: the very bytes that are posted, and paid for. Nothing is sent from here.

The shape is that of the AI SDK's own client (`vercel/ai`, `packages/gateway/src/gateway-video-model.ts`); recorded
requests in `tests/wire/` hold this file to it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from storyboard.planner.catalogue import catalogue
from storyboard.planner.dialect import dialect_of
from storyboard.planner.request import Request, plain
from storyboard.secret import SafeUrl
from storyboard.spec.model import Block, Routing

KLING_MODES = ("std", "pro")
"""Modes that travel as the provider's option, of a model that the catalogue does not know."""


@dataclass(frozen=True, slots=True)
class Inline:
    """An image as it travels inside a request."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Address:
    """An image or a video that the gateway fetches itself."""

    media_type: str
    url: SafeUrl


Image = Inline | Address


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What travels with a request."""

    first: Image | None = None
    last: Image | None = None
    references: tuple[Image, ...] = ()
    motion: Address | None = None


def body(request: Request, enclosed: Enclosed) -> bytes:
    """The JSON that is posted to order a request. A first frame travels twice, as the SDK sends it.

    Silence is asked for in so many words: what is paid must not hang on a provider's default.
    """
    model = catalogue().models.get(request.model)
    content: dict[str, Any] = {"prompt": request.prompt} if request.prompt else {}
    content["n"] = 1
    told_by_size = model is not None and bool(model.aspects) and "aspectRatio" in model.ignored
    if request.aspect and not told_by_size:
        content["aspectRatio"] = request.aspect
    if request.mode and _is_resolution(request):
        content["resolution"] = dialect_of(request.model).resolution(request.mode, request.aspect)
    if not (request.motion and enclosed.motion):  # the embedded gateway looks at no video, and must be told
        content["duration"] = request.seconds
    if request.seed is not None:
        content["seed"] = request.seed
    if model is None or model.audio == "option":
        content["generateAudio"] = request.audio
    content["providerOptions"] = _options(request, enclosed.motion)
    frames = [(kind, one) for kind, one in (("first_frame", enclosed.first), ("last_frame", enclosed.last)) if one]
    if enclosed.first:
        content["image"] = _file(enclosed.first)
    if frames:
        content["frameImages"] = [{"image": _file(one), "frameType": kind} for kind, one in frames]
    if enclosed.references:
        content["inputReferences"] = [_reference(one) for one in enclosed.references]
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def weigh(request: Request, first: int | None, last: int | None, references: tuple[int, ...] = ()) -> int:
    """How many bytes `body` has when its stills travel inside it and have so many: without building it."""
    empty = Inline("image/jpeg", b"")
    enclosed = Enclosed(
        empty if first is not None else None, empty if last is not None else None, (empty,) * len(references)
    )
    inside = 2 * _encoded_length(first or 0) + _encoded_length(last or 0) + sum(map(_encoded_length, references))
    return len(body(request, enclosed)) + inside


def _is_resolution(request: Request) -> bool:
    model = catalogue().models.get(request.model)
    return model.resolution if model else request.mode not in KLING_MODES


def _options(request: Request, motion: Address | None) -> dict[str, Any]:
    """The provider's own options under its name, and the gateway's, each only where there are any."""
    own: dict[str, Any] = plain(Block(request.options))
    if request.mode and not _is_resolution(request):
        own["mode"] = request.mode
    if request.negative:
        own["negativePrompt"] = request.negative
    if request.beats:
        shots = enumerate(request.beats, 1)
        own |= {"multiShot": True, "shotType": "customize"}
        own["multiPrompt"] = [
            {"index": index, "prompt": beat.prompt, "duration": str(beat.seconds)} for index, beat in shots
        ]
    if request.elements:
        own["elementList"] = [{"element_id": one} for one in request.elements]
    if request.voices:
        own["voiceList"] = [{"voice_id": one} for one in request.voices]
    if request.motion:
        own["videoUrl"] = motion.url.reveal() if motion else ""
        own["characterOrientation"] = request.motion.orientation
        own["keepOriginalSound"] = "yes" if request.motion.keep_sound else "no"
    sections = {dialect_of(request.model).namespace: own, "gateway": _routing(request.routing)}
    return {name: section for name, section in sections.items() if section}


def _routing(routing: Routing) -> dict[str, Any]:
    wanted = {
        "only": list(routing.only), "order": list(routing.order), "zeroDataRetention": routing.zero_data_retention,
        "disallowPromptTraining": routing.disallow_prompt_training, "user": routing.user, "tags": list(routing.tags),
    }  # fmt: skip
    return {name: value for name, value in wanted.items() if value}


def _file(image: Image) -> dict[str, str]:
    """An image in the body. An address goes without its kind, as the SDK sends it: whoever fetches it sees."""
    if isinstance(image, Address):
        return {"type": "url", "url": image.url.reveal()}
    return {"type": "file", "mediaType": image.media_type, "data": base64.b64encode(image.data).decode("ascii")}


def _reference(image: Image) -> dict[str, str]:
    """A reference in the body. Its kind is named always: some providers tell images from videos by it alone."""
    return {**_file(image), "mediaType": image.media_type}


def _encoded_length(size: int) -> int:
    return -(-size // 3) * 4
