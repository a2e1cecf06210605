"""The wire against requests recorded from the SDK's own client, in `tests/wire/`."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from storyboard import __version__
from storyboard.gateway import posting, wire
from storyboard.gateway.client import Access, GatewayClient
from storyboard.planner.request import Picture, Request
from storyboard.secret import SafeUrl

WIRE = Path(__file__).parents[1] / "wire"
BASE = "https://gateway.example/v4/ai"
MODEL = "klingai/kling-v3.0-i2v"
PICTURE = Picture("0" * 64, "still", 1920, 1080, (5_000, 5_000))
REQUEST = Request(MODEL, "A fox drinks.", "blur", 5, "pro", True, "16:9", PICTURE, PICTURE)
FIRST = posting.Inline("image/png", base64.b64decode("iVBORw0KGgoAAAAA"))
LAST = posting.Inline("image/jpeg", base64.b64decode("/9j/4AAAAAA="))
ENCLOSED = posting.Enclosed(FIRST, LAST)
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
    key, body = recorded("start-i2v-first-last")["headers"]["idempotency-key"], posting.body(REQUEST, ENCLOSED)
    started = call(gateway, lambda client: client.start(MODEL, body, key))
    assert started == wire.Started({"gatewayJobId": "job_1"})
    assert_sent(gateway, "start-i2v-first-last")


def test_generate(tmp_path: Path) -> None:
    gateway = Gateway(event({"type": "result", "videos": [VIDEO]}), headers=STREAM)
    answer = call(gateway, lambda client: client.generate(MODEL, posting.body(REQUEST, ENCLOSED), tmp_path))
    assert answer == wire.Answer(wire.Clip(SafeUrl(VIDEO["url"])), (), None, False)
    assert_sent(gateway, "generate-i2v-first-last")


def test_status(tmp_path: Path) -> None:
    gateway = Gateway(b'{"status": "pending"}')
    status = call(gateway, lambda client: client.status(MODEL, {"gatewayJobId": "job_1"}, tmp_path))
    assert status == wire.Status("pending")
    assert_sent(gateway, "status")


def test_a_team_and_a_token(tmp_path: Path) -> None:
    gateway = Gateway(b'{"status": "pending"}')
    call(gateway, lambda client: client.status(MODEL, {"a": 1}, tmp_path), Access(BASE, "token", "oidc", "crew"))
    headers = gateway.sent[0].headers
    assert (headers["authorization"], headers["ai-gateway-auth-method"]) == ("Bearer token", "oidc")
    assert headers["x-vercel-ai-gateway-team"] == "crew"
    assert headers["user-agent"] == f"storyboard/{__version__}"


def test_an_operation_is_sent_back_as_it_came(tmp_path: Path) -> None:
    operation = {"gatewayJobId": "job_é", "opaque": {"n": [1, None, "x", 1.5], "big": 12345678901234567890}}
    gateway = Gateway(json.dumps({"operation": operation}).encode())
    started = call(gateway, lambda client: client.start(MODEL, b"{}", "key"))
    gateway = Gateway(b'{"status": "pending"}')
    call(gateway, lambda client: client.status(MODEL, started.operation, tmp_path))
    assert json.loads(gateway.sent[0].content) == {"operation": operation}


def test_a_body_is_the_same_bytes_every_time() -> None:
    assert posting.body(REQUEST, posting.Enclosed(FIRST, LAST)) == posting.body(REQUEST, posting.Enclosed(FIRST, LAST))
    assert "été 🦊".encode() in posting.body(
        Request(MODEL, "été 🦊", "", 5, "std", False, "", None, None), posting.Enclosed(None, None)
    )


@pytest.mark.parametrize("first", [None, 0, 1, 2, 3, 4, 1_000])
@pytest.mark.parametrize("last", [None, 0, 1, 2, 3, 4, 1_001])
@pytest.mark.parametrize("references", [(), (5,), (0, 1, 2, 3, 1_002)])
def test_a_weight_is_that_of_the_body(first: int | None, last: int | None, references: tuple[int, ...]) -> None:
    one, two = (None if size is None else posting.Inline("image/jpeg", b"x" * size) for size in (first, last))
    enclosed = posting.Enclosed(one, two, tuple(posting.Inline("image/jpeg", b"x" * size) for size in references))
    for request in (REQUEST, Request(MODEL, "été 🦊", "", 5, "std", False, "", None, None, voices=("v",), seed=7)):
        assert posting.weigh(request, first, last, references) == len(posting.body(request, enclosed))


def test_addresses_do_not_show_themselves() -> None:
    """A signed address is as good as a key: it stands in the body, and in nothing that is printed."""
    address = posting.Address("image/jpeg", SafeUrl("https://stills.example/a.jpg?X-Amz-Signature=abc"))
    assert b"X-Amz-Signature=abc" in posting.body(REQUEST, posting.Enclosed(address))
    assert "abc" not in repr(posting.Enclosed(address, references=(address,), motion=address))
