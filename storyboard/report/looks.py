"""How shots look, in small: a reel of frames to scrub through, and both ends of what was filmed. Kept in the cache.

A reel has its frames as the film shows them. The ends are as they were filmed: they stand beside what was asked for.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from storyboard import stills
from storyboard.assembler import ffmpeg, media
from storyboard.assembler.keyframes import start_before
from storyboard.assembler.rolls import Roll
from storyboard.assembler.stock import even_picture, even_times
from storyboard.errors import Refused, StoryboardError
from storyboard.report.dressing import Dress, dress_of, dressed, graded
from storyboard.report.plates import draw_card
from storyboard.report.prints import Picture, fitted, picture_from, plain_picture, small_picture
from storyboard.report.survey import Survey
from storyboard.spec.model import Frame, Shot, StillFile
from storyboard.store.cache import key_of
from storyboard.store.crew import at_once

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from storyboard.assembler.timeline import Clip

RECIPE = "look-2"
"""The version of how these pictures are made."""
LONGEST_READ = 20
"""Seconds of a clip that are decoded in one go; of a longer one, each frame is looked up by itself."""


@dataclass(frozen=True, slots=True)
class Grade:
    """How large the pictures of a film are, and how many: the more shots it has, the fewer."""

    shots: int
    """Films of so many shots at the most."""
    frames: int
    """Of a reel."""
    cell: int
    """Pixels of the longer side of a reel's frame."""
    end: int
    """Pixels of the longer side of the other pictures."""
    quality: int


GRADES = (
    Grade(40, 10, 480, 360, 60),
    Grade(100, 6, 280, 240, 60),
    Grade(300, 4, 200, 160, 55),
    Grade(1000, 2, 160, 120, 50),
)
LEAST = Grade(20_000, 1, 120, 120, 45)


@dataclass(frozen=True, slots=True)
class Look:
    """How a clip looks. A still or a card is a reel of one frame."""

    reel: Picture
    """Its frames beside one another, from the first to the last, evenly spread."""
    frames: int
    first: Picture
    last: Picture


@dataclass(frozen=True, slots=True)
class Looks:
    """The pictures of a film. What cannot be shown is not in it."""

    shots: Mapping[str, Look]
    """Of what stands for each shot now; where that is nothing, of its stills."""
    stills: Mapping[str, Picture]
    """By their files."""
    takes: Mapping[str, Picture]
    """A frame out of the middle of takes, by their digests."""

    @property
    def bytes(self) -> int:
        """How many bytes all of them have."""
        shots = (one for look in self.shots.values() for one in (look.reel, look.first, look.last))
        return sum(len(one.data) for one in (*shots, *self.stills.values(), *self.takes.values()))


Shown = TypeVar("Shown")


def grade_of(shots: int) -> Grade:
    """What a film of so many shots has room for."""
    return next((one for one in GRADES if shots <= one.shots), LEAST)


def look_at(survey: Survey, grade: Grade) -> Looks:
    """The pictures of a film; a second look is the cache's."""
    order = [shot.order for shot in survey.storyboard.shots if shot.order]
    named = {frame.file for one in order for frame in (one.first, one.last) if isinstance(frame, StillFile)}
    stills_ = _each(sorted(named), lambda name: _still(survey, name, grade))
    takes = _each(_others(survey), lambda digest: _glimpse(survey, digest, grade))
    return Looks(look_at_shots(survey, grade), stills_, takes)


def look_within(survey: Survey, most: int) -> Looks:
    """The pictures of a film, as good as so many bytes have room for: grain and leaves take more than a clear sky."""
    usual = grade_of(len(survey.shots))
    grades = [*GRADES[GRADES.index(usual) if usual in GRADES else len(GRADES) :], LEAST]
    looks = look_at(survey, grades[0])
    for grade in grades[1:]:
        if looks.bytes <= most:
            break
        looks = look_at(survey, grade)
    return looks


def look_at_shots(survey: Survey, grade: Grade) -> dict[str, Look]:
    """How the shots of a film look, by their ids; those of which there is nothing to see are left out."""
    clips = {clip.shot.id: clip for clip in survey.timeline.clips}
    return _each([*clips], lambda id_: _look(survey, clips[id_].shot, clips[id_], grade))


