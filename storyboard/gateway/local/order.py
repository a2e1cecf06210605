"""From the JSON of a video request to what is drawn, with the warnings that the real model would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storyboard.gateway.local import measures
from storyboard.gateway.local.animatic import Animatic
from storyboard.gateway.local.inputs import Inputs, read_inputs
from storyboard.gateway.local.refusal import Json, invalid, unsupported

if TYPE_CHECKING:
    from storyboard.planner.catalogue import Model

_IGNORED = {
    "aspectRatio": "The size of the video follows the image, or the resolution.",
    "resolution": "KlingAI video models do not support the resolution option.",
    "duration": "The duration of the video is that of the reference video.",
    "seed": "The model does not support seed for deterministic generation.",
    "fps": "The model does not support custom FPS.",
    "generateAudio": "The model has no audio parameter; the option was ignored.",
}


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
    if model.kind == "motion":
        _check_motion(options)
        if not options["videoUrl"]:  # there is no video to take the length from: it is the one that is asked for
            warnings = [warning for warning in warnings if warning["feature"] != "duration"]
    mode = measures.read_mode(model, body, options, warnings)
    inputs = read_inputs(model, body, options, mode, warnings)
    _check_inputs(model, inputs)
    if inputs.shape is not None and not measures.takes_shape(model, body):
        size = measures.size_of_shape(*inputs.shape, model.height(mode))
    else:
        size = measures.size_of_aspect(model, body, mode, warnings, framed=inputs.shape is not None)
    animatic = Animatic(
        prompt=_prompt(model, body, options),
        seconds=measures.read_seconds(model, body, warnings),
        size=size,
        first=inputs.first,
        last=inputs.last,
        audio=_audio(model, body, options, mode, warnings),
    )
    return Order(model, animatic, tuple(warnings))


def _options(model: Model, body: Json) -> Json:
    every = body.get("providerOptions", {})
    own = every.get(model.namespace) if isinstance(every, dict) else None
    if not isinstance(every, dict) or not isinstance(own, dict | None):
        raise invalid("providerOptions is not an object of objects", "providerOptions")
    return own or {}


def _warn_of_ignored(model: Model, body: Json) -> list[Json]:
    # As in the models' own clients: a value that counts as false (a seed of 0) is ignored without a word.
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
    if body.get("callbackUrl"):
        warnings.append(unsupported("callbackUrl", "The local gateway calls nobody back: ask for the status."))
    return warnings


def _check_motion(options: Json) -> None:
    # The video itself is not looked at: the local gateway fetches nothing.
    missing = [name for name in ("videoUrl", "characterOrientation", "mode") if name not in options]
    if missing:
        raise invalid(f"motion control needs {', '.join(missing)}", f"providerOptions.klingai.{missing[0]}")


def _check_inputs(model: Model, inputs: Inputs) -> None:
    still = inputs.first or inputs.last
    if model.kind == "r2v" and still is None:
        raise invalid(f"{model.id} shows what is in its references: send inputReferences", "inputReferences")
    if model.kind in ("i2v", "motion") and not model.words_alone and still is None:
        raise invalid(f"{model.id} turns images into video: send image, or frameImages", "image")


def _prompt(model: Model, body: Json, options: Json) -> str:
    prompt = body.get("prompt") or ""
    negative = options.get("negativePrompt") or ""
    if not isinstance(prompt, str) or not isinstance(negative, str):
        raise invalid("the prompt is not a text", "prompt")
    for text, limit, name in (
        (prompt, model.prompt_limit, "prompt"),
        (negative, model.negative_limit, "negativePrompt"),
    ):
        if limit is not None and len(text) > limit:
            words = "prompt" if name == "prompt" else "negative prompt"
            raise invalid(f"the {words} has {len(text)} characters; {model.id} takes {limit}", name)
    told = _beats(options)
    if not prompt.strip() and not told and (model.kind == "t2v" or model.words_alone):
        raise invalid("the prompt is missing", "prompt")
    return prompt or told


def _beats(options: Json) -> str:
    """What happens in the shots of a multi-shot clip, one after the other."""
    beats = options.get("multiPrompt") if options.get("multiShot") else None
    if not isinstance(beats, list):
        return ""
    texts = [beat.get("prompt") for beat in beats if isinstance(beat, dict)]
    return " ".join(text for text in texts if isinstance(text, str))


def _audio(model: Model, body: Json, options: Json, mode: str, warnings: list[Json]) -> bool:
    wanted = body.get("generateAudio")
    if not isinstance(wanted, bool | None):
        raise invalid("generateAudio is neither true nor false", "generateAudio")
    if model.audio == "always":
        return True
    if model.kind == "motion":
        return options.get("keepOriginalSound") != "no"
    if wanted is None:
        wanted = options.get("sound") == "on"
    silent = model.audio == "none" or (model.audio_modes and mode not in model.audio_modes)
    if wanted and silent:
        warnings.append(unsupported("generateAudio", f"{model.id} makes silent clips in this mode."))
    return wanted and not silent
