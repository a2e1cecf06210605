"""What a studio has to tell, handed from the threads that work to the pages that listen."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import Any

SECONDS = 10.0
"""How often a page hears that nothing has happened: else it could not tell that from a studio that is gone."""
MOST = 400
"""Messages that may wait for one page, before it is left alone and has to ask anew."""


class Board:
    """The last message of every kind, and who listens for the next."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.latest: dict[str, Any] = {}
        self._ears: dict[asyncio.Queue[str | None], asyncio.AbstractEventLoop] = {}
        self._closed = False

    @property
    def is_heard(self) -> bool:
        """Whether any page listens."""
        return bool(self._ears)

    def tell(self, kind: str, value: Any, *, kept: bool = True) -> None:
        """Tell every page, from any thread; what is kept is told, as it is by then, to each that comes later too."""
        message = _message(kind, value)
        with self.turn:
            if kept:
                self.latest[kind] = value
            for queue, loop in self._ears.items():
                _hand(loop, queue, message)

    def close(self) -> None:
        """Let every page go."""
        with self.turn:
            self._closed = True
            for queue, loop in self._ears.items():
                _hand(loop, queue, None)

    async def listen(self) -> AsyncIterator[str]:
        """What a page is sent: how everything stands, and then what is new, until the studio closes."""
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        with self.turn:
            first = [_message(kind, value) for kind, value in self.latest.items()]
            self._ears[queue] = asyncio.get_running_loop()
        try:
            yield "".join([": here\n\n", *first])
            while not self._closed and queue.qsize() < MOST:
                try:
                    message = await asyncio.wait_for(queue.get(), SECONDS)
                except TimeoutError:
                    message = "event: beat\ndata: 0\n\n"
                if message is None:
                    return
                yield message
        finally:
            with self.turn:
                self._ears.pop(queue, None)


def _message(kind: str, value: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps(value, allow_nan=False)}\n\n"


def _hand(loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[str | None], message: str | None) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(queue.put_nowait, message)
