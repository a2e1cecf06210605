"""What a shot asks of its model: what its characters bring along, clips of several shots, and all that is sent."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from storyboard.planner.catalogue import catalogue
from storyboard.planner.request import plain
from storyboard.spec import schema
from storyboard.spec.model import Beat, Block, Motion, Order, Routing, Shot
from tests.spec.reading import codes, film

SEEDANCE = "bytedance/seedance-2.0"


def shots(text: str) -> tuple[Shot, ...]:
    """The shots of a text."""
    return film(text).shots


def orders(text: str) -> list[Order]:
    """The orders of a text whose shots are all generated."""
    found = [shot.order for shot in shots(text) if shot.order]
    assert len(found) == len(shots(text))
    return found


def order(fields: str) -> Order:
    """The order of one shot's fields."""
    (found,) = orders(f"shots: [{{id: a, {fields}}}]")
    return found


def test_an_order_without_any_of_it() -> None:
    found = order("first: a.jpg, prompt: x")
    assert (found.mode, found.references, found.seed, found.beats, found.motion) == ("", (), None, (), None)
    assert (found.voices, found.elements, found.options, found.routing) == ((), (), (), Routing())


# What characters bring along


CAST = """
characters:
  mira: {prompt: a woman, references: [m.jpg, coat.jpg], elements: [5, 7], voices: [v-m]}
  bo: {prompt: a dog, references: [bo.jpg, coat.jpg], elements: [7, 9]}
"""


def test_characters_bring_their_references_voices_and_elements() -> None:
    both, other, own = orders(f"""{CAST}
shots:
  - {{id: a, prompt: x., characters: [mira, bo]}}
  - {{id: b, prompt: x., characters: [bo, mira]}}
  - {{id: c, prompt: x., characters: [mira], references: [own.jpg, coat.jpg], elements: [9, 7], voices: [v-a, v-m]}}
""")
    assert [one.file for one in both.references] == ["m.jpg", "coat.jpg", "bo.jpg"]
    assert (both.elements, both.voices) == ((5, 7, 9), ("v-m",))
    assert [one.file for one in other.references] == ["bo.jpg", "coat.jpg", "m.jpg"]
    assert other.elements == (7, 9, 5)
    assert [one.file for one in own.references] == ["own.jpg", "coat.jpg", "m.jpg"], "a shot's own come first"
    assert (own.elements, own.voices) == ((9, 7, 5), ("v-a", "v-m"))


def test_an_empty_list_leaves_out_what_the_characters_bring() -> None:
    (found,) = orders(f"{CAST}shots: [{{id: a, prompt: x., characters: [mira], references: [], voices: []}}]")
    assert (found.references, found.voices, found.elements) == ((), (), (5, 7))
    assert found.prompt == "x. a woman"


def test_what_a_character_brings_stands_where_it_is_named() -> None:
    """So that a model which cannot use it is told at a line that the author can change."""
    (shot,) = shots(f"{CAST}shots:\n  - id: a\n    prompt: x\n    characters: [bo]\n    elements: [1]\n")
    assert shot.at("references") == shot.at("characters")
    assert shot.at("references").line == 9
    assert shot.at("elements").line == 10
    assert "voices" not in shot.places


def test_templates_in_names_of_references() -> None:
    (found,) = orders("""
vars: {who: mira}
characters: {mira: {prompt: x, references: ["{{ who }}.jpg"]}}
shots: [{id: a, prompt: x, characters: [mira], references: ["{{ shot.id }}.jpg", mira.jpg]}]
""")
    assert [one.file for one in found.references] == ["a.jpg", "mira.jpg"]


def test_a_character_that_is_wrong_is_told_once() -> None:
    text = """
characters: {mira: {prompt: x, references: [../a.jpg, 5], elements: five}}
shots:
  - {id: a, prompt: x, characters: [mira]}
  - {id: b, prompt: x, characters: [mira]}
"""
    assert codes(text) == [(3, "file-name"), (3, "type"), (3, "type")]


# Several shots in one clip


def test_multi_shot_takes_the_place_of_the_prompt() -> None:
    (found,) = orders("""
vars: {hero: a fox}
looks: {dawn: {prompt: low sun, negative: text}}
characters: {bo: {prompt: a dog.}}
defaults: {prompt: is not read, look: dawn}
shots: [{id: a, characters: [bo], multi_shot: [{prompt: "{{ hero }}:", duration: 3s}, {prompt: y., duration: 24f}]}]
""")
    assert found.prompt == ""
    assert found.negative == "text"
    assert found.beats == (Beat("a fox: a dog. low sun", 3), Beat("y. a dog. low sun", 1))
    assert found.seconds == 4


def test_the_length_of_a_multi_shot_clip_is_written_or_that_of_its_shots() -> None:
    beats = "multi_shot: [{prompt: x, duration: 3s}, {prompt: y, duration: 4s}]"
    first, second, third = shots(f"shots: [{{id: a, {beats}}}, {{id: b, duration: 5s, {beats}}}, {{id: c, prompt: x}}]")
    assert [shot.duration.text for shot in (first, second, third)] == ["7s", "5s", "5s"]
    (inherited,) = orders(f"defaults: {{duration: 6s, {beats}}}\nshots: [{{id: a}}]")
    assert inherited.seconds == 6
    assert len(inherited.beats) == 2


