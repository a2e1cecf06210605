"""A storyboard's text in one form: what it says, and every comment, stays."""

from __future__ import annotations

import json
import re

from storyboard.errors import InvalidStoryboard, Problem, Refused
from storyboard.spec.places import Path
from storyboard.spec.quoting import STEP, WIDTH, fits_brackets, one_line, quoted, several_lines, written
from storyboard.spec.source import PROSE, read
from storyboard.spec.syntax import Entry, Node, Syntax, syntax_of

FIELDS = (
    "id", "number", "foreach",
    "first", "last", "references", "footage", "card", "motion", "elements", "voices",
    "prompt", "multi_shot", "negative", "characters", "look",
    "model", "duration", "mode", "audio", "seed", "options", "gateway",
    "in", "out", "length", "speed", "reverse", "freeze", "flip", "scale", "fit", "focus", "transition",
    "captions", "titles", "overlays", "narration", "sound",
)  # fmt: skip
"""What a shot is, what it is made from, what is asked for, its cut, its words, its sound; then what no list names."""
LAST = ("approved", "pin", "note")
"""What people say about a shot."""
_RANK = {name: rank for rank, name in enumerate((*FIELDS, "", *LAST))}

SHORT = frozenset(
    {"first", "last", "transition", "open", "close", "freeze", "footage", "poster", "focus", "provenance"}
)
"""Fields whose blocks go on one line where they fit."""
SHORT_ENTRIES = frozenset({"captions", "titles", "overlays", "tracks"})
"""Lists whose entries do."""

FARTHEST = 80
"""The last column at which a comment is kept below the one above it."""

_ODD_BREAK = re.compile("[\x85\u2028\u2029]")


def tidy(file: str, data: bytes) -> bytes:
    """The storyboard in `data`, in the one form: the same bytes where it has that already.

    Every line ends as the first one does. `InvalidStoryboard` for what is not a sound YAML file, `Refused` for one that
    is written in a way which this cannot put in order without losing something, or is far too long.
    """
    before = read(file, data)
    if before.problems:
        raise InvalidStoryboard(before.problems)
    if not isinstance(before.value, dict):
        hint = "begin the file with `storyboard: 1`"
        raise InvalidStoryboard([Problem(before.place(()), "", "type", "a storyboard is a block of fields", hint)])
    syntax = syntax_of(file, before, data)
    text = done = syntax.text
    if syntax.root:
        _clear_prose(syntax.root)
        done = "\n".join(_block(syntax.root, 0, ())) + "\n"
    after = read(file, done.encode())
    same = not after.problems and _exactly(after.value) == _exactly(before.value)
    if _ODD_BREAK.search(text) or not same or _words(Syntax(done)) != _words(syntax):
        hint = "write it more plainly, without `? ` before names or numbers behind | and >, then try again"
        raise Refused(f"`{file}` is written in a way that cannot be put in order without losing something", hint=hint)
    crlf = data.partition(b"\n")[0].endswith(b"\r")
    return (done.replace("\n", "\r\n") if crlf else done).encode()


def _exactly(value: object) -> str:
    """A value as a text that tells 1 from 1.0 and from true, and does not mind the order of fields."""
    return json.dumps(value, sort_keys=True)


def _words(syntax: Syntax) -> list[str]:
    return sorted(words for _, words in syntax.comments)


def _clear_prose(node: Node) -> None:
    """Put comments behind unquoted running text above it: outside of brackets they would be refused as half of it."""
    for entry in node.entries:
        _clear_prose(entry.value)
        if entry.behind and _name(entry, 0) in PROSE and entry.value.kind == "text" and not entry.value.event.style:
            entry.before.append(entry.behind)
            entry.behind = ""


def _block(node: Node, indent: int, path: Path) -> list[str]:
    """A block or a list, each entry on lines of its own."""
    lines: list[str] = []
    for index, entry in enumerate(_in_order(node, path)):
        here = (*path, _name(entry, index))
        above = _single_blanks([*entry.before, *_lifted(entry, indent, here)])
        lines += _indented(above if lines or not above or above[0] else above[1:], indent)
        lines += _entry(entry, indent, here)
    below = _single_blanks(node.after)
    if not lines:
        lines, below = [" " * indent + ("{}" if node.kind == "map" else "[]")], [words for words in below if words]
    return lines + _indented(below, indent)


def _indented(words: list[str], indent: int) -> list[str]:
    return [" " * indent + one if one else "" for one in words]


def _single_blanks(lines: list[str]) -> list[str]:
    """The lines, with at most one blank one in a row."""
    return [line for index, line in enumerate(lines) if line or not index or lines[index - 1]]


