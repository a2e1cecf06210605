"""Other films of one storyboard: what a variant, or a word on the command line, lays over its fields."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, TypeVar

from storyboard.errors import Usage
from storyboard.spec.fields import Desk, Fields
from storyboard.spec.model import Output, Shot, StillFile
from storyboard.spec.names import place_of
from storyboard.spec.order import FIELDS
from storyboard.spec.outputs import files_of
from storyboard.spec.phrases import suggest
from storyboard.spec.places import Path

_Entry = TypeVar("_Entry")

EVERY = "all"
"""What stands for the film and all of its variants: no variant has this name."""
DRAFT = "draft"
"""What stands in the name of a file that `render --draft` writes: a variant's film would be written over it."""
PLAIN = ("title", "aspect", "length", "open", "close", "captions")
"""Fields of the film that a variant says instead."""
BLOCKS = ("vars", "defaults", "sound")
"""Blocks of the film that a variant lays its own over, field by field."""
INSTEAD: Mapping[str, Collection[str]] = {
    "out": ("length",), "length": ("out",), "prompt": ("multi_shot", "card", "footage"), "multi_shot": ("prompt",),
    "card": ("footage", *FIELDS), "footage": ("card", "duration", *FIELDS), "first": ("card", "footage"),
    "last": ("card", "footage"),
}  # fmt: skip
"""Fields of a shot that stand in the way of one that a variant says: what was meant before them goes."""
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")


@dataclass(frozen=True, slots=True)
class Which:
    """Which film of a storyboard is meant."""

    variant: str = ""
    """Empty for the film itself."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Texts that stand for those of `vars`."""


FILM = Which()


@dataclass(frozen=True, slots=True)
class Overlays:
    """What a variant says of the shots."""

    desk: Desk
    path: Path = ()
    shots: Mapping[str, Any] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    """The shots of its cut; empty for all."""

    def over(self, own: Fields) -> Fields:
        """A shot's fields with the variant's laid over them."""
        id_ = str(own.get("id"))
        if id_ not in self.shots:
            return own
        above = Fields.of(self.desk, self.shots[id_], (*self.path, "shots", id_), own.words)
        for name, what in (("id", "its id"), ("foreach", "`foreach`")):
            if name in above.values:
                above.problem(name, "variant-shot", f"a shot keeps {what} in every variant", f"remove `{name}`")
        above = above.without(("id", "foreach"))
        instead = {other for name in above.values for other in INSTEAD.get(name, ())} - set(above.values)
        return replace(above.over(own.without(instead)), path=own.path)

    def check(self, ids: Collection[str]) -> None:
        """Put down the shots that are named and are not there."""
        if any(problem.code == "foreach" for problem in self.desk.problems):
            return
        for id_ in self.shots:
            if id_ not in ids:
                self._unknown(id_, (*self.path, "shots", id_), ids)
        for index, id_ in enumerate(self.order):
            if id_ not in ids:
                self._unknown(id_, (*self.path, "order", index), ids)

    def _unknown(self, id_: str, path: Path, ids: Iterable[str]) -> None:
        if not self.desk.spoilt(path):
            self.desk.problem(path, "shot", f"there is no shot `{id_}`", suggest(id_, ids), key=True)


def laid_over(top: Fields) -> Overlays:
    """What the variant that is read says of the shots; nothing for the film itself."""
    desk = top.desk
    if not desk.variant:
        return Overlays(desk)
    path: Path = ("variants", desk.variant)
    block = Fields.of(desk, variants_of(desk.value)[desk.variant], path, top.words)
    shots = {name: one for name, (one, _) in block.block("shots").values.items() if isinstance(one, dict)}
    return Overlays(desk, path, shots, laid_order(top))


def laid_order(top: Fields) -> tuple[str, ...]:
    """The shots of the cut that is read, by id, where a variant says which and in which order; else empty."""
    desk = top.desk
    path: Path = ("variants", desk.variant)
    block = Fields.of(desk, variants_of(desk.value).get(desk.variant), path, {})
    return tuple(id_ for id_, at in block.items("order") if isinstance(id_, str) and not desk.spoilt(at))