def test_a_beat_at_another_rate() -> None:
    (found,) = orders("outputs: {film: {fps: 25}}\nshots: [{id: a, multi_shot: [{prompt: x, duration: 50f}]}]")
    assert found.beats == (Beat("x", 2),)
    assert codes("outputs: {film: {fps: 24}}\nshots: [{id: a, multi_shot: [{prompt: x, duration: 50f}]}]") == [
        (3, "beat")
    ]


# Movement, voices, options, seeds


def test_motion() -> None:
    assert order("motion: {video: d.mp4, orientation: video}").motion == Motion("d.mp4", "video", keep_sound=True)
    found = order("motion: {video: '{{ shot.id }}.mov', orientation: image, sound: false}")
    assert found.motion == Motion("a.mov", "image", keep_sound=False)
    assert found.prompt == "", "what happens, the video shows"


def test_a_voice_in_a_prompt_is_no_template() -> None:
    text = "<<<voice_1>>> Hm. <<<voice_2>>>"
    assert order(f'prompt: "{text}", voices: [a, "12"]').prompt == text
    assert order(f'multi_shot: [{{prompt: "{text}", duration: 3s}}]').beats[0].prompt == text


def test_an_element_is_the_number_that_was_written() -> None:
    assert order("prompt: x, elements: [829836802793406551, 9223372036854775807]").elements == (
        829836802793406551,
        9223372036854775807,
    )


def test_options_are_plain_values() -> None:
    found = order('prompt: x, options: {z: 1.0, b: [true, "{{ shot.id }}", {y: 1, x: [0.5]}], a: -3}')
    assert found.options == (
        ("a", -3), ("b", (True, "a", Block((("x", (0.5,)), ("y", 1))))), ("z", 1),
    )  # fmt: skip
    assert plain(Block(found.options)) == {"a": -3, "b": [True, "a", {"x": [0.5], "y": 1}], "z": 1}
    assert isinstance(hash(found), int), "an order is a value"


def test_a_seed() -> None:
    assert order("prompt: x, seed: 7").seed == 7


@pytest.mark.parametrize("mode", ["std", "pro", "480p", "720p", "768p", "1080p", "2K", "4k", "hd", "fhd"])
def test_modes(mode: str) -> None:
    assert order(f"prompt: x, mode: {mode}").mode == mode


# The gateway's own options


def test_the_gateways_options_win_field_by_field() -> None:
    a, b, c = orders("""
gateway: {only: [one], user: film, zero_data_retention: true, tags: [film]}
defaults: {prompt: x, gateway: {order: [two], tags: [defaults]}}
scenes:
  - id: s
    defaults: {gateway: {user: scene, disallow_prompt_training: true}}
    shots:
      - {id: a}
      - {id: b, gateway: {only: [three, four], zero_data_retention: false, tags: []}}
  - id: t
    shots: [{id: c, gateway: {user: shot}}]
""")
    assert a.routing == Routing(("one",), ("two",), True, True, "scene", ("defaults",))
    assert b.routing == Routing(("three", "four"), ("two",), False, True, "scene", ())
    assert c.routing == Routing(("one",), ("two",), True, False, "shot", ("defaults",))


def test_a_wrong_option_of_the_film_is_told_once() -> None:
    text = "gateway: {only: vertex, user: a}\nshots: [{id: a, prompt: x}, {id: b, prompt: x}]"
    assert codes(text) == [(2, "type")]


def test_an_included_file_brings_options_as_defaults() -> None:
    storyboard = film(
        "include: [part.yaml]\ngateway: {user: film}\nshots: [{id: a, prompt: x}]",
        {"part.yaml": "defaults: {gateway: {user: part, only: [vertex]}}"},
    )
    (shot,) = storyboard.shots
    assert shot.order
    assert shot.order.routing == Routing(only=("vertex",), user="part")


# The schema, which editors complete from


def shot_fields() -> dict[str, Any]:
    """The properties of a shot."""
    fields: dict[str, Any] = json.loads(schema.schema_text())["$defs"]["shotFields"]["properties"]
    return fields


def test_the_schema_knows_every_model_and_every_mode() -> None:
    models = catalogue().models
    assert {one.get("const") for one in shot_fields()["model"]["anyOf"]} == {None, *models}
    assert set(shot_fields()["mode"]["enum"]) == {mode for model in models.values() for mode in model.modes}


def test_every_field_explains_itself() -> None:
    defs: dict[str, Any] = json.loads(schema.schema_text())["$defs"]

    def explained(field: dict[str, Any]) -> bool:
        name = field.get("$ref", "").removeprefix("#/$defs/")
        return "description" in field or (name in defs and explained(defs[name]))

    blocks = [defs["film"], defs["shotFields"], defs["gateway"], defs["characters"]["additionalProperties"]]
    blocks += [shot_fields()["multi_shot"]["items"], shot_fields()["motion"]]
    silent = [name for block in blocks for name, field in block["properties"].items() if not explained(field)]
    assert [name for name in silent if name not in ("scenes", "shots")] == []


def test_every_example_of_a_shots_field_is_right() -> None:
    for name, field in shot_fields().items():
        for example in field.get("examples", []):
            found = schema._shape("shotFields").breaches({name: example})
            assert list(found) == [], (name, example)
    assert order("prompt: x").seconds == Fraction(5)
