"""What a signed film claims, in C2PA's words: its takes as ingredients, and what was done with them. Pure.

Who sees the film sees the claim. So it says what things are and where they are in the film, and keeps prompts, prices,
jobs and dates to the record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

import storyboard as program
from storyboard.provenance.kept import MARK
from storyboard.provenance.origins import GENERATED, Record

TRYING = "development certificate: for trying only"


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A file that a film is made of."""

    digest: str
    title: str
    suffix: str
    """Of its file's name: what kind of file it is."""
    facts: Mapping[str, Any]
    """What is said of it, bound to the claim."""
    source_type: str
    """Empty where nobody knows."""
    seen: tuple[tuple[str, str, str], ...]
    """The shots in which it is seen: the id, and begin and end in seconds of the film."""


def ingredients_of(record: Record) -> tuple[Ingredient, ...]:
    """Every take and file of a film, each once, in the order in which they come."""
    rate = Fraction(record["film"]["rate"])
    found: dict[str, Ingredient] = {}
    seen: dict[str, list[tuple[str, str, str]]] = {}
    for one in (*_pictures(record), *_heard(record)):
        found.setdefault(one.digest, one)
    for shot in record["shots"]:
        first = shot["in_film"]["first"]
        begin, end = (_seconds(frame / rate) for frame in (first, first + shot["in_film"]["frames"]))
        if digest := _digest(shot):
            seen.setdefault(digest, []).append((shot["id"], begin, end))
    return tuple(
        Ingredient(one.digest, one.title, one.suffix, one.facts, one.source_type, tuple(seen.get(one.digest, ())))
        for one in found.values()
    )


def claim_of(record: Record, ingredients: tuple[Ingredient, ...], *, development: bool) -> dict[str, Any]:
    """The claim of a film, without its ingredients: these are added by the labels that its actions name."""
    film = record["film"]
    title = f"{film['title'] or PurePosixPath(film['file']).stem}{f' ({TRYING})' if development else ''}"
    actions = [{"action": "c2pa.created", "digitalSourceType": film["source_type"], "description": "Cut together."}]
    actions += [_placed(one, label) for label, one in labelled(ingredients)]
    actions.append({"action": "c2pa.edited", "description": "Cut, fitted, joined and mixed as the storyboard says."})
    if film["words_drawn"]:
        actions.append({"action": "c2pa.addedText"})
    said = {"sha256": film["sha256"], "frames": film["frames"], "rate": film["rate"], "development": development}
    generator = {"name": "storyboard", "version": program.__version__}
    return {
        "claim_generator_info": [{**generator, "certificate": TRYING} if development else generator],
        "title": _clean(title),
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": actions}, "created": True},
            {"label": MARK, "data": said, "created": True},
        ],
    }


def labelled(ingredients: tuple[Ingredient, ...]) -> Iterator[tuple[str, Ingredient]]:
    """Each ingredient with the label that actions name it by."""
    return ((f"part-{number}", one) for number, one in enumerate(ingredients, 1))


def ingredient_of(one: Ingredient, label: str) -> dict[str, Any]:
    """What a claim says of an ingredient; its facts stand in a file of its own, `LABEL.json`."""
    return {
        "title": _clean(one.title), "relationship": "componentOf", "label": label,
        "instance_id": f"sha256:{one.digest}", "data": {"format": "application/json", "identifier": f"{label}.json"},
    }  # fmt: skip


def _placed(one: Ingredient, label: str) -> dict[str, Any]:
    changes = [
        {"region": [{"type": "temporal", "time": {"type": "npt", "start": begin, "end": end}}], "name": _clean(shot)}
        for shot, begin, end in one.seen
    ]
    placed = {"action": "c2pa.placed", "parameters": {"ingredientIds": [label]}, "changes": changes}
    placed["digitalSourceType"] = one.source_type
    return {name: value for name, value in placed.items() if value}


def _pictures(record: Record) -> Iterator[Ingredient]:
    for shot in record["shots"]:
        take, kind = shot["take"], shot["kind"]
        if take:
            made = {"model": _clean(shot["asked"]["model"])} if kind == "generated" and shot["asked"] else {}
            facts = {"sha256": take["sha256"], "kind": kind, "take": take["number"], **made}
            title = f"{shot['reuse'] or shot['id']}, take {take['number']}" if take["number"] else shot["id"]
            yield Ingredient(take["sha256"], title, ".mp4", facts, GENERATED if kind == "generated" else "", ())
        elif shot["footage"]:
            yield _file(shot["footage"], "footage")
        elif shot["card"] and shot["card"]["image"]:
            yield _file(shot["card"]["image"], "picture")
    yield from (_file(one, "overlay") for one in record["overlays"])


def _heard(record: Record) -> Iterator[Ingredient]:
    return (_file(one, one["role"]) for one in record["sounds"])


def _file(one: Mapping[str, Any], kind: str) -> Ingredient:
    """A file of the project: by its own name, for its folders may name clients."""
    name = PurePosixPath(one["file"])
    return Ingredient(one["sha256"], name.name, name.suffix.lower(), {"sha256": one["sha256"], "kind": kind}, "", ())


def _digest(shot: Mapping[str, Any]) -> str:
    card = shot["card"] or {}
    source = shot["take"] or shot["footage"] or card.get("image") or {}
    return str(source.get("sha256", ""))


def _seconds(time: Fraction) -> str:
    whole, rest = divmod(round(time * 1_000_000), 1_000_000)
    return f"{whole}.{rest:06d}"


def _clean(text: str) -> str:
    """A text on one line, in which everything prints."""
    return "".join(char if char.isprintable() else " " for char in text).strip()[:500]
