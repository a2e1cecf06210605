"""Records and signed copies on disk: written whole, and told from files of the same name that somebody else made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from storyboard.provenance.carried import credentials_of
from storyboard.secret import Secret
from storyboard.store import files

MARK = "storyboard.film"
"""The assertion by which a copy that was signed here is known."""
LARGEST = 256 * 1024 * 1024
DEEP = 3
"""How many blocks stand in one another, each entry on a line of its own however short they are."""
WIDE = 100
_HEAD = re.compile(rb'\{\s*"format_version": \d+,\s*"made_by": "storyboard ')


def record_text(record: Mapping[str, Any], secrets: Iterable[Secret | None]) -> str:
    """The text of a record. What does not print is escaped, and a secret that came along in an answer is masked."""
    text = _laid(record, 0) + "\n"
    for secret in secrets:
        if secret and len(secret.reveal()) > 7:
            text = text.replace(json.dumps(secret.reveal(), ensure_ascii=False)[1:-1], str(secret))
    if text.replace("\n", "").isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in text)


def _laid(value: Any, depth: int) -> str:
    """A value as JSON: a shot has lines of its own, and what it says of one thing is one line where that fits."""
    if depth >= DEEP or not value or not isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False)
        if len(text) <= WIDE or not isinstance(value, dict | list):
            return text
    ends, names = ("{}", [f"{json.dumps(name)}: " for name in value]) if isinstance(value, dict) else ("[]", None)
    inner = value.values() if isinstance(value, dict) else value
    parts = (_laid(one, depth + 1) for one in inner)
    space = "\n" + "  " * (depth + 1)
    lines = map("".join, zip(names, parts, strict=True)) if names else parts
    return f"{ends[0]}{space}{f',{space}'.join(lines)}\n{'  ' * depth}{ends[1]}"


def keep_record(path: Path, text: str) -> bool:
    """Put the text of a record at `path`, durably. False for a file that says so already: it is left alone."""
    data = text.encode()
    if path.is_file() and files.read_plain(path, LARGEST) == data:
        return False
    files.write_durably(path, data)
    return True


def is_ours(path: Path) -> bool:
    """Whether a file is a record, or a copy that was signed here."""
    if path.suffix == ".json":
        return bool(_HEAD.match(files.read_plain(path, 200)[:200]))
    return MARK.encode() in credentials_of(path, LARGEST)
