"""What PyYAML tells of a text, piece by piece, with every alias (*name) replaced by what its anchor (&name) stands for.

PyYAML's own node graph takes three times as long, and half a million of its nodes half a gigabyte.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import yaml
from yaml.composer import ComposerError

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TELLING = frozenset(LOADER.yaml_implicit_resolvers)
"""Characters that a plain scalar begins with which may be something else than text."""

MAX_ANCHORS = 10_000
TOO_MANY_ANCHORS = "too many anchors"

TEXT = "tag:yaml.org,2002:str"


class Recursive(Exception):
    """An anchor stands for something that contains itself; `event` is where it begins."""

    def __init__(self, event: Any) -> None:
        super().__init__(event.anchor)
        self.event = event


def tag_of(event: Any) -> str:
    """The tag of a scalar: its own, or what YAML takes it for."""
    if event.tag and event.tag != "!":
        return str(event.tag)
    return implied(event.value) if event.implicit[0] and event.value[:1] in _TELLING else TEXT


@lru_cache(maxsize=4_096)
def implied(text: str) -> str:
    """The tag that YAML gives to unquoted text."""
    return str(LOADER.resolve(LOADER, yaml.ScalarNode, text, (True, False)))


def events_of(text: str) -> Iterator[Any]:
    """The events of the one document in a text, without those of its frame; none for an empty text.

    `yaml.YAMLError` for what is not YAML, `Recursive` where an alias would have no end. Whoever listens to it counts,
    and stops: a few aliases stand for any number of values.
    """
    told, tape = LOADER(text).get_event, _Tape()
    told()
    begin = told()
    if isinstance(begin, yaml.StreamEndEvent):
        return
    while not isinstance(event := told(), yaml.DocumentEndEvent):
        if tape.inside or getattr(event, "anchor", None):
            tape.record(event)
        if isinstance(event, yaml.AliasEvent):
            yield from tape.play(event)
        else:
            yield event
    if not isinstance(second := told(), yaml.StreamEndEvent):
        context = "expected a single document in the stream"
        raise ComposerError(context, begin.start_mark, "but found another document", second.start_mark)


class _Tape:
    """What anchors stand for, to be played again."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.anchors: dict[str, tuple[int, int]] = {}
        """The first event of each anchor, and the one after its last; 0 while that is not there yet."""
        self.inside: list[str | None] = []
        """The anchors of the blocks and lists around, from the outermost that has one on."""

    def record(self, event: Any) -> None:
        """Take note of an event; ComposerError where a name stands for two things."""
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.AliasEvent):
            anchor = None
        elif anchor in self.anchors:
            first, context = self.events[self.anchors[anchor][0]], "found duplicate anchor; first occurrence"
            raise ComposerError(context, first.start_mark, "second occurrence", event.start_mark)
        elif anchor:
            self.anchors[anchor] = (len(self.events), 0)
            if len(self.anchors) > MAX_ANCHORS:
                raise ComposerError(None, None, TOO_MANY_ANCHORS, event.start_mark)
        self.events.append(event)
        if isinstance(event, yaml.CollectionStartEvent):
            self.inside.append(anchor)
            return
        if isinstance(event, yaml.CollectionEndEvent):
            anchor = self.inside.pop()
        if anchor:
            self.anchors[anchor] = (self.anchors[anchor][0], len(self.events))

    def play(self, alias: Any) -> Iterator[Any]:
        """The events that an alias stands for."""
        if alias.anchor not in self.anchors:
            raise ComposerError(None, None, "found undefined alias", alias.start_mark)
        start, end = self.anchors[alias.anchor]
        if not end:
            raise Recursive(self.events[start])
        for index in range(start, end):
            event = self.events[index]
            if isinstance(event, yaml.AliasEvent):
                yield from self.play(event)
            else:
                yield event
