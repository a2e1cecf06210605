"""What these tests share: a storyboard from a few lines of text."""

from __future__ import annotations

from collections.abc import Mapping

from storyboard.errors import Problem, Refused
from storyboard.spec.load import load
from storyboard.spec.model import Storyboard

CARD = "shots: [{id: a, card: {text: A}}]\n"


def read_film(
    text: str, files: Mapping[str, str] | None = None, folder: str = ""
) -> tuple[Storyboard | None, list[Problem]]:
    """What `load` makes of a text, line `storyboard: 1` added; `files` are there to be included."""

    def read_file(name: str) -> bytes:
        if name not in (files or {}):
            raise Refused(f"`{name}` is not there")
        return (files or {})[name].encode()

    return load("film.yaml", f"storyboard: 1\n{text}".encode(), read_file, folder)


def film(text: str, files: Mapping[str, str] | None = None) -> Storyboard:
    """The storyboard of a text that has no problem."""
    storyboard, problems = read_film(text, files)
    assert not problems, problems
    assert storyboard
    return storyboard


def codes(text: str, files: Mapping[str, str] | None = None) -> list[tuple[int, str]]:
    """Line and code of every problem of a text, by place."""
    return [(problem.where.line, problem.code) for problem in sorted(read_film(text, files)[1])]
