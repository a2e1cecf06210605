"""A difference as a page of its own: frames from before and after beside one another, and every field that changed."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from storyboard import __version__
from storyboard.cli.changes import told
from storyboard.cli.diff import name_of, price_of, sums, what_became
from storyboard.frames import Look, look_of
from storyboard.planner.compare import ShotChange
from storyboard.report.paper import field_of, page
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

    @property
    def colours(self) -> str:
        """The class that gives it its colours; empty where it has none of its own."""
        return f"c{self.background[1:]}-{self.color[1:]}" if self.background else ""


def diff_page(project: Project, found: Difference, takes: TakeStore) -> str:
    """The page, whole: it loads nothing, and shows every text of an author's as text."""
    pictured = found.comparison.shots[:MOST_PICTURED]
    aspect = next((one.storyboard.aspect for one in (found.after, found.before) if one.storyboard), Fraction(16, 9))
    shots = [_shot(found, one, takes, pictured=one in pictured) for one in found.comparison.shots]
    frames = {frame for shot in shots for _, side in shot["sides"] for frame in side if frame.background}
    style = [f".frames > * {{ aspect-ratio: {aspect.numerator} / {aspect.denominator}; }}"]
    style += sorted({
        f".{one.colours} {{ background: {one.background}; color: {one.color or '#ffffff'}; }}" for one in frames
    })  # fmt: skip
    values = {
        "file": project.relative(project.file),
        "title": next((one.storyboard.title for one in (found.after, found.before) if one.storyboard), ""),
        "before": name_of(found.before),
        "after": name_of(found.after),
        "sums": sums(found),
        "film": [field_of(change) for change in found.comparison.film],
        "shots": shots,
        "version": __version__,
    }
    return page("diff", values, style="\n".join(style))


def _shot(found: Difference, one: ShotChange, takes: TakeStore, *, pictured: bool) -> dict[str, Any]:
    sides = []
    if pictured:
        sides += [("before", _frames(found.before, one.was, takes))] if one.was else []
        sides += [("after", _frames(found.after, one.id, takes))] if one.kind != "removed" else []
    return {
        "id": one.id, "kind": one.kind, "what": what_became(found, one), "price": price_of(found, one), "sides": sides,
        "fields": [field_of(change) for change in told(one)],
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
