from __future__ import annotations

import inspect
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import nodes

from storyboard.spec.template import (
    ALLOWED,
    FILTERS,
    MAX_EFFORT,
    Effort,
    Exhausted,
    TemplateError,
    _by_jinja,
    _words_alone,
    fill,
)

WORDS: dict[str, Any] = {
    "hero": "a red fox", "title": "First light", "names": ["Ann", "Bo"], "n": 4, "share": 0.5, "winter": False,
    "empty": [],
    "coat": {"colour": "red", "items": "buttons"}, "long": "x" * 20_000, "many": list(range(500)),
    "most": list(range(501)),
}  # fmt: skip


def refused(text: str) -> TemplateError:
    """The error of a template that is refused, and quickly."""
    started = time.monotonic()
    with pytest.raises(TemplateError) as caught:
        fill(text, WORDS)
    assert time.monotonic() - started < 2
    assert caught.value.message
    assert 0 <= caught.value.offset <= len(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("no template", "no template"), ("{ } %} }}", "{ } %} }}"), ("{{ hero }}", "a red fox"),
        ("{{ hero }}\n", "a red fox\n"),
        ("{{ hero | upper }}", "A RED FOX"), ("{{ 'AB' | lower }}", "ab"), ("{{ hero | title }}", "A Red Fox"),
        ("{{ hero | capitalize }}", "A red fox"), ("{{ ' x ' | trim }}", "x"),
        ("{{ hero | replace('red', 'grey') }}", "a grey fox"),
        ("{{ names | join(' and ') }}", "Ann and Bo"), ("{{ names | join }}", "AnnBo"),
        ("{{ nope | default('x') }}", "x"),
        ("{{ names | length }}", "2"), ("{{ names | first }}", "Ann"), ("{{ names | last }}", "Bo"),
        ("{{ n }} {{ share }}", "4 0.5"),
        ("{{ winter }} {{ true }}", "false true"), ("{{ coat.colour }} {{ coat['colour'] }}", "red red"),
        ("{{ coat.items }}", "buttons"), ("{{ names[0] }} {{ names.1 }}", "Ann Bo"),
        ("{{ hero[2] }}", "r"),
        ("{% if winter %}snow{% else %}grass{% endif %}", "grass"), ("{% if n > 3 and not winter %}x{% endif %}", "x"),
        ("{% if n == 1 %}a{% elif n in [3, 4] %}b{% endif %}", "b"), ("{{ 'a' if n >= 4 or winter else 'b' }}", "a"),
        ("{% for x in names %}{{ loop.index }}{{ x }}{{ '' if loop.last else ', ' }}{% endfor %}", "1Ann, 2Bo"),
        ("{% for x in empty %}{{ x }}{% else %}none{% endfor %}", "none"),
        ("{% for x in ['a', 'b'] %}{{ x }}{% endfor %}", "ab"),
        ("{% for x in names %}{% for y in names %}{{ x[0] ~ y[0] }}{% endfor %}{% endfor %}", "AAABBABB"),
        ("{{ hero ~ ', ' ~ n }}", "a red fox, 4"), ("{# a remark #}x", "x"),
        ("{{ hero is defined }} {{ nope is defined }}", "true false"),
        ("{{ ('a', 'b') | join('-') }}", "a-b"), ("{{ long }}", "x" * 20_000), ("{{ '{{' }}", "{{"),
        ("{% for x in many %}{% endfor %}", ""), ("{%- if n -%}  x  {%- endif -%}", "x"),
    ],
)  # fmt: skip
def test_what_templates_do(text: str, result: str) -> None:
    assert fill(text, WORDS) == result


