"""What YAML's own refusals mean to an author: the place to look at, a plain sentence, and what to type."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

from storyboard.spec.events import MAX_ANCHORS, TOO_MANY_ANCHORS
from storyboard.spec.slips import SLIPS, Explained, Sight

_NO_TEXT = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINED_UP = "give it the same indent as the fields or entries that it belongs to"
_FIELDS = "a storyboard is written as `name: value`, one to a line"

_SAYINGS = (
    (
        TOO_MANY_ANCHORS,
        f"the file has more than {MAX_ANCHORS:,} anchors (&name)",
        "an anchor is for what is repeated: remove the others",
    ),
    ("mapping values are not allowed", "a second colon on this line", "put text that has a colon in quotes"),
    ("undefined alias", "this alias (*name) names no anchor", "text that begins with * needs quotes"),
    ("alphabetic or numeric", "text may not begin with * or & here", "put the whole text in quotes"),
    ("found another document", "a second document begins here", "a file is one storyboard: remove this line"),
    ("<document start>", "this line does not go with the ones above it", _FIELDS),
    ("expected ',' or ']'", "a list in [ ] is not closed, or lacks a comma", "write it as in [0.5, 0.4]"),
    ("expected ',' or '}'", "a block in { } is not closed, or lacks a comma", "write it as in {at: 1s, for: 2s}"),
    (
        "expected '-' indicator",
        "this line stands beside a list, and is no entry of it",
        "indent it like the fields of the entry above, or begin it with a dash",
    ),
    ("expected key", "this line does not line up with the ones above it", _LINED_UP),
    ("could not find expected ':'", "a colon is missing here", "write `name: value`"),
    ("unknown escape", "YAML does not know this backslash in double quotes", "write two: \\\\"),
)
"""Part of what PyYAML says, and what an author is told."""


def explain(lines: Sequence[str], error: yaml.MarkedYAMLError) -> Explained:
    """What is told of a text that YAML cannot read."""
    problem = " ".join((error.problem or "it cannot be read").split())
    context = error.context or ""
    opened = (error.context_mark.line + 1, error.context_mark.column + 1) if error.context_mark else None
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if "end of stream" in problem and "quoted scalar" in context and opened:
        return *opened, "a quote is opened here and never closed", "close it where its text ends"
    sight = Sight(lines, problem, line, column, opened)
    for look in SLIPS:
        if found := look(sight):
            return found
    if opened and problem.endswith(("',' or ']'", "',' or '}'")):
        line, column = opened
    return line, column, *_told(problem)


def explain_character(text: str) -> Explained:
    """What is told of a text that has a character which no YAML may have."""
    match = _NO_TEXT.search(text)
    before = text[: match.start()] if match else ""
    name = f": U+{ord(match[0]):04X}" if match else ""
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return line, column, f"a character stands here that no text has{name}", "delete it"


def _told(problem: str) -> tuple[str, str]:
    for part, message, hint in _SAYINGS:
        if part in problem:
            return message, hint
    return problem, ""
