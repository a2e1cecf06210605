"""YAML text to plain values, with a place for every one of them.

One pass over PyYAML's node graph. It builds no objects, counts what it expands, and refuses what YAML would silently
turn into something else, so that what an author reads is what the film means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from storyboard.errors import Problem, Where

MAX_BYTES = 8 * 1024 * 1024
MAX_NODES = 500_000
MAX_DEPTH = 40

Path = tuple[str | int, ...]
"""Where a value stands in its document: `("shots", 3, "duration")`."""

PROSE = frozenset({"prompt", "negative", "text", "title", "note"})
"""Fields of running text, where a ` #` is a lost half-sentence and not a comment."""

_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+", re.ASCII)
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?", re.ASCII)
_WORD_BOOLEANS = {"yes", "no", "on", "off"}
_CONFLICT = re.compile(r"^(<{7} |={7}$|>{7} )", re.MULTILINE)


@dataclass(slots=True)
class Document:
    """A parsed file: its plain value, the place of every value and key, and what is wrong with it."""

    file: str
    value: Any = None
    places: dict[Path, Where] = field(default_factory=dict)
    keys: dict[Path, Where] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> Where:
        """Where the value at `path` stands, or the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Where(self.file, 1, 1))


class _Stop(Exception):
    """The document is beyond its budget: nothing more of it is read."""


