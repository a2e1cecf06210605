"""A film's chapters, as players list them: one for each scene, or for each shot where there are no scenes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from storyboard.assembler.timeline import Timeline
from storyboard.timing import Rate

if TYPE_CHECKING:
    from av.container import OutputContainer

LEAST_TICKS = 10_000


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the film with a name, in film frames: from `start` up to but not including `stop`."""

    title: str
    start: int
    stop: int


def chapters_of(timeline: Timeline, titles: Mapping[str, str]) -> tuple[Chapter, ...]:
    """The film's chapters, each up to the next; none where there would be only one. `titles` are the scenes' own, by
    id: what has none is called by its id."""
    scenes = any(clip.shot.scene for clip in timeline.clips)
    parts = groupby(timeline.clips, key=lambda clip: clip.shot.scene if scenes else clip.shot.id)
    begins = [(id_, next(clips).start) for id_, clips in parts]
    ends = [start for _, start in begins[1:]] + [timeline.frames]
    found = tuple(
        Chapter(titles.get(id_, id_) if scenes else id_, start, stop)
        for (id_, start), stop in zip(begins, ends, strict=True)
    )
    return found if len(found) > 1 else ()


def mark_chapters(film: OutputContainer, chapters: Sequence[Chapter], rate: Rate) -> None:
    """Put chapters into a film, before its first packet.

    It must be opened with a `movie_timescale` of `ticks(rate)`: in MP4's usual thousandths of a second, a chapter would
    begin on the frame before its own.
    """
    film.set_chapters(
        [
            {"id": number, "start": one.start, "end": one.stop, "time_base": 1 / rate, "metadata": {"title": one.title}}
            for number, one in enumerate(chapters)
        ]
    )


def ticks(rate: Rate) -> int:
    """The ticks of a second in which every frame of a film begins on a whole one."""
    scale = rate.numerator
    while scale < LEAST_TICKS:
        scale *= 2
    return scale
