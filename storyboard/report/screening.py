"""The film itself, as far as there is one: which file it is, whether the storyboard has changed since, and in small."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from storyboard.assembler import ffmpeg, media
from storyboard.assembler.assemble import made_before
from storyboard.assembler.beside import poster_frame
from storyboard.assembler.room import cutting_room
from storyboard.errors import StoryboardError
from storyboard.report.prints import Picture, picture_from, plain_picture, small_picture
from storyboard.report.survey import Survey
from storyboard.store import files
from storyboard.store.cache import Cache, file_digest, key_of
from storyboard.timing import nearest

RECIPE = "screener-1"
"""The version of how a film is made small."""
SIZES = ((900_000, 960), (500_000, 768), (200_000, 640))
"""Bits a second that a film may have, and the pixels of its longer side for which they are enough."""
SOUND = 64_000
"""Bits of them that are the sound's."""
STEP = 500_000
"""A film's room in a page is counted in so many bytes, so that the same small film is found again."""


POSTER = 960
"""Pixels of the longer side of the picture that stands for a film until it plays."""


@dataclass(frozen=True, slots=True)
class Screening:
    """A film to show."""

    path: Path
    kind: str
    """`film` or `draft`."""
    older: bool
    """Whether the storyboard, its lock or a part of it has changed since, so that a render would make another film."""
    made: str
    """When, as in `2026-11-22 14:05 UTC`."""
    seconds: Fraction
    width: int
    height: int

    def fits(self, survey: Survey) -> bool:
        """Whether it is as long as the film is now: then the times of its shots are those of the page."""
        return abs(self.seconds - survey.timeline.seconds) < 1 / survey.timeline.rate


def find_film(survey: Survey) -> Screening | None:
    """The film of the first output, else its draft; None where neither is there, or what is there is no film."""
    film = survey.job.target
    for path in (film, film.with_suffix(".draft.mp4")):
        with suppress(StoryboardError, OSError):
            if path.is_file() and not path.is_symlink():  # a link may lead out of the project
                found, when = open_film(survey, path), path.stat().st_mtime
                older = any(one > when for one in _changes(survey)) and not (path == film and _is_made(survey))
                return replace(found, older=older)
    return None


def open_film(survey: Survey, path: Path) -> Screening:
    """The film, or the draft, that is in a file; errors where none is."""
    cache, kind = survey.production.cache, "film" if path == survey.job.target else "draft"
    facts = media.roll_of(path, file_digest(cache, path), cache).facts
    made = datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Screening(path, kind, False, made, facts.seconds, facts.width, facts.height)


def poster_of(survey: Survey, film: Screening) -> Picture | None:
    """The picture that stands for a film until it plays: its poster, else the middle of its longest shot."""
    cache, frame = survey.production.cache, _poster_frame(survey, film)
    key = key_of(RECIPE, "poster", file_digest(cache, film.path), frame)
    known = cache.recall("looks", key)
    if known is None:
        with suppress(StoryboardError):
            roll = media.measure(film.path)
            image = media.picture_at(film.path, roll, min(frame, roll.facts.frames - 1))
            known = plain_picture(small_picture(image, POSTER), 72)
            cache.remember("looks", key, known)
    return picture_from(known) if known else None


def _poster_frame(survey: Survey, film: Screening) -> int:
    timeline, poster = survey.timeline, survey.job.output.poster
    if not film.fits(survey):
        return nearest(film.seconds * timeline.rate / 3)
    if poster:
        return poster_frame(poster, timeline, survey.storyboard.rate)
    longest = max(timeline.clips, key=lambda clip: (clip.shot.card is None, clip.frames))
    return longest.start + longest.frames // 2


def _changes(survey: Survey) -> Iterator[float]:
    """When the storyboard, its lock and its parts were last written."""
    project = survey.project
    for path in (project.file, project.beside(".lock"), *(Path(name) for name in project.texts)):
        with suppress(OSError):
            yield path.stat().st_mtime


def _is_made(survey: Survey) -> bool:
    """Whether the film that a render would make now is the one that is there: it was edited, and is still the same."""
    if survey.misfit or any(shot.order and shot.id not in survey.takes for shot in survey.storyboard.shots):
        return False
    with suppress(StoryboardError), cutting_room(survey.production.cache) as room:
        return made_before(survey.job, room)
    return False


def small_film(film: Screening, cache: Cache, room: int) -> bytes | None:
    """The film as an MP4 of so many bytes at the most; None where too little would be left of it. Kept in the cache."""
    room = room // STEP * STEP
    bits = int(room * 8 * Fraction(94, 100) / max(film.seconds, Fraction(1)))
    side = next((side for least, side in SIZES if bits >= least), 0)
    if not side:
        return None
    key = key_of(RECIPE, files.sha256(film.path), side, min(bits, 2 * SIZES[0][0]))
    if not cache.find("screeners", key, ".mp4"):
        with cache.making("screeners", key, ".mp4") as temp:
            _encode(film, (side, min(bits, 2 * SIZES[0][0]) - SOUND), temp)
    data = cache.path("screeners", key, ".mp4").read_bytes()
    return data if len(data) <= room else None


def _encode(film: Screening, wanted: tuple[int, int], target: Path) -> None:
    side, bits = wanted
    share = min(Fraction(1), Fraction(side, max(film.width, film.height)))
    width, height = (max(2, round(one * share / 2) * 2) for one in (film.width, film.height))
    ffmpeg.run(
        *ffmpeg.QUIET, *ffmpeg.reading(film.path, media.demuxer(film.path)), "-map", "0:V:0", "-map", "0:a:0?",
        "-vf", f"scale={width}:{height}", "-c:v", "libx264", "-preset", "veryfast", "-crf", "27",
        "-maxrate", str(bits), "-bufsize", str(2 * bits), "-pix_fmt", "yuv420p", "-g", "48",
        "-c:a", "aac", "-b:a", str(SOUND), "-ac", "2", "-threads", str(os.cpu_count() or 1),
        "-map_metadata", "-1", "-map_chapters", "-1", "-movflags", "+faststart", "-f", "mp4", str(target),
    )  # fmt: skip
