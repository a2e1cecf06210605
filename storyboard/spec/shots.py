"""A shot's fields to a `Shot`: defaults merged, words filled in, and what contradicts itself put down."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from storyboard.errors import Where
from storyboard.spec.fields import Fields, fill_at
from storyboard.spec.model import Caption, Card, Shot, Transition
from storyboard.spec.order import FIELDS, SHARED, Film, beats_last, build_order
from storyboard.spec.phrases import suggest
from storyboard.spec.source import show
from storyboard.spec.transitions import ALIASES, TRANSITIONS
from storyboard.timing import Rate, parse_duration

DEFAULT_DURATION = "5s"
DEFAULT_TRANSITION = "0.5s"


def build_shot(fields: Fields, routing: Fields, film: Film, scene: str, own: Collection[str]) -> Shot:
    """The shot of these fields. `routing` has the gateway's options for it; `own` names the fields that it says itself,
    rather than a default."""
    card, footage = fields.get("card"), fields.file("footage")
    duration = fields.duration("duration", _default_duration(fields, film.rate)) or parse_duration(DEFAULT_DURATION)
    generated = not fields.written("card") and not fields.written("footage")
    if card is not None and fields.written("footage"):
        fields.problem("footage", "two-sources", "a shot has either `card` or `footage`", "remove one of them")
    if not generated:
        for name in FIELDS:
            if name in own and name in fields.values:
                kind = "card" if card is not None else "footage"
                fields.problem(
                    name,
                    "two-sources",
                    f"a shot with `{kind}` is not generated, so `{name}` has no use",
                    f"remove `{name}`, or remove `{kind}`",
                )
    sound = fields.block("sound")
    focus = fields.get("focus")
    shot = Shot(
        id=str(fields.get("id")),
        scene=scene,
        where=fields.where("id"),
        duration=duration,
        order=build_order(fields, routing, film, duration.seconds(film.rate), own) if generated else None,
        card=_card(fields.block("card")) if card is not None else None,
        footage=footage,
        start=fields.duration("in"),
        end=fields.duration("out"),
        length=fields.duration("length"),
        fit=fields.get("fit"),
        focus=(float(focus[0]), float(focus[1])) if focus else None,
        transition=_transition(fields, "transition" in own),
        captions=_captions(fields),
        gain_db=sound.decibels("level"),
        mute=bool(sound.get("mute", False)),
        note=fields.text("note"),
        path=show(fields.path),
        places=_places(fields, film),
    )
    _check_cut(fields, shot, film.rate)
    return shot


def _default_duration(fields: Fields, rate: Rate) -> str:
    """A multi-shot clip lasts as long as its shots; any other five seconds."""
    whole = beats_last(fields, rate)
    return f"{whole}s" if whole and whole.denominator == 1 else DEFAULT_DURATION


def _places(fields: Fields, film: Film) -> dict[str, Where]:
    """Where each field stands; what came with the characters stands where they are named."""
    places = {name: fields.where(name) for name in (*fields.values, *fields.spoilt)}
    options = fields.block("options")
    places |= {f"options.{name}": options.where(name) for name in options.values}
    for name, _ in fields.items("characters"):
        shared = film.characters[name].values if name in film.characters else {}
        places = {one: places["characters"] for one in SHARED if one in shared} | places
    return places


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
    return Transition(kind, duration, str(block.get("color", "#000000") if block else "#000000"), written=own)


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
