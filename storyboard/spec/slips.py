"""What an author most likely typed wrong where YAML gives up: the place of the slip, and what to type instead.

YAML tells where it lost the thread, which is often a line after the slip, and in the words of its grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from storyboard.spec.events import LOADER

Explained = tuple[int, int, str, str]
"""Line and column from 1, message, hint."""

LOOKED_AT = 1_000
"""Columns of a line: a search for what opens a block takes their square."""
LOOKED_BACK = 100
"""Lines above a slip."""
LONGEST_SHOWN = 70
"""Characters of a value that a hint repeats."""
READ_AGAIN = 200_000
"""Characters of a text that are read once more, to see what stands before a slip."""

BLANKS = "\u00a0\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff"
"""Characters that look like a space, or like nothing, and are a letter to YAML."""
CURLY = "“”„‟«»‘’‚‛"

_BLANK = re.compile(rf"^[ \t]*(?:-[ \t]*|[\w-]+:)*([{BLANKS}])")
_BLANK_IN_NAME = re.compile(rf"(?:^-?|:)[{BLANKS}]|[{BLANKS}]$")
_COLOUR = re.compile(r"\{[^\"'#]*:\s+(#[0-9a-fA-F]{3,8})\b")
_BRACES = re.compile(r"""[^"'#]*?(\{[{%])""")
_NO_SPACE = re.compile(r"^\s*(?:- +)*([A-Za-z_]\w*):(?!//)([^\s:].*)$")
_NO_DASH_SPACE = re.compile(r"^\s*(-)([A-Za-z_]\w*:.*)$")
_EQUALS = re.compile(r"^\s*(?:- +)*([A-Za-z_]\w*) *(=) *(.*)$")
_FIELD = re.compile(r"(?:^|[{,])\s*(?:- +)*([\w-]+): +")
_BLOCK_TEXT = re.compile(r":\s+[|>][-+0-9]*\s*$")


@dataclass(frozen=True, slots=True)
class Sight:
    """Where YAML gave up, and what can be seen from there."""

    lines: Sequence[str]
    problem: str
    line: int
    column: int
    opened: tuple[int, int] | None
    """Where what it was reading began."""

    def source(self, line: int) -> str:
        """A line's beginning, by its number."""
        return self.lines[line - 1][:LOOKED_AT] if 0 < line <= len(self.lines) else ""

    @property
    def character(self) -> str:
        """The one it stumbled over."""
        return self.source(self.line)[self.column - 1 : self.column]

    def before(self, line: int) -> int:
        """The number of the nearest line above that says something; 0 for none."""
        for _ in range(min(line - 1, LOOKED_BACK)):
            line -= 1
            if self.source(line).strip() and not self.source(line).lstrip().startswith("#"):
                return line
        return 0


def quoted(name: str, text: str) -> str:
    """The hint that a field's text needs quotes, with that text in them where it is short."""
    text = text.strip().strip(CURLY)
    mark = '"' if '"' not in text else "'"
    if not text or len(text) > LONGEST_SHOWN or mark in text or "\\" in text:
        return "put the whole text in quotes"
    return f"put the whole text in quotes: {name}: {mark}{text}{mark}" if name else f"write {mark}{text}{mark}"


def _value(sight: Sight, line: int, column: int) -> tuple[str, str]:
    """The field that a column of a line is in, and its whole text."""
    source = sight.source(line)
    found = [match for match in _FIELD.finditer(source[: column + 1]) if match.end() <= column]
    if not found:
        return "", source[column - 1 :]
    text = source[found[-1].end() :]
    inside = "{" in source[: found[-1].end()]
    return found[-1][1], re.split(r"[,}]", text)[0] if inside else text


def blank(sight: Sight) -> Explained | None:
    """A no-break space, or one of its kin, where YAML wants a plain one."""
    for line in (sight.line, sight.line - 1, sight.opened[0] if sight.opened else 0):
        if match := _BLANK.match(sight.source(line)):
            return line, match.start(1) + 1, *about_blank(match[1])
    return None


def blank_in_name(name: str) -> int:
    """The column, from 1, of a letter in a name that only looks like a space; 0 for none."""
    match = None if name.isascii() else _BLANK_IN_NAME.search(name)
    return match.end() if match else 0


