"""`foreach`: one shot for each item of a list, with an id from the data, and every mistake told once at its place."""

from __future__ import annotations

import pytest

from storyboard.spec.model import FrameOf, StillFile
from tests.spec.reading import codes, film, read_film

STOPS = """
vars:
  hero: a fox
  stops:
    - {id: oslo, name: Oslo, still: stills/oslo.jpg, seconds: 3s}
    - {id: rome, name: Rome, still: stills/rome.jpg, seconds: 4s}
    - {id: bern, name: Bern, still: stills/bern.jpg, seconds: 5s}
"""
SHOT = """
  - id: "stop-{{ stop.id }}"
    foreach: {stop: stops}
    first: "{{ stop.still }}"
    prompt: "{{ hero }} in {{ stop.name }}"
    length: "{{ stop.seconds }}"
    captions: [{text: "{{ stop.name | upper }}, {{ shot.id }}", for: 1s}]
    transition: dissolve
"""
END = "  - {id: end, card: {text: The end}}\n"


def problems(text: str) -> list[tuple[int, int, str, str, str]]:
    """Place, path, code and message of every problem, by place."""
    found = sorted(set(read_film(text)[1]))
    return [(one.where.line, one.where.column, one.path, one.code, one.message) for one in found]


def test_one_shot_for_each_in_order() -> None:
    made = film(f"{STOPS}shots:{SHOT}{END}")
    assert [shot.id for shot in made.shots] == ["stop-oslo", "stop-rome", "stop-bern", "end"]
    oslo, rome, *_ = made.shots
    assert oslo.order
    assert (oslo.order.prompt, oslo.order.first) == ("a fox in Oslo", StillFile("stills/oslo.jpg"))
    assert rome.captions[0].text == "ROME, stop-rome"
    assert rome.length
    assert (rome.length.text, rome.transition.kind, rome.path) == ("4s", "dissolve", "shots[0]")


def test_an_id_does_not_depend_on_a_position() -> None:
    before = film(f"{STOPS}shots:{SHOT}{END}")
    rows = STOPS.splitlines()
    after = film("\n".join([*rows[:4], *reversed(rows[4:])]) + f"\nshots:{SHOT}{END}")
    assert [shot.id for shot in after.shots] == ["stop-bern", "stop-rome", "stop-oslo", "end"]
    orders = {shot.id: shot.order for shot in before.shots}
    assert {shot.id: shot.order for shot in after.shots} == orders


def test_in_a_scene_with_its_defaults_and_a_list_of_plain_words() -> None:
    text = """
scenes:
  - id: count
    defaults: {duration: 4s, first: a.jpg}
    shots:
      - {id: "{{ word | lower }}", foreach: {word: [Ready, Steady, Go]}, prompt: "{{ word }} in {{ scene.id }}"}
"""
    made = film(text)
    assert [(shot.id, shot.scene) for shot in made.shots] == [("ready", "count"), ("steady", "count"), ("go", "count")]
    assert [shot.order.prompt for shot in made.shots if shot.order] == [
        "Ready in count",
        "Steady in count",
        "Go in count",
    ]
    assert {shot.duration.text for shot in made.shots} == {"4s"}


def test_continuity_between_made_shots() -> None:
    text = """
vars:
  steps: [{id: a, after: start}, {id: b, after: step-a}]
looks: {dawn: {prompt: low sun}}
shots:
  - {id: start, first: a.jpg, prompt: x}
  - id: "step-{{ step.id }}"
    foreach: {step: steps}
    first: {shot: "{{ step.after }}", frame: last}
    prompt: goes on
  - {id: back, footage: {shot: step-b}}
  - {id: last, first: {shot: step-b, frame: last}, prompt: x}
"""
    made = film(text)
    froms = [shot.order.first for shot in made.shots if shot.order]
    assert froms == [StillFile("a.jpg"), FrameOf("start"), FrameOf("step-a"), FrameOf("step-b")]
    assert made.shot("back").reuse == "step-b"


def test_a_look_may_come_from_the_data() -> None:
    text = """
vars: {stops: [{id: a, look: dawn}, {id: b, look: dusk}]}
looks: {dawn: {prompt: low sun}}
shots: [{id: "s-{{ stop.id }}", foreach: {stop: stops}, look: "{{ stop.look }}", first: a.jpg, prompt: x}]
"""
    [(line, column, path, code, message)] = problems(text)
    assert (line, column, path, code) == (3, 51, "vars.stops[1].look", "look")
    assert message == "there is no look `dusk` (shot `s-b`)"


