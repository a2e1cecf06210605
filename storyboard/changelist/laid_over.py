"""Titles and logos that a cut has otherwise than the film: further ones, some that are gone, some that were moved.

A title belongs to its shot: it is where it was when it begins as far behind the shot's beginning as in the film. What
no shot holds from end to end is the film's own. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from storyboard.assembler.cutting import counted_frames
from storyboard.assembler.timeline import Timeline
from storyboard.changelist.returned import Noted, Over
from storyboard.errors import Where

Places = dict[tuple[int, int], str]
"""The shot that something lies over, or none, by the frame at which it begins then and how long it is."""


def compare_overlays(
    found: Sequence[Over], known: Sequence[Over], before: Timeline, after: Timeline, here: Where
) -> Iterator[Noted]:  # fmt: skip
    """What is to be told of what lies over a cut. `known`: what lay over the film that was exported, which was laid out
    as `before`; it is to be laid out as `after`. `here`: the storyboard."""
    left = list(found)
    lost: list[tuple[Over, Places]] = []
    for one in known:
        places = _places(one, before, after)
        same = (other for other in left if other.name == one.name and (other.start, other.frames) in places)
        if unmoved := next(same, None):
            left.remove(unmoved)
        else:
            lost.append((one, places))
    for one, places in lost:
        moved = next((other for other in left if other.name == one.name), None)
        if not places:
            continue  # its shot is not in the film any more
        if moved:
            left.remove(moved)
            yield moved.where, f"`{one.name}` {_otherwise(moved, places)}"
        else:
            shot = next(iter(places.values()))
            field = f"`{'overlays' if one.name.startswith('logo') else 'titles'}`{shot and f' of `{shot}`'}"
            place = next((clip.shot.where for clip in after.clips if clip.shot.id == shot), here)
            yield place, f"`{one.name}` is not over the picture there, and stays in the film: it is in the {field}"
    for one in left:
        yield one.where, f"`{one.name}` is over the picture there, and titles are changed in the storyboard"


def _places(one: Over, before: Timeline, after: Timeline) -> Places:
    """Where it may lie now: within a transition it is of either shot; where its shot is shorter, it is cut off."""
    clips = {clip.shot.id: clip for clip in after.clips}
    end = one.start + one.frames
    holds = [clip for clip in before.clips if clip.start <= one.start and end <= clip.start + clip.frames]
    if not holds:
        return {(one.start, frames): "" for frames in (one.frames, one.frames + after.frames - before.frames)}
    found: Places = {}
    for clip in holds:
        if now := clips.get(clip.shot.id):
            start = one.start + now.start - clip.start
            rest = now.start + now.frames - start
            ends = end == clip.start + clip.frames
            found |= {(start, frames): clip.shot.id for frames in (one.frames, rest if ends else min(one.frames, rest))}
    return found


def _otherwise(now: Over, places: Places) -> str:
    """How it lies otherwise than it did, and what is to be changed for that."""
    (start, frames), shot = min(places.items(), key=lambda one: (abs(now.start - one[0][0]), one))
    late, more = now.start - start, now.frames - frames
    words, fields = [], []
    if late:
        words.append(f"begins {counted_frames(abs(late))} {'later' if late > 0 else 'earlier'}")
        fields.append("`at`")
    if more:
        words.append(f"lasts {counted_frames(abs(more))} {'longer' if more > 0 else 'shorter'}")
        fields.append("`for`")
    whose = f" in `{shot}`" if shot else ""
    verb = "is" if len(fields) == 1 else "are"
    return f"{' and '.join(words)} there: its {' and '.join(fields)}{whose} {verb} for you to change"
