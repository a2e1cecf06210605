"""Templates in text: Jinja, inside an immutable sandbox, and only the part of it that cannot do anything.

The parsed tree is checked against a list of what is allowed before anything runs, since a sandbox alone stops neither
a loop of a billion steps nor a string of a billion characters. Templates see the storyboard's words and nothing else:
no clock, no randomness, no environment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from storyboard.spec.phrases import suggest

if TYPE_CHECKING:
    from jinja2 import nodes

    from storyboard.spec.sandbox import Prepared

MAX_OUTPUT = 20_000
"""Characters that a template makes."""
MAX_EFFORT = 1_500_000
"""What filling in a film's words may take, in units of about a millionth of a second."""
COMPILING, TAG, OPERATOR = 600, 60, 40
"""What it takes to make a template ready, and for each tag and each operator in it."""
MAX_LOOP_DEPTH = 2
MAX_DEPTH = 24
"""How deep a template's tree may be: beyond it, compiling takes longer than anyone means to wait."""
MAX_JOINED = 64
"""Operands of `~` in one template."""
TOO_INTRICATE = "the template is too intricate", "write it with fewer brackets, blocks and operators"
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


class Exhausted(Exception):
    """A film's words take longer to fill in than anyone means to wait."""


@dataclass(slots=True)
class Effort:
    """What is left to spend on the words of one film, and its templates that are ready."""

    left: int = field(default_factory=lambda: MAX_EFFORT)
    ready: dict[str, Prepared] = field(default_factory=dict)

    def take(self, cost: int) -> None:
        """Spend some of it; Exhausted when that was too much."""
        self.left -= cost
        if self.left < 0:
            raise Exhausted

    def prepared(self, text: str) -> Prepared:
        """A template that is ready: the same text is made so once."""
        if text not in self.ready:
            tags, operators = text.count("{{") + text.count("{%"), sum(map(text.count, "|~[("))
            self.take(COMPILING + TAG * tags + OPERATOR * operators + len(text) // 4)
            self.ready[text] = _prepared(text)
        return self.ready[text]


def is_template(text: str) -> bool:
    """Whether a text has anything to fill in."""
    return "{{" in text or "{%" in text or "{#" in text


def fill(text: str, words: Mapping[str, Any], effort: Effort | None = None) -> str:
    """`text` with its templates filled in from `words`; `TemplateError` says what is wrong and where.

    It takes from the `effort` that is left for a film; Exhausted when that is not enough.
    """
    if not is_template(text):
        return text
    effort = effort or Effort()
    filled = _words_alone(text, words)
    if filled is None:
        return _by_jinja(text, words, effort)
    effort.take(2 + 2 * text.count("{{") + len(filled) // 200)
    return filled


def _by_jinja(text: str, words: Mapping[str, Any], effort: Effort) -> str:
    from jinja2 import TemplateSyntaxError, UndefinedError
    from jinja2.exceptions import SecurityError

    from storyboard.spec.sandbox import Beyond

    try:
        return effort.prepared(text).render(words, effort)
    except Beyond as error:
        raise TemplateError(error.message, error.hint, _offset(text, "")) from None
    except TemplateSyntaxError as error:
        raise _unreadable(text, str(error.message), error.lineno) from None
    except UndefinedError as error:
        raise _undefined(text, str(error.message), words) from None
    except SecurityError as error:
        raise TemplateError(f"a template may not do this: {error}", offset=_offset(text, "")) from None
    except RecursionError:
        raise TemplateError(*TOO_INTRICATE, _offset(text, "")) from None
    except (TypeError, ValueError, ArithmeticError, LookupError, SyntaxError) as error:
        raise TemplateError(f"the template fails: {error}", offset=_offset(text, "")) from None


@lru_cache(maxsize=100)
def _prepared(text: str) -> Prepared:
    """A template ready to be filled in: one that stands in a film's defaults is, for every shot."""
    from storyboard.spec.sandbox import Sandbox

    environment = Sandbox(FILTERS)
    tree = environment.parse(text)
    _check(tree, text)
    return environment.prepare(tree)


_WORD = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\s*\}\}")
_NO_WORDS = frozenset({"true", "false", "none", "True", "False", "None", "not", "self"})
"""Names that Jinja reads in its own way."""


