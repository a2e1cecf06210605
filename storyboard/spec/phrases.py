"""The words in which a breach of the schema is told to an author."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from storyboard.spec.source import Path
from storyboard.timing import parse_duration

Phrase = tuple[str, str, str]
"""Code, message, hint."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One keyword of the schema that a value does not keep."""

    keyword: str
    wanted: Any
    """The keyword's own value in the schema."""
    value: Any
    """What the storyboard has."""
    schema: Mapping[str, Any]
    path: Path

    @property
    def name(self) -> str:
        """The field, as an author would call it."""
        return str(self.path[-1]) if self.path else "the storyboard"


def suggest(word: str, known: Iterable[str]) -> str:
    """`did you mean …?` for the nearest known word, else what there is to choose from."""
    words = list(known)
    if near := difflib.get_close_matches(word, words, n=1, cutoff=0.6):
        return f"did you mean `{near[0]}`?"
    return f"there is {', '.join(words)}" if 0 < len(words) <= 24 else ""


def phrase(breach: Breach) -> Phrase:
    """What to tell an author of a breach. Every keyword that the schema uses has its words: a test compares them."""
    return TELL[breach.keyword](breach)


def _type(breach: Breach) -> Phrase:
    kind, value = breach.schema.get("x-kind", ""), breach.value
    if kind == "duration" and isinstance(value, int | float) and not isinstance(value, bool):
        return _duration(value)
    wanted = [breach.wanted] if isinstance(breach.wanted, str) else list(breach.wanted)
    expected = " or ".join(_KINDS[one] for one in wanted)
    hint = ""
    if wanted == ["string"] and isinstance(value, int | float | bool):
        hint = f'put it in quotes: "{str(value).lower() if isinstance(value, bool) else value}"'
    elif wanted == ["array"] and isinstance(value, str):
        hint = f"write a list: [{value}]"
    elif value is None:
        hint = "write a value behind the colon, or remove the line"
    return "type", f"`{breach.name}` must be {expected}, and is {_kind_of(value)}", hint


def _required(breach: Breach) -> Phrase:
    missing = next(str(field) for field in breach.wanted if field not in breach.value)
    if missing == "storyboard":
        return "required", "the first line of a storyboard is missing", "begin the file with `storyboard: 1`"
    owner = {"shots": "a shot", "scenes": "a scene", "captions": "a caption"}.get(_list_of(breach), f"`{breach.name}`")
    return "required", f"{owner} needs `{missing}`", _EXAMPLES.get(missing, "")


def _list_of(breach: Breach) -> str:
    names = [part for part in breach.path if isinstance(part, str)]
    return str(names[-1]) if names and breach.path and isinstance(breach.path[-1], int) else ""


def _pattern(breach: Breach) -> Phrase:
    kind = str(breach.schema.get("x-kind", ""))
    if kind == "duration":
        return _duration(breach.value)
    return kind or "pattern", f"`{breach.value}` is not {_NOUNS.get(kind, 'right')}", _NAMES.get(kind, "")


def _duration(value: object) -> Phrase:
    try:
        parse_duration(value)
    except ValueError as error:
        message, _, hint = str(error).partition(": ")
        return "duration", message, hint
    return "duration", f"`{value}` is not a duration", "write 5s, 1.5s, 120f or 00:00:05:00"


def _enum(breach: Breach) -> Phrase:
    choices = [str(one) for one in breach.wanted]
    return (
        "choice",
        f"`{breach.name}` cannot be {json.dumps(breach.value, ensure_ascii=False)}",
        suggest(str(breach.value), choices) or f"one of {', '.join(choices)}",
    )


def _const(breach: Breach) -> Phrase:
    return (
        "version",
        f"this is format {json.dumps(breach.value)}, and this program reads format 1",
        "write `storyboard: 1`, or install a newer storyboard",
    )


def _bound(breach: Breach) -> Phrase:
    words = "at least" if breach.keyword == "minimum" else "at most"
    return "range", f"`{breach.name}` must be {words} {breach.wanted:g}, and is {breach.value:g}", ""


def _count(breach: Breach) -> Phrase:
    words = "at least" if breach.keyword.startswith("min") else "at most"
    unit = {"Items": "entries", "Properties": "entries", "Length": "characters"}[breach.keyword[3:]]
    return "count", f"`{breach.name}` must have {words} {breach.wanted} {unit}", ""


def _unique(breach: Breach) -> Phrase:
    return "repeated", f"`{breach.name}` names something twice", "name each once"


TELL: dict[str, Callable[[Breach], Phrase]] = {
    "type": _type,
    "required": _required,
    "pattern": _pattern,
    "enum": _enum,
    "const": _const,
    "minimum": _bound,
    "maximum": _bound,
    "minItems": _count,
    "maxItems": _count,
    "minLength": _count,
    "maxLength": _count,
    "minProperties": _count,
    "uniqueItems": _unique,
}

_KINDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a block of fields",
    "null": "nothing",
}

_NOUNS = {
    "slug": "an id",
    "name": "a name",
    "size": "a size",
    "aspect": "a shape",
    "colour": "a colour",
    "level": "a level",
    "model": "a model id",
}

_NAMES = {
    "slug": "an id has letters, digits, - and _, as in opening-2",
    "name": "a name has letters, digits and _, and begins with a letter",
    "size": "write width x height in pixels, as in 1920x1080",
    "aspect": "write it as in 16:9",
    "colour": 'write it as in "#101418", with the quotes',
    "level": "write it in decibels, as in -6dB",
    "model": "`storyboard models` lists them, as in klingai/kling-v3.0-i2v",
}

_EXAMPLES = {
    "id": "give it a name of its own, as in `id: opening`",
    "shots": "list its shots under `shots:`",
    "for": "say how long it stands, as in `for: 2s`",
    "file": "name a file of the project, as in `file: music/theme.wav`",
    "frame": "write {shot: ID, frame: last}",
    "shot": "write {shot: ID, frame: last}",
}


def _kind_of(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value:g}"
    if isinstance(value, str):
        return f"the text {json.dumps(value, ensure_ascii=False)}"
    return "a list" if isinstance(value, list) else "a block of fields"
