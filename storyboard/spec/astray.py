"""Fields that do not exist where they stand: misspelt, at home elsewhere, or words of a text without its quotes."""

from __future__ import annotations

from dataclasses import dataclass

from storyboard.spec import examples
from storyboard.spec.phrases import Breach, nearest, shown, suggest
from storyboard.spec.places import Path
from storyboard.spec.shape import Shape
from storyboard.spec.source import Document

MERGE = "<<"
MAX_HOMES = 3
"""Fields that are told as the home of another."""


@dataclass(frozen=True, slots=True)
class Astray:
    """A document's fields that do not exist, and the shape that says which do.

    What was meant by them is noted in the document, so that nobody misses it: a shot whose `promt` is misspelt has a
    prompt.
    """

    document: Document
    shape: Shape

    def told(self, breach: Breach, name: str) -> tuple[str, str]:
        """The sentence about a field that does not exist in a block, and the way out."""
        path, block = breach.path, breach.value
        fields = list(breach.schema.get("properties", {}))
        known = [one for one in fields if one not in block]
        message = f"there is no field `{shown(name)}` here"
        if hint := examples.KEPT_OUT.get((breach.name, name)):
            return message, hint
        if field := self._glued(name, known):
            self._note(path, field)
            rest = name[len(field) + 1 :]
            return f"a space is missing behind the colon in `{shown(name)}`", f"write `{field}: {shown(rest)}`"
        if hint := self._unquoted(block[name], (*path, name)):
            return message, hint
        if hint := self._home(path, name, block):
            return message, hint
        if " " in name and name.replace(" ", "_") not in fields:
            return message, "text of several lines is indented below its field, which ends in >-"
        if near := nearest(name, known) or nearest(name, fields):
            self._note(path, near)
            return message, f"did you mean `{near}`?"
        return message, suggest(name, fields) or "`storyboard schema` has them all"

    def meant(self, breach: Breach) -> set[str]:
        """Fields that a block lacks only because their names are wrong, or because it takes them from another."""
        properties, block = self.shape.at(breach.path).fields, breach.value
        if MERGE in self.document.meant.get(self.document.place(breach.path), ()):
            return set(properties)
        known = [one for one in properties if one not in block]
        wrong = [name for name in block if name not in properties]
        return {self._glued(name, known) or nearest(name, known) for name in wrong}

    def _glued(self, name: str, known: list[str]) -> str:
        """The field of `id:opening`, which lacks a space; empty for none."""
        field, colon, rest = name.partition(":")
        return field if colon and rest and field in known else ""

    def _unquoted(self, value: object, path: Path) -> str:
        """The hint for words behind a comma inside { }: what YAML takes for one more field."""
        where, name = self.document.name(path), str(path[-1])
        line = self.document.lines[where.line - 1] if where.line <= len(self.document.lines) else ""
        before, after = line[: where.column - 1].rstrip()[-1:], line[where.column - 1 + len(name) :].lstrip()[:1]
        loose = value is None and before == "," and after and after in ",}"
        return "text with a comma in it needs quotes inside { }" if loose else ""

    def _home(self, path: Path, name: str, block: dict[str, object]) -> str:
        """Where a field is at home: around this block, or in one of its own fields."""
        for length in range(len(path) - 1, -1, -1):
            if name in self.shape.at(path[:length]).fields:
                level = f"the same indent as `{path[length]}`" if isinstance(path[length], str) else ""
                return f"`{name}` belongs {'to the film' if not length else 'further out'}: give it {level or 'less'}"
        homes = self.shape.at(path).homes(name)
        if not path and "shots" in homes:
            shots = block.get("shots")
            if isinstance(shots, list) and shots:
                self._note(("shots", len(shots) - 1), name)
            return f"`{name}` is a field of a shot: indent it below its `- id:`"
        if not homes and (named := self.shape.at(path).named_homes(name)):
            return f"`{name}` is a field of one of the `{named[0]}`: write it below that one's name"
        there = [one for one in homes if one in block] or homes[:MAX_HOMES]
        if len(there) == 1 and block.get(there[0], 0) is None:
            self.document.wrong.add((*path, there[0]))
        where = " or ".join(f"`{one}`" for one in there)
        return f"`{name}` is a field of {where}: indent it below {'that' if len(there) > 1 else where}" if there else ""

    def _note(self, path: Path, name: str) -> None:
        self.document.meant.setdefault(self.document.place(path), set()).add(name)
