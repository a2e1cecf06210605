"""The words in which a breach of the schema is told to an author."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from storyboard.spec import examples
from storyboard.spec.meant import meant, odd_letters
from storyboard.spec.places import Path
from storyboard.spec.source import show
from storyboard.timing import parse_duration

MAX_COMPARED = 300
"""Known words that a wrong one is compared with: it takes time, and there may be hundreds of wrong ones."""
MAX_LISTED = 24
"""Known words that a hint lists: more than that, and nobody reads them."""
FAR = 10
"""How many times too long a list is in whose entries nothing more is looked for: nobody reads that."""
MAX_SHOWN = 60
"""Characters of a value that a message repeats."""

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
    of_name: bool = False
    """Whether the value is a field's name: the last part of the path."""

    @property
    def far(self) -> bool:
        """Whether it is a list, or a block, with many times the entries that it may have."""
        return self.keyword in ("maxItems", "maxProperties") and len(self.value) > FAR * int(self.wanted)

    @property
    def name(self) -> str:
        """The field, as an author would call it: `duration`, or `shots[3]` for an entry of a list."""
        names = [index for index, part in enumerate(self.path) if isinstance(part, str)]
        return show(self.path[names[-1] :]) if names else ""

    @property
    def label(self) -> str:
        """The field in a sentence."""
        return f"`{self.name}`" if self.name else "the file"


