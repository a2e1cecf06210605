"""What a shot asks of its model, against what the model can do: put down before a cent is spent."""

from __future__ import annotations

from collections.abc import Iterator

from storyboard.errors import Problem
from storyboard.planner.catalogue import Model, catalogue
from storyboard.spec.model import Order, Shot, Storyboard
from storyboard.spec.phrases import suggest


def check(storyboard: Storyboard, *, allow_unknown_model: bool = False) -> list[Problem]:
    """Every shot that asks for what its model does not offer."""
    problems: list[Problem] = []
    for shot in storyboard.shots:
        if shot.order is None or not shot.order.model:
            continue
        model = catalogue().models.get(shot.order.model)
        if model:
            problems += _check_order(shot, shot.order, model)
        elif not allow_unknown_model:
            hint = suggest(shot.order.model, catalogue().models)
            problems.append(
                _problem(
                    shot,
                    "model",
                    "model",
                    f"there is no model `{shot.order.model}`",
                    f"{hint + ' ' if hint.startswith('did') else ''}`storyboard models` lists them; "
                    "`--allow-unknown-model` takes one as it is",
                )
            )
        elif shot.order.seconds.denominator != 1:
            message = f"a clip is ordered in whole seconds, and {shot.duration.text} is not"
            problems.append(
                _problem(shot, "duration", "model-duration", message, "write a length such as `duration: 5s`")
            )
    told = {(problem.where, problem.message): problem for problem in reversed(problems)}
    return list(reversed(told.values()))


def _problem(shot: Shot, field: str, code: str, message: str, hint: str) -> Problem:
    return Problem(shot.at(field), f"{shot.path}.{field}" if field else shot.path, code, message, hint)


def _check_order(shot: Shot, order: Order, model: Model) -> list[Problem]:
    found = [*_length(shot, order, model), *_frames(shot, order, model), *_texts(order, model)]
    if order.mode and order.mode not in model.modes:
        found.append(
            ("mode", "model-mode", f"{model.name} has no mode {order.mode}", f"write {' or '.join(model.modes)}")
        )
    if order.audio and model.audio == "none":
        hint = "write `audio: false`, or take another model: `storyboard models`"
        found.append(("audio", "model-audio", f"{model.name} makes no sound", hint))
    return [_problem(shot, *one) for one in found]


Finding = tuple[str, str, str, str]
"""Field, code, message, hint."""


def _length(shot: Shot, order: Order, model: Model) -> Iterator[Finding]:
    if order.seconds in model.seconds:
        return
    nearest = min(model.seconds, key=lambda one: (abs(one - order.seconds), -one))
    message = f"{model.name} makes clips of {spans(model.seconds)} seconds, not {shot.duration.text}"
    shorter = "; `length:` cuts it shorter" if nearest > order.seconds else ""
    yield "duration", "model-duration", message, f"write `duration: {nearest}s`{shorter}"


def _frames(shot: Shot, order: Order, model: Model) -> Iterator[Finding]:
    written = [field for field in ("first", "last") if field in shot.places]
    if model.kind == "i2v" and not written:
        message = f"{model.name} starts from a still, and shot `{shot.id}` has none"
        yield "", "no-still", message, "add `first: stills/NAME.jpg`, or take a text-to-video model"
    for field in written:
        if not getattr(model, field):
            hint = "remove it, or take an image-to-video model: `storyboard models`"
            yield field, "model-frame", f"{model.name} takes no {field} frame", hint
    if order.mode and order.last and model.last and model.last_modes and order.mode not in model.last_modes:
        message = f"{model.name} honours a last frame in mode {' or '.join(model.last_modes)} only"
        yield "last", "model-frame", message, f"write `mode: {model.last_modes[0]}`, or remove `last`"


def _texts(order: Order, model: Model) -> Iterator[Finding]:
    limits = {"prompt": (order.prompt, model.prompt_limit), "negative": (order.negative, model.negative_limit)}
    for field, (text, limit) in limits.items():
        if len(text) > limit:
            message = (
                f"the {field} has {len(text):,} characters, look and characters included; {model.name} takes {limit:,}"
            )
            yield field, "too-long", message, f"shorten it by {len(text) - limit:,}"


def spans(seconds: tuple[int, ...]) -> str:
    """`3 to 15` or `5 or 10`: the lengths that a model makes."""
    if len(seconds) > 2 and seconds[-1] - seconds[0] == len(seconds) - 1:
        return f"{seconds[0]} to {seconds[-1]}"
    return " or ".join(str(one) for one in seconds)
