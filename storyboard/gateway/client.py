"""The one client of the gateway: the same calls to the public service, to one on this machine, to the embedded one."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import httpx

from storyboard import __version__
from storyboard.errors import StoryboardError
from storyboard.gateway import faults, wire
from storyboard.gateway.addresses import PinnedTransport
from storyboard.gateway.download import Fetcher
from storyboard.gateway.events import first_event
from storyboard.gateway.faults import CallFailed
from storyboard.gateway.inline import JSON_LIMIT, AnswerReader
from storyboard.gateway.patience import Patience
from storyboard.settings import LOOPBACK
from storyboard.store import files

ASIDE_HEADERS = ("ai-gateway-protocol-version", "ai-gateway-auth-method", "x-vercel-ai-gateway-team")
CONNECT_SECONDS = 10
SILENCE_SECONDS = 120
START_SECONDS = 180
ASIDE_SECONDS = 10
"""For prices and costs, which a render can do without."""
PACKED = ("identity", "gzip", "deflate")
"""How an answer may be packed although nobody asked: once. Each layer multiplies what a small one unpacks to."""
PRICES_LIMIT = 4 * 1024 * 1024
REASON_LIMIT = 64 * 1024
LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")
"""They write whole addresses and headers."""

Got = TypeVar("Got")


@dataclass(frozen=True, slots=True)
class Access:
    """Where the gateway is, and the credential that opens it."""

    base: str
    """As in `https://host/v4/ai`, without a slash at its end."""
    credential: str = field(repr=False)
    method: Literal["api-key", "oidc"] = "api-key"
    team: str = ""


class GatewayClient:
    """Orders, asks and waits. One instance for a render; close it.

    Every call waits for its turn, and what passes is tried again, as `Patience` has it. What goes wrong is a
    `CallFailed` that says what it means for money. `transport` is for a gateway in this process.
    """

    def __init__(
        self, access: Access, transport: httpx.AsyncBaseTransport | None = None, *, patience: Patience | None = None,
        allow_loopback: bool = False, deadline: float = 1_800,
    ) -> None:  # fmt: skip
        for name in LOGGERS:
            logging.getLogger(name).disabled = True
        self.access, self.deadline, self.patience = access, deadline, patience or Patience()
        self._bearer = Bearer(access, in_process=transport is not None)
        self._http = _connect(transport, 20)
        self._line = _connect(transport, 0)
        """For held-open calls, each on a connection of its own: one that was used before may just be closing."""
        self._outside = Fetcher(
            PinnedTransport(allow_loopback=allow_loopback, verify=_trust()), self.patience, allow_loopback
        )
        self._inside = Fetcher(transport, self.patience, allow_loopback=True) if transport else None

    async def close(self) -> None:
        """Let go of every connection."""
        await self._http.aclose()
        await self._line.aclose()
        await self._outside.transport.aclose()

    async def start(
        self, model: str, body: bytes, key: str, closed: Callable[[], StoryboardError | None] = lambda: None
    ) -> wire.Started:
        """Order a clip. The same `key` with the same bytes never orders twice.

        What `closed` gives is raised in place of a try, as long as no earlier one may have been heard.
        """
        self.patience.expect(key)
        headers = {**self._headers(model), "accept": "*/*", "idempotency-key": key}

        async def call() -> wire.Started:
            async with asyncio.timeout(START_SECONDS), self._post("start", headers, body) as response:
                return wire.parse_started(wire.parse_json(await _read(response, JSON_LIMIT)), self.access.credential)

        started = await self._insist("start", call, closed)
        self.patience.rename(faults.encode(started.operation))
        return started

    async def status(self, model: str, operation: Mapping[str, Any], folder: Path) -> wire.Status:
        """How an order stands. A clip that comes inside the answer is a new file in `folder`.

        A failure with outcome `refused` says that the gateway does not know the order any more.
        """
        self.patience.expect(faults.encode(operation))
        headers, body = {**self._headers(model), "accept": "*/*"}, faults.encode({"operation": operation})

        async def call() -> wire.Status:
            async with asyncio.timeout(self.deadline), self._post("status", headers, body) as response:
                with AnswerReader(folder) as reader:
                    async for chunk in response.aiter_bytes():
                        reader.feed(chunk)
                    return wire.parse_status(reader.value(), reader.clip, self.access.credential)

        return await self._insist("status", call)

    async def generate(self, model: str, body: bytes, folder: Path) -> wire.Answer:
        """Order a clip and hold the line until it is done. It is never sent again once it may have been heard."""
        self.patience.expect(object())
        headers = {**self._headers(model), "accept": "text/event-stream"}

        async def call() -> wire.Answer:
            async with asyncio.timeout(self.deadline), self._post("generate", headers, body) as response:
                with AnswerReader(folder) as reader:
                    event = await first_event(response, reader)
                    if "videos" not in event:
                        raise faults.of_event(event, self.access.credential)
                    return wire.parse_answer(event, reader.clip, self.access.credential)

        return await self._insist("generate", call)

    async def prices(self) -> dict[str, Any] | None:
        """What `/v1/models` lists, asked for without the credential; None when it does not answer."""
        return await self._aside("/v1/models", {}, PRICES_LIMIT, None)

    async def generation_cost(self, generation: str) -> Decimal | None:
        """What the gateway billed for a generation, in USD, where it tells. It may not know yet."""
        headers = {name: value for name, value in self._headers("-").items() if name in ASIDE_HEADERS}
        for wait in (2.0, 0.0):
            query = f"/v1/generation?id={quote(generation, safe='')}"
            if value := await self._aside(query, headers, JSON_LIMIT, self._bearer):
                return wire.parse_generation_cost(value)
            await self.patience.sleep(wait * self.patience.unit)
        return None

    async def fetch(self, clip: wire.Clip, temp: Path, watch: Callable[[int], None]) -> None:
        """A clip's bytes in the new file `temp`, not yet synced; `watch` hears how many there are."""
        if clip.file:
            watch(_move(clip.file, temp))
        elif clip.url:
            inside = self._inside and origin_of(clip.url.reveal()) == origin_of(self.access.base)
            await (self._inside if self._inside and inside else self._outside).fetch(clip.url, temp, watch)

    def _headers(self, model: str) -> dict[str, str]:
        for what, text in (("credential", self.access.credential), ("team", self.access.team or "-"), ("model", model)):
            if not re.fullmatch(r"[!-~]+", text):
                scope: faults.Scope = "shot" if what == "model" else "all"
                raise CallFailed(f"the {what} has characters that cannot be sent", outcome="not-sent", scope=scope)
        return wire.headers(model, self.access.method, self.access.team)

    async def _insist(
        self, kind: faults.Call, call: Callable[[], Awaitable[Got]],
        closed: Callable[[], StoryboardError | None] = lambda: None,
    ) -> Got:  # fmt: skip
        """What a call gives, tried again where that is safe and worth it.

        A start that may have been heard once leaves the outcome unknown, whatever later tries are told.
        """
        tries = poor = 0
        doubt = False
        while True:
            try:
                await self.patience.turn()
                if not doubt and (error := closed()):
                    raise error
                got = await call()
            except CallFailed as failed:
                failure = failed
            except faults.SEEN as seen:
                failure = faults.of_exception(kind, seen)
            else:
                self.patience.went_well(tries)
                return got
            failure = faults.doubted(failure) if doubt else failure
            tries, poor = tries + 1, poor + (failure.most < faults.ENDLESS)
            doubt = kind == "start" and failure.outcome == "unknown"
            if not failure.later or poor > failure.most or not faults.may_repeat(kind, failure.outcome):
                if failure.status and failure.status < 500:
                    self.patience.went_well(0)
                raise failure
            await self.patience.again(failure, tries)

    @asynccontextmanager
    async def _post(self, call: faults.Call, headers: Mapping[str, str], body: bytes) -> AsyncIterator[httpx.Response]:
        """The answer to a call, when it is 2xx; its body is not read yet."""
        path = "/video-model" + ("" if call == "generate" else f"/{call}")
        http = self._line if call == "generate" else self._http
        async with http.stream(
            "POST", self.access.base + path, content=body, headers=headers, auth=self._bearer
        ) as response:
            if not _is_simply_packed(response):
                raise wire.BadAnswer("the answer is packed in layers")
            if not response.is_success:
                reason = b""
                with suppress(*faults.SEEN):
                    async with asyncio.timeout(ASIDE_SECONDS):
                        reason = await _read(response, REASON_LIMIT)
                raise faults.of_answer(call, response.status_code, response.headers, reason, self.access.credential)
            yield response

    async def _aside(
        self, path: str, headers: Mapping[str, str], limit: int, auth: httpx.Auth | None
    ) -> dict[str, Any] | None:
        if self.patience.closed:
            return None
        with suppress(*faults.SEEN):
            async with asyncio.timeout(ASIDE_SECONDS):
                address = origin_of(self.access.base) + path
                async with self._http.stream("GET", address, headers=headers, auth=auth) as response:
                    if response.status_code == 200 and _is_simply_packed(response):
                        return wire.parse_json(await _read(response, limit))
        return None


