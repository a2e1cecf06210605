"""A fault at work: what is answered in the place of the truth, and what becomes of the connection."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from storyboard.gateway.local.refusal import Refusal
from storyboard.testing.faults import Fault

FOR_EVER = 3_600


async def strike(fault: Fault, request: Request) -> Response | None:
    """The answer that a fault gives; None where the right one follows."""
    match fault.kind:
        case "refuse":
            answer = Refusal(fault.status, _TYPES.get(fault.status, "internal_server_error"), fault.text).response()
            answer.headers.update(fault.headers)
            return answer
        case "say":
            kind = "application/json" if fault.text.startswith("{") else "text/html"
            return Response(fault.text, fault.status, fault.headers, kind)
        case "drop":
            return await _hang_up(request, b"")
        case "hang":
            await asyncio.sleep(FOR_EVER)
        case "slow":
            await asyncio.sleep(fault.seconds)
    return None


_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 403: "forbidden", 404: "not_found",
    424: "failed_dependency", 429: "rate_limit_exceeded",
}  # fmt: skip


async def cut_short(request: Request, data: bytes, how: str) -> Response:
    """The first half of a clip, and an end that is told, or hidden, in one of the ways of `faults.CUTS`."""
    half = data[: len(data) // 2]
    whole, kind = b"content-length: %d\r\n" % len(data), b"content-type: video/mp4\r\nconnection: close\r\n"
    chunk = b"%x\r\n%b" % (len(half), half)
    match how:
        case "cut-length":
            raw = b"HTTP/1.1 200 OK\r\n" + kind + whole + b"\r\n" + half
        case "cut-chunk":
            raw = b"HTTP/1.1 200 OK\r\n" + kind + b"transfer-encoding: chunked\r\n\r\n" + chunk
        case "cut-end":
            raw = b"HTTP/1.1 200 OK\r\n" + kind + b"transfer-encoding: chunked\r\n\r\n" + chunk + b"\r\n0\r\n\r\n"
        case "cut-close":
            raw = b"HTTP/1.1 200 OK\r\n" + kind + b"\r\n" + half
        case "cut-old":
            raw = b"HTTP/1.0 200 OK\r\n" + kind + b"\r\n" + half
        case _:
            return Response(half, media_type="video/mp4")
    return await _hang_up(request, raw)


async def _hang_up(request: Request, last: bytes) -> Response:
    """Say something raw, or nothing, and end the connection."""
    state = request.scope.get("state", {})
    if "transport" not in state:
        raise ConnectionResetError("a rehearsal dropped the connection: `FakeGateway.serve` does that on a real one")
    transport: asyncio.Transport = state["transport"]
    if last:
        transport.write(last)
        transport.close()
    else:
        transport.abort()
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return Response()
