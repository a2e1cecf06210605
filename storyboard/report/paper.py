"""Pages that stand alone: templates in which no text of anybody's is markup, and which load nothing from anywhere.

Every page says so itself, in a policy that a browser holds it to: its one style and its one script are named by the
digests of their texts, and there is no other.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from storyboard.cli.changes import bytes_alone, in_words, lines_of, pieces_of
from storyboard.planner.compare import Change
from storyboard.store import files

MARK = '<meta name="generator" content="storyboard">'
"""What every page has in its head: such a file may be written over."""
HEAD = 1024
"""Bytes in which a page has said what it is."""
PICTURES = 0x2400
"""Where Unicode has a sign for each control character."""
TURNING = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd")
"""Signs that turn the direction of what follows."""


def page(name: str, values: Mapping[str, Any], *, style: str = "", media: str = "") -> str:
    """The page of a template, whole.

    `NAME.css` and `NAME.js` belong to `NAME.html`; `style` is what the page's own values add to the former. `media` is
    where a page may take films from, beside itself: `blob:`, or the address of a folder.
    """
    paper = _environment()
    sheet = "\n".join((_source(paper, "base.css"), _source(paper, f"{name}.css"), style))
    script = _source(paper, f"{name}.js")
    policy = f"default-src 'none'; img-src data:; style-src '{_digest(sheet)}'; base-uri 'none'; form-action 'none'"
    policy += f"; script-src '{_digest(script)}'" if script else ""
    policy += f"; media-src {media}" if media else ""
    own = {"policy": policy, "mark": Markup(MARK), "sheet": Markup(sheet), "script": Markup(script)}  # noqa: S704 - ours
    text = paper.get_template(f"{name}.html").render({**values, **own})
    return text.encode("utf-8", "replace").decode()


def may_write(path: Path) -> bool:
    """Whether a page may go to a path: to a new file, or over an earlier page."""
    return not path.exists() or MARK.encode() in files.read_plain(path, HEAD)


def _environment() -> Environment:
    paper = Environment(
        loader=PackageLoader("storyboard.report", "pages"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=shown,
    )  # fmt: skip
    paper.filters["flat"] = flat
    return paper


def _source(paper: Environment, name: str) -> str:
    """A style or a script as it ships; empty where there is none."""
    if name not in paper.list_templates():
        return ""
    return paper.get_template(name).render()


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def shown(value: Any) -> Any:
    """What a template prints: control characters can be seen, and what no text may hold is replaced."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "".join(char if char.isprintable() else _visible(char) for char in value)


def _visible(char: str) -> str:
    code = ord(char)
    if char in "\n\t":
        return char
    if code < 0x20:
        return chr(PICTURES + code)
    return "\ufffd" if code == 0x7F or unicodedata.category(char) in ("Cc", "Cs", "Cn", "Co") else char


def flat(value: object) -> str:
    """A text for a title or a label, where nothing can keep its direction from running over: on one line, without the
    signs that turn it."""
    return " ".join(str(value).translate(TURNING).split())


def field_of(change: Change) -> dict[str, Any]:
    """A change of a field for a template: word by word for a text, entry by entry for a list."""
    both = (change.old, change.new)
    return {
        "name": change.field,
        "pieces": [(one.kind, one.text) for one in pieces_of(change)],
        "lines": [(sign, line.partition(": ")[2]) for sign, line in lines_of(change)],
        "line": bytes_alone(change),
        "step": () if None in both or any(isinstance(one, list) for one in both) else tuple(map(in_words, both)),
    }
