"""What there is to see of a film: each picture under the key that the cache has it by, and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from storyboard import stills
from storyboard.assembler import ffmpeg, media
from storyboard.assembler.keyframes import start_before
from storyboard.assembler.rolls import Roll
from storyboard.assembler.stock import even_picture, even_times
from storyboard.errors import Refused, StoryboardError
from storyboard.report.dressing import Dress, dress_of, dressed, graded
from storyboard.report.plates import draw_card
from storyboard.report.prints import Grade, fitted, plain_picture, small_picture
from storyboard.report.survey import Survey
from storyboard.spec.model import Frame, StillFile
from storyboard.store.cache import key_of

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from storyboard.assembler.timeline import Clip

RECIPE = "look-2"
"""The version of how these pictures are made."""
LONGEST_READ = 20
"""Seconds of a clip that are decoded in one go; of a longer one, each frame is looked up by itself."""

Make = Callable[[], Any]
"""Makes pictures, as plain values."""
Open = Callable[[], "Image.Image"]


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that there is to see of a film."""

    kind: Literal["shot", "still", "take"]
    name: str
    """A shot's id, a still's file, a take's digest."""
    key: str
    """Of all that its pictures are made from."""
    make: Make


def sights_of(survey: Survey, grade: Grade) -> Iterator[Sight]:
    """Everything there is to see of a film: its shots in their order, the stills that they ask for, other takes."""
    yield from sights_of_shots(survey, grade)
    orders = [shot.order for shot in survey.storyboard.shots if shot.order]
    named = {frame.file for one in orders for frame in (one.first, one.last) if isinstance(frame, StillFile)}
    for name in sorted(named):
        with suppress(StoryboardError):
            digest = survey.production.digest(name)
            key = key_of(RECIPE, "still", digest, grade.end, grade.quality)
            yield Sight("still", name, key, partial(_still, survey, (name, digest), grade))
    for digest in _others(survey):
        key = key_of(RECIPE, "middle", digest, grade.end, grade.quality)
        yield Sight("take", digest, key, partial(_glimpse, survey, digest, grade))


def sights_of_shots(survey: Survey, grade: Grade) -> Iterator[Sight]:
    """What stands for each shot now, in the film's order; where that is nothing, its stills."""
    for clip in survey.timeline.clips:
        with suppress(StoryboardError):
            shown = _card if clip.shot.card else _clip if _digest(survey, clip) else _stills
            if found := shown(survey, clip, grade):
                yield Sight("shot", clip.shot.id, *found)


def _others(survey: Survey) -> list[str]:
    """Takes that are here, of shots that have several."""
    shots = (survey.production.lock.shots.get(shot.id) for shot in survey.storyboard.shots)
    several = [{take.sha256 for take in one.takes} for one in shots if one]
    return sorted(
        digest for one in several if len(one) > 1 for digest in one if survey.production.takes.holds(digest)
    )  # fmt: skip


def _digest(survey: Survey, clip: Clip) -> str:
    """The clip that stands for a shot; empty for none."""
    take = survey.takes.get(clip.shot.id)
    return take.sha256 if take else clip.digest if clip.shot.footage or clip.shot.reuse else ""