def _words_alone(text: str, words: Mapping[str, Any]) -> str | None:
    """`text` filled in as Jinja would, where all it does is name texts and numbers; None where it does more, or wrong.

    Most prompts are such, and a film of ten thousand waits five seconds for Jinja to compile them.
    """
    if "{%" in text or "{#" in text or "\r" in text:
        return None
    before, *parts = text.split("{{")
    filled = [before]
    for part in parts:
        match = _WORD.match(part)
        if not match or "__" in match[1] or match[1].partition(".")[0] in _NO_WORDS:
            return None
        value: Any = words
        for name in match[1].split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            return None
        filled += str(value), part[match.end() :]
    whole = "".join(filled)
    return whole if len(whole) <= MAX_OUTPUT else None


def _check(tree: nodes.Node, text: str, depth: int = 0, loops: int = 0) -> None:
    from jinja2 import nodes

    if depth > MAX_DEPTH or sum(len(joined.nodes) for joined in tree.find_all(nodes.Concat) if not depth) > MAX_JOINED:
        raise TemplateError(*TOO_INTRICATE)
    for node in tree.iter_child_nodes():
        _check_kind(node, text)
        for word in (getattr(node, "name", None), getattr(node, "attr", None)):
            if isinstance(word, str) and "__" in word:
                raise TemplateError(f"`{word}` is not a name here", offset=_offset(text, word))
        inner = loops + isinstance(node, nodes.For)
        if inner > MAX_LOOP_DEPTH:
            raise TemplateError(f"loops may be nested {MAX_LOOP_DEPTH} deep", offset=_offset(text, "for"))
        data = nodes.Name | nodes.Getattr | nodes.Getitem | nodes.List
        if isinstance(node, nodes.For) and not isinstance(node.iter, data):
            raise TemplateError(
                "a loop goes over a list of `vars`", "write {% for name in names %}", _offset(text, "for")
            )
        _check(node, text, depth + 1, inner)


def _check_kind(node: nodes.Node, text: str) -> None:
    kind = type(node).__name__
    if kind == "Filter":
        name = str(getattr(node, "name", ""))
        if name not in FILTERS:
            raise TemplateError(f"there is no filter `{name}`", suggest(name, FILTERS), _offset(text, name))
    elif kind not in ALLOWED:
        raise TemplateError(
            f"a template may not use this: {_KIND_WORDS.get(kind, kind.lower())}",
            "templates fill in words, choose with `if` and repeat with `for`",
            _offset(text, "", getattr(node, "lineno", 1)),
        )


def _unreadable(text: str, message: str, line: int) -> TemplateError:
    offset = _offset(text, "", line)
    if "end of print statement" in message:
        return TemplateError("this {{ is not closed, or has a stray word in it", "write {{ name }}", offset)
    if match := re.search(r"unknown tag '([^']+)'", message):
        ends = match[1].startswith(("end", "el"))
        message = f"{{% {match[1]} %}} has nothing to end" if ends else f"templates have no {{% {match[1]} %}}"
        return TemplateError(message, "" if ends else "they choose with `if` and repeat with `for`", offset)
    if match := re.search(r"needs to be closed is '([^']+)'", message):
        return TemplateError(f"{{% {match[1]} %}} is never closed", f"add {{% end{match[1]} %}}", offset)
    return TemplateError(f"the template cannot be read: {message}", "", offset)


def _undefined(text: str, message: str, words: Mapping[str, Any]) -> TemplateError:
    match = re.search(r"'([^']+)' is undefined", message)
    if match:
        name = match[1]
        return TemplateError(
            f"`{name}` is not defined", suggest(name, words) or "define it under `vars:`", _offset(text, name)
        )
    match = re.search(r"has no attribute '([^']+)'", message)
    name = match[1] if match else ""
    hint = f"write {{{{ word | {name} }}}}" if name in FILTERS else ""
    return TemplateError(f"there is no `{name}` in it" if match else message, hint, _offset(text, name))


def _offset(text: str, name: str, line: int = 1) -> int:
    """Where `name` stands in an expression of `text`; without one, where the first expression begins at a line."""
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    for match in re.finditer(r"\{\{|\{%|\{#", text):
        found = re.compile(rf"\b{re.escape(name)}\b").search(text, match.end()) if name else match
        if found and found.start() >= start:
            return found.start()
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
    "Neg": "arithmetic",
    "Pos": "arithmetic",
    "Include": "include",
    "Import": "import",
    "Macro": "a macro",
    "Assign": "set",
    "Slice": "a slice",
}
