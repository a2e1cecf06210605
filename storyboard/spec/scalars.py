"""A YAML scalar to a plain value, and what YAML would silently make of it instead."""

from __future__ import annotations

import re
from typing import Any

from storyboard.spec.examples import LISTS, NEGATED
from storyboard.spec.meant import TIMES, duration

TAG = "tag:yaml.org,2002:"

Finding = tuple[str, str, str]
"""Code, message, hint."""

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+", re.ASCII)
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?", re.ASCII)
_LONGEST = 18
"""Characters of a number with a point: more than that, and a float would round it."""
_LONGEST_WHOLE = 19
"""Characters of a whole number, as the ids of providers may have."""
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
BOOLEANS = ("audio", "mute", "reverse", "loop", "duck", "zero_data_retention", "disallow_prompt_training")
"""Fields that are true or false."""
_AS = {
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
    "timestamp": "a date",
}
_TEXTS = ("str", "timestamp", "value", "merge")


def read_scalar(text: str, tag: str, field: object) -> tuple[Any, Finding | None]:
    """The value of a scalar that stands in `field` (`outputs.fps` for an output's); with a finding, it is not used."""
    kind = tag.removeprefix(TAG)
    if kind in _TEXTS:
        return text, None
    if kind == "null":
        return None, None
    if kind == "bool" and text.lower() in _BOOLEANS:
        value = _BOOLEANS[text.lower()]
        word = str(value).lower()
        if text.lower() == word:
            return value, None
        hint = f"write {word}" if field in BOOLEANS else f'put it in quotes: "{text}", or write {word}'
        hint = LISTS.get(str(field), hint) if value else NEGATED.get(str(field)) or LISTS.get(str(field), hint)
        return value, ("yaml-boolean", f"YAML reads `{text}` as {word}", hint)
    if kind in ("int", "float"):
        return _number(text, field)
    return None, meaningless(tag)


def read_as(tag: str) -> str:
    """What YAML takes a scalar of this tag for, in plain words."""
    kind = tag.removeprefix(TAG)
    return _AS.get(kind, f"a {kind}")


def meaningless(tag: str) -> Finding:
    """What is told of a tag that a storyboard does not know."""
    return "tag", f"the tag {tag.replace(TAG, '!!')} has no meaning in a storyboard", "remove it"


def _number(text: str, field: object) -> tuple[Any, Finding | None]:
    if len(text) <= _LONGEST_WHOLE and _INT.fullmatch(text):
        return int(text), None
    if len(text) <= _LONGEST and _FLOAT.fullmatch(text):
        return float(text), None
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    quoted = f'put it in quotes: "{shown}"'
    time = f"write {near}" if field in TIMES and (near := duration(text)) else ""
    if _SEXAGESIMAL.fullmatch(text):
        return None, ("yaml-sexagesimal", f"YAML reads `{shown}` as a number to base 60", time or quoted)
    if "." in text and not any(char.isdigit() for char in text):
        return None, ("not-finite", f"`{shown}` is not a finite number", "write it in plain decimal digits")
    message = f"YAML reads `{shown}` in a way that is easily misread"
    return None, ("yaml-number", message, time or f"write it in plain decimal digits, or {quoted}")
