"""The wire against requests recorded from the SDK's own client, in `tests/wire/`."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from storyboard.errors import Refused, StoryboardError, Transient
from storyboard.gateway import posting, wire
from storyboard.gateway.client import Access, GatewayClient
from storyboard.planner.request import Picture, Request

WIRE = Path(__file__).parents[1] / "wire"
BASE = "https://gateway.example/v4/ai"
MODEL = "klingai/kling-v3.0-i2v"
PICTURE = Picture("0" * 64, "still", 1920, 1080, (5_000, 5_000))
REQUEST = Request(MODEL, "A fox drinks.", "blur", 5, "pro", True, "16:9", PICTURE, PICTURE)
FIRST = posting.Inline("image/png", base64.b64decode("iVBORw0KGgoAAAAA"))
LAST = posting.Inline("image/jpeg", base64.b64decode("/9j/4AAAAAA="))
VIDEO = {"type": "url", "url": "https://cdn.example/clip.mp4", "mediaType": "video/mp4"}
Got = TypeVar("Got")
STREAM = {"content-type": "text/event-stream"}


def recorded(name: str) -> dict[str, Any]:
    """A recorded request."""
    value: dict[str, Any] = json.loads((WIRE / f"{name}.json").read_text("utf-8"))
    return value


class Gateway(httpx.AsyncBaseTransport):
    """Answers every call with the same words, and keeps what was sent."""

    def __init__(self, content: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.content, self.status, self.headers = content, status, headers
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange."""
        await request.aread()
        self.sent.append(request)
        return httpx.Response(self.status, content=self.content, headers=self.headers)


def call(gateway: Gateway, ask: Callable[[GatewayClient], Awaitable[Got]], access: Access | None = None) -> Got:
    """What a client gets from this gateway."""

    async def run() -> Got:
        client = GatewayClient(access or Access(BASE, "k_test"), gateway)
        try:
            return await ask(client)
        finally:
            await client.close()

    return asyncio.run(run())


def event(value: object) -> bytes:
    """A stream with one event, between a heartbeat and the end."""
    return f": beat\n\ndata: {json.dumps(value)}\n\ndata: [DONE]\n\n".encode()


def assert_sent(gateway: Gateway, name: str) -> None:
    """That exactly the recorded request was sent."""
    (sent,) = gateway.sent
    record = recorded(name)
    assert (sent.method, sent.url.path) == (record["method"], record["path"])
    assert {header: sent.headers.get(header) for header in record["headers"]} == record["headers"]
    assert json.loads(sent.content) == record["body"]
    ours = set(sent.headers) - {
        "host",
        "content-length",
        "user-agent",
        "accept-encoding",
        "connection",
        "cache-control",
    }
    assert ours == set(record["headers"]), "and no header of our own"


def test_start() -> None:
    gateway = Gateway(b'{"operation": {"gatewayJobId": "job_1"}, "warnings": null}', 202)
    key = recorded("start-i2v-first-last")["headers"]["idempotency-key"]
    assert call(
        gateway, lambda client: client.start(MODEL, posting.body(REQUEST, posting.Enclosed(FIRST, LAST)), key)
    ) == {"gatewayJobId": "job_1"}
    assert_sent(gateway, "start-i2v-first-last")


def test_generate() -> None:
    gateway = Gateway(event({"type": "result", "videos": [VIDEO]}), headers=STREAM)
    answer = call(gateway, lambda client: client.generate(MODEL, posting.body(REQUEST, posting.Enclosed(FIRST, LAST))))
    assert answer == wire.Answer(wire.Clip(VIDEO["url"]), (), None, False)
    assert_sent(gateway, "generate-i2v-first-last")


def test_status() -> None:
    gateway = Gateway(b'{"status": "pending"}')
    assert call(gateway, lambda client: client.status(MODEL, {"gatewayJobId": "job_1"})) == wire.Status("pending")
    assert_sent(gateway, "status")


def test_a_team_and_a_token() -> None:
    gateway = Gateway(b'{"status": "pending"}')
    call(gateway, lambda client: client.status(MODEL, {"a": 1}), Access(BASE, "token", "oidc", "crew"))
    headers = gateway.sent[0].headers
    assert (headers["authorization"], headers["ai-gateway-auth-method"]) == ("Bearer token", "oidc")
    assert headers["x-vercel-ai-gateway-team"] == "crew"


def test_an_operation_is_sent_back_as_it_came() -> None:
    operation = {"gatewayJobId": "job_é", "opaque": {"n": [1, None, "x"], "big": 12345678901234567890}}
    gateway = Gateway(b'{"status": "pending"}')
    call(gateway, lambda client: client.status(MODEL, operation))
    assert json.loads(gateway.sent[0].content) == {"operation": operation}


