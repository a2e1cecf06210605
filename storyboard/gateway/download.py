"""A clip from its address to a file: a bare call with no credential, bounded, and resumed only where that is safe."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx

from storyboard import __version__
from storyboard.gateway import faults
from storyboard.gateway.addresses import parse_url
from storyboard.gateway.faults import CallFailed
from storyboard.gateway.patience import Patience
from storyboard.gateway.wire import read_floor
from storyboard.secret import SafeUrl
from storyboard.store import files

EXPIRED = "the clip's address has expired"
ATTEMPTS = 5
REDIRECTS = 3

_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a download may take."""

    bytes: int = 2 * 1024**3
    seconds: float = 1_800
    silence: float = 60
    """Seconds between two pieces."""


@dataclass(slots=True)
class _Part:
    """What is on disk of a clip."""

    path: Path
    file: BinaryIO
    watch: Callable[[int], None]
    limit: int
    got: int = 0
    tag: str = ""
    """The strong validator of what was got; empty when it had none."""
    total: int | None = None

    def start_over(self, total: int | None, tag: str) -> None:
        """Forget every byte."""
        if self.got:
            with files.writing(self.path):
                self.file.seek(0)
                self.file.truncate()
        self.got, self.total, self.tag = 0, total, tag

    def add(self, piece: bytes) -> None:
        """Write the next bytes."""
        self.got += len(piece)
        if self.got > self.limit:
            raise _final(f"the clip is larger than {self.limit / 1024**3:.3g} GiB")
        with files.writing(self.path):
            self.file.write(piece)
        self.watch(self.got)


@dataclass(frozen=True, slots=True)
class Fetcher:
    """How clips are fetched: by which transport, within which limits."""

    transport: httpx.AsyncBaseTransport
    patience: Patience
    allow_loopback: bool = False
    limits: Limits = Limits()

    async def fetch(self, address: SafeUrl, temp: Path, watch: Callable[[int], None]) -> None:
        """The bytes at `address` in the new file `temp`; `watch` hears how many there are.

        `CallFailed`: with outcome `refused` when the address has expired, so that a fresh one is asked for.
        """
        with files.writing(temp):
            file = files.create(temp)
        with files.writing(temp), file:
            part = _Part(temp, file, watch, self.limits.bytes)
            try:
                async with asyncio.timeout(self.limits.seconds):
                    await self._insist(address, part)
                return
            except TimeoutError:
                pass
        raise CallFailed(f"the clip did not arrive within {self.limits.seconds:.0f} s", later=True)

    async def _insist(self, address: SafeUrl, part: _Part) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            failure = await self._try(address, part)
            if failure is None:
                return
            if not failure.later or failure.outcome == "refused" or attempt == ATTEMPTS:
                raise failure
            await self.patience.apart(failure, attempt)

    async def _try(self, address: SafeUrl, part: _Part) -> CallFailed | None:
        """What went wrong this time."""
        try:
            async with self._response(address, part) as response:
                await self._take(response, part)
        except CallFailed as failure:
            return failure
        except faults.SEEN as error:
            failed = faults.of_exception("status", error)
            message = failed.message.replace("the gateway", f"the clip at {address.host}", 1)
            return CallFailed(message, later=failed.later, hint=failed.hint)
        return None

    @asynccontextmanager
    async def _response(self, address: SafeUrl, part: _Part) -> AsyncIterator[httpx.Response]:
        """The answer at the end of the redirects; every hop is checked as the first was."""
        url = parse_url(address.reveal(), allow_loopback=self.allow_loopback)
        for _ in range(REDIRECTS + 1):
            request = httpx.Request("GET", url, headers=_headers(part), extensions={"timeout": self._timeout()})
            response = await self.transport.handle_async_request(request)
            try:
                if response.status_code not in (301, 302, 303, 307, 308):
                    yield response
                    return
                url = self._onward(url, response.headers.get("location", ""))
            finally:
                await response.aclose()
        raise _final(f"the clip's address leads on more than {REDIRECTS} times")

    def _onward(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            onward = parse_url(str(url.join(location)), allow_loopback=self.allow_loopback)
        except (httpx.InvalidURL, ValueError):
            raise _final("the clip's address leads to one that cannot be read") from None
        if url.scheme == "https" and onward.scheme != "https":
            raise _final("the clip's address leads from https to http")
        return onward

    async def _take(self, response: httpx.Response, part: _Part) -> None:
        _check(response)
        length = _length(response)
        if response.status_code == 206:
            if not _continues(response, part):
                part.start_over(None, "")
                raise CallFailed("the clip changed while it was fetched", later=True)
        else:
            part.start_over(length, _strong(response))
        if (part.total or 0) > part.limit:
            raise _final(f"the clip is larger than {part.limit / 1024**3:.3g} GiB")
        async for piece in response.aiter_raw():
            part.add(piece)
        if part.total is not None and part.got != part.total:
            raise CallFailed("the clip was cut short", later=True)

    def _timeout(self) -> dict[str, float | None]:
        return httpx.Timeout(self.limits.silence, connect=10).as_dict()


def _headers(part: _Part) -> dict[str, str]:
    """All that is told: no cookie, no credential, nothing of the film."""
    headers = {"accept-encoding": "identity", "user-agent": f"storyboard/{__version__}"}
    if part.got and part.tag:
        headers |= {"range": f"bytes={part.got}-", "if-range": part.tag}
    return headers


def _check(response: httpx.Response) -> None:
    status = response.status_code
    if status in (403, 404, 410):
        raise CallFailed(EXPIRED, outcome="refused", status=status, later=True)
    if status == 416:
        raise CallFailed("the clip changed while it was fetched", status=status, later=True)
    if status not in (200, 206):
        later = status in (408, 425, 429) or status >= 500
        failure = CallFailed(f"the clip's host answers {status}", status=status, later=later)
        failure.retry_after = read_floor(response.headers, {})
        raise failure
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise _final("the clip's host packs it, although it was asked not to")


def _continues(response: httpx.Response, part: _Part) -> bool:
    """Whether a 206 is what is missing, of the same file."""
    found = _RANGE.fullmatch(response.headers.get("content-range", "").strip())
    if not part.got or not part.tag or _strong(response) != part.tag or found is None:
        return False
    first, last, total = (int(number) for number in found.groups())
    return first == part.got and last + 1 == total and part.total in (None, total)


def _strong(response: httpx.Response) -> str:
    tag = str(response.headers.get("etag", "")).strip()
    return tag if re.fullmatch(r'"[\x21\x23-\x7e]{1,200}"', tag) else ""


def _length(response: httpx.Response) -> int | None:
    text = response.headers.get("content-length", "")
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else None


def _final(message: str) -> CallFailed:
    return CallFailed(message, later=False)
