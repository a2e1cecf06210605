"""Takes to one film: the segments that are missing are encoded side by side, the sound is mixed, all is joined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from storyboard.assembler.beside import poster_frame, write_captions, write_poster
from storyboard.assembler.chapters import chapters_of
from storyboard.assembler.child import workers
from storyboard.assembler.copying import Copies, copy_film, copy_parts
from storyboard.assembler.encoders import Encoder, container
from storyboard.assembler.join import Piece, Sleeve, join_film
from storyboard.assembler.layout import Text
from storyboard.assembler.mix import Mixdown, mix_film
from storyboard.assembler.packets import DAMAGED
from storyboard.assembler.room import RECIPE, CuttingRoom, Located, Reels, locate_all
from storyboard.assembler.segments import Extras, Segment, cut_segments
from storyboard.assembler.soft import samples_of
from storyboard.assembler.sound import Cue, cue_film, samples
from storyboard.assembler.texts import captions_of
from storyboard.assembler.timeline import Timeline
from storyboard.errors import Refused, StoryboardError
from storyboard.progress import Assembling, Watch
from storyboard.spec.model import Output, Storyboard
from storyboard.store import files
from storyboard.store.cache import Cache, key_of


@dataclass(frozen=True, slots=True)
class Job:
    """One film to assemble."""

    storyboard: Storyboard
    output: Output
    timeline: Timeline
    target: Path
    extras: Extras
    sounds: Mapping[str, str]
    """The digest of each sound file of the mix, by name."""
    locate: Callable[[str], Path]
    """The file of a digest, its bytes verified where they are a take's."""
    encoder: Encoder


@dataclass(frozen=True, slots=True)
class Film:
    """A film that was made, or was there already."""

    name: str
    path: Path
    sha256: str
    frames: int
    seconds: Fraction
    encoded: int
    """Segments that were encoded for it just now."""
    segments: int
    written: bool
    """False when the file was there already, byte for byte."""
    copied: int = 0
    """Segments that were neither encoded nor there: they are the clips' own packets."""


@dataclass(frozen=True, slots=True)
class _Recipe:
    """Everything that a film's bytes follow from."""

    cut: list[tuple[str, Segment]]
    """Each segment with its key, in order."""
    copied: Copies
    cues: tuple[Cue, ...]
    mix: Mixdown
    sound: str
    """The key of the mix."""
    captions: tuple[Text, ...]
    sleeve: Sleeve
    whole: str
    """The key of the film."""


def assemble(job: Job, room: CuttingRoom, watch: Watch) -> Film:
    """The film of a job, at its target. What is unchanged is not encoded again; an unchanged film is not touched."""
    cache, timeline = room.cache, job.timeline
    recipe = _recipe(job, room)
    kept = {number for first, last in recipe.copied for number in range(first, last + 1)}
    drawn = {key: segment for number, (key, segment) in enumerate(recipe.cut) if number not in kept}

    def film(digest: str, encoded: int, *, written: bool) -> Film:
        name, target, count = job.output.name, job.target, len(recipe.cut)
        if job.output.captions == "sidecar":
            write_captions(target, recipe.captions, timeline.rate)
        if job.output.poster:
            frame = poster_frame(job.output.poster, timeline, job.storyboard.rate)
            write_poster(target, digest, frame, timeline.rate, cache)
        return Film(name, target, digest, timeline.frames, timeline.seconds, encoded, count, written, len(kept))

    if known := _known(recipe, job, cache):
        return film(known, 0, written=False)
    read = {reel.digest for _, one in recipe.cut for reel in one.reels} if recipe.copied else ()
    used = locate_all(job.locate, read)
    mixing = None
    with ExitStack() as beside:
        if not cache.find("mixes", recipe.sound, recipe.mix.suffix):
            located = locate_all(job.locate, {cue.digest for cue in recipe.cues})
            # It does not wait behind what is being encoded already.
            desk = beside.enter_context(workers(1)) if room.is_busy() else room.pool
            mixing = desk.submit(_mix, recipe.cues, recipe.mix, located, recipe.sound, cache)
        encoded = _encode(job, drawn, timeline.frames, room, watch)
        if mixing:
            mixing.result()
    with files.replacing(job.target) as temp:
        sound = cache.path("mixes", recipe.sound, recipe.mix.suffix)
        join_film(_pieces(room, recipe.cut, recipe.copied), sound, timeline.rate, recipe.sleeve, temp)
        for path, state in used.values():
            files.check_same(path, state)
        digest = files.sha256(temp)
    cache.remember("films", recipe.whole, digest)
    return film(digest, encoded, written=True)


