"""What is still different between an editor's cut and the film of the changed storyboard: none of it goes unsaid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from storyboard.assembler.cutting import counted_frames
from storyboard.assembler.timeline import Clip
from storyboard.changelist.aims import CUT, Aims, Edge, edge_of
from storyboard.changelist.exported import Exported, export_of
from storyboard.changelist.returned import Noted
from storyboard.changelist.settling import Layout
from storyboard.changelist.stands import Stand, grid_of, stand_of
from storyboard.errors import Where
from storyboard.export.describing import Staged, lay_cut
from storyboard.export.lay import Shelf
from storyboard.export.names import number_shots
from storyboard.timing import nominal, to_frame

BESIDE = Fraction(1, 16)
"""Of a frame: what a clip may begin beside its place for that to be rounding."""


def restaged(staged: Staged, layout: Layout) -> Staged:
    """A changed film made of what the staged one was made of, under the same names."""
    if layout.timeline is None:
        raise ValueError("this film cannot be laid out")
    old, clips = staged.shelf, layout.timeline.clips
    media = {}
    for clip in clips:
        if found := old.media.get(clip.shot.id) or old.media.get(clip.shot.reuse):
            media[clip.shot.id] = found
    spare = nominal(layout.output.rate)
    slots = number_shots([clip.shot for clip in clips])
    slots = replace(slots, numbers=slots.numbers | staged.slots.numbers, places=slots.places | staged.slots.places)
    shelf = Shelf(slots.numbers, media, {clip.shot.id: spare for clip in clips if clip.shot.card}, {}, old.marks)
    job = replace(staged.job, storyboard=layout.storyboard, output=layout.output, timeline=layout.timeline)
    return Staged(job, shelf, slots, staged.missing)


def laid_again(exported: Exported, layout: Layout) -> Exported:
    """A changed film as its export would read back."""
    again = restaged(exported.staged, layout)
    return export_of(again, lay_cut(again, exported.form), exported.form, exported.read)


def leftover(aims: Aims, exported: Exported, frames: int) -> Iterator[Noted]:
    """What a cut of so many frames still asks of a film that was changed for it."""
    timeline, output = exported.timeline, exported.staged.job.output
    clips = {clip.shot.id: clip for clip in timeline.clips}
    here = Where(exported.staged.job.storyboard.file, 1, 1)
    for aim in aims.shots:
        clip = clips.get(aim.shot)
        if clip is None or aim.of:
            yield aim.where, f"`{aim.of or aim.shot}` stands here once more, and not in the film"
            continue
        stands = stand_of(clip, output)
        for what in _of_stand(aim.stand, stands, clip.facts.frames / grid_of(clip, output) if clip.digest else None):
            yield aim.where, f"`{aim.shot}`: {what}"
        late = aim.stand.begin - stands.begin + aim.beside
        if abs(late) >= BESIDE:
            why = "in points are whole frames here" if abs(late) < 1 else "its take has no more" if aim.beside else ""
            what = f"begins {_count(abs(late))} {'later' if late > 0 else 'earlier'} in its take there"
            yield aim.where, f"`{aim.shot}` {what}{why and f': {why}'}"
    joins = {one.shot.id: join for one, join in zip(timeline.clips, timeline.joins, strict=False)}
    for aim, wanted in zip(aims.shots, aims.edges, strict=False):
        if aim.shot in joins and (now := edge_of(joins[aim.shot])) != wanted:
            what = f"`{aim.shot}`: the editor's cut has {_edge(wanted)} behind it, the film {_edge(now)}"
            yield aim.where, what
    yield from _of_order(aims, clips)
    storyboard = exported.staged.job.storyboard
    ends = (("beginning", aims.opening, storyboard.open), ("end", aims.closing, storyboard.close))
    for name, edge, fade in ends:
        lasts = to_frame(fade.duration.seconds(storyboard.rate), output.rate) if fade else 0
        if edge is not None and edge.frames != lasts:
            yield here, f"the editor's cut has {_edge(edge)} at its {name}, the film another one"
    if (more := timeline.frames - frames) != 0:
        words = f"{counted_frames(abs(more))} {'longer' if more > 0 else 'shorter'}"
        yield here, f"the film is {words} than the editor's cut"


def _of_order(aims: Aims, clips: Mapping[str, Clip]) -> Iterator[Noted]:
    """Where the film's shots stand in another order, and which of them the cut has not."""
    order = [aim.shot for aim in aims.shots if aim.shot in clips and not aim.of]
    if order != (kept := [id_ for id_ in clips if id_ in order]):
        first = next(index for index, pair in enumerate(zip(order, kept, strict=True)) if len(set(pair)) > 1)
        yield _place(aims, order[first]), f"the editor's order is another one from `{order[first]}` on"
    for id_ in aims.gone:
        yield clips[id_].shot.where, f"`{id_}` is in the film, and not in the editor's cut"


def _place(aims: Aims, id_: str) -> Where:
    return next(aim.where for aim in aims.shots if aim.shot == id_)


def _of_stand(wanted: Stand, now: Stand, whole: Fraction | None) -> Iterator[str]:
    """How a shot stands otherwise than it should, as in `the editor's cut has 2 frames more of it`; `whole`: how long
    its take is."""
    if more := wanted.frames - now.frames:
        why = ": its take has no more" if more > 0 and whole is not None and wanted.end > whole else ""
        yield f"the editor's cut has {counted_frames(abs(more))} {'more' if more > 0 else 'less'} of it{why}"
    if wanted.speed != now.speed:
        yield f"it runs at {float(wanted.speed):.2%} there, and at {float(now.speed):.2%} in the film"
    if wanted.reverse != now.reverse:
        yield f"it runs {'backwards' if wanted.reverse else 'forwards'} there"
    if (wanted.still, wanted.hold) != (now.still, now.hold):
        yield f"it stands still for {counted_frames(wanted.hold)} there, and for {now.hold} in the film"


def _count(frames: Fraction) -> str:
    return counted_frames(int(frames)) if frames.denominator == 1 else f"{float(frames):.2f} frames"


def _edge(edge: Edge) -> str:
    return "a cut" if edge == CUT else f"a {edge.kind} of {counted_frames(edge.frames)}"
