"""Problems and errors as text for people, as JSON for programs, as annotations for GitHub."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

import click

from storyboard.errors import InvalidStoryboard, Problem, StoryboardError, Where
from storyboard.progress import Said

FORMAT_VERSION = 1
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""What YAML counts as the end of a line."""
WIDTH = 110
"""Cells of a terminal that a source line takes at most."""
LONGEST = 400
"""Characters of a sentence that are shown."""


def render_problems(problems: Iterable[Problem], texts: Mapping[str, str]) -> str:
    """Every problem with its place, its line with a caret, and the way out. `texts` has the sources by name."""
    lines: dict[str, list[str]] = {}
    return "\n\n".join(_problem(problem, texts, lines) for problem in problems)


def _problem(problem: Problem, texts: Mapping[str, str], lines: dict[str, list[str]]) -> str:
    """A problem as text. `lines` keeps those of the texts that were needed so far."""
    where, origin = problem.where, problem.where.included_from
    place = printable(f"{where}, included from {origin}" if origin else str(where))
    kind = click.style(f"error[{problem.code}]", fg="red")
    if where.file not in lines:
        lines[where.file] = _BREAK.split(texts.get(where.file, "").removeprefix("\ufeff"))
    told = [f"{click.style(place, bold=True)}: {kind}: {_told(problem.message)}", *_source(where, lines[where.file])]
    if problem.hint:
        told.append(f"  {click.style('hint', fg='cyan')}: {_told(problem.hint)}")
    return "\n".join(told)


def _source(where: Where, source: list[str]) -> list[str]:
    if not 0 < where.line <= len(source) or not source[where.line - 1].strip():
        return []
    line, column = source[where.line - 1], where.column - 1
    before, after = _fitting(line[:column][::-1], WIDTH // 2)[::-1], line[column:]
    before = line[:column] if cells(line) <= WIDTH else before
    cut = "…" if len(before) < column else ""
    shown = printable(cut + before, keep_spaces=True)
    rest = printable(_fitting(after, WIDTH - cells(shown)), keep_spaces=True)
    more = "…" if len(rest) < len(after) else ""
    number = str(where.line)
    gutter = " " * len(number)
    return [
        f"  {number} | {shown}{rest}{more}".rstrip(),
        f"  {gutter} | {' ' * cells(shown)}{click.style('^', fg='red')}",
    ]


def _fitting(text: str, width: int) -> str:
    """The beginning of a text that takes no more than so many cells."""
    room = width
    for index, char in enumerate(text[: 4 * width]):
        room -= cells(char)
        if room < 0:
            return text[:index]
    return text[: 4 * width]


def cells(text: str) -> int:
    """How many cells of a terminal a text takes: two for a wide character, none for an accent that stands alone."""
    if text.isascii():
        return len(text)
    own = (char for char in text if unicodedata.category(char) not in ("Mn", "Me"))
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in own)


def problems_json(problems: Iterable[Problem], notes: Iterable[Said] = ()) -> str:
    """The problems as one JSON object, beside what is only worth knowing."""
    told = [{**_place(note.where), "message": note.text} for note in notes]
    return as_json({"problems": [_row(one) for one in problems], "notes": told})


def error_json(error: StoryboardError) -> str:
    """A failure as one JSON object: what `--json` prints in place of an answer."""
    found = error.problems if isinstance(error, InvalidStoryboard) else ()
    sentences = [_sentence(one) for one in (error, *error.also)]
    problems = [_row(one) for one in found]
    return as_json({"outcome": "failed", "exit_code": error.exit_code, "errors": sentences, "problems": problems})


def _sentence(one: StoryboardError) -> dict[str, str | int | None]:
    return {"message": one.message, "hint": one.hint, **_place(one.where)}


def _place(where: Where | None) -> dict[str, str | int | None]:
    if where is None:
        return {"file": None, "line": None, "column": None}
    return {"file": where.file, "line": where.line, "column": where.column}


def _row(one: Problem) -> dict[str, str | int]:
    return {
        "file": one.where.file, "line": one.where.line, "column": one.where.column, "path": one.path,
        "code": one.code, "message": one.message, "hint": one.hint,
    }  # fmt: skip


def problems_github(problems: Iterable[Problem], notes: Iterable[Said] = ()) -> str:
    """The problems as workflow commands, and notes as notices: GitHub shows each at its line."""

    def escaped(text: str) -> str:
        return _told(text).replace("%", "%25")

    def value(text: str) -> str:
        return escaped(text).replace(":", "%3A").replace(",", "%2C")

    def placed(where: Where) -> str:
        return f"file={value(where.file)},line={where.line},col={where.column}"

    errors = [
        f"::error {placed(one.where)},title={value(one.code)}::{escaped(one.message)}"
        f"{f' ({escaped(one.hint)})' if one.hint else ''}"
        for one in problems
    ]
    return "\n".join((*errors, *(f"::notice {placed(one.where)}::{escaped(one.text)}" for one in notes if one.where)))


def as_json(value: Mapping[str, Any]) -> str:
    """A versioned object for programs; what could drive a terminal stands in it as JSON writes it in plain letters."""
    text = json.dumps({"format_version": FORMAT_VERSION, **value}, indent=2, ensure_ascii=False)
    return "".join(char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in text)


def error_text(error: StoryboardError) -> str:
    """An error as a sentence with its place, everything else that failed with it, and the way out."""
    if isinstance(error, InvalidStoryboard):
        return f"{render_problems(error.problems, error.texts)}\n\n{error.message}"
    sentences = []
    for one in (error, *error.also):
        place = f"{click.style(printable(str(one.where)), bold=True)}: " if one.where else ""
        sentences.append(f"{place}{click.style('error', fg='red')}: {printable(one.message)}")
    text = "\n".join(sentences)
    return f"{text}\n  {click.style('hint', fg='cyan')}: {printable(error.hint)}" if error.hint else text


def printable(text: str, *, keep_spaces: bool = False) -> str:
    """Text that cannot drive a terminal: control characters and direction marks become spaces."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return shown if keep_spaces else shown.strip()


def _told(text: str) -> str:
    """A sentence as it is shown: its beginning, where it repeats something long."""
    return printable(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")
