"""A YAML text as it is written: every block, list, value and comment, with its place in the text.

`source` tells what a storyboard says; this is for what changes its text, and must not lose a word of it. Comments
belong to things: those above an entry, the one on its line, those at the end of a block.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from storyboard.errors import Refused
from storyboard.spec.decoding import decode
from storyboard.spec.events import LOADER
from storyboard.spec.source import Document

MAX_NODES = 100_000
"""Names and values of a text whose written form is looked at: each takes two kilobytes."""

_COMMENT = re.compile("#[^\n\x85\u2028\u2029]*")
_BLOCK = re.compile(r"(?:[&!]\S*\s+)*[|>][-+0-9]*")
"""How a text of several lines begins, before its own first line."""


@dataclass(slots=True)
class Node:
    """A value as it is written. `start` and `end` are offsets into the text, anchor and tag included."""

    kind: Literal["map", "list", "text", "alias"]
    start: int
    end: int
    event: Any
    owner: Entry | None = None
    raw: str = ""
    """How a text or an alias is written, to the last character."""
    flow: bool = False
    indent: int = 0
    """The column of a block's names, or of a list's dashes."""
    entries: list[Entry] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    """Comments below the last entry that belong to the block."""

    @property
    def empty(self) -> bool:
        """Whether nothing at all is written here."""
        return self.start == self.end


@dataclass(slots=True)
class Entry:
    """One field of a block, or one entry of a list, with the comments that are about it."""

    parent: Node
    start: int
    """Where its name stands, or its dash; in brackets, where its value does."""
    key: Node | None
    value: Node
    before: list[str] = field(default_factory=list)
    """The comments above it; an empty text for a blank line."""
    behind: str = ""
    """The comment on its line, and `at`: how far that stood from the column of its name or dash."""
    at: int = 0

    def comments(self) -> bool:
        """Whether a comment is in it or about it."""
        if self.behind or any(self.before) or any(self.value.after):
            return True
        return any(entry.comments() for entry in self.value.entries)


@dataclass(frozen=True, slots=True)
class _Stop:
    """A place in the text at which one knows what a comment behind it is about."""

    offset: int
    kind: Literal["start", "key", "open", "end"]
    entry: Entry
    inside: Node | None
    """The brackets that are open after it."""


class Syntax:
    """The written form of one document. `root` is None for a text without a value."""

    def __init__(self, text: str) -> None:
        """Read a text that PyYAML can read, its line ends being line feeds; `yaml.YAMLError` for one that it cannot."""
        self.text = text
        self._loader = LOADER(text)
        self._solid: list[tuple[int, int]] = []
        """Where values are written: a # in there is no comment."""
        self._stops: list[_Stop] = []
        self._open: list[Node] = []
        self.root: Node | None = None
        self._next()
        if not isinstance(self._next(), yaml.StreamEndEvent):
            self.root = self._node(self._next(), None)
        self.comments = list(self._comments())
        """Every comment: its offset and its words."""
        if self.root:
            self._attach()

    def _next(self) -> Any:
        return self._loader.get_event()

    def _stop(self, offset: int, kind: Literal["start", "key", "open", "end"], entry: Entry | None) -> None:
        if entry:
            self._stops.append(_Stop(offset, kind, entry, self._open[-1] if self._open else None))

    def _node(self, event: Any, owner: Entry | None) -> Node:
        start, end = _span(event)
        if isinstance(event, yaml.AliasEvent):
            return self._leaf(Node("alias", start, end, event, owner))
        if isinstance(event, yaml.ScalarEvent):
            return self._leaf(Node("text", start, end, event, owner))
        kind: Literal["map", "list"] = "map" if isinstance(event, yaml.MappingStartEvent) else "list"
        node = Node(kind, start, end, event, owner, flow=bool(event.flow_style))
        if node.flow:
            self._open.append(node)
            self._stop(end, "open", owner)
        last = start if kind == "list" else end
        while not isinstance(inner := self._next(), yaml.CollectionEndEvent):
            last = self._entry(node, inner, last)
        node.end = _span(inner)[1] if node.flow else last
        if node.flow:
            self._open.pop()
            self._stop(node.end, "end", owner)
        return node

    def _leaf(self, node: Node) -> Node:
        raw = self.text[node.start : node.end]
        if getattr(node.event, "style", "") in ("|", ">") and (header := _BLOCK.match(raw)):
            if "+" not in header[0]:
                written = len(raw.rstrip("\n "))
                raw = raw[:written] + raw[written:].partition("\n")[0] if node.event.value.strip("\n") else header[0]
            node.end = node.start + len(raw)
            begins = node.start + header.end()
            line = self.text.find("\n", begins)
            self._solid.append((node.start, begins))
            self._stop(begins, "open", node.owner)
            if 0 <= line < node.end:
                self._solid.append((line, node.end))
        elif not node.empty:
            self._solid.append((node.start, node.end))
        node.raw = self.text[node.start : node.end]
        if not node.empty and node.owner and node.owner.key is not node:
            self._stop(node.end, "end", node.owner)
        return node

    def _entry(self, node: Node, event: Any, last: int) -> int:
        """Read an entry of a block or a list; where it ends."""
        entry = Entry(node, event.start_mark.index, None, node)
        if node.kind == "list":
            if not node.flow:
                entry.start = self._dash(last, entry.start)
            self._begin(node, entry)
            if _is_empty(event):
                self._stop(entry.start + 1, "end", entry)
            entry.value = self._node(event, entry)
            return entry.start + 1 if entry.value.empty else entry.value.end
        self._begin(node, entry)
        entry.key = self._node(event, None)
        event = self._next()
        self._stop(entry.key.end, "end" if _is_empty(event) else "key", entry)
        entry.value = self._node(event, entry)
        return entry.key.end + 1 if entry.value.empty else entry.value.end

    def _begin(self, node: Node, entry: Entry) -> None:
        if not node.entries:
            node.indent = entry.start - self.line_start(entry.start)
        node.entries.append(entry)
        self._stop(entry.start, "start", entry)

    def _dash(self, last: int, before: int) -> int:
        """Where the dash of an entry stands, between the end of what is before it and its value."""
        gap = _COMMENT.sub(lambda found: " " * len(found[0]), self.text[last:before])
        return last + gap.rfind("-")

    def line_start(self, offset: int) -> int:
        """The offset at which a line begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def _comments(self) -> Iterator[tuple[int, str]]:
        position = 0
        for start, end in [*self._solid, (len(self.text), len(self.text))]:
            for found in _COMMENT.finditer(self.text, position, start):
                yield found.start(), found[0].rstrip()
            position = end

    def _blanks(self) -> Iterator[tuple[int, str]]:
        """Where blank lines are, outside of texts."""
        starts = [start for start, _ in self._solid]
        for found in re.finditer(r"^[ \t]*\n", self.text, re.MULTILINE):
            around = bisect_right(starts, found.start()) - 1
            if around < 0 or self._solid[around][1] <= found.start():
                yield found.start(), ""

    def _attach(self) -> None:
        """Give every comment and every blank line to what it is about."""
        offsets = [stop.offset for stop in self._stops]
        begins = [index for index, stop in enumerate(self._stops) if stop.kind == "start"]
        waiting: dict[int, list[tuple[int, str]]] = {}
        for offset, words in sorted([*self.comments, *self._blanks()]):
            waiting.setdefault(bisect_right(offsets, offset), []).append((offset, words))
        for index, found in waiting.items():
            stop = self._stops[index - 1] if index else None
            first = found[0]
            line = self.line_start(first[0])
            if first[1] and stop and self.text[line : first[0]].strip():
                self._behind(stop, first[1], first[0] - line)
                found = found[1:]  # noqa: PLW2901 - the rest stands on lines of its own
            after = bisect_left(begins, index)
            coming = self._stops[begins[after]].entry if after < len(begins) else None
            if stop is None:
                (coming.before if coming else self._last_words()).extend(words for _, words in found)
            elif stop.inside:
                self._in_brackets(stop, stop.inside, coming, found)
            else:
                self._between(stop, coming, found)

    def _behind(self, stop: _Stop, words: str, column: int) -> None:
        """A comment on the line of what is before it."""
        entry = stop.entry
        collection = entry.value.kind in ("map", "list")
        if stop.kind == "start" or (stop.kind == "key" and not collection):
            entry.before.append(words)
        elif not entry.behind:
            entry.behind, entry.at = words, column - entry.start + self.line_start(entry.start)
        elif collection:
            entry.value.after.append(words)
        else:
            entry.before.append(words)

    def _in_brackets(self, stop: _Stop, inside: Node, coming: Entry | None, found: list[tuple[int, str]]) -> None:
        """Comments on lines of their own, within { } or [ ]."""
        words = [words for _, words in found if words]
        if stop.kind == "key":
            stop.entry.before += words
        elif coming and coming.parent is inside:
            coming.before += words
        else:
            inside.after += words

    def _between(self, stop: _Stop, coming: Entry | None, found: list[tuple[int, str]]) -> None:
        """Comments on lines of their own, between two entries of blocks; their column says what they are about."""
        if stop.kind == "start" or (stop.kind in ("key", "open") and stop.entry.value.kind not in ("map", "list")):
            stop.entry.before += [words for _, words in found if words]
            return
        closing = list(self._closing(stop.entry, coming)) if stop.kind == "end" else []
        blank: list[str] = []
        for offset, words in found:
            if not words:
                blank = [""]
                continue
            column = offset - self.line_start(offset)
            while closing and closing[0].indent > column:
                closing.pop(0)
            target = closing[0].after if closing else coming.before if coming else self._last_words()
            target += [*blank, words]
            blank = []
        if coming:
            coming.before += blank

    def _closing(self, entry: Entry, coming: Entry | None) -> Iterator[Node]:
        """The blocks that end before the next entry, from the innermost."""
        node: Node | None = entry.parent
        while node and (coming is None or node is not coming.parent):
            around = node.owner.parent if node.owner else None
            beside = around and around.indent == node.indent  # a list whose dashes stand below its name
            if not node.flow and not beside and (coming is None or node.indent > coming.parent.indent):
                yield node
            node = around

    def _last_words(self) -> list[str]:
        return self.root.after if self.root else []


def syntax_of(file: str, document: Document, data: bytes) -> Syntax:
    """The written form of a file that was read; `Refused` for one that no person has written."""
    if document.nodes > MAX_NODES:
        hint = "a film of a thousand shots has a third of that: `include:` brings in several files"
        raise Refused(f"`{file}` has {document.nodes:,} names and values, too many to change its text", hint=hint)
    return Syntax(decode(data))


def _span(event: Any) -> tuple[int, int]:
    """Where an event begins and ends, as offsets."""
    return event.start_mark.index, event.end_mark.index


def _is_empty(event: Any) -> bool:
    start, end = _span(event)
    return isinstance(event, yaml.ScalarEvent) and start == end