class Bearer(httpx.Auth):
    """The credential, bound to one origin: a request to another, or one that could be read on its way, is not sent."""

    def __init__(self, access: Access, *, in_process: bool = False) -> None:
        self._origin, self._credential = origin_of(access.base), access.credential
        url = httpx.URL(access.base)
        self._safe = in_process or url.scheme == "https" or (url.scheme == "http" and url.host in LOOPBACK)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign a request."""
        if not self._safe or origin_of(str(request.url)) != self._origin:
            raise httpx.UnsupportedProtocol("the credential does not go there")
        request.headers["authorization"] = f"Bearer {self._credential}"
        yield request


def origin_of(address: str) -> str:
    """Scheme, host and port of an address; empty when it cannot be read."""
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError):
        return ""
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"


def _move(file: Path, target: Path) -> int:
    """How many bytes were moved."""
    with files.writing(target):
        file.replace(target)
        return target.stat().st_size


def _is_simply_packed(response: httpx.Response) -> bool:
    return response.headers.get("content-encoding", "identity").lower() in PACKED


async def _read(response: httpx.Response, limit: int) -> bytes:
    """A body that is no larger than `limit`."""
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > limit:
            raise wire.BadAnswer(f"the answer is larger than {limit:,} bytes")
    return bytes(data)


def _connect(transport: httpx.AsyncBaseTransport | None, keep: int) -> httpx.AsyncClient:
    """A client that follows no redirect, keeps no cookie, and asks the environment for no proxy and no password."""
    return httpx.AsyncClient(
        transport=transport,
        verify=_trust(),
        timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=keep),
        headers={"user-agent": f"storyboard/{__version__}", "accept-encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        follow_redirects=False,
        trust_env=False,
    )


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
