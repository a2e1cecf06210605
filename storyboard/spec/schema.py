"""Values against the published JSON Schema: every breach as a problem with its place.

The schema is the contract; editors complete from the same file. `phrases` has the words a breach is told in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib import resources

from storyboard.errors import Problem
from storyboard.spec.astray import Astray
from storyboard.spec.phrases import Breach, phrases
from storyboard.spec.places import Path
from storyboard.spec.shape import Shape, shape_of
from storyboard.spec.source import MAX_PROBLEMS, Document, show


def schema_text() -> str:
    """The JSON Schema as it ships: what `storyboard schema` prints."""
    return resources.files("storyboard.spec").joinpath("storyboard.schema.json").read_text("utf-8")


@cache
def _shape(definition: str) -> Shape:
    return shape_of(json.loads(schema_text()), definition)


def check(document: Document, definition: str = "film") -> list[Problem]:
    """Every breach of the schema in a document: a whole `film`, or a `part` that another file includes.

    Of a value that YAML itself got wrong, nothing more is said, nor of what is missing only because its name is
    misspelt or stands elsewhere. Of very many breaches, these are the first.
    """
    shape = _shape(definition)
    problems: dict[Problem, None] = {}
    astray = Astray(document, shape)
    for breach in shape.breaches(document.value):
        document.swollen |= breach.far
        path = breach.path[:-1] if breach.of_name else breach.path
        for problem in _place(document, breach, astray) if path not in document.wrong else ():
            problems[problem] = None
            if len(problems) == MAX_PROBLEMS:
                return list(problems)
    return list(problems)


def _place(document: Document, breach: Breach, astray: Astray) -> Iterator[Problem]:
    path = breach.path
    if breach.keyword == "additionalProperties":
        for name in breach.value:
            if name not in breach.schema.get("properties", {}):
                here: Path = (*path, name)
                yield Problem(document.name(here), show(here), "unknown-field", *astray.told(breach, name))
        return
    if breach.keyword == "required" and (meant := astray.meant(breach)):
        breach = replace(breach, wanted=[name for name in breach.wanted if name not in meant])
    where = document.name(path) if breach.of_name else document.place(path)
    for code, message, hint in phrases(breach):
        yield Problem(where, show(path), code, message, hint)
