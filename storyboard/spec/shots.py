"""A shot's fields to a `Shot`: defaults merged, words filled in, and what contradicts itself put down."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from storyboard.errors import Where
from storyboard.spec.cut import cut
from storyboard.spec.drawn import captions_of, card_of, overlays_of, titles_of
from storyboard.spec.fields import Fields
from storyboard.spec.model import Shot, Transition
from storyboard.spec.order import FIELDS, SHARED, Film, beats_last, build_order, check_look
from storyboard.spec.phrases import suggest
from storyboard.spec.sounds import with_sound
from storyboard.spec.transitions import ALIASES, TRANSITIONS
from storyboard.timing import Rate, parse_duration

DEFAULT_DURATION = "5s"
DEFAULT_TRANSITION = "0.5s"
OWN_TAKE = "name a shot that is generated, or footage from a file"


def build_shot(fields: Fields, routing: Fields, film: Film, scene: str, own: Collection[str]) -> Shot:
    """The shot of these fields. `routing` has the gateway's options for it; `own` names the fields that it says itself,
    rather than a default."""
    duration = fields.duration("duration", _default_duration(fields, film.rate)) or parse_duration(DEFAULT_DURATION)
    generated = not fields.written("card") and not fields.written("footage")
    _check_sources(fields, own)
    again = fields.block("footage")
    shot = Shot(
        id=str(fields.get("id")),
        scene=scene,
        where=fields.where("id"),
        duration=duration,
        order=build_order(fields, routing, film, duration.seconds(film.rate), own) if generated else None,
        card=card_of(fields.block("card")) if "card" in fields.values else None,
        footage="" if again.values else fields.file("footage"),
        reuse=_reused(again, film, str(fields.get("id"))) if again.values else "",
        transition=_transition(fields, "transition" in own),
        captions=captions_of(fields),
        titles=titles_of(fields),
        overlays=overlays_of(fields),
        approved=bool(fields.get("approved", False)),
        pin=bool(fields.get("pin", False)),
        note=fields.text("note"),
        path=fields.desk.show(fields.path),
        places=_places(fields, film),
        own=frozenset(own),
    )
    return _with_look(fields, with_sound(fields, cut(fields, shot, own)), film)


def _check_sources(fields: Fields, own: Collection[str]) -> None:
    """A picture comes from one place: it is generated, or drawn, or there already."""
    card, footage = "card" in fields.values, fields.written("footage")
    if card and footage:
        fields.problem("footage", "two-sources", "a shot has either `card` or `footage`", "remove one of them")
    for name in FIELDS if card or footage or fields.written("card") else ():
        if name in own and name in fields.values:
            kind = "card" if fields.written("card") else "footage"
            fields.problem(
                name,
                "two-sources",
                f"a shot with `{kind}` is not generated, so `{name}` has no use",
                f"remove `{name}`, or remove `{kind}`",
            )
    if footage and "duration" in own and "duration" in fields.values:
        message = "footage is as long as it is: `duration` is what is ordered of a model"
        fields.problem("duration", "two-sources", message, f"write `length: {fields.get('duration')}` to cut it")


def _reused(again: Fields, film: Film, own_id: str) -> str:
    """The shot whose take is used again; empty, with a problem put down, when that one has none of its own."""
    shot = str(again.get("shot"))
    if shot == own_id:
        again.problem("shot", "reuse", f"shot `{shot}` cannot use its own take again", "name another shot")
    elif shot not in film.shot_ids:
        others = (one for one in film.shot_ids if one != own_id)
        again.problem("shot", "shot", f"there is no shot `{shot}`", suggest(shot, others))
    elif shot in film.cards:
        message = f"shot `{shot}` is a card: it is drawn, and has no take to use again"
        again.problem("shot", "reuse", message, OWN_TAKE)
    elif shot in film.reuses:
        whose = film.reuses[shot]
        message = f"shot `{shot}` has no take of its own: it uses that of `{whose}` again"
        hint = f"write `footage: {{shot: {whose}}}`"
        again.problem("shot", "reuse", message, hint if whose not in film.reuses else OWN_TAKE)
    else:
        return shot
    return ""


def _with_look(fields: Fields, shot: Shot, film: Film) -> Shot:
    """The shot with its look's table for colours. A card has the colours that it says."""
    name = fields.get("look")
    if not shot.order and name is not None:
        check_look(fields, film)
    look = film.looks.get(str(name))
    if not look or shot.card:
        return shot
    look = look.clean(look.words)
    lut = look.file("lut", ".cube")
    return replace(shot, lut=lut, places={**shot.places, "lut": look.where("lut")}) if lut else shot


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
        for name, what in (("duration", "duration"), ("easing", "easing: it is over in no time")):
            if block and block.get(name) is not None:
                block.problem(name, "transition", f"a cut has no {what}", "remove it, or write `type: dissolve`")
        return Transition(written=own)
    duration = (block.duration("duration", DEFAULT_TRANSITION) if block else None) or parse_duration(DEFAULT_TRANSITION)
    if block and not duration.amount and not duration.frames_field:
        block.problem("duration", "transition", f"a {kind} of no length is a cut", "write `transition: cut`")
    color = str(block.get("color", "#000000") if block else "#000000")
    return Transition(kind, duration, color, block.get("easing", "linear") if block else "linear", own)
