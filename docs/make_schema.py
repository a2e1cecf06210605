"""Put what the catalogue knows into the schema, where an editor's completion and hover find it.

python -m docs.make_schema

Models with what they are best for, their lengths and modes, the providers' options and the transitions stand in it as
suggestions: an `anyOf` with `{}` in it refuses nothing, so another model is told by the catalogue's own check.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from storyboard.planner.asked import either, spans
from storyboard.planner.catalogue import Model, catalogue
from storyboard.planner.options import describe
from storyboard.planner.price import finely, seconds_of
from storyboard.spec.schema import schema_text
from storyboard.spec.transitions import TRANSITIONS

ROOT = Path(__file__).parent.parent
PLACES = (ROOT / "storyboard" / "spec" / "storyboard.schema.json", ROOT / "schemas" / "storyboard.schema.json")
"""The schema as it ships, and where editors find it: the same bytes."""

Schema = dict[str, Any]
BEGINNINGS = {
    "t2v": "words", "r2v": "references", "i2v": "a still", "motion": "a still and a video that moves it",
}  # fmt: skip
SOUND = {"none": "no sound", "option": "sound on request", "always": "always with sound"}


def suggested(schema: Schema) -> Schema:
    """The schema with everything in it that the catalogue knows."""
    made: Schema = json.loads(json.dumps(schema))
    fields = made["$defs"]["shotFields"]
    fields["anyOf"] = [{}, *_by_model()]
    properties = fields["properties"]
    models = catalogue().models
    properties["model"]["anyOf"] = [{}, *(_suggestion(id_, about(model)) for id_, model in models.items())]
    modes = {mode: None for model in models.values() for mode in model.modes}
    known = [mode for mode in properties["mode"]["enum"] if mode in modes]
    properties["mode"]["enum"] = list(dict.fromkeys([*known, *modes]))
    properties["options"]["properties"] = dict(_options())
    names = [_suggestion(name, about_transition(name)) for name in TRANSITIONS]
    made["$defs"]["transition"]["anyOf"] = [{}, *names]
    made["$defs"]["transition"]["properties"]["type"]["anyOf"] = [{}, *names]
    return made


def _suggestion(value: str, description: str) -> Schema:
    return {"const": value, "title": value, "description": description}


def about(model: Model) -> str:
    """What a model is best for and what it makes, in one line."""
    modes = [mode if mode == size else f"{mode} ({size})" for mode, size in model.modes.items()]
    motion = model.kind == "motion"
    lengths = "as long as the video" if motion else f"{spans(model.seconds)} seconds"
    sound = "the video's sound" if motion else SOUND[model.audio]
    last = "; honours a last frame" + (f" in mode {either(model.last_modes)}" if model.last_modes else "")
    only = f" in mode {either(model.audio_modes)}" if model.audio_modes else ""
    return (
        f"Best for {model.best_for}. Begins with {beginnings(model)}{last if model.last else ''}; {lengths}; "
        f"{', '.join(modes)}; {sound}{only}; {cost(model)}."
    )


def beginnings(model: Model) -> str:
    """What a clip of a model can begin with: `a still, references or words alone`."""
    ways = [BEGINNINGS[model.kind]]
    ways += ["references"] if model.references and model.kind != "r2v" else []
    return either([*ways, *(["words alone"] if model.words_alone else [])])


def cost(model: Model) -> str:
    """What a second costs, by the built-in table: `$0.07 to $0.14 a second`."""
    found = seconds_of(model)
    if not found:
        return "its price is the gateway's to say"
    low, high = (f"${finely(one)}" for one in found)
    return f"{low} a second" if low == high else f"{low} to {high} a second"


def about_transition(name: str) -> str:
    """What a transition looks like."""
    if name in LOOKS_LIKE:
        return LOOKS_LIKE[name]
    kind = next(kind for kind in MOVING if kind in name)
    return MOVING[kind].format(DIRECTIONS[name.replace(kind, "")])


LOOKS_LIKE = {
    "cut": "One frame is of this shot, the next of the other.",
    "dissolve": "One shot melts into the other, evenly.",
    "fade": "Through a colour: `color`, black unless said.",
    "circleopen": "The next shot opens in a soft circle.",
    "circleclose": "A soft circle closes on this shot.",
    "circlecrop": "A circle closes on this shot, to black, and opens on the next.",
    "rectcrop": "A rectangle closes on this shot, to black, and opens on the next.",
    "vertopen": "The next shot opens from a line in the middle, to both sides, softly.",
    "vertclose": "The next shot closes in from both sides, softly.",
    "horzopen": "The next shot opens from a line in the middle, up and down, softly.",
    "horzclose": "The next shot closes in from above and below, softly.",
    "radial": "A hand turns clockwise and uncovers the next shot.",
    "zoomin": "This shot grows, and the next appears in it.",
    "squeezeh": "This shot is squeezed flat, and the next lies behind it.",
    "squeezev": "This shot is squeezed narrow, and the next lies behind it.",
    "hblur": "Both shots blur sideways as one melts into the other.",
    "pixelize": "Both shots turn to coarse squares as one melts into the other.",
    "distance": "A dissolve, dot by dot: where the pictures differ most, first.",
    "fadeblack": "Through black.",
    "fadewhite": "Through white.",
    "fadegrays": "A dissolve in which the colours go first.",
    "fadefast": "A dissolve that is faster where the pictures differ.",
    "fadeslow": "A dissolve that is slower where the pictures differ.",
}
MOVING = {
    "wipe": "An edge runs {} and uncovers the next shot.",
    "slide": "The next shot pushes this one away, {}.",
    "smooth": "A soft edge runs {} and uncovers the next shot.",
    "cover": "The next shot comes in over this one, {}.",
    "reveal": "This shot moves away, {}, and the next lies below it.",
    "diag": "A soft, slanting edge runs {} and uncovers the next shot.",
    "slice": "The next shot comes in strips that run {}.",
    "wind": "A ragged edge is blown {} and uncovers the next shot.",
}
DIRECTIONS = {
    "left": "to the left", "right": "to the right", "up": "upwards", "down": "downwards",
    "tl": "to the upper left", "tr": "to the upper right", "bl": "to the lower left", "br": "to the lower right",
    "hl": "to the left", "hr": "to the right", "vu": "upwards", "vd": "downwards",
}  # fmt: skip


def _by_model() -> Iterator[Schema]:
    """What `duration` and `mode` may be beside a `model`; models that agree stand together."""
    groups: dict[tuple[tuple[int, ...], tuple[str, ...]], list[str]] = {}
    for model in catalogue().models.values():
        lengths = () if model.kind == "motion" else model.seconds
        groups.setdefault((lengths, tuple(model.modes)), []).append(model.id)
    for (lengths, modes), ids in groups.items():
        asked: Schema = {"model": {"enum": ids}}
        if lengths:
            asked["duration"] = {"enum": [f"{seconds}s" for seconds in lengths]}
        yield {"required": ["model"], "properties": {**asked, "mode": {"enum": list(modes)}}}


def _options() -> Iterator[tuple[str, Schema]]:
    """Every option that some model takes, once, with whose it is and what it may be."""
    models = catalogue().models.values()
    found: dict[str, dict[str, str]] = {}
    for model in models:
        for name in model.options:
            option = catalogue().options[model.namespace][name]
            found.setdefault(name, {})[model.provider] = f"{option.about} ({describe(option)})"
    for name in sorted(found):
        texts: dict[str, list[str]] = {}
        for provider, text in found[name].items():
            texts.setdefault(text, []).append(provider)
        described = "; ".join(f"{', '.join(providers)}: {text}" for text, providers in texts.items())
        yield name, {"title": name, "$ref": "#/$defs/data", "description": f"{described}."}


def written(value: Any, margin: str = "", name: str = "") -> str:
    """A schema as text: a field a line, however long, and blocks of fields over several."""
    if name not in ("properties", "$defs") and _is_short(value):
        return json.dumps(value, ensure_ascii=False)
    inner = margin + "  "
    if isinstance(value, list):
        lines = [inner + json.dumps(one, ensure_ascii=False) for one in value]
        return "[\n" + ",\n".join(lines) + f"\n{margin}]"
    lines = [f"{inner}{json.dumps(name)}: {written(one, inner, name)}" for name, one in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{margin}}}"


def _is_short(value: Any) -> bool:
    if isinstance(value, list):
        return not (value and value[0] == {})
    if not isinstance(value, dict):
        return True
    return "properties" not in value and "$defs" not in value and all(_is_short(one) for one in value.values())


def main() -> None:
    """Write the schema where it ships and where editors find it."""
    text = written(suggested(json.loads(schema_text()))) + "\n"
    for place in PLACES:
        place.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
