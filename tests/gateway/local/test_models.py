"""Every model of the catalogue, ordered as a shot's order is really posted, drawn as its provider would shoot it."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from storyboard.gateway.local import answers
from storyboard.gateway.local.order import Order, read_order
from storyboard.gateway.local.refusal import Refusal
from storyboard.gateway.posting import Address, Enclosed, Inline, body
from storyboard.planner.catalogue import catalogue
from storyboard.planner.price import built_in, parse_price_list, quote
from storyboard.planner.request import request_of
from storyboard.secret import SafeUrl
from tests.planner.test_capability import plain, sound
from tests.planner.world import Shelf, read_text

from .calling import VIDEO, Json, file_of, headers, post, read_event, still
from .calling import body as request_body

if TYPE_CHECKING:
    from starlette.applications import Starlette

MODELS = catalogue().models
NAMES = sorted(MODELS)
GROK, FLUX, MINIMAX = "spacexai/grok-imagine-video", "bfl/flux-3-video", "minimax/minimax-h3"
SEEDANCE, VEO, WAN = "bytedance/seedance-2.0", "google/veo-3.1-generate-001", "alibaba/wan-v2.6-i2v"
MC = "klingai/kling-v3.0-motion-control"
STILL = Inline("image/jpeg", still(size=(640, 360)))


def posted(text: str, aspect: str = "16:9", *, hosted: bool = True) -> Json:
    """The body that a shot is ordered with, every still enclosed; `hosted`: its video is an address."""
    prompt = "" if "multi_shot" in text else "prompt: x, "
    film = read_text(f'storyboard: 1\naspect: "{aspect}"\nshots:\n  - {{id: a, {prompt}{text}}}\n')
    (shot,) = film.shots
    assert shot.order
    request = request_of(film, shot, shot.order, Shelf(), {})
    enclosed = Enclosed(
        STILL if request.first else None,
        STILL if request.last else None,
        (STILL,) * len(request.references),
        Address("video/mp4", SafeUrl("https://example.com/v.mp4")) if request.motion and hosted else None,
    )
    value: Json = json.loads(body(request, enclosed))
    return value


def read(model: str, value: Json) -> Order:
    """The order in a body."""
    return read_order(MODELS[model], value)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_shot_may_ask_is_drawn_without_a_warning(name: str) -> None:
    model = MODELS[name]
    for mode in model.modes:
        for seconds in {model.seconds[0], model.seconds[-1]}:
            order = read(name, posted(f"{plain(name)}, mode: {mode}, duration: {seconds}s, {sound(model, mode)}"))
            assert order.warnings == (), order.warnings
            assert min(order.animatic.size) == model.height(mode)
            assert Fraction(*order.animatic.size).limit_denominator(100) == Fraction(16, 9) or model.height(mode) in (
                480,
                768,
            )
            assert order.animatic.seconds == seconds or model.kind == "motion"
            assert order.animatic.audio or model.audio != "always"
    if model.last:
        pro = f", mode: {model.last_modes[0]}" if model.last_modes else ""
        order = read(name, posted(f"model: {name}, first: a.jpg, last: b.jpg, duration: {model.seconds[-1]}s{pro}"))
        assert (order.animatic.first, order.animatic.last, order.warnings) == (STILL.data, STILL.data, ())
    if model.references:
        order = read(name, posted(f"model: {name}, references: [a.jpg, b.jpg], duration: 8s"))
        assert (order.animatic.first, order.warnings) == (STILL.data, ())


@pytest.mark.parametrize("name", NAMES)
def test_every_shape_that_a_model_offers(name: str) -> None:
    model = MODELS[name]
    for aspect in model.aspects if model.kind == "t2v" or model.words_alone else ():
        order = read(name, posted(f"model: {name}, duration: {model.seconds[-1]}s", aspect))
        width, height = order.animatic.size
        assert order.warnings == ()
        assert width / height == pytest.approx(float(Fraction(aspect.replace(":", "/"))), rel=0.03)


def test_a_movement_without_its_video_lasts_as_long_as_it_is_said_to() -> None:
    shot = f"model: {MC}, first: a.jpg, motion: {{video: v.mp4, orientation: image}}, duration: 8s"
    value = posted(shot, hosted=False)
    assert value["providerOptions"]["klingai"]["videoUrl"] == ""
    order = read(MC, value)
    assert (order.animatic.seconds, order.warnings) == (8, ())
    assert "duration" not in posted(shot)


def test_shots_inside_a_clip_are_its_words() -> None:
    beats = "multi_shot: [{prompt: A fox climbs, duration: 2s}, {prompt: it drinks, duration: 3s}]"
    order = read("klingai/kling-v3.0-t2v", posted(f"model: klingai/kling-v3.0-t2v, {beats}"))
    assert (order.animatic.prompt, order.animatic.seconds) == ("A fox climbs it drinks", 5)


@pytest.mark.parametrize(("sounding", "audio"), [("", True), (", sound: false", False)])
def test_the_sound_of_a_movement(sounding: str, audio: bool) -> None:
    order = read(MC, posted(f"model: {MC}, first: a.jpg, motion: {{video: v.mp4, orientation: image{sounding}}}"))
    assert (order.animatic.audio, order.warnings) == (audio, ())


@pytest.mark.parametrize(
    ("name", "changes", "feature"),
    [
        (GROK, {"last": True}, "frameImages"),
        (WAN, {"last": True}, "frameImages"),
        (FLUX, {"first": False, "last": True}, "frameImages"),
        (MINIMAX, {"first": False, "last": True}, "frameImages"),
        (SEEDANCE, {"inputReferences": [file_of(STILL.data)]}, "inputReferences"),
        (GROK, {"first": False, "inputReferences": [file_of(STILL.data)] * 8}, "inputReferences"),
        (FLUX, {"first": False, "inputReferences": [file_of(STILL.data)]}, "inputReferences"),
        (FLUX, {"first": False, "seed": 7}, "seed"),
        (MINIMAX, {"first": False, "generateAudio": True}, "generateAudio"),
        (MINIMAX, {"first": False, "resolution": "8K"}, "resolution"),
        (MINIMAX, {"first": False, "aspectRatio": "5:4"}, "aspectRatio"),
        (GROK, {"first": False, "resolution": "1080p"}, "resolution"),
        ("alibaba/wan-v2.6-t2v", {"first": False, "aspectRatio": "16:9"}, "aspectRatio"),
        ("alibaba/wan-v2.6-t2v", {}, "image"),
        (MC, {"duration": 7}, "duration"),
    ],
)
def test_what_a_provider_ignores_gives_its_warning(name: str, changes: Json, feature: str) -> None:
    first, last = changes.pop("first", True), changes.pop("last", False)
    motion = {"videoUrl": "https://example.com/v.mp4", "characterOrientation": "image", "mode": "std"}
    frames = [{"image": file_of(STILL.data), "frameType": kind} for kind, there in
              (("first_frame", first), ("last_frame", last)) if there]  # fmt: skip
    value = request_body(
        image=None, frameImages=frames or None, duration=changes.pop("duration", 5),
        providerOptions={"klingai": motion} if name == MC else {}, **changes,
    )  # fmt: skip
    order = read(name, value)
    assert [warning["feature"] for warning in order.warnings if warning["feature"] != "duration" or name == MC] == [
        feature
    ]
    if feature == "frameImages":
        assert order.animatic.last is None


@pytest.mark.parametrize(
    ("name", "wanted", "seconds"),
    [(FLUX, 4, 5), (FLUX, 21, 20), (FLUX, 7.4, 7), (MINIMAX, 99, 15), (FLUX, 10**400, 20)],
)
def test_lengths_that_a_provider_rounds_and_clamps(name: str, wanted: float, seconds: int) -> None:
    order = read(name, request_body(image=None, duration=wanted, providerOptions={}))
    assert order.animatic.seconds == seconds
    assert [warning["feature"] for warning in order.warnings] == ["duration"]


@pytest.mark.parametrize(
    ("name", "changes", "says"),
    [
        ("alibaba/wan-v2.6-r2v", {"image": None}, "send inputReferences"),
        (MC, {"providerOptions": {"klingai": {"mode": "std"}}}, "motion control needs videoUrl, characterOrientation"),
        (SEEDANCE, {"aspectRatio": "16:9"}, "exclude each other"),
        (VEO, {"image": None, "duration": 5}, "4, 6, 8"),
        (VEO, {"image": None, "duration": 8, "aspectRatio": "1:1"}, "aspectRatio is '1:1'"),
        (GROK, {"image": None, "inputReferences": "x"}, "not a list"),
        (GROK, {"image": {"type": "url", "url": "https://example.com/a.jpg"}}, "fetches nothing over the network"),
        (WAN, {"image": {"type": "url", "url": "https://example.com/a.jpg"}}, "fetches nothing over the network"),
    ],
)
def test_what_a_provider_refuses(name: str, changes: Json, says: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read(name, request_body(**{"providerOptions": {}, "duration": 5, **changes}))
    assert says in refusal.value.message


def test_the_shape_of_veo_is_asked_for_with_a_still_too() -> None:
    order = read(VEO, posted(f"model: {VEO}, first: a.jpg, duration: 8s", "9:16"))
    assert order.animatic.size == (720, 1280)


def test_its_own_list_gives_the_prices_that_are_built_in() -> None:
    live = parse_price_list({"data": [answers.list_model(model) for model in MODELS.values()]})
    for name, model in MODELS.items():
        for mode in model.modes:
            for audio, voices in ((False, False), (True, False), (True, True)):
                told, known = (quote(name, mode, audio, voices, 7, prices) for prices in (live, built_in()))
                assert (told and told.high) == (known and known.high)
                assert told is None or told.source == "live"


def test_references_are_drawn(app: Starlette) -> None:
    value = posted(f"model: {GROK}, references: [a.jpg], mode: 480p, duration: 1s, audio: true")
    event = read_event(post(app, VIDEO, value, model=GROK))
    assert (event["type"], event["warnings"]) == ("result", [])
    assert set(event["providerMetadata"]) == {"gateway", "xai"}
    assert headers(GROK)["ai-model-id"] == GROK