def test_what_the_data_gets_wrong_is_told_at_its_own_line() -> None:
    wrong = STOPS.replace("stills/rome.jpg", "../rome.jpg").replace("seconds: 5s", "seconds: five")
    assert problems(f"{wrong}shots:{SHOT}{END}") == [
        (7, 37, "vars.stops[1].still", "file-name", "`../rome.jpg` leaves the project (shot `stop-rome`)"),
        (8, 63, "vars.stops[2].seconds", "duration", "'five' is not a duration (shot `stop-bern`)"),
    ]


def test_what_the_shared_text_gets_wrong_is_told_once() -> None:
    text = f"{STOPS}shots:{SHOT}{END}".replace("{{ hero }}", "{{ herro }}").replace("for: 1s", "for: 1")
    assert [one[3:] for one in problems(text)] == [
        ("template", "`herro` is not defined"),
        ("duration", "1 has no unit"),
    ]


def test_what_only_some_items_lack_names_their_shots() -> None:
    text = f"{STOPS}shots:{SHOT}{END}".replace("name: Rome, ", "")
    told = {one[4] for one in problems(text)}
    assert told == {"there is no `name` in it (shot `stop-rome`)"}


@pytest.mark.parametrize(
    ("before", "after", "place", "message", "hint"),
    [
        (
            "stop-{{ stop.id }}",
            "stop",
            (10, 9, "foreach"),
            "each shot of a `foreach` needs an id of its own, and all would be `stop`",
            "write `id: stop-{{ stop.id }}`, with a word that no other item has",
        ),
        (
            "stop-{{ stop.id }}",
            "stop-{{ hero | length }}",
            (10, 9, "foreach"),
            "each shot of a `foreach` needs an id of its own, and all would be `stop-5`",
            "write `id: stop-{{ stop.id }}`, with a word that no other item has",
        ),
        (
            "id: rome",
            "id: oslo",
            (7, 7, "duplicate-id"),
            "items 1 and 2 of this list both make the shot `stop-oslo`",
            "write `id: stop-{{ stop.id }}`, with a word that no other item has",
        ),
        (
            "id: rome",
            "id: Città di Roma",
            (10, 9, "slug"),
            "`stop-Città di Roma` is not an id",
            "an id has letters, digits, - and _, as in opening-2: give the item a word for it",
        ),
        (
            "{stop: stops}",
            "{stop: stop}",
            (11, 21, "foreach"),
            "there is no list `stop` in `vars`",
            "did you mean `stops`?",
        ),
        ("{stop: stops}", "{stop: hero}", (11, 21, "foreach"), "`hero` is not a list", "one of stops"),
        (
            "{stop: stops}",
            "{stop: stops, b: stops}",
            (11, 14, "foreach"),
            "`foreach` goes over one list",
            "write it as in `foreach: {stop: stops}`",
        ),
        (
            "{stop: stops}",
            "{shot: stops}",
            (11, 14, "foreach"),
            "`shot` is a word that every template has",
            "choose another word",
        ),
        (
            "{stop: stops}",
            "{stop: []}",
            (11, 21, "count"),
            "`stop` must have at least 1 entry",
            "write one, or remove the line",
        ),
    ],
)
def test_what_a_foreach_gets_wrong(
    before: str, after: str, place: tuple[int, int, str], message: str, hint: str
) -> None:  # fmt: skip
    text = f"{STOPS}shots:{SHOT}{END}".replace(before, after, 1)
    (problem,) = read_film(text)[1]
    assert (problem.where.line, problem.where.column, problem.code) == place
    assert (problem.message, problem.hint) == (message, hint)


def test_an_id_is_a_template_only_there() -> None:
    text = 'vars: {a: b}\nshots: [{id: "x-{{ a }}", card: {text: A}}]\ndefaults: {foreach: {a: [b]}}\n'
    assert codes(text) == [(3, "slug"), (4, "default-foreach")]


def test_made_shots_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storyboard.spec.foreach.MAX_SHOTS", 5)
    storyboard, found = read_film(f"{STOPS}shots:{SHOT}{SHOT.replace('stop-', 'again-')}{END}")
    assert storyboard is None
    assert [one.message for one in found] == ["the film has more than 5 shots"]
