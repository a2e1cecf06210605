"""Shots made from data: one for each entry of a list, with an id that the entry gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from storyboard.errors import Problem
from storyboard.spec import examples
from storyboard.spec.fields import Desk, fill_at
from storyboard.spec.phrases import suggest
from storyboard.spec.places import Path
from storyboard.spec.source import Enough
from storyboard.spec.template import is_template

MAX_SHOTS = 10_000
NAMED = 3
"""Shots that a problem names."""
TAKEN = ("shot", "scene", "film", "title")
"""Words that every template has."""
NAMES = (("look", ""), ("number", ""), ("first", "shot"), ("last", "shot"), ("footage", "shot"))
"""Fields, and fields in them, that name something: their templates are filled in first."""

_ALONE = re.compile(r"\s*\{\{\s*([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\s*\}\}\s*")
_ID = re.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Written:
    """One shot as it is written, or as it is made of what is written."""

    value: Any
    path: Path
    words: Mapping[str, Any]
    """What its templates may use besides the film's words."""
    item: Path = ()
    """Where the item stands that it is made of."""


def too_many_shots(desk: Desk, path: Path) -> Enough:
    """Put down that a film has more shots than anyone looks at."""
    message = f"the film has more than {MAX_SHOTS:,} shots"
    desk.problem(path, "too-large", message, "make a storyboard of each part, and join the films")
    return Enough()


def made_shots(desk: Desk, value: Any, path: Path, words: Mapping[str, Any]) -> Iterator[Written]:
    """The shots of one entry of `shots:`: that one, or one for each item of its `foreach`."""
    if not isinstance(value, dict) or "foreach" not in value:
        if isinstance(value, dict) and is_template(str(value.get("id"))):
            message, hint = f"`{value['id']}` is not an id", "only a `foreach` makes ids from templates"
            desk.problem((*path, "id"), "slug", message, hint)
        yield Written(value, path, {})
        return
    known = isinstance(value.get("id"), str) and isinstance(value["foreach"], dict)
    if not known or desk.spoilt((*path, "foreach")) or not (found := _items(desk, value, path, words)):
        return
    word, items = found
    entry = Written(value, path, words)
    if not desk.spoilt((*path, "id")):
        yield from _apart(desk, entry, word, (_made(desk, entry, word, *item) for item in items))


def _items(
    desk: Desk, value: Mapping[str, Any], path: Path, words: Mapping[str, Any]
) -> tuple[str, list[tuple[Any, Path]]] | None:
    """The word of a `foreach`, and its items with their paths; None, with a problem put down, without any."""
    here = (*path, "foreach")
    if len(value["foreach"]) > 1:
        desk.problem(here, "foreach", "`foreach` goes over one list", "write it as in `foreach: {stop: stops}`")
        return None
    word, items = next(iter(value["foreach"].items()))
    at: Path = (*here, word)
    if word in TAKEN:
        desk.problem(here, "foreach", f"`{word}` is a word that every template has", "choose another word")
        return None
    if isinstance(items, str):
        name, at = items, ("vars", items)
        items = words.get(name)
        if not isinstance(items, list) or not items:
            given = desk.value.get("vars") if desk.is_block("vars") else {}
            lists = [one for one, data in (given or {}).items() if isinstance(data, list)]
            what = f"`{name}` is {'empty' if items == [] else 'not a list'}"
            message = what if name in words else f"there is no list `{name}` in `vars`"
            hint = "" if name in lists else suggest(name, lists)
            desk.problem((*here, word), "foreach", message, hint or f"write it under `vars:`, as in `{name}: [a, b]`")
            return None
    if len(items) + len(desk.made) > MAX_SHOTS:
        raise too_many_shots(desk, here)
    return word, [(item, (*at, index)) for index, item in enumerate(items)]


