"""Every problem that an author can meet: a storyboard beside the whole text that is shown for it.

The folder is the suite: `NAME.yaml` with `NAME.expected` is a case, and each file in `good/` has no problem at all.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

import storyboard
from storyboard.cli.report import render_problems
from storyboard.errors import Problem
from storyboard.family import told_of
from storyboard.planner import capability
from storyboard.spec import schema
from storyboard.spec.load import load_all
from storyboard.spec.phrases import TELL
from storyboard.spec.shape import Shape
from storyboard.spec.source import read
from storyboard.store.project import Project

HERE = Path(__file__).parent
CASES = sorted(path.stem for path in HERE.glob("*.yaml"))
GOOD = sorted(path.stem for path in HERE.glob("good/*.yaml"))
PACKAGE = Path(storyboard.__file__).parent

ELSEWHERE = {"encoding", "too-large", "too-many", "lock"}
"""Codes whose case is no text, too long for a folder, or a lock: the tests of `source` and `lock` have them."""

STRUCTURE = {"properties", "items", "additionalProperties", "propertyNames", "prefixItems", "$ref", "$defs"}
"""Keywords that lead on to others."""
TOLD_APART = {"required", "additionalProperties"}
"""Keywords with words of their own, one problem for each field."""
ANNOTATIONS = {"$schema", "$id", "title", "description", "default", "examples", "x-kind", "anyOf"}


@cache
def problems_of(path: Path) -> tuple[tuple[Problem, ...], str]:
    """The problems of a storyboard, sorted by place, and the text they are shown as."""
    project = Project(root=HERE, base=path.parent, file=path, shown=path.name)
    every = load_all(project.shown, project.read_storyboard(), project.read, project.folder)
    checked = {name: [*problems, *(capability.check(film) if film else ())] for name, (film, problems) in every.items()}
    found = tuple(told_of(checked))
    return found, click.unstyle(render_problems(found, project.texts))


@pytest.mark.parametrize("name", CASES)
def test_message(name: str) -> None:
    _, text = problems_of(HERE / f"{name}.yaml")
    assert text + "\n" == (HERE / f"{name}.expected").read_text("utf-8")


@pytest.mark.parametrize("name", CASES)
def test_every_place_is_in_the_text(name: str) -> None:
    problems, _ = problems_of(HERE / f"{name}.yaml")
    assert problems
    for problem in problems:
        lines = (HERE / problem.where.file).read_text("utf-8").split("\n")
        assert 1 <= problem.where.line <= len(lines)
        assert 1 <= problem.where.column <= len(lines[problem.where.line - 1]) + 1
        assert problem.message
        assert problem.message[-1] not in ".!", "a message is a clause, shown after a colon"


@pytest.mark.parametrize("name", GOOD)
def test_good(name: str) -> None:
    problems, text = problems_of(HERE / "good" / f"{name}.yaml")
    assert not problems, text


def test_enough_cases() -> None:
    assert len(CASES) >= 250
    assert len(GOOD) >= 40


def test_the_good_ones_use_every_field_of_the_schema() -> None:
    shape = schema._shape("film")
    used: set[Field] = set()
    for name in GOOD:
        path = HERE / "good" / f"{name}.yaml"
        used |= set(fields_used(shape, read(path.name, path.read_bytes()).value))
    every = dict(fields_of(shape, (), set()))
    assert len(every) > 100
    assert {path for field, path in every.items() if field not in used} == set()


Field = tuple[str, int]
"""A field's name, and its shape: two blocks of one definition have the same fields."""


def fields_of(shape: Shape, path: tuple[str, ...], seen: set[int]) -> Iterator[tuple[Field, tuple[str, ...]]]:
    """Every field that a shape knows, below it too, with one path at which it stands."""
    if id(shape) in seen:
        return
    seen.add(id(shape))
    for name, inner in shape.fields.items():
        yield (name, id(inner)), (*path, name)
        yield from fields_of(inner, (*path, name), seen)
    for other in (shape.others, shape.entries, *shape.first):
        if isinstance(other, Shape):
            yield from fields_of(other, path, seen)


def fields_used(shape: Shape, value: Any) -> Iterator[Field]:
    """Every field of a shape that a value has."""
    if isinstance(value, dict):
        for name, one in value.items():
            inner = shape.fields.get(name, shape.others)
            if name in shape.fields:
                yield name, id(inner)
            if isinstance(inner, Shape):
                yield from fields_used(inner, one)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            if entry := shape.first[index] if index < len(shape.first) else shape.entries:
                yield from fields_used(entry, one)