EXAMPLES = {
    "Add": "{{ n + 1 }}", "Sub": "{{ n - 1 }}", "Mul": "{{ hero * 9 }}", "Div": "{{ n / 2 }}",
    "FloorDiv": "{{ n // 2 }}",
    "Mod": "{{ hero % 2 }}", "Pow": "{{ n ** 9 }}", "Neg": "{{ -n }}", "Pos": "{{ +n }}", "Call": "{{ hero() }}",
    "Slice": "{{ hero[1:2] }}", "Dict": "{{ {'a': n} }}", "Pair": "{{ {'a': n}.a }}",
    "Keyword": "{{ hero | trim(chars='a') }}",
    "Assign": "{% set a = 1 %}", "AssignBlock": "{% set a %}x{% endset %}", "NSRef": "{% set a.b = 1 %}",
    "Block": "{% block a %}{% endblock %}", "CallBlock": "{% call hero() %}{% endcall %}",
    "FilterBlock": "{% filter upper %}x{% endfilter %}",
    "Include": "{% include 'film.yaml' %}", "Import": "{% import 'film.yaml' as a %}",
    "FromImport": "{% from 'film.yaml' import a %}",
    "Extends": "{% extends 'film.yaml' %}", "Macro": "{% macro a() %}{% endmacro %}",
    "With": "{% with a = 1 %}{% endwith %}",
}  # fmt: skip
"""Each statement and expression of Jinja that is not for templates."""

UNWRITTEN = {
    "AttributeTrick", "Break", "Continue", "ContextReference", "DerivedContextReference", "EnvironmentAttribute",
    "EvalContextModifier",
    "ExprStmt", "ExtensionAttribute", "ImportedName", "InternalName", "MarkSafe", "MarkSafeIfAutoescape",
    "OverlayScope", "Scope",
    "ScopedEvalContextModifier", "TemplateReference",
}  # fmt: skip
"""Nodes that only an extension of Jinja makes."""

ABSTRACT = {
    "Node",
    "Stmt",
    "Helper",
    "Expr",
    "BinExpr",
    "UnaryExpr",
    "Literal",
    "_FilterTestCommon",
    "EvalContext",
    "NodeType",
}


def test_every_node_of_jinja_is_allowed_or_refused() -> None:
    every = {name for name, one in vars(nodes).items() if inspect.isclass(one) and issubclass(one, nodes.Node)}
    assert set(EXAMPLES) == every - ABSTRACT - ALLOWED - UNWRITTEN
    assert every >= ALLOWED


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_a_node_that_is_refused(kind: str) -> None:
    refused(EXAMPLES[kind])


HOLES = [
    "{% for a in many %}{% if long " + "| upper | lower " * 10 + "== a %}{% endif %}{% endfor %}",
    "{{ 9" + "9" * 5_000 + " }}",
    "{{ " + "(" * 5_000 + "n", "{{ " + "not " * 300 + "n }}", "{{ " + " ~ ".join(["long"] * 70) + " }}",
    "{% if n %}" * 100 + "{% endif %}" * 100, "{% for a in names %}" * 25 + "{% endfor %}" * 25,
    "{{ hero" + "[0]" * 900 + " }}",
    "{{ hero" + " | upper" * 900 + " }}", "{{ " + "n if n else " * 500 + "n }}", "{{ " + "[" * 400 + "]" * 400 + " }}",
]  # fmt: skip
"""What has no end that anyone would wait for."""

PAYLOADS = [*(Path(__file__).parent / "payloads.txt").read_text("utf-8").splitlines(), *HOLES]
"""What is passed around for breaking out of Jinja's sandbox, or for keeping it busy, and what merely fails."""


def test_enough_payloads() -> None:
    assert len(set(PAYLOADS)) >= 150


@pytest.mark.parametrize("text", PAYLOADS, ids=lambda text: text[:60])
def test_a_payload_is_refused(text: str) -> None:
    refused(text)