def _clip(survey: Survey, clip: Clip, grade: Grade) -> tuple[str, Make]:
    """Frames of a clip, evenly spread over it; over what the film shows of it where it is footage."""
    digest, take, dress = _digest(survey, clip), survey.takes.get(clip.shot.id), dress_of(survey, clip.shot)
    ends = _ends(clip) if clip.shot.footage else (0, (take.facts if take else clip.facts).frames - 1)

    def make() -> Any:
        path = survey.locate(digest)
        roll = media.roll_of(path, digest, survey.production.cache)
        last = min(ends[1], roll.facts.frames - 1)
        wanted = [ends[0] + index * (last - ends[0]) // max(1, grade.frames - 1) for index in range(grade.frames)]
        larger = dress.larger((roll.facts.width, roll.facts.height))
        images = sample(path, roll, wanted if grade.frames > 1 else [(ends[0] + last) // 2], grade, larger)
        return _described(survey, images, grade, dress)

    return key_of(RECIPE, digest, list(ends), list(astuple(grade)), dress.plain), make


def _ends(clip: Clip) -> tuple[int, int]:
    """The first and the last source frame that a clip shows, whichever way it runs."""
    first, last = clip.source_frame(0), clip.source_frame(clip.frames - 1)
    return min(first, last), max(first, last)


def _stills(survey: Survey, clip: Clip, grade: Grade) -> tuple[str, Make] | None:
    """A shot that is still to be shot, by its stills: the first, and then the last."""
    order, dress = clip.shot.order, dress_of(survey, clip.shot)
    frames = (order.first, order.last) if order else ()
    found = [one for frame in frames if (one := _opening(survey, frame))]
    if not found:
        return None
    key = key_of(RECIPE, "stills", [name for name, _ in found], list(astuple(grade)), dress.plain)
    return key, lambda: _described(survey, [open_() for _, open_ in found], grade, dress)


def _opening(survey: Survey, frame: Frame | None) -> tuple[str, Open] | None:
    """A still, by what it is made of; for a shot that goes on from another, the end of that one's take, or of its
    stills."""
    if isinstance(frame, StillFile):
        digest = survey.production.digest(frame.file)
        return digest, lambda: stills.open_still(survey.locate(digest), frame.file)
    if frame and (take := survey.takes.get(frame.shot)):
        return f"{take.sha256} last", lambda: media.last_frame(survey.locate(take.sha256))
    before = next((one.order for one in survey.storyboard.every if frame and one.id == frame.shot), None)
    return _opening(survey, before.last or before.first) if before else None


def _card(survey: Survey, clip: Clip, grade: Grade) -> tuple[str, Make]:
    card, output = clip.shot.card, survey.job.output
    assert card is not None  # noqa: S101 - whoever calls has looked
    size = fitted((output.width, output.height), max(640, 2 * grade.cell))
    digest = survey.production.digest(card.image) if card.image else ""
    drawn, dress = [card.text, card.background, card.color, digest], dress_of(survey, clip.shot)

    def make() -> Any:
        image = stills.open_still(survey.locate(digest), card.image) if digest else None
        whole = graded(survey, draw_card(card, image, size), dress)
        return _described(survey, [whole], grade, Dress(dress.size))

    return key_of(RECIPE, "card", drawn, list(size), list(astuple(grade)), dress.plain), make


def _still(survey: Survey, named: tuple[str, str], grade: Grade) -> Any:
    name, digest = named
    image = stills.open_still(survey.locate(digest), name)
    return plain_picture(small_picture(image, grade.end), grade.quality)


def _glimpse(survey: Survey, digest: str, grade: Grade) -> Any:
    """A frame out of the middle of a take."""
    path = survey.locate(digest)
    roll = media.roll_of(path, digest, survey.production.cache)
    image = media.picture_at(path, roll, roll.facts.frames // 2)
    return plain_picture(small_picture(image, grade.end // 2), grade.quality)


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


def _described(survey: Survey, images: Sequence[Image.Image], grade: Grade, dress: Dress) -> dict[str, Any]:
    """A look as plain values. All frames of a reel have the shape of the film's frame."""
    from PIL import Image

    width, height = dress.within(grade.cell * (2 if len(images) < 3 else 1))
    reel = Image.new("RGB", (width * len(images), height))
    for place, image in enumerate(images):
        reel.paste(dressed(survey, image, dress, (width, height)), (place * width, 0))
    ends = [plain_picture(small_picture(image, grade.end), grade.quality) for image in (images[0], images[-1])]
    return {"reel": plain_picture(reel, grade.quality), "frames": len(images), "first": ends[0], "last": ends[1]}
