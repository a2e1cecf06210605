"""The film's own fields to a `Storyboard`: its words, shots in order, outputs, mix."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

from storyboard.spec.cut import check_cut
from storyboard.spec.drawn import overlays_of
from storyboard.spec.fields import Desk, Fields
from storyboard.spec.model import Fade, Output, Shot, Storyboard, Track
from storyboard.spec.order import Film
from storyboard.spec.outputs import build_outputs, check_posters, shape_of
from storyboard.spec.places import Path
from storyboard.spec.shots import build_shot
from storyboard.spec.sounds import build_mix, check_ducking, narration_of
from storyboard.spec.source import Enough


def build_film(desk: Desk) -> Storyboard:
    """The storyboard of a document whose includes are merged; what is wrong is put down on the desk."""
    value = desk.document.value
    words = value.get("vars")
    words = words if isinstance(words, dict) else {}
    top = Fields.of(desk, value, (), words)
    title = top.text("title")
    words = {"title": title, "film": {"title": title}, **words}
    top = Fields.of(desk, value, (), words)
    outputs = build_outputs(top, PurePosixPath(desk.document.file).stem)
    desk.rate = outputs[0].rate
    shots, narrations = _shots(top, outputs)
    ids = [shot.id for shot in shots]
    check_posters(top, outputs, ids)
    budget, own = value.get("budget"), top.clean(words)
    return Storyboard(
        file=desk.document.file,
        title=title,
        aspect=_aspect(top, outputs[0]),
        shots=shots,
        outputs=outputs,
        mix=build_mix(top.block("sound"), ids, narrations),
        open=_fade(top, "open"),
        close=_fade(top, "close"),
        captions=own.file("captions", ".srt"),
        overlays=overlays_of(own),
        lut=own.file("lut", ".cube"),
        length=own.duration("length"),
        scene_titles=_scene_titles(top),
        budget=None if budget is None or desk.spoilt(("budget",)) else Decimal(str(budget)),
        places={name: top.where(name) for name in top.values},
    )


def _shots(top: Fields, outputs: tuple[Output, ...]) -> tuple[tuple[Shot, ...], list[Track]]:
    """The shots in order, and the voices that begin with them."""
    output, keeps_time = outputs[0], all(one.conform == "repeat" for one in outputs)
    blocks = _shot_blocks(top)
    ids = [str(fields.get("id")) for fields, *_ in blocks]
    _check_ids(top, blocks)
    around = _around(top, output, [fields for fields, *_ in blocks])
    read: list[tuple[Shot, Fields]] = []
    for index, (fields, routing, scene, own) in enumerate(blocks):
        if "id" not in fields.values:
            continue
        film = replace(around, index=index)
        words = {**top.words, "shot": {"id": ids[index], "index": index + 1}, "scene": {"id": scene}}
        clean = fields.clean(words)
        read.append((build_shot(clean, routing.clean(words), film, scene, own), clean))
    shots = tuple(shot for shot, _ in read)
    if shots and shots[-1].transition.written and shots[-1].id == ids[-1]:
        top.desk.problem(
            blocks[-1][0].at("transition"),
            "transition",
            "there is no shot after the last one to go to",
            "remove it; `close:` says how the film ends",
        )
    by_id = {shot.id: shot for shot in reversed(shots)}
    for shot, fields in read:
        taken = by_id.get(shot.reuse, shot)
        whole = None if taken.footage else taken.duration.seconds(output.rate)
        check_cut(fields, shot, output.rate, whole, keeps_time=keeps_time)
    every = [fields for _, fields in read]
    check_ducking(top.block("sound"), every)
    return shots, [track for fields in every if (track := narration_of(fields))]


def _around(top: Fields, output: Output, shots: list[Fields]) -> Film:
    """What each shot needs to know of the film around it."""
    characters, looks = top.block("characters"), top.block("looks")
    places: dict[str, int] = {}
    for index, fields in enumerate(shots):
        places.setdefault(str(fields.get("id")), index)
    by_id = {str(fields.get("id")): fields for fields in shots}
    taken = {id_: fields.block("footage") for id_, fields in by_id.items() if "card" not in fields.values}
    return Film(
        rate=output.rate,
        characters={name: characters.block(name) for name in characters.values},
        looks={name: looks.block(name) for name in looks.values},
        shot_ids=places,
        index=0,
        firsts={id_: fields.get("first") for id_, fields in by_id.items()},
        cards={id_ for id_, fields in by_id.items() if "card" in fields.values},
        reuses={id_: str(block.get("shot")) for id_, block in taken.items() if block.values},
    )


_Shot = tuple[Fields, Fields, str, frozenset[str]]
"""A shot's fields over its defaults, the gateway's options for it, its scene, and the fields it says itself."""


MAX_SHOTS = 20_000


def _shot_blocks(top: Fields) -> list[_Shot]:
    desk, value = top.desk, top.get
    _check_count(top)
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


def _check_count(top: Fields) -> None:
    """Whether there are not too many shots to look at; Enough."""
    lists: list[tuple[Any, Path]] = [(top.get("shots"), ("shots",))]
    lists += [(scene.get("shots"), (*path, "shots")) for scene, path in top.items("scenes") if isinstance(scene, dict)]
    count = 0
    for shots, path in lists:
        count += len(shots) if isinstance(shots, list) else 0
        if count > MAX_SHOTS:
            message = f"the film has more than {MAX_SHOTS:,} shots"
            top.desk.problem(path, "too-large", message, "make a storyboard of each part, and join the films")
            raise Enough


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


def _scene_titles(top: Fields) -> dict[str, str]:
    scenes = [Fields.of(top.desk, scene, path, top.words) for scene, path in top.items("scenes")]
    return {str(scene.get("id")): title for scene in scenes if (title := scene.text("title").strip())}


def _aspect(top: Fields, output: Output) -> Fraction:
    return shape_of(top) or Fraction(output.width, output.height)


def _fade(top: Fields, name: str) -> Fade | None:
    if name not in top.values or top.desk.spoilt((name,)):
        return None
    duration = top.block(name).duration("fade")
    return Fade(duration, str(top.block(name).get("color", "#000000"))) if duration else None
