"""The cutting room: segments encoded side by side, each once, and kept by the digest of all that shapes their bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from storyboard.assembler import ffmpeg, media, words
from storyboard.assembler.child import workers
from storyboard.assembler.edges import WHOLE
from storyboard.assembler.encoders import Encoder
from storyboard.assembler.packets import Index, index_from, read_index
from storyboard.assembler.picture import Head, Run, Source, encode
from storyboard.assembler.segments import Segment
from storyboard.errors import Refused
from storyboard.store import files
from storyboard.store.cache import Cache, key_of

RECIPE = "film-7"
"""The version of everything in this package that shapes a film's bytes and is not an argument of it."""

HELD = 68
"""The most frames that the encoders of one ffmpeg keep in memory together: a clip of five seconds fits."""
LOOKED_AT = 20
"""How many frames an encoder keeps."""
LARGEST_HEAD = 128 * 1024 * 1024
"""Bytes of frames that are kept for a transition while a film is made."""

Located = Mapping[str, tuple[Path, files.State]]
"""The file of every digest, and the state in which it has that digest."""
Locate = Callable[[str], Path]


@dataclass(frozen=True, slots=True)
class Reels:
    """What segments are encoded from, and how."""

    locate: Locate
    """The file of a digest, its bytes verified where they are a take's."""
    encoder: Encoder


class CuttingRoom:
    """Encodes segments for as many films as come, in one pool of workers."""

    def __init__(self, cache: Cache, pool: Executor) -> None:
        self.cache = cache
        self.pool = pool
        self.tools = ffmpeg.toolchain(cache)
        self._running: dict[str, Future[None]] = {}
        self._found: dict[str, tuple[Path, Index]] = {}
        self._heads: list[Head] = []

    def key(self, segment: Segment, encoder: Encoder) -> str:
        """What a segment's bytes are kept by."""
        return key_of(RECIPE, self.tools, dict(encoder), segment.describe())

    def find(self, key: str) -> tuple[Path, Index] | None:
        """A segment that was encoded, its bytes those that were made; None when there is none."""
        if key not in self._found:
            index = index_from(self.cache.recall("segments", key))
            path = self.cache.find("segments", key, ".mp4") if index else None
            if path is None or index is None:
                return None
            self._found[key] = path, index
        return self._found[key]

    def begin(self, wanted: Mapping[str, Segment], reels: Reels) -> dict[str, Future[None]]:
        """Have segments encoded that are not there; the work under way, by key."""
        lacking = {key: segment for key, segment in wanted.items() if key not in self._running and not self.find(key)}
        if lacking:
            located = locate_all(reels.locate, {digest for one in lacking.values() for digest in digests_of(one)})
            fonts = words.fonts(self.cache.folder)
            for run in _order(_hand_on(list(_runs(lacking)), self.cache)):
                self._heads += run.heads.values()
                future = self.pool.submit(_encode_run, run, located, (reels.encoder, fonts), self.cache)
                self._running |= dict.fromkeys(run.segments, future)
        return {key: self._running[key] for key in wanted if key in self._running}

    def is_busy(self) -> bool:
        """Whether something is being encoded, or about to be."""
        return any(not future.done() for future in self._running.values())

    def leave(self) -> None:
        """Begin nothing more."""
        for future in self._running.values():
            future.cancel()

    def sweep(self) -> None:
        """Remove what was drawn for others, and not fetched."""
        for head in self._heads:
            files.discard(head.path)


@contextmanager
def cutting_room(cache: Cache, executor: Executor | None = None) -> Iterator[CuttingRoom]:
    """A cutting room with a worker for each core, or with another engine's; when it closes, nothing runs any more."""
    with ExitStack() as after, workers(os.cpu_count()) if executor is None else nullcontext(executor) as pool:
        room = CuttingRoom(cache, pool)
        after.callback(room.sweep)
        try:
            yield room
        finally:
            room.leave()