def made_before(job: Job, room: CuttingRoom) -> bool:
    """Whether what a job would make is at its target already, as far as the cache knows. Nothing is encoded."""
    return bool(_known(_recipe(job, room), job, room.cache))


def _known(recipe: _Recipe, job: Job, cache: Cache) -> str:
    """The digest of the film at the target, where that is the one that would be made; else empty."""
    known = cache.recall("films", recipe.whole)
    return known if isinstance(known, str) and job.target.is_file() and files.sha256(job.target) == known else ""


def _recipe(job: Job, room: CuttingRoom) -> _Recipe:
    timeline = job.timeline
    segments = cut_job(job)
    cut = [(room.key(segment, job.encoder), segment) for segment in segments]
    copied = _copied(job, segments, room.cache)
    cues = cue_film(job.storyboard, timeline, job.sounds)
    mix = Mixdown(samples(timeline.seconds), job.output.loudness, container(job.encoder))
    sound = key_of(RECIPE, room.tools, [repr(cue) for cue in cues], repr(mix))
    captions = captions_of(job.storyboard, job.output, timeline, job.extras.subtitles)
    chapters = chapters_of(timeline, job.storyboard.scene_titles)
    sleeve = Sleeve(
        job.storyboard.title, (job.output.width, job.output.height), container(job.encoder), chapters,
        samples_of(captions, timeline.frames) if job.output.captions == "soft" else (),
    )  # fmt: skip
    whole = key_of(RECIPE, [key for key, _ in cut], [list(place) for place in copied], sound, repr(sleeve))
    return _Recipe(cut, copied, cues, mix, sound, captions, sleeve, whole)


def cut_job(job: Job) -> tuple[Segment, ...]:
    """The segments of a job's film, in order."""
    return cut_segments(job.storyboard, job.output, job.timeline, job.extras)


def _copied(job: Job, segments: tuple[Segment, ...], cache: Cache) -> Copies:
    """What of the film is copied: all or nothing, unless its quality is to preserve what can be."""
    if job.encoder["codec"] != "libx264":
        return {}
    copy = copy_parts if "set" in job.encoder else copy_film
    return copy(segments, job.locate, cache)


def _pieces(room: CuttingRoom, cut: list[tuple[str, Segment]], copied: Copies) -> list[Piece]:
    """The pieces of the film in order: copied, or encoded."""
    instead = {first: (last, piece) for (first, last), piece in copied.items()}
    pieces: list[Piece] = []
    number = 0
    while number < len(cut):
        last, piece = instead.get(number) or (number, _piece(room, *cut[number]))
        pieces.append(piece)
        number = last + 1
    return pieces


def _piece(room: CuttingRoom, key: str, segment: Segment) -> Piece:
    found = room.find(key)
    if found is None:
        raise Refused("a segment was lost while the film was made", hint=DAMAGED)
    return Piece(*found, segment.frames)


def _encode(job: Job, cut: Mapping[str, Segment], total: int, room: CuttingRoom, watch: Watch) -> int:
    """Have what is missing encoded, and wait for it; how many segments that were."""
    work = room.begin(cut, Reels(job.locate, job.encoder))
    frames: dict[Future[None], int] = {}
    for key, future in work.items():
        frames[future] = frames.get(future, 0) + cut[key].frames
    done = reused = total - sum(frames.values())
    watch(Assembling(job.output.name, done, total, reused))
    for future in as_completed(frames):
        try:
            future.result()
        except Refused as error:
            raise _placed(error, job, [cut[key] for key, one in work.items() if one is future]) from None
        done += frames[future]
        watch(Assembling(job.output.name, done, total, reused))
    return len(work)


def _placed(error: Refused, job: Job, failed: Iterable[Segment]) -> StoryboardError:
    """An error with the shots whose clips it came of, at the place of the first."""
    digests = {reel.digest for segment in failed for reel in segment.reels}
    shots = [clip.shot for clip in job.timeline.clips if clip.digest and clip.digest in digests]
    if error.where or not shots:
        return error
    names = " or ".join(dict.fromkeys(f"`{shot.id}`" for shot in shots))
    return error.at(f"{names}: {error.message}", shots[0].at("footage"))


def _mix(cues: tuple[Cue, ...], wanted: Mixdown, located: Located, key: str, cache: Cache) -> None:
    with cache.making("mixes", key, wanted.suffix) as temp:
        mix_film(cues, wanted, {digest: path for digest, (path, _) in located.items()}, cache, temp)
        for path, state in located.values():
            files.check_same(path, state)