def _each(names: Sequence[str], look: Callable[[str], Shown | None]) -> dict[str, Shown]:
    """What can be shown of things, by their names, in their order. What cannot be read is not shown."""
    found = dict(at_once(look, names, os.cpu_count() or 1))
    shown = ((name, found[name]) for name in names)
    return {name: one for name, one in shown if one is not None and not isinstance(one, StoryboardError)}


def _others(survey: Survey) -> list[str]:
    """Takes that are here, of shots that have several."""
    shots = (survey.production.lock.shots.get(shot.id) for shot in survey.storyboard.shots)
    several = [{take.sha256 for take in one.takes} for one in shots if one]
    return sorted(
        digest for one in several if len(one) > 1 for digest in one if survey.production.takes.holds(digest)
    )  # fmt: skip


def _look(survey: Survey, shot: Shot, clip: Clip, grade: Grade) -> Look | None:
    """What stands for a shot now."""
    cache, take, dress = survey.production.cache, survey.takes.get(shot.id), dress_of(survey, shot)
    if shot.card:
        return _card(survey, shot, grade)
    digest = take.sha256 if take else clip.digest if shot.footage or shot.reuse else ""
    if digest:
        ends = _ends(clip) if shot.footage else (0, (take.facts if take else clip.facts).frames - 1)
        key = key_of(RECIPE, digest, list(ends), list(astuple(grade)), dress.plain)
        known = cache.recall("looks", key)
        if known is None:
            path = survey.locate(digest)
            roll = media.roll_of(path, digest, cache)
            last = min(ends[1], roll.facts.frames - 1)
            wanted = [ends[0] + index * (last - ends[0]) // max(1, grade.frames - 1) for index in range(grade.frames)]
            larger = dress.larger((roll.facts.width, roll.facts.height))
            images = sample(path, roll, wanted if grade.frames > 1 else [(ends[0] + last) // 2], grade, larger)
            known = _described(survey, images, grade, dress)
            cache.remember("looks", key, known)
        return _look_from(known)
    return _stills(survey, shot, grade)


def _ends(clip: Clip) -> tuple[int, int]:
    """The first and the last source frame that a clip shows, whichever way it runs."""
    first, last = clip.source_frame(0), clip.source_frame(clip.frames - 1)
    return min(first, last), max(first, last)


def _stills(survey: Survey, shot: Shot, grade: Grade) -> Look | None:
    """A shot that is still to be shot, by its stills: the first, and then the last."""
    frames = (shot.order.first, shot.order.last) if shot.order else ()
    images = [image for frame in frames if (image := _image(survey, frame)) is not None]
    return _look_from(_described(survey, images, grade, dress_of(survey, shot))) if images else None


def _image(survey: Survey, frame: Frame | None) -> Image.Image | None:
    """A still; for a shot that goes on from another, the end of that one's take, or of its stills."""
    with suppress(StoryboardError):
        if isinstance(frame, StillFile):
            return stills.open_still(survey.project.path(frame.file), frame.file)
        if frame and (take := survey.takes.get(frame.shot)):
            return media.last_frame(survey.locate(take.sha256))
        before = next((one.order for one in survey.storyboard.every if frame and one.id == frame.shot), None)
        return _image(survey, before.last or before.first) if before else None
    return None


def _card(survey: Survey, shot: Shot, grade: Grade) -> Look:
    card, output, cache = shot.card, survey.job.output, survey.production.cache
    assert card is not None  # noqa: S101 - whoever calls has looked
    size = fitted((output.width, output.height), max(640, 2 * grade.cell))
    digest = survey.production.digest(card.image) if card.image else ""
    drawn, dress = [card.text, card.background, card.color, digest], dress_of(survey, shot)
    key = key_of(RECIPE, "card", drawn, list(size), list(astuple(grade)), dress.plain)
    known = cache.recall("looks", key)
    if known is None:
        image = stills.open_still(survey.locate(digest), card.image) if digest else None
        known = _described(survey, [graded(survey, draw_card(card, image, size), dress)], grade, Dress(dress.size))
        cache.remember("looks", key, known)
    return _look_from(known)


def _still(survey: Survey, name: str, grade: Grade) -> Picture | None:
    cache, digest = survey.production.cache, survey.production.digest(name)
    key = key_of(RECIPE, "still", digest, grade.end, grade.quality)
    known = cache.recall("looks", key)
    if known is None:
        image = stills.open_still(survey.locate(digest), name)
        known = plain_picture(small_picture(image, grade.end), grade.quality)
        cache.remember("looks", key, known)
    return picture_from(known)


def _glimpse(survey: Survey, digest: str, grade: Grade) -> Picture | None:
    """A frame out of the middle of a take."""
    cache, key = survey.production.cache, key_of(RECIPE, "middle", digest, grade.end, grade.quality)
    known = cache.recall("looks", key)
    if known is None:
        path = survey.locate(digest)
        roll = media.roll_of(path, digest, cache)
        image = media.picture_at(path, roll, roll.facts.frames // 2)
        known = plain_picture(small_picture(image, grade.end // 2), grade.quality)
        cache.remember("looks", key, known)
    return picture_from(known)


def sample(path: Path, roll: Roll, wanted: Sequence[int], grade: Grade, larger: float = 1.0) -> list[Image.Image]:
    """Frames of a clip by their numbers, which rise, upright and in their colours; no larger than is needed for
    pictures of a grade that are enlarged so many times."""
    from PIL import Image

    facts = roll.facts
    size = fitted((facts.width, facts.height), round(max(grade.cell, grade.end) * larger))
    if (wanted[-1] - wanted[0]) / facts.rate > LONGEST_READ:
        return [media.picture_at(path, roll, frame).resize(size, Image.Resampling.LANCZOS) for frame in wanted]
    start = start_before(roll.keys, wanted[0], roll.stock.margin)
    numbers = list(dict.fromkeys(wanted))
    chosen = "+".join(f"eq(n\\,{frame - start.frame})" for frame in numbers)
    colours = f"in_color_matrix=bt709:in_range=tv:out_range=pc:{ffmpeg.SCALING.rstrip(';')}"
    graph = f"{even_times(roll.stock, facts)}select={chosen}{even_picture(roll.stock, facts)}"
    pixels = ffmpeg.read(
        *ffmpeg.QUIET, "-threads", "1", *start.arguments, *ffmpeg.reading(path, media.demuxer(path)), "-map", "0:V:0",
        "-vf", f"{graph},scale={size[0]}:{size[1]}:{colours},format=rgb24", "-fps_mode", "passthrough",
        "-frames:v", str(len(numbers)), "-f", "rawvideo", "-",
    )  # fmt: skip
    length = size[0] * size[1] * 3
    if len(pixels) != length * len(numbers):
        raise Refused("its pictures cannot be decoded")
    images = {
        number: Image.frombytes("RGB", size, pixels[place * length : (place + 1) * length])
        for place, number in enumerate(numbers)
    }
    return [images[number] for number in wanted]


def frame_of(look: Look, step: int) -> Image.Image:
    """One frame of a look's reel."""
    from PIL import Image

    with Image.open(io.BytesIO(look.reel.data)) as reel:
        width = reel.width // look.frames
        frame: Image.Image = reel.convert("RGB").crop((step * width, 0, (step + 1) * width, reel.height))
        return frame


def _described(survey: Survey, images: Sequence[Image.Image], grade: Grade, dress: Dress) -> dict[str, Any]:
    """A look as plain values. All frames of a reel have the shape of the film's frame."""
    from PIL import Image

    width, height = dress.within(grade.cell * (2 if len(images) < 3 else 1))
    reel = Image.new("RGB", (width * len(images), height))
    for place, image in enumerate(images):
        reel.paste(dressed(survey, image, dress, (width, height)), (place * width, 0))
    ends = [plain_picture(small_picture(image, grade.end), grade.quality) for image in (images[0], images[-1])]
    return {"reel": plain_picture(reel, grade.quality), "frames": len(images), "first": ends[0], "last": ends[1]}


def _look_from(known: Any) -> Look:
    reel, first, last = (picture_from(known[name]) for name in ("reel", "first", "last"))
    return Look(reel, known["frames"], first, last)
