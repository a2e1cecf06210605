"""From a shot in YAML to the very bytes that are posted: those that the AI SDK sends for the same request.

The requests in `tests/wire/` were recorded from the SDK (`tests/sdk/test_requests.py` says how); bodies are compared
byte for byte, the order of their fields included.
"""

from __future__ import annotations

import base64
import json
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.gateway import posting
from storyboard.gateway.posting import Address, Enclosed, Inline
from storyboard.planner import capability
from storyboard.planner.catalogue import catalogue
from storyboard.planner.request import Inputs, Movement, Picture, Request, build_request, reference_picture, request_of
from storyboard.secret import SafeUrl
from storyboard.spec.model import Beat, Motion, Order, Routing, StillFile
from tests.planner.world import Shelf, read_text, sha

WIRE = Path(__file__).parents[1] / "wire"


def at(name: str) -> Address:
    """A hosted file, with an address that JSON has to escape."""
    return Address(
        "video/mp4" if name.endswith("mp4") else "image/jpeg", SafeUrl(f'https://stills.example/{name}?sig=a%2Fb&x="é"')
    )


PNG = Inline("image/png", base64.b64decode("iVBORw0KGgoAAAAA"))
JPEG = Inline("image/jpeg", base64.b64decode("/9j/4AAAAAA="))
FIRST, LAST = at("first.jpg"), at("last.jpg")

CASES: dict[str, tuple[str, Enclosed]] = {
    "start-i2v-first-last": (
        "shots: [{id: a, prompt: A fox drinks., negative: blur, mode: pro, audio: true, first: a.png, last: b.jpg}]",
        Enclosed(PNG, JPEG),
    ),
    "start-i2v-addresses": (
        "shots: [{id: a, prompt: A fox drinks., first: a.jpg, last: b.jpg}]",
        Enclosed(FIRST, LAST),
    ),
    "generate-i2v-last-alone": (
        """
shots:
  - {id: a, prompt: A fox drinks., last: b.jpg, duration: 3s, audio: true, mode: pro, options: {cfgScale: 0.5}}
""",
        Enclosed(None, JPEG),
    ),
    "start-t2v": (
        """
aspect: "9:16"
looks: {plain: {negative: watermark}}
defaults: {model: klingai/kling-v3.0-t2v, duration: 15s, look: plain}
shots:
  - {id: a, prompt: "A fox, “été” 初光 🦊 \\"drinks\\"\\n\\\\ <b>.", negative: text}
""",
        Enclosed(),
    ),
    "start-multi-shot": (
        """
vars: {hero: a red fox}
looks: {dawn: {prompt: low sun}}
defaults: {model: klingai/kling-v3.0-t2v, mode: pro, look: dawn}
shots:
  - id: a
    multi_shot:
      - {prompt: "Wide: {{ hero }} climbs", duration: 3s}
      - {prompt: Close on its eyes, duration: 48f}
""",
        Enclosed(),
    ),
    "start-motion-control": (
        """
shots:
  - id: a
    model: klingai/kling-v3.0-motion-control
    first: a.jpg
    elements: [8298368]
    motion: {video: dance.mp4, orientation: video, sound: false}
""",
        Enclosed(FIRST, motion=at("dance.mp4")),
    ),
    "start-voices": (
        """
characters: {mira: {prompt: a woman in a green coat., voices: [v-2, "829824295735410756"]}}
shots:
  - id: a
    first: a.jpg
    audio: true
    prompt: "<<<voice_1>>> Good morning:"
    characters: [mira]
    voices: ["829824295735410756"]
""",
        Enclosed(FIRST),
    ),
    "start-elements": (
        """
characters: {mira: {prompt: a woman in a green coat, elements: [829836802, 3]}}
shots: [{id: a, first: a.jpg, prompt: They meet., characters: [mira], elements: [3]}]
""",
        Enclosed(FIRST),
    ),
    "start-gateway-options": (
        """
gateway: {only: [fal], zero_data_retention: true, user: mira, tags: [x]}
defaults:
  model: google/veo-3.1-fast-generate-001
  duration: 8s
  gateway: {order: [vertex, fal], tags: [first-light, draft]}
shots: [{id: a, prompt: A fox., gateway: {only: [vertex], disallow_prompt_training: true}}]
""",
        Enclosed(),
    ),
    "start-veo": (
        """
aspect: "9:16"
shots:
  - id: a
    model: google/veo-3.1-generate-001
    prompt: A fox.
    negative: text
    first: a.jpg
    duration: 8s
    mode: 1080p
    audio: true
    seed: 7
    options: {personGeneration: allow_adult}
""",
        Enclosed(JPEG),
    ),
    "start-wan": (
        """
aspect: "1:1"
defaults: {model: alibaba/wan-v2.6-t2v, duration: 10s, negative: text, options: {promptExtend: false}}
shots: [{id: a, prompt: A fox., seed: 2147483647}]
""",
        Enclosed(),
    ),
    "start-wan-i2v": (
        "shots: [{id: a, model: alibaba/wan-v2.6-i2v, prompt: A fox., first: a.jpg, mode: 1080p, audio: true}]",
        Enclosed(FIRST),
    ),
    "start-references": (
        """
characters: {mira: {prompt: a woman in a green coat, references: [mira.jpg, coat.jpg]}}
shots:
  - id: a
    model: bytedance/seedance-2.0
    prompt: She climbs.
    characters: [mira]
    references: [coat.jpg]
    duration: 4s
    mode: 480p
""",
        Enclosed(references=(JPEG, at("mira.jpg"))),
    ),
    "start-grok": (
        'aspect: "9:16"\nshots: [{id: a, model: spacexai/grok-imagine-video, prompt: A fox.}]',
        Enclosed(),
    ),
    "start-flux": (
        "shots: [{id: a, model: bfl/flux-3-video, prompt: A fox., first: a.png, mode: fhd}]",
        Enclosed(PNG),
    ),
}


