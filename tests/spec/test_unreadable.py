from __future__ import annotations

import time

import pytest

from storyboard.spec.source import read


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: b: c", (1, 5), "second colon"),
        ("a:\n\tb: 1", (2, 1), "a tab"),
        ("a: *b", (1, 4), "names no anchor"),
        ("a: @b", (1, 4), "begin with @"),
        ("a: `b", (1, 4), "begin with `"),
        ("a: %b", (1, 4), "begin with %"),
        ("a: * b", (1, 4), "begin with *"),
        ("a: 'b\nc: 1", (1, 4), "a quote is opened here"),
        ('a: "b\n\n', (1, 4), "a quote is opened here"),
        ("a: [1, 2\nb: 3", (1, 4), "[ ]"),
        ("a: {b: 1\nc: 2", (1, 4), "{ }"),
        ('a: "\\q"', (1, 5), "backslash"),
        ("a: 1\n---\nb: 2", (2, 1), "second document"),
        ("a:\n  - b\n c: 1", (3, 2), "does not line up"),
        ("a:\n  - b: 1\n   c: 1", (3, 4), "stands beside a list"),
        ("a: {{ b }} c", (1, 4), "without quotes"),
        ("- {{ b }} c", (1, 3), "without quotes"),
        ("a: x {{ b }}: c", (1, 13), "second colon"),
    ],
)
def test_the_place_and_the_sentence(text: str, place: tuple[int, int], words: str) -> None:
    problems = read("film.yaml", text.encode()).problems
    assert len(problems) == 1, problems
    assert (problems[0].where.line, problems[0].where.column) == place
    assert words in problems[0].message
    assert problems[0].hint


def test_a_slip_is_looked_for_nearby() -> None:
    started = time.process_time()
    for text in ("a: 1\n" + "\n" * 2_000_000 + "b: c: d", "a: '" + "x\n" * 2_000_000, "a: 1\n" * 500_000 + "- b: [\n"):
        assert read("film.yaml", text.encode()).problems
    assert time.process_time() - started < 20
