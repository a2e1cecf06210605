from __future__ import annotations

from fractions import Fraction

import pytest

from storyboard.errors import Problem, Refused, Where
from storyboard.spec.load import load
from storyboard.spec.model import FrameOf, StillFile
from tests.spec.reading import CARD, codes, film, read_film

STYLE = """
vars: {hero: a red fox, lang: en}
looks: {dawn: {prompt: "low sun on {{ hero }}"}}
characters: {mira: {prompt: a woman}}
defaults: {mode: pro, duration: 4s}
scenes:
  - {id: opening, shots: [{id: title, card: {text: "{{ hero }}"}}]}
"""


def test_a_storyboards_own_words_stand_above_the_included() -> None:
    text = """
include: [style.yaml]
vars: {hero: a grey fox}
defaults: {duration: 6s}
scenes:
  - id: ridge
    shots: [{id: a, first: a.jpg, prompt: "{{ hero }} in {{ lang }}", look: dawn, characters: [mira]}]
"""
    storyboard = film(text, {"style.yaml": STYLE})
    assert [shot.id for shot in storyboard.shots] == ["title", "a"]
    assert [shot.scene for shot in storyboard.shots] == ["opening", "ridge"]
    title, shot = storyboard.shots
    assert title.card
    assert title.card.text == "a grey fox"
    assert shot.order
    assert shot.order.prompt == "a grey fox in en, a woman, low sun on a grey fox"
    assert (shot.order.mode, shot.order.seconds) == ("pro", Fraction(6))


def test_places_stay_with_their_files() -> None:
    text = (
        'include: [parts/a.yaml, parts/b.yaml]\nscenes:\n  - {id: own, shots: [{id: three, card: {text: "{{ x }}"}}]}\n'
    )
    part = 'scenes:\n  - {id: NAME, shots: [{id: NAME1, card: {text: "{{ y }}"}}]}\n'
    files = {f"parts/{name}.yaml": part.replace("NAME", name) for name in "ab"}
    _, problems = read_film(text, files)
    assert sorted(problem.where for problem in problems) == [
        Where("film.yaml", 4, 52, ""),
        Where("parts/a.yaml", 2, 47, "film.yaml:2"),
        Where("parts/b.yaml", 2, 47, "film.yaml:2"),
    ]
    assert [problem.path for problem in sorted(problems)] == [f"scenes[{n}].shots[0].card.text" for n in (2, 0, 1)]


def test_the_place_of_an_included_default() -> None:
    storyboard = film(
        "include: [style.yaml]\nscenes: [{id: s, shots: [{id: a, first: a.jpg, prompt: x}]}]\n", {"style.yaml": STYLE}
    )
    shot = storyboard.shot("a")
    assert str(shot.at("mode")) == "style.yaml:5:18"
    assert str(shot.at("prompt")) == "film.yaml:3:56"
    assert shot.at("note") == shot.where


