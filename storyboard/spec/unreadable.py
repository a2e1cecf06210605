"""What YAML's own refusals mean to an author: the place to look at, a plain sentence, and what to type."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

Explained = tuple[int, int, str, str]
"""Line and column from 1, message, hint."""

_NO_TEXT = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_UNQUOTED = re.compile(r"""[^"'#]*?\{\{""")
_COLOUR = re.compile(r"\{[^\"'#]*:\s+(#[0-9a-fA-F]{3,8})\b")
LOOKED_AT = 1_000
"""Columns of a line: a search for what opens a block takes their square."""
_BRACES = 'put it in quotes: "{{ name }} …"'
_LINED_UP = "give it the same indent as the fields or entries that it belongs to"

_SAYINGS = (
    ("mapping values are not allowed", "a second colon on this line", "put text that has a colon in quotes"),
    ("undefined alias", "this alias (*name) names no anchor", "text that begins with * needs quotes"),
    ("alphabetic or numeric", "text may not begin with * or & here", "put the whole text in quotes"),
    ("found another document", "a second document begins here", "a file is one storyboard: remove this line"),
    ("expected ',' or ']'", "a list in [ ] is not closed, or lacks a comma", "write it as in [0.5, 0.4]"),
    ("expected ',' or '}'", "a block in { } is not closed, or lacks a comma", "write it as in {at: 1s, for: 2s}"),
    ("expected '-' indicator", "this line stands beside a list, and is no entry of it", _LINED_UP),
    ("expected key", "this line does not line up with the ones above it", _LINED_UP),
    ("could not find expected ':'", "a colon is missing here", "write `name: value`"),
    ("unknown escape", "YAML does not know this backslash in double quotes", "write two: \\\\"),
)
"""Part of what PyYAML says, and what an author is told."""


def explain(lines: Sequence[str], error: yaml.MarkedYAMLError) -> Explained:
    """What is told of a text that YAML cannot read."""
    problem = " ".join((error.problem or "it cannot be read").split())
    context = error.context or ""
    mark = error.problem_mark or error.context_mark
    if "end of stream" in problem and "quoted scalar" in context and error.context_mark:
        opened = error.context_mark
        return opened.line + 1, opened.column + 1, "a quote is opened here and never closed", "close it"
    if problem.endswith(("',' or ']'", "',' or '}'")):
        mark = error.context_mark or mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    source = lines[line - 1] if line <= len(lines) else ""
    message, hint = _told(problem, source[column - 1 : column])
    if "\t" in source and ("token" in problem or "tab" in problem):
        column = source.index("\t") + 1
        message, hint = "a tab stands where YAML wants spaces", "indent with spaces"
    elif (match := _UNQUOTED.match(source)) and "colon" not in message:
        column, message, hint = match.end() - 1, "text with {{ }} stands here without quotes", _BRACES
    elif swallowed := _colour_before(lines, line):
        line, column = swallowed
        message, hint = "this is a comment: the colour is lost", 'put it in quotes, as in "#101418"'
    return line, column, message, hint


def _colour_before(lines: Sequence[str], line: int) -> tuple[int, int] | None:
    """An unquoted colour within the lines of a `{ }` block that was not closed: YAML takes the rest for a comment."""
    for number in range(min(line, len(lines)), max(0, line - 4), -1):
        if match := _COLOUR.search(lines[number - 1], 0, LOOKED_AT):
            return number, match.start(1) + 1
    return None


def explain_character(text: str) -> Explained:
    """What is told of a text that has a character which no YAML may have."""
    match = _NO_TEXT.search(text)
    before = text[: match.start()] if match else ""
    name = f": U+{ord(match[0]):04X}" if match else ""
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return line, column, f"a character stands here that no text has{name}", "delete it"


def _told(problem: str, character: str) -> tuple[str, str]:
    if "cannot start any token" in problem:
        return f"text may not begin with {character or 'this'}", "put the whole text in quotes"
    for part, message, hint in _SAYINGS:
        if part in problem:
            return message, hint
    return problem, ""
