"""Values against the published JSON Schema: every breach as a problem with its place.

The schema is the contract; editors complete from the same file. `phrases` has the words a breach is told in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

from storyboard.errors import Problem
from storyboard.spec.phrases import Breach, phrases, unknown_field
from storyboard.spec.source import Document, Path, show


def schema_text() -> str:
    """The JSON Schema as it ships: what `storyboard schema` prints."""
    return resources.files("storyboard.spec").joinpath("storyboard.schema.json").read_text("utf-8")


@cache
def _validator(definition: str) -> Any:
    strict: Any = validators.extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
    return strict({**json.loads(schema_text()), "$ref": f"#/$defs/{definition}"})


def _pattern(_: Any, pattern: str, instance: object, __: Any) -> Iterator[ValidationError]:
    """`pattern`, where `$` means the very end: Python's also matches before a last line break."""
    if isinstance(instance, str) and (instance.endswith("\n") or not re.search(pattern, instance)):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def check(document: Document, definition: str = "film") -> list[Problem]:
    """Every breach of the schema in a document: a whole `film`, or a `part` that another file includes.

    Of a value that YAML itself got wrong, nothing more is said.
    """
    problems: list[Problem] = []
    for error in _validator(definition).iter_errors(document.value):
        schema: Any = error.schema
        path: Path = tuple(error.absolute_path)
        if path in document.wrong:
            continue
        of_key = "propertyNames" in error.absolute_schema_path
        if of_key:
            path = (*path, str(error.instance))
        breach = Breach(str(error.validator), error.validator_value, error.instance, schema, path)
        problems.extend(_place(document, breach, of_key=of_key))
    return list(dict.fromkeys(problems))


def _place(document: Document, breach: Breach, *, of_key: bool) -> Iterator[Problem]:
    path = breach.path
    if breach.keyword == "additionalProperties":
        known = list(breach.schema.get("properties", {}))
        for name in breach.value:
            if name not in known:
                here = (*path, name)
                where = document.keys.get(here, document.place(here))
                yield Problem(where, show(here), *unknown_field(breach, name, known))
        return
    where = document.keys[path] if of_key else document.place(path)
    for code, message, hint in phrases(breach):
        yield Problem(where, show(path), code, message, hint)
