"""What the editor's cut asks of the film: its shots in their order, how each stands, and how each goes into the next.

Every figure is the film's own, moved by as much as the cut that came back differs from the film's export. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from storyboard.assembler.timeline import Clip, Join
from storyboard.changelist.exported import Exported
from storyboard.changelist.returned import Change, Noted, Returned
from storyboard.changelist.stands import Stand, grid_of, stand_of, unit_of
from storyboard.changelist.strangers import look_at
from storyboard.changelist.times import pace
from storyboard.changelist.uses import Shown, Use, same_pace, shown_in
from storyboard.errors import Where
from storyboard.export.lay import BLACK
from storyboard.spec.transitions import TRANSITIONS
from storyboard.timing import nearest


@dataclass(frozen=True, slots=True)
class Edge:
    """How a shot goes over into the next, or how the film begins or ends."""

    kind: str = "cut"
    frames: int = 0
    color: str = BLACK


CUT = Edge()


@dataclass(frozen=True, slots=True)
class Aim:
    """A shot as the editor has it."""

    shot: str
    stand: Stand
    where: Where
    of: str = ""
    """The shot whose take it shows, where it is a further use of that."""
    origin: str = ""
    """The shot that it is a further use of."""
    beside: Fraction = Fraction(0)
    """By how many film frames of its take the editor has it begin later than that."""


@dataclass(frozen=True, slots=True)
class Aims:
    """All that the editor's cut asks of the film."""

    shots: tuple[Aim, ...]
    edges: tuple[Edge, ...]
    """One fewer than shots."""
    gone: tuple[str, ...]
    """Shots that are not in the cut any more."""
    opening: Edge | None
    """None where it is as in the film."""
    closing: Edge | None
    told: tuple[Noted, ...]
    """What a storyboard cannot say, or what is done otherwise."""


def aims_of(cut: Returned, uses: Sequence[Use], exported: Exported, taken: Sequence[str]) -> Aims:
    """What a cut asks of the film that was exported. `taken`: every id that a new shot may not have."""
    told = [one for use in uses for one in look_at(use, cut.rate, exported.staged.job.storyboard)]
    clips = exported.clips
    kept, ids = [], {id_.casefold() for id_ in taken}
    for use in uses:
        clip = clips.get(use.shot)
        if clip is None:
            continue
        if use.again and not clip.digest:
            what = f"`{use.shot}` stands here once more, and only shots with a take of their own can be used again"
            told.append((use.first.where, what))
            continue
        kept.append((use, _new_id(use.shot, ids) if use.again else use.shot))
    edges, handles = _edges(uses, [use for use, _ in kept], exported, told)
    shots = [
        _aim(use, id_, shown_in([one.event for one in use.seen], *around, cut.rate), exported, told)
        for (use, id_), around in zip(kept, handles, strict=True)
    ]
    there = {use.shot for use, _ in kept}
    gone = tuple(id_ for id_ in exported.uses if id_ not in there)
    opening, closing = (_fade(cut, exported, end=end, told=told) for end in (False, True))
    return Aims(tuple(shots), tuple(edges), gone, opening, closing, tuple(told))


def _aim(use: Use, id_: str, shown: Shown, exported: Exported, told: list[Noted]) -> Aim:
    """A use as the shot that it is to be."""
    clip = exported.clips[use.shot]
    was, where = exported.shown[use.shot], use.first.where
    of, origin = (clip.shot.reuse or use.shot, use.shot) if use.again else ("", "")
    if clip.digest and not use.first.media:
        told.append((where, f"`{use.shot}` had no take when this was exported: its cut stays as it is"))
        return Aim(id_, stand_of(clip, exported.staged.job.output), where, of, origin)
    stand = _stand(shown, was, clip, exported)
    laid = stand_of(clip, exported.staged.job.output)
    moved = stand != laid and (stand.reverse or (stand.begin, stand.still) != (laid.begin, laid.still))
    if exported.form.whole and abs(shown.tempo) != 1 and moved:
        runs = f"`{use.shot}` runs at {float(abs(shown.tempo)):.4g} times its pace"
        told.append((where, f"{runs}, and this format counts whole frames: it may begin within a frame beside"))
    beside = _beside(stand, (shown, was), clip, exported) if clip.digest else Fraction(0)
    return Aim(id_, stand, where, of, origin, beside)


def _new_id(shot: str, taken: set[str]) -> str:
    number = 2
    while f"{shot}-{number}".casefold() in taken:
        number += 1
    taken.add(f"{shot}-{number}".casefold())
    return f"{shot}-{number}"


def _edges(
    uses: Sequence[Use], kept: Sequence[Use], exported: Exported, told: list[Noted]
) -> tuple[list[Edge], list[tuple[int, int]]]:
    """How each use goes into the next, and how many frames of each lie within its transitions, before and behind."""
    places = {id(use): index for index, use in enumerate(uses)}
    joins, leads = _joins(exported), {one: change for (one, _), change in exported.changes.items()}
    before, after, edges = [0] * len(kept), [0] * len(kept), []
    for index, (one, other) in enumerate(pairwise(kept)):
        beside = places[id(other)] == places[id(one)] + 1
        change, pair = other.change if beside else None, (one.shot, other.shot)
        same = pair in exported.changes and not (one.again or other.again)
        veiled = one.shot in exported.veiled
        if same and beside and same_change(change, exported.changes[pair], veiled=veiled):
            edges.append(joins[pair[0]])
            if change is None:
                after[index], before[index + 1] = exported.handles[pair[0]][1], exported.handles[pair[1]][0]
        elif change is None:
            edges.append(CUT)
        elif (was := leads.get(one.shot)) and same_kind(change, was, veiled=veiled):
            lasts = change.before + change.after
            edges.append(joins[one.shot] if lasts == was.before + was.after else replace(joins[one.shot], frames=lasts))
        else:
            edges.append(_edge(change, told))
        if change:
            after[index], before[index + 1] = change.after, change.before
    return edges, list(zip(before, after, strict=True))


