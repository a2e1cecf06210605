"""OpenTimelineIO's JSON as plain objects that know their line, of a stranger's file: every field is looked at."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from storyboard.changelist.measures import lasting, refused, shown, within
from storyboard.errors import Where
from storyboard.timing import NTSC

SCHEMA = "OTIO_SCHEMA"
MAX_OBJECTS = 1_000_000
HINT = "export the timeline from the editing program again, as OTIO"

_END = object()
_SCHEMAS = re.compile(rf'(?<!\\)"{SCHEMA}"\s*:')


class Objects:
    """A document: its root, and where each of its objects stands."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.top = Where(name, 1, 1)
        self.root = self._parsed(text)
        starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._places: dict[int, Where] = {}
        for found, one in zip(_SCHEMAS.finditer(text), self._objects(), strict=False):
            line = bisect_right(starts, found.start())
            self._places[id(one)] = Where(name, line, found.start() - starts[line - 1] + 1)

    def _parsed(self, text: str) -> Any:
        if text.count("{") + text.count("[") > MAX_OBJECTS or text.count(",") > 4 * MAX_OBJECTS:
            raise refused(self.top, f"this file has more than {MAX_OBJECTS} objects", "export the timeline alone")
        try:
            return json.loads(text, parse_constant=lambda _: None)
        except json.JSONDecodeError as error:
            where = Where(self.name, error.lineno, error.colno)
            raise refused(where, f"this JSON cannot be read: {error.msg}", HINT) from None
        except RecursionError:
            raise refused(self.top, "this file's objects stand too deep in one another", HINT) from None
        except ValueError:
            raise refused(self.top, "this file has a number of more digits than any time has", HINT) from None

    def _objects(self) -> Iterator[dict[str, Any]]:
        """Every object that says its schema, in the order in which the file says it."""
        waiting: list[Iterator[Any]] = [iter((self.root,))]
        while waiting:
            value = next(waiting[-1], _END)
            if value is _END:
                waiting.pop()
            elif isinstance(value, tuple):
                yield value[0]
            elif isinstance(value, dict | list):
                waiting.append(_inside(value))

    def where(self, one: object) -> Where:
        """Where an object is written; the file's beginning where that is not known."""
        return self._places.get(id(one), self.top)

    def schema(self, one: object) -> str:
        """`Clip`, `Gap`, without its version; empty for what is no object."""
        said = one.get(SCHEMA) if isinstance(one, dict) else None
        return said.partition(".")[0] if isinstance(said, str) else ""

    def text(self, one: object, *path: str) -> str:
        """A text by its path of fields; empty where it is none."""
        found = self.fields(one, *path[:-1]).get(path[-1])
        return found if isinstance(found, str) else ""

    def fields(self, one: object, *path: str) -> dict[str, Any]:
        """An object by its path of fields; empty where it is none."""
        for field in path:
            one = one.get(field) if isinstance(one, dict) else None
        return one if isinstance(one, dict) else {}

    def many(self, one: object, field: str) -> list[Any]:
        """A list; empty where it is none."""
        found = self.fields(one).get(field)
        return found if isinstance(found, list) else []

    def number(self, value: object, where: Where, what: str) -> Fraction:
        """A number, exactly."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e15:
            raise refused(where, f"`{shown(str(value))}` is no number for the {what}", HINT)
        return Fraction(value)

    def rate(self, time: object, where: Where) -> Fraction:
        """The frames a second that a time counts, exactly."""
        rate = self.number(self.fields(time).get("rate"), where, "rate of a time")
        if rate < Fraction(1, 1000):
            raise refused(where, f"a time cannot count {float(rate):.6g} frames a second", HINT)
        near = min(NTSC.values(), key=lambda one: abs(one - rate))
        return near if abs(near - rate) < Fraction(1, 200) else exact(rate)

    def seconds(self, time: object, where: Where, what: str) -> Fraction:
        """A `RationalTime` in seconds."""
        value = exact(self.number(self.fields(time).get("value"), where, what))
        return within(value / self.rate(time, where), where, what)

    def length(self, time: object, where: Where, what: str) -> Fraction:
        """A `RationalTime` that is a length, in seconds."""
        return lasting(self.seconds(time, where, what), where, what)


def exact(value: Fraction) -> Fraction:
    """The number that went through floating point."""
    return value.limit_denominator(100_000)


def _inside(value: dict[str, Any] | list[Any]) -> Iterator[Any]:
    """What stands in an object or a list; in place of its schema, the object itself, wrapped."""
    if isinstance(value, list):
        yield from value
        return
    for key, inner in value.items():
        yield (value,) if key == SCHEMA else inner
