"""The identity of what is paid for: golden slates, and which edits change them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from storyboard.planner.catalogue import catalogue
from storyboard.planner.request import (
    Inputs,
    Movement,
    Picture,
    Request,
    as_sent,
    build_request,
    focus_point,
    mode_of,
    normal,
    picture_size,
    reference_picture,
)
from storyboard.spec.model import Beat, Block, Order, Routing
from tests.planner.world import sha, slates

GOLDEN = Path(__file__).parents[1] / "golden" / "slates.json"
STILL = Picture(sha("ridge"), "still", 1280, 720, (5_000, 5_000))
FRAME = Picture(sha("take"), "last", 1280, 720, (5_000, 5_000))
I2V, T2V, MOTION = (f"klingai/kling-v3.0-{kind}" for kind in ("i2v", "t2v", "motion-control"))

REQUESTS = {
    "one still": Request(I2V, "The fox climbs.", "", 5, "std", False, "", STILL, None),
    "an image pair": Request(I2V, "The fox climbs.", "", 5, "std", False, "", STILL,
    Picture(sha("pass"), "still", 1280, 720, (5_000, 4_000))),
    "goes on from a take": Request(I2V, "The fox drinks.", "", 5, "std", False, "", FRAME, None),
    "only a last frame": Request(I2V, "The fox climbs.", "", 5, "std", False, "", None, STILL),
    "sound, pro, negative": Request(I2V, "The fox climbs.", "text, watermark", 10, "pro", True, "", STILL, None),
    "words alone": Request(T2V, "A fox.", "", 15, "std", False, "16:9", None, None),
    "words alone, upright": Request(T2V, "A fox.", "", 15, "std", False, "9:16", None, None),
    "other scripts": Request(I2V, "Лиса 🦊 初光 “été”\nzwei", "", 3, "std", False, "", STILL, None),
    "signs that JSON escapes": Request(I2V, "\"quoted\" \\ / \t \u2028 \u007f <b>", "", 3, "std", False, "", STILL,
    None),
    "an upright crop": Request(I2V, "The fox climbs.", "", 5, "pro", False, "",
    Picture(sha("ridge"), "still", 1080, 1920, (0, 10_000)), None),
    "references": Request("bytedance/seedance-2.0", "She climbs.", "", 4, "480p", False, "16:9", None, None,
    (reference_picture(sha("mira")), reference_picture(sha("coat")))),
    "a seed": Request("google/veo-3.1-generate-001", "A fox.", "text", 8, "1080p", True, "9:16", None, None, seed=7),
    "a seed and a still": Request("google/veo-3.1-generate-001", "A fox.", "", 8, "720p", False, "16:9", STILL, None,
    seed=2_147_483_647),
    "several shots in one clip": Request(T2V, "", "", 5, "pro", False, "16:9", None, None,
    beats=(Beat("Wide: a red fox climbs.", 3), Beat("Close on its eyes.", 2))),
    "a movement taken over": Request(MOTION, "", "", 12, "std", False, "", STILL, None,
    motion=Movement(sha("dance"), "video", keep_sound=True)),
    "a movement taken over, silent": Request(MOTION, "She dances.", "", 5, "pro", False, "", STILL, None,
    motion=Movement(sha("dance"), "image", keep_sound=False), elements=(829836802793406551,)),
    "voices": Request(I2V, "<<<voice_1>>> Good morning.", "", 5, "std", True, "", STILL, None,
    voices=("829824295735410756", "v-2")),
    "elements": Request(I2V, "They meet.", "", 5, "std", False, "", STILL, None, elements=(829836802793406551, 3)),
    "options": Request(I2V, "The fox climbs.", "", 5, "std", False, "", STILL, None,
    options=(("cfgScale", 0.5), ("watermarkEnabled", False))),
    "options of every kind": Request("acme/zoom", "x", "", 5, "", False, "16:9", None, None,
    options=(("a", (1, ("b", True), Block((("x", -0.25), ("y", "é"))))), ("b", Block(())))),
    "a size in pixels": Request("alibaba/wan-v2.6-t2v", "A fox.", "", 10, "720p", True, "1:1", None, None),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_golden_slate(name: str) -> None:
    """A golden slate may never change: whoever holds a take for it would pay for it again."""
    assert REQUESTS[name].slate == json.loads(GOLDEN.read_text("utf-8"))[name]


def test_golden_slates_are_kept() -> None:
    golden = json.loads(GOLDEN.read_text("utf-8"))
    assert set(golden) == set(REQUESTS)
    assert len(set(golden.values())) == len(golden) >= 8


def test_canonical_form() -> None:
    assert REQUESTS["sound, pro, negative"].canonical() == (
        b'{"audio":true,"first":{"focus":[5000,5000],"frame":"still","recipe":"crop-1","size":[1280,720],"source":"'
        + sha("ridge").encode()
        + b'"},"mode":"pro","model":"klingai/kling-v3.0-i2v","negative":"text, watermark","prompt":"The fox climbs.",'
        b'"seconds":10,"version":"request-1"}'
    )


def test_canonical_form_of_what_came_later() -> None:
    """An order without these fields has the form that it had before there were any."""
    still = REQUESTS["one still"].canonical()
    routed = replace(REQUESTS["one still"], routing=Routing(only=("klingai",), user="mira"))
    assert routed.canonical() == still
    full = replace(
        REQUESTS["options of every kind"], references=(reference_picture("0" * 64),), seed=7, beats=(Beat("y", 5),),
        motion=Movement("1" * 64, "image", keep_sound=True), voices=("v",), elements=(2**63 - 1,),
    )  # fmt: skip
    assert full.canonical().decode() == (
        '{"aspect":"16:9","audio":false,"beats":[{"prompt":"y","seconds":5}],"elements":["9223372036854775807"],'
        f'"model":"acme/zoom","motion":{{"orientation":"image","sound":true,"source":"{"1" * 64}"}},'
        '"options":{"a":[1,["b",true],{"x":-0.25,"y":"é"}],"b":{}},"prompt":"x",'
        f'"references":[{{"frame":"reference","recipe":"fit-1","size":[1920,1920],"source":"{"0" * 64}"}}],"seed":7,'
        '"version":"request-1","voices":["v"]}'
    )


def test_silence_is_written_out() -> None:
    assert b'"audio":false' in REQUESTS["one still"].canonical()


BASE = """\
storyboard: 1
title: First light
vars: {hero: a red fox}
looks: {dawn: {prompt: low morning sun, negative: text}, plain: {}}
characters: {mira: {prompt: a woman in a green coat, elements: [3]}}
defaults: {duration: 5s, mode: std, look: dawn}
shots:
  - id: a
    first: stills/a.jpg
    last: stills/b.jpg
    prompt: "{{ hero }} climbs; Café."
    note: wants more steam
  - id: b
    first: {shot: a, frame: last}
    prompt: "It drinks."
    transition: {type: dissolve, duration: 0.5s}
  - id: c
    first: stills/c.jpg
    prompt: "It sleeps."
    characters: [mira]
  - id: d
    model: klingai/kling-v3.0-t2v
    prompt: "Night falls."
  - id: e
    card: {text: "{{ title }}"}
  - id: f
    model: bytedance/seedance-2.0
    look: plain
    mode: 480p
    references: [stills/mira.jpg, stills/coat.jpg]
    prompt: "She climbs."
  - id: g
    model: klingai/kling-v3.0-t2v
    look: plain
    multi_shot:
      - {prompt: "Wide: she climbs.", duration: 3s}
      - {prompt: "Close on her eyes.", duration: 2s}
  - id: h
    model: klingai/kling-v3.0-motion-control
    look: plain
    first: stills/mira.jpg
    motion: {video: footage/dance.mp4, orientation: image}
