"""The one client of the gateway: the same calls to the public service and to the embedded one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import httpx_sse

from storyboard.errors import Refused, StoryboardError, Transient
from storyboard.gateway import wire

JSON_LIMIT = 1024 * 1024
INLINE_LIMIT = 512 * 1024 * 1024
CONNECT_SECONDS = 10
SILENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Access:
    """Where the gateway is, and the credential that opens it."""

    base: str
    """As in `https://host/v4/ai`, without a slash at its end."""
    credential: str
    method: Literal["api-key", "oidc"] = "api-key"
    team: str = ""

    def __repr__(self) -> str:
        return f"Access({self.base!r})"


class GatewayClient:
    """Orders, asks and waits. One instance for a render; close it."""

    def __init__(self, access: Access, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.access = access
        timeout = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        self._http = httpx.AsyncClient(transport=transport, timeout=timeout, follow_redirects=False, trust_env=False)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._http.aclose()

    async def start(self, model: str, body: bytes, key: str) -> dict[str, Any]:
        """Order a clip; the operation to ask after. The same `key` with the same bytes never orders twice."""
        with _translated():
            answer = await self._post("/video-model/start", model, body, {"idempotency-key": key})
            return wire.parse_operation(answer)

    async def status(self, model: str, operation: Mapping[str, Any]) -> wire.Status:
        """How an order stands."""
        import json

        body = json.dumps({"operation": operation}, separators=(",", ":")).encode()
        with _translated():
            return wire.parse_status(await self._post("/video-model/status", model, body, {}))

    async def generate(self, model: str, body: bytes) -> wire.Answer:
        """Order a clip and hold the line until it is done."""
        headers = {**self._headers(model), "accept": "text/event-stream"}
        with _translated():
            address = f"{self.access.base}/video-model"
            async with self._http.stream("POST", address, content=body, headers=headers) as response:
                if not response.is_success:
                    await response.aread()
                    raise refusal(response.status_code, response.content)
                async for event in httpx_sse.EventSource(response).aiter_sse():
                    if event.data and event.data != "[DONE]":
                        return _result(wire.parse_json(event.data))
        raise Transient("the gateway closed the line before it answered")

    @asynccontextmanager
    async def download(self, url: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes at a clip's address, in chunks. No credential goes along."""
        with _translated():
            async with self._http.stream("GET", url, headers={"accept-encoding": "identity"}) as response:
                if not response.is_success:
                    raise Transient(f"the clip could not be fetched: HTTP {response.status_code}")
                yield response.aiter_bytes(1024 * 1024)

    def _headers(self, model: str) -> dict[str, str]:
        return wire.headers(model, self.access.credential, self.access.method, self.access.team)

    async def _post(self, path: str, model: str, body: bytes, extra: Mapping[str, str]) -> dict[str, Any]:
        headers = {**self._headers(model), "accept": "*/*", **extra}
        response = await self._http.post(self.access.base + path, content=body, headers=headers)
        if not response.is_success:
            raise refusal(response.status_code, response.content)
        return wire.parse_json(response.content)


class _translated:  # noqa: N801 - reads as a word: `with _translated():`
    """Foreign errors become ours, once, at this border."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, httpx.TransportError | httpx.StreamError | httpx_sse.SSEError):
            raise Transient(f"the gateway could not be reached: {_kind(error)}") from None
        if isinstance(error, wire.BadAnswer):
            raise Transient(f"the gateway's answer cannot be read: {error}") from None


def _kind(error: Exception) -> str:
    if isinstance(error, httpx.ReadTimeout):
        return "it fell silent"
    return "it did not answer in time" if isinstance(error, httpx.TimeoutException) else type(error).__name__


def _result(event: Mapping[str, Any]) -> wire.Answer:
    if event.get("type") == "result":
        return wire.parse_answer(event)
    status = event.get("statusCode")
    reason = str(event.get("message") or "the provider gave no reason")
    raise error_of(status if isinstance(status, int) else 500, reason)


def refusal(status: int, content: bytes) -> StoryboardError:
    """The error that an answer with a bad status stands for."""
    try:
        error = wire.parse_json(content).get("error")
    except wire.BadAnswer:
        error = None
    message = error.get("message") if isinstance(error, dict) else None
    return error_of(status, str(message or "no reason given"))


def error_of(status: int, reason: str) -> StoryboardError:
    """One sentence for a status and the provider's reason."""
    text = f"the gateway answers {status}: {wire.printable(reason)}"
    if status in (408, 409, 425, 429) or status >= 500:
        return Transient(text, hint="run it again")
    return Refused(text)
