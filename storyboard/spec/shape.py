"""A JSON Schema made ready to be held against many values: every breach, with its path.

It knows the keywords that the storyboard's schema is written in, and refuses another. A thousand shots are read in less
time than the reference implementation takes to import; the tests hold the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from storyboard.spec.phrases import Breach
from storyboard.spec.places import Path

LONGEST = 4_096
"""Characters beyond which no text keeps a pattern."""

Test = Callable[[Any], bool]
"""Whether a value keeps a keyword."""


@dataclass(slots=True)
class Shape:
    """What a value has to keep, and the shapes of what is in it."""

    schema: Mapping[str, Any]
    tests: list[tuple[str, Mapping[str, Any], Test]] = field(default_factory=list)
    """Keywords about the value itself, each with the schema that it stands in."""
    fields: dict[str, Shape] = field(default_factory=dict)
    others: Shape | bool = True
    """The shape of every other field; False where there may be none."""
    names: Shape | None = None
    """The shape of the fields' names."""
    first: list[Shape] = field(default_factory=list)
    """The shapes of a list's first entries."""
    entries: Shape | None = None

    def breaches(self, value: Any, path: Path = ()) -> Iterator[Breach]:
        """Every keyword that a value, or something in it, does not keep."""
        for keyword, schema, test in self.tests:
            if not test(value):
                yield (breach := Breach(keyword, schema[keyword], value, schema, path))
                if breach.far:
                    return
        if isinstance(value, dict):
            yield from self._in_block(value, path)
        elif isinstance(value, list) and (self.entries or self.first):
            for index, inner in enumerate(value):
                shape = self.first[index] if index < len(self.first) else self.entries
                if shape:
                    yield from shape.breaches(inner, (*path, index))

    def at(self, path: Path) -> Shape:
        """The shape of what stands at a path below; an empty one where nothing is known of it."""
        here: Shape | bool | None = self
        for part in path:
            if not isinstance(here, Shape):
                break
            here = here.fields.get(part, here.others) if isinstance(part, str) else here.entries
        return here if isinstance(here, Shape) else Shape({})

    def homes(self, name: str) -> list[str]:
        """Those of its fields that have a field of some name, or a list of blocks that have."""
        return [one for one, inner in self.fields.items() if name in (inner.entries or inner).fields]

    def named_homes(self, name: str) -> list[str]:
        """Those of its fields that have blocks by names of an author's own, with a field of some name in each."""
        inner = self.fields.items()
        return [one for one, block in inner if isinstance(block.others, Shape) and name in block.others.fields]

    def _in_block(self, value: dict[str, Any], path: Path) -> Iterator[Breach]:
        if self.others is False and not value.keys() <= self.fields.keys():
            yield Breach("additionalProperties", False, value, self.schema, path)
        for name, inner in value.items():
            here = (*path, name)
            for breach in self.names.breaches(name, here) if self.names else ():
                yield replace(breach, of_name=True)
            shape = self.fields.get(name, self.others)
            if isinstance(shape, Shape):
                yield from shape.breaches(inner, here)


def shape_of(root: Mapping[str, Any], definition: str) -> Shape:
    """The shape of one of a schema's definitions; ValueError for a keyword that is not known here."""
    known: dict[str, Shape] = {}

    def named(reference: str) -> Shape:
        name = reference.removeprefix("#/$defs/")
        if name not in known:
            known[name] = Shape(root["$defs"][name])
            _fill(known[name], made)
        return known[name]

    def made(schema: Mapping[str, Any]) -> Shape:
        return named(schema["$ref"]) if "$ref" in schema else _fill(Shape(schema), made)

    return named(definition)


def _fill(shape: Shape, made: Callable[[Mapping[str, Any]], Shape]) -> Shape:
    schema = shape.schema
    if unknown := schema.keys() - TESTS.keys() - LEADING - ANNOTATIONS:
        raise ValueError(f"keywords of a schema that nothing is known of: {', '.join(sorted(unknown))}")
    if {} not in schema.get("anyOf", [{}]):
        raise ValueError("an `anyOf` without `{}` in it asks for something, and only suggestions are known")
    if "$ref" in schema:
        base = made({"$ref": schema["$ref"]})
        shape.schema, shape.tests = base.schema, list(base.tests)
        shape.fields, shape.others, shape.names = dict(base.fields), base.others, base.names
    shape.tests += [(keyword, schema, TESTS[keyword](wanted)) for keyword, wanted in schema.items() if keyword in TESTS]
    shape.fields |= {name: made(one) for name, one in schema.get("properties", {}).items()}
    others = schema.get("additionalProperties", shape.others)
    shape.others = made(others) if isinstance(others, dict) else others
    shape.names = made(schema["propertyNames"]) if "propertyNames" in schema else shape.names
    shape.first = [made(one) for one in schema.get("prefixItems", ())]
    shape.entries = made(schema["items"]) if "items" in schema else None
    return shape


LEADING = frozenset({"$ref", "properties", "additionalProperties", "propertyNames", "items", "prefixItems"})
"""Keywords that lead on to other schemas."""
ANNOTATIONS = frozenset({"title", "description", "default", "examples", "x-kind", "anyOf"})
"""Keywords that ask for nothing: with `{}` in it, an `anyOf` only suggests values to an editor."""

KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "boolean": (bool,), "number": (int, float), "integer": (int,), "array": (list,),
    "object": (dict,),
}  # fmt: skip
"""The types that plain values of each kind have."""


def _type(wanted: str | list[str]) -> Test:
    names = [wanted] if isinstance(wanted, str) else wanted
    types = frozenset(one for name in names for one in KINDS[name])
    if "integer" not in names:
        return lambda value: type(value) in types
    return lambda value: type(value) in types or (isinstance(value, float) and value.is_integer())


def _pattern(wanted: str) -> Test:
    """Where `$` means the very end: Python's also matches before a last line break."""
    search = re.compile(wanted).search
    return lambda value: (
        not isinstance(value, str) or (len(value) <= LONGEST and not value.endswith("\n") and search(value) is not None)
    )


def _enum(wanted: list[Any]) -> Test:
    return lambda value: any(one == value and isinstance(one, bool) == isinstance(value, bool) for one in wanted)


def _of(kind: str, test: Callable[[Any, Any], bool]) -> Callable[[Any], Test]:
    """A keyword that asks something of values of one kind alone."""
    types = KINDS[kind]
    return lambda wanted: lambda value: type(value) not in types or test(value, wanted)


def _plain(value: Any) -> Any:
    """A value that can be compared with all others quickly; true is not 1."""
    if isinstance(value, dict):
        return frozenset((name, _plain(one)) for name, one in value.items())
    if isinstance(value, list):
        return tuple(map(_plain, value))
    return (value,) if isinstance(value, bool) else value


TESTS: Mapping[str, Callable[[Any], Test]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda wanted: _enum([wanted]),
    "pattern": _pattern,
    "minLength": _of("string", lambda value, least: len(value) >= least),
    "maxLength": _of("string", lambda value, most: len(value) <= most),
    "minimum": _of("number", lambda value, least: value >= least),
    "maximum": _of("number", lambda value, most: value <= most),
    "minItems": _of("array", lambda value, least: len(value) >= least),
    "maxItems": _of("array", lambda value, most: len(value) <= most),
    "uniqueItems": _of("array", lambda value, _: len(set(map(_plain, value))) == len(value)),
    "minProperties": _of("object", lambda value, least: len(value) >= least),
    "maxProperties": _of("object", lambda value, most: len(value) <= most),
    "required": _of("object", lambda value, names: all(name in value for name in names)),
}
"""What each keyword asks of a value itself."""
