"""Coroutines run to their end from ordinary code, and what becomes of Ctrl-C and SIGTERM meanwhile.

No signal ever raises inside a running event loop, or while one is made or closed: it is told to whoever listens.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

SIGNALS = (signal.SIGTERM, signal.SIGINT)

P = ParamSpec("P")
T = TypeVar("T")


def run(work: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` returns. A signal cancels it, unless it listens itself: then it ends by KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():
        return asyncio.run(work(*args, **kwargs))
    missed: list[int] = []

    async def listened() -> T:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - this runs in a task

        def leave(_: int) -> None:
            task.cancel()

        with listening(leave):
            if missed:
                raise asyncio.CancelledError
            return await work(*args, **kwargs)

    with _handled(missed.append):
        try:
            with asyncio.Runner() as runner:
                value = runner.run(listened())
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
    if missed:
        raise KeyboardInterrupt
    return value


@contextmanager
def listening(listener: Callable[[int], None]) -> Iterator[None]:
    """Inside the running loop: each signal is told to `listener`, as the loop's next step, or as the block ends."""
    loop = asyncio.get_running_loop()
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    came: list[int] = []

    def hear(number: int) -> None:
        came.append(number)
        loop.call_soon_threadsafe(tell)

    def tell() -> None:
        while came:
            listener(came.pop(0))

    try:
        with _handled(hear):
            yield
    finally:
        tell()  # the loop may not come to another step


@contextmanager
def _handled(handler: Callable[[int], None]) -> Iterator[None]:
    """Signals go to `handler`. One handler takes another's place at once: none falls between two."""
    before = {one: signal.signal(one, lambda number, _: handler(number)) for one in SIGNALS}
    try:
        yield
    finally:
        for one, earlier in before.items():
            signal.signal(one, earlier)