def variants_of(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The variants of a storyboard's fields, by name."""
    variants = value.get("variants")
    return {name: one for name, one in variants.items() if isinstance(one, dict)} if isinstance(variants, dict) else {}


def known(variants: Mapping[str, _Entry], name: str) -> _Entry:
    """What stands under a variant's name; Usage for a name that is none."""
    if name not in variants:
        hint = suggest(name, filter(None, variants)) or "variants are written under `variants:`"
        raise Usage(f"there is no variant `{name}`", hint=hint)
    return variants[name]


def check_names(desk: Desk) -> None:
    """Put down a variant's name that means something else."""
    for name in variants_of(desk.value):
        meanings = {
            EVERY: f"`--variant {EVERY}` means the film and all of its variants",
            DRAFT: f"the film's own drafts are called so: build/film.{DRAFT}.mp4",
        }
        if message := meanings.get(name.casefold() if isinstance(name, str) else ""):
            desk.problem(("variants", name), "variant", message, "give this one another name", key=True)


def lay_over(desk: Desk, which: Which) -> None:
    """Lay a variant's fields, and words that were given, over the film's; Usage for a name that is none."""
    value = desk.value = dict(desk.document.value)
    if which.variant:
        desk.variant = which.variant
        _lay_variant(desk, value, known(variants_of(value), which.variant))
    given = value.get("vars")
    words = given if isinstance(given, dict) else {}
    for name, text in which.words.items():
        words = {**words, name: _word(words, name, text)}
    value["vars"] = words if which.words else given
    if value["vars"] is None:
        del value["vars"]


def _lay_variant(desk: Desk, value: dict[str, Any], block: Mapping[str, Any]) -> None:
    path: Path = ("variants", desk.variant)
    value.pop("length", None)
    for name in PLAIN:
        if name in block:
            value[name] = block[name]
            desk.came[name,] = (*path, name)
    for name in BLOCKS:
        value[name] = _laid(desk, (name,), value.get(name, {}), block.get(name, {}), (*path, name))
    outputs = value.get("outputs", {"film": {}})
    if isinstance(outputs, dict) and isinstance(block.get("outputs"), dict):
        value["outputs"] = dict(outputs)
        for name, one in block["outputs"].items():
            here: Path = (*path, "outputs", name)
            desk.came.update({} if name in outputs else {("outputs", name): here})
            value["outputs"][name] = _laid(desk, ("outputs", name), outputs.get(name, {}), one, here)


def _laid(desk: Desk, here: Path, below: Any, above: Any, path: Path) -> Any:
    """A block with another over it, whose fields are taken note of; the lower one where either is no block."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return below
    desk.came.update({(*here, name): (*path, name) for name in above})
    return {**below, **above}


def _word(words: Mapping[str, Any], name: str, text: str) -> Any:
    """What a word that was given stands for: a text, or a number or a yes and no where the film has such; Usage."""
    if name not in words:
        hint = suggest(name, words) or "words are written under `vars:`"
        raise Usage(f"`--var {name}`: there is no `{name}` in `vars`", hint=hint)
    before = words[name]
    if isinstance(before, list | dict):
        kind = "a list" if isinstance(before, list) else "a block of fields"
        raise Usage(f"`--var {name}`: `{name}` is {kind}, and no text can stand for it", hint="write it in a variant")
    if isinstance(before, bool):
        if text not in ("true", "false"):
            raise Usage(f"`--var {name}`: `{name}` is true or false, not {text!r}")
        return text == "true"
    if isinstance(before, int | float):
        if not _NUMBER.fullmatch(text):
            raise Usage(
                f"`--var {name}`: `{name}` is a number, and {text[:40]!r} is none",
                hint=f"write it as in `--var {name}={before}`",
            )
        return float(text) if "." in text else int(text)
    return text


def set_apart(top: Fields, outputs: tuple[Output, ...], taken: Collection[str]) -> tuple[Output, ...]:
    """A variant's outputs, each at a file of its own: NAME.VARIANT.mp4 where it would be the film's.

    `taken`: the files that the film itself writes.
    """
    desk, apart = top.desk, []
    places = set(map(place_of, taken))
    for one in outputs:
        said = desk.source(("outputs", one.name, "file"))[:1] == ("variants",)
        output = one
        if not said and place_of(one.file) in places:
            plain = PurePosixPath(one.file)
            output = replace(one, file=str(plain.parent / f"{plain.stem}.{desk.variant}{plain.suffix}"))
        if twice := [file for file in files_of(output) if place_of(file) in places]:
            path: Path = ("outputs", output.name, "file") if said else ("variants", desk.variant)
            message = f"output `{output.name}` of variant `{desk.variant}` would be written over the film's {twice[0]}"
            hint = f"give it a file of its own: `outputs: {{{output.name}: {{file: ...}}}}`"
            desk.problem(path, "same-file", message, hint, key=not said)
        apart.append(output)
    return tuple(apart)


def check_apart(desk: Desk, family: Mapping[str, Iterable[str]]) -> None:
    """Put down the variants that write a file of another one. The film's own stand under an empty name."""
    written: dict[str, str] = {}
    for name, files in family.items():
        for file in files:
            if (first := written.setdefault(place_of(file), name)) not in ("", name):
                message = f"variants `{first}` and `{name}` write the same file: {file}"
                hint = f"give this one a file of its own, as in `outputs: {{film: {{file: build/{name}.mp4}}}}`"
                desk.problem(("variants", name), "same-file", message, hint, key=True)
                break


def unseen_of(every: Iterable[Shot], cut: Iterable[Shot]) -> tuple[Shot, ...]:
    """The shots that a cut leaves out, and whose takes it needs: others go on from them, or use them again."""
    by_id = {shot.id: shot for shot in every}
    seen = {shot.id for shot in cut}
    waiting, needed = [by_id[id_] for id_ in seen if id_ in by_id], set[str]()
    while waiting:
        shot = waiting.pop()
        first = shot.order.first if shot.order else None
        for id_ in (shot.reuse, first.shot if first and not isinstance(first, StillFile) else ""):
            if id_ in by_id and id_ not in seen and id_ not in needed:
                needed.add(id_)
                waiting.append(by_id[id_])
    return tuple(shot for id_, shot in by_id.items() if id_ in needed)
