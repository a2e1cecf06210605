"""A storyboard's fields changed until its film is laid out as the editor's cut is: laid, compared, changed, and laid
again, since one shot's length can move how the next one's is rounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from storyboard.assembler.timeline import Clip, Join, Source, Timeline, build_timeline, edge
from storyboard.changelist.aims import Aim, Aims, Edge, edge_of
from storyboard.changelist.fields import Laid, edge_edits, ending_edits, stand_edits
from storyboard.changelist.pages import Pages
from storyboard.changelist.returned import Noted
from storyboard.changelist.sheets import Sheets
from storyboard.changelist.stands import Stand, stand_of
from storyboard.errors import InvalidStoryboard, Problem, Refused, Where
from storyboard.examine import source_of
from storyboard.export.describing import Staged
from storyboard.spec.model import Output, Shot, Storyboard, Transition
from storyboard.spec.rewriting import Edit, Remove
from storyboard.timing import to_frame

ROUNDS = 5
"""How often a film is laid out again: the second time, lengths are said in whole frames."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A storyboard's film as it would be laid out."""

    storyboard: Storyboard
    output: Output
    clips: Mapping[str, Clip]
    joins: Mapping[tuple[str, str], Join]
    """By the two shots that meet."""
    timeline: Timeline | None
    """None where its transitions do not fit."""
    problems: tuple[Problem, ...] = ()
    """Why they do not."""


def lay_out(storyboard: Storyboard, staged: Staged) -> Layout:
    """The film of a changed storyboard, from the takes of the one that was staged. What is written on the picture is
    of no account. `InvalidStoryboard` where a shot's cut does not fit its take."""
    output = next(one for one in storyboard.outputs if one.name == staged.job.output.name)
    output = replace(output, poster=None)
    shots = tuple(replace(shot, captions=(), titles=(), overlays=()) for shot in storyboard.shots)
    bare = replace(storyboard, shots=shots, length=None)
    sources = sources_of(bare, output, staged)
    timeline, problems = None, tuple[Problem, ...]()
    try:
        timeline = build_timeline(bare, output, sources)
        clips, joins = timeline.clips, timeline.joins
    except InvalidStoryboard as error:
        problems = error.problems
        cuts = tuple(replace(shot, transition=Transition(written=True)) for shot in shots)
        clips = build_timeline(replace(bare, shots=cuts), output, sources).clips
        joins = tuple(_join(shots, index, storyboard, output) for index in range(len(shots) - 1))
    pairs = zip(pairwise(shot.id for shot in shots), joins, strict=True)
    own = {shot.id: shot for shot in storyboard.shots}
    whole = {clip.shot.id: replace(clip, shot=own[clip.shot.id]) for clip in clips}
    return Layout(storyboard, output, whole, dict(pairs), timeline, problems)


def sources_of(storyboard: Storyboard, output: Output, staged: Staged) -> dict[str, Source]:
    """What the shots of a changed storyboard are cut from."""
    known = {clip.shot.id: (clip.facts, clip.digest) for clip in staged.job.timeline.clips if not clip.shot.card}
    return {
        shot.id: source_of(shot, output, storyboard.rate, known.get(shot.id) or known.get(shot.reuse))
        for shot in storyboard.shots
    }


def _join(shots: tuple[Shot, ...], index: int, storyboard: Storyboard, output: Output) -> Join:
    transition = edge(shots, index)
    seconds = transition.duration.seconds(storyboard.rate) if transition.duration else Fraction(0)
    return Join(transition, to_frame(seconds, output.rate))


def settle(sheets: Sheets, aims: Aims, staged: Staged) -> tuple[Sheets, list[Noted]]:
    """The storyboard whose shots stand as they should, and what has to be done by hand."""
    told: list[Noted] = []
    tried: set[str] = set()
    before, layout = sheets, _layout(sheets, staged)
    for number in range(ROUNDS):
        if layout is None:
            break  # what does not fit, the examination of the whole tells
        edits, touched = _edits(before, aims, layout, tried, told, first=not number)
        if not edits:
            break
        tried |= touched
        sheets, failed = before.edited(edits)
        told += failed
        after = _layout(sheets, staged)
        if after is None and (tight := _too_long(sheets, staged)):
            aims = replace(aims, shots=tuple(_shorter(one) if one.shot in tight else one for one in aims.shots))
            sheets = before
            continue  # from where this round began
        before, layout = sheets, after
        if failed:
            break
    return sheets, list(dict.fromkeys(told))


def _layout(sheets: Sheets, staged: Staged) -> Layout | None:
    try:
        return lay_out(sheets.load(), staged)
    except InvalidStoryboard:
        return None


def _too_long(sheets: Sheets, staged: Staged) -> set[str]:
    """The shots that end behind the end of their takes: by part of a frame, for an editor has no more of them."""
    storyboard = sheets.load()
    try:
        lay_out(storyboard, staged)
    except InvalidStoryboard as error:
        wrong = {one.where for one in error.problems if one.code == "cut"}
        return {shot.id for shot in storyboard.shots if {shot.at("length"), shot.at("out")} & wrong}
    return set()


def _shorter(aim: Aim) -> Aim:
    return replace(aim, stand=replace(aim.stand, frames=max(1, aim.stand.frames - 1)))


Edits = dict[str, list[tuple[Where, list[Edit]]]]
"""By file, and for each shot of it with its place."""


def _edits(
    sheets: Sheets, aims: Aims, layout: Layout, tried: set[str], told: list[Noted], *, first: bool
) -> tuple[Edits, set[str]]:  # fmt: skip
    """What is to be written so that each shot stands as it should, and which shots that is about."""
    edits: Edits = {}
    touched: set[str] = set()
    pages = Pages(sheets)
    leads = {one.shot: aim for one, aim in zip(aims.shots, aims.edges, strict=False)}
    follows = {one.shot: other.shot for one, other in pairwise(aims.shots)}
    last = layout.storyboard.shots[-1]
    for aim in aims.shots:
        clip = layout.clips.get(aim.shot)
        if clip is None:
            continue
        laid = Laid(clip, layout.output, layout.storyboard.rate, aim.shot in tried)
        join = layout.joins.get((aim.shot, follows.get(aim.shot, "")))
        closes = aim.shot == last.id and first and last.transition.written
        if not closes and not _differs(laid, aim.stand, join, leads.get(aim.shot)):
            continue
        try:
            shown, page = pages.of(clip.shot)
        except Refused as error:
            told.append((error.where or aim.where, f"{error.message}: its cut is another one in the editor's"))
            continue
        made = stand_edits(page, laid, aim.stand)
        if join:
            made += edge_edits(page, laid, join, leads[aim.shot])
        elif closes and "transition" in page.own:
            made.append(Remove((*page.place, "transition")))
        if made:
            edits.setdefault(shown, []).append((clip.shot.where, made))
            touched.add(aim.shot)
    if first:
        _end_edits(pages, aims, layout, edits)
    return edits, touched


def _end_edits(pages: Pages, aims: Aims, layout: Layout, edits: Edits) -> None:
    shown, page = pages.top()
    rates = layout.output.rate, layout.storyboard.rate
    for name, aim in (("open", aims.opening), ("close", aims.closing)):
        if made := ending_edits(page, getattr(layout.storyboard, name), name, aim, rates):
            edits.setdefault(shown, []).append((Where(shown, 1, 1), made))


def _differs(laid: Laid, stand: Stand, join: Join | None, lead: Edge | None) -> bool:
    return stand_of(laid.clip, laid.output) != stand or (join is not None and edge_of(join) != lead)
