"""The cutting room: segments encoded side by side, each once, and kept by the digest of all that shapes their bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from storyboard.assembler import ffmpeg, media, words
from storyboard.assembler.child import workers
from storyboard.assembler.encoders import Encoder
from storyboard.assembler.packets import Index, index_from, read_index
from storyboard.assembler.picture import Source, encode
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
            for run in _runs(lacking):
                future = self.pool.submit(_encode_run, run, located, (reels.encoder, fonts), self.cache)
                self._running |= dict.fromkeys(run, future)
        return {key: self._running[key] for key in wanted if key in self._running}

    def leave(self) -> None:
        """Begin nothing more."""
        for future in self._running.values():
            future.cancel()


@contextmanager
def cutting_room(cache: Cache, executor: Executor | None = None) -> Iterator[CuttingRoom]:
    """A cutting room with a worker for each core, or with another engine's; when it closes, nothing runs any more."""
    with workers(os.cpu_count()) if executor is None else nullcontext(executor) as pool:
        room = CuttingRoom(cache, pool)
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


def _encode_run(run: Mapping[str, Segment], located: Located, how: tuple[Encoder, Path], cache: Cache) -> None:
    used = {digest: located[digest] for segment in run.values() for digest in digests_of(segment)}
    with ExitStack() as making:
        pieces = [
            (segment, making.enter_context(cache.making("segments", key, ".mp4"))) for key, segment in run.items()
        ]
        clips = {reel.digest for segment in run.values() for reel in segment.reels}
        sources = {
            digest: Source(path, media.roll_of(path, digest, cache) if digest in clips else None)
            for digest, (path, _) in used.items()
        }
        encode(pieces, sources, *how)
        for key, (segment, temp) in zip(run, pieces, strict=True):
            index = read_index(temp, segment.rate)
            if (frames := len(index.packets)) != segment.frames:
                raise Refused(
                    f"a clip does not decode whole: {frames} of {segment.frames} frames came of it",
                    hint="save footage again from an editor; for a take, run `storyboard render` again",
                )
            cache.remember("segments", key, index.describe())
        for path, state in used.values():
            files.check_same(path, state)
