"""The film's own fields to a `Storyboard`: its words, shots in order, outputs, mix."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

from storyboard.spec.cut import check_cut
from storyboard.spec.drawn import overlays_of
from storyboard.spec.fields import Desk, Fields
from storyboard.spec.lineup import Entry, line_up, number_of
from storyboard.spec.model import Fade, Output, Shot, Storyboard, Track
from storyboard.spec.order import Film
from storyboard.spec.outputs import build_outputs, check_posters, shape_of
from storyboard.spec.shots import build_shot
from storyboard.spec.sounds import build_mix, check_ducking, narration_of
from storyboard.spec.variants import check_names, laid_order, set_apart, unseen_of, variants_of


def build_film(desk: Desk, taken: Collection[str] = ()) -> Storyboard:
    """The storyboard of a document whose includes are merged; what is wrong is put down on the desk.

    `taken`: for a variant, the files that the film itself writes.
    """
    top = top_of(desk)
    outputs = outputs_of(top, taken)
    desk.rate = outputs[0].rate
    check_names(desk)
    cut = _shots(top, outputs)
    ids = [shot.id for shot in cut.shots]
    check_posters(top, outputs, ids)
    budget, own = top.get("budget"), top.clean(top.words)
    return Storyboard(
        file=desk.document.file,
        title=str(top.words["title"]),
        aspect=shape_of(top) or Fraction(outputs[0].width, outputs[0].height),
        shots=cut.shots,
        unseen=cut.unseen,
        outputs=outputs,
        mix=build_mix(top.block("sound"), (ids, cut.left_out), cut.narrations),
        open=_fade(top, "open"),
        close=_fade(top, "close"),
        captions=own.file("captions", ".srt"),
        overlays=overlays_of(own),
        lut=own.file("lut", ".cube"),
        length=own.duration("length"),
        scene_titles=_scene_titles(top),
        budget=None if budget is None or desk.spoilt(("budget",)) else Decimal(str(budget)),
        sign=top.block("provenance").get("sign", ""),
        places={name: top.where(name) for name in top.values},
        variant=desk.variant,
        variants=tuple(variants_of(desk.value)),
    )


def top_of(desk: Desk) -> Fields:
    """The film's own fields, with the words that every template has."""
    given = desk.value.get("vars")
    words = given if isinstance(given, dict) else {}
    title = Fields.of(desk, desk.value, (), words).text("title")
    return Fields.of(desk, desk.value, (), {"title": title, "film": {"title": title}, **words})


def outputs_of(top: Fields, taken: Collection[str] = ()) -> tuple[Output, ...]:
    """The outputs of the film, or of a variant where the film itself writes the files `taken`."""
    outputs = build_outputs(top, PurePosixPath(top.desk.document.file).stem)
    return set_apart(top, outputs, taken) if top.desk.variant else outputs


@dataclass(frozen=True, slots=True)
class _Cut:
    """The shots of a film, read."""

    shots: tuple[Shot, ...]
    """In its order."""
    unseen: tuple[Shot, ...]
    """Not in the film, although it needs their takes."""
    left_out: frozenset[str]
    """The ids of all others."""
    narrations: list[Track]
    """The voices that begin with its shots."""


def _shots(top: Fields, outputs: tuple[Output, ...]) -> _Cut:
    output, keeps_time = outputs[0], all(one.conform == "repeat" for one in outputs)
    entries = line_up(top)
    around = _around(top, output, [entry.fields for entry in entries])
    read: dict[str, tuple[Shot, Fields]] = {}
    every: list[tuple[Shot, Fields]] = []
    for index, entry in enumerate(entries):
        if "id" not in entry.fields.values:
            continue
        film = replace(around, index=index)
        shot_words = {"id": entry.id, "index": index + 1}
        words = {**top.words, **entry.words, "shot": shot_words, "scene": {"id": entry.scene}}
        clean = entry.fields.clean(words)
        shot = build_shot(clean, entry.routing.clean(words), film, entry.scene, entry.own)
        every.append((replace(shot, number=entry.number + number_of(clean)), clean))
        read.setdefault(shot.id, every[-1])
    for shot, fields in every:
        taken = read[shot.reuse][0] if shot.reuse in read else shot
        whole = None if taken.footage else taken.duration.seconds(output.rate)
        check_cut(fields, shot, output.rate, whole, keeps_time=keeps_time)
    order = laid_order(top)
    chosen = [read[id_] for id_ in order if id_ in read] if order else every
    shots = tuple(shot for shot, _ in chosen)
    _check_last(top, entries, shots)
    if not order:
        check_ducking(top.block("sound"), [fields for _, fields in every])
    narrations = [track for _, fields in chosen if (track := narration_of(fields))]
    left_out = frozenset(read) - {shot.id for shot in shots}
    return _Cut(shots, unseen_of((shot for shot, _ in every), shots), left_out, narrations)


def _check_last(top: Fields, entries: list[Entry], shots: tuple[Shot, ...]) -> None:
    """There is nothing to go to from the last shot. Where a variant ends earlier, only it can be wrong."""
    last = next((entry for entry in reversed(entries) if shots and entry.id == shots[-1].id), None)
    if not last or not shots[-1].transition.written or (not laid_order(top) and last is not entries[-1]):
        return
    path = last.fields.at("transition")
    if not laid_order(top) or path[0] == "variants":
        message = "there is no shot after the last one to go to"
        top.desk.problem(path, "transition", message, "remove it; `close:` says how the film ends")


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


def _scene_titles(top: Fields) -> dict[str, str]:
    scenes = [Fields.of(top.desk, scene, path, top.words) for scene, path in top.items("scenes")]
    return {str(scene.get("id")): title for scene in scenes if (title := scene.text("title").strip())}


def _fade(top: Fields, name: str) -> Fade | None:
    if name not in top.values or top.desk.spoilt((name,)):
        return None
    duration = top.block(name).duration("fade")
    return Fade(duration, str(top.block(name).get("color", "#000000"))) if duration else None