def read(file: str, data: bytes, *, included_from: str = "") -> Document:
    """The document in `data`. Its `problems` hold everything that YAML itself gets wrong; then `value` may be None."""
    document = Document(file)
    reader = _Reader(document, included_from)
    try:
        text = _text(data)
    except ValueError as error:
        reader.problem(1, 1, (), "encoding", str(error))
        return document
    if match := _CONFLICT.search(text):
        line = text.count("\n", 0, match.start()) + 1
        reader.problem(
            line,
            1,
            (),
            "merge-conflict",
            "this is a merge conflict that git left here",
            "edit the file so that it says what the film should be, and remove the marker lines",
        )
        return document
    reader.lines = text.split("\n")
    try:
        node = yaml.compose(text, Loader=_LOADER)
        if node is None:
            reader.problem(1, 1, (), "empty", "the file is empty", "run `storyboard init` for one that renders")
        else:
            document.value = reader.build(node, ())
    except yaml.MarkedYAMLError as error:
        _explain(reader, error)
    except (yaml.YAMLError, RecursionError) as error:
        reader.problem(1, 1, (), "yaml", f"this is not YAML: {str(error).splitlines()[0]}")
    except _Stop:
        document.value = None
    return document


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise ValueError(f"the file has {len(data):,} bytes; a storyboard has at most {MAX_BYTES:,}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not UTF-8 text; save the file as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _Reader:
    def __init__(self, document: Document, included_from: str) -> None:
        self.document = document
        self.included_from = included_from
        self.lines: list[str] = []
        self.nodes = 0
        self.open: set[int] = set()

    def problem(self, line: int, column: int, path: Path, code: str, message: str, hint: str = "") -> None:
        where = Where(self.document.file, line, column, self.included_from)
        self.document.problems.append(Problem(where, show(path), code, message, hint))

    def at(self, node: yaml.Node, path: Path, code: str, message: str, hint: str = "") -> None:
        mark = node.start_mark
        self.problem(mark.line + 1, mark.column + 1, path, code, message, hint)

    def where(self, node: yaml.Node) -> Where:
        mark = node.start_mark
        return Where(self.document.file, mark.line + 1, mark.column + 1, self.included_from)

    def build(self, node: yaml.Node, path: Path) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.at(node, path, "too-large", f"the storyboard has more than {MAX_NODES:,} values, aliases expanded")
            raise _Stop
        if len(path) > MAX_DEPTH:
            self.at(node, path, "too-deep", f"values are nested more than {MAX_DEPTH} deep")
            raise _Stop
        self.document.places[path] = self.where(node)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        if id(node) in self.open:
            self.at(node, path, "recursive", "this alias contains itself")
            raise _Stop
        if node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
            self.at(node, path, "tag", f"the tag {_short(node.tag)} has no meaning in a storyboard", "remove it")
            return None
        self.open.add(id(node))
        try:
            return self.mapping(node, path) if isinstance(node, yaml.MappingNode) else self.sequence(node, path)
        finally:
            self.open.discard(id(node))

    def sequence(self, node: yaml.Node, path: Path) -> list[Any]:
        return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.key(key_node, path)
            if key is None:
                continue
            here = (*path, key)
            if key in result:
                first = self.document.keys[here]
                self.at(
                    key_node,
                    here,
                    "duplicate-key",
                    f"`{key}` stands twice; the first is on line {first.line}",
                    "keep one of the two",
                )
                continue
            self.document.keys[here] = self.where(key_node)
            result[key] = self.build(value_node, here)
        return result

    def key(self, node: yaml.Node, path: Path) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == f"{_TAG}merge":
            self.at(node, path, "merge-key", "`<<` is not read", "use `defaults:`, or write the fields out")
            return None
        if isinstance(node, yaml.ScalarNode) and node.tag == f"{_TAG}str":
            return str(node.value)
        if isinstance(node, yaml.ScalarNode):
            kind = node.tag.removeprefix(_TAG)
            self.at(
                node,
                path,
                "key",
                f"YAML reads the name `{node.value}` as {_article(kind)}",
                f'put it in quotes: "{node.value}"',
            )
        else:
            self.at(
                node,
                path,
                "key",
                "a name here must be a plain word",
                'text with {{ }} needs quotes: "{{ name }} …"' if self.braces(node) else "",
            )
        return None

    def scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        text, kind = str(node.value), node.tag.removeprefix(_TAG)
        quoted = f'put it in quotes: "{text}"'
        if kind in ("str", "timestamp"):
            self.swallowed(node, path)
            return text
        if kind == "null":
            return None
        if kind == "bool":
            if text.lower() in _WORD_BOOLEANS:
                self.at(
                    node,
                    path,
                    "yaml-boolean",
                    f"YAML reads `{text}` as {_boolean(text)}",
                    f"{quoted}, or write {_boolean(text)}",
                )
            return text.lower() in ("true", "yes", "on")
        if kind in ("int", "float"):
            return self.number(node, path, text, quoted)
        self.at(node, path, "tag", f"the tag {_short(node.tag)} has no meaning in a storyboard", "remove it")
        return None

    def number(self, node: yaml.ScalarNode, path: Path, text: str, quoted: str) -> Any:
        if _INT.fullmatch(text) and len(text) <= 18:
            return int(text)
        if _FLOAT.fullmatch(text) and len(text) <= 18:
            return float(text)
        if _SEXAGESIMAL.fullmatch(text):
            self.at(
                node,
                path,
                "yaml-sexagesimal",
                f"YAML reads `{text}` as a number to base 60",
                'for a time write seconds, as in 90s, or a timecode in quotes, as in "00:01:30:00"',
            )
        elif "." in text and not any(char.isdigit() for char in text):
            self.at(node, path, "not-finite", f"`{text}` is not a finite number")
        else:
            self.at(
                node,
                path,
                "yaml-number",
                f"YAML reads `{text}` in a way that is easily misread",
                f"write it in plain decimal digits, or {quoted}",
            )
        return None

    def swallowed(self, node: yaml.ScalarNode, path: Path) -> None:
        """A comment behind unquoted prose is half a sentence that nobody will see, and that changes what is bought."""
        if node.style or not path or path[-1] not in PROSE:
            return
        mark = node.end_mark
        rest = self.lines[mark.line][mark.column :] if mark.line < len(self.lines) else ""
        if re.match(r"\s+#", rest):
            self.problem(
                mark.line + 1,
                mark.column + 1 + rest.index("#"),
                path,
                "comment-in-text",
                f"this is a comment: `{path[-1]}` ends before it",
                "put the whole text in quotes, or move the comment to a line of its own",
            )

    def braces(self, node: yaml.Node) -> bool:
        mark = node.start_mark
        return mark.line < len(self.lines) and "{{" in self.lines[mark.line]


def _explain(reader: _Reader, error: yaml.MarkedYAMLError) -> None:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    source = reader.lines[line - 1] if line <= len(reader.lines) else ""
    message = " ".join((error.problem or "it cannot be read").split())
    hint = ""
    if "\t" in source and ("token" in message or "tab" in message):
        message, hint = "a tab stands where YAML wants spaces", "indent with spaces"
    elif "mapping values are not allowed" in message:
        message, hint = "a second colon on this line", "put text that has a colon in quotes"
    elif "{{" in source:
        hint = 'text with {{ }} needs quotes: "{{ name }} …"'
    elif "undefined alias" in message:
        hint = "an anchor (&name) must stand above its alias (*name); text that begins with * needs quotes"
    reader.problem(line, column, (), "yaml", message, hint)


def show(path: Path) -> str:
    """`shots[3].duration`: a path for people."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every scalar below `value`, with its path."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from walk(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from walk(child, (*path, index))
    else:
        yield path, value


def _short(tag: str) -> str:
    return tag.replace(_TAG, "!!")


def _boolean(text: str) -> str:
    return "true" if text.lower() in ("yes", "on", "true") else "false"


def _article(kind: str) -> str:
    return {
        "int": "a number",
        "float": "a number",
        "bool": "true or false",
        "null": "nothing",
        "timestamp": "a date",
    }.get(kind, f"a {kind}")
