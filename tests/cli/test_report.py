from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable

import click
import pytest
from rich.markup import render

from storyboard.cli.progress import sentence
from storyboard.cli.report import cells, error_text, printable, problems_github, problems_json, render_problems
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


@pytest.mark.parametrize(
    ("line", "column", "before"),
    [
        ("title: x", 8, 7),
        ("título: x", 9, 8),
        ("標題: x", 5, 6),
        ("标题：🎬: x", 6, 9),
        ("e\u0301t\u00e9: x", 6, 4),
        ("a:\tb", 4, 3),
        ("כותרת: x", 8, 7),
        ("a\u202eb\u2066: x", 7, 6),
        ("\x1b[2J: x", 7, 6),
    ],
)
def test_the_caret_stands_below_its_character(line: str, column: int, before: int) -> None:
    """Wide characters take two cells, accents none, and what could drive the terminal is one space."""
    told = render_problems([Problem(Where("f", 2, column), "", "c", "m")], {"f": f"#\n{line}"})
    shown, caret = click.unstyle(told).split("\n")[1:3]
    assert caret == f"    | {' ' * before}^"
    assert all(char.isprintable() for char in shown)


@pytest.mark.parametrize("letter", ["x", "字", "é", "\u05d0", "🎬", "\t", "\u202e"])
@pytest.mark.parametrize("column", [1, 30, 5_000, 10_000])
def test_a_long_line_is_cut_on_both_sides_whatever_its_letters(letter: str, column: int) -> None:
    line = letter * (column - 1) + "H" + letter * (10_000 - column)
    told = render_problems([Problem(Where("f", 1, column), "", "c", "m")], {"f": line})
    shown, caret = click.unstyle(told).split("\n")[1:3]
    assert cells(shown) <= 120
    cell, place = 0, caret.index("^")
    for char in shown:
        if cell == place:
            assert char == "H"
            break
        cell += cells(char)
    assert ("…" in shown[:8]) == (cells(letter) * (column - 1) > 55)
    assert shown.endswith("…") == (column < 9_900)


def test_lines_are_counted_as_yaml_counts_them() -> None:
    told = render_problems([Problem(Where("f", 4, 1), "", "c", "m")], {"f": "\ufeffa\rb\u2028c\r\nfourth\n"})
    assert "  4 | fourth" in told


def test_a_sentence_is_never_a_page() -> None:
    problem = Problem(Where("f", 1, 1), "", "c", "m" * 100_000, "h" * 100_000)
    assert len(render_problems([problem], {})) < 1_000
    assert len(problems_github([problem])) < 1_000


def test_github_escapes_what_would_end_a_property() -> None:
    note = Problem(Where("a,b: 100%\r\n.yaml", 1, 2), "", "c", "50% off,: x")
    assert problems_github([note]) == "::error file=a%2Cb%3A 100%25  .yaml,line=1,col=2,title=c::50%25 off,: x"


UNSEEN = [
    char for char in map(chr, (*range(0x1_0000), *range(0xE_0000, 0xE_0080)))
    if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Co")
]  # fmt: skip
UNSEEN = [*UNSEEN[:300], "\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;http://x\x07", "\x9b31m", "\r\nf.yaml:1:1: error"]
"""Control characters, marks of direction, what nobody sees, and what terminals do things for."""


@pytest.mark.parametrize("show", [lambda one: render_problems([one], {one.where.file: one.path}), problems_json])
def test_no_letter_of_a_storyboard_drives_a_terminal(show: Callable[..., str]) -> None:
    assert len(UNSEEN) > 300
    for hostile in UNSEEN:
        text = f"a{hostile}b"
        problem = Problem(Where(text, 1, 2, text), text, "code", text, text)
        for told in (show(problem) if show is not problems_json else show([problem]), problems_github([problem])):
            assert all(char.isprintable() or char == "\n" for char in click.unstyle(told)), repr(hostile)
        assert problems_github([problem]).count("\n") == 0
    assert json.loads(problems_json([problem]))["problems"][0]["message"] == problem.message
