"""What the tests of the network stand on: servers that send any bytes, and a loop whose time only passes in waiting."""

from __future__ import annotations

import asyncio
import selectors
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

Got = TypeVar("Got")
TRUST = ssl.create_default_context()
"""Made once: it takes longer than most tests."""


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


Handler = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """A server on this machine."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    @property
    def origin(self) -> str:
        """Its address, without a path."""
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def serving(handler: Handler, certificate: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """A server whose answers `handler` writes, byte for byte. The line stays open unless the handler closes it."""
    server = Server()
    talks: set[asyncio.Task[Any]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        talks.add(asyncio.current_task())  # type: ignore[arg-type]
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while not writer.is_closing():
                seen = await _request(reader)
                server.seen.append(seen)
                await handler(seen, writer)
                await writer.drain()
        writer.transport.abort()

    listening = await asyncio.start_server(talk, "127.0.0.1", ssl=certificate, limit=1 << 20)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for talk_ in talks:
            talk_.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def _request(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    return Seen(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer; underscores in names of headers are hyphens."""
    lines = [f"HTTP/1.1 {status} x", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def saying(*answers: bytes) -> Handler:
    """A handler that gives these answers in turn, the last one for ever."""
    left = list(answers)

    async def handler(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])

    return handler


class _Waits(selectors.SelectSelector):
    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found and timeout:
            self.loop.now += timeout
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop in which an hour is over at once: its clock jumps to whatever is waited for next."""

    def __init__(self) -> None:
        self.now = 1_000.0
        waits = _Waits()
        waits.loop = self
        super().__init__(waits)

    def time(self) -> float:
        """The virtual time, in seconds."""
        return self.now


def run_virtually(work: Coroutine[Any, Any, Got]) -> Got:
    """Run to the end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def virtual_time() -> float:
    """The clock of the running loop."""
    return asyncio.get_running_loop().time()
