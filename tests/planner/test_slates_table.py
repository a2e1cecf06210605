"""Edits of a film whose shots are all bought, and exactly the shots that each would have bought again.

`test_request` has the slates themselves, field by field; here a plan is made, with a chain of three, scenes and a part.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping

import pytest

from storyboard.errors import Refused
from storyboard.planner.plan import plan
from storyboard.planner.take import Take
from storyboard.spec.load import load
from storyboard.spec.model import Storyboard
from tests.planner.world import Shelf, sha, take

FILM = """storyboard: 1
title: First light
aspect: "16:9"
include: [style.yaml]
vars: {season: spring}
defaults: {model: klingai/kling-v3.0-i2v, duration: 5s, transition: dissolve}
scenes:
  - id: ridge
    defaults: {look: dawn}
    shots:
      - {id: pass, first: stills/ridge.jpg, last: stills/pass.jpg, mode: pro, prompt: "{{ hero }} climbs."}
      - {id: stream, first: {shot: pass, frame: last}, prompt: "{{ hero }} drinks.", in: 0.5s}
      - {id: sleep, first: {shot: stream, frame: last}, prompt: It sleeps.}
  - id: valley
    shots:
      - {id: village, model: klingai/kling-v3.0-t2v, prompt: "A café in {{ season }}."}
      - {id: meeting, model: bytedance/seedance-2.0, duration: 4s, characters: [mira], prompt: She waits.}
      - {id: dog, first: stills/dog.jpg, prompt: "A dog runs, and the light changes."}
      - {id: end, card: {text: "{{ title }}"}}
      - {id: found, footage: footage/drone.mp4}
outputs:
  film: {file: build/film.mp4, size: 1280x720}
  tall: {file: build/tall.mp4, size: 720x1280}