outputs: {film: {size: 1920x1080, fps: 24}}
"""

Edit = Callable[[str], str]


def put(old: str, new: str) -> Edit:
    """An edit that replaces a text which stands once."""

    def edit(text: str) -> str:
        assert text.count(old) == 1, (old, text.count(old))
        return text.replace(old, new)

    return edit


def move_last_shot_first(text: str) -> str:
    start, end = text.index("  - id: d"), text.index("  - id: e")
    first = text.index("  - id: a")
    return text[:first] + text[start:end] + text[first:start] + text[end:]


def add(after: str, field: str) -> Edit:
    """An edit that writes a field behind a line of a shot."""
    return put(after, f"{after}\n    {field}")


EDITS: dict[str, tuple[Edit, str]] = {
    # What is asked of the model, and everything that goes on from it.
    "prompt": (put("It sleeps.", "It dreams."), "c"),
    "prompt of a shot that another goes on from": (put("climbs;", "runs;"), "ab"),
    "a word of the templates": (put("a red fox", "a grey fox"), "ab"),
    "prompt of a look": (put("low morning sun", "late sun"), "abcd"),
    "negative of a look": (put("negative: text", "negative: people"), "abcd"),
    "prompt of a character": (put("a green coat", "a red coat"), "c"),
    "mode of all": (put("mode: std", "mode: pro"), "abcdgh"),
    "mode of one": (put("prompt: \"It sleeps.\"", "prompt: \"It sleeps.\"\n    mode: pro"), "c"),
    "audio": (put("prompt: \"Night falls.\"", "prompt: \"Night falls.\"\n    audio: true"), "d"),
    "negative": (put("prompt: \"Night falls.\"", "prompt: \"Night falls.\"\n    negative: stars"), "d"),
    "duration": (put("prompt: \"Night falls.\"", "prompt: \"Night falls.\"\n    duration: 6s"), "d"),
    "model": (put("first: stills/c.jpg", "first: stills/c.jpg\n    model: klingai/kling-v2.6-i2v"), "c"),
    "another still": (put("stills/c.jpg", "stills/d.jpg"), "c"),
    "another last frame": (put("stills/b.jpg", "stills/c2.jpg"), "ab"),
    "focus": (put("first: stills/c.jpg", "first: stills/c.jpg\n    focus: [0.2, 0.5]"), "c"),
    "aspect": (put("title:", 'aspect: "1:1"\ntitle:'), "abcdfgh"),
    "shape of the first output": (put("1920x1080", "1080x1920"), "abcdfgh"),
    "no look": (put(", look: dawn}", "}"), "abcd"),
    "a look of several shots in one clip": (put("plain: {}", "plain: {prompt: late sun}"), "fgh"),
    "elements of a character": (put("elements: [3]", "elements: [4]"), "c"),
    "elements of a shot": (add('prompt: "It sleeps."', "elements: [4]"), "c"),
    "no elements": (add('prompt: "It sleeps."', "elements: []"), "c"),
    "voices": (add('prompt: "Night falls."', "voices: [v-1]"), "d"),
    "options": (add('prompt: "Night falls."', "options: {cfgScale: 0.5}"), "d"),
    "another mode": (put("mode: 480p", "mode: 720p"), "f"),
    "order of the references": (put("stills/mira.jpg, stills/coat.jpg", "stills/coat.jpg, stills/mira.jpg"), "f"),
    "another reference": (put("stills/coat.jpg]", "stills/hat.jpg]"), "f"),
    "a reference less": (put(", stills/coat.jpg]", "]"), "f"),
    "prompt of a shot in a clip": (put("Close on her eyes.", "Close on her hands."), "g"),
    "length of a shot in a clip": (put("duration: 2s", "duration: 3s"), "g"),
    "video of a movement": (put("footage/dance.mp4", "footage/walk.mp4"), "h"),
    "orientation of a movement": (put("orientation: image", "orientation: video"), "h"),
    "sound of a movement": (put("orientation: image", "orientation: image, sound: false"), "h"),
    "a seed that is honoured": (
        lambda text: text.replace("bytedance/seedance-2.0", "bytedance/seedance-v1.5-pro\n    seed: 7"), "f"
    ),
    # What is not.
    "order of the shots": (move_last_shot_first, ""),
    "in": (put("prompt: \"It sleeps.\"", "prompt: \"It sleeps.\"\n    in: 1s"), ""),
    "out": (put("prompt: \"It sleeps.\"", "prompt: \"It sleeps.\"\n    out: 4s"), ""),
    "length": (put("prompt: \"It sleeps.\"", "prompt: \"It sleeps.\"\n    length: 3s"), ""),
    "the cut of a shot that another goes on from": (put("note: wants", "length: 3s\n    note: wants"), ""),
    "captions": (put("prompt: \"It sleeps.\"", "prompt: \"It sleeps.\"\n    captions: [{text: Hm, for: 1s}]"), ""),
    "transition": (put("{type: dissolve, duration: 0.5s}", "wipeleft"), ""),
    "note": (put("more steam", "less steam"), ""),
    "approved": (put("note: wants", "approved: true\n    note: wants"), ""),
    "pin": (put("note: wants", "pin: true\n    note: wants"), ""),
    "fit": (put("prompt: \"It sleeps.\"", "prompt: \"It sleeps.\"\n    fit: blur"), ""),
    "sound of the shot": (put("prompt: \"It sleeps.\"", "prompt: \"It sleeps.\"\n    sound: {level: -6dB}"), ""),
    "title": (put("First light", "Last light"), ""),
    "outputs of the same shape": (put("{size: 1920x1080, fps: 24}", "{file: build/x.mp4, size: 1280x720, fps: 25}"),
    ""),
    "another output": (put("fps: 24}}", "fps: 24}, tall: {size: 1080x1920}}"), ""),
    "mix": (put("outputs:", "sound: {clips: mute, music: {file: m.flac}}\noutputs:"), ""),
    "open and close": (put("outputs:", "open: {fade: 1s}\nclose: {fade: 1s}\noutputs:"), ""),
    "budget and length": (put("outputs:", "budget: 5\nlength: 60s\noutputs:"), ""),
    "seconds as frames": (put("duration: 5s", "duration: 120f"), ""),
    "seconds as timecode": (put("duration: 5s", 'duration: "00:00:05:00"'), ""),
    "line endings": (lambda text: text.replace("\n", "\r\n"), ""),
    "spelling in Unicode": (put("Café", "Cafe\u0301"), ""),
    "a seed that is not honoured": (put("mode: 480p", "mode: 480p\n    seed: 7"), ""),
    "sound that can be chosen no more than before": (add('prompt: "She climbs."', "audio: false"), ""),
    "length of a movement": (add("motion: {video: footage/dance.mp4, orientation: image}", "duration: 9s"), ""),
    "sound of a movement, written out": (put("orientation: image", "orientation: image, sound: true"), ""),
    "focus where all is whole": (put("mode: 480p", "mode: 480p\n    focus: [0.1, 0.1]"), ""),
    "an empty list of options": (add('prompt: "Night falls."', "options: {}"), ""),
    "who makes it": (put("title:", "gateway: {only: [fal], tags: [x], zero_data_retention: true}\ntitle:"), ""),
    "who makes one": (add('prompt: "It sleeps."', "gateway: {order: [fal], user: mira}"), ""),
    "key order": (put("first: stills/a.jpg\n    last: stills/b.jpg\n",
    "last: stills/b.jpg\n    first: stills/a.jpg\n"), ""),
    "quotes": (put('"It sleeps."', "It sleeps."), ""),
    "block text": (put('prompt: "It sleeps."', "prompt: |\n      It sleeps.\n"), ""),
    "a comment": (put("shots:", "# the shots\nshots:"), ""),
    "a word that nobody uses": (put("hero: a red fox", "hero: a red fox, den: deep"), ""),
    "a look that nobody uses": (put("looks: {", "looks: {dusk: {prompt: late}, "), ""),
    "a default as a field": (put("prompt: \"It sleeps.\"",
    "prompt: \"It sleeps.\"\n    mode: std\n    look: dawn\n    focus: [0.5, 0.5]"), ""),
    "scenes": (put("shots:\n", "scenes:\n- id: one\n  shots:\n"), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", list(EDITS))
def test_an_edit_changes_exactly_these_slates(name: str) -> None:
    edit, changed = EDITS[name]
    before, after = slates(BASE), slates(edit(BASE))
    assert set(before) == set(after)
    assert {shot for shot in before if before[shot] != after[shot]} == set(changed)


@pytest.mark.parametrize("seed", [None, 7])
def test_a_further_take_has_another_seed_and_the_same_slate(seed: int | None) -> None:
    other = REQUESTS["words alone"]
    honours = replace(other, model="alibaba/wan-v2.6-t2v", seed=seed)
    assert as_sent(honours, 1) == honours
    sent = [as_sent(honours, number).seed for number in range(2, 50)]
    assert len({*sent, seed}) == 49
    assert all(one and 1 <= one < 2**31 for one in sent)
    assert sent == [as_sent(replace(honours), number).seed for number in range(2, 50)], "the same on every machine"
    assert replace(as_sent(honours, 9), seed=seed).slate == honours.slate
    assert as_sent(other, 9) == other, "Kling honours none"
    unknown = replace(other, model="acme/zoom", seed=seed)
    assert (as_sent(unknown, 2).seed == seed) is (seed is None)


def test_an_id_is_in_no_slate() -> None:
    after = slates(BASE.replace("id: a\n", "id: opening\n").replace("{shot: a,", "{shot: opening,"))
    assert list(after.values()) == list(slates(BASE).values())


def test_the_bytes_of_a_still_are_in_the_slate() -> None:
    before, after = slates(BASE), slates(BASE, {"stills/c.jpg": sha("another picture")})
    assert {shot for shot in before if before[shot] != after[shot]} == {"c"}


def test_a_stills_name_is_not() -> None:
    same = sha("one picture")
    before = slates(BASE, {"stills/c.jpg": same})
    assert slates(BASE.replace("stills/c.jpg", "other/é.png"), {"other/é.png": same}) == before


def order(model: str, prompt: str = "x", mode: str = "std", *, audio: bool = False) -> Order:
    """An order of a model."""
    return Order(model, prompt, "", Fraction(5), mode, audio, None, None)


def shape(model: str, aspect: str, first: Picture | None = None) -> str:
    """The shape that is asked for."""
    return build_request(order(model), catalogue().models.get(model), Fraction(aspect), Inputs(first)).aspect


def test_the_shape_is_ordered_where_the_model_chooses_it() -> None:
    assert shape(I2V, "16/9", STILL) == ""
    assert shape(T2V, "16/9") == "16:9"
    assert shape("acme/zoom", "1") == "1:1"
    assert shape("acme/zoom", "1", STILL) == ""
    assert shape("acme/zoom", "21/9") == "7:3"
    assert shape("bytedance/seedance-2.0", "21/9") == "21:9", "as the model spells it"
    assert shape("bytedance/seedance-2.0", "21/9", STILL) == "", "an explicit shape beside a still is refused"
    assert shape("google/veo-3.1-generate-001", "9/16", STILL) == "9:16", "else it would be landscape"


def test_a_mode_is_the_written_one_or_the_models_first() -> None:
    models = catalogue().models
    for id_, default in ((I2V, "std"), ("google/veo-3.1-generate-001", "720p"), ("minimax/minimax-h3", "2K")):
        assert mode_of(order(id_, mode=""), models[id_]) == default
        assert mode_of(order(id_, mode="pro"), models[id_]) == "pro"
    assert mode_of(order("acme/zoom", mode=""), None) == ""


@pytest.mark.parametrize("audio", [False, True])
def test_sound_is_ordered_where_there_is_a_choice(audio: bool) -> None:
    for id_, ordered in ((T2V, audio), ("klingai/kling-v2.5-turbo-t2v", False), ("alibaba/wan-v2.7-t2v", True)):
        model = catalogue().models[id_]
        assert build_request(order(id_, audio=audio), model, Fraction(1), Inputs()).audio is ordered
    assert build_request(order("acme/zoom", audio=audio), None, Fraction(1), Inputs()).audio is audio


@pytest.mark.parametrize(
    ("mode", "aspect", "size"),
    [
        ("std", "16/9", (1280, 720)), ("pro", "16/9", (1920, 1080)), ("std", "9/16", (720, 1280)),
        ("std", "1", (720, 720)),
        ("pro", "21/9", (2520, 1080)), ("std", "4/5", (720, 900)), ("std", "239/100", (1720, 720)),
        ("fast", "1", (1080, 1080)),
    ],
)  # fmt: skip
def test_picture_size(mode: str, aspect: str, size: tuple[int, int]) -> None:
    assert picture_size(catalogue().models[I2V], mode, Fraction(aspect)) == size


def test_focus_is_whole_numbers() -> None:
    assert focus_point((0.5, 0.333333)) == (5_000, 3_333)
    assert focus_point((0.0, 1.0)) == (0, 10_000)


def test_normal() -> None:
    assert normal(" Cafe\u0301\r\nx\ry \n") == "Café\nx\ny"
    assert normal("ﬁ") == "ﬁ", "what looks like another text stays another text"