def shown(value: object) -> str:
    """A value as a message repeats it: its beginning, where it is long."""
    text = str(value)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was meant by a wrong one, capitals aside; empty for none."""
    if len(word) > MAX_SHOWN:
        return ""
    words = {one.lower(): one for one in list(known)[:MAX_COMPARED][::-1]}
    near = difflib.get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    near = near or [one for one in words if sorted(one) == sorted(word.lower())]
    return words[near[0]] if near else ""


def suggest(word: str, known: Iterable[str]) -> str:
    """`did you mean …?` for the nearest known word, else what there is to choose from."""
    words = list(dict.fromkeys(known))
    if near := nearest(word, words):
        return f"did you mean `{near}`?"
    return f"one of {', '.join(words)}" if 0 < len(words) <= MAX_LISTED else ""


def phrases(breach: Breach) -> list[Phrase]:
    """What to tell an author of a breach. Every keyword that the schema uses has its words: a test compares them."""
    if breach.keyword == "required":
        return [_required(breach, str(name)) for name in breach.wanted if name not in breach.value]
    return [TELL[breach.keyword](breach)]


def _type(breach: Breach) -> Phrase:
    kind, value = breach.schema.get("x-kind", ""), breach.value
    if kind == "duration" and isinstance(value, int | float) and not isinstance(value, bool):
        return _duration(value)
    wanted = [breach.wanted] if isinstance(breach.wanted, str) else list(breach.wanted)
    if value is None and len(wanted) > 2:
        return "type", f"{breach.label} has no value", examples.NO_VALUE
    expected = " or ".join(examples.KINDS[one] for one in wanted)
    return (
        "type",
        f"{breach.label} must be {expected}, and is {_kind_of(value)}",
        _type_hint(wanted, kind, value, breach.name),
    )


def _type_hint(wanted: list[str], kind: str, value: object, name: str) -> str:
    if value is None:
        empty = examples.UNDER if wanted == ["object"] else examples.NO_VALUE
        return examples.UNQUOTED if kind == "colour" else empty
    if near := meant("number" if wanted == ["number"] else kind, value):
        return f"write {near}"
    if example := _example(wanted, kind, value, name):
        return example
    if wanted == ["string"]:
        return _quotes(value)
    if wanted == ["array"]:
        if name in examples.LISTS:
            return examples.LISTS[name]
        return f"write a list: [{shown(value)}]" if isinstance(value, str) else "begin each entry with a dash"
    if isinstance(value, str) or wanted == ["boolean"]:
        return examples.UNQUOTE.get(wanted[0], "")
    return ""


def _example(wanted: list[str], kind: str, value: object, name: str) -> str:
    """How a field is written whose value is of another type; empty where there is no example of it."""
    if kind in ("level", "percent", "sound", "speed"):
        return examples.MALFORMED[kind]
    if "object" in wanted and name in examples.WRITTEN:
        return examples.WRITTEN[name]
    if kind == "file" and isinstance(value, list | dict) and name in examples.FILES:
        return examples.FILES[name]
    return examples.UNDASH if wanted == ["object"] and isinstance(value, list) else ""


def _quotes(value: object) -> str:
    """The hint that text needs quotes, with that text where it is known and short."""
    plain = value if isinstance(value, list) else [value]
    if any(isinstance(one, list | dict) for one in plain):
        return "put the whole text in quotes"
    text = ", ".join(str(one).lower() if isinstance(one, bool) else str(one) for one in plain[:MAX_SHOWN])
    text = f"[{text}]" if isinstance(value, list) else text
    return f'put it in quotes: "{text}"' if len(text) <= MAX_SHOWN and '"' not in text else "put it in quotes"


def _required(breach: Breach, missing: str) -> Phrase:
    if missing == "storyboard":
        return "required", "the first line of a storyboard is missing", "begin the file with `storyboard: 1`"
    owner = examples.ENTRIES.get(_list_of(breach), f"{breach.label}")
    hint = examples.FIELDS.get(f"{breach.name}.{missing}") or examples.FIELDS.get(missing, "")
    if missing in ("shot", "frame") and breach.name in ("first", "last"):
        hint = frame_example(breach.name)
    return "required", f"{owner} needs `{missing}`", hint


def frame_example(field: str) -> str:
    """How continuity is written in `first` or `last`."""
    return f"write {{shot: ID, frame: {'last' if field == 'first' else 'first'}}}"


def _list_of(breach: Breach) -> str:
    names = [part for part in breach.path if isinstance(part, str)]
    return str(names[-1]) if names and breach.path and isinstance(breach.path[-1], int) else ""


def _pattern(breach: Breach) -> Phrase:
    kind, value = str(breach.schema.get("x-kind", "")), str(breach.value)
    if odd := odd_letters(value):
        return kind or "pattern", odd[0], f"write {shown(meant(kind, value) or odd[1])}"
    if kind == "duration":
        return _duration(value)
    near = meant(kind, value)
    choice = nearest(value, map(str, breach.schema["examples"]) if kind == "model" else examples.WORDS.get(kind, ()))
    hint = f"write {near}" if near else f"did you mean `{choice}`?" if choice else examples.MALFORMED.get(kind, "")
    return kind or "pattern", f"`{shown(value)}` is not {examples.NOUNS.get(kind, 'right')}", hint


def _duration(value: object) -> Phrase:
    message, hint = f"`{shown(value)}` is not a duration", examples.DURATION
    try:
        parse_duration(value if not isinstance(value, str) else value[:MAX_SHOWN])
    except ValueError as error:
        told, _, way = str(error).partition(": ")
        if not told.endswith("is not a duration"):
            message, hint = told, way
    near = meant("duration", value) if isinstance(value, str) else ""
    return "duration", message, f"write {near}" if near else hint


def _enum(breach: Breach) -> Phrase:
    choices, value = [str(one) for one in breach.wanted], breach.value
    if isinstance(value, str) and (odd := odd_letters(value)):
        return "choice", odd[0], f"write {shown(odd[1])}"
    plain = value[: 2 * MAX_SHOWN] if isinstance(value, str) else value
    written = json.dumps(plain if isinstance(value, str | int | float) else _kind_of(value), ensure_ascii=False)
    return "choice", f"{breach.label} cannot be {shown(written)}", suggest(str(value)[: 2 * MAX_SHOWN], choices)


def _const(breach: Breach) -> Phrase:
    return (
        "version",
        f"this is format {shown(json.dumps(breach.value, ensure_ascii=False))}, and this program reads format 1",
        "write `storyboard: 1`, or install a newer storyboard",
    )


def _bound(breach: Breach) -> Phrase:
    words = "at least" if breach.keyword == "minimum" else "at most"
    hint = examples.BOUND_HINTS.get((breach.name, breach.keyword), "")
    return "range", f"{breach.label} must be {words} {_number(breach.wanted)}, and is {_number(breach.value)}", hint


def _count(breach: Breach) -> Phrase:
    words = "at least" if breach.keyword.startswith("min") else "at most"
    one, many = {"Length": ("character", "characters")}.get(breach.keyword[3:], ("entry", "entries"))
    hint = "write it as in [0.5, 0.4]" if breach.name == "focus" else examples.COUNT_HINTS.get(breach.keyword, "")
    return "count", f"{breach.label} must have {words} {breach.wanted:,} {one if breach.wanted == 1 else many}", hint


def _unique(breach: Breach) -> Phrase:
    return "repeated", f"{breach.label} names something twice", "name each once"


TELL: dict[str, Callable[[Breach], Phrase]] = {
    "type": _type,
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
    "maxProperties": _count,
    "uniqueItems": _unique,
}


def _number(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _kind_of(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {_number(value)}"
    if isinstance(value, str):
        return f"the text {shown(json.dumps(value[: 2 * MAX_SHOWN], ensure_ascii=False))}"
    return "a list" if isinstance(value, list) else "a block of fields"
