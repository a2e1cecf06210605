"""Where in a text an edit is made, and what stands there afterwards: as little as can be."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from storyboard.errors import Refused
from storyboard.spec.places import Path
from storyboard.spec.quoting import STEP, in_brackets, lines_of, written
from storyboard.spec.source import show
from storyboard.spec.syntax import Entry, Node, Syntax
from storyboard.spec.tidy import is_shot, rank


@dataclass(frozen=True, slots=True)
class Change:
    """New text for a part of the old one, by offsets."""

    start: int
    end: int
    text: str


def by_hand(what: str) -> Refused:
    """What is told of a file, or a field, that is written in a way which nothing here can change."""
    return Refused(f"`{what}` is written in a way that it cannot be changed in", hint="change it in an editor")


def changed(data: bytes, changes: Sequence[Change]) -> bytes:
    """The bytes of a file with some parts of its text replaced; its line ends stay, and new ones are like the first."""
    mark = "\ufeff" if data.startswith(b"\xef\xbb\xbf") else ""
    text = data.decode("utf-8-sig")
    pieces = text.split("\r\n")
    ends, offset = [], 0
    for piece in pieces[:-1]:
        offset += len(piece)
        ends.append(offset)
        offset += 1
    returns = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    done, position = [], 0
    for change in sorted(changes, key=lambda one: (one.start, one.end)):
        start, end = (at + bisect_left(ends, at) for at in (change.start, change.end))
        if start < position:
            raise by_hand("the file")
        done += [text[position:start], change.text.replace("\n", returns)]
        position = end
    return (mark + "".join([*done, text[position:]])).encode()


class Page:
    """A text that is being changed: what each edit changes in it."""

    def __init__(self, syntax: Syntax) -> None:
        self.syntax = syntax
        self.text = syntax.text
        self.gone: set[int] = set()
        """The offsets of comments that go with what they stand in."""

    def kept(self) -> list[str]:
        """The comments that must still be there."""
        return sorted(words for offset, words in self.syntax.comments if offset not in self.gone)

    def put(self, path: Path, value: Any) -> Change:
        """The change that lets a value be another one."""
        *around, name = path
        parent = self.node(tuple(around))
        if parent is None or (parent.kind == "text" and parent.event.value in ("", "~", "null")):
            return self.put(tuple(around), {name: value})
        entry = _find(parent, name)
        if entry:
            return self._replaced(entry, name, value)
        if parent.kind in ("text", "alias") or (parent.kind == "list" and name != len(parent.entries)):
            raise by_hand(show(path))
        return self._added(parent, path, value)

    def node(self, path: Path) -> Node | None:
        """What is written at a path; None where nothing is."""
        node = self.syntax.root
        for part in path:
            entry = _find(node, part) if node else None
            node = entry.value if entry else None
        return node

    def _replaced(self, entry: Entry, name: str | int, value: Any) -> Change:
        node, after = entry.value, (entry.key.end if entry.key else entry.start) + 1
        if entry.parent.flow:
            text = in_brackets(value, name)
            return Change(after, after, f" {text}") if node.empty else Change(node.start, node.end, text)
        indent = self._column(entry.start)
        lines = lines_of(value, name, indent + STEP, node.start - self.syntax.line_start(node.start))
        start, lead = (after, " ") if node.empty or "\n" in self.text[after : node.start] else (node.start, "")
        end = max(start, node.start + len(self.text[node.start : node.end].rstrip("\n")))
        behind = self._behind(entry)
        if behind and start <= behind and (behind < end or len(lines) > 1):
            begins = self._column(start) + len(lead)
            lines[0] = lines[0].ljust(max(len(lines[0]) + 2, self._column(behind) - begins)) + entry.behind
            end = max(end, behind + len(entry.behind))
        return Change(start, end, lead + "\n".join(lines))

    def _added(self, parent: Node, path: Path, value: Any) -> Change:
        name = path[-1]
        if parent.flow:
            text = in_brackets(value, name)
            text = text if parent.kind == "list" else f"{written(str(name))}: {text}"
            at = _end(parent.entries[-1]) if parent.entries else parent.end - 1
            return Change(at, at, f", {text}" if parent.entries else text)
        known = is_shot(path[:-1])
        earlier = [one for one in parent.entries if known and rank(_name(one)) <= rank(str(name))]
        at, pad = self._below(earlier[-1] if earlier else parent.entries[-1]), " " * parent.indent
        head = f"{pad}-" if parent.kind == "list" else f"{pad}{written(str(name))}:"
        first, *rest = lines_of(value, name, parent.indent + STEP, len(head) + 1)
        text = "\n".join([f"{head} {first}", *rest])
        return Change(at, at, f"{text}\n" if self.text[at - 1] == "\n" else f"\n{text}")

    def removed(self, path: Path) -> Change:
        """The change that takes a value away."""
        parent = self.node(path[:-1])
        entry = _find(parent, path[-1]) if parent else None
        if parent is None or entry is None:
            raise by_hand(show(path))
        index, end = parent.entries.index(entry), _end(entry)
        if len(parent.entries) == 1:
            if parent.owner is None:
                raise by_hand(show(path))
            self.gone |= {one for one, _ in self.syntax.comments if _head_end(parent.owner) <= one < parent.end}
            return self._replaced(parent.owner, _name(parent.owner), {} if parent.kind == "map" else [])
        below = end if parent.flow else self._below(entry)
        inside = {offset for offset, _ in self.syntax.comments if entry.start < offset < below}
        self.gone |= inside - {self._behind(entry)}
        if parent.flow:
            if index:
                return Change(_end(parent.entries[index - 1]), end, "")
            return Change(entry.start, parent.entries[1].start, "")
        line = self.syntax.line_start(entry.start)
        if self.text[line : entry.start].strip():  # behind a dash: what comes next takes its place
            return Change(entry.start, parent.entries[index + 1].start, "")
        return Change(line, below, self.text[line : entry.start] + f"{entry.behind}\n" if entry.behind else "")

    def reordered(self, path: Path, order: Sequence[int]) -> list[Change]:
        """The changes that put the entries of a list into another order."""
        slots = self._slots(path)
        return [
            Change(*slots[place], self.text[slice(*slots[index])])
            for place, index in enumerate(order)
            if place != index
        ]

    def moved(self, path: Path, into: Path, index: int) -> list[Change]:
        """The changes that let an entry of a list, with the comments above it, stand in another list."""
        *around, at = path
        here, there = self._listed(tuple(around)), self._listed(into)
        if here.flow or there.flow or len(here.entries) < 2:
            raise by_hand(show(path))
        start, end = self._slots(tuple(around))[int(at)]
        slots = self._slots(into)
        pad = there.indent - here.indent
        lines = [_indented(line, pad) for line in self.text[start:end].split("\n")]
        place = slots[index][0] if index < len(slots) else self._line_end(slots[-1][1] - 1)
        ended = not place or self.text[place - 1] == "\n"
        behind, parts = self._line_end(end), int(at) == len(here.entries) - 1 and self.text[start - 2 : start] != "\n\n"
        while not parts and behind < len(self.text) and not self.text[behind : self._line_end(behind)].strip():
            behind = self._line_end(behind)
        return [
            Change(start, behind, ""),
            Change(place, place, ("" if ended else "\n") + "\n".join(lines) + ("\n" if ended else "")),
        ]

    def hidden(self, path: Path) -> tuple[Change, list[str]]:
        """The change that makes a comment of an entry of a list, and the comments that come of it."""
        *around, at = path
        node = self._listed(tuple(around))
        entry = _find(node, at)
        if entry is None or node.flow:
            raise by_hand(show(path))
        start, end, pad = self.syntax.line_start(entry.start), self._below(entry), " " * node.indent
        if self.text[start : entry.start].strip():
            raise by_hand(show(path))
        self.gone |= {offset for offset, _ in self.syntax.comments if start <= offset < end}
        lines = self.text[start:end].split("\n")
        made = [f"# {line.removeprefix(pad)}".rstrip() if line.strip() else "" for line in lines]
        text = "\n".join(f"{pad}{line}" if line else "" for line in made)
        return Change(start, end, text), [line for line in made if line]

    def _listed(self, path: Path) -> Node:
        """The list at a path."""
        node = self.node(path)
        if node is None or node.kind != "list" or node.owner is None:
            raise by_hand(show(path))
        return node

    def _slots(self, path: Path) -> list[tuple[int, int]]:
        """Where each entry of a list is written, with the comments above it and without the blank lines."""
        node = self._listed(path)
        if node.flow or node.owner is None:
            return [(entry.start, _end(entry)) for entry in node.entries]
        if any(self.text[self.syntax.line_start(one.start) : one.start].strip() for one in node.entries):
            raise by_hand(show(path))
        starts = [self._line_end(_head_end(node.owner)), *(self._below(entry) for entry in node.entries)]
        return [self._without_blanks(start, end) for start, end in pairwise(starts)]

    def _without_blanks(self, start: int, end: int) -> tuple[int, int]:
        """A part of the text without blank lines around it, and without its last line's end."""
        text = self.text[start:end]
        lines = text.split("\n")
        first = next((index for index, line in enumerate(lines) if line.strip()), 0)
        return start + sum(len(line) + 1 for line in lines[:first]), start + len(text.rstrip("\n"))

    def _below(self, entry: Entry) -> int:
        """Where the line after an entry begins, and after the comments that belong to it."""
        end = _end(entry)
        found = end if self.text[end - 1] == "\n" else self._line_end(end)
        column, at = self._column(entry.start), found
        while at < len(self.text):
            line = self.text[at : self._line_end(at)]
            if line.strip() and not (line.lstrip().startswith("#") and len(line) - len(line.lstrip(" ")) > column):
                break
            at += len(line)
            found = at if line.strip() else found
        return found

    def _line_end(self, at: int) -> int:
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found + 1

    def _column(self, offset: int) -> int:
        return offset - self.syntax.line_start(offset)

    def _behind(self, entry: Entry) -> int | None:
        """Where the comment on an entry's line stands."""
        if not entry.behind:
            return None
        last = self._line_end(_end(entry))
        return next(at for at, words in self.syntax.comments if entry.start < at < last and words == entry.behind)


def _indented(line: str, pad: int) -> str:
    """A line so many columns further right; where that is negative, as far left as it can be."""
    blanks = len(line) - len(line.lstrip(" "))
    return " " * max(0, blanks + pad) + line.lstrip(" ") if line.strip() else line


def _find(node: Node | None, name: str | int) -> Entry | None:
    """The entry of a block or a list."""
    if node is None or node.kind == "list":
        entries = node.entries if node else []
        return entries[name] if isinstance(name, int) and 0 <= name < len(entries) else None
    return next((entry for entry in node.entries if _name(entry) == name), None)


def _name(entry: Entry) -> str:
    return str(entry.key.event.value) if entry.key else ""


def _head_end(entry: Entry) -> int:
    return entry.key.end if entry.key else entry.start + 1


def _end(entry: Entry) -> int:
    """Where what is written of an entry ends."""
    return _head_end(entry) + bool(entry.key) if entry.value.empty else entry.value.end