def request(text: str) -> Request:
    """The request of the only shot of a storyboard that its model can make."""
    storyboard = read_text(f"storyboard: 1\n{text.strip()}\n")
    (shot,) = storyboard.shots
    assert shot.order
    return request_of(storyboard, shot, shot.order, Shelf(), {})


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_body_is_what_the_sdk_sends(name: str) -> None:
    text, enclosed = CASES[name]
    record: dict[str, Any] = json.loads((WIRE / f"{name}.json").read_text("utf-8"))
    body = record["body"]
    if name == "start-i2v-first-last":
        del body["aspectRatio"]  # its model takes the shape from the still: sent along, it is only remarked upon
    asked = request(text)
    assert asked.model == record["headers"]["ai-model-id"]
    assert posting.body(asked, enclosed).decode() == json.dumps(body, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_is_compared_could_be_ordered(name: str) -> None:
    assert capability.check(read_text(f"storyboard: 1\n{CASES[name][0].strip()}\n")) == []


def test_every_record_of_an_order_has_its_storyboard() -> None:
    records = {path.stem for path in WIRE.glob("*.json")}
    others = {"status", "start-i2v-callback", "generate-t2v-seed-zero", "generate-i2v-first-last"}
    assert records - others == set(CASES)


def test_an_element_arrives_as_the_number_that_was_written() -> None:
    """Beyond 2^53 a float would make another one of it."""
    asked = request("shots: [{id: a, prompt: x, first: a.jpg, elements: [829836802793406551, 9223372036854775807]}]")
    body = posting.body(asked, Enclosed(JPEG))
    assert b'"elementList":[{"element_id":829836802793406551},{"element_id":9223372036854775807}]' in body


def test_no_option_replaces_what_a_field_says() -> None:
    """Of a model that the catalogue knows, an option of that name is refused; of any other it changes nothing."""
    asked = request("shots: [{id: a, model: klingai/kling-v9-i2v, prompt: x, mode: std, options: {mode: pro, x: 1.0}}]")
    assert json.loads(posting.body(asked, Enclosed(JPEG)))["providerOptions"] == {"klingai": {"mode": "std", "x": 1}}


@pytest.mark.parametrize(
    ("model", "mode", "sent"),
    [
        ("klingai/kling-v9-t2v", "pro", {"providerOptions": {"klingai": {"mode": "pro"}}}),
        ("klingai/kling-v9-t2v", "", {"providerOptions": {}}),
        ("bytedance/seedance-9", "720p", {"providerOptions": {}, "resolution": "720p"}),
        ("alibaba/wan-v9-t2v", "720p", {"providerOptions": {}, "resolution": "720x1280"}),
        ("spacexai/grok-9", "1080p", {"providerOptions": {}, "resolution": "1920x1080"}),
        ("google/veo-9", "4k", {"providerOptions": {}, "resolution": "4k"}),
        ("acme/zoom", "hd", {"providerOptions": {}, "resolution": "hd"}),
    ],
)
def test_a_model_that_the_catalogue_does_not_know(model: str, mode: str, sent: dict[str, Any]) -> None:
    """It is told all that the shot says, in the words of its creator's other models."""
    written = f", mode: {mode}" if mode else ""
    asked = request(f'aspect: "9:16"\nshots: [{{id: a, model: {model}, prompt: x{written}}}]')
    body = json.loads(posting.body(asked, Enclosed()))
    assert body == {"prompt": "x", "n": 1, "aspectRatio": "9:16", "duration": 5, "generateAudio": False, **sent}


@pytest.mark.parametrize("mode", ["480p", "720p", "1080p"])
@pytest.mark.parametrize("aspect", ["16:9", "9:16", "1:1", "4:3", "3:4"])
def test_wan_is_asked_for_pixels(mode: str, aspect: str) -> None:
    """Its size decides the shape, so they must agree as far as sixteenths of a picture let them."""
    if mode == "480p" and aspect in ("4:3", "3:4"):
        pytest.skip("it has no such size")
    asked = request(
        f'aspect: "{aspect}"\nshots: [{{id: a, model: alibaba/wan-v2.5-t2v-preview, prompt: x, mode: {mode}}}]'
    )
    width, height = map(int, json.loads(posting.body(asked, Enclosed()))["resolution"].split("x"))
    wide, high = map(int, aspect.split(":"))
    assert width / height == pytest.approx(wide / high, rel=0.03)
    assert "aspectRatio" not in json.loads(posting.body(asked, Enclosed()))


def test_a_shape_is_spelled_as_the_model_spells_it() -> None:
    """21:9 is 7:3, and no model knows that."""
    asked = request('aspect: "21:9"\nshots: [{id: a, model: bytedance/seedance-2.0, prompt: x}]')
    assert json.loads(posting.body(asked, Enclosed()))["aspectRatio"] == "21:9"


@pytest.mark.parametrize(
    ("model", "audio", "sent"),
    [
        ("klingai/kling-v3.0-t2v", "false", False), ("klingai/kling-v3.0-t2v", "true", True),
        ("klingai/kling-v2.5-turbo-t2v", "false", None), ("spacexai/grok-imagine-video", "true", None),
        ("alibaba/wan-v2.7-t2v", "false", None), ("acme/zoom", "false", False),
    ],
)  # fmt: skip
def test_silence_is_asked_for_where_there_is_a_choice(model: str, audio: str, sent: bool | None) -> None:
    asked = request(f"shots: [{{id: a, model: {model}, prompt: x, audio: {audio}}}]")
    assert json.loads(posting.body(asked, Enclosed())).get("generateAudio") is sent


def told(order: Order) -> tuple[str, bytes]:
    """The slate of an order, and its body without who makes it; what it encloses stands for its source and crop."""
    model = catalogue().models.get(order.model)

    def picture(frame: object) -> Picture | None:
        return Picture(sha(frame.file), "still", 1280, 720, (5_000, 5_000)) if isinstance(frame, StillFile) else None

    references = tuple(reference_picture(sha(one.file)) for one in order.references)
    motion = (
        Movement(sha(order.motion.video), order.motion.orientation, order.motion.keep_sound) if order.motion else None
    )
    inputs = Inputs(picture(order.first), picture(order.last), references, motion)
    asked = build_request(order, model, Fraction(16, 9), inputs)

    def ready(one: Picture | None) -> Inline | None:
        return Inline("image/jpeg", repr(one).encode()) if one else None

    enclosed = Enclosed(
        ready(asked.first), ready(asked.last), tuple(filter(None, map(ready, asked.references))),
        at(asked.motion.source + ".mp4") if asked.motion else None,
    )  # fmt: skip
    body = json.loads(posting.body(asked, enclosed))
    body["providerOptions"].pop("gateway", None)
    return asked.slate, json.dumps(body, sort_keys=True).encode()


STILLS = st.sampled_from([None, StillFile("a"), StillFile("b")])
ORDERS = st.builds(
    Order,
    model=st.sampled_from([*catalogue().models, "acme/zoom"]),
    prompt=st.sampled_from(["", "x", " x\r\n", "y"]), negative=st.sampled_from(["", "z"]),
    seconds=st.sampled_from([Fraction(5), Fraction(10)]), mode=st.sampled_from(["", "std", "720p", "1080p"]),
    audio=st.booleans(), first=STILLS, last=STILLS,
    references=st.sampled_from([(), (StillFile("a"),), (StillFile("a"), StillFile("b"))]),
    seed=st.sampled_from([None, 7]), beats=st.sampled_from([(), (Beat("x", 5),), (Beat("x", 2), Beat("y", 3))]),
    motion=st.sampled_from([None, Motion("a", "image", True), Motion("a", "video", True), Motion("b", "image", False)]),
    voices=st.sampled_from([(), ("v",), ("v", "w"), ("w", "v")]),
    elements=st.sampled_from([(), (2**62,), (2**62 + 1,)]),
    options=st.sampled_from([(), (("cfgScale", 0.5),), (("cfgScale", 1),)]),
    routing=st.sampled_from([Routing(), Routing(only=("fal",), user="x")]),
)  # fmt: skip


@given(ORDERS, st.data())
def test_what_is_sent_is_what_the_slate_names(one: Order, data: st.DataObject) -> None:
    """Two orders have one slate where the same bytes are sent for them, and two where others are: no more, no less."""
    changed = data.draw(st.sets(st.sampled_from([field.name for field in fields(Order)]), max_size=2))
    drawn = data.draw(ORDERS)
    other = replace(one, **{name: getattr(drawn, name) for name in changed})
    (slate, body), (other_slate, other_body) = told(one), told(other)
    same_model = one.model == other.model  # which stands in a header
    assert (slate == other_slate) == (body == other_body and same_model)
