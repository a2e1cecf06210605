"""What a film's pieces are made of, and all that an editor is told of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from storyboard.assembler import media
from storyboard.assembler.assemble import Job
from storyboard.assembler.rolls import Roll
from storyboard.assembler.stock import notes
from storyboard.assembler.timeline import Clip
from storyboard.export.cut import Mark, Media, Piece, Plate
from storyboard.export.lay import Shelf
from storyboard.export.names import Slots, plain
from storyboard.planner.take import Facts, Take
from storyboard.production import Production
from storyboard.spec.model import Output, Shot
from storyboard.timing import Rate, nominal


@dataclass(frozen=True, slots=True)
class Casting:
    """Which take stands for each shot, and which besides."""

    takes: Mapping[str, Take]
    stale: frozenset[str]
    """Shots whose take was made for an earlier text."""
    further: Mapping[str, tuple[Take, ...]]


def fill_shelf(production: Production, job: Job, casting: Casting, slots: Slots) -> Shelf:
    """The media of every shot that has one, and its markers."""
    spare = nominal(job.output.rate)
    found: dict[str, Media] = {}
    by_digest: dict[str, Media] = {}
    rolls: dict[str, Roll] = {}
    # A take is called after the shot that it was made for, not after one that uses it again.
    order = sorted(enumerate(job.timeline.clips), key=lambda one: (bool(one[1].shot.reuse), one[0]))
    for index, clip in order:
        shot = clip.shot
        if shot.card:
            found[shot.id] = _card(job.output, clip, index, slots, spare)
        elif clip.digest:
            if clip.digest not in by_digest:
                by_digest[clip.digest] = _heard(_clip(clip, casting.takes.get(shot.id), slots), production)
            found[shot.id] = by_digest[clip.digest]
            if shot.footage and clip.digest not in rolls:
                rolls[clip.digest] = media.roll_of(production.locate(clip.digest), clip.digest, production.cache)
    cards = {clip.shot.id: spare for clip in job.timeline.clips if clip.shot.card}
    further = {
        id_: tuple(_heard(_take(job.storyboard.shot(id_), take, slots), production) for take in takes)
        for id_, takes in casting.further.items()
    }
    marks = {
        clip.shot.id: tuple(_marks(job, clip, casting, rolls.get(clip.digest))) for clip in job.timeline.clips
    }  # fmt: skip
    return Shelf(slots.numbers, found, cards, further, marks)


def still_pieces(
    pieces: tuple[Piece, ...], job: Job, handles: Mapping[int, tuple[int, int]], slots: Slots
) -> tuple[Piece, ...]:
    """The pieces with drawn media wherever a frame stands still, for a format that cannot say so."""
    at = {clip.shot.id: index for index, clip in enumerate(job.timeline.clips)}
    spare = nominal(job.output.rate)
    drawn = list(pieces)
    for index, piece in enumerate(pieces):
        if piece.media is None or piece.step:
            continue
        before, after = handles[index]
        frame = int(piece.place)
        stem, lead = slots.stem(job.storyboard.shot(piece.shot)), spare + before
        drawn[index] = replace(
            piece,
            media=Media(
                f"media/{stem}_f{frame:04}.mov", job.output.rate, lead + piece.frames + after + spare,
                job.output.width, job.output.height, 0, piece.media.reel,
                plate=Plate(at[piece.shot], frame),
            ),
            place=Rate(lead),
            step=Rate(1),
        )  # fmt: skip
    return tuple(drawn)


def _card(output: Output, clip: Clip, index: int, slots: Slots, spare: int) -> Media:
    return Media(
        f"media/{slots.stem(clip.shot, 'card')}.mov", output.rate, clip.frames + 2 * spare, output.width, output.height,
        0, slots.reel(clip.shot, "C"), plate=Plate(index),
    )  # fmt: skip


def _clip(clip: Clip, take: Take | None, slots: Slots) -> Media:
    """The media of a clip that is a file: a take, or footage."""
    if take and take.sha256 == clip.digest:
        return _take(clip.shot, take, slots)
    ending = PurePosixPath(clip.shot.footage).suffix.lower()
    return _media(f"media/{slots.stem(clip.shot)}{'.' + plain(ending) if ending else ''}", clip.facts,
                  slots.reel(clip.shot, "F"), clip.digest)  # fmt: skip


def _take(shot: Shot, take: Take, slots: Slots) -> Media:
    local = take.gateway == "local"
    what = "animatic" if local else f"t{take.number:02}"
    reel = slots.reel(shot, "A" if local else f"T{take.number:02}")
    return _media(f"media/{slots.stem(shot, what)}.mp4", take.facts, reel, take.sha256)


def _media(file: str, facts: Facts, reel: str, digest: str) -> Media:
    return Media(file, facts.rate, facts.frames, facts.width, facts.height, int(facts.audio), reel, digest)


def _heard(found: Media, production: Production) -> Media:
    """A medium with the number of its channels: a program that was told another will not link it again."""
    if not found.channels:
        return found
    path = production.locate(found.digest)
    with media.opened(path, media.demuxer(path)) as container:
        return replace(found, channels=container.streams.audio[0].channels)


def _marks(job: Job, clip: Clip, casting: Casting, roll: Roll | None) -> Iterator[Mark]:
    """What stands on a shot: who it is and what it was to be, and what of the film its media does not show."""
    shot = clip.shot
    told = [shot.note, " ".join(shot.order.prompt.split()) if shot.order else "", *_of_take(shot, casting)]
    yield Mark(shot.id, "\n".join(line for line in told if line) or shot.id)
    if not clip.digest and not shot.card:
        yield Mark("no take", f"`{shot.id}` has no take yet: this is a gap of its probable length", remark=True)
        return
    if clip.start == 0 and job.storyboard.lut:
        yield Mark("look", f"the whole film has the look looks/{looks_name(job.storyboard.lut)}", remark=True)
    if remarks := [*_of_picture(job, clip), *(_of_roll(roll) if roll else ()), *_of_rate(job.output, clip)]:
        yield Mark("as in the film", "; ".join(remarks), remark=True)


def _of_take(shot: Shot, casting: Casting) -> Iterator[str]:
    take = casting.takes.get(shot.id)
    if take and take.gateway == "local":
        yield "animatic: drawn here, to be replaced"
    elif take:
        made = ", ".join(part for part in (take.model, take.made, take.note) if part)
        yield f"take {take.number}: {made}"
    if shot.id in casting.stale:
        yield "made for an earlier text of this shot"


def _of_picture(job: Job, clip: Clip) -> Iterator[str]:
    """What the film does to a picture, and its media does not show."""
    shot, output = clip.shot, job.output
    if shot.card:
        return
    if shot.flip:
        yield f"flipped: {shot.flip}"
    if shot.scale != 1:
        yield f"enlarged to {shot.scale:.0%}"
    focus = shot.focus or output.focus
    if focus and (shot.scale != 1 or clip.facts.width * output.height != clip.facts.height * output.width):
        yield f"framed around {focus[0]:g} of its width and {focus[1]:g} of its height"
    if (shot.fit or output.fit) == "blur" and clip.facts.width * output.height != clip.facts.height * output.width:
        yield "its bars show the picture itself, blurred"
    if shot.lut:
        yield f"look: looks/{looks_name(shot.lut)}"


def _of_roll(roll: Roll) -> Iterator[str]:
    """How footage is odd, as programs differ in what they make of it."""
    yield from notes(roll.stock, roll.facts)
    if roll.turned:
        yield "players turn it upright: see that the editing program does"


def _of_rate(output: Output, clip: Clip) -> Iterator[str]:
    facts = clip.facts
    if facts.rate != output.rate:
        own, film = (f"{float(rate):.5g}" for rate in (facts.rate, output.rate))
        kept = "every frame of it is shown, so it runs faster or slower" if output.conform == "speed" else (
            "it keeps its time, so frames are repeated or left out")  # fmt: skip
        yield f"it has {own} frames a second, the film {film}: {kept}"
    if (facts.width, facts.height) != (output.width, output.height) and not clip.shot.card:
        yield f"it has {facts.width}x{facts.height} pixels, the film {output.width}x{output.height}"


def looks_name(file: str) -> str:
    """What a look is called in the export."""
    return plain(file.replace("/", "_"))
