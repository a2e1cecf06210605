"""A field of a storyboard changed in its file, and not one byte of it besides.

For what writes into a file that somebody else wrote: a new out point, shots in another order. What comes of it is
read again: it says what it should, and no comment is gone; else nothing is changed, and the caller is told so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeAlias

from storyboard.errors import InvalidStoryboard
from storyboard.spec.decoding import decode
from storyboard.spec.patching import Page, by_hand, changed
from storyboard.spec.places import Path
from storyboard.spec.source import read
from storyboard.spec.syntax import Syntax, syntax_of


@dataclass(frozen=True, slots=True)
class Put:
    """Let the value at a path be this one. What is not there is added: in a shot, where `fmt` would have it."""

    path: Path
    value: Any


@dataclass(frozen=True, slots=True)
class Remove:
    """Let there be nothing at a path. Comments above it and on its line stay."""

    path: Path


Edit: TypeAlias = Put | Remove


def rewrite(file: str, data: bytes, edits: Sequence[Edit]) -> bytes:
    """The storyboard in `data` after some edits, their paths those of `data`.

    `InvalidStoryboard` for a file that is not sound YAML, `Refused` where an edit would change anything else, or lose a
    comment: then it has to be made by hand.
    """
    before, syntax = _opened(file, data)
    page = Page(syntax)
    changes = [page.put(one.path, one.value) if isinstance(one, Put) else page.removed(one.path) for one in edits]
    return _checked(file, changed(data, changes), _applied(deepcopy(before), edits), page.kept())


def reorder(file: str, data: bytes, path: Path, order: Sequence[int]) -> bytes:
    """The storyboard in `data` with the entries of a list in another order, each with the comments above it.

    `order` has the index of every entry once. Errors are those of `rewrite`.
    """
    before, syntax = _opened(file, data)
    wanted, page = deepcopy(before), Page(syntax)
    entries = _at(wanted, path)
    if sorted(order) != list(range(len(entries))):
        raise ValueError(f"an order of {len(entries)} entries has each of them once")
    entries[:] = [entries[index] for index in order]
    return _checked(file, changed(data, page.reordered(path, order)), wanted, page.kept())


def move(file: str, data: bytes, path: Path, into: Path, index: int) -> bytes:
    """The storyboard in `data` with an entry of a list, and the comments above it, before entry `index` of another one.

    Errors are those of `rewrite`.
    """
    before, syntax = _opened(file, data)
    wanted, page = deepcopy(before), Page(syntax)
    *around, at = path
    entry = _at(wanted, tuple(around)).pop(at)
    _at(wanted, into).insert(index, entry)
    return _checked(file, changed(data, page.moved(path, into, index)), wanted, page.kept())


def hide(file: str, data: bytes, paths: Sequence[Path]) -> bytes:
    """The storyboard in `data` with some entries of its lists made comments, line by line. No list may lose all of its
    entries.

    Errors are those of `rewrite`.
    """
    before, syntax = _opened(file, data)
    page = Page(syntax)
    hidden = [page.hidden(path) for path in paths]
    wanted = _applied(deepcopy(before), [Remove(path) for path in paths])
    comments = [words for _, made in hidden for words in made]
    return _checked(file, changed(data, [change for change, _ in hidden]), wanted, sorted([*page.kept(), *comments]))


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def _opened(file: str, data: bytes) -> tuple[Any, Syntax]:
    document = read(file, data)
    if document.problems:
        raise InvalidStoryboard(document.problems)
    return document.value, syntax_of(file, document, data)


def _checked(file: str, data: bytes, wanted: Any, comments: list[str]) -> bytes:
    """What was written, after it was read again."""
    after = read(file, data)
    if after.problems or _exactly(after.value) != _exactly(wanted):
        raise by_hand(file)
    if comments != sorted(words for _, words in Syntax(decode(data)).comments):
        raise by_hand(file)
    return data


def _exactly(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


_GONE = object()
"""What stands in place of a value that is removed, until all edits are made."""


def _applied(value: Any, edits: Sequence[Edit]) -> Any:
    """Plain values after the edits."""
    for edit in edits:
        *around, name = edit.path
        here = value
        for part in around:
            if isinstance(here, dict) and here.get(part) is None:
                here[part] = {}
            here = here[part]
        new = _GONE if isinstance(edit, Remove) else edit.value
        if isinstance(here, list) and name == len(here):
            here.append(new)
        else:
            here[name] = new
    return _swept(value)


def _swept(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _swept(inner) for name, inner in value.items() if inner is not _GONE}
    return [_swept(inner) for inner in value if inner is not _GONE] if isinstance(value, list) else value
