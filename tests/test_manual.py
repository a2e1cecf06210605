"""The schema is the manual: an editor's completion and hover show its words, and docs/reference.md is made of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from docs import make_reference, make_schema
from storyboard.planner.catalogue import catalogue
from storyboard.spec.schema import schema_text
from storyboard.spec.transitions import TRANSITIONS

SCHEMA: dict[str, Any] = json.loads(schema_text())
WORDS = 4
"""A description has that many words at least."""


def described(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every definition, every field, and every entry with fields of its own, with its place in the schema."""
    if not isinstance(node, dict):
        return
    if "properties" in node and not path.endswith("/anyOf"):
        yield path, node
    for name, field in node.get("properties", {}).items():
        yield f"{path}/properties/{name}", field
        yield from described(field, f"{path}/properties/{name}")
    for inner in ("items", "additionalProperties"):
        yield from described(node.get(inner), f"{path}/{inner}")


EVERY = {
    path: node
    for name, definition in SCHEMA["$defs"].items()
    for path, node in ((f"#/$defs/{name}", definition), *described(definition, f"#/$defs/{name}"))
}


def test_every_field_at_every_depth_has_a_title_and_says_what_it_does() -> None:
    assert len(EVERY) > 200
    assert [path for path, node in EVERY.items() if not node.get("title")] == []
    assert [path for path, node in EVERY.items() if len(node.get("description", "").split()) < WORDS] == []


def test_every_field_has_an_example() -> None:
    fields = [path for path in EVERY if re.fullmatch(r".*/properties/\w+", path) and "/options/" not in path]
    assert [path for path in fields if not EVERY[path].get("examples")] == []


def test_every_example_and_default_is_right() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for path, node in EVERY.items():
        for value in [*node.get("examples", []), *([node["default"]] if "default" in node else [])]:
            errors = [error.message for error in validator.evolve(schema={**SCHEMA, "$ref": path}).iter_errors(value)]
            assert errors == [], (path, value)


def test_what_a_switch_is_without_being_said_stands_in_its_words() -> None:
    """An editor's hover shows no default."""
    for path, node in EVERY.items():
        if node.get("type") == "boolean" and "default" in node:
            assert f"{json.dumps(node['default'])} unless said" in node["description"], path


def test_the_schema_has_what_the_catalogue_knows() -> None:
    assert make_schema.suggested(SCHEMA) == SCHEMA, "run `python -m docs.make_schema`"


def test_models_and_transitions_are_suggested_and_nothing_else_is() -> None:
    fields, transition = SCHEMA["$defs"]["shotFields"]["properties"], SCHEMA["$defs"]["transition"]
    assert [one.get("const") for one in fields["model"]["anyOf"]] == [None, *catalogue().models]
    for place in (transition, transition["properties"]["type"]):
        assert [one.get("const") for one in place["anyOf"]] == [None, *TRANSITIONS]
    taken = {name for model in catalogue().models.values() for name in model.options}
    assert set(fields["options"]["properties"]) == taken


def test_lengths_and_modes_are_suggested_beside_every_model() -> None:
    found: dict[str, Any] = {}
    for one in SCHEMA["$defs"]["shotFields"]["anyOf"][1:]:
        found |= dict.fromkeys(one["properties"]["model"]["enum"], one["properties"])
    assert set(found) == set(catalogue().models)
    assert found["klingai/kling-v2.6-i2v"]["duration"]["enum"] == ["5s", "10s"]
    assert found["google/veo-3.1-generate-001"]["mode"]["enum"] == ["720p", "1080p", "4k"]
    assert "duration" not in found["klingai/kling-v3.0-motion-control"]


@pytest.mark.parametrize("value", [{"model": "nobody/knows-1"}, {"model": "klingai/kling-v2.6-i2v", "duration": "7s"}])
def test_a_suggestion_refuses_nothing(value: dict[str, str]) -> None:
    """What a model can do is the catalogue's to say, with a message of its own."""
    schema = {**SCHEMA, "$ref": "#/$defs/shotFields"}
    assert jsonschema.Draft202012Validator(schema).is_valid(value)


def test_the_reference_is_up_to_date() -> None:
    assert make_reference.PAGE.read_text("utf-8") == make_reference.reference(), "run `python -m docs.make_reference`"


def test_the_reference_has_every_field_of_every_block() -> None:
    text = make_reference.reference()
    blocks = {id(make_reference.block(SCHEMA, name)): name for name in make_reference.SECTIONS}
    for path, node in EVERY.items():
        if "properties" in node and "options" not in path and path != "#/$defs/variants":
            assert id(node) in blocks or path in SMALL, path
    grouped = " ".join(make_reference.GROUPS.values()).split()
    fields = sorted(SCHEMA["$defs"]["shotFields"]["properties"])
    assert sorted(grouped) == fields, "GROUPS in docs/make_reference.py says where a shot's field belongs"
    assert all(f"\n| `{name}` | " in text for name in grouped)


SMALL = {
    "#/$defs/shotFields/properties/footage",
    "#/$defs/mix/properties/tracks/items/properties/at",
}
"""Blocks that are told in a word where they are used."""