def about_blank(character: str) -> tuple[str, str]:
    """What is told of a character that only looks like a space, and what to type."""
    kind = {"\u00a0": "a no-break space", "\u202f": "a no-break space", "\u3000": "a wide space"}.get(character)
    code = f"U+{ord(character):04X}"
    return f"{kind or 'an invisible character'} ({code}) stands where YAML wants a plain space", "type the space anew"


def tab(sight: Sight) -> Explained | None:
    """A tab in front of a field."""
    source = sight.source(sight.line)
    if "\t" in source and ("token" in sight.problem or "tab" in sight.problem):
        return sight.line, source.index("\t") + 1, "a tab stands where YAML wants spaces", "indent with spaces"
    return None


def braces(sight: Sight) -> Explained | None:
    """A template without quotes: to YAML it is a block."""
    match = _BRACES.match(sight.source(sight.line))
    if not match or "mapping values" in sight.problem:
        return None
    name, text = _value(sight, sight.line, match.start(1) + 1)
    shown = f'{name}: "{text.strip()}"'
    whole = name and '"' not in text and len(text) <= LONGEST_SHOWN and text.count("{{") == text.count("}}")
    hint = f"put it in quotes: {shown}" if whole else 'put it in quotes: "{{ name }} …"'
    pair = "{{ }}" if match[1] == "{{" else "{% %}"
    return sight.line, match.start(1) + 1, f"text with {pair} stands here without quotes", hint


def colour(sight: Sight) -> Explained | None:
    """An unquoted colour in a `{ }` block that was not closed: YAML takes the rest for a comment."""
    for number in range(min(sight.line, len(sight.lines)), max(0, sight.line - 4), -1):
        if match := _COLOUR.search(sight.source(number)):
            message, hint = "this is a comment: the colour is lost", f'put it in quotes, as in "{match[1]}"'
            return number, match.start(1) + 1, message, hint
    return None


def fence(sight: Sight) -> Explained | None:
    """What a chat or a web page puts around a storyboard."""
    if sight.character == "`" and sight.source(sight.line).startswith("```"):
        message = "this line belongs to the text that the storyboard was copied from"
        return sight.line, 1, message, "remove it, and the one with ``` at the end"
    return None


def spacing(sight: Sight) -> Explained | None:
    """A space that is missing behind a colon or a dash, or an equals sign for a colon: what YAML takes for text."""
    if "mapping values" not in sight.problem and "expected ':'" not in sight.problem:
        return None
    first = sight.opened[0] if sight.opened else sight.line
    for line in (first, sight.before(first)):
        source = sight.source(line)
        if match := _NO_SPACE.match(source):
            hint = f"write `{match[1]}: {_short(match[2])}`"
            return line, match.end(1) + 1, "a space is missing behind this colon", hint
        if match := _NO_DASH_SPACE.match(source):
            return line, match.start(1) + 1, "a space is missing behind this dash", f"write `- {_short(match[2])}`"
        if match := _EQUALS.match(source):
            hint = f"write `{match[1]}: {_short(match[3])}`"
            return line, match.start(2) + 1, "a field has a colon, and no =", hint
    return None


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= LONGEST_SHOWN else "…"


def colon(sight: Sight) -> Explained | None:
    """A colon in unquoted text, or a line that is indented below a field which has its value already."""
    if "mapping values" not in sight.problem and not ("',' or" in sight.problem and sight.character == ":"):
        return None
    source, here = sight.source(sight.line), sight.column - 1
    name, text = _value(sight, sight.line, here)
    if name and _FIELD.search(source[:here]):
        return sight.line, sight.column, "a second colon on this line", quoted(name, text)
    if "mapping values" not in sight.problem:
        return None
    above = sight.source(sight.before(sight.line))
    indent = len(source) - len(source.lstrip())
    if (match := _FIELD.search(above)) and above[match.end() :].strip() and source[indent:here].isidentifier():
        message = f"this line is indented below `{match[1]}`, which has its value already"
        return sight.line, indent + 1, message, f"give it the same indent as `{match[1]}`"
    return None