"""
STYLE = """vars: {hero: a red fox}
looks: {dawn: {prompt: low morning sun, negative: "text, watermark"}}
characters: {mira: {prompt: a woman in a green coat, references: [stills/mira.jpg]}}
"""
PASS, DOG = "stills/ridge.jpg, last: stills/pass.jpg, mode: pro,", "{id: dog, first: stills/dog.jpg,"
NONE: set[str] = set()
CHAIN = {"pass", "stream", "sleep"}
"""A shot and the two that go on from it."""
ORDERED = CHAIN | {"village", "meeting", "dog"}

Edit = Callable[[str, str], tuple[str, str]]
"""The film and its style, edited."""


def film(old: str, new: str) -> Edit:
    """A place of the film, written otherwise."""
    return lambda text, style: (swapped(text, old, new), style)


def style(old: str, new: str) -> Edit:
    """A place of the included file, written otherwise."""
    return lambda text, other: (text, swapped(other, old, new))


def of_dog(fields: str) -> Edit:
    """Further fields of the shot `dog`."""
    return film(DOG, f"{DOG} {fields},")


def of_film(lines: str) -> Edit:
    """Further fields of the film."""
    return lambda text, other: (f"{text}{lines}\n", other)


def both(*edits: Edit) -> Edit:
    """Several edits at once."""

    def edit(text: str, other: str) -> tuple[str, str]:
        for one in edits:
            text, other = one(text, other)
        return text, other

    return edit


def swapped(text: str, old: str, new: str) -> str:
    """A text with something replaced everywhere; it must be there."""
    assert old in text
    return text.replace(old, new)


def moved(text: str, line: str, before: str) -> str:
    """A text with the line that begins with some words moved before another."""
    lines = text.splitlines(keepends=True)
    taken = next(one for one in lines if one.strip().startswith(line))
    lines.remove(taken)
    lines.insert(next(index for index, one in enumerate(lines) if one.strip().startswith(before)), taken)
    return "".join(lines)


TABLE: dict[str, tuple[Edit, set[str]]] = {
    # order, names, structure
    "a shot is renamed": (film("pass,", "ascent,"), NONE),
    "shots change places": (lambda text, other: (moved(text, "- {id: dog", "- {id: village"), other), NONE),
    "a shot goes to a scene with another look": (
        lambda text, other: (moved(text, "- {id: dog", "- {id: pass"), other), {"dog"}),
    "a scene is renamed": (film("id: valley", "id: dale"), NONE),
    "a shot is added": (film("      - {id: end", "      - {id: new, card: {text: x}}\n      - {id: end"), NONE),
    "fields change places": (
        film('- {id: dog, first: stills/dog.jpg, prompt: "A dog runs, and the light changes."}',
             '- {prompt: "A dog runs, and the light changes.", id: dog, first: stills/dog.jpg}'), NONE),
    "a default is written out": (of_dog("duration: 5s"), NONE),
    "the model's first mode is written out": (of_dog("mode: std"), NONE),
    "what is included is written out": (
        lambda text, other: (swapped(text, "include: [style.yaml]\nvars: {season: spring}\n",
                                     other.replace("{hero", "{season: spring, hero")), ""), NONE),
    # how it is written
    "line endings": (lambda text, other: (text.replace("\n", "\r\n"), other.replace("\n", "\r\n")), NONE),
    "a byte order mark": (lambda text, other: (f"\ufeff{text}", other), NONE),
    "comments and empty lines": (film("scenes:\n", "\n# the scenes\nscenes:  # two of them\n\n"), NONE),
    "another quote": (film('"{{ hero }} climbs."', "'{{ hero }} climbs.'"), NONE),
    "a folded text": (
        film('- {id: dog, first: stills/dog.jpg, prompt: "A dog runs, and the light changes."}',
             "- id: dog\n        first: stills/dog.jpg\n        prompt: >-\n"
             "          A dog runs,\n          and the light changes."), NONE),
    "spaces around a text": (film('"{{ hero }} climbs."', '"  {{hero}} climbs. "'), NONE),
    "an accent in two code points": (lambda text, other: (unicodedata.normalize("NFD", text), other), NONE),
    "5s as 120f": (film("duration: 5s", "duration: 120f"), NONE),
    "5s as a timecode": (film("duration: 5s", 'duration: "00:00:05:00"'), NONE),
    "5s as 5.0s": (film("duration: 5s", "duration: 5.0s"), NONE),
    "another name for the same still": (film("stills/dog.jpg", "stills/hound.jpg"), NONE),
    # the cut
    "in": (film("in: 0.5s", "in: 1s"), NONE),
    "out": (of_dog("out: 4s"), NONE),
    "length": (of_dog("length: 3s"), NONE),
    "note": (of_dog("note: more steam"), NONE),
    "approved and pinned": (of_dog("approved: true, pin: true"), NONE),
    "speed and direction": (of_dog("speed: 50%, reverse: true"), NONE),
    "framing": (of_dog("fit: blur, flip: horizontal, scale: 1.2"), NONE),
    "a frame that stands still": (of_dog("freeze: {at: 1s, for: 1s}"), NONE),
    "every transition": (film("transition: dissolve", "transition: {type: fade, duration: 1s}"), NONE),
    "one transition": (of_dog("transition: wipeleft"), NONE),
    "a caption": (of_dog("captions: [{text: Woof, for: 1s}]"), NONE),
    "a title": (of_dog("titles: [{text: Woof}]"), NONE),
    "an overlay": (of_dog("overlays: [{image: logo.png}]"), NONE),
    "a shot's sound": (of_dog("sound: mute"), NONE),
    "a voice": (of_dog("narration: voice/dog.wav"), NONE),
    "the film's title, and a card's words": (film("First light", "Last light"), NONE),
    "another cut of footage": (film("footage/drone.mp4", "footage/drone.mp4, in: 2s"), NONE),
    "other footage": (film("footage/drone.mp4", "footage/kite.mp4"), NONE),
    # the film
    "outputs change places": (lambda text, other: (moved(text, "tall:", "film:"), other), NONE),
    "another output": (of_film("  wide: {size: 1920x800}"), NONE),
    "the first output's rate": (film("size: 1280x720", "size: 1280x720, fps: 25"), NONE),
    "the mix": (of_film("sound: {clips: mute, music: {file: a.wav}, loudness: -14}"), NONE),
    "how it opens and closes": (of_film("open: {fade: 1s}\nclose: {fade: 1s}"), NONE),
    "its length and budget": (of_film("budget: 5.00\nlength: 30s"), NONE),
    "who may make it": (of_film("gateway: {only: [klingai], tags: [x]}"), NONE),
    "a look's table for colours": (style("low morning sun,", "low morning sun, lut: dawn.cube,"), NONE),
    "a word that nobody uses": (film("{season: spring}", "{season: spring, unused: x}"), NONE),
    # what is ordered
    "one prompt": (film("A dog runs", "A dog walks"), {"dog"}),
    "a comma in a prompt": (film("A dog runs,", "A dog runs"), {"dog"}),
    "a prompt that others go on from": (film("climbs", "leaps"), CHAIN),
    "a prompt in the middle of a chain": (film("drinks", "swims"), {"stream", "sleep"}),
    "a prompt at the end of a chain": (film("It sleeps", "It dreams"), {"sleep"}),
    "a word of one shot": (film("spring", "autumn"), {"village"}),
    "a word of two shots, and what goes on from them": (style("a red fox", "a grey fox"), CHAIN),
    "a look": (style("low morning sun", "late sun"), CHAIN),
    "a look's negative": (style("text, watermark", "text"), CHAIN),
    "no look": (film("    defaults: {look: dawn}\n", ""), CHAIN),
    "a character": (style("a green coat", "a red coat"), {"meeting"}),
    "a character's picture": (style("[stills/mira.jpg]", "[stills/mira.jpg, stills/coat.jpg]"), {"meeting"}),
    "the mode": (film("mode: pro", "mode: std"), CHAIN),
    "the duration of one": (of_dog("duration: 10s"), {"dog"}),
    "the duration of all that say none": (film("duration: 5s", "duration: 10s"), ORDERED - {"meeting"}),
    "the model of one": (of_dog("model: klingai/kling-v2.6-i2v"), {"dog"}),
    "sound": (of_dog("audio: true"), {"dog"}),
    "a negative": (of_dog("negative: cats"), {"dog"}),
    "an option": (of_dog("options: {cfgScale: 0.5}"), {"dog"}),
    "a seed that is not honoured": (film("characters: [mira],", "characters: [mira], seed: 7,"), NONE),
    "the point that a crop keeps": (of_dog("focus: [0.2, 0.5]"), {"dog"}),
    "a last frame": (of_dog("last: stills/mira.jpg"), {"dog"}),
    "a chain that is broken": (film("{shot: stream, frame: last}", "stills/pass.jpg"), {"sleep"}),
    "the film's shape": (film('aspect: "16:9"', 'aspect: "9:16"'), ORDERED),
}  # fmt: skip


def read(text: str, other: str) -> Storyboard:
    """The film with its included file."""

    def read_file(name: str) -> bytes:
        if name != "style.yaml":
            raise Refused(f"`{name}` is not there")
        return other.encode()

    storyboard, problems = load("film.yaml", text.encode(), read_file)
    assert not problems, problems
    assert storyboard
    return storyboard


def shelf(bought: Storyboard) -> Shelf:
    """A world that holds a take of every shot of a film, each with bytes of its own."""
    world = Shelf(digests={"stills/hound.jpg": sha("stills/dog.jpg")})
    before: dict[str, Take] = {}
    while waiting := [one for one in plan(bought, world, "remote").missing if one.slate]:
        for one in waiting:
            before[one.shot.id] = world.takes[str(one.slate)] = take(str(one.slate), str(one.slate))
    world.before = before
    return world


def again(text: str, other: str, bytes_of: Mapping[str, str] | None = None) -> set[str]:
    """The shots that would be shot again, of a film that was bought as it stands above."""
    world = shelf(read(FILM, STYLE))
    world.digests = {**world.digests, **(bytes_of or {})}
    planned = plan(read(text, other), world, "remote")
    assert {one.shot.id for one in planned.to_buy} == {one.shot.id for one in planned.missing}
    return {one.shot.id for one in planned.missing}


@pytest.mark.parametrize("name", TABLE)
def test_an_edit_has_exactly_these_shot_again(name: str) -> None:
    edit, changed = TABLE[name]
    text, other = edit(FILM, STYLE)
    assert (text, other) != (FILM, STYLE)
    assert again(text, other) == changed


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("stills/ridge.jpg", CHAIN), ("stills/pass.jpg", CHAIN), ("stills/dog.jpg", {"dog"}),
        ("stills/mira.jpg", {"meeting"}), ("footage/drone.mp4", NONE), ("music/theme.wav", NONE),
    ],
)  # fmt: skip
def test_other_bytes_of_a_still_are_shot_again_and_what_goes_on_from_it(file: str, changed: set[str]) -> None:
    assert again(FILM, STYLE, {file: sha("other bytes")}) == changed


def test_all_of_it_is_bought_once() -> None:
    world = shelf(read(FILM, STYLE))
    assert set(world.before) == ORDERED
    assert len(world.takes) == len(ORDERED)
    assert again(FILM, STYLE) == NONE
    assert len(TABLE) >= 60