def digests_of(segment: Segment) -> set[str]:
    """The digests of every file that a segment is drawn from."""
    named = {reel.digest for reel in segment.reels} | {reel.card[2] for reel in segment.reels if reel.card}
    named |= {reel.lut for reel in segment.reels} | {laid.digest for laid in segment.overlays} | {segment.lut}
    return named - {""}


def locate_all(locate: Locate, digests: Iterable[str]) -> Located:
    """The files of digests, each in a state in which it has its digest."""
    states = {digest: (path := locate(digest), files.state_of(path)) for digest in sorted(digests)}
    for digest in states:
        locate(digest)  # still the one that it was, so the state is that of the right bytes
    return states


def _runs(wanted: Mapping[str, Segment]) -> Iterator[dict[str, Segment]]:
    """The wanted segments, those side by side that begin with the same clip together: it is decoded once for them."""
    most = max(1, -(-len(wanted) // (os.cpu_count() or 1)))
    run: dict[str, Segment] = {}
    held = 0
    for key, segment in wanted.items():
        before = next(iter(run.values()), None)
        held += min(segment.frames, LOOKED_AT)
        parts = before and (before.reels[0].digest != segment.reels[0].digest or before.reels[0].card)
        if run and (parts or held > HELD or len(run) == most):
            yield run
            run, held = {}, min(segment.frames, LOOKED_AT)
        run[key] = segment
    if run:
        yield run


def _hand_on(parts: Sequence[Mapping[str, Segment]], cache: Cache) -> list[Run]:
    """The runs of such parts of a film: where one ends with a transition into the next one's clip, that one draws the
    frames that the transition takes of it, for it decodes them anyway."""
    runs = [Run(part) for part in parts]
    for index in range(len(runs) - 1):
        run, coming = runs[index : index + 2]
        key, last = list(run.segments.items())[-1]
        head = Head(last, files.unfinished(cache.unfinished))
        into = len(last.reels) == 2 and last.transition not in WHOLE and last.reels[1].digest == coming.clip
        if into and coming.clip and head.size <= LARGEST_HEAD:
            runs[index : index + 2] = replace(run, heads={key: head}), replace(coming, drawn=(head,))
    return runs


def _order(runs: Sequence[Run]) -> Iterator[Run]:
    """The runs as they are begun: from the last one, so that what one draws for another is there in time. Workers
    begin far from each other, and so none of them waits for what another one draws at the moment."""
    workers = os.cpu_count() or 1
    length = max(1, -(-len(runs) // workers))
    parts = [runs[at : at + length][::-1] for at in range(0, len(runs), length)][::-1]
    for side_by_side in zip_longest(*parts):
        yield from (run for run in side_by_side if run)


def _encode_run(run: Run, located: Located, how: tuple[Encoder, Path], cache: Cache) -> None:
    drawn = [head.segment.reels[1] for head in run.drawn]
    used = {digest: located[digest] for segment in run.segments.values() for digest in digests_of(segment)}
    used |= {digest: located[digest] for reel in drawn for digest in (reel.digest, reel.lut) if digest}
    with ExitStack() as making:
        targets = [making.enter_context(cache.making("segments", key, ".mp4")) for key in run.segments]
        clips = {reel.digest for segment in run.segments.values() for reel in segment.reels}
        sources = {
            digest: Source(path, media.roll_of(path, digest, cache) if digest in clips else None)
            for digest, (path, _) in used.items()
        }
        encode(run, targets, sources, *how)
        for (key, segment), temp in zip(run.segments.items(), targets, strict=True):
            index = read_index(temp, segment.rate)
            if (frames := len(index.packets)) != segment.frames:
                raise Refused(
                    f"a clip does not decode whole: {frames} of {segment.frames} frames came of it",
                    hint="save footage again from an editor; for a take, run `storyboard render` again",
                )
            cache.remember("segments", key, index.describe())
        for path, state in used.values():
            files.check_same(path, state)
    for head in run.heads.values():
        files.discard(head.path)