def test_many_included_scenes() -> None:
    names = [f"s{n}" for n in range(400)]
    scenes = "scenes:\n" + "".join(
        f"  - {{id: {name}, shots: [{{id: {name}, card: {{text: x}}}}]}}\n" for name in names
    )
    storyboard = film(
        "include: [a.yaml]\nscenes: [{id: own, shots: [{id: own, card: {text: x}}]}]\n", {"a.yaml": scenes}
    )
    assert [shot.id for shot in storyboard.shots] == [*names, "own"]
    assert storyboard.shot("s399").where.line == 401


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("- a\n", "type"), ("word\n", "type"), ("", "empty"), ("vars: [\n", "yaml"), ("shots: []\n", "unknown-field"),
        ("storyboard: 1\n", "unknown-field"), ("outputs: {film: {}}\n", "unknown-field"), ("vars: [a]\n", "type"),
        ("scenes: x\n", "type"), ("defaults: {mode: x}\n", "choice"), ("budget: 5\n", "unknown-field"),
        ("vars: {a: no}\n", "yaml-boolean"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_part(part: str, code: str) -> None:
    _, problems = read_film(f"include: [style.yaml]\n{CARD}", {"style.yaml": part})
    assert [problem.code for problem in problems] == [code]
    assert problems[0].where.file == "style.yaml"
    assert problems[0].where.included_from == "film.yaml:2"


def test_a_part_that_cannot_be_read() -> None:
    _, problems = read_film(f"include: [no.yaml]\n{CARD}")
    assert problems == [Problem(Where("film.yaml", 2, 11), "include[0]", "include", "`no.yaml` is not there")]


def test_the_storyboards_folder_is_seen() -> None:
    assert not read_film(f"include: [../style.yaml]\n{CARD}", {"../style.yaml": "vars: {a: b}"}, folder="films")[1]
    assert [one.code for one in read_film(f"include: [../style.yaml]\n{CARD}", {})[1]] == ["file-name"]


def test_nothing_is_read_that_has_no_name_of_a_project_file() -> None:
    asked: list[str] = []

    def read_file(name: str) -> bytes:
        asked.append(name)
        raise Refused("no")

    listed = "/etc/passwd, ../a.yaml, 'https://x/y', \"{{ x }}\", 5, good.yaml"
    text = f"storyboard: 1\ninclude: [{listed}]\n{CARD}".encode()
    load("film.yaml", text, read_file)
    assert asked == ["good.yaml"]


def test_continuity() -> None:
    storyboard = film(
        "shots:\n  - {id: a, first: a.jpg, last: {shot: c, frame: first}, prompt: x}\n"
        "  - {id: b, first: {shot: a, frame: last}, prompt: x}\n  - {id: c, first: stills/c.jpg, prompt: x}\n"
    )
    first, second = (shot.order for shot in storyboard.shots[:2])
    assert first
    assert second
    assert (first.first, first.last) == (StillFile("a.jpg"), StillFile("stills/c.jpg"))
    assert second.first == FrameOf("a")


def test_a_document_without_fields_is_no_storyboard() -> None:
    for text in (b"", b"- a", b"word", b"5", b"a: [", b"\xff"):
        storyboard, problems = load("film.yaml", text, lambda name: b"")
        assert storyboard is None
        assert len(problems) == 1


def test_one_mistake_is_one_problem() -> None:
    for line in (
        "duration: 5", "model: Kling", "mode: no", "first: 5", "first: ../../a.jpg", "prompt: 5",
        'prompt: "{{ nope }}"', "in: 1:30",
        "transition: 5", "look: 5", "focus: [2, 1]", "captions: [{text: 5, for: 1s}]", "duration: 5 s", "mode: turbo",
        "nope: 1",
        "audio: 1", "sound: {level: 1}", "card: {}",
    ):  # fmt: skip
        fields = {"first": "a.jpg", "prompt": "x", "length": "4s"}
        fields.pop(line.split(":")[0], None)
        if line.startswith("card"):
            fields = {}
        shot = "".join(f"    {name}: {value}\n" for name, value in fields.items())
        found = codes(f"shots:\n  - id: a\n{shot}    {line}\n  - {{id: b, card: {{text: B}}}}\n")
        assert len(found) == 1, (line, found)


def test_a_mistake_in_the_defaults_is_told_once() -> None:
    shots = "".join(f"  - {{id: s{n}, first: a.jpg, prompt: x}}\n" for n in range(5))
    assert codes(f"defaults: {{duration: 5, look: dawn, fit: x}}\nshots:\n{shots}") == [
        (2, "duration"),
        (2, "look"),
        (2, "choice"),
    ]


def test_rate_and_shape() -> None:
    storyboard = film(f"outputs: {{film: {{fps: 23.976, size: 1080x1920}}}}\n{CARD}")
    assert storyboard.rate == Fraction(24000, 1001)
    assert storyboard.aspect == Fraction(9, 16)


@pytest.mark.parametrize(
    "own", ["vars: 0", "looks: [a]", "characters: x", "defaults: 5", "scenes: 5", "scenes: {a: b}"]
)
def test_an_own_section_that_is_no_block_takes_nothing_in(own: str) -> None:
    assert codes(f"include: [style.yaml]\n{own}\n{CARD}", {"style.yaml": STYLE})[0] == (3, "type")
