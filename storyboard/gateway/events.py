"""The held-open answer: a stream of server-sent events, of which the first with a result counts.

Comments are heartbeats. Lines end in LF, CR or both; `[DONE]` and empty events say nothing. The data of an event goes
to its reader as it comes, for it may be a whole clip.
"""

from __future__ import annotations

import re
from typing import Any

import httpx

from storyboard.gateway import wire
from storyboard.gateway.inline import AnswerReader

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"
_SILENT = (b"", b"[DONE]")


class EventStream:
    """Takes a stream in; the data of the current event is in `reader`."""

    def __init__(self, reader: AnswerReader) -> None:
        self.reader = reader
        self._head: bytearray | None = bytearray()
        """The line so far; None once it is known which field it is."""
        self._is_data = False
        self._after_cr = False
        self._first = True

    def feed(self, chunk: bytes) -> bytes | None:
        """The next bytes of the stream. When an event is complete: the bytes after it; else None."""
        if self._after_cr:
            chunk = chunk.removeprefix(b"\n")
        self._after_cr = chunk.endswith(b"\r")
        at = 0
        for end in _LINE_END.finditer(chunk):
            self._add(chunk[at : end.start()])
            at = end.end()
            if self._end_line():
                return chunk[at:]
        self._add(chunk[at:])
        return None

    @property
    def pending(self) -> bool:
        """Whether an event has begun that says something."""
        return self.reader.rest().strip() not in _SILENT

    def _add(self, piece: bytes) -> None:
        if self._head is None:
            if self._is_data:
                self.reader.feed(piece)
            return
        self._head += piece
        if len(self._head) > len(_BOM) + len(b"data: "):
            self._decide()

    def _decide(self) -> None:
        line, self._head = bytes(self._head or b""), None
        if self._first:
            line, self._first = line.removeprefix(_BOM), False
        self._is_data = line.startswith(b"data:")
        if self._is_data:
            self.reader.feed(line.removeprefix(b"data:").removeprefix(b" "))

    def _end_line(self) -> bool:
        """End a line; whether an event ended with it that says something."""
        if self._head is not None and self._head.removeprefix(_BOM if self._first else b""):
            self._decide()
        empty = self._head is not None
        if self._is_data:
            self.reader.feed(b"\n")
        self._head, self._is_data = bytearray(), False
        self._first = False
        if not empty:
            return False
        if self.pending:
            return True
        self.reader.clear()
        return False


async def first_event(response: httpx.Response, reader: AnswerReader) -> dict[str, Any]:
    """The first event of a held-open answer that is a result or an error."""
    if "event-stream" not in response.headers.get("content-type", ""):
        async for chunk in response.aiter_bytes():
            reader.feed(chunk)
        return reader.value()
    stream = EventStream(reader)
    async for chunk in response.aiter_bytes():
        rest = stream.feed(chunk)
        while rest is not None:
            event = reader.value()
            if "videos" in event or event.get("type") in ("result", "error"):
                return event
            reader.clear()
            rest = stream.feed(rest)
    if stream.pending:  # the line that ends the event is missing, and perhaps nothing else
        return reader.value()
    raise wire.BadAnswer("the line was closed before there was a result")
