"""An answer that may carry its clip inside: JSON as it comes in, with long base64 strings taken out of it into files.

A clip of 300 MB inside an answer costs no more memory than one outside it. What is left is JSON of 1 MiB at the most.
"""

from __future__ import annotations

import binascii
import re
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from storyboard.gateway.wire import BadAnswer, parse_json
from storyboard.store import files

JSON_LIMIT = 1024 * 1024
INLINE_LIMIT = 512 * 1024 * 1024
LONG = 64 * 1024
"""Characters from which on a base64 string goes to a file."""

_STOP = re.compile(rb'["\\]')
_BASE64 = re.compile(rb"[A-Za-z0-9+/=]*")


class AnswerReader:
    """Takes an answer in, piece by piece; its clips are files in `folder`. As a context: what is not asked for goes."""

    def __init__(self, folder: Path, limit: int = INLINE_LIMIT) -> None:
        self.folder, self.limit = folder, limit
        self._files: dict[str, Path] = {}
        """Where a string went, by what stands in its place."""
        self._kept: Path | None = None
        self._got = 0
        self._json = bytearray()
        self._text: bytearray | None = None
        """The string that is being read, while it may still be base64."""
        self._inside = self._escaped = False
        self._spill: _Spill | None = None

    def __enter__(self) -> AnswerReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if self._spill:
            self._spill.close()
        for path in self._files.values():
            if kind or path != self._kept:
                files.discard(path)

    def feed(self, chunk: bytes) -> None:
        """The next bytes; `BadAnswer` when it is too large, or a clip is not base64."""
        self._got += len(chunk)
        if self._got > self.limit:
            raise BadAnswer(f"the answer is larger than {self.limit:,} bytes")
        at = 0
        while at < len(chunk):
            at = self._string(chunk, at) if self._inside else self._outside(chunk, at)

    def rest(self) -> bytes:
        """What is JSON of the answer so far, in the space it takes without its clips."""
        return bytes(self._json)

    def clear(self) -> None:
        """Forget what was read: it was no answer."""
        self._json.clear()

    def value(self) -> dict[str, Any]:
        """The JSON object that was read."""
        if self._inside:
            raise BadAnswer("the answer is not JSON")
        return parse_json(self._json)

    def clip(self, data: str) -> Path:
        """The file with the bytes of a base64 string of the answer. It stays when all goes well."""
        if data not in self._files:
            self._open()
            self._take_base64(data.encode("ascii", "replace"))
            data = self._shut()
        self._kept = self._files[data]
        return self._kept

    def _outside(self, chunk: bytes, at: int) -> int:
        end = chunk.find(b'"', at) + 1
        self._inside = end > 0
        self._text = bytearray() if self._inside else None
        end = end or len(chunk)
        self._add(chunk[at:end])
        return end

    def _string(self, chunk: bytes, at: int) -> int:
        if self._escaped:
            self._escaped = False
            self._take(b"/" if self._spill and chunk[at : at + 1] == b"/" else b"\\" + chunk[at : at + 1])
            return at + 1
        stop = _STOP.search(chunk, at)
        self._take(chunk[at : stop.start() if stop else len(chunk)])
        if stop is None:
            return len(chunk)
        if chunk[stop.start()] == ord("\\"):
            self._escaped = True
        else:
            self._close_string()
        return stop.end()

    def _take(self, piece: bytes) -> None:
        if self._spill:
            self._take_base64(piece)
        elif self._text is None:
            self._add(piece)
        else:
            self._text += piece
            if len(self._text) > LONG:
                text, self._text = bytes(self._text), None
                plain = text.replace(b"\\/", b"/")
                if _BASE64.fullmatch(plain):
                    self._open()
                    self._take_base64(plain)
                else:
                    self._add(text)

    def _close_string(self) -> None:
        if self._spill:
            self._add(self._shut().encode())
        elif self._text is not None:
            self._add(self._text)
        self._add(b'"')
        self._inside, self._text = False, None

    def _add(self, piece: bytes | bytearray) -> None:
        self._json += piece
        if len(self._json) > JSON_LIMIT:
            raise BadAnswer("the answer is larger than 1 MiB")

    def _open(self) -> None:
        path = files.unfinished(self.folder)
        with files.writing(path):
            file = files.create(path)
        self._files[path.name] = path
        self._spill = _Spill(path.name, file)

    def _take_base64(self, piece: bytes) -> None:
        if self._spill:
            with files.writing(self._files[self._spill.name]):
                self._spill.feed(piece)

    def _shut(self) -> str:
        """Finish the file; gives what stands in its place in the JSON."""
        spill, self._spill = self._spill, None
        if spill is None:
            raise BadAnswer("the answer is not JSON")
        with files.writing(self._files[spill.name]):
            try:
                spill.end()
            finally:
                spill.close()
        return spill.name


class _Spill:
    """Base64 on its way into a file."""

    def __init__(self, name: str, file: BinaryIO) -> None:
        self.name = name
        self._file = file
        self._rest = b""
        self._padded = False

    def feed(self, piece: bytes) -> None:
        data = self._rest + piece
        whole = len(data) // 4 * 4
        self._rest = data[whole:]
        self._write(data[:whole])

    def end(self) -> None:
        if self._rest:  # some leave the padding away
            self._write(self._rest + b"=" * (-len(self._rest) % 4))

    def close(self) -> None:
        self._file.close()

    def _write(self, data: bytes) -> None:
        if not data:
            return
        if self._padded:
            raise BadAnswer("the video in the answer is not base64")
        self._padded = data.endswith(b"=")
        try:
            self._file.write(binascii.a2b_base64(data, strict_mode=True))
        except binascii.Error:
            raise BadAnswer("the video in the answer is not base64") from None
