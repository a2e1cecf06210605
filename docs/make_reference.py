"""Write docs/reference.md from the schema, the catalogue and the commands.

python -m docs.make_reference
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import yaml

from docs.make_schema import about_transition, beginnings, cost
from storyboard.cli.main import COMMANDS, cli
from storyboard.planner.asked import spans
from storyboard.planner.catalogue import catalogue
from storyboard.planner.options import describe
from storyboard.spec.schema import schema_text
from storyboard.spec.template import FILTERS
from storyboard.spec.transitions import TRANSITIONS

PAGE = Path(__file__).parent / "reference.md"
Schema = Mapping[str, Any]

HEAD = """\
# Reference

Everything that a storyboard can say, and every command. Your editor shows the same words as you type: the first line
that `storyboard init` writes tells it where the schema is.

Files are named as seen from the storyboard's own folder, and stay inside the project. Times always carry a unit: `5s`,
`1.5s`, `120f` (frames at the first output's rate) or `00:00:05:00`. Colours need quotes, `"#101418"`, or YAML takes
them for comments. *Needed* marks a field that its block cannot do without.
"""

GROUPS = {
    "Where its picture comes from": "id foreach first last references footage card",
    "What happens": "prompt negative characters look multi_shot motion voices elements",
    "What is ordered, and paid for": "model duration mode audio seed options gateway",
    "The cut: free, but for `focus` where a still is cropped": (
        "in out length speed reverse freeze flip scale fit focus transition"
    ),
    "Drawn and heard over it": "captions titles overlays sound narration",
    "Standing": "approved pin number note",
}
"""A shot's fields as a filmmaker thinks of them."""

SECTIONS = (
    "film", "shotFields", "frame", "shotFields.multi_shot", "shotFields.motion", "shotFields.freeze", "transition",
    "shotFields.captions", "shotFields.titles", "overlays", "shotFields.card", "shotFields.sound", "characters",
    "looks", "scenes", "mix", "mix.tracks", "mix.music", "output", "output.poster", "fade", "provenance", "gateway",
    "variant", "part",
)  # fmt: skip
"""The blocks with fields, in the order of the page."""


def reference() -> str:
    """The whole page."""
    schema = json.loads(schema_text())
    parts = [HEAD, "## The storyboard\n", *(_section(schema, name) for name in SECTIONS)]
    parts += [*_transitions(), *_templates(), *_models(), *_options()]
    parts += ["## Commands\n", "Every command answers `--help`. Exit codes are [at the end](#exit-codes).\n"]
    parts += [_command(name) for name in COMMANDS]
    parts += [*_exit_codes()]
    return "\n".join(parts)


def _section(schema: Schema, name: str) -> str:
    """One block: what it is, its fields, an example."""
    node = block(schema, name)
    field = name.rpartition(".")[2]
    title = _heading(schema, name)
    lines = [f"### {title}\n", f"{_described(schema, name)}\n"]
    if name == "shotFields":
        for group, words in GROUPS.items():
            lines += [f"**{group}**\n", _table(schema, node, words.split()), ""]
    else:
        lines += [_table(schema, node, list(node["properties"])), ""]
    example = _example(schema, name, field)
    return "\n".join([*lines, *([f"```yaml\n{example}```\n"] if example else [])])


def block(schema: Schema, name: str) -> Any:
    """A block with fields, by its path: an entry of a list, or of a block of names, where the path leads to one."""
    first, *rest = name.split(".")
    node = schema["$defs"][first]
    for part in rest:
        node = node["properties"][part]
    for inner in ("items", "additionalProperties"):
        if "properties" not in node and isinstance(node.get(inner), dict):
            node = node[inner]
    return node


def _heading(schema: Schema, name: str) -> str:
    return "Shot" if name == "shotFields" else str(block(schema, name)["title"])


def _outer(schema: Schema, name: str) -> Any:
    """A block's node as it is written in its field: the list, where it is the entry of one."""
    first, _, last = name.partition(".")
    return schema["$defs"][first]["properties"][last] if last else schema["$defs"][first]


def _described(schema: Schema, name: str) -> str:
    return str(_outer(schema, name).get("description") or block(schema, name)["description"])


def _example(schema: Schema, name: str, field: str) -> str:
    """What a block looks like in a storyboard, under its field's name."""
    examples = _outer(schema, name).get("examples")
    if name in EXAMPLES or not examples:
        return EXAMPLES.get(name, "")
    value = {"film": examples[0]} if name == "output" else examples[0]
    written = {WRITTEN.get(field, field): value}
    return str(yaml.safe_dump(written, sort_keys=False, width=110, default_flow_style=None, allow_unicode=True))


WRITTEN = {"mix": "sound", "fade": "open", "output": "outputs"}
"""Fields that a block is written under."""
EXAMPLES = {
    "film": """\
storyboard: 1
title: First light
defaults: {duration: 5s, transition: dissolve}
shots:
  - {id: ridge, first: stills/ridge.jpg, last: stills/path.jpg, prompt: Slow push in over the ridge.}
  - {id: end, card: {text: "{{ title }}"}, duration: 2s}
""",
    "shotFields": """\
shots:
  - id: pass
    first: {shot: ridge, frame: last}
    prompt: "{{ hero }} crosses the pass."
    in: 0.5s
    length: 3s
    captions: [{text: The thaw begins, at: 1s, for: 2s}]
""",
    "frame": "first: {shot: pass, frame: last}\n",
    "transition": 'transition: {type: fade, duration: 1s, color: "#ffffff", easing: in-out}\n',
    "shotFields.sound": "sound: {level: -6dB, duck: true}\n",
    "part": """\
vars: {season: late autumn}
looks:
  dawn: {prompt: low morning sun, negative: "text, watermark"}
""",
    "variant": """\
variants:
  de: {vars: {lang: de}}
  cut15: {order: [stream, end], shots: {stream: {length: 1.5s}}}
""",
}


def _table(schema: Schema, node: Schema, names: list[str]) -> str:
    """Fields with what they may be, what they are without being said, and what they mean."""
    rows = ["| field | what it may be | default | meaning |", "| --- | --- | --- | --- |"]
    needed = [*node.get("required", []), *(["id"] if node is schema["$defs"]["shotFields"] else [])]
    for name in [one for one in names if one in node["properties"]]:
        field = node["properties"][name]
        default = f"`{_plain(field['default'])}`" if "default" in field else ""
        kind = OPTIONS if name == "options" else _kind(schema, field)
        cells = [f"`{name}`", kind, "*needed*" if name in needed else default, str(field["description"])]
        rows.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(rows)


OPTIONS = "[the provider's names](#the-providers-own-options), each with a value"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _kind(schema: Schema, field: Schema) -> str:
    """What a field may be, in words; a block of its own is a link to its section."""
    types, kind = field.get("type", ""), str(field.get("x-kind", ""))
    if "$ref" in field:
        return _named(schema, str(field["$ref"]).removeprefix("#/$defs/"))
    if "const" in field or "enum" in field:
        return ", ".join(f"`{one}`" for one in field.get("enum", [field.get("const")]))
    if kind in KINDS:
        return KINDS[kind] + (", or a block" if "object" in types and types != "object" else "")
    if "prefixItems" in field:
        return "two numbers, 0 to 1"
    if types == "array":
        inner = field["items"]
        one = _link(schema, inner) + " blocks" if "properties" in inner else _kind(schema, inner)
        return f"list of {PLURALS.get(one, one)}"
    if types == "object":
        inner = field.get("additionalProperties")
        return f"names, each with {_a(_kind(schema, inner))}" if isinstance(inner, dict) else _link(schema, field)
    return " or ".join(TYPES[one] for one in ([types] if isinstance(types, str) else types))


def _named(schema: Schema, name: str) -> str:
    node = schema["$defs"][name]
    if name in KINDS:
        return KINDS[name]
    if name in LISTS:
        return LISTS[name]
    if node.get("type") == "array" or "properties" not in node:
        return _kind(schema, node)
    return {"frame": "an image file, or a ", "transition": "a word, or a "}.get(name, "") + _link(schema, node)


def _link(schema: Schema, node: Schema) -> str:
    heads = {_heading(schema, name) for name in SECTIONS}
    title = str(node["title"])
    return f"[{title.lower()}](#{anchor(title)})" if title in heads else "block of fields"


def _a(kind: str) -> str:
    word = kind.lstrip("[")
    return kind if not kind.startswith("[") or word.startswith("fields") else f"a{'n' * (word[0] in 'aeio')} {kind}"


LISTS = {
    "shotFields": "[fields of a shot](#shot)", "scenes": "list of [scenes](#scene)", "shots": "list of [shots](#shot)",
    "characters": "names, each with a [character](#character)", "looks": "names, each with a [look](#look)",
    "variants": "names, each with a [variant](#variant)", "overlays": "list of [overlay](#overlay) blocks",
}  # fmt: skip
PLURALS = {"text": "texts", "file": "files", "id": "ids", "name": "names", "whole number": "whole numbers"}
KINDS = {
    "text": "text", "name": "name", "slug": "id", "file": "file", "lut": "`.cube` file", "percent": "percent",
    "share": "0 to 1", "colour": "colour", "level": "decibels", "aspect": "shape", "duration": "time", "time": "time",
    "sound": "`keep`, `mute`, `duck`", "data": "any value", "vars": "names, each with a value",
    "voice": "text", "size": "width x height", "rate": "rate",
    "speed": "number or percent", "shotName": "id", "lookName": "name", "number": "text or number", "model": "model",
}  # fmt: skip
TYPES = {
    "string": "text", "boolean": "`true` or `false`", "number": "number", "integer": "whole number", "object": "block",
    "array": "list",
}  # fmt: skip


def anchor(title: str) -> str:
    """The anchor that a heading gets, on the site and on a forge."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _transitions() -> Iterator[str]:
    yield "### Transitions\n"
    yield f"The {len(TRANSITIONS)} types of a [transition](#transition).\n"
    yield "![Every transition in the middle of its way](transitions.jpg)\n"
    yield "| type | what is seen |\n| --- | --- |"
    yield from (f"| `{name}` | {about_transition(name)} |" for name in TRANSITIONS)
    yield ""


def _templates() -> Iterator[str]:
    yield "### Templates\n"
    yield TEMPLATES
    yield f"Filters, as in `{{{{ hero | capitalize }}}}`: {', '.join(f'`{name}`' for name in FILTERS)}.\n"


TEMPLATES = """\
Any text may have words to fill in: `{{ hero }}` from `vars`, `{{ title }}`, `{{ shot.id }}`, `{{ shot.index }}`
(from 1), `{{ scene.id }}`. `{% if season == "winter" %}…{% endif %}` chooses,
`{% for name in names %}…{% endfor %}` repeats over a list of `vars`. A word that is not defined is a problem.
"""


def _models() -> Iterator[str]:
    table = catalogue()
    yield "## Models\n"
    yield (
        f"What is known of them, as of {table.dated}. `storyboard models ID` says all of one; prices are asked of the\n"
        "gateway before anything is bought.\n"
    )
    yield "| model | begins with | seconds | modes | sound | best for | price |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    sound = {"none": "no", "option": "on request", "always": "always"}
    for model in table.models.values():
        motion = model.kind == "motion"
        seconds, heard = ("as the video", "the video's") if motion else (spans(model.seconds), sound[model.audio])
        cells = [beginnings(model), seconds, ", ".join(model.modes), heard, model.best_for, cost(model)]
        yield f"| `{model.id}` | {' | '.join(cells)} |"
    yield ""


def _options() -> Iterator[str]:
    """A row for each option of a provider, with the models that take it."""
    yield "### The providers' own options\n"
    yield "What a shot's `options:` may hold. Anything else is a problem: it would be passed on unread, and paid for.\n"
    yield "| option | what it may be | meaning | models |\n| --- | --- | --- | --- |"
    takers: dict[tuple[str, str], list[str]] = {}
    for model in catalogue().models.values():
        for name in model.options:
            takers.setdefault((name, model.namespace), []).append(f"`{model.id}`")
    for (name, namespace), ids in takers.items():
        option = catalogue().options[namespace][name]
        yield f"| `{name}` | {describe(option)} | {option.about} | {', '.join(ids)} |"
    yield ""


def _command(name: str) -> str:
    """One command: how it is called, what it does, its options."""
    context = click.Context(cli, info_name="storyboard")
    command = cli.get_command(context, name)
    if command is None:
        raise KeyError(name)
    inner = click.Context(command, info_name=name, parent=context)
    pieces = " ".join(command.collect_usage_pieces(inner))
    text = " ".join((command.help or "").split("\n\n", maxsplit=1)[0].split())
    lines = [f"### storyboard {name}\n", f"```text\nstoryboard {name} {pieces}\n```\n", text]
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    lines += ["\n| option | meaning |", "| --- | --- |"] if options else []
    lines += [_row(*(one.get_help_record(inner) or ("", ""))) for one in options]
    return "\n".join([*lines, ""])


def _row(written: str, meaning: str) -> str:
    name, text = (" ".join(part.split()).replace("|", "\\|") for part in (written, meaning))
    return f"| `{name}` | {text} |"


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes\n"
    yield "[Troubleshooting](troubleshooting.md) says what to do about each.\n"
    yield "| code | meaning |\n| --- | --- |"
    yield from (f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items())
    yield "\nWhere several apply: 5, 130, 1, 3, 4."
    yield ""


EXIT_CODES = {
    0: "done",
    1: "failed for good: the storyboard is wrong, or the provider, the machine or a file said no",
    2: "the call is wrong: a file that is not there, an option or a setting out of place",
    3: "it would have to spend, or to go over a ceiling, and nobody has agreed to that",
    4: "it may well work next time, and nothing is lost: run it again",
    5: "a charge may exist whose clip is not here: `storyboard resolve`",
    130: "interrupted",
}


def main() -> None:
    """Write the page."""
    PAGE.write_text(reference(), "utf-8")


if __name__ == "__main__":
    main()
