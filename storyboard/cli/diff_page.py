"""A difference as a page of its own: frames from before and after beside one another, and every field that changed."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from storyboard import __version__
from storyboard.cli.changes import bytes_alone, in_words, lines_of, pieces_of, told
from storyboard.cli.diff import name_of, price_of, sums, what_became
from storyboard.frames import Look, look_of
from storyboard.planner.compare import Change, ShotChange
from storyboard.spec.model import FrameOf

if TYPE_CHECKING:
    from storyboard.differences import Difference, Version
    from storyboard.spec.model import Shot
    from storyboard.store.project import Project
    from storyboard.store.takes import TakeStore

MOST_PICTURED = 300
"""Shots that are shown with pictures: with more, a page would be too large to be opened."""

_COLOUR = re.compile("#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of a shot at one of its ends, or the words that stand in its place."""

    source: str = ""
    words: str = ""
    background: str = ""
    color: str = ""


def diff_page(project: Project, found: Difference, takes: TakeStore) -> str:
    """The page, whole: it loads nothing, and shows every text of an author's as text."""
    environment = Environment(
        loader=PackageLoader("storyboard.cli", "pages"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pictured = found.comparison.shots[:MOST_PICTURED]
    return environment.get_template("diff.html").render(
        file=project.relative(project.file),
        title=next((one.storyboard.title for one in (found.after, found.before) if one.storyboard), ""),
        before=name_of(found.before),
        after=name_of(found.after),
        aspect=next((one.storyboard.aspect for one in (found.after, found.before) if one.storyboard), Fraction(16, 9)),
        sums=sums(found),
        film=[_field(change) for change in found.comparison.film],
        shots=[_shot(found, one, takes, pictured=one in pictured) for one in found.comparison.shots],
        version=__version__,
    )


def _shot(found: Difference, one: ShotChange, takes: TakeStore, *, pictured: bool) -> dict[str, Any]:
    sides = []
    if pictured:
        sides += [("before", _frames(found.before, one.was, takes))] if one.was else []
        sides += [("after", _frames(found.after, one.id, takes))] if one.kind != "removed" else []
    return {
        "id": one.id, "kind": one.kind, "what": what_became(found, one), "price": price_of(found, one), "sides": sides,
        "fields": [_field(change) for change in told(one)],
    }  # fmt: skip


def _frames(version: Version, id_: str, takes: TakeStore) -> list[Frame]:
    """What a shot shows at its two ends, as far as there is anything to show."""
    storyboard = version.storyboard
    assert storyboard is not None  # noqa: S101 - it has the shot
    shot = storyboard.shot(id_)
    planned = next(one for one in version.plan.shots if one.shot.id == id_) if version.plan else None
    reused = storyboard.shot(shot.reuse) if shot.reuse else shot
    take = version.lock.circled(reused.id)
    digest = take.sha256 if take else planned.take.sha256 if planned and planned.take else ""
    look = look_of(reused, digest, version.tree, takes)
    frames = [_frame(shot, look, end) for end in (0, 1)]
    return [one for one in dict.fromkeys(frames) if one != Frame()] or [Frame(words="no picture")]


def _frame(shot: Shot, look: Look, end: int) -> Frame:
    data = (look.first, look.last)[end]
    if data:
        return Frame(f"data:image/jpeg;base64,{base64.b64encode(data).decode()}")
    if shot.card:
        colours = [one if _COLOUR.fullmatch(one) else "" for one in (shot.card.background, shot.card.color)]
        return Frame("", shot.card.text, *colours)
    frame = (shot.order.first, shot.order.last)[end] if shot.order else None
    return Frame(words=f"the last frame of {frame.shot}") if isinstance(frame, FrameOf) else Frame()


def _field(change: Change) -> dict[str, Any]:
    """A change for the template: word by word for a text, entry by entry for a list."""
    both = (change.old, change.new)
    return {
        "name": change.field,
        "pieces": [(one.kind, one.text) for one in pieces_of(change)],
        "lines": [(sign, line.partition(": ")[2]) for sign, line in lines_of(change)],
        "line": bytes_alone(change),
        "step": () if None in both or any(isinstance(one, list) for one in both) else tuple(map(in_words, both)),
    }
