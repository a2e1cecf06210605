"""The film's own fields to a `Storyboard`: its words, shots in order, outputs, mix."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

from storyboard.spec import names
from storyboard.spec.fields import Desk, Fields
from storyboard.spec.model import Fade, Mix, Music, Output, Shot, Storyboard, Track
from storyboard.spec.order import Film
from storyboard.spec.phrases import suggest
from storyboard.spec.shots import build_shot
from storyboard.timing import parse_duration, parse_rate


def build_film(desk: Desk) -> Storyboard:
    """The storyboard of a document whose includes are merged; what is wrong is put down on the desk."""
    value = desk.document.value
    words = value.get("vars")
    words = words if isinstance(words, dict) else {}
    top = Fields.of(desk, value, (), words)
    title = top.text("title")
    words = {"title": title, "film": {"title": title}, **words}
    top = Fields.of(desk, value, (), words)
    outputs = _outputs(top, PurePosixPath(desk.document.file).stem)
    desk.rate = outputs[0].rate
    shots = _shots(top, outputs[0])
    budget = value.get("budget")
    return Storyboard(
        file=desk.document.file,
        title=title,
        aspect=_aspect(top, outputs[0]),
        shots=shots,
        outputs=outputs,
        mix=_mix(top.block("sound"), {shot.id for shot in shots}),
        open=_fade(top, "open"),
        close=_fade(top, "close"),
        length=top.duration("length") if not desk.spoilt(("length",)) else None,
        budget=None if budget is None or desk.spoilt(("budget",)) else Decimal(str(budget)),
        places={name: top.where(name) for name in top.values},
    )


def _shots(top: Fields, output: Output) -> tuple[Shot, ...]:
    blocks = _shot_blocks(top)
    ids = [str(fields.get("id")) for fields, *_ in blocks]
    _check_ids(top, blocks)
    firsts = {str(fields.get("id")): fields.get("first") for fields, *_ in blocks}
    cards = {str(fields.get("id")) for fields, *_ in blocks if "card" in fields.values}
    named = {
        name: {one: top.block(name).block(one) for one in top.block(name).values} for name in ("characters", "looks")
    }
    shots: list[Shot] = []
    for index, (fields, routing, scene, own) in enumerate(blocks):
        if "id" not in fields.values:
            continue
        film = Film(output.rate, named["characters"], named["looks"], ids, ids[:index], firsts, cards)
        words = {**top.words, "shot": {"id": ids[index], "index": index + 1}, "scene": {"id": scene}}
        shots.append(build_shot(fields.clean(words), routing.clean(words), film, scene, own))
    if blocks and (last := shots[-1] if shots else None) and last.transition.written and last.id == ids[-1]:
        top.desk.problem(
            blocks[-1][0].at("transition"),
            "transition",
            "there is no shot after the last one to go to",
            "remove it; `close:` says how the film ends",
        )
    return tuple(shots)


_Shot = tuple[Fields, Fields, str, frozenset[str]]
"""A shot's fields over its defaults, the gateway's options for it, its scene, and the fields it says itself."""


def _shot_blocks(top: Fields) -> list[_Shot]:
    desk, value = top.desk, top.get
    defaults = top.block("defaults")
    routing = defaults.block("gateway").over(top.block("gateway"))
    if value("scenes") and value("shots"):
        desk.problem(
            ("shots",),
            "two-lists",
            "a film has either `scenes:` or a flat list `shots:`",
            "put these shots into a scene",
            key=True,
        )
    if not value("scenes") and not value("shots") and not desk.spoilt(("shots",)) and not desk.spoilt(("scenes",)):
        desk.problem((), "no-shots", "the film has no shots", "list them under `shots:`, each with an `id`")
    blocks: list[_Shot] = []
    for scene, path in top.items("scenes") if isinstance(value("scenes"), list) else []:
        inner = Fields.of(desk, scene, path, top.words)
        own_defaults = inner.block("defaults")
        shared, inner_routing = own_defaults.over(defaults), own_defaults.block("gateway").over(routing)
        for shot, shot_path in inner.items("shots") if isinstance(inner.get("shots"), list) else []:
            own = Fields.of(desk, shot, shot_path, top.words)
            through = own.block("gateway").over(inner_routing)
            blocks.append((own.over(shared), through, str(inner.get("id", "")), frozenset(own.values)))
    for shot, shot_path in top.items("shots") if isinstance(value("shots"), list) else []:
        own = Fields.of(desk, shot, shot_path, top.words)
        blocks.append((own.over(defaults), own.block("gateway").over(routing), "", frozenset(own.values)))
    return blocks


def _check_ids(top: Fields, blocks: list[_Shot]) -> None:
    seen: dict[str, int] = {}
    if "id" in top.block("defaults").values:
        top.desk.problem(("defaults", "id"), "default-id", "an id belongs to one shot", "move it to the shot")
    for fields, _, _, own in blocks:
        if "id" not in own:
            continue
        id_, line = str(fields.get("id")), fields.where("id").line
        if id_ in seen:
            fields.problem(
                "id",
                "duplicate-id",
                f"two shots have the id `{id_}`; the other is on line {seen[id_]}",
                "give this one a name of its own",
            )
        else:
            seen[id_] = line


def _outputs(top: Fields, stem: str) -> tuple[Output, ...]:
    block = top.block("outputs")
    outputs, files = [], dict[str, str]()
    for name in block.values or ("film",):
        fields = block.block(name)
        output = _output(fields, name, f"build/{stem}.mp4" if name == "film" else f"build/{stem}.{name}.mp4", top)
        plain = str(PurePosixPath(output.file))
        if plain in files:
            fields.problem(
                "file",
                "same-file",
                f"outputs `{files[plain]}` and `{name}` write the same file",
                "give each its own `file:`",
            )
        files[plain] = name
        outputs.append(output)
    return tuple(outputs)


def _output(fields: Fields, name: str, default_file: str, top: Fields) -> Output:
    desk = fields.desk
    file = (fields.text("file") if not desk.spoilt((*fields.path, "file")) else "") or default_file
    if reason := names.output_fault(file, desk.folder):
        fields.problem("file", "file-name", f"`{file}` {reason}", "write it as in build/film.mp4")
    width, height = _size(fields, top)
    rate = Fraction(24)
    try:
        rate = parse_rate(fields.get("fps", 24))
    except ValueError as error:
        fields.problem("fps", "rate", f"`{fields.get('fps')}` is not a rate", str(error))
    loudness = fields.get("loudness", top.block("sound").get("loudness"))
    return Output(
        name,
        file,
        width,
        height,
        rate,
        fields.get("fit", "cover"),
        fields.get("captions", "burn"),
        float(loudness) if isinstance(loudness, int | float) else None,
        fields.where("file"),
    )


def _size(fields: Fields, top: Fields) -> tuple[int, int]:
    text = fields.get("size")
    if not isinstance(text, str) or fields.desk.spoilt((*fields.path, "size")):
        shape = _shape(top)
        if shape is None or shape == Fraction(16, 9):
            return 1920, 1080
        long = round(1080 * max(shape, 1 / shape) / 2) * 2
        return (long, 1080) if shape > 1 else (1080, long)
    width, height = (int(part) for part in text.split("x"))
    if width % 2 or height % 2:
        fields.problem(
            "size",
            "size",
            f"{text} is odd, and video wants even numbers of pixels",
            f"write {width + width % 2}x{height + height % 2}",
        )
    elif not (64 <= width <= 8192 and 64 <= height <= 8192 and width * height <= 7680 * 4320):
        fields.problem("size", "size", f"{text} is out of range", "each side has 64 to 8192 pixels, at most 7680x4320")
    return width, height


def _shape(top: Fields) -> Fraction | None:
    text = top.get("aspect")
    if not isinstance(text, str) or top.desk.spoilt(("aspect",)):
        return None
    width, height = (int(part) for part in text.split(":"))
    return Fraction(width, height)


def _aspect(top: Fields, output: Output) -> Fraction:
    return _shape(top) or Fraction(output.width, output.height)


def _fade(top: Fields, name: str) -> Fade | None:
    if name not in top.values or top.desk.spoilt((name,)):
        return None
    duration = top.block(name).duration("fade")
    return Fade(duration, str(top.block(name).get("color", "#000000"))) if duration else None


def _mix(fields: Fields, shots: set[str]) -> Mix:
    music_fields = fields.block("music")
    music = None
    if music_fields.values and not fields.desk.spoilt(music_fields.path) and (file := music_fields.file("file")):
        music = Music(
            file,
            music_fields.decibels("level"),
            music_fields.duration("fade_in"),
            music_fields.duration("fade_out"),
            music_fields.where("file"),
        )
    tracks = [
        track
        for value, path in fields.items("tracks")
        if not fields.desk.spoilt(path)
        if (track := _track(Fields.of(fields.desk, value, path, fields.words), shots))
    ]
    loudness = fields.get("loudness")
    return Mix(
        fields.get("clips", "keep"),
        tuple(tracks),
        music,
        float(loudness) if isinstance(loudness, int | float) else None,
    )


def _track(fields: Fields, shots: set[str]) -> Track | None:
    at: Any = fields.get("at", "0s")
    shot = ""
    start = None
    if isinstance(at, Mapping):
        block = fields.block("at")
        shot, start = str(block.get("shot")), block.duration("offset", "0s")
        if shot not in shots:
            block.problem("shot", "shot", f"there is no shot `{shot}`", suggest(shot, shots))
    else:
        start = fields.duration("at", "0s")
    file = fields.file("file")
    if not file:
        return None
    return Track(
        file,
        fields.get("role", "effects"),
        start or parse_duration("0s"),
        shot,
        fields.decibels("level"),
        fields.where("file"),
    )