def _made(desk: Desk, entry: Written, word: str, item: Any, stands: Path) -> Written:
    """The shot of one item. What is nothing but a word of the item stands where the item says it."""
    here: Path = ("made", len(desk.made))
    desk.made[here] = ""
    desk.came[here] = entry.path
    shot = {name: one for name, one in entry.value.items() if name != "foreach"}
    for inside, text in _texts(shot):
        alone = _ALONE.fullmatch(text)
        parts = alone[1].split(".") if alone else [""]
        if parts[0] == word and _has(item, parts[1:]):
            desk.came[*here, *inside] = desk.source((*stands, *parts[1:]))
    own = {**entry.words, word: item}
    if is_template(str(shot["id"])):
        shot["id"] = desk.made[here] = fill_at(desk, shot["id"], (*here, "id"), own)
    for field, inner in NAMES:
        block = shot.get(field) if inner else shot
        name = inner or field
        said = block.get(name) if isinstance(block, dict) else None
        at: Path = (*here, field, inner) if inner else (*here, field)
        if isinstance(block, dict) and isinstance(said, str) and is_template(said):
            filled = fill_at(desk, said, at, own)
            shot[field] = {**block, inner: filled} if inner else filled
    return Written(shot, here, {word: item}, stands)


def _texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        if "{{" in value:
            yield path, value
    elif isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*path, name))


def _has(item: Any, names: list[str]) -> bool:
    for name in names:
        if not isinstance(item, dict) or name not in item:
            return False
        item = item[name]
    return True


def _apart(desk: Desk, entry: Written, word: str, shots: Iterator[Written]) -> Iterator[Written]:
    """The shots whose ids tell them apart."""
    seen: dict[str, int] = {}
    id_ = str(entry.value["id"])
    for count, shot in enumerate(shots, 1):
        item = shot.words[word]
        if not re.search(rf"\{{[{{%][^}}]*\b{word}\b", id_):
            message = f"each shot of a `foreach` needs an id of its own, and all would be `{shot.value['id']}`"
            desk.problem((*entry.path, "id"), "foreach", message, _id_hint("" if is_template(id_) else id_, word, item))
            yield shot
            return
        made = shot.value["id"]
        if desk.spoilt((*shot.path, "id")):
            continue
        if not _ID.fullmatch(made):
            hint = f"{examples.MALFORMED['slug']}: give the item a word for it"
            desk.problem((*shot.path, "id"), "slug", f"`{made}` is not an id", hint)
        elif made in seen:
            message = f"items {seen[made]} and {count} of this list both make the shot `{made}`"
            desk.problem(shot.item, "duplicate-id", message, _id_hint("", word, item))
        else:
            seen[made] = count
            yield shot


def _id_hint(id_: str, word: str, item: Any) -> str:
    known = [name for name, one in item.items() if isinstance(one, str | int)] if isinstance(item, dict) else []
    name = f"{word}.{'id' if 'id' in known or not known else known[0]}" if isinstance(item, dict) else word
    return f"write `id: {id_ or word}-{{{{ {name} }}}}`, with a word that no other item has"


def told_once(desk: Desk) -> list[Problem]:
    """Every problem once. One that only some shots of a `foreach` have names them."""
    entries: dict[Path, int] = {}
    for made in desk.made:
        entries[desk.came[made]] = entries.get(desk.came[made], 0) + 1
    told = []
    for problem in dict.fromkeys(desk.problems):
        shots = list(dict.fromkeys(desk.shared.get(problem, ())))
        ids = [desk.made[one] for one in shots if desk.made[one]]
        all_of_it = bool(shots) and len(shots) == entries[desk.came[shots[0]]]
        if ids and not all_of_it and not any(f"`{id_}`" in problem.message for id_ in ids):
            more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
            names = ", ".join(f"`{id_}`" for id_ in ids[:NAMED])
            what = f"{'shot' if len(ids) == 1 else 'shots'} {names}{more}"
            told.append(replace(problem, message=f"{problem.message} ({what})"))
        else:
            told.append(problem)
    return told
