"""What lies over a film's picture: titles and logos, written by the editing program, or drawn on nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from storyboard.assembler.assemble import Job
from storyboard.assembler.segments import overlays_of
from storyboard.assembler.styles import ROOMS, Canvas, Line
from storyboard.assembler.texts import lines_of
from storyboard.export.cut import Laid, Media, Written
from storyboard.export.plates import Drawing, draw_logo, draw_words
from storyboard.store.cache import Cache

LETTERS = 0.82
"""Of a row's height, what other programs call the size of its letters."""


def titles_in(job: Job) -> tuple[Line, ...]:
    """Every title of a film, in the order in which they come."""
    lines = lines_of(job.storyboard, job.output, job.timeline, {}, job.extras.subtitles)
    return tuple(sorted((one for one in lines if one.style != "caption"), key=lambda line: (line.start, line.stop)))


def written(job: Job) -> tuple[Written, ...]:
    """The titles of a film for a program that writes them itself."""
    canvas = Canvas(job.output.width, job.output.height)
    return tuple(_written(line, canvas) for line in titles_in(job))


def drawn(job: Job, cache: Cache, *, words: bool) -> tuple[tuple[tuple[Laid, ...], ...], dict[str, Drawing]]:
    """Tracks of what is laid over the picture, logos below titles, and how each of their files is drawn."""
    draws: dict[str, Drawing] = {}
    found: list[Laid] = []
    logos = overlays_of(job.storyboard, job.output, job.timeline, job.extras) if job.output.titles else ()
    for number, logo in enumerate((one for one in logos if one.start < one.stop), start=1):
        laid = _laid(job, f"logo{number:02}", logo.start, logo.stop, "")
        draws[laid.media.file] = draw_logo(job.output, logo, job.locate)
        found.append(laid)
    for number, line in enumerate(titles_in(job) if words else (), start=1):
        laid = _laid(job, f"title{number:02}", line.start, line.stop, line.text)
        alone = replace(line, start=0, stop=line.stop - line.start)
        draws[laid.media.file] = draw_words(job.output, (alone,), laid.frames, cache)
        found.append(laid)
    return tuple(_tracks(found)), draws


def _laid(job: Job, name: str, start: int, stop: int, words: str) -> Laid:
    output = job.output
    media = Media(f"overlays/{name}.mov", output.rate, stop - start, output.width, output.height, 0, name.upper())
    return Laid(media, start, stop - start, words)


def _tracks(found: list[Laid]) -> Iterator[tuple[Laid, ...]]:
    """Each in the lowest track that is free above those which it lies over."""
    tracks: list[list[Laid]] = []
    for laid in found:
        over = [at for at, track in enumerate(tracks) if any(_meet(laid, other) for other in track)]
        at = max(over, default=-1) + 1
        if at == len(tracks):
            tracks.append([])
        tracks[at].append(laid)
    yield from (tuple(sorted(track, key=lambda one: one.start)) for track in tracks)


def _meet(one: Laid, other: Laid) -> bool:
    return one.start < other.start + other.frames and other.start < one.start + one.frames


def _written(line: Line, canvas: Canvas) -> Written:
    rows = line.text.count("\n") + 1
    height = canvas.block(line.style, line.heads, rows - line.heads, line.percent)
    top = line.top if line.top is not None else canvas.height - canvas.margin - height
    size = ROOMS[line.style].head[1] * canvas.unit * line.percent / 100 * LETTERS
    return Written(
        line.text, line.start, line.stop - line.start, size, canvas.height / 2 - (top + height / 2),
        canvas.margin - canvas.width / 2 if line.style == "lower-third" else None,
    )  # fmt: skip
