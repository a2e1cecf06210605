"""Problems and errors for a page: what is wrong, with the lines of the source around it. Texts are made visible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from storyboard.errors import Problem, StoryboardError
from storyboard.report.paper import shown

AROUND = 2
"""Lines that are shown before and behind the one that is wrong."""
LONGEST = 400
"""Characters of a line or a sentence that are shown."""
MOST = 50
"""Problems that are shown."""
RAW = ("values", "name")
"""What a page sends back: never made visible."""
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


def problem_views(problems: Iterable[Problem], texts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Problems for a page, each with its source."""
    lines: dict[str, list[str]] = {}
    return [_view(one, texts, lines) for one in list(problems)[:MOST]]


def _view(problem: Problem, texts: Mapping[str, str], lines: dict[str, list[str]]) -> dict[str, Any]:
    where = problem.where
    if where.file not in lines:
        lines[where.file] = _BREAK.split(texts.get(where.file, "").removeprefix("\ufeff"))
    source, first = lines[where.file], max(1, where.line - AROUND)
    near = source[first - 1 : where.line + AROUND]
    found: dict[str, Any] = visible({
        "file": where.file, "line": where.line, "column": where.column, "included_from": where.included_from,
        "code": problem.code, "message": problem.message[:LONGEST], "hint": problem.hint[:LONGEST],
        "source": [{"number": first + index, "text": text[:LONGEST]} for index, text in enumerate(near)],
    })  # fmt: skip
    return found


def error_view(error: Exception) -> dict[str, str]:
    """An error for a page: a sentence, and what to do next."""
    hint = error.hint if isinstance(error, StoryboardError) else ""
    found: dict[str, str] = visible({"message": str(error)[:LONGEST], "hint": hint[:LONGEST]})
    return found


def visible(value: Any) -> Any:
    """Plain values whose texts show their control characters; what a page sends back stays as it is."""
    if isinstance(value, dict):
        return {name: inner if name in RAW else visible(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [visible(inner) for inner in value]
    return str(shown(value)) if isinstance(value, str) else value
