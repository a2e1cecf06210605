from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError, validators

from storyboard.spec import schema
from storyboard.spec.places import Path as Place
from storyboard.spec.shape import shape_of
from storyboard.spec.source import read

TESTS = Path(__file__).parents[1]
SCHEMA = json.loads(schema.schema_text())
FILES = [path for path in sorted((TESTS / "problems").rglob("*.yaml")) if "far-too-many" not in path.name]
ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, 1.0, 2.5, -3, 10**25, "", "x", "5s", "a\n", "#101418", "é" * 2_000, [], {}, [0, 1],
    ["a", "a"], [1, True, 1.0], [{"a": 1}, {"a": 1.0}], {"shot": "a"}, {"a b": 1}, {"id": "x", "nope": [None]},
)  # fmt: skip
"""Values to put where they do not belong."""


def pattern(_: Any, wanted: str, instance: object, __: Any) -> Iterator[ValidationError]:
    """`pattern` where `$` means the very end."""
    if isinstance(instance, str) and (instance.endswith("\n") or not re.search(wanted, instance)):
        yield ValidationError("it does not match")


STRICT: Any = validators.extend(Draft202012Validator, {"pattern": pattern})  # type: ignore[no-untyped-call]


def reference(definition: str) -> Any:
    """The reference implementation, for one of the schema's definitions."""
    return STRICT({**SCHEMA, "$ref": f"#/$defs/{definition}"})


def by_reference(validator: Any, value: Any) -> set[tuple[Place, str, str]]:
    """Path, keyword and what it asks for, of every breach."""
    return {
        (
            (*error.absolute_path, error.instance)
            if "propertyNames" in error.absolute_schema_path
            else tuple(error.absolute_path),
            str(error.validator),
            json.dumps(error.validator_value, sort_keys=True),
        )
        for error in validator.iter_errors(value)
    }


def by_shape(value: Any, definition: str) -> set[tuple[Place, str, str]]:
    """The same of ours."""
    found = schema._shape(definition).breaches(value)
    return {(one.path, one.keyword, json.dumps(one.wanted, sort_keys=True)) for one in found}


def changed(value: Any, dice: random.Random) -> Any:
    """A value with something odd in it."""
    if isinstance(value, dict | list) and value and dice.random() < 0.85:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = dice.choice(keys)
        inner = {key: changed(value[key], dice)}
        if isinstance(value, dict):
            return {**value, **inner, **({"nope": 1} if dice.random() < 0.1 else {})}
        return [inner.get(index, one) for index, one in enumerate(value)]
    return dice.choice(ODD)


@pytest.mark.parametrize("definition", ["film", "part", "shotFields", "mix", "output"])
def test_every_odd_value_is_told_as_the_reference_tells_it(definition: str) -> None:
    validator = reference(definition)
    fields = SCHEMA["$defs"][definition]["properties"]
    for value in (*ODD, *({name: odd} for name in fields for odd in ODD)):
        assert by_shape(value, definition) == by_reference(validator, value), value


def test_storyboards_gone_wrong_are_told_as_the_reference_tells_them() -> None:
    dice, validator = random.Random(5), reference("film")
    films = [read(path.name, path.read_bytes()).value for path in FILES]
    met: set[str] = set()
    for film in [one for one in films if isinstance(one, dict)]:
        for value in (film, changed(film, dice)):
            found = by_shape(value, "film")
            assert found == by_reference(validator, value)
            met |= {keyword for _, keyword, _ in found}
    assert len(met) >= 12


def test_of_a_list_that_is_far_too_long_nothing_more_is_told() -> None:
    shape = schema._shape("film")
    shot = {"id": "a", "references": [0] * (10 * 20)}
    assert len(list(shape.breaches({"storyboard": 1, "shots": [shot]}))) == 200 + 2
    shot["references"] = [0] * (10 * 20 + 1)
    assert [breach.keyword for breach in shape.breaches({"storyboard": 1, "shots": [shot]})] == ["maxItems"]


def test_no_text_beyond_a_length_keeps_a_pattern() -> None:
    shape = shape_of({"$defs": {"a": {"type": "string", "pattern": "^a*$"}}}, "a")
    assert not list(shape.breaches("a" * 4_096))
    assert [breach.keyword for breach in shape.breaches("a" * 4_097)] == ["pattern"]


def test_a_keyword_that_nothing_is_known_of_is_refused() -> None:
    with pytest.raises(ValueError, match="oneOf"):
        shape_of({"$defs": {"a": {"items": {"oneOf": []}}}}, "a")


def test_an_any_of_that_refuses_something_is_refused() -> None:
    suggestions = {"anyOf": [{}, {"const": "a"}]}
    assert list(shape_of({"$defs": {"a": suggestions}}, "a").breaches("b")) == []
    with pytest.raises(ValueError, match="only suggestions"):
        shape_of({"$defs": {"a": {"anyOf": [{"const": "a"}]}}}, "a")


def test_a_shape_may_stand_in_itself() -> None:
    tree = {"$defs": {"tree": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}
    shape = shape_of(tree, "tree")
    assert list(shape.breaches([[], [[]]])) == []
    assert [breach.path for breach in shape.breaches([[], [["x"]]])] == [(1, 0, 0)]
