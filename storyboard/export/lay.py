"""A film's timeline as pieces and crossings. Pure.

A transition's frames are halved between its two clips, the odd one behind the meeting. Where a clip changes its pace
within a transition (a freeze begins in it, say), no editing program could go on with either side: it becomes a cut with
a marker, and nothing else moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from storyboard.assembler.cutting import Span, counted_frames
from storyboard.assembler.timeline import Clip, Join, Timeline
from storyboard.export.cut import Crossing, Kind, Mark, Media, Piece
from storyboard.spec.model import Fade, Output, Storyboard, Transition
from storyboard.timing import to_frame

BLACK = "#000000"
DIPS = {"fadeblack": BLACK, "fadewhite": "#ffffff"}
WIPES = frozenset({"wipeleft", "wiperight", "wipeup", "wipedown"})


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the pieces of a film are made of, by shot."""

    numbers: Mapping[str, str]
    media: Mapping[str, Media]
    """A shot that is not among them is a gap."""
    lead: Mapping[str, int] = field(default_factory=dict)
    """How many frames are drawn before what a card's clip begins with: its handle."""
    others: Mapping[str, tuple[Media, ...]] = field(default_factory=dict)
    marks: Mapping[str, tuple[Mark, ...]] = field(default_factory=dict)


def lay_film(
    storyboard: Storyboard, output: Output, timeline: Timeline, shelf: Shelf
) -> tuple[tuple[Piece, ...], dict[int, Crossing]]:
    """The pieces of a film and its crossings, by the number of the piece that each leads into."""
    meetings = [_meeting(timeline, index) for index in range(len(timeline.joins))]
    pieces: list[Piece] = []
    crossings: dict[int, Crossing] = {}
    for index, clip in enumerate(timeline.clips):
        first = meetings[index - 1] if index else 0
        last = meetings[index] if index < len(meetings) else timeline.frames
        new = list(_pieces(clip, first, last, shelf, output))
        if index and new and (join := timeline.joins[index - 1]).frames:
            crossing = _crossing(join, clip.start, first)
            sides = timeline.clips[index - 1], clip
            if pieces and all(_one_pace(side, clip.start, join.frames) for side in sides):
                crossings[len(pieces)] = crossing
            else:
                text = f"a {words_of(crossing)}: its shots change their pace within it, so here is a cut"
                new[0] = _marked(new[0], Mark("transition", text, remark=True))
        pieces += new
    _fade(storyboard, output, pieces, crossings)
    return tuple(pieces), crossings


def tell(
    pieces: Sequence[Piece], crossings: Mapping[int, Crossing], carries: Callable[[Crossing], bool]
) -> tuple[Piece, ...]:  # fmt: skip
    """The pieces, with a marker wherever a format shows a crossing as something else: what it `carries`, it shows."""
    told = list(pieces)
    for index, crossing in crossings.items():
        if 0 < index < len(told) and (crossing.easing or not carries(crossing)):
            what = "runs evenly" if carries(crossing) else "stands as a dissolve of its length"
            text = f"the film has a {words_of(crossing)} here, which {what}"
            told[index] = _marked(told[index], Mark("transition", text, remark=True))
    return tuple(told)


def words_of(crossing: Crossing) -> str:
    """`fade through #ffffff of 12 frames`."""
    through = f" through {crossing.color}" if crossing.color else ""
    eased = f", eased {crossing.easing}," if crossing.easing else ""
    return f"{crossing.name}{through}{eased} of {counted_frames(crossing.frames)}"


def _meeting(timeline: Timeline, index: int) -> int:
    """The frame at which clip `index` ends and the next begins: the middle of their transition, or beside it where
    nothing would be left of one."""
    join, clip, after = timeline.joins[index], timeline.clips[index], timeline.clips[index + 1]
    before = timeline.joins[index - 1].frames if index else 0
    half = join.frames // 2
    if join.frames == 1 and clip.frames == 1 and not before:
        half = 1
    return min(after.start + half, timeline.frames)


def _pieces(clip: Clip, first: int, last: int, shelf: Shelf, output: Output) -> Iterator[Piece]:
    """What is seen of a clip from film frame `first` to `last`: a piece for each pace."""
    shot, marks = clip.shot, shelf.marks.get(clip.shot.id, ())
    fit = shot.fit or output.fit
    for span in clip.spans:
        start, stop = max(first, clip.start + span.start), min(last, clip.start + span.start + span.frames)
        if start >= stop:
            continue
        place = span.first + (start - clip.start - span.start) * span.step + shelf.lead.get(shot.id, 0)
        media = shelf.media.get(shot.id)
        yield Piece(
            shot.id, shot.scene, shelf.numbers[shot.id], media, start, stop - start, place, span.step,
            "fill" if fit == "cover" else "fit", marks, shelf.others.get(shot.id, ()),
        )  # fmt: skip
        marks = ()


def _one_pace(clip: Clip, start: int, frames: int) -> bool:
    """Whether a clip keeps its pace through film frames from `start` on, and did not change it just then."""

    def holds(span: Span) -> bool:
        first = clip.start + span.start
        return (first < start or not span.start) and start + frames <= first + span.frames

    return any(holds(span) for span in clip.spans)


def _crossing(join: Join, start: int, meeting: int) -> Crossing:
    transition, before = join.transition, meeting - start
    kind, color = _kind(transition)
    easing = "" if transition.easing == "linear" else transition.easing
    return Crossing(kind, transition.kind, before, join.frames - before, color, easing)


def _kind(transition: Transition) -> tuple[Kind, str]:
    """What editing programs would call a transition, and the colour that it goes through."""
    if transition.kind == "fade":
        return "dip", transition.color
    if transition.kind in DIPS:
        return "dip", DIPS[transition.kind]
    if transition.kind in WIPES:
        return "wipe", ""
    return ("dissolve" if transition.kind == "dissolve" else "other"), ""


def _fade(storyboard: Storyboard, output: Output, pieces: list[Piece], crossings: dict[int, Crossing]) -> None:
    """Open and close the film: as a crossing where it goes from or to black within one piece, else as a marker."""
    for index, fade in ((0, storyboard.open), (len(pieces), storyboard.close)):
        if not fade:
            continue
        at, frames = max(0, index - 1), _frames(fade, storyboard, output)
        near = crossings.get(1 if index == 0 else index - 1)
        taken = 0 if near is None else near.before if index == 0 else near.after
        name = "fade in" if index == 0 else "fade out"
        if fade.color == BLACK and 0 < frames <= pieces[at].frames - taken:
            crossings[index] = Crossing("dissolve", name, *((0, frames) if index == 0 else (frames, 0)))
            continue
        side = "from" if index == 0 else "to"
        text = f"the film has a {name} {side} {fade.color} of {frames} frames here, which did not arrive"
        pieces[at] = _marked(pieces[at], Mark(name, text, remark=True))


def _frames(fade: Fade, storyboard: Storyboard, output: Output) -> int:
    return to_frame(fade.duration.seconds(storyboard.rate), output.rate)


def _marked(piece: Piece, mark: Mark) -> Piece:
    return replace(piece, marks=(*piece.marks, mark))
