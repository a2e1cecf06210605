"""Problems and errors as text for people, as JSON for programs, as annotations for GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import click

from storyboard.errors import InvalidStoryboard, Problem, StoryboardError, Where
from storyboard.progress import Said

FORMAT_VERSION = 1
WIDTH = 110


def render_problems(problems: Iterable[Problem], texts: Mapping[str, str]) -> str:
    """Every problem with its place, its line with a caret, and the way out. `texts` has the sources by name."""
    return "\n\n".join(_problem(problem, texts) for problem in problems)


def _problem(problem: Problem, texts: Mapping[str, str]) -> str:
    where, origin = problem.where, problem.where.included_from
    place = printable(f"{where}, included from {origin}" if origin else str(where))
    kind = click.style(f"error[{problem.code}]", fg="red")
    lines = [f"{click.style(place, bold=True)}: {kind}: {printable(problem.message)}", *_source(where, texts)]
    if problem.hint:
        lines.append(f"  {click.style('hint', fg='cyan')}: {printable(problem.hint)}")
    return "\n".join(lines)


def _source(where: Where, texts: Mapping[str, str]) -> list[str]:
    source = texts.get(where.file, "").replace("\r\n", "\n").split("\n")
    if not 0 < where.line <= len(source) or not source[where.line - 1].strip():
        return []
    line, column = source[where.line - 1].expandtabs(1), where.column - 1
    start = max(0, column - WIDTH // 2) if len(line) > WIDTH else 0
    shown = printable(line[start : start + WIDTH], keep_spaces=True)
    number = str(where.line)
    gutter = " " * len(number)
    return [f"  {number} | {shown}", f"  {gutter} | {' ' * (column - start)}{click.style('^', fg='red')}"]


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
        return printable(text).replace("%", "%25").replace("\n", "%0A")

    def placed(where: Where) -> str:
        return f"file={escaped(where.file)},line={where.line},col={where.column}"

    errors = [
        f"::error {placed(one.where)},title={one.code}::{escaped(one.message)}"
        f"{f' ({escaped(one.hint)})' if one.hint else ''}"
        for one in problems
    ]
    return "\n".join((*errors, *(f"::notice {placed(one.where)}::{escaped(one.text)}" for one in notes if one.where)))


def as_json(value: Mapping[str, Any]) -> str:
    """A versioned object for programs."""
    return json.dumps({"format_version": FORMAT_VERSION, **value}, indent=2, ensure_ascii=False)


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
