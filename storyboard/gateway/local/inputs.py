"""The images of a request as its model uses them: frames, or references, and never both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storyboard.gateway.local.refusal import Json, invalid, unsupported

if TYPE_CHECKING:
    from storyboard.gateway.local.stills import Still
    from storyboard.planner.catalogue import Model

Place = tuple[str, object]
"""Where an image stands in the request, and its File."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an animatic is drawn from. Of references, the first one is shown."""

    first: bytes | None = None
    last: bytes | None = None
    shape: tuple[int, int] | None = None
    """The size of the frame that the clip takes its shape from; None where references or words alone begin it."""


def read_inputs(model: Model, body: Json, options: Json, mode: str, warnings: list[Json]) -> Inputs:
    """The frames, as far as the model uses them; else its references."""
    first, last = _read_frames(model, body, options, mode, warnings)
    references = body.get("inputReferences") or []
    if not isinstance(references, list):
        raise invalid("inputReferences is not a list", "inputReferences")
    shaping = first or last
    if shaping is not None:
        if references:
            warnings.append(unsupported("inputReferences", "Frames and references exclude each other: ignored."))
        return Inputs(first.data if first else None, last.data if last else None, (shaping.width, shaping.height))
    shown = _read_references(model, references, warnings)
    return Inputs(shown.data) if shown else Inputs()


def _read_frames(
    model: Model, body: Json, options: Json, mode: str, warnings: list[Json]
) -> tuple[Still | None, Still | None]:
    frames = _frames(body)
    first = frames.get("first_frame", ("image", body.get("image")))
    last = frames.get("last_frame")
    if not model.first:
        if first[1] is not None or last is not None:
            warnings.append(unsupported("image", "This model takes no frames. Use an image-to-video model instead."))
        return None, None
    still = _read(first, warnings)
    tail = _read(last, warnings) if last else _read_tail(options)
    if tail is not None and (why := _no_last(model, mode, begun=still is not None)):
        warnings.append(unsupported("frameImages", why))
        tail = None
    return still, tail


def _no_last(model: Model, mode: str, *, begun: bool) -> str:
    """Why a last frame is ignored; empty when it is not."""
    if not model.last:
        return "This model does not support last_frame. The last frame image was ignored."
    if model.needs_first and not begun:
        return "A first_frame is required when a last_frame is provided. The last_frame was ignored."
    if model.last_modes and mode not in model.last_modes:
        return f"{model.id} takes a last frame in mode {', '.join(model.last_modes)}."
    return ""


def _frames(body: Json) -> dict[str, Place]:
    """Frame type to its place in the request and its File."""
    frames = body.get("frameImages") or []
    if not isinstance(frames, list):
        raise invalid("frameImages is not a list", "frameImages")
    found: dict[str, Place] = {}
    for index, frame in enumerate(frames):
        path = f"frameImages[{index}]"
        kind = frame.get("frameType") if isinstance(frame, dict) else None
        if kind not in ("first_frame", "last_frame"):
            raise invalid(f"{path}.frameType is neither first_frame nor last_frame", path)
        found.setdefault(kind, (f"{path}.image", frame.get("image")))
    return found


def _read_references(model: Model, references: list[object], warnings: list[Json]) -> Still | None:
    """The first of the references that the model takes, each of them read."""
    if not references:
        return None
    if not model.references:
        warnings.append(unsupported("inputReferences", "This model makes clips from frames only: ignored."))
        return None
    if len(references) > model.references:
        details = f"At most {model.references} references are taken. Extra images were ignored."
        warnings.append(unsupported("inputReferences", details))
    places = [(f"inputReferences[{index}]", one) for index, one in enumerate(references[: model.references])]
    stills = [still for place in places if (still := _read(place, warnings, "inputReferences"))]
    return stills[0] if stills else None


def _read(place: Place, warnings: list[Json], feature: str = "frameImages") -> Still | None:
    from storyboard.gateway.local.stills import is_video, read_still  # Pillow, once there is a picture

    path, file = place
    if file is None:
        return None
    if is_video(file):
        warnings.append(unsupported(feature, "A video is not accepted as an image; it was ignored."))
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