def _joins(exported: Exported) -> dict[str, Edge]:
    """How each shot of the film goes over into the next."""
    timeline = exported.timeline
    return {clip.shot.id: edge_of(join) for clip, join in zip(timeline.clips, timeline.joins, strict=False)}


def edge_of(join: Join) -> Edge:
    """A meeting of the film."""
    if not join.frames:
        return CUT
    color = join.transition.color if join.transition.kind == "fade" else BLACK
    return Edge(join.transition.kind, join.frames, color)


def same_change(now: Change | None, was: Change | None, *, veiled: bool = False) -> bool:
    """Whether a transition of the cut is the one that the film had there."""
    if now is None or was is None:
        return now is was
    return now.before + now.after == was.before + was.after and same_kind(now, was, veiled=veiled)


def same_kind(now: Change, was: Change, *, veiled: bool) -> bool:
    """Whether a transition is of the kind that it was, as far as its format tells kinds: what is `veiled` comes back
    as a dissolve, and where nothing says the colour of a dip, it is the film's."""
    if veiled and now.kind == "dissolve":
        return True
    if now.kind != was.kind or (now.kind in ("wipe", "other") and now.name.casefold() != was.name.casefold()):
        return False
    return now.color.casefold() in (was.color.casefold(), "")


def _edge(change: Change, told: list[Noted]) -> Edge:
    """A transition of the cut as one of the storyboard's."""
    frames, name = change.before + change.after, change.name.casefold()
    if change.kind == "dip":
        return Edge("fade", frames, change.color or BLACK)
    if change.kind == "dissolve" or name in TRANSITIONS:
        return Edge(name if name in TRANSITIONS and change.kind != "dissolve" else "dissolve", frames)
    told.append((change.where, f"`{change.name}` has no name in a storyboard: it stands as a dissolve of its length"))
    return Edge("dissolve", frames)


def _fade(cut: Returned, exported: Exported, *, end: bool, told: list[Noted]) -> Edge | None:
    """How the film begins or ends, where that is another way than it was."""
    now = cut.changes.get(len(cut.events) if end else 0)
    was = exported.cut.changes.get(len(exported.cut.events) if end else 0)
    if same_change(now, was) or (now is None and not exported.form.fades):
        return None
    if now is None:
        return CUT
    if now.kind not in ("dissolve", "dip"):
        told.append((now.where, f"`{now.name}` at the film's {'end' if end else 'beginning'} stands as a fade"))
    return Edge("fade", now.before + now.after, now.color or BLACK)


def _beside(stand: Stand, shown: tuple[Shown, Shown], clip: Clip, exported: Exported) -> Fraction:
    """By how many film frames of its take a shot begins, or stands still, before the place that the cut has."""
    output, (now, was) = exported.staged.job.output, shown
    laid, unit = stand_of(clip, output), unit_of(clip, output)
    begins = laid.begin + (now.low - was.low) / unit - stand.begin
    if stand.still is None or now.still is None or was.still is None or laid.still is None:
        stands = now.still / unit - stand.still if now.still is not None and stand.still is not None else Fraction(0)
    else:
        stands = laid.still + (now.still - was.still) / unit - stand.still
    return max(begins, stands, key=abs)


def _stand(now: Shown, was: Shown, clip: Clip, exported: Exported) -> Stand:
    """How a shot is to stand: as in the film, but for what differs between its export and the cut."""
    output, rate = exported.staged.job.output, exported.cut.rate
    unit, stand = unit_of(clip, output), stand_of(clip, output)
    stand = replace(stand, frames=stand.frames + now.frames - was.frames)
    if not clip.digest:  # a card, or a gap: there are no places in it
        return stand
    if now.tempo and was.tempo and not same_pace(now.tempo, was.tempo, now.frames):
        exact = stand.speed * abs(now.tempo / was.tempo)
        stand = replace(stand, speed=pace(exact, Fraction(1, 4) / max(1, now.frames)))
        stand = replace(stand, reverse=stand.reverse != ((now.tempo > 0) != (was.tempo > 0)))
    later, whole = (now.low - was.low) / unit, clip.facts.frames / grid_of(clip, output)
    begin = stand.begin + nearest(later)
    if begin + stand.end - stand.begin > whole and nearest(later) > later:
        begin -= 1  # so that its end is in the take too
    stand = replace(stand, begin=max(Fraction(0), begin))
    if now.still is None or not rate:
        return replace(stand, still=None, hold=0)
    if was.still is None or stand.still is None:
        return replace(stand, still=Fraction(nearest(now.still / unit)), hold=now.hold)
    place = stand.still + nearest((now.still - was.still) / unit)
    return replace(stand, still=place, hold=stand.hold + now.hold - was.hold)
