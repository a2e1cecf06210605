"""Which shot each stretch of a cut is. Pure.

Media that several shots use is told apart by markers, and by what of it is seen; where a shot is seen more often than
the film has it, what has more than half of it is the shot, else the first, and the others are further uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from storyboard.changelist.exported import Exported, with_others
from storyboard.changelist.returned import Returned
from storyboard.changelist.uses import Use, cut_apart, gather, seen_in, shown_in


def match(cut: Returned, exported: Exported, every: Sequence[str]) -> tuple[Use, ...]:
    """The uses of a cut, each with the shot that it is. `every`: the ids of all shots."""
    meanings = with_others(exported.meanings, cut.events, every)
    seen = cut_apart(seen_in(cut, meanings, exported.reels), exported.seams, cut.rate)
    uses = list(gather(seen, exported.seams, cut.rate))
    clusters: dict[tuple[str, ...], list[int]] = {}
    for index, use in enumerate(uses):
        known = tuple(dict.fromkeys(id_ for one in use.seen if one.meaning for id_ in one.meaning.shots))
        if found := tuple(id_ for id_ in known if id_ in exported.uses):
            clusters.setdefault(found, []).append(index)
    taken: set[str] = set()
    for shots in sorted(clusters, key=len):
        for index, (id_, again) in _shared(uses, clusters[shots], shots, exported, taken).items():
            uses[index] = replace(uses[index], shot=id_, again=again)
    return tuple(uses)


def _shared(
    uses: Sequence[Use], indexes: Sequence[int], shots: Sequence[str], exported: Exported, taken: set[str]
) -> dict[int, tuple[str, bool]]:  # fmt: skip
    """Which of some shots each of some uses is, and whether that shot is seen elsewhere already."""
    place = {at: number for number, at in enumerate(indexes)}
    common = [(at, id_) for at in indexes for id_ in shots]
    order = {id_: number for number, id_ in enumerate(shots)}
    marks = [uses[at].seen[0].marked for at in indexes]
    marked = {(at, id_) for at, id_ in common if uses[at].seen[0].marked == id_ and marks.count(id_) == 1}
    kept = {one: _kept(uses[one[0]], one[1], exported) for one in common}
    best = sorted(common, key=lambda one: (one not in marked, -kept[one], abs(place[one[0]] - order[one[1]]), one[0]))
    given: dict[int, tuple[str, bool]] = {}
    for at, id_ in best:
        if at not in given and id_ not in taken:
            given[at] = id_, False
            taken.add(id_)
    for at, id_ in best:
        given.setdefault(at, (id_, True))
    return given


def _kept(use: Use, shot: str, exported: Exported) -> int:
    """How much of what the film shows of a shot a use has: 2 for more than half of it, 1 for some, 0 for nothing."""
    rate, there = exported.cut.rate, exported.shown[shot]
    here = shown_in([one.event for one in use.seen], 0, 0, rate)
    ends = [(one.low, one.low + max(1, one.frames - one.hold) * abs(one.tempo) / rate) for one in (here, there)]
    both = min(end for _, end in ends) - max(low for low, _ in ends)
    return 0 if both <= 0 else 2 if 2 * both > ends[1][1] - ends[1][0] else 1
