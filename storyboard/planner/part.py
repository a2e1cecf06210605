"""Which shots of a film a run is about: those that are named, those of scenes, those of a stretch of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storyboard.errors import Usage
from storyboard.spec.model import Storyboard
from storyboard.spec.phrases import suggest


@dataclass(frozen=True, slots=True)
class Part:
    """What of a film was asked for, besides shots by their names; the whole of it without anything."""

    scenes: tuple[str, ...] = ()
    start: str = ""
    """The first shot of a stretch; empty for the film's first."""
    end: str = ""
    """The last one, which belongs to it; empty for the film's last."""


def shots_in(storyboard: Storyboard, named: tuple[str, ...], part: Part) -> tuple[str, ...]:
    """The ids of the shots that were asked for, in the film's order; none when that is the whole film.

    Shots that are named and those of scenes add up; a stretch is what lies between its ends, and with the others only
    what of them lies in it. `Usage` for a name that the film does not have, and for a part without a shot.
    """
    if not (named or part.scenes or part.start or part.end):
        return ()
    _check(storyboard, named, part)
    every = storyboard.shots if part.start or part.end else storyboard.every
    ids = [shot.id for shot in every]
    first, last = ids.index(part.start or ids[0]), ids.index(part.end or ids[-1])
    if first > last:
        hint = f"write `--from {part.end} --until {part.start}`"
        raise Usage(f"`{part.end}` stands before `{part.start}` in the film", hint=hint)
    wanted = [
        shot.id
        for shot in every[first : last + 1]
        if shot.id in named or shot.scene in part.scenes or not (named or part.scenes)
    ]
    if not wanted:
        message = f"nothing of that lies between `{ids[first]}` and `{ids[last]}`"
        raise Usage(message, hint="leave out `--from` and `--until`, or the other names")
    return tuple(wanted)


def _check(storyboard: Storyboard, named: Sequence[str], part: Part) -> None:
    """Whether the film has every shot and scene that is named."""
    every = [shot.id for shot in storyboard.every]
    shown = [shot.id for shot in storyboard.shots]
    scenes = list(dict.fromkeys(shot.scene for shot in storyboard.shots if shot.scene))
    flat = "" if scenes else "its shots stand in a flat list: `--from` and `--until` choose some of them"
    asked = [("shot", name, every) for name in named]
    asked += [("scene", name, scenes) for name in part.scenes]
    asked += [("shot", name, shown) for name in (part.start, part.end) if name]
    for kind, name, known in asked:
        if name not in known:
            hint = (flat if kind == "scene" else "") or suggest(name, known)
            hint = hint or f"`storyboard status {storyboard.file}` lists them"
            raise Usage(f"there is no {kind} `{name}`", hint=hint)