def test_no_credential_goes_with_a_download() -> None:
    gateway = Gateway(b"clip")

    async def fetch(client: GatewayClient) -> bytes:
        async with client.download("https://cdn.example/clip.mp4?sig=1") as chunks:
            return b"".join([chunk async for chunk in chunks])

    assert call(gateway, fetch) == b"clip"
    (sent,) = gateway.sent
    assert sent.headers["accept-encoding"] == "identity"
    assert "k_test" not in str(sent.headers.raw)


def test_an_access_does_not_show_its_credential() -> None:
    assert "k_test" not in repr(Access(BASE, "k_test"))


@pytest.mark.parametrize(
    ("request_", "first", "last", "expected"),
    [
        (Request(MODEL, "x", "", 5, "std", False, "", PICTURE, None), FIRST, None, {"image", "frameImages"}),
        (Request(MODEL, "x", "", 5, "std", False, "", None, PICTURE), None, LAST, {"frameImages"}),
        (Request(MODEL, "x", "", 5, "std", False, "1:1", None, None), None, None, {"aspectRatio"}),
        (Request(MODEL, "x", "", 5, "std", True, "", None, None), None, None, {"generateAudio"}),
    ],
)
def test_bodies(
    request_: Request, first: posting.Inline | None, last: posting.Inline | None, expected: set[str]
) -> None:
    body = json.loads(posting.body(request_, posting.Enclosed(first, last)))
    assert set(body) == {"prompt", "n", "duration", "providerOptions"} | expected
    assert body["providerOptions"] == {"klingai": {"mode": "std"}}
    types = [one["frameType"] for one in body.get("frameImages", [])]
    assert types == (["first_frame"] if first else []) + (["last_frame"] if last else [])


def test_a_body_is_the_same_bytes_every_time() -> None:
    assert posting.body(REQUEST, posting.Enclosed(FIRST, LAST)) == posting.body(REQUEST, posting.Enclosed(FIRST, LAST))
    assert "été 🦊".encode() in posting.body(
        Request(MODEL, "été 🦊", "", 5, "std", False, "", None, None), posting.Enclosed(None, None)
    )


@pytest.mark.parametrize("first", [None, 0, 1, 2, 3, 4, 1_000])
@pytest.mark.parametrize("last", [None, 0, 1, 2, 3, 4, 1_001])
def test_a_weight_is_that_of_the_body(first: int | None, last: int | None) -> None:
    one, two = (None if size is None else posting.Inline("image/jpeg", b"x" * size) for size in (first, last))
    for request in (REQUEST, Request(MODEL, "été 🦊", "", 5, "std", False, "", None, None)):
        assert posting.weigh(request, first, last) == len(posting.body(request, posting.Enclosed(one, two)))


# What answers say.


def test_a_result_with_everything() -> None:
    answer = wire.parse_answer(
        {
            "videos": [{"type": "base64", "data": base64.b64encode(b"clip").decode(), "mediaType": "video/mp4"}, VIDEO],
            "warnings": [
                {"type": "unsupported", "feature": "seed", "details": "is ignored"},
                {"type": "deprecated", "setting": "mode", "message": "use another"},
                {"type": "other", "message": "slow\x1b[31m \u202etoday"},
                {"type": "compatibility"},
                "no warning",
            ],
            "providerMetadata": {"gateway": {"cost": "1.68", "local": True}},
        }
    )
    assert answer.clip == wire.Clip(data=b"clip")
    assert answer.warnings == ("seed: is ignored", "mode: use another", "slow [31m today", "compatibility")
    assert (answer.cost, answer.local) == (Decimal("1.68"), True)


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        ("1.68", Decimal("1.68")), (1.68, Decimal("1.68")), (0, Decimal(0)), (None, None), ("", None), ("free", None),
        ("NaN", None),
        ("Infinity", None), ([], None), ({}, None), ("-inf", None),
    ],
)  # fmt: skip
def test_costs(cost: object, expected: Decimal | None) -> None:
    assert wire.parse_answer({"videos": [VIDEO], "providerMetadata": {"gateway": {"cost": cost}}}).cost == expected


@pytest.mark.parametrize(
    "metadata", [None, [], "x", {}, {"gateway": None}, {"gateway": []}, {"gateway": {"local": "yes"}}]
)
def test_metadata_that_says_nothing(metadata: object) -> None:
    answer = wire.parse_answer({"videos": [VIDEO], "providerMetadata": metadata, "warnings": None})
    assert (answer.cost, answer.local, answer.warnings) == (None, False, ())


@pytest.mark.parametrize(
    "videos",
    [None, [], {}, "x", [None], ["x"], [{}], [{"type": "url"}], [{"type": "url", "url": 5}], [{"type": "base64"}],
     [{"type": "base64", "data": "?"}],
     [{"type": "base64", "data": "YQ"}], [{"type": "file", "url": "https://x/y"}]],
)  # fmt: skip
def test_no_video(videos: object) -> None:
    with pytest.raises(wire.BadAnswer):
        wire.parse_answer({"videos": videos})


