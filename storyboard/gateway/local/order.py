"""From the JSON of a video request to what is drawn, with the warnings that the real model would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storyboard.gateway.local.animatic import Animatic
from storyboard.gateway.local.refusal import Json, invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storyboard.gateway.local.stills import Still
    from storyboard.planner.catalogue import Model

_IGNORED = {
    "aspectRatio": "The size of the video follows the image.",
    "resolution": "KlingAI video models do not support the resolution option.",
    "seed": "KlingAI video models do not support seed for deterministic generation.",
    "fps": "KlingAI video models do not support custom FPS.",
}
_DEFAULT_SECONDS = 5
_DEFAULT_ASPECT = "16:9"


@dataclass(frozen=True, slots=True)
class Order:
    """A request that can be drawn."""

    model: Model
    animatic: Animatic
    warnings: tuple[Json, ...]


def read_order(model: Model, body: Json) -> Order:
    """What a request asks of a model. A Refusal names the first thing that is wrong with it."""
    options = _options(model, body)
    warnings = _warn_of_ignored(model, body)
    mode = options.get("mode", next(iter(model.modes)))
    if not isinstance(mode, str) or mode not in model.modes:
        raise invalid(f"mode is {mode!r}; {model.id} has {_listed(model.modes)}", "providerOptions.klingai.mode")
    first, last = _stills(model, body, options, mode, warnings)
    short = model.height(mode)
    if model.kind == "t2v":
        size = _size_of_aspect(model, body, short)
    else:
        shape = first or last
        if shape is None:
            raise invalid(f"{model.id} turns images into video: send image, or frameImages", "image")
        size = _size_of_shape(shape.width, shape.height, short)
    animatic = Animatic(
        prompt=_prompt(model, body, options),
        seconds=_seconds(model, body),
        size=size,
        first=first.data if first else None,
        last=last.data if last else None,
        audio=_audio(model, body, options, warnings),
    )
    return Order(model, animatic, tuple(warnings))


def unsupported(feature: str, details: str) -> Json:
    """A warning that a part of the request is ignored."""
    return {"type": "unsupported", "feature": feature, "details": details}


def _options(model: Model, body: Json) -> Json:
    every = body.get("providerOptions", {})
    own = every.get(model.provider) if isinstance(every, dict) else None
    if not isinstance(every, dict) or not isinstance(own, dict | None):
        raise invalid("providerOptions is not an object of objects", "providerOptions")
    return own or {}


def _warn_of_ignored(model: Model, body: Json) -> list[Json]:
    # As in the model's own client: a value that counts as false (a seed of 0) is ignored without a word.
    warnings = [
        unsupported(feature, details)
        for feature, details in _IGNORED.items()
        if feature in model.ignored and body.get(feature)
    ]
    count = body.get("n", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise invalid("n is not a whole number from 1", "n")
    if count > 1:
        warnings.append(unsupported("n", "One video is made per call. Only 1 video will be generated."))
    if body.get("inputReferences"):
        warnings.append(unsupported("inputReferences", "The local gateway draws from frames only."))
    if body.get("callbackUrl"):
        warnings.append(unsupported("callbackUrl", "The local gateway calls nobody back: ask for the status."))
    return warnings


def _stills(
    model: Model, body: Json, options: Json, mode: str, warnings: list[Json]
) -> tuple[Still | None, Still | None]:
    """The first and the last frame, as far as the model uses them."""
    frames = _frames(body)
    first = frames.get("first_frame", ("image", body.get("image")))
    last = frames.get("last_frame")
    if model.kind == "t2v":
        if first[1] is not None or last is not None:
            warnings.append(unsupported("image", "Text-to-video takes no image. Use an image-to-video model instead."))
        return None, None
    still = _read(first, warnings)
    tail = _read(last, warnings) if last else _read_tail(options)
    if tail is not None and model.last_modes and mode not in model.last_modes:
        warnings.append(
            unsupported("frameImages", f"{model.id} takes a last frame in mode {_listed(model.last_modes)}.")
        )
        tail = None
    return still, tail


def _frames(body: Json) -> dict[str, tuple[str, object]]:
    """Frame type to its place in the request and its File."""
    frames = body.get("frameImages") or []
    if not isinstance(frames, list):
        raise invalid("frameImages is not a list", "frameImages")
    found: dict[str, tuple[str, object]] = {}
    for index, frame in enumerate(frames):
        path = f"frameImages[{index}]"
        kind = frame.get("frameType") if isinstance(frame, dict) else None
        if kind not in ("first_frame", "last_frame"):
            raise invalid(f"{path}.frameType is neither first_frame nor last_frame", path)
        found.setdefault(kind, (f"{path}.image", frame.get("image")))
    return found


def _read(place: tuple[str, object], warnings: list[Json]) -> Still | None:
    from storyboard.gateway.local.stills import is_video, read_still  # Pillow, once there is a picture

    path, file = place
    if file is None:
        return None
    if is_video(file):
        warnings.append(unsupported("frameImages", "A video is not accepted as a frame image; it was ignored."))
        return None
    return read_still(file, path)


def _read_tail(options: Json) -> Still | None:
    """Kling's own way of giving the last frame: an address or bare base64."""
    tail = options.get("imageTail")
    if tail is None:
        return None
    from storyboard.gateway.local.stills import read_address, read_base64

    path = "providerOptions.klingai.imageTail"
    return read_address(tail, path) if isinstance(tail, str) and ":" in tail else read_base64(tail, path)


