"""YAML text to plain values, with a place for every one of them.

One pass over PyYAML's events. It builds no objects, counts what it expands, and refuses what YAML would silently turn
into something else, so that what an author reads is what the film means.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from storyboard.errors import Problem, Where
from storyboard.spec.decoding import Undecoded, decode
from storyboard.spec.events import TEXT, Recursive, events_of, tag_of
from storyboard.spec.examples import INHERITED
from storyboard.spec.places import Origin, Path, Place, Places, Spot, spot
from storyboard.spec.scalars import TAG, meaningless, read_as, read_scalar
from storyboard.spec.slips import about_blank, blank_in_name
from storyboard.spec.unreadable import explain, explain_character

MAX_NODES = 500_000
"""Names and values, aliases expanded: as YAML itself counts them."""
MAX_DEPTH = 40
MAX_NAME = 60
"""Characters of a name that a message or a path repeats."""
MAX_PROBLEMS = 500
"""More than anyone reads in one go: where there are more, the rest is not looked at."""

TOO_DEEP = f"values are nested more than {MAX_DEPTH} deep", "a storyboard needs about ten; close the open brackets"
COMMENT_HINT = "put the whole text in quotes, or move the comment to a line of its own"
RECURSIVE = "what this anchor (&name) stands for contains itself"

PROSE = frozenset({"prompt", "negative", "text", "title", "note"})
"""Fields of running text, where a ` #` is a lost half-sentence and not a comment."""

_PLAIN = (None, "!", f"{TAG}map", f"{TAG}seq")  # tags of blocks and lists
_BREAK = re.compile("[\n\x85\u2028\u2029]")
"""What YAML counts as the end of a line."""
_COMMENT = re.compile(r"\s+#")
_COMMENT_OF_TEXT = re.compile(r"\s+#[^\s#]")
"""A comment that stands in place of a text, and looks like one."""


@dataclass(slots=True)
class Document:
    """A parsed file: its plain value, the place of every value and name, and what is wrong with it."""

    file: str
    tree: Places
    value: Any = None
    problems: list[Problem] = field(default_factory=list)
    wrong: set[Path] = field(default_factory=set)
    """The paths that `problems` are about."""
    meant: dict[Where, set[str]] = field(default_factory=dict)
    """By the place of a block: the fields that its author meant to write, under wrong names or through `<<`."""
    lines: list[str] = field(default_factory=list)
    swollen: bool = False
    """Whether a list has many times the entries that it may have: then only that is told."""
    nodes: int = 0
    """How many names and values there are, aliases expanded, with those that were read before."""

    def place(self, path: Path) -> Where:
        """Where the value at `path` stands, or the nearest thing around it."""
        return self.tree.find(path)

    def name(self, path: Path) -> Where:
        """Where the name of the value at `path` stands; where it has none, the value or what is around it."""
        return self.tree.name(path)


class Enough(Exception):
    """A document is beyond its budget, or has more problems than anyone reads: nothing more of it is looked at."""


def read(file: str, data: bytes, *, included_from: str = "", before: int = 0, room: int = 1) -> Document:
    """The document in `data`. Its `problems` hold everything that YAML itself gets wrong; then `value` may be None.

    `before`: how many values of the storyboard were read already, from the file that includes it. `room`: it may be
    as large as so many storyboards.
    """
    origin = Origin(file, included_from)
    document = Document(file, Places(origin, spot(0, 0), {}))
    reader = _Reader(document, origin, before, MAX_NODES * room)
    try:
        text = decode(data, room)
    except Undecoded as error:
        reader.problem(*error.place, error.code, error.message, error.hint)
        return document
    document.lines = _BREAK.split(text)
    collecting = gc.isenabled()
    gc.disable()  # half a million new blocks and lists are looked through over and over, and none of them is garbage
    try:
        reader.read(text)
    except yaml.MarkedYAMLError as error:
        line, column, message, hint = explain(document.lines, error)
        reader.only(line, column, "yaml", message, hint)
    except yaml.reader.ReaderError:
        line, column, message, hint = explain_character(text)
        reader.only(line, column, "yaml", message, hint)
    except yaml.YAMLError as error:
        reader.only(1, 1, "yaml", f"this is not YAML: {str(error).splitlines()[0]}")
    except Enough:
        pass
    finally:
        if collecting:
            gc.enable()
    document.nodes = reader.nodes
    return document


class _Reader:
    """Reads one document. `path` is that of the value which is being read."""

    def __init__(self, document: Document, origin: Origin, nodes: int, most: int) -> None:
        self.document = document
        self.origin = origin
        self.path: list[str | int] = []
        self.torn = False
        """Whether fields stand in blocks that they do not belong to: then their values mean nothing."""
        self.nodes, self.most = nodes, most

    def problem(self, line: int, column: int, code: str, message: str, hint: str = "") -> None:
        path = tuple(self.path)
        where = Where(self.origin.file, line, column, self.origin.included_from)
        self.document.problems.append(Problem(where, show(path), code, message, hint))
        self.document.wrong.add(path)
        if len(self.document.problems) == MAX_PROBLEMS:
            self.document.problems = too_many(self.document.problems)
            raise Enough

    def only(self, line: int, column: int, code: str, message: str, hint: str = "") -> None:
        """A problem beside which nothing else is worth telling."""
        self.path.clear()
        self.document.problems.clear()
        self.document.wrong.clear()
        self.problem(line, column, code, message, hint)

    def at(self, event: Any, code: str, message: str, hint: str = "") -> None:
        self.problem(event.start_mark.line + 1, event.start_mark.column + 1, code, message, hint)

    def read(self, text: str) -> None:
        """Put the value of a text, and its places, into the document."""
        events = events_of(text)
        self.next = events.__next__
        first = next(events, None)
        if first is None:
            self.only(1, 1, "empty", "the file is empty", "run `storyboard init` for one that renders")
            return
        try:
            value, place = self.build(first)
        except Recursive as error:
            self.at(error.event, "recursive", RECURSIVE, "write out what it should repeat")
            return
        next(events, None)  # a second document is one too many
        self.document.value = None if self.torn else value
        self.document.tree = place if isinstance(place, Places) else Places(self.origin, place, {})

    def count(self, event: Any) -> None:
        """One value or name more; Enough where that is one too many."""
        self.nodes += 1
        if self.nodes > self.most:
            message = f"the storyboard has more than {self.most:,} names and values, aliases expanded"
            self.at(event, "too-large", message, "write less here; an alias (*name) repeats all that it names")
            raise Enough

    def build(self, event: Any) -> tuple[Any, Spot | Places]:
        """The value that begins with an event, and its place."""
        self.count(event)
        place = spot(event.start_mark.line, event.start_mark.column)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event), place
        self.enter(event, len(self.path))
        if event.tag not in _PLAIN:
            self.at(event, *meaningless(event.tag))
            self.skip(event, len(self.path))
            return None, place
        return self.mapping(place) if isinstance(event, yaml.MappingStartEvent) else self.sequence(place)

    def sequence(self, place: Spot) -> tuple[list[Any], Places]:
        values: list[Any] = []
        places: list[Place] = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            self.path.append(len(values))
            value, inner = self.build(event)
            values.append(value)
            places.append(inner)
            self.path.pop()
        return values, Places(self.origin, place, places)

    def mapping(self, place: Spot) -> tuple[dict[str, Any], Places]:
        values: dict[str, Any] = {}
        places: dict[str | int, Place] = {}
        here = Places(self.origin, place, places)
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            self.count(event)
            key = self.key(event, self.origin.where(place))
            if key is None:
                self.skip(self.next(), len(self.path))
                continue
            self.path.append(key)
            if key in values:
                message = f"`{show((key,))}` stands twice; the first is on line {here.name((key,)).line}"
                self.at(event, "duplicate-key", message, "keep one of the two")
                self.skip(self.next(), len(self.path))
            else:
                here.names[key] = spot(event.start_mark.line, event.start_mark.column)
                values[key], places[key] = self.build(self.next())
            self.path.pop()
        return values, here

    def enter(self, event: Any, depth: int) -> None:
        """Stop at a block or list that is nested too deep."""
        if depth >= MAX_DEPTH:
            self.only(event.start_mark.line + 1, event.start_mark.column + 1, "too-deep", *TOO_DEEP)
            raise Enough

    def skip(self, event: Any, depth: int) -> None:
        """Pass over a value that is not read."""
        self.count(event)
        if isinstance(event, yaml.CollectionStartEvent):
            self.enter(event, depth)
            while not isinstance(inner := self.next(), yaml.CollectionEndEvent):
                self.skip(inner, depth + 1)

    def plain_key(self, event: Any) -> str | None:
        """A name; None, with a problem put down, when what looks like a space is a letter of it."""
        name, mark = str(event.value), event.start_mark
        if event.style or not (column := blank_in_name(name)):
            return name
        self.problem(mark.line + 1, mark.column + column, "yaml", *about_blank(name[column - 1]))
        self.torn = True
        return None

    def key(self, event: Any, here: Where) -> str | None:
        """The name that begins with an event; None, with a problem put down, when it is no word. `here`: its block."""
        scalar = isinstance(event, yaml.ScalarEvent)
        tag = tag_of(event) if scalar else ""
        if tag == TEXT:
            return self.plain_key(event)
        if tag == f"{TAG}merge":
            self.document.meant.setdefault(here, set()).update(INHERITED)
            self.at(event, "merge-key", "`<<` is not read", "use `defaults:`, or write the fields out")
        elif scalar:
            name = show((str(event.value),))
            self.at(event, "key", f"YAML reads the name `{name}` as {read_as(tag)}", f'put it in quotes: "{name}"')
        else:
            if "{{" in self.line(event.start_mark):
                hint = 'put it in quotes: "{{ name }} …"'
                self.at(event, "key", "text with {{ }} stands here without quotes", hint)
            else:
                self.at(event, "key", "a name here must be a plain word")
            self.skip(event, len(self.path))
        return None

    def scalar(self, event: Any) -> Any:
        name = self.path[-1] if self.path else ""
        value: Any = event.value
        if name in PROSE and not value and not event.style:
            self.swallowed(event, str(name), _COMMENT_OF_TEXT)
        if (tag := tag_of(event)) != TEXT:
            value, finding = read_scalar(value, tag, f"outputs.{name}" if self.path[:1] == ["outputs"] else name)
            if finding:
                self.at(event, *finding)
                return value
        if name in PROSE and not event.style and isinstance(value, str):
            self.swallowed(event, str(name), _COMMENT)
        return value

    def swallowed(self, event: Any, name: str, comment: re.Pattern[str]) -> None:
        """A comment behind unquoted prose is half a sentence that nobody will see, and that changes what is bought."""
        mark, line = event.end_mark, self.line(event.end_mark)
        if comment.match(line, mark.column):
            told = f"this is a comment: `{name}` ends before it", COMMENT_HINT
            self.problem(mark.line + 1, line.index("#", mark.column) + 1, "comment-in-text", *told)

    def line(self, mark: Any) -> str:
        return self.document.lines[mark.line] if mark.line < len(self.document.lines) else ""


def too_many(problems: Iterable[Problem]) -> list[Problem]:
    """The first problems of a document, sorted by place; of one that has more than anyone reads, a last one says so."""
    first = sorted(set(problems))[:MAX_PROBLEMS]
    if len(first) < MAX_PROBLEMS:
        return first
    message = f"{len(first):,} things are wrong up to here: the rest is not looked at"
    return [*first, Problem(first[-1].where, "", "too-many", message, "mend the first ones, and look again")]


def show(path: Path) -> str:
    """`shots[3].duration`: a path for people."""
    text = ""
    for part in path:
        name = f"[{part}]" if isinstance(part, int) else part if len(part) <= MAX_NAME else f"{part[:MAX_NAME]}…"
        text += f".{name}" if text and isinstance(part, str) else name
    return text
