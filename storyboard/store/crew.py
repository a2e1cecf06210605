"""A few things at a time, in threads that hold nobody back: whoever stops listening is free at once."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from threading import Event, Thread
from typing import TypeVar

from storyboard.errors import StoryboardError

PATIENCE = 2.0
"""Seconds that those who are at work get to put things away when nobody listens any more."""

T = TypeVar("T")
R = TypeVar("R")


def at_once(
    work: Callable[[T], R], things: Sequence[T], most: int, closing: Event | None = None
) -> Iterator[tuple[T, R | StoryboardError]]:
    """Each thing with what `work` made of it, or with the error of ours that it raised, in the order of being ready.

    `closing` is set when nobody listens any more: nothing further is begun, and `work` may look at it.
    """
    closing = closing or Event()
    waiting, ready = deque(things), SimpleQueue[tuple[T, R | BaseException]]()

    def labour() -> None:
        while not closing.is_set():
            try:
                thing = waiting.popleft()
            except IndexError:
                return
            try:
                ready.put((thing, work(thing)))
            except BaseException as error:  # noqa: BLE001 - it is raised where it is listened to
                ready.put((thing, error))

    crew = [Thread(target=labour, daemon=True) for _ in range(min(most, len(things)))]
    for one in crew:
        one.start()
    try:
        for _ in things:
            thing, made = ready.get()
            if isinstance(made, BaseException) and not isinstance(made, StoryboardError):
                raise made
            yield thing, made
    finally:
        closing.set()
        until = time.monotonic() + PATIENCE
        for one in crew:
            one.join(max(0.0, until - time.monotonic()))