def _prompt(model: Model, body: Json, options: Json) -> str:
    prompt = body.get("prompt") or ""
    negative = options.get("negativePrompt") or ""
    if not isinstance(prompt, str) or not isinstance(negative, str):
        raise invalid("the prompt is not a text", "prompt")
    if len(prompt) > model.prompt_limit:
        raise invalid(f"the prompt has {len(prompt)} characters; {model.id} takes {model.prompt_limit}", "prompt")
    if len(negative) > model.negative_limit:
        raise invalid(f"the negative prompt is longer than {model.negative_limit} characters", "negativePrompt")
    if not prompt.strip() and model.kind == "t2v" and not options.get("multiPrompt"):
        raise invalid("the prompt is missing", "prompt")
    return prompt


def _seconds(model: Model, body: Json) -> int:
    seconds = body.get("duration", _DEFAULT_SECONDS)
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds not in model.seconds:
        offered = _listed(str(each) for each in model.seconds)
        raise invalid(f"duration is {seconds}; {model.id} makes clips of {offered} seconds", "duration")
    return int(seconds)


def _audio(model: Model, body: Json, options: Json, warnings: list[Json]) -> bool:
    wanted = body.get("generateAudio")
    if not isinstance(wanted, bool | None):
        raise invalid("generateAudio is neither true nor false", "generateAudio")
    if wanted is None:
        wanted = options.get("sound") == "on"
    if wanted and model.audio == "none":
        warnings.append(unsupported("generateAudio", f"{model.id} makes silent clips."))
        return False
    return wanted


def _size_of_aspect(model: Model, body: Json, short: int) -> tuple[int, int]:
    aspect = body.get("aspectRatio") or _DEFAULT_ASPECT
    if aspect not in model.aspects:
        raise invalid(f"aspectRatio is {aspect!r}; {model.id} offers {_listed(model.aspects)}", "aspectRatio")
    width, _, height = str(aspect).partition(":")
    return _size_of_shape(int(width), int(height), short)


def _size_of_shape(width: int, height: int, short: int) -> tuple[int, int]:
    """The clip's size: this shape, with this many pixels on the short side, both even."""
    long = (short * max(width, height) + min(width, height)) // (2 * min(width, height)) * 2
    return (long, short) if width >= height else (short, long)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values)