@pytest.mark.parametrize(
    ("value", "state", "error"),
    [
        ({"status": "pending"}, "pending", ""), ({"status": "queued"}, "pending", ""), ({}, "pending", ""),
        ({"status": 5}, "pending", ""),
        ({"status": "error", "error": "unsafe"}, "error", "unsafe"),
        ({"status": "error"}, "error", "the provider gave no reason"),
        ({"status": "cancelled"}, "cancelled", "video generation was cancelled"),
    ],
)  # fmt: skip
def test_states(value: dict[str, Any], state: str, error: str) -> None:
    status = wire.parse_status(value)
    assert (status.state, status.error, status.answer) == (state, error, None)


def test_completed() -> None:
    status = wire.parse_status({"status": "completed", "videos": [VIDEO]})
    assert status.answer
    assert status.answer.clip.url == VIDEO["url"]
    with pytest.raises(wire.BadAnswer):
        wire.parse_status({"status": "completed"})


@pytest.mark.parametrize(
    "value", [{}, {"operation": None}, {"operation": {}}, {"operation": "job_1"}, {"operation": ["job_1"]}]
)
def test_no_operation(value: dict[str, Any]) -> None:
    with pytest.raises(wire.BadAnswer):
        wire.parse_operation(value)


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"[]", b"5", b'"x"', b"null", b"{", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": [-Infinity]}',
     b"\xff\xfe", b"[" * 100_000,
     b'{"a": ' + b"9" * 5_000 + b"}"],
)  # fmt: skip
def test_no_json_object(data: bytes) -> None:
    with pytest.raises(wire.BadAnswer):
        wire.parse_json(data)


HOSTILE = "\x1b]0;owned\x07\r\n::error::x \u202e\u2066 \x00\x9b31m\ttext" + "x" * 2_000


def test_printable() -> None:
    text = wire.printable(HOSTILE)
    assert text.isprintable()
    assert text.startswith("]0;owned ::error::x")
    assert len(text) <= 500
    assert wire.printable("été 🦊 初光") == "été 🦊 初光"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Refused), (401, Refused), (402, Refused), (403, Refused), (404, Refused), (408, Transient),
     (409, Transient), (413, Refused),
     (422, Refused), (425, Transient), (429, Transient), (500, Transient), (502, Transient), (503, Transient)],
)  # fmt: skip
def test_refusals_by_status(status: int, kind: type[StoryboardError]) -> None:
    content = json.dumps({"error": {"message": HOSTILE, "type": "x"}}).encode()
    for ask in (
        lambda client: client.start(MODEL, b"{}", "key"),
        lambda client: client.status(MODEL, {"a": 1}),
        lambda client: client.generate(MODEL, b"{}"),
    ):
        with pytest.raises(StoryboardError) as caught:
            call(Gateway(content, status), ask)
        assert type(caught.value) is kind
        assert str(status) in caught.value.message
        assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    "content", [b"", b"<html>busy</html>", b"[]", b'{"error": "x"}', b'{"error": {"message": 5}}', b'{"error": NaN}']
)
def test_a_refusal_in_another_shape(content: bytes) -> None:
    with pytest.raises(Refused, match="400"):
        call(Gateway(content, 400), lambda client: client.start(MODEL, b"{}", "key"))


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        ({"type": "error", "message": "unsafe prompt", "errorType": "x", "statusCode": 400, "param": None}, Refused,
        "400: unsafe prompt"),
        ({"type": "error", "message": HOSTILE, "statusCode": 429}, Transient, "429: "),
        ({"type": "error"}, Transient, "500: "),
        ({"type": "error", "message": "x", "statusCode": "400"}, Transient, "500: x"),
        ({"type": "progress"}, Transient, "500: "),
        ({"type": "result", "videos": []}, Transient, "has no video"), ([], Transient, "not a JSON object"),
    ],
)  # fmt: skip
def test_an_error_inside_the_stream(value: object, kind: type[StoryboardError], words: str) -> None:
    with pytest.raises(StoryboardError) as caught:
        call(Gateway(event(value), headers=STREAM), lambda client: client.generate(MODEL, b"{}"))
    assert type(caught.value) is kind
    assert words in caught.value.message
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("content", [b"", b": beat\n\n", b"data: [DONE]\n\n", b"data: \n\n", b"event: x\n\n"])
def test_a_stream_that_ends_without_an_answer(content: bytes) -> None:
    with pytest.raises(Transient, match="closed the line"):
        call(Gateway(content, headers=STREAM), lambda client: client.generate(MODEL, b"{}"))


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"operation": {}}', b'{"operation": {"n": NaN}}'])
def test_a_start_that_cannot_be_read(content: bytes) -> None:
    with pytest.raises(Transient, match="cannot be read"):
        call(Gateway(content), lambda client: client.start(MODEL, b"{}", "key"))


def test_a_redirect_is_not_followed() -> None:
    gateway = Gateway(b"", 307, {"location": "https://elsewhere.example/"})
    with pytest.raises(StoryboardError):
        call(gateway, lambda client: client.start(MODEL, b"{}", "key"))
    assert len(gateway.sent) == 1
