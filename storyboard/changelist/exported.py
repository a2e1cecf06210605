"""The film as an export of it reads back: what a cut that came back is compared with.

It is written in the cut's own format, and read as that is. So whatever the format cannot say is the same on both sides,
and a cut that nobody has edited changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from storyboard.assembler.timeline import Clip, Timeline
from storyboard.changelist.returned import Change, Event, Returned
from storyboard.changelist.uses import LONGEST, Meaning, Shown, Use, cut_apart, seen_in, shown_in
from storyboard.export.cut import Cut
from storyboard.export.describing import Format, Staged
from storyboard.export.names import plain
from storyboard.export.timecodes import parse_start, usual_start

Read = Callable[[bytes], Returned]
"""Reads a cut of the film's rate."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A film as its export reads back."""

    staged: Staged
    form: Format
    read: Read
    cut: Returned
    uses: Mapping[str, Use]
    """By shot, in the film's order. A shot that lies within transitions from end to end may not be in a cut at all."""
    shown: Mapping[str, Shown]
    changes: Mapping[tuple[str, str], Change | None]
    """How a shot goes over into the next, by the two."""
    veiled: frozenset[str]
    """Shots that go over into the next by what the format only has a dissolve for."""
    handles: Mapping[str, tuple[int, int]]
    """How many frames of a shot lie before the beginning of its events, and behind their end."""
    meanings: Mapping[str, Meaning]
    reels: Mapping[str, str]
    """The media's names by their reels, all in small letters."""
    seams: Mapping[str, tuple[Fraction, ...]]
    clips: Mapping[str, Clip]
    """The film's own, by shot."""

    @property
    def timeline(self) -> Timeline:
        """The film's own."""
        return self.staged.job.timeline


def written(cut: Cut, form: Format) -> bytes:
    """A cut in a format, as an export writes it."""
    start, drop = parse_start(usual_start(cut.rate), cut.rate)
    return next(iter(form.write(replace(cut, start=start, drop=drop), Path("/")).values()))


def export_of(staged: Staged, cut: Cut, form: Format, read: Read) -> Exported:
    """A staged film as `cut` reads back in a format."""
    clips = staged.job.timeline.clips
    meanings, seams = meanings_of(staged, cut), seams_of(staged)
    back = read(written(cut, form))
    reels = {one.reel.casefold(): one.name.casefold() for one in staged.shelf.media.values()}
    seen = cut_apart(seen_in(back, meanings, reels), seams, cut.rate)
    by_shot: dict[str, list[int]] = {}
    for index, one in enumerate(seen):
        begins = one.event.start - (one.change.before if one.change else 0)
        known = one.meaning.shots if one.meaning else ()
        around = [clip for clip in clips if clip.start <= begins < clip.start + clip.frames]
        owner = next((clip for clip in reversed(around) if not known or clip.shot.id in known), None)
        if owner:
            by_shot.setdefault(owner.shot.id, []).append(index)
    uses = {
        clip.shot.id: Use(tuple(seen[at] for at in by_shot[clip.shot.id]), clip.shot.id)
        for clip in clips
        if clip.shot.id in by_shot
    }
    changes = {(one, other): uses[other].change for one, other in pairwise(uses)}
    handles = _handles(staged.job.timeline, uses, changes)
    own = {clip.shot.id: clip for clip in clips}
    shown = {id_: shown_in([one.event for one in use.seen], *handles[id_], cut.rate) for id_, use in uses.items()}
    inner = ((index, one) for index, one in cut.crossings.items() if 0 < index < len(cut.pieces))
    veiled = frozenset(cut.pieces[index - 1].shot for index, one in inner if not form.carries(one))
    return Exported(staged, form, read, back, uses, shown, changes, veiled, handles, meanings, reels, seams, own)


def _handles(
    timeline: Timeline, uses: Mapping[str, Use], changes: Mapping[tuple[str, str], Change | None]
) -> dict[str, tuple[int, int]]:
    """As the cut tells them; where it has a cut instead of a transition, as they are."""
    clips = {clip.shot.id: clip for clip in timeline.clips}
    before = {id_: _lead(clips[id_], use) for id_, use in uses.items()}
    after = {id_: _tail(clips[id_], use) for id_, use in uses.items()}
    for (one, other), change in changes.items():
        if change:
            after[one], before[other] = change.after, change.before
    return {id_: (before[id_], after[id_]) for id_ in uses}


def _lead(clip: Clip, use: Use) -> int:
    return max(0, use.start - clip.start)


def _tail(clip: Clip, use: Use) -> int:
    return max(0, clip.start + clip.frames - use.start - use.frames)


def seams_of(staged: Staged) -> dict[str, tuple[Fraction, ...]]:
    """Where the film goes from a shot, by a cut, into the very next frame of the same media: seconds, by its name."""
    job, media, found = staged.job, staged.shelf.media, dict[str, list[Fraction]]()
    for (before, clip), join in zip(pairwise(job.timeline.clips), job.timeline.joins, strict=True):
        one, other = media.get(before.shot.id), media.get(clip.shot.id)
        if not one or not other or one.name != other.name or join.frames or clip.shot.card:
            continue
        span = before.spans[-1]
        place = clip.spans[0].first
        if span.first + span.frames * span.step == place:
            found.setdefault(one.name.casefold(), []).append(place / one.rate)
    return {name: tuple(places) for name, places in found.items()}


def meanings_of(staged: Staged, cut: Cut) -> dict[str, Meaning]:
    """What the files of an export are, by their names in small letters."""
    shots: dict[str, list[str]] = {}
    media = staged.shelf.media
    for clip in staged.job.timeline.clips:
        if own := media.get(clip.shot.id):
            shots.setdefault(own.name.casefold(), []).append(clip.shot.id)
    cards = {one.name.casefold() for one in media.values() if one.plate}
    found = {name: Meaning(tuple(ids), card=name in cards) for name, ids in shots.items()}
    found |= {f"no take: {id_}".casefold(): Meaning((id_,)) for id_ in staged.missing}
    for piece in cut.pieces:
        if piece.media and piece.media.plate and piece.media.plate.frame is not None:
            still = piece.media.plate.frame / media[piece.shot].rate
            found[piece.media.name.casefold()] = Meaning((piece.shot,), still)
    return found


def with_others(meanings: Mapping[str, Meaning], events: Iterable[Event], shots: Iterable[str]) -> dict[str, Meaning]:
    """The meanings with those of files that are named as an export names a shot's: other takes, or under a number
    that the shot had when it stood elsewhere."""
    by_name = {plain(id_).casefold(): id_ for id_ in sorted(shots, key=len)}
    ids = "|".join(re.escape(name) for name in sorted(by_name, key=len, reverse=True))
    shape = re.compile(rf"(?:.+_)?\w+_({ids})(?:_t(\d{{2,}})|_animatic|_card)?")
    usual = {id_: _take(name, shape) for name, one in meanings.items() for id_ in one.shots if one.still is None}
    found = dict(meanings)
    for event in events:
        name = event.media.casefold()[:LONGEST]
        match = shape.fullmatch(name.rpartition(".")[0] or name)
        if match and name not in found and ids:
            id_, take = by_name[match[1]], int(match[2] or 0)
            like = next((one for one in meanings.values() if id_ in one.shots and one.still is None), Meaning((id_,)))
            other = take if take and take != usual.get(id_, 0) else 0
            found[name] = replace(like, shots=(id_,), take=other)
    return found


def _take(name: str, shape: re.Pattern[str]) -> int:
    match = shape.fullmatch(name.rpartition(".")[0])
    return int(match[2] or 0) if match else 0