def _entry(entry: Entry, indent: int, path: Path) -> list[str]:
    """One field, or one entry of a list."""
    value = entry.value
    head = " " * indent + (f"{_key(entry.key)}:" if entry.key else "-")
    line = _inline(value, path, len(head) + 1)
    if line is not None:
        return [_beside(f"{head} {line}".rstrip(" "), entry, indent)]
    if value.kind == "text":
        first, *rest = several_lines(value, indent + STEP)
        if rest and value.event.style in (None, "'", '"') and not first.endswith(">-"):
            return [f"{head} {first}", *rest[:-1], _beside(rest[-1], entry, indent)]
        return [_beside(f"{head} {first}", entry, indent), *rest]
    if value.event.anchor:
        head += f" &{value.event.anchor}"
    inner = _block(value, indent + STEP, path)
    if entry.key or value.event.anchor:
        return [_beside(head, entry, indent) if entry.key else head, *inner]
    return [f"{head} {inner[0].lstrip(' ')}", *inner[1:]]


def _beside(line: str, entry: Entry, indent: int) -> str:
    """A line with its comment where that stood, seen from its name; two spaces behind it where that was far away."""
    column = indent + entry.at
    return line.ljust(max(len(line) + 2, column if column <= FARTHEST else 0)) + entry.behind if entry.behind else line


def _name(entry: Entry, index: int) -> str | int:
    return str(entry.key.event.value) if entry.key else index


def _key(key: Node) -> str:
    return one_line(key, "") or quoted(key.event.value)


def _in_order(node: Node, path: Path) -> list[Entry]:
    """A block's fields: those of a shot in the order of `FIELDS`."""
    if node.kind == "list" or not is_shot(path) or _has_names(node):
        return node.entries
    return sorted(node.entries, key=lambda entry: rank(str(_name(entry, 0))))


def is_shot(path: Path) -> bool:
    """Whether a shot stands at a path: of the film, of a scene, of a variant."""
    around = path[:-2] in ((), path[:2] if path[:1] in (("scenes",), ("variants",)) else ())
    return path[-2:-1] == ("shots",) and around


def rank(name: str) -> int:
    """Where a field stands among those of a shot."""
    return _RANK.get(name, _RANK[""])


def _has_names(node: Node) -> bool:
    """Whether an anchor or an alias stands in a block: they have an order of their own."""
    return bool(node.event.anchor) or any(_has_names(entry.value) for entry in node.entries)


def _lifted(entry: Entry, indent: int, path: Path) -> list[str]:
    """Comments for which there is no place between a dash and what follows it: they go above the dash."""
    value = entry.value
    if entry.key or value.kind not in ("map", "list") or _inline(value, path, indent + STEP) is not None:
        return []
    lifted = [entry.behind] if entry.behind else []
    entry.behind = ""
    if value.entries and not value.event.anchor:
        first = _in_order(value, path)[0]
        lifted += [words for words in first.before if words]
        first.before = []
        lifted += _lifted(first, indent + STEP, (*path, _name(first, 0)))
    return lifted


def _inline(node: Node, path: Path, column: int) -> str | None:
    """A value on one line that begins at a column; None where it takes several."""
    if node.kind not in ("map", "list"):
        return one_line(node, path[-1], column)
    short = path[-1] in SHORT or (len(path) > 1 and path[-2] in SHORT_ENTRIES)
    if not (node.flow or short) or any(node.after) or any(entry.comments() for entry in node.entries):
        return None
    line = _in_brackets(node, path)
    return line if line is not None and (column + len(line) <= WIDTH or not node.entries) else None


def _in_brackets(node: Node, path: Path) -> str | None:
    """A block or a list in { } or [ ]; None where something in it takes several lines."""
    parts = []
    for index, entry in enumerate(_in_order(node, path)):
        value, here = entry.value, (*path, _name(entry, index))
        if value.kind in ("map", "list"):
            text = _in_brackets(value, here)
        else:
            text = one_line(value, here[-1])
            if text is None and node.flow and not value.event.anchor:
                text = quoted(value.event.value) if here[-1] in PROSE else written(value.event.value)
            elif not node.flow and not fits_brackets(value):
                text = None
        if text is None:
            return None
        parts.append(f"{_key(entry.key)}: {text or 'null'}" if entry.key else text)
    anchor = f"&{node.event.anchor} " if node.event.anchor else ""
    return anchor + ("{" + ", ".join(parts) + "}" if node.kind == "map" else "[" + ", ".join(parts) + "]")
