"""What a shot asks of its model, against what the model can do: put down before a cent is spent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import ceil

from storyboard.errors import Problem, Where
from storyboard.planner.asked import Asked, Finding, either, spans
from storyboard.planner.catalogue import Model, catalogue
from storyboard.planner.dialect import dialect_of
from storyboard.planner.options import check_options
from storyboard.planner.performance import check_beats, check_motion, check_people
from storyboard.spec.model import Shot, Storyboard
from storyboard.spec.phrases import suggest

_IN_FILM = ("aspect", "gateway")
"""Fields that stand at the head of the film, or of the shot."""
NAMED = 3
"""Shots that a message names, where a default is wrong for some."""


def check(storyboard: Storyboard, *, allow_unknown_model: bool = False) -> list[Problem]:
    """Every shot that asks for what its model does not offer."""
    problems: list[tuple[Problem, Shot]] = []
    for shot in storyboard.every:
        if shot.order is None or not shot.order.model:
            continue
        model = catalogue().models.get(shot.order.model)
        if model:
            asked = Asked(storyboard, shot, shot.order, model)
            problems += [(_problem(storyboard, shot, one), shot) for one in findings(asked)]
        elif not allow_unknown_model:
            problems.append((_problem(storyboard, shot, _unknown(shot.order.model)), shot))
        elif shot.order.seconds.denominator != 1:
            message = f"a clip is ordered in whole seconds, and {shot.duration.text} is not"
            wrong = ("duration", "model-duration", message, "write a length such as `duration: 5s`")
            problems.append((_problem(storyboard, shot, wrong), shot))
    return list(_told_once(storyboard, problems))


def _told_once(storyboard: Storyboard, problems: list[tuple[Problem, Shot]]) -> Iterator[Problem]:
    """Each problem once. What stands in `defaults` and is wrong for some shots only names them."""
    told: dict[tuple[Where, str], tuple[Problem, list[str]]] = {}
    for problem, shot in problems:
        told.setdefault((problem.where, problem.message), (problem, []))[1].append(shot.id)
    made = Counter(shot.path for shot in storyboard.every)
    having = Counter(where for shot in storyboard.every for where in _shared(shot, several=made[shot.path] > 1))
    many = len(storyboard.every) > 1
    for problem, ids in told.values():
        concerned = having[problem.where]
        if len(ids) < concerned or (concerned == 1 and many):
            more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
            names = ", ".join(f"`{one}`" for one in ids[:NAMED])
            message = f"{problem.message} ({'shot' if len(ids) == 1 else 'shots'} {names}{more})"
            yield replace(problem, message=message)
        else:
            yield problem


def _shared(shot: Shot, *, several: bool) -> set[Where]:
    """Where the fields stand that a shot has from defaults; all of them where several were made of one text."""
    if several:
        return set(shot.places.values())
    places = {where for name, where in shot.places.items() if name.partition(".")[0] not in shot.own}
    return places - {shot.at(name) for name in shot.own}


def findings(asked: Asked) -> Iterator[Finding]:
    """Everything that a shot asks for and its model does not offer."""
    for look in (
        _length,
        _mode,
        _sound,
        _frames,
        _references,
        check_beats,
        check_motion,
        check_people,
        _texts,
        _shape,
        _seed,
        _keeping,
    ):
        yield from look(asked)
    yield from check_options(asked.order, asked.model)


def _problem(film: Storyboard, shot: Shot, found: Finding) -> Problem:
    field, code, message, hint = found
    name = field.partition(".")[0]
    if name in _IN_FILM and name not in shot.places:
        return Problem(_in_film(film, shot, name), name, code, message, hint)
    where = shot.places.get(field) or shot.at(name)
    return Problem(where, f"{shot.path}.{field}" if field else shot.path, code, message, hint)


def _in_film(film: Storyboard, shot: Shot, name: str) -> Where:
    """The place of a field of the film; of the outputs where they decide its shape; else of the shot."""
    return film.places.get(name) or film.places.get("outputs" if name == "aspect" else "") or shot.where


def _unknown(name: str) -> Finding:
    hint = suggest(name, catalogue().models)
    near = f"{hint} " if hint.startswith("did") else ""
    hint = f"{near}`storyboard models` lists them; `--allow-unknown-model` takes one as it is"
    return "model", "model", f"there is no model `{name}`", hint


def _length(asked: Asked) -> Iterator[Finding]:
    order, model, text = asked.order, asked.model, asked.shot.duration.text
    if model.kind == "motion":
        least, most = model.seconds[0], model.motion[order.motion.orientation] if order.motion else model.seconds[-1]
        facing = f"with `orientation: {order.motion.orientation}` " if order.motion else ""
        if not least <= order.seconds <= most:
            message = f"{facing}{model.name} takes over {least} to {most} seconds of movement, not {text}"
            yield "duration", "model-duration", message, "write how long the video of `motion` lasts"
        elif order.seconds.denominator != 1:
            message = f"a clip is paid for in whole seconds, and {text} is not"
            yield "duration", "model-duration", message, f"write `duration: {ceil(order.seconds)}s`"
        return
    offered = model.reference_seconds if order.references and model.reference_seconds else model.seconds
    because_of_beats = bool(order.beats) and not model.beats and "duration" not in asked.shot.places
    if order.seconds in offered or because_of_beats:
        return
    nearest = min(offered, key=lambda one: (abs(one - order.seconds), -one))
    with_what = " with references" if offered is not model.seconds else ""
    message = f"{model.name} makes clips of {spans(offered)} seconds{with_what}, not {text}"
    shorter = "; `length:` cuts it shorter" if nearest > order.seconds else ""
    yield "duration", "model-duration", message, f"write `duration: {nearest}s`{shorter}"


def _mode(asked: Asked) -> Iterator[Finding]:
    order, model = asked.order, asked.model
    if order.mode and order.mode not in model.modes:
        hint = f"write {either(list(model.modes))}, or leave it out for {model.default_mode}"
        yield "mode", "model-mode", f"{model.name} has no mode {order.mode}", hint
    elif order.references and model.reference_modes and asked.mode and asked.mode not in model.reference_modes:
        modes = either(model.reference_modes)
        hint = f"write `mode: {model.reference_modes[0]}`"
        yield "mode", "model-mode", f"{model.name} shoots references in {modes} only", hint


def _sound(asked: Asked) -> Iterator[Finding]:
    order, model = asked.order, asked.model
    if order.audio and model.kind == "motion":
        hint = "remove `audio`: the sound of the video is kept, unless `motion: {sound: false}` says otherwise"
        yield "audio", "model-audio", f"{model.name} makes no sound of its own", hint
    elif order.audio and model.audio == "none":
        hint = "write `audio: false`, or take another model: `storyboard models`"
        yield "audio", "model-audio", f"{model.name} makes no sound", hint
    elif order.audio and model.audio_modes and asked.mode and asked.mode not in model.audio_modes:
        modes = either(model.audio_modes)
        hint = f"write `mode: {model.audio_modes[0]}`, or `audio: false`"
        yield "audio", "model-audio", f"{model.name} makes sound in mode {modes} only", hint
    elif "audio" in asked.shot.places and not order.audio and model.audio == "always":
        hint = "write `audio: true`; `sound: {mute: true}` silences it in the cut"
        yield "audio", "model-audio", f"{model.name} makes sound, asked or not", hint


def _frames(asked: Asked) -> Iterator[Finding]:
    shot, model = asked.shot, asked.model
    starts = model.kind == "motion" or (model.kind == "i2v" and not model.words_alone)
    if starts and not asked.still and "references" not in shot.places:
        message = f"{model.name} starts from a still, and this shot has none"
        yield "", "no-still", message, "add `first: stills/NAME.jpg`, or take a text-to-video model"
    if "first" in shot.places and not model.first:
        other = "name it in `references`" if model.references else "remove it, or take an image-to-video model"
        yield "first", "model-frame", f"{model.name} takes no first frame", f"{other}: `storyboard models`"
    if "last" not in shot.places:
        return
    if not model.last:
        if model.first:
            message, hint = f"{model.name} ignores a last frame, and charges all the same", "remove it"
        else:
            message, hint = f"{model.name} takes no last frame", "remove it"
        yield "last", "model-frame", message, f"{hint}, or take a model for image pairs: `storyboard models`"
    elif model.needs_first and "first" not in shot.places:
        message = f"{model.name} takes a last frame only together with a first one"
        yield "last", "model-frame", message, "add `first: stills/NAME.jpg`, or take klingai/kling-v3.0-i2v"
    elif model.last_modes and asked.mode and asked.mode not in model.last_modes:
        message = f"{model.name} honours a last frame in mode {either(model.last_modes)} only"
        yield "last", "model-frame", message, f"write `mode: {model.last_modes[0]}`, or remove `last`"


def _references(asked: Asked) -> Iterator[Finding]:
    shot, order, model = asked.shot, asked.order, asked.model
    count = len(order.references)
    if model.kind == "r2v" and "references" not in shot.places:
        message = f"{model.name} shows what is in its references, and this shot has none"
        yield "", "model-references", message, "add `references: [stills/NAME.jpg]`, or take a text-to-video model"
    elif count and not model.references:
        message = f"{model.name} takes no references"
        if model.provider == "klingai" and model.kind == "i2v":
            message += ": with them an older model would make the clip, without a word"
        hint = f"{asked.remove('references')}, or take a model that does: `storyboard models`"
        yield "references", "model-references", message, hint
    elif count and asked.still and model.first:
        message = f"{model.name} takes either frames or references: with `{asked.still}` it would drop the references"
        yield "references", "model-references", message, f"{asked.remove('references')}, or remove `first` and `last`"
    elif count > model.references:
        message = (
            f"{model.name} takes {model.references} references, and this shot has {count}, its characters' included"
        )
        yield "references", "model-references", message, f"leave out {count - model.references}"


def _texts(asked: Asked) -> Iterator[Finding]:
    order, model = asked.order, asked.model
    if order.negative and not model.negative:
        hint = "remove it, here or in the look, and say in the prompt what is seen"
        yield "negative", "model-negative", f"{model.name} takes no negative prompt", hint
        return
    limits = {"prompt": (order.prompt, model.prompt_limit), "negative": (order.negative, model.negative_limit)}
    for field, (text, limit) in limits.items():
        if limit is not None and len(text) > limit:
            message = (
                f"the {field} has {len(text):,} characters, look and characters included; {model.name} takes {limit:,}"
            )
            yield field, "too-long", message, f"shorten it by {len(text) - limit:,}"


def _shape(asked: Asked) -> Iterator[Finding]:
    model, aspect = asked.model, asked.film.aspect
    shape = f"{aspect.numerator}:{aspect.denominator}"
    follows = "first" in asked.shot.places and not dialect_of(model.id).shapes_stills
    if model.aspects and not follows and not model.shape(aspect):
        hint = f'write `aspect: "{_nearest(model, aspect)}"`: it makes {either(model.aspects)}'
        yield "aspect", "model-aspect", f"{model.name} does not make {shape}, the film's shape", hint
    if model.still_ratio and asked.still and max(aspect, 1 / aspect) > Fraction(model.still_ratio):
        message = f"stills are cropped to {shape}, and {model.name} takes them up to {model.still_ratio}:1"
        hint = "write a shape between 2:5 and 5:2, and crop the film with `outputs`"
        yield "aspect", "model-aspect", message, hint


def _nearest(model: Model, aspect: Fraction) -> str:
    """The shape that a model offers and that is most like another."""
    ratios = {one: Fraction(one.replace(":", "/")) / aspect for one in model.aspects}
    return min(ratios, key=lambda one: max(ratios[one], 1 / ratios[one]))


def _seed(asked: Asked) -> Iterator[Finding]:
    if asked.order.seed is not None and not asked.model.seed:
        hint = "remove it; `storyboard retake` shoots another take"
        yield "seed", "model-seed", f"{asked.model.name} honours no seed, and charges all the same", hint


def _keeping(asked: Asked) -> Iterator[Finding]:
    if asked.order.routing.zero_data_retention and not asked.model.zero_data_retention:
        message = f"{asked.model.name} has no provider that keeps nothing of what it is sent"
        hint = "remove `zero_data_retention`, or take another model: `storyboard models`"
        yield "gateway", "no-zero-retention", message, hint
