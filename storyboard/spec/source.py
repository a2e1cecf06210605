"""YAML text to plain values, with a place for every one of them.

One pass over PyYAML's node graph. It builds no objects, counts what it expands, and refuses what YAML would silently
turn into something else, so that what an author reads is what the film means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from storyboard.errors import Problem, Where
from storyboard.spec.scalars import TAG, meaningless, read_scalar
from storyboard.spec.unreadable import explain, explain_character

MAX_BYTES = 8 * 1024 * 1024
MAX_NODES = 500_000
MAX_DEPTH = 40

TOO_DEEP = f"values are nested more than {MAX_DEPTH} deep"
DEEP_HINT = "a storyboard needs about ten; close the brackets that are open"

Path = tuple[str | int, ...]
"""Where a value stands in its document: `("shots", 3, "duration")`."""

PROSE = frozenset({"prompt", "negative", "text", "title", "note"})
"""Fields of running text, where a ` #` is a lost half-sentence and not a comment."""

_BREAK = re.compile("[\n\x85\u2028\u2029]")
"""What YAML counts as the end of a line."""
_CONFLICT = re.compile(r"^(<{7} |={7}$|>{7} )", re.MULTILINE)


@dataclass(slots=True)
class Document:
    """A parsed file: its plain value, the place of every value and key, and what is wrong with it."""

    file: str
    value: Any = None
    places: dict[Path, Where] = field(default_factory=dict)
    keys: dict[Path, Where] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    wrong: set[Path] = field(default_factory=set)
    """The paths that `problems` are about."""
    lines: list[str] = field(default_factory=list)

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
    document.lines = _BREAK.split(text)
    try:
        reader.measure(text)
        node = yaml.compose(text, Loader=_LOADER)
        if node is None:
            reader.problem(1, 1, (), "empty", "the file is empty", "run `storyboard init` for one that renders")
        else:
            document.value = reader.build(node, ())
    except yaml.MarkedYAMLError as error:
        line, column, message, hint = explain(document.lines, error)
        reader.problem(line, column, (), "yaml", message, hint)
    except yaml.reader.ReaderError:
        line, column, message, hint = explain_character(text)
        reader.problem(line, column, (), "yaml", message, hint)
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
        self.nodes = 0
        self.open: set[int] = set()

    def problem(self, line: int, column: int, path: Path, code: str, message: str, hint: str = "") -> None:
        where = Where(self.document.file, line, column, self.included_from)
        self.document.problems.append(Problem(where, show(path), code, message, hint))
        self.document.wrong.add(path)

    def at(self, node: yaml.Node, path: Path, code: str, message: str, hint: str = "") -> None:
        mark = node.start_mark
        self.problem(mark.line + 1, mark.column + 1, path, code, message, hint)

    def where(self, node: yaml.Node) -> Where:
        mark = node.start_mark
        return Where(self.document.file, mark.line + 1, mark.column + 1, self.included_from)

    def measure(self, text: str) -> None:
        """Stop at what is nested too deep before the whole is composed: a parser's own recursion has no budget."""
        depth = 0
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > MAX_DEPTH:
                mark: Any = event.start_mark
                self.problem(mark.line + 1, mark.column + 1, (), "too-deep", TOO_DEEP, DEEP_HINT)
                raise _Stop

    def build(self, node: yaml.Node, path: Path) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            message = f"the storyboard has more than {MAX_NODES:,} values, aliases expanded"
            self.at(node, path, "too-large", message, "write less here; an alias (*name) repeats all that it names")
            raise _Stop
        if len(path) > MAX_DEPTH:
            self.at(node, path[:3], "too-deep", TOO_DEEP, DEEP_HINT)
            raise _Stop
        self.document.places[path] = self.where(node)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        if id(node) in self.open:
            self.at(
                node,
                path,
                "recursive",
                "what this anchor (&name) stands for contains itself",
                "write out what it should repeat",
            )
            raise _Stop
        if node.tag not in (f"{TAG}map", f"{TAG}seq"):
            self.at(node, path, *meaningless(node.tag))
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
        if isinstance(node, yaml.ScalarNode) and node.tag == f"{TAG}merge":
            self.at(node, path, "merge-key", "`<<` is not read", "use `defaults:`, or write the fields out")
            return None
        if isinstance(node, yaml.ScalarNode) and node.tag == f"{TAG}str":
            return str(node.value)
        if isinstance(node, yaml.ScalarNode):
            kind = node.tag.removeprefix(TAG)
            self.at(
                node,
                path,
                "key",
                f"YAML reads the name `{node.value}` as {_article(kind)}",
                f'put it in quotes: "{node.value}"',
            )
        else:
            braces = self.braces(node)
            self.at(
                node,
                path,
                "key",
                "text with {{ }} stands here without quotes" if braces else "a name here must be a plain word",
                'put it in quotes: "{{ name }} …"' if braces else "",
            )
        return None

    def scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        field = path[-1] if path else ""
        value, finding = read_scalar(node, f"outputs.{field}" if path[:1] == ("outputs",) else field)
        if finding:
            self.at(node, path, *finding)
        elif isinstance(value, str):
            self.swallowed(node, path)
        return value

    def swallowed(self, node: yaml.ScalarNode, path: Path) -> None:
        """A comment behind unquoted prose is half a sentence that nobody will see, and that changes what is bought."""
        if node.style or not path or path[-1] not in PROSE:
            return
        mark = node.end_mark
        rest = self.document.lines[mark.line][mark.column :] if mark.line < len(self.document.lines) else ""
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
        return mark.line < len(self.document.lines) and "{{" in self.document.lines[mark.line]


def show(path: Path) -> str:
    """`shots[3].duration`: a path for people."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _article(kind: str) -> str:
    return {
        "int": "a number",
        "float": "a number",
        "bool": "true or false",
        "null": "nothing",
        "timestamp": "a date",
    }.get(kind, f"a {kind}")