def test_no_expectation_without_its_storyboard() -> None:
    assert sorted(path.stem for path in HERE.glob("*.expected")) == CASES


def test_ten_mistakes_are_ten_problems_at_their_lines() -> None:
    problems, _ = problems_of(HERE / "ten-mistakes.yaml")
    assert [(problem.where.line, problem.code) for problem in problems] == [
        (2, "unknown-field"),
        (3, "aspect"),
        (5, "duration"),
        (7, "template"),
        (8, "file-name"),
        (8, "choice"),
        (9, "duplicate-id"),
        (10, "model"),
        (10, "transition"),
        (11, "model-duration"),
    ]


def test_a_problem_of_an_included_file_names_it_and_where_it_came_in() -> None:
    problems, text = problems_of(HERE / "include-wrong.yaml")
    included = [problem for problem in problems if problem.where.file == "parts/wrong.yaml"]
    assert {problem.where.included_from for problem in included} == {"include-wrong.yaml:2"}
    assert len(included) >= 5
    assert text.count("included from include-wrong.yaml:2") == len(included)


def test_every_code_is_met() -> None:
    met = {problem.code for name in CASES for problem in problems_of(HERE / f"{name}.yaml")[0]}
    emitted = codes()
    assert len(emitted) > 40
    assert emitted - met == ELSEWHERE
    assert not met - emitted, "a code that the search below does not see"


def test_every_keyword_of_the_schema_is_met_and_has_its_words() -> None:
    used = set(keywords(json.loads(schema.schema_text()))) - STRUCTURE - ANNOTATIONS
    assert used - TOLD_APART == set(TELL)
    met: set[str] = set()
    for name in CASES:
        path = HERE / f"{name}.yaml"
        project = Project(root=HERE, base=path.parent, file=path, shown=path.name)
        document = read(path.name, project.read_storyboard())
        if document.value is not None:
            met |= {breach.keyword for breach in schema._shape("film").breaches(document.value)}
    assert used - met == set()


def keywords(value: Any, *, names: bool = False) -> list[str]:
    """Every keyword of a schema; below `properties` and its kin the names are an author's."""
    if isinstance(value, list):
        return [found for one in value for found in keywords(one)]
    if not isinstance(value, dict):
        return []
    found = [] if names else list(value)
    for name, one in value.items():
        if names or name not in ANNOTATIONS | {"enum", "const"}:
            found += keywords(one, names=not names and name in ("properties", "$defs"))
    return found


CODE_AT = {"Undecoded": 1, "problem": 1, "at": 1, "only": 2, "Problem": 2, "_problem": 2}
"""Which argument of a call is a problem's code."""


def codes() -> set[str]:
    """Every code that floors 1 and 2 can emit, read from their sources."""
    found: set[str] = set()
    for path in (*PACKAGE.glob("spec/*.py"), *PACKAGE.glob("planner/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
                at = 2 if (path.stem, name) == ("source", "problem") else CODE_AT.get(str(name))
                found |= _texts(node.args[at : at + 1]) if at is not None else set()
            elif path.stem in ("phrases", "scalars") and isinstance(node, ast.Return):
                found |= _first_texts(node.value)
            elif (
                path.stem in ("capability", "options", "performance")
                and isinstance(node, ast.Tuple)
                and len(node.elts) == 4
            ):
                found |= _texts(node.elts[1:2])
    kinds = set(kinds_with_a_pattern(json.loads(schema.schema_text())))
    return found | kinds


def kinds_with_a_pattern(value: Any) -> list[str]:
    """A value that breaks a pattern has its kind for a code."""
    if isinstance(value, list):
        return [kind for one in value for kind in kinds_with_a_pattern(one)]
    if not isinstance(value, dict):
        return []
    own = [str(value["x-kind"])] if "x-kind" in value and "pattern" in value else []
    return own + [kind for one in value.values() for kind in kinds_with_a_pattern(one)]


def _first_texts(value: ast.expr | None) -> set[str]:
    if not isinstance(value, ast.Tuple) or len(value.elts) < 2:
        return set()
    if isinstance(value.elts[1], ast.Tuple):
        return _first_texts(value.elts[1])
    return _texts(value.elts[:1]) if len(value.elts) == 3 else set()


def _texts(nodes: list[ast.expr]) -> set[str]:
    return {one.value for one in nodes if isinstance(one, ast.Constant) and isinstance(one.value, str)}
