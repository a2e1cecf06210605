"""How large and how long a clip is: modes, sizes, shapes and lengths, as each provider has its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from storyboard.gateway.local.refusal import Json, invalid, unsupported
from storyboard.planner.dialect import dialect_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storyboard.planner.catalogue import Model

DEFAULT_SECONDS = 5
DEFAULT_ASPECT = "16:9"
ROUNDED = ("bfl", "minimax")
"""Providers that round a length, and clamp it, where others refuse it."""

_PIXELS = re.compile(r"([1-9]\d{1,4})x([1-9]\d{1,4})")


def read_mode(model: Model, body: Json, options: Json, warnings: list[Json]) -> str:
    """The mode that is asked for: by the provider's option, or by the request's resolution."""
    if not model.resolution:
        mode = options.get("mode", model.default_mode)
        if not isinstance(mode, str) or mode not in model.modes:
            raise invalid(f"mode is {mode!r}; {model.id} has {_listed(model.modes)}", "providerOptions.klingai.mode")
        return mode
    wanted = options.get("resolution") or body.get("resolution")
    if not wanted:
        return model.default_mode
    found = _mode_of(model, wanted) if isinstance(wanted, str) else None
    if found is None:
        details = f"Unrecognized resolution {wanted!r}. It has {_listed(model.modes)}; {model.default_mode} is used."
        warnings.append(unsupported("resolution", details))
    return found or model.default_mode


def _mode_of(model: Model, wanted: str) -> str | None:
    """The mode of a resolution: by its name, by the provider's size for it, or by its short side."""
    for mode in model.modes:
        sizes = [size for (name, _), size in dialect_of(model.id).sizes.items() if name == mode]
        if wanted.lower() == mode.lower() or wanted in sizes:
            return mode
    pixels = _PIXELS.fullmatch(wanted)
    if not pixels:
        return None
    short = min(int(pixels[1]), int(pixels[2]))
    return next((mode for mode in model.modes if model.height(mode) == short), None)


def takes_shape(model: Model, body: Json) -> bool:
    """Whether the clip's shape is the one that is asked for although it begins with a still."""
    if dialect_of(model.id).shapes_stills:
        return True
    asked = body.get("aspectRatio") not in (None, "", "adaptive", "auto")
    return asked and bool(model.aspects) and model.provider in ("spacexai", "bfl", "bytedance")


def size_of_aspect(model: Model, body: Json, mode: str, warnings: list[Json], *, framed: bool) -> tuple[int, int]:
    """The clip's size where its shape is asked for, or follows from the size in pixels."""
    short = model.height(mode)
    pixels = _PIXELS.fullmatch(str(body.get("resolution"))) if "aspectRatio" in model.ignored else None
    if pixels:
        return size_of_shape(int(pixels[1]), int(pixels[2]), short)
    aspect = body.get("aspectRatio") or DEFAULT_ASPECT
    if framed and model.provider == "bytedance" and model.references:
        raise invalid("aspectRatio and a first frame exclude each other: the frame has the ratio", "aspectRatio")
    if aspect == "adaptive" and model.provider == "bytedance":
        aspect = DEFAULT_ASPECT
    if aspect not in (model.aspects or (DEFAULT_ASPECT,)):
        if model.provider != "minimax":
            raise invalid(f"aspectRatio is {aspect!r}; {model.id} offers {_listed(model.aspects)}", "aspectRatio")
        warnings.append(unsupported("aspectRatio", f"{aspect!r} is not supported. Using {DEFAULT_ASPECT}."))
        aspect = DEFAULT_ASPECT
    width, _, height = str(aspect).partition(":")
    return size_of_shape(int(width), int(height), short)


def size_of_shape(width: int, height: int, short: int) -> tuple[int, int]:
    """The clip's size: this shape, with this many pixels on the short side, both even."""
    long = (short * max(width, height) + min(width, height)) // (2 * min(width, height)) * 2
    return (long, short) if width >= height else (short, long)


def read_seconds(model: Model, body: Json, warnings: list[Json]) -> int:
    """How long the clip is."""
    seconds = body.get("duration", DEFAULT_SECONDS if DEFAULT_SECONDS in model.seconds else model.seconds[-1])
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if number and model.provider in ROUNDED:
        whole: int = round(max(model.seconds[0], min(model.seconds[-1], seconds)))
        if whole != seconds:
            details = f"The requested duration of {seconds} was rounded or clamped to {whole}."
            warnings.append(unsupported("duration", details))
        return whole
    if not number or seconds not in model.seconds:
        offered = _listed(str(each) for each in model.seconds)
        raise invalid(f"duration is {seconds}; {model.id} makes clips of {offered} seconds", "duration")
    return int(seconds)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values)