def line_of_text(sight: Sight) -> Explained | None:
    """A line that is neither a field nor the text of one."""
    if "expected ':'" not in sight.problem or not sight.opened:
        return None
    line, column = sight.opened
    above = sight.source(sight.before(line))
    if _BLOCK_TEXT.search(above):
        message = "this text must be indented deeper than the name that it belongs to"
        return line, column, message, "begin its lines with two spaces more"
    message = "this line has no colon, and is not indented as the text of the field above it"
    return line, column, message, "write `name: value`, or indent it by two spaces more"


def beginning(sight: Sight) -> Explained | None:
    """Text that begins with a sign which means something to YAML."""
    line, column = sight.line, sight.column
    if "alphabetic or numeric" in sight.problem and sight.opened:
        line, column = sight.opened
    elif not any(part in sight.problem for part in ("cannot start any", "mapping keys", "block sequence entries")):
        return None
    sign = sight.source(line)[column - 1 : column]
    name, text = _value(sight, line, column - 1)
    return line, column, f"text may not begin with {sign or 'this'}", quoted(name, text)


def block_text(sight: Sight) -> Explained | None:
    """Text on the line of its | or >."""
    if "comment or line break" not in sight.problem or not sight.opened:
        return None
    line, column = sight.opened
    sign = sight.source(line)[column - 1 : column]
    return line, column, f"text behind {sign} begins on the next line", f"move it there, indented, or remove the {sign}"


def behind(sight: Sight) -> Explained | None:
    """Words behind a closing quote or bracket, and quotes that are closed lines after their text."""
    if "expected key" not in sight.problem and "',' or" not in sight.problem:
        return None
    last = _last(sight)
    if last is None or (last[1].line, last[1].column) > (sight.line - 1, sight.column):
        return None
    start, end, kind = last
    source = sight.source(start.line + 1)
    if kind in "\"'" and start.line < end.line == sight.line - 1:
        message = f"a quote is opened here, and closed on line {end.line + 1}"
        return start.line + 1, start.column + 1, message, f"close it with {kind} where its text ends"
    between = sight.source(sight.line)[end.column : sight.column - 1]
    if end.line != sight.line - 1 or between.strip() or start.line != end.line:
        return None
    rest = sight.source(sight.line)[end.column :].strip()
    if kind in "]}" and rest == ",":
        return sight.line, sight.column, f"nothing stands behind the closing {kind}", "remove the comma"
    name, _ = _value(sight, sight.line, start.column)
    if kind in "]}":
        message = f"text may not begin with {source[start.column : start.column + 1]}"
        return sight.line, start.column + 1, message, quoted(name, source[start.column :])
    text = source[start.column :].strip()
    inner = text[1:-1] if text.endswith(kind) and kind not in text[1:-1].replace(kind, "", 1) else text
    return sight.line, sight.column, "the text goes on behind its closing quote", quoted(name, inner)


def _ends(event: Any) -> tuple[Any, Any]:
    return event.start_mark, event.end_mark


def _last(sight: Sight) -> tuple[Any, Any, str] | None:
    """The last quoted text, list or block that ended before YAML gave up: its two ends, and what closed it."""
    lines = sight.lines[: sight.line] if sight.line < READ_AGAIN else ()
    if not lines or sum(map(len, lines)) > READ_AGAIN:
        return None
    opened: list[Any] = []
    last = None
    told = LOADER("\n".join(lines)).get_event
    try:
        while not isinstance(event := told(), yaml.StreamEndEvent):
            begin, end = _ends(event)
            if isinstance(event, yaml.ScalarEvent) and event.style in ("'", '"'):
                last = begin, end, str(event.style)
            elif isinstance(event, yaml.CollectionStartEvent):
                opened.append(begin)
            elif isinstance(event, yaml.CollectionEndEvent):
                start = opened.pop()
                if begin.index != end.index:
                    last = start, end, "]" if isinstance(event, yaml.SequenceEndEvent) else "}"
    except yaml.YAMLError:
        pass
    return last


SLIPS: tuple[Callable[[Sight], Explained | None], ...] = (
    blank, tab, fence, spacing, colon, braces, behind, colour, line_of_text, block_text, beginning,
)  # fmt: skip
"""In the order in which they are looked for: the first one that is seen is told."""
