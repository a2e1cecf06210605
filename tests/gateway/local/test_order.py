"""What a request asks for: sizes, lengths, sound, and the warnings for what is ignored."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.gateway.local.order import Order, read_order
from storyboard.gateway.local.refusal import Refusal
from storyboard.planner.catalogue import catalogue

from .calling import I2V, T2V, Json, body, file_of, still


def read(model: str = I2V, **changes: object) -> Order:
    return read_order(catalogue().models[model], json.loads(json.dumps(body(**changes))))


def features(order: Order) -> list[str]:
    return [warning["feature"] for warning in order.warnings]


def mode(name: str) -> Json:
    return {"klingai": {"mode": name}}


@pytest.mark.parametrize(
    ("shape", "mode_name", "size"),
    [
        ((640, 360), "std", (1280, 720)),
        ((640, 360), "pro", (1920, 1080)),
        ((360, 640), "std", (720, 1280)),
        ((360, 640), "pro", (1080, 1920)),
        ((400, 400), "std", (720, 720)),
        ((960, 639), "std", (1082, 720)),
        ((750, 300), "pro", (2700, 1080)),
        ((301, 700), "std", (720, 1674)),
    ],
)
def test_the_size_follows_the_still(shape: tuple[int, int], mode_name: str, size: tuple[int, int]) -> None:
    order = read(image=file_of(still(size=shape)), providerOptions=mode(mode_name))
    assert order.animatic.size == size
    assert order.warnings == ()


@pytest.mark.parametrize(
    ("aspect", "size"),
    [(None, (1280, 720)), ("16:9", (1280, 720)), ("9:16", (720, 1280)), ("1:1", (720, 720))],
)
def test_words_alone_take_the_aspect(aspect: str | None, size: tuple[int, int]) -> None:
    order = read(T2V, image=None, aspectRatio=aspect)
    assert order.animatic.size == size
    assert order.animatic.first is None
    assert order.warnings == ()


@pytest.mark.parametrize(
    ("model", "changes", "expected"),
    [
        (I2V, {"aspectRatio": "16:9"}, ["aspectRatio"]),
        (I2V, {"resolution": "1920x1080"}, ["resolution"]),
        (I2V, {"seed": 7}, ["seed"]),
        (I2V, {"seed": 0}, []),
        (I2V, {"fps": 30}, ["fps"]),
        (I2V, {"n": 3}, ["n"]),
        (I2V, {"callbackUrl": "https://example.com/hook"}, ["callbackUrl"]),
        (I2V, {"inputReferences": [file_of(b"x")]}, ["inputReferences"]),
        (
            I2V,
            {"aspectRatio": "9:16", "resolution": "1x1", "seed": 1, "fps": 1},
            ["aspectRatio", "resolution", "seed", "fps"],
        ),
        (T2V, {}, ["image"]),
        (T2V, {"image": None, "aspectRatio": "9:16", "seed": 1, "fps": 25}, ["seed", "fps"]),
        ("klingai/kling-v2.5-turbo-i2v", {"duration": 5, "generateAudio": True}, ["generateAudio"]),
    ],
)
def test_what_is_ignored_gives_a_warning(model: str, changes: Json, expected: list[str]) -> None:
    order = read(model, **changes)
    assert features(order) == expected
    assert all(warning["type"] == "unsupported" and warning["details"] for warning in order.warnings)


def test_a_pair_as_the_sdk_sends_it() -> None:
    first, last = still(), still("mountain-path.jpg")
    frames = [
        {"image": file_of(first), "frameType": "first_frame"},
        {"image": file_of(last), "frameType": "last_frame"},
    ]
    order = read(image=file_of(first), frameImages=frames)
    assert (order.animatic.first, order.animatic.last) == (first, last)
    assert order.warnings == ()


def test_klings_own_name_for_the_last_frame() -> None:
    last = still("mountain-path.jpg")
    order = read(providerOptions={"klingai": {"imageTail": file_of(last)["data"]}})
    assert order.animatic.last == last


def test_a_last_frame_alone_is_enough() -> None:
    order = read(image=None, frameImages=[{"image": file_of(still()), "frameType": "last_frame"}])
    assert (order.animatic.first, order.animatic.last) == (None, still())


def test_an_older_model_takes_a_last_frame_in_pro_only() -> None:
    frames = [{"image": file_of(still()), "frameType": "last_frame"}]
    for name, expected, warned in (("std", None, ["frameImages"]), ("pro", still(), [])):
        order = read("klingai/kling-v2.6-i2v", duration=5, frameImages=frames, providerOptions=mode(name))
        assert (order.animatic.last, features(order)) == (expected, warned)


@pytest.mark.parametrize(
    ("changes", "audio"),
    [
        ({}, False),
        ({"generateAudio": True}, True),
        ({"providerOptions": {"klingai": {"sound": "on"}}}, True),
        ({"generateAudio": False, "providerOptions": {"klingai": {"sound": "on"}}}, False),
    ],
)
def test_sound_is_asked_for(changes: Json, audio: bool) -> None:
    assert read(**changes).animatic.audio is audio


def test_five_seconds_unless_told() -> None:
    assert read(duration=None).animatic.seconds == 5
    assert read(duration=15.0).animatic.seconds == 15


@pytest.mark.parametrize(
    ("model", "changes", "says"),
    [
        (I2V, {"image": None}, "send image"),
        (I2V, {"duration": 2}, "duration is 2"),
        (I2V, {"duration": 16}, "duration is 16"),
        (I2V, {"duration": 4.5}, "duration is 4.5"),
        (I2V, {"duration": 0}, "duration is 0"),
        (I2V, {"duration": "5"}, "duration is 5"),
        (I2V, {"duration": True}, "duration is True"),
        ("klingai/kling-v2.6-i2v", {"duration": 7}, "5, 10"),
        (I2V, {"prompt": "x" * 2501}, "2501 characters"),
        (I2V, {"prompt": 7}, "not a text"),
        (I2V, {"n": 0}, "n is not"),
        (I2V, {"n": 1.5}, "n is not"),
        (I2V, {"generateAudio": "yes"}, "generateAudio"),
        (I2V, {"frameImages": {}}, "send image"),
        (I2V, {"frameImages": [{"image": file_of(b""), "frameType": "middle"}]}, "frameType"),
        (I2V, {"frameImages": "x"}, "not a list"),
        (I2V, {"providerOptions": []}, "providerOptions"),
        (I2V, {"providerOptions": {"klingai": []}}, "providerOptions"),
        (I2V, {"providerOptions": mode("4k")}, "mode is '4k'"),
        (I2V, {"providerOptions": {"klingai": {"negativePrompt": "x" * 2501}}}, "negative prompt"),
        (T2V, {"image": None, "prompt": None}, "prompt is missing"),
        (T2V, {"image": None, "aspectRatio": "21:9"}, "21:9"),
    ],
)
def test_a_wrong_request_is_refused(model: str, changes: Json, says: str) -> None:
    if changes.get("frameImages") == {}:
        changes = {**changes, "image": None}
    with pytest.raises(Refusal) as refusal:
        read(model, **changes)
    assert refusal.value.status == 400
    assert refusal.value.kind == "invalid_request_error"
    assert says in refusal.value.message


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
_VALUES = st.recursive(_LEAVES, lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(), each, max_size=3))
_FIELDS = [
    *("prompt", "n", "duration", "image", "frameImages", "aspectRatio", "generateAudio", "providerOptions"),
    *("inputReferences", "seed", "fps", "callbackUrl"),
]
_OPTIONS = st.fixed_dictionaries({"klingai": st.dictionaries(st.sampled_from(["mode", "imageTail", "sound"]), _VALUES)})
_FRAMES = st.lists(st.fixed_dictionaries({"frameType": st.just("last_frame") | _VALUES, "image": _VALUES}), max_size=2)


@given(
    st.sampled_from([I2V, T2V]),
    st.dictionaries(st.sampled_from(_FIELDS), _VALUES, max_size=2),
    st.none() | _OPTIONS,
    st.none() | _FRAMES,
)
def test_any_json_is_an_order_or_a_refusal(model: str, changes: Json, options: Json | None, frames: object) -> None:
    extra = {**({"providerOptions": options} if options else {}), **({"frameImages": frames} if frames else {})}
    with contextlib.suppress(Refusal):
        read(model, **{**changes, **extra})
