"""A shot's fields to a `Shot`: defaults merged, words filled in, and what contradicts itself put down."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from storyboard.spec.fields import Fields, fill_at
from storyboard.spec.model import Caption, Card, Frame, FrameOf, Order, Shot, StillFile, Transition
from storyboard.spec.phrases import suggest
from storyboard.spec.source import show
from storyboard.spec.transitions import ALIASES, TRANSITIONS
from storyboard.timing import Duration, Rate, parse_duration

DEFAULT_MODEL = "klingai/kling-v3.0-i2v"
DEFAULT_TRANSITION = "0.5s"


@dataclass(frozen=True, slots=True)
class Film:
    """What a shot needs to know of the film around it."""

    rate: Rate
    characters: Mapping[str, Fields]
    looks: Mapping[str, Fields]
    shot_ids: Collection[str]
    earlier: Collection[str]
    """Shots before this one."""
    firsts: Mapping[str, Any]
    """Each shot's `first` as written."""
    cards: Collection[str] = ()
    """Shots that are drawn, and have no take."""


def build_shot(fields: Fields, film: Film, scene: str, own: Collection[str]) -> Shot:
    """The shot of these fields. `own` names the fields that it says itself, rather than a default."""
    card, footage = fields.get("card"), fields.file("footage")
    duration = fields.duration("duration", "5s") or parse_duration("5s")
    generated = not fields.written("card") and not fields.written("footage")
    if card is not None and fields.written("footage"):
        fields.problem("footage", "two-sources", "a shot has either `card` or `footage`", "remove one of them")
    if not generated:
        for name in ("prompt", "first", "last"):
            if name in own and name in fields.values:
                kind = "card" if card is not None else "footage"
                fields.problem(
                    name,
                    "two-sources",
                    f"a shot with `{kind}` is not generated, so `{name}` has no use",
                    f"remove `{name}`, or remove `{kind}`",
                )
    sound = fields.block("sound")
    focus = fields.get("focus", (0.5, 0.5))
    shot = Shot(
        id=str(fields.get("id")),
        scene=scene,
        where=fields.where("id"),
        duration=duration,
        order=_order(fields, film, duration) if generated else None,
        card=_card(fields.block("card")) if card is not None else None,
        footage=footage,
        start=fields.duration("in"),
        end=fields.duration("out"),
        length=fields.duration("length"),
        fit=fields.get("fit"),
        focus=(float(focus[0]), float(focus[1])),
        transition=_transition(fields, "transition" in own),
        captions=_captions(fields),
        gain_db=sound.decibels("level"),
        mute=bool(sound.get("mute", False)),
        note=fields.text("note"),
        path=show(fields.path),
        places={name: fields.where(name) for name in (*fields.values, *fields.spoilt)},
    )
    _check_cut(fields, shot, film.rate)
    return shot


def _order(fields: Fields, film: Film, duration: Duration) -> Order:
    order = Order(
        model="" if "model" in fields.spoilt else str(fields.get("model", DEFAULT_MODEL)),
        prompt=_prompt(fields, film),
        negative=_negative(fields, film),
        seconds=duration.seconds(film.rate),
        mode="" if "mode" in fields.spoilt else str(fields.get("mode", "std")),
        audio=bool(fields.get("audio", False)),
        first=_frame(fields, film, "first"),
        last=_frame(fields, film, "last"),
    )
    if not order.prompt and not fields.written("prompt"):
        fields.problem(
            "prompt",
            "no-prompt",
            f"shot `{fields.get('id')}` says nothing about what happens",
            "add `prompt:`, or make it a `card` or `footage`",
        )
    return order


def _prompt(fields: Fields, film: Film) -> str:
    parts = [fields.text("prompt")]
    for name, path in fields.items("characters"):
        if name in film.characters:
            parts.append(film.characters[name].text("prompt"))
        elif fields.desk.is_block("characters"):
            fields.desk.problem(
                path,
                "character",
                f"there is no character `{name}`",
                suggest(str(name), film.characters) or "define it under `characters:`",
            )
    if look := _look(fields, film):
        parts.append(look.text("prompt"))
    return _join(parts)


def _negative(fields: Fields, film: Film) -> str:
    look = film.looks.get(str(fields.get("look")))
    return ", ".join(part for part in (fields.text("negative"), look.text("negative") if look else "") if part)


def _look(fields: Fields, film: Film) -> Fields | None:
    name = fields.get("look")
    if name is not None and name not in film.looks and fields.desk.is_block("looks"):
        fields.problem(
            "look", "look", f"there is no look `{name}`", suggest(str(name), film.looks) or "define it under `looks:`"
        )
    return film.looks.get(str(name))


