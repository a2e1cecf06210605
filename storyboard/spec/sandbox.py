"""Jinja's immutable sandbox, made smaller: entries instead of attributes, plain words in the text, and a budget.

One for every template, since it counts what that template does.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, Template, nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from storyboard.spec.template import MAX_OUTPUT, Effort

MAX_LOOP_ITEMS = 500
MAX_STEPS = 10_000
"""Turns of loops and uses of filters, of one template together."""

_LOOP = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length"})


class Beyond(Exception):
    """A template does what is not for templates: the sentence, and a hint."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass(frozen=True, slots=True)
class Prepared:
    """A template that is compiled."""

    environment: Sandbox
    template: Template

    def render(self, words: Mapping[str, Any], effort: Effort) -> str:
        """The text that it makes of some words; what that took is taken from the effort."""
        self.environment.steps = 0
        parts: list[str] = []
        size = 0
        try:
            for part in self.template.generate(words):
                parts.append(part)
                size += len(part)
                _fits(size)
        finally:
            effort.take(30 + 2 * self.environment.steps + len(parts))
        return "".join(parts)


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of one template."""

    def __init__(self, filters: Collection[str]) -> None:
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True, finalize=_word)
        self.steps = 0
        own: dict[str, Callable[..., Any]] = {"replace": _replace, "join": _join}
        self.filters = {name: self._counted(own.get(name, self.filters[name])) for name in filters}
        self.filters["turns"] = self.turns
        self.globals.clear()

    def getattr(self, obj: Any, attribute: str) -> Any:
        """An entry of that name; what Python would find on the object is nobody's word."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """An entry of a block or a list."""
        if isinstance(obj, LoopContext) and argument in _LOOP:
            return getattr(obj, argument)
        if isinstance(obj, Mapping | list | str):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                pass
        return self.undefined(obj=obj, name=argument)

    def prepare(self, tree: nodes.Template) -> Prepared:
        """A checked tree, compiled."""
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, "turns", [], [], None, None, lineno=loop.lineno)
        return Prepared(self, self.template_class.from_code(self, self.compile(tree), {}))

    def spend(self, steps: int) -> None:
        """Take steps from the budget."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise Beyond(f"the template takes more than {MAX_STEPS:,} steps", "shorten its loops")

    def turns(self, items: Any) -> list[Any]:
        """What a loop goes over, paid for in advance."""
        if not isinstance(items, list | tuple):
            raise Beyond("a loop goes over a list of `vars`", "write {% for name in names %}")
        if len(items) > MAX_LOOP_ITEMS:
            raise Beyond(f"a loop has {len(items):,} turns; {MAX_LOOP_ITEMS} are allowed")
        self.spend(len(items) + 1)
        return list(items)

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def counted(*args: Any, **named: Any) -> Any:
            self.spend(1)
            return function(*args, **named)

        return counted


def _word(value: Any) -> Any:
    """A value as it stands in a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | StrictUndefined):
        return value
    if isinstance(value, list | tuple):
        raise Beyond("a list is no text", "write {{ names | join(', ') }}")
    raise Beyond("a block of fields is no text", "name the field, as in {{ hero.coat }}")


def _replace(text: Any, old: str, new: str) -> str:
    whole, old, new = str(_word(text)), str(_word(old)), str(_word(new))
    _fits(len(whole) + whole.count(old) * max(0, len(new) - len(old)))
    return whole.replace(old, new)


def _join(items: Any, between: str = "") -> str:
    if not isinstance(items, list | tuple):
        raise Beyond("`join` is for lists")
    words, glue = [str(_word(one)) for one in items], str(_word(between))
    _fits(sum(map(len, words)) + len(glue) * len(words))
    return glue.join(words)


def _fits(size: int) -> None:
    if size > MAX_OUTPUT:
        raise Beyond(f"the template makes more than {MAX_OUTPUT:,} characters", "shorten what it repeats")
