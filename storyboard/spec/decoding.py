"""The bytes of a file to the text that YAML reads, or why they are none: too many, no UTF-8, a merge left half done."""

from __future__ import annotations

import re

MAX_BYTES = 8 * 1024 * 1024

_CONFLICT = re.compile(r"^(<{7} |={7}$|>{7} |\|{7} )", re.MULTILINE)
_WIDE = ((b"\xff\xfe\x00\x00", "UTF-32"), (b"\x00\x00\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"),
         (b"\xfe\xff", "UTF-16"))  # fmt: skip
"""How files in other encodings begin."""
_AS_UTF_8 = "save the file as UTF-8: every editor can"


class Undecoded(Exception):
    """Bytes that are no storyboard's text: the place from 1, the code, the sentence, the hint."""

    def __init__(self, place: tuple[int, int], code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.place, self.code, self.message, self.hint = place, code, message, hint


def decode(data: bytes, room: int = 1) -> str:
    """The text of a file, its lines ended by `\\n` alone; `Undecoded` when it has none that can be read.

    `room`: how many storyboards it may be as large as.
    """
    if len(data) > MAX_BYTES * room:
        message = f"the file has {len(data):,} bytes; a storyboard has at most {MAX_BYTES:,}"
        raise Undecoded((1, 1), "too-large", message, "make a storyboard of each part, and join the films")
    if kind := _wide(data):
        raise Undecoded((1, 1), "encoding", f"this is {kind} text; a storyboard is UTF-8", _AS_UTF_8)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf_8(error.object, error.start) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if match := _CONFLICT.search(text):
        raise Undecoded(
            (text.count("\n", 0, match.start()) + 1, 1),
            "merge-conflict",
            "this is a merge conflict that git left here",
            "edit the file so that it says what the film should be, and remove the marker lines",
        )
    return text


def _wide(data: bytes) -> str:
    """UTF-16 or UTF-32, by the first bytes, or by the zeros that stand beside plain letters; empty for neither."""
    for mark, kind in _WIDE:
        if data.startswith(mark):
            return kind
    head = data[:64]
    return "UTF-16" if len(head) >= 4 and head[:2].count(0) == 1 and head[2:4].count(0) == 1 else ""


def _not_utf_8(data: bytes, start: int) -> Undecoded:
    """What is told of a byte that no UTF-8 text has; where it is a letter of an old western encoding, which one."""
    before = data[data.rfind(b"\n", 0, start) + 1 : start]
    place = data.count(b"\n", 0, start) + 1, len(before.decode("utf-8", "replace")) + 1
    letter = data[start : start + 1].decode("cp1252", "replace")
    if letter.isalpha() or letter in "“”‘’–—…€ß°":
        message = f"this is no UTF-8 text: in Latin-1 or Windows-1252 the letter here would be {letter}"
    else:
        message = f"this is no UTF-8 text: the byte 0x{data[start]:02X} stands here"
    return Undecoded(place, "encoding", message, _AS_UTF_8)
