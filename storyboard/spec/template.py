"""Templates in text: Jinja, inside an immutable sandbox, and only the part of it that cannot do anything.

The parsed tree is checked against a list of what is allowed before anything runs, since a sandbox alone stops neither
a loop of a billion steps nor a string of a billion characters. Templates see the storyboard's words and nothing else:
no clock, no randomness, no environment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from storyboard.spec.phrases import suggest

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_OUTPUT = 20_000
MAX_LOOP_DEPTH = 2
MAX_LOOP_ITEMS = 500
FILTERS = ("upper", "lower", "title", "capitalize", "trim", "replace", "join", "default", "length", "first", "last")

ALLOWED = frozenset(
    {
        "Template",
        "Output",
        "TemplateData",
        "Name",
        "Const",
        "Getattr",
        "Getitem",
        "Filter",
        "Test",
        "If",
        "For",
        "List",
        "Tuple",
        "CondExpr",
        "And",
        "Or",
        "Not",
        "Compare",
        "Operand",
        "Concat",
    }
)


class TemplateError(Exception):
    """A template that is refused: the sentence, a hint, and the offset of the expression in its text."""

    def __init__(self, message: str, hint: str = "", offset: int = 0) -> None:
        super().__init__(message)
        self.message, self.hint, self.offset = message, hint, offset


def is_template(text: str) -> bool:
    """Whether a text has anything to fill in."""
    return "{{" in text or "{%" in text or "{#" in text


def fill(text: str, words: Mapping[str, Any]) -> str:
    """`text` with its templates filled in from `words`; `TemplateError` says what is wrong and where."""
    if not is_template(text):
        return text
    from jinja2 import TemplateSyntaxError, UndefinedError
    from jinja2.exceptions import SecurityError

    environment = _environment()
    try:
        tree = environment.parse(text)
        _check(tree, text)
        result = environment.from_string(text).render(words)
    except TemplateSyntaxError as error:
        raise TemplateError(f"the template cannot be read: {error.message}", offset=_offset(text, "")) from None
    except UndefinedError as error:
        raise _undefined(text, str(error.message), words) from None
    except SecurityError as error:
        raise TemplateError(f"a template may not do this: {error}") from None
    except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        raise TemplateError(f"the template fails: {error}") from None
    if len(result) > MAX_OUTPUT:
        raise TemplateError(f"the template makes {len(result):,} characters; {MAX_OUTPUT:,} are allowed")
    return result


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    environment.globals.clear()
    return environment


def _check(tree: nodes.Node, text: str, depth: int = 0) -> None:
    from jinja2 import nodes

    for node in tree.iter_child_nodes():
        kind = type(node).__name__
        if kind == "Filter":
            name = str(getattr(node, "name", ""))
            if name not in FILTERS:
                raise TemplateError(f"there is no filter `{name}`", suggest(name, FILTERS), _offset(text, name))
        elif kind not in ALLOWED:
            raise TemplateError(
                f"a template may not use this: {_KIND_WORDS.get(kind, kind.lower())}",
                "templates fill in words, choose with `if` and repeat with `for`",
            )
        for word in (getattr(node, "name", None), getattr(node, "attr", None)):
            if isinstance(word, str) and "__" in word:
                raise TemplateError(f"`{word}` is not a name here", offset=_offset(text, word))
        inner = depth + (kind == "For")
        if inner > MAX_LOOP_DEPTH:
            raise TemplateError(f"loops may be nested {MAX_LOOP_DEPTH} deep")
        data = nodes.Name | nodes.Getattr | nodes.Getitem | nodes.List
        if isinstance(node, nodes.For) and not isinstance(node.iter, data):
            raise TemplateError("a loop goes over a list of `vars`", "write {% for name in names %}")
        _check(node, text, inner)


def _undefined(text: str, message: str, words: Mapping[str, Any]) -> TemplateError:
    match = re.search(r"'([^']+)' is undefined", message)
    if match:
        name = match[1]
        return TemplateError(
            f"`{name}` is not defined", suggest(name, words) or "define it under `vars:`", _offset(text, name)
        )
    match = re.search(r"has no attribute '([^']+)'", message)
    return TemplateError(
        f"there is no `{match[1]}` in it" if match else message, "", _offset(text, match[1] if match else "")
    )


def _offset(text: str, name: str) -> int:
    for match in re.finditer(r"\{\{|\{%", text):
        found = text.find(name, match.end()) if name else match.start()
        if found >= 0:
            return found
    return 0


_KIND_WORDS = {
    "Call": "a call",
    "Mul": "arithmetic",
    "Add": "arithmetic",
    "Pow": "arithmetic",
    "Mod": "arithmetic",
    "Sub": "arithmetic",
    "Div": "arithmetic",
    "FloorDiv": "arithmetic",
    "Include": "include",
    "Import": "import",
    "Macro": "a macro",
    "Assign": "set",
    "Slice": "a slice",
}