def _join(parts: list[str]) -> str:
    text = ""
    for part in filter(None, parts):
        text += ("" if not text else " " if text[-1] in ".!?…:;," else ", ") + part
    return text


def _frame(fields: Fields, film: Film, name: str) -> Frame | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        file = fields.file(name)
        return StillFile(file) if file else None
    shot, frame = str(value["shot"]), value["frame"]
    if shot not in film.shot_ids:
        fields.problem(name, "shot", f"there is no shot `{shot}`", suggest(shot, film.shot_ids))
    elif name == "first" and frame != "last":
        fields.problem(
            name, "continuity", "a shot begins on another's last frame", f"write {{shot: {shot}, frame: last}}"
        )
    elif name == "first" and shot not in film.earlier:
        fields.problem(
            name,
            "continuity",
            f"shot `{shot}` does not stand before this one",
            "a shot goes on from one that stands before it",
        )
    elif name == "first" and shot in film.cards:
        fields.problem(
            name,
            "continuity",
            f"shot `{shot}` is a card: it is drawn, and has no take to go on from",
            "name a shot that is generated, or an image file",
        )
    elif name == "first":
        return FrameOf(shot)
    elif frame != "first":
        fields.problem(
            name, "continuity", "a shot ends on another's first frame", f"write {{shot: {shot}, frame: first}}"
        )
    elif not isinstance(film.firsts.get(shot), str):
        fields.problem(
            name,
            "continuity",
            f"the first frame of `{shot}` is not a still",
            "it must be an image file to be known before it is shot",
        )
    else:
        return StillFile(film.firsts[shot])
    return None


def _transition(fields: Fields, own: bool) -> Transition:
    value = fields.get("transition", "cut")
    block = fields.block("transition") if isinstance(value, dict) else None
    kind = str(block.get("type") if block else value)
    if kind not in TRANSITIONS:
        (block or fields).problem(
            "type" if block else "transition",
            "transition",
            f"there is no transition `{kind}`",
            f"did you mean `{ALIASES[kind]}`?"
            if kind in ALIASES
            else suggest(kind, TRANSITIONS)
            or "cut, dissolve, fade, or a name like wipeleft: `storyboard schema` has them all",
        )
    if kind == "cut":
        if block and block.get("duration") is not None:
            block.problem("duration", "transition", "a cut has no duration", "remove it, or write `type: dissolve`")
        return Transition(written=own)
    duration = (block.duration("duration", DEFAULT_TRANSITION) if block else None) or parse_duration(DEFAULT_TRANSITION)
    if block and not duration.amount and not duration.frames_field:
        block.problem("duration", "transition", f"a {kind} of no length is a cut", "write `transition: cut`")
    return Transition(kind, duration, str(block.get("color", "#000000") if block else "#000000"), own)


def _captions(fields: Fields) -> tuple[Caption, ...]:
    captions = []
    for value, path in fields.items("captions"):
        caption = Fields.of(fields.desk, value, path, fields.words)
        at, length = caption.duration("at", "0s"), caption.duration("for")
        text = fill_at(fields.desk, str(value.get("text", "")), (*path, "text"), fields.words)
        if at and length:
            captions.append(Caption(at, length, text, fields.desk.document.place(path)))
    return tuple(captions)


def _card(fields: Fields) -> Card:
    card = Card(
        fields.text("text"),
        fields.file("image"),
        str(fields.get("background", "#101418")),
        str(fields.get("color", "#f4f1ea")),
    )
    if not card.text and not card.image and not fields.desk.spoilt(fields.path):
        fields.desk.problem(fields.path, "card", "a card needs `text` or `image`", 'write `card: {text: "The end"}`')
    return card


def _check_cut(fields: Fields, shot: Shot, rate: Rate) -> None:
    if shot.end and shot.length:
        fields.problem("length", "cut", "`out` and `length` both say where the cut ends", "keep one of them")
        return
    if fields.spoilt & {"in", "out", "length", "duration", "card", "footage"}:
        return
    start = shot.start.seconds(rate) if shot.start else Fraction(0)
    whole = None if shot.footage else shot.duration.seconds(rate)
    end = shot.end.seconds(rate) if shot.end else start + shot.length.seconds(rate) if shot.length else whole
    name = "out" if shot.end else "length" if shot.length else "in" if shot.start else "duration"
    if end is not None and end <= start:
        fields.problem(
            name,
            "cut",
            "the cut ends before it begins: nothing is left of the shot",
            "`in` must lie before `out`, and a length must be more than 0",
        )
    elif end is not None and whole is not None and end > whole:
        fields.problem(
            name,
            "cut",
            f"the cut ends {float(end - whole):g} s after the end of the clip, which lasts {shot.duration.text}",
            "order a longer clip with `duration:`, or cut it shorter",
        )
