"""How one text is written in YAML: with quotes or without, on one line or several. What it says never changes."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from storyboard.spec.events import TEXT, implied
from storyboard.spec.source import PROSE
from storyboard.spec.syntax import Node

WIDTH = 120
"""Columns of a line."""
FOLDED = 100
"""Columns of a line of running text."""
STEP = 2
"""Columns of an indent."""

_WORD = re.compile(r"[A-Za-z_](?:[\w ./+-]*\w)?|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:s|f|dB|%)|[1-9][0-9]*x[1-9][0-9]*")
"""Text that means the same without quotes, to every reader of YAML: words, names of files, times, sizes."""
_MISREAD = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_SAFE_IN_BRACKETS = re.compile(r"[^,\[\]{}#:\n]*(?::[^\s,\[\]{}#:][^,\[\]{}#:\n]*)*")
_SENTENCE = re.compile(r"\S+(?: \S+)+")
_PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s+|$))*")
_HEADER = re.compile(r"[|>][-+0-9]*")
_EXPLICIT = re.compile(r"[|>][-+]?[0-9]")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


def one_line(node: Node, name: str | int, column: int = 0) -> str | None:
    """How a text, or an alias, is written on one line that begins at a column; None where it takes several.

    `name` is that of its field: running text keeps its quotes, for the next edit may need them.
    """
    if node.kind == "alias" or node.empty:
        return node.raw
    found = _PROPERTIES.match(node.raw)
    marks = found[0] if found else ""
    body, style, value = node.raw[len(marks) :], node.event.style, node.event.value
    if style in ("|", ">") or "\n" in body:
        return None
    if marks:
        return " ".join([*marks.split(), body]).rstrip()
    if style and name not in PROSE and needs_no_quotes(value):
        body = value
    elif style == "'" and value.isprintable() and not set(value) & set('"\\'):
        body = f'"{value}"'
    if name in PROSE and column + len(body) > WIDTH and value.isprintable() and _SENTENCE.fullmatch(value):
        return None
    return str(body)


def several_lines(node: Node, indent: int) -> list[str]:
    """How a text is written on several lines: the first as it stands behind its name, the others with their indent."""
    found = _PROPERTIES.match(node.raw)
    marks = " ".join([*found[0].split(), ""]) if found else ""
    body, style, value = node.raw[found.end() if found else 0 :], node.event.style, node.event.value
    if style == "|":
        header, lines = _literal(body, value)
    elif style == ">" and _EXPLICIT.match(body):
        return [marks + quoted(value)]
    elif style == ">":
        header, lines = _folded(body)
    elif "\n" in body:
        header, *lines = [re.sub(r"(?<!\\)[ \t]+$", "", line) for line in body.split("\n")]
        lines = [line.lstrip(" \t") for line in lines]
    else:
        header, lines = ">-", _wrapped(value, indent)
    return [marks + header, *(" " * indent + line if line else "" for line in lines)]


def _literal(body: str, value: str) -> tuple[str, list[str]]:
    """The header and the lines of a text whose line ends count."""
    lines = value.removesuffix("\n").split("\n") if value else []
    explicit = str(STEP) if value.lstrip("\n").startswith(" ") else ""
    return "|" + explicit + _chomping(body), lines


def _folded(body: str) -> tuple[str, list[str]]:
    """The header and the lines of a text whose line ends are spaces, as the author broke it."""
    lines = body.split("\n")[1:]
    if "+" in _chomping(body):
        lines = lines[:-1]
    depth = next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")), 0)
    return ">" + _chomping(body), [line[depth:] for line in lines]


def _chomping(body: str) -> str:
    """What a header says about the line ends behind the text."""
    found = _HEADER.match(body)
    return "".join(sign for sign in found[0] if sign in "+-") if found else ""


def fits_brackets(node: Node) -> bool:
    """Whether a text on one line means the same within { } and [ ]."""
    plain = node.kind == "text" and not node.event.style
    return not plain or bool(_SAFE_IN_BRACKETS.fullmatch(node.raw))


def needs_no_quotes(text: str) -> bool:
    """Whether a text means itself without quotes, everywhere and to every reader of YAML."""
    return bool(_WORD.fullmatch(text)) and text.lower() not in _MISREAD and implied(text) == TEXT


def quoted(text: str) -> str:
    """A text in double quotes, on one line."""
    letters = (_ESCAPES.get(one) or (one if one.isprintable() else f"\\U{ord(one):08x}") for one in text)
    return '"' + "".join(letters) + '"'


def lines_of(value: Any, name: str | int, indent: int, column: int) -> list[str]:
    """Any value as the lines of a field: the first as it begins at a column, the others with their indent."""
    if not isinstance(value, str):
        return [written(value)]
    lines = value.removesuffix("\n").split("\n")
    if len(lines) > 1 and lines[0][:1] not in ("", " ") and lines[-1] and all(line.isprintable() for line in lines):
        header = "|" if value.endswith("\n") else "|-"
        return [header, *(" " * indent + line if line else "" for line in lines)]
    line = quoted(value) if name in PROSE else written(value)
    if name in PROSE and column + len(line) > WIDTH and value.isprintable() and _SENTENCE.fullmatch(value):
        return [">-", *(" " * indent + one for one in _wrapped(value, indent))]
    return [line]


def in_brackets(value: Any, name: str | int) -> str:
    """Any value as a field within { }."""
    return quoted(value) if isinstance(value, str) and name in PROSE else written(value)


def _wrapped(text: str, indent: int) -> list[str]:
    """Running text as lines whose ends are its spaces."""
    return textwrap.wrap(text, max(FOLDED - indent, 40), break_long_words=False, break_on_hyphens=False)


def written(value: Any) -> str:
    """Any value of a storyboard on one line, as an author would write it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(str(name))}: {written(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(inner) for inner in value) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, str):
        return value if needs_no_quotes(value) else quoted(value)
    return str(value)
