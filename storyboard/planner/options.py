"""A shot's `options:` against the closed list of its provider: unknown keys would be passed on unread, and paid for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from storyboard.planner.asked import Finding
from storyboard.planner.catalogue import Model, Option, catalogue
from storyboard.spec.model import Order
from storyboard.spec.phrases import suggest


def check_options(order: Order, model: Model) -> Iterator[Finding]:
    """Every option that is unknown, that cannot be set, that the model ignores, or that is malformed."""
    known = catalogue().options.get(model.namespace, {})
    for name, value in order.options:
        field, option = f"options.{name}", known.get(name)
        if option is None:
            yield field, "option", f"{model.name} has no option `{name}`", _suggest(name, model)
        elif option.refused:
            yield field, "option", f"`{name}` cannot be set among the options", option.refused
        elif name not in model.options:
            yield field, "option", f"{model.name} ignores `{name}`, and charges all the same", _offered(model)
        elif fault := _fault(option, value):
            yield field, "option", f"`{name}` must be {fault}", f"as in `options: {{{name}: {_example(option)}}}`"
        elif option.needs and not getattr(order, option.needs):
            message = f"{model.name} ignores `{name}` in a shot without `{option.needs}`"
            yield field, "option", message, f"add `{option.needs}`, or remove it"


def describe(option: Option) -> str:
    """What an option may be: `true or false`, `a number from 0 to 1`, `one of single, multi`."""
    if option.choices:
        return f"one of {', '.join(option.choices)}"
    if option.type == "boolean":
        return "true or false"
    if option.type == "texts":
        return f"a list of at most {option.maximum:g} texts"
    kind = "a whole number" if option.type == "integer" else "a number"
    return f"{kind} from {option.minimum:g} to {option.maximum:g}"


def _suggest(name: str, model: Model) -> str:
    known = catalogue().options.get(model.namespace, {})
    near = next((one for one in known if one.casefold() == name.replace("_", "").casefold()), "")
    hint = f"did you mean `{near}`?" if near else suggest(name, known)
    return hint if hint.startswith("did") else _offered(model)


def _offered(model: Model) -> str:
    return f"remove it; it takes {', '.join(model.options)}" if model.options else "remove it: it takes none"


def _fault(option: Option, value: Any) -> str:
    """What the value should be; empty when it is that."""
    if option.type == "boolean":
        right = isinstance(value, bool)
    elif option.type == "texts":
        right = isinstance(value, tuple) and 0 < len(value) <= (option.maximum or 0)
        right = right and all(isinstance(one, str) and one for one in value)
    elif option.type == "text":
        right = isinstance(value, str) and value in option.choices
    else:
        right = _is_within(option, value)
    return "" if right else describe(option)


def _is_within(option: Option, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if option.type == "integer" and not isinstance(value, int):
        return False
    return (option.minimum or 0) <= value <= (option.maximum or 0)


def _example(option: Option) -> str:
    if option.type in ("boolean", "text"):
        return option.choices[0] if option.choices else "true"
    return "[alloy]" if option.type == "texts" else f"{option.maximum:g}"
