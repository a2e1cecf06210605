from __future__ import annotations

import json

import click
import pytest
from rich.markup import render

from storyboard.cli.progress import sentence
from storyboard.cli.report import error_text, printable, problems_github, problems_json, render_problems
from storyboard.errors import Problem, Transient, Where
from storyboard.progress import Said

PROBLEM = Problem(Where("film.yaml", 2, 8), "shots[0].prompt", "type", "`prompt` must be text", "write some")


def test_a_problem_has_its_place_its_line_and_its_hint() -> None:
    text = render_problems([PROBLEM], {"film.yaml": "storyboard: 1\nprompt: 3\n"})
    assert click.unstyle(text).splitlines() == [
        "film.yaml:2:8: error[type]: `prompt` must be text",
        "  2 | prompt: 3",
        "    |        ^",
        "  hint: write some",
    ]


def test_a_long_line_is_shown_around_its_caret() -> None:
    line = "x" * 400 + "HERE" + "y" * 400
    text = click.unstyle(render_problems([Problem(Where("f", 1, 401), "", "c", "m")], {"f": line}))
    shown, caret = text.splitlines()[1:3]
    assert len(shown) < 130
    assert shown[caret.index("^") :].startswith("HERE")


def test_an_included_file_says_where_it_came_in() -> None:
    where = Where("style.yaml", 4, 9, included_from="film.yaml:3")
    text = render_problems([Problem(where, "", "c", "m")], {})
    assert "style.yaml:4:9, included from film.yaml:3" in click.unstyle(text)


def test_json_is_versioned_and_counts_from_one() -> None:
    value = json.loads(problems_json([PROBLEM]))
    assert value["format_version"] == 1
    assert value["problems"] == [
        {
            "file": "film.yaml", "line": 2, "column": 8, "path": "shots[0].prompt", "code": "type",
            "message": "`prompt` must be text", "hint": "write some",
        }
    ]  # fmt: skip
    assert value["notes"] == []


def test_a_note_has_its_place_and_is_no_problem() -> None:
    note = Said("`a.mov`: it is [interlaced]", where=Where("film.yaml", 3, 5))
    value = json.loads(problems_json([], [note]))
    assert value["notes"] == [{"file": "film.yaml", "line": 3, "column": 5, "message": "`a.mov`: it is [interlaced]"}]
    assert problems_github([], [note]) == "::notice file=film.yaml,line=3,col=5::`a.mov`: it is [interlaced]"
    assert render(sentence(note)).plain == "film.yaml:3:5: note: `a.mov`: it is [interlaced]"


def test_github_annotations_are_one_line_each() -> None:
    hostile = Problem(Where("film.yaml", 1, 1), "", "c", "100 %\n::warning::boo", "try\r\nthis")
    text = problems_github([PROBLEM, hostile])
    assert text.splitlines()[0] == (
        "::error file=film.yaml,line=2,col=8,title=type::`prompt` must be text (write some)"
    )
    assert len(text.splitlines()) == 2
    assert "100 %25" in text


@pytest.mark.parametrize("hostile", ["\x1b[31mred", "a\u202eb", "line\nline", "\x07bell", "\x9b2J", "\u2066x"])
def test_no_text_drives_the_terminal(hostile: str) -> None:
    shown = printable(hostile)
    assert all(char.isprintable() for char in shown)
    assert "\x1b[31mred" not in error_text(Transient(hostile))
