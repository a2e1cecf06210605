"""Where every value of a document stands: a tree beside its values, with a whole number for each place.

A document may have half a million values, and few of their places are ever asked for: a `Where` is made when one is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from storyboard.errors import Where

Path = tuple[str | int, ...]
"""Where a value stands in its document: `("shots", 3, "duration")`."""

Spot = int
"""A line and a column of a file."""

_COLUMNS = 24
"""Bits of a column: a file has fewer bytes than they count."""


def spot(line: int, column: int) -> Spot:
    """A place as a number, from a line and a column that count from 0."""
    return (line + 1) << _COLUMNS | (column + 1)


@dataclass(frozen=True, slots=True)
class Origin:
    """The file that places are in, and where it was included, as in `film.yaml:3`."""

    file: str
    included_from: str = ""

    def where(self, at: Spot) -> Where:
        """A place in this file."""
        return Where(self.file, at >> _COLUMNS, at & ((1 << _COLUMNS) - 1), self.included_from)


@dataclass(slots=True)
class Places:
    """Those of a block or a list, of its values, and of its names."""

    origin: Origin
    at: Spot
    values: dict[str | int, Place] | list[Place]
    names: dict[str, Spot | Where] = field(default_factory=dict)
    """Where the name of each value stands; none in a list."""

    def find(self, path: Path) -> Where:
        """The place of the value at `path`, or of the nearest thing around it."""
        here = self
        for part in path:
            inner = here._value(part)
            if inner is None:
                break
            if not isinstance(inner, Places):
                return here._where(inner)
            here = inner
        return here.origin.where(here.at)

    def name(self, path: Path) -> Where:
        """The place of the name of the value at `path`; of the value, or what is around it, where it has none."""
        here: Place | None = self
        for part in path[:-1]:
            here = here._value(part) if isinstance(here, Places) else None
        if isinstance(here, Places) and path and (found := here.names.get(str(path[-1]))) is not None:
            return here._where(found)
        return self.find(path)

    def walk(self, path: Path = ()) -> Iterator[tuple[Path, Where]]:
        """The path of everything below this, with its place and with that of its name."""
        pairs = self.values.items() if isinstance(self.values, dict) else enumerate(self.values)
        for part, inner in pairs:
            here = (*path, part)
            yield here, inner.origin.where(inner.at) if isinstance(inner, Places) else self._where(inner)
            if isinstance(part, str) and part in self.names:
                yield here, self._where(self.names[part])
            if isinstance(inner, Places):
                yield from inner.walk(here)

    def adopt(self, section: str, other: Places, names: list[str]) -> None:
        """Take over the places of some fields of a section that another file has too."""
        ours, theirs = self._value(section), other._value(section)
        if not isinstance(ours, Places):
            ours = Places(self.origin, self.at, {})
            self._put(section, ours)
        if isinstance(theirs, Places):
            for name in names:
                ours._put(name, theirs._kept(name))
                ours.names[name] = theirs.name((name,))

    def insert(self, section: str, other: Places, index: int) -> None:
        """Take over the places of a list's entries in another file, from an index of this one's list on."""
        ours, theirs = self._value(section), other._value(section)
        before = ours.values if isinstance(ours, Places) and isinstance(ours.values, list) else []
        count = len(theirs.values) if isinstance(theirs, Places) else 0
        kept = [theirs._kept(entry) for entry in range(count) if isinstance(theirs, Places)]
        at = ours.at if isinstance(ours, Places) else self.at
        self._put(section, Places(self.origin, at, [*before[:index], *kept, *before[index:]]))

    def _value(self, part: str | int) -> Place | None:
        if isinstance(self.values, dict):
            return self.values.get(part)
        return self.values[part] if isinstance(part, int) and part < len(self.values) else None

    def _put(self, name: str, place: Place) -> None:
        if isinstance(self.values, dict):
            self.values[name] = place

    def _kept(self, part: str | int) -> Place:
        """A value's place in a form that holds in another file's block too."""
        found = self._value(part)
        return found if isinstance(found, Places) else self.find((part,))

    def _where(self, place: Spot | Where) -> Where:
        return place if isinstance(place, Where) else self.origin.where(place)


Place: TypeAlias = Spot | Where | Places
"""A number in its block's file, a `Where` for what came from another one."""