@pytest.mark.parametrize(
    ("text", "word", "hint"),
    [
        ("a {{ herp }}", "herp", "did you mean `hero`?"), ("{{ hero }} {{ titel }}", "titel", "did you mean `title`?"),
        ("{{ hero | uper }}", "uper", "did you mean `upper`?"),
        ("{{ hero.upper }}", "upper", "write {{ word | upper }}"),
        ("one\ntwo {{ herp }}", "herp", "did you mean `hero`?"), ("herp {{ herp }}", "herp }}", "did you mean `hero`?"),
    ],
)  # fmt: skip
def test_the_place_and_the_way_out(text: str, word: str, hint: str) -> None:
    error = refused(text)
    assert text[error.offset :].startswith(word)
    assert error.hint == hint


def test_a_syntax_error_is_at_its_line() -> None:
    text = "{{ hero }}\n and {% endfor %}"
    assert refused(text).offset == text.index("{%")


@pytest.mark.parametrize("text", ["{{ hero.upper ~ '' }}", "{{ coat.keys ~ '' }}", "{{ names.append ~ '' }}"])
def test_no_text_has_an_address_of_memory(text: str) -> None:
    assert "0x" not in refused(text).message


def test_filters_are_those_of_the_design() -> None:
    assert FILTERS == (
        "upper", "lower", "title", "capitalize", "trim", "replace", "join", "default", "length", "first", "last",
    )  # fmt: skip


def test_words_stay_as_they_are() -> None:
    before = repr(WORDS)
    for text in (*PAYLOADS, "{{ names | join(', ') }}"):
        try:
            fill(text, WORDS)
        except TemplateError:
            continue
    assert repr(WORDS) == before


SCRAPS = (
    "{{", "}}", "{{ hero }}", "{{hero}}", "{{ coat.colour }}", "{{ coat.items }}", "{{ n }}", "{{ share }}",
    "{{ winter }}", "{{ nope }}", "{{ coat }}", "{{ names }}", "{{ true }}", "{{ self }}", "{{ none }}", "{{ hero.x }}",
    "{{- hero }}", "{{ long }}", "{#", "#}", "{%", "%}", "{", "}", " ", "\n", "\r\n", "hero", ".", "|", "__class__",
    "é", "{{ é }}", "{{ loop }}", "{{ not }}",
)  # fmt: skip


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(SCRAPS), max_size=6).map("".join))
@example("{{ hero }}, {{ coat.colour }}")
def test_plain_words_are_filled_in_as_jinja_does(text: str) -> None:
    filled = _words_alone(text, WORDS)
    if filled is not None:
        assert _by_jinja(text, WORDS, Effort()) == filled


def test_most_prompts_do_without_jinja() -> None:
    assert _words_alone("{{ hero }} of {{ coat.colour }}, {{ n }}", WORDS) == "a red fox of red, 4"
    code = "import sys; from storyboard.spec.template import fill; fill('{{ a }}', {'a': 'b'}); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "jinja2" not in loaded


def test_a_template_has_its_whole_budget_every_time() -> None:
    text = "{% for x in many %}{% for y in names %}{{ y }}{% endfor %}{% endfor %}"
    assert {fill(text, WORDS) for _ in range(12)} == {"AnnBo" * 500}


def test_a_films_words_have_a_budget_that_no_film_needs() -> None:
    """A tenth of it: a hundred different prompts of a thousand letters, with filters, and a thousand plain ones."""
    effort, prose = Effort(), "slowly in the morning " * 45
    for number in range(100):
        fill(f"{{{{ hero | upper }}}} {{% if winter %}}snow{{% endif %}} {number} {prose}", WORDS, effort)
        for _ in range(10):
            fill(f"{{{{ hero }}}} and {{{{ coat.colour }}}} {number}", WORDS, effort)
    assert effort.left > 0.9 * MAX_EFFORT
    effort.left = 100
    with pytest.raises(Exhausted):
        fill("{{ hero | lower }}", WORDS, effort)


def test_a_text_is_made_ready_once() -> None:
    effort = Effort()
    fill("{{ hero | upper }}", WORDS, effort)
    once = MAX_EFFORT - effort.left
    fill("{{ hero | upper }}", WORDS, effort)
    assert MAX_EFFORT - effort.left < 1.2 * once
