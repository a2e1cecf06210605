"""Changes of fields in words: for a terminal, and as plain lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from storyboard.cli.report import printable
from storyboard.planner.compare import Change, Piece, ShotChange, compare_lists, compare_words, is_whole

if TYPE_CHECKING:
    from rich.text import Text

CONTEXT = 40
"""Signs of what stayed that are shown on either side of what did not."""
SHORT = 12
"""Digits of a digest that people are shown."""
TELLING = (
    "model", "prompt", "multi_shot", "duration", "mode", "first", "last", "references", "card.text", "card.image",
    "footage", "footage.shot",
)  # fmt: skip
"""Fields that tell people what a shot is, when they see it for the first time."""
PROSE = ("prompt", "negative", "text", "note")
"""Fields of running text: compared word by word."""


def in_words(value: Any) -> str:
    """A value for people, on one line."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return _block_in_words(value)
    if isinstance(value, list):
        return f"[{', '.join(in_words(one) for one in value)}]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return printable(" ".join(str(value).split()))


def _block_in_words(value: Mapping[str, Any]) -> str:
    if is_whole(value) and "file" in value:
        digest = value["sha256"]
        return f"{printable(str(value['file']))} ({digest[:SHORT] if digest else 'not there'})"
    if is_whole(value):
        return f"the {value['frame']} frame of {value['shot']}"
    return f"{{{', '.join(f'{name}: {in_words(one)}' for name, one in value.items())}}}"


def told(shot: ShotChange) -> tuple[Change, ...]:
    """The fields of a shot that people are told: what it is, where it is new, and nothing where it is gone."""
    if shot.kind == "kept":
        return shot.fields
    return tuple(one for one in shot.fields if shot.kind == "added" and one.field in TELLING)


def bytes_alone(change: Change) -> str:
    """What is told of a file that has other bytes under the same name; empty for any other change."""
    old, new = change.old, change.new
    if not (isinstance(old, Mapping) and isinstance(new, Mapping) and "sha256" in old and "sha256" in new):
        return ""
    if old["file"] != new["file"] or not old["sha256"] or not new["sha256"]:
        return ""
    return f"{printable(old['file'])} has other bytes ({old['sha256'][:SHORT]} → {new['sha256'][:SHORT]})"


def pieces_of(change: Change) -> tuple[Piece, ...]:
    """A change of a text, word by word; nothing for one that is told as a whole."""
    prose = change.field.rpartition(".")[2] in PROSE
    if not prose or not isinstance(change.old, str) or not isinstance(change.new, str):
        return ()
    return compare_words(*(printable(" ".join(text.split())) for text in (change.old, change.new)))


def lines_of(change: Change) -> Iterator[tuple[str, str]]:
    """A change as lines for a patch: each with its sign, `-` or `+`, and its text."""
    if isinstance(change.old, list) or isinstance(change.new, list):
        gone, come = compare_lists(change.old or [], change.new or [])
        yield from (("-", f"{change.field}: {in_words(one)}") for one in gone)
        yield from (("+", f"{change.field}: {in_words(one)}") for one in come)
        return
    if change.old is not None:
        yield "-", f"{change.field}: {in_words(change.old)}"
    if change.new is not None:
        yield "+", f"{change.field}: {in_words(change.new)}"


def change_text(change: Change, *, marked: bool) -> Text:
    """A change for a terminal. `marked`: with signs around what went and came, where no colour can tell them."""
    from rich.text import Text

    text = Text()
    pieces = pieces_of(change)
    if pieces:
        for index, piece in enumerate(pieces):
            words = _shortened(piece, first=index == 0, last=index == len(pieces) - 1)
            text.append_text(_piece(piece.kind, words, marked=marked))
        return text
    if isinstance(change.old, list) or isinstance(change.new, list):
        rows = [f"{sign} {line.partition(': ')[2]}" for sign, line in lines_of(change)]
        for index, row in enumerate(rows):
            text.append("\n" * (index > 0) + row, "red" if row.startswith("-") else "green")
        return text
    if other := bytes_alone(change):
        return text.append(other, "yellow")
    if change.old is not None:
        text.append(in_words(change.old), "red")
        text.append(" → " if change.new is not None else "  gone")
    if change.new is not None:
        text.append(in_words(change.new), "green")
    return text


def _piece(kind: str, words: str, *, marked: bool) -> Text:
    from rich.text import Text

    styles = {"same": "", "removed": "red strike", "added": "bold green"}
    signs = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}[kind] if marked else ("", "")
    bare = words.rstrip()
    space = words[len(bare) :] if kind != "same" or marked else ""
    text = Text(signs[0] + (bare if kind != "same" else words) + signs[1], styles[kind])
    return text.append(space if kind != "same" else "")


def _shortened(piece: Piece, *, first: bool, last: bool) -> str:
    """What stayed is shown near what did not."""
    words = piece.text
    if piece.kind != "same" or len(words) <= CONTEXT * (1 if first or last else 2):
        return words
    before = "" if first else words[:CONTEXT].rsplit(" ", 1)[0] + " "
    after = "" if last else " " + words[-CONTEXT:].split(" ", 1)[-1]
    return f"{before}…{after}"
