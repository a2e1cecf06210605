"""What is drawn over the picture, as written: captions, titles, overlays, and cards."""

from __future__ import annotations

from collections.abc import Iterator

from storyboard.errors import Where
from storyboard.spec.fields import Fields, fill_at
from storyboard.spec.model import Caption, Card, Overlay, Title
from storyboard.timing import Duration

START = "0s"
WIDTH, OPACITY, PLACE = "12%", "100%", "bottom-right"


def captions_of(fields: Fields) -> tuple[Caption, ...]:
    """A shot's subtitles."""
    captions = []
    for entry in _entries(fields, "captions"):
        at, length = entry.duration("at", START), _length(entry, "caption")
        text = _text(entry, "caption")
        if at and length:
            captions.append(Caption(at, length, text, _place(entry)))
    return tuple(captions)


def titles_of(fields: Fields) -> tuple[Title, ...]:
    """A shot's titles."""
    titles = []
    for entry in _entries(fields, "titles"):
        at, length = entry.duration("at", START), _length(entry, "title")
        text = _text(entry, "title")
        if at:
            titles.append(Title(at, length, text, entry.get("style", "lower-third"), _place(entry)))
    return tuple(titles)


def overlays_of(fields: Fields) -> tuple[Overlay, ...]:
    """The pictures that are laid over a shot, or over the film."""
    overlays = []
    for entry in _entries(fields, "overlays"):
        at, length = entry.duration("at", START), _length(entry, "overlay")
        width, opacity = entry.percent("width", WIDTH), entry.percent("opacity", OPACITY)
        image, place = entry.file("image"), entry.get("place", PLACE)
        if image and at:
            overlays.append(Overlay(image, at, length, place, float(width), float(opacity), _place(entry)))
    return tuple(overlays)


def card_of(fields: Fields) -> Card:
    """The card of a `card:` block. One with nothing but a colour is a pause."""
    card = Card(
        fields.text("text"),
        fields.file("image"),
        str(fields.get("background", "#101418")),
        str(fields.get("color", "#f4f1ea")),
    )
    pause = fields.written("background") and not fields.written("text")
    if not card.text and not card.image and not pause and not fields.desk.spoilt(fields.path):
        hint = 'write `card: {text: "The end"}`, or `card: {background: "#000000"}` for a pause in black'
        fields.desk.problem(fields.path, "card", "a card needs `text` or `image`", hint)
    return card


def _entries(fields: Fields, name: str) -> Iterator[Fields]:
    for value, path in fields.items(name):
        fields.desk.spend(path, 30)
        yield Fields.of(fields.desk, value, path, fields.words)


def _place(entry: Fields) -> Where:
    return entry.desk.place(entry.path)


def _text(entry: Fields, kind: str) -> str:
    """What it reads; a problem where nothing is left of it."""
    path = entry.at("text")
    text = fill_at(entry.desk, str(entry.get("text", "")), path, entry.words)
    if not text and not entry.desk.spoilt(path):
        hint = "write what it reads, or remove it"
        entry.problem("text", "no-text", f"this {kind} has no text", hint)
    return text


def _length(entry: Fields, kind: str) -> Duration | None:
    """How long it stands; a problem where that is no time at all."""
    length = entry.duration("for")
    if length and not entry.desk.spoilt(entry.at("for")) and not length.seconds(entry.desk.rate):
        entry.problem("for", "never-seen", f"this {kind} would never be seen", "write how long it stands, as in 2s")
    return length
