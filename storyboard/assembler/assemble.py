"""Takes to one film: the segments that are missing are encoded side by side, the sound is mixed, all is joined."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from storyboard.assembler import ffmpeg, words
from storyboard.assembler.join import join_film, read_packets
from storyboard.assembler.mix import mix_film
from storyboard.assembler.picture import encode
from storyboard.assembler.segments import Extras, Segment, cut_segments
from storyboard.assembler.sound import Cue, cue_film, samples
from storyboard.assembler.timeline import Timeline
from storyboard.errors import Refused
from storyboard.progress import Assembling, Watch
from storyboard.spec.model import Output, Storyboard
from storyboard.store import files
from storyboard.store.cache import Cache, key_of

RECIPE = "film-4"
"""The version of everything here that shapes a film's bytes and is not an argument of it."""

RUN = 4
"""The most segments of a clip that one ffmpeg encodes: few enough to keep its memory small and all cores busy."""


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
    encoder: Mapping[str, str | int]


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


def assemble(job: Job, cache: Cache, watch: Watch, executor: Executor | None = None) -> Film:
    """The film of a job, at its target. What is unchanged is not encoded again; an unchanged film is not touched."""
    segments = cut_segments(job.storyboard, job.output, job.timeline, job.extras)
    cues = cue_film(job.storyboard, job.timeline, job.sounds)
    tools = ffmpeg.toolchain(cache)
    keys = [key_of(RECIPE, tools, dict(job.encoder), segment.describe()) for segment in segments]
    total = samples(job.timeline.seconds)
    sound = key_of(RECIPE, tools, [repr(cue) for cue in cues], total, job.output.loudness)
    whole = key_of(RECIPE, keys, sound, job.storyboard.title)

    def film(digest: str, encoded: int, *, written: bool) -> Film:
        timeline = job.timeline
        return Film(job.output.name, job.target, digest, timeline.frames, timeline.seconds, encoded, len(keys), written)

    known = cache.recall("films", whole)
    if isinstance(known, str) and job.target.is_file() and files.sha256(job.target) == known:
        return film(known, 0, written=False)
    wanted = {
        key: segment for key, segment in zip(keys, segments, strict=True) if not cache.find("segments", key, ".mp4")
    }
    heard = cache.path("mixes", sound, ".m4a")
    silent = cache.find("mixes", sound, ".m4a") is None
    sources = _locate(job, {cue.digest for cue in cues} if silent else set())
    with ThreadPoolExecutor(os.cpu_count()) if executor is None else nullcontext(executor) as pool:
        mixing = pool.submit(_mix, cues, (total, job.output.loudness), sources, sound, cache) if silent else None
        _encode(job, wanted, sum(segment.frames for segment in segments), cache, pool, watch)
        if mixing:
            mixing.result()
    with files.replacing(job.target) as temp:
        pieces = [(_path(cache, key), segment.frames) for key, segment in zip(keys, segments, strict=True)]
        join_film(pieces, heard, job.timeline.rate, job.storyboard.title, temp)
        digest = files.sha256(temp)
    cache.remember("films", whole, digest)
    return film(digest, len(wanted), written=True)


def _path(cache: Cache, key: str) -> Path:
    return cache.path("segments", key, ".mp4")


def _encode(
    job: Job, wanted: Mapping[str, Segment], total: int, cache: Cache, pool: Executor, watch: Watch
) -> None:  # fmt: skip
    reused = total - sum(segment.frames for segment in wanted.values())
    done = reused
    located = _locate(job, {digest for segment in wanted.values() for digest in _digests(segment)})
    fonts = words.fonts(cache.folder)
    watch(Assembling(job.output.name, done, total, reused))
    work: dict[Future[None], int] = {}
    for run in _runs(wanted):
        future = pool.submit(_encode_run, run, located, (job.encoder, fonts), cache)
        work[future] = sum(segment.frames for segment in run.values())
    try:
        for future in as_completed(work):
            future.result()
            done += work[future]
            watch(Assembling(job.output.name, done, total, reused))
    finally:
        for future in work:
            future.cancel()


def _runs(wanted: Mapping[str, Segment]) -> Iterator[dict[str, Segment]]:
    """The wanted segments, those side by side that begin with the same clip together: it is decoded once for them."""
    run: dict[str, Segment] = {}
    for key, segment in wanted.items():
        before = next(iter(run.values()), None)
        if before and (before.reels[0].digest != segment.reels[0].digest or before.reels[0].card or len(run) == RUN):
            yield run
            run = {}
        run[key] = segment
    if run:
        yield run


def _digests(segment: Segment) -> set[str]:
    named = {reel.digest for reel in segment.reels} | {reel.card[2] for reel in segment.reels if reel.card}
    return named - {""}


Located = Mapping[str, tuple[Path, files.State]]
"""The file of every digest, and the state in which it has that digest."""


def _locate(job: Job, digests: set[str]) -> Located:
    states = {digest: (path := job.locate(digest), files.state_of(path)) for digest in sorted(digests)}
    for digest in states:
        job.locate(digest)  # still the one that it was, so the state is that of the right bytes
    return states


def _encode_run(
    run: Mapping[str, Segment], located: Located, how: tuple[Mapping[str, str | int], Path], cache: Cache
) -> None:
    used = {digest: located[digest] for segment in run.values() for digest in _digests(segment)}
    with ExitStack() as making:
        pieces = [
            (segment, making.enter_context(cache.making("segments", key, ".mp4"))) for key, segment in run.items()
        ]
        encode(pieces, {digest: path for digest, (path, _) in used.items()}, *how)
        for segment, temp in pieces:
            if (frames := len(read_packets(temp)[1])) != segment.frames:
                raise Refused(
                    f"a clip does not decode whole: {frames} of {segment.frames} frames came of it",
                    hint="save footage again from an editor; for a take, run `storyboard render` again",
                )
        for path, state in used.values():
            files.check_same(path, state)


def _mix(cues: tuple[Cue, ...], how: tuple[int, float | None], located: Located, key: str, cache: Cache) -> None:
    with cache.making("mixes", key, ".m4a") as temp:
        mix_film(cues, *how, {digest: path for digest, (path, _) in located.items()}, cache, temp)
        for path, state in located.values():
            files.check_same(path, state)
