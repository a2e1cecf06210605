"""The client against servers on this machine that answer with any bytes."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import traceback
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from storyboard.gateway import client as module
from storyboard.gateway import wire
from storyboard.gateway.client import Access, Bearer, GatewayClient, origin_of
from storyboard.gateway.faults import CallFailed
from storyboard.gateway.patience import Patience
from storyboard.secret import SafeUrl
from tests.gateway.raw import Handler, Seen, Server, answer, saying, serving

MODEL = "klingai/kling-v3.0-i2v"
KEY = "k_c4n4ry-credential"
OPERATION = {"gatewayJobId": "job_1"}
VIDEO = {"type": "url", "url": "https://cdn.example/clip.mp4?signature=c4n4ry", "mediaType": "video/mp4"}
STARTED = answer(202, json.dumps({"operation": OPERATION}).encode())
SSE = b"HTTP/1.1 200 x\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"

Ask = Callable[[GatewayClient, Path], Awaitable[object]]


async def start(client: GatewayClient, _: Path) -> object:
    """An order that is started."""
    return await client.start(MODEL, b'{"a": 1}', "key-1")


async def status(client: GatewayClient, folder: Path) -> object:
    """A question after an order."""
    return await client.status(MODEL, OPERATION, folder)


async def generate(client: GatewayClient, folder: Path) -> object:
    """An order whose line is held open."""
    return await client.generate(MODEL, b'{"a": 1}', folder)


CALLS: tuple[Ask, ...] = (start, status, generate)


def ask(handler: Handler, what: Ask, folder: Path, **more: Any) -> tuple[object, Server]:
    """What a call gives, or how it fails, and what the server saw of it."""

    async def run() -> tuple[object, Server]:
        async with serving(handler) as server:
            access = Access(f"{server.origin}/v4/ai", KEY, team="crew")
            client = GatewayClient(access, patience=Patience(unit=0.001), **more)
            try:
                return await what(client, folder), server
            except CallFailed as failure:
                return failure, server
            finally:
                await client.close()

    return asyncio.run(run())


def failed(handler: Handler, what: Ask, folder: Path, **more: Any) -> tuple[CallFailed, Server]:
    """How a call fails."""
    failure, server = ask(handler, what, folder, **more)
    assert isinstance(failure, CallFailed), failure
    return failure, server


def chunk(data: bytes) -> bytes:
    """A piece of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def event(value: object) -> bytes:
    """An event of a stream."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def then_close(*pieces: bytes) -> Handler:
    """Writes the pieces and closes the line."""

    async def handler(_: Seen, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.005)
        writer.close()

    return handler


@pytest.mark.parametrize("call", CALLS)
def test_every_refusal_is_one_sentence_and_one_call(call: Ask, tmp_path: Path) -> None:
    passing = {408, 409, 425, 429} if call is not generate else {429}
    for code in range(400, 452):
        content = json.dumps({"error": {"message": f"because \x1b[1m{code}", "type": "x"}}).encode()
        failure, server = failed(saying(answer(code, content)), call, tmp_path)
        assert failure.message.startswith(f"the gateway answers {code}: because [1m{code}")
        assert failure.status == code
        assert failure.later == (code in passing)
        assert (len(server.seen) == 1) == (code not in passing), code
        if call is start and code == 422:
            assert failure.outcome == "unknown"
        assert len({(one.headers.get("idempotency-key"), one.body) for one in server.seen}) == 1


@pytest.mark.parametrize("code", [300, 301, 302, 303, 304, 307, 308])
@pytest.mark.parametrize("call", CALLS)
def test_no_credential_follows_a_redirect(code: int, call: Ask, tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(saying(STARTED)) as elsewhere:
            for location in (f"{elsewhere.origin}/v4/ai/x", "/v4/ai/other", "//evil.example/", ":::", ""):
                failure, server = await asyncio.to_thread(
                    failed, saying(answer(code, b"", location=location)), call, tmp_path
                )
                assert isinstance(failure, CallFailed)
                assert len({one.target for one in server.seen}) == 1
            assert elsewhere.seen == []

    asyncio.run(run())


def test_what_the_gateway_does_not_know_any_more(tmp_path: Path) -> None:
    gone = answer(404, json.dumps({"error": {"message": "no such job", "type": "not_found"}}).encode())
    failure, _ = failed(saying(gone), status, tmp_path)
    assert (failure.outcome, failure.status) == ("refused", 404)
    failure, _ = failed(saying(answer(404, b"<html>")), status, tmp_path)
    assert (failure.outcome, failure.status) == ("unknown", 404)
    failure, server = failed(saying(answer(503), gone), status, tmp_path)
    assert (failure.outcome, len(server.seen)) == ("refused", 2)


def test_a_start_whose_answer_is_lost_is_sent_again_with_the_same_bytes(tmp_path: Path) -> None:
    left = [b"", answer(500), answer(503), answer(409), answer(408), answer(200, b"<html>"), STARTED]

    async def handler(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(left[0])
        if not left.pop(0):
            writer.close()

    started, server = ask(handler, start, tmp_path)
    assert started == wire.Started(OPERATION)
    assert len(server.seen) == 7
    assert {(one.headers["idempotency-key"], one.body) for one in server.seen} == {("key-1", b'{"a": 1}')}


CUTS: dict[str, tuple[bytes, ...]] = {
    "nothing": (),
    "half a status line": (b"HTTP/1.1 20",),
    "no HTTP": (b"SSH-2.0-x\r\n\r\n",),
    "headers alone": (SSE,),
    "a heartbeat": (SSE, chunk(b":\n\n")),
    "a clean end": (SSE, chunk(b":\n\n"), b"0\r\n\r\n"),
    "done": (SSE, chunk(b"data: [DONE]\n\n"), b"0\r\n\r\n"),
    "half an event": (SSE, chunk(event({"type": "result", "videos": [VIDEO]})[:40]), b"0\r\n\r\n"),
    "half an event, cut": (SSE, chunk(event({"type": "result", "videos": [VIDEO]})[:40])),
    "half a chunk": (SSE, chunk(event({"type": "result", "videos": [VIDEO]}))[:60]),
    "no JSON": (SSE, chunk(b"data: <html>\n\n")),
    "a list": (SSE, chunk(b"data: []\n\n")),
    "not finite": (SSE, chunk(b'data: {"type": "result", "videos": NaN}\n\n')),
    "no video": (SSE, chunk(event({"type": "result", "videos": []}))),
    "an event of another kind": (SSE, chunk(event({"type": "progress"})), b"0\r\n\r\n"),
    "an error without a status": (SSE, chunk(event({"type": "error", "message": "x"}))),
    "an internal error": (SSE, chunk(event({"type": "error", "message": "x", "statusCode": 500}))),
    "a conflict": (SSE, chunk(event({"type": "error", "message": "x", "statusCode": 409}))),
    "a page": (answer(200, b"<html>sign in", content_type="text/html"),),
    "packed wrongly": (answer(200, b"x" * 50, content_encoding="gzip", content_type="text/event-stream"),),
    "a gateway error": (answer(502, b"<html>"),),
    "an internal answer": (answer(500, b""),),
    "a redirect that was carried out": (answer(303, b"", location="/x"),),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_held_open_call_that_was_heard_is_never_sent_again(name: str, tmp_path: Path) -> None:
    failure, server = failed(then_close(*CUTS[name]), generate, tmp_path)
    assert failure.outcome == "unknown", failure
    assert len(server.seen) == 1
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("status_code", [400, 402, 404, 422])
def test_a_refusal_inside_the_stream(status_code: int, tmp_path: Path) -> None:
    said = {"type": "error", "message": "unsafe\x1b[1m", "errorType": "x", "statusCode": status_code, "param": None}
    failure, server = failed(then_close(SSE, chunk(event(said))), generate, tmp_path)
    assert (failure.outcome, failure.status, len(server.seen)) == ("refused", status_code, 1)
    assert failure.message == f"the gateway answers {status_code}: unsafe [1m"


def test_a_held_open_call_that_found_no_door_is_tried_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(saying(b"")) as closed:
            access = Access(f"{closed.origin}/v4/ai", KEY)
        client = GatewayClient(access, patience=Patience(unit=0.001))
        with pytest.raises(CallFailed, match="it cannot be reached") as caught:
            await generate(client, tmp_path)
        assert (caught.value.outcome, client.patience.left) == ("not-sent", 0)
        await client.close()

    asyncio.run(run())


def test_a_held_open_call_that_was_told_to_wait_is_sent_again(tmp_path: Path) -> None:
    result = event({"type": "result", "videos": [VIDEO]})
    busy = answer(429, b"", retry_after_ms="20")
    got, server = ask(saying(busy, SSE + chunk(result) + b"0\r\n\r\n"), generate, tmp_path)
    assert isinstance(got, wire.Answer)
    assert len(server.seen) == 2


@pytest.mark.parametrize("size", [1, 5, 1_000])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_stream_in_pieces(size: int, end: bytes, tmp_path: Path) -> None:
    text = b":\n\n: beat\n\ndata: [DONE]\n\nevent: x\ndata: "
    text += json.dumps({"type": "result", "videos": [VIDEO], "warnings": None}).encode() + b"\n\n"
    text += event({"type": "error", "message": "too late", "statusCode": 400})
    text = text.replace(b"\n", end)
    pieces = b"".join(chunk(text[at : at + size]) for at in range(0, len(text), size))
    got, _ = ask(saying(SSE + pieces + b"0\r\n\r\n"), generate, tmp_path)
    assert got == wire.Answer(wire.Clip(SafeUrl(VIDEO["url"])), (), None, False)


def test_what_is_whole_counts_though_the_line_was_cut_behind_it(tmp_path: Path) -> None:
    said = event({"type": "result", "videos": [VIDEO]})
    for pieces in ((SSE, chunk(said)), (SSE, chunk(said[:-2]), b"0\r\n\r\n")):
        got, _ = ask(then_close(*pieces), generate, tmp_path)
        assert isinstance(got, wire.Answer)
    plain = answer(200, json.dumps({"videos": [VIDEO]}).encode(), content_type="application/json")
    got, _ = ask(saying(plain), generate, tmp_path)
    assert isinstance(got, wire.Answer)


@pytest.mark.parametrize("call", [status, generate])
def test_a_clip_inside_an_answer_is_a_file(call: Ask, tmp_path: Path) -> None:
    clip = bytes(range(256)) * 1_000
    video = {"type": "base64", "data": base64.b64encode(clip).decode(), "mediaType": "video/mp4"}
    done = answer(200, json.dumps({"status": "completed", "videos": [video]}).encode())
    said = SSE + chunk(event({"type": "result", "videos": [video]})) + b"0\r\n\r\n"
    seen: list[int] = []

    async def take(client: GatewayClient, folder: Path) -> object:
        got = await call(client, folder)
        one = got.answer if isinstance(got, wire.Status) else got
        assert isinstance(one, wire.Answer)
        await client.fetch(one.clip, folder / "temp", seen.append)
        return (folder / "temp").read_bytes()

    got, _ = ask(saying(done if call is status else said), take, tmp_path)
    assert got == clip
    assert [one.name for one in tmp_path.iterdir()] == ["temp"]
    assert seen == [len(clip)]


async def never(_: Seen, writer: asyncio.StreamWriter) -> None:
    """Answers nothing."""
    await asyncio.sleep(30)


async def dripping(_: Seen, writer: asyncio.StreamWriter) -> None:
    """Answers for ever, and says nothing."""
    writer.write(SSE)
    while True:
        writer.write(chunk(b":\n\n"))
        await writer.drain()
        await asyncio.sleep(0.01)


def endless(head: bytes, piece: bytes) -> Handler:
    """Answers without an end, as fast as it is taken."""

    async def handler(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(chunk(piece))
            await writer.drain()

    return handler


JSON_HEAD = b"HTTP/1.1 200 x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("call", CALLS)
def test_silence_has_an_end(call: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE_SECONDS", 0.05)
    monkeypatch.setattr("storyboard.gateway.patience.QUOTA", 1)
    monkeypatch.setattr("storyboard.gateway.patience.PER_ORDER", 0)
    failure, server = failed(never, call, tmp_path)
    assert failure.outcome == "unknown"
    assert "it fell silent" in failure.message
    assert len(server.seen) == (1 if call is generate else 2)


def test_heartbeats_hold_a_line_until_its_deadline(tmp_path: Path) -> None:
    failure, server = failed(dripping, generate, tmp_path, deadline=0.5)
    assert (failure.outcome, len(server.seen)) == ("unknown", 1)
    assert "in time" in failure.message


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("piece", [b"x" * 60_000, b'{"a":' * 10_000, b"data: " + b"?" * 50_000, b'"' + b"?" * 60_000])
def test_an_answer_has_an_end(call: Ask, piece: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storyboard.gateway.patience.QUOTA", 0)
    monkeypatch.setattr("storyboard.gateway.patience.PER_ORDER", 0)
    head = SSE if call is generate and piece.startswith(b"data") else JSON_HEAD
    failure, _ = failed(endless(head, piece), call, tmp_path)
    assert failure.outcome == "unknown"
    assert "larger than" in failure.message


def test_a_refusal_has_an_end_too(tmp_path: Path) -> None:
    failure, server = failed(endless(JSON_HEAD.replace(b"200", b"402"), b"x" * 60_000), start, tmp_path)
    assert (failure.status, failure.outcome, len(server.seen)) == (402, "refused", 1)
    cut = then_close(b'HTTP/1.1 402 x\r\ncontent-length: 99\r\n\r\n{"error": ')
    failure, _ = failed(cut, start, tmp_path)
    assert (failure.status, failure.outcome) == (402, "refused")


def test_an_answer_that_is_packed_is_taken_in_and_a_bomb_is_not(tmp_path: Path) -> None:
    import gzip

    content = json.dumps({"operation": OPERATION}).encode()
    got, server = ask(saying(answer(202, gzip.compress(content), content_encoding="gzip")), start, tmp_path)
    assert got == wire.Started(OPERATION)
    assert server.seen[0].headers["accept-encoding"] == "identity"
    bomb = gzip.compress(b'{"a": "' + b"x" * 50_000_000)
    failure, _ = failed(saying(answer(202, bomb, content_encoding="gzip")), start, tmp_path)
    assert "larger than" in failure.message


def test_no_cookie_is_kept(tmp_path: Path) -> None:
    async def twice(client: GatewayClient, folder: Path) -> object:
        await start(client, folder)
        return await start(client, folder)

    _, server = ask(saying(STARTED.replace(b"\r\n\r\n", b"\r\nset-cookie: a=b; path=/\r\n\r\n", 1)), twice, tmp_path)
    assert len(server.seen) == 2
    assert all("cookie" not in one.headers for one in server.seen)


def test_held_open_calls_use_no_line_twice(tmp_path: Path) -> None:
    said = SSE + chunk(event({"type": "result", "videos": [VIDEO]})) + b"0\r\n\r\n"

    async def twice(client: GatewayClient, folder: Path) -> object:
        await generate(client, folder)
        return await generate(client, folder)

    _, server = ask(saying(said), twice, tmp_path)
    assert server.connections == 2


# Prices and costs.

PRICES = {"object": "list", "data": [{"id": MODEL, "pricing": {}}]}


async def prices(client: GatewayClient, _: Path) -> object:
    """The list of prices."""
    return await client.prices()


async def cost(client: GatewayClient, _: Path) -> object:
    """What an order cost."""
    return await client.generation_cost("gen_1/../&x=1")


def test_prices_are_asked_for_without_the_credential(tmp_path: Path) -> None:
    got, server = ask(saying(answer(200, json.dumps(PRICES).encode())), prices, tmp_path)
    assert got == PRICES
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("GET", "/v1/models")
    assert "authorization" not in seen.headers
    assert KEY not in str(seen.headers)


def test_a_cost_is_asked_for_with_it(tmp_path: Path) -> None:
    got, server = ask(saying(answer(404), answer(200, b'{"data": {"total_cost": 0.84}}')), cost, tmp_path)
    assert got == Decimal("0.84")
    assert [one.target for one in server.seen] == ["/v1/generation?id=gen_1%2F..%2F%26x%3D1"] * 2
    headers = server.seen[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["x-vercel-ai-gateway-team"] == "crew"
    assert "ai-model-id" not in headers


@pytest.mark.parametrize("call", [prices, cost])
@pytest.mark.parametrize(
    "handler",
    [saying(answer(500)), saying(answer(302, b"", location="/x")), saying(answer(200, b"<html>")), then_close(),
     saying(answer(200, b'{"data": NaN}')), endless(JSON_HEAD, b"[" * 60_000), never],
)  # fmt: skip
def test_what_a_render_can_do_without_never_fails(
    call: Ask, handler: Handler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ASIDE_SECONDS", 0.3)
    assert ask(handler, call, tmp_path)[0] is None


# Secrets.


@pytest.mark.parametrize(
    "base",
    ["http://gateway.example/v4/ai", "http://127.0.0.1.example/v4/ai", "ftp://127.0.0.1/v4/ai", "http://10.0.0.1/v4/ai"],
)  # fmt: skip
def test_a_credential_does_not_leave_in_the_clear(base: str, tmp_path: Path) -> None:
    async def run() -> None:
        client = GatewayClient(Access(base, KEY), patience=Patience(unit=0.001))
        with pytest.raises(CallFailed) as caught:
            await start(client, tmp_path)
        assert caught.value.outcome == "not-sent"
        await client.close()

    asyncio.run(run())


def test_a_credential_is_bound_to_one_origin() -> None:
    bearer = Bearer(Access("https://gateway.example/v4/ai", KEY))
    for address in (
        "https://gateway.example/v1/generation",
        "https://gateway.example:443/x",
        "https://GATEWAY.example",
    ):
        request = next(bearer.auth_flow(httpx.Request("GET", address)))
        assert request.headers["authorization"] == f"Bearer {KEY}"
    for address in (
        "http://gateway.example/", "https://gateway.example:444/", "https://evil.example/", "https://gateway.example.evil/",
        "https://gateway.example@evil.example/", "https://gateway.example./", "/v4/ai",
    ):  # fmt: skip
        request = httpx.Request("GET", address)
        with pytest.raises(httpx.UnsupportedProtocol):
            next(bearer.auth_flow(request))
        assert "authorization" not in request.headers
    assert origin_of("https://[::1") == ""


@pytest.mark.parametrize("text", ["", "key with space", "kéy", "key\r\nx: y", "key\n"])
def test_what_cannot_be_a_header_is_never_sent(text: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(saying(STARTED)) as server:
            for access, model, scope in (
                (Access(f"{server.origin}/v4/ai", text), MODEL, "all"), (Access(server.origin, KEY), text, "shot"),
            ):  # fmt: skip
                client = GatewayClient(access)
                with pytest.raises(CallFailed, match="characters that cannot be sent") as caught:
                    await client.start(model, b"{}", "key")
                assert (caught.value.outcome, caught.value.scope, caught.value.exit_code) == ("not-sent", scope, 1)
                await client.close()
            assert server.seen == []

    asyncio.run(run())


def test_nothing_of_a_call_is_logged_or_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storyboard.gateway.patience.QUOTA", 1)
    monkeypatch.setattr("storyboard.gateway.patience.PER_ORDER", 0)
    for name in ("", "httpx", "httpcore", *module.LOGGERS):
        caplog.set_level(logging.DEBUG, logger=name)
    leaky = f"bad key {KEY}; see https://cdn.example/x?signature=c4n4ry".encode()
    refusal = b'{"error": {"message": "%s"}}' % leaky
    told: list[str] = []
    for call in (*CALLS, prices, cost):
        for code in (200, 302, 400, 403, 500):
            got, _ = ask(saying(answer(code, refusal, location="https://x.example/?c4n4ry")), call, tmp_path)
            if call is not prices:  # they are handed on as they are, and shown by nobody
                told.append("".join(traceback.format_exception(got)) if isinstance(got, CallFailed) else repr(got))
                told.append(f"{got} {got!r} {getattr(got, '__dict__', '')}")
        for pieces in CUTS.values():
            got, _ = ask(then_close(*pieces), call, tmp_path)
            told.append("".join(traceback.format_exception(got)) if isinstance(got, CallFailed) else repr(got))
    everything = "\n".join([*told, caplog.text, repr(Access("https://x.example", KEY))])
    assert "c4n4ry" not in everything
    assert "127.0.0.1" not in caplog.text
