"""The film's cues to one AAC file, sample-exact: decoded by ffmpeg, summed here, encoded once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.assembler import ffmpeg, media
from storyboard.assembler.sound import SAMPLE_RATE, Cue, Ramp
from storyboard.errors import Refused
from storyboard.store import files
from storyboard.store.cache import Cache, key_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

BLOCK = SAMPLE_RATE
CHANNELS = 2
PEAK_CEILING_DB = -1.0
SILENCE_LUFS = -45.0
BITRATE = "192k"


def mix_film(
    cues: tuple[Cue, ...], total: int, loudness: float | None, sources: Mapping[str, Path], cache: Cache, target: Path
) -> None:
    """Write the mix, `total` samples long, as AAC in `target`: silence where nothing sounds."""
    sounds = {cue.digest: decode(sources[cue.digest], cue.digest, cache) for cue in cues}
    raw = target.with_suffix(".f32")
    try:
        _sum(cues, total, sounds, raw)
        gain = _gain(raw, loudness) if loudness is not None else 0.0
        # What is too loud together is brought down where a loudness is to be met, and cut off only where none is.
        volume = ("-af", f"volume={gain:.2f}dB") if gain else ()
        ffmpeg.run(
            *ffmpeg.scalar_audio(), *ffmpeg.QUIET, *_raw_input(raw), *volume, "-c:a", "aac", "-b:a", BITRATE,
            "-bitexact", "-map_metadata", "-1", "-f", "mp4", str(target),
        )  # fmt: skip
    finally:
        raw.unlink(missing_ok=True)


def decode(path: Path, digest: str, cache: Cache) -> Path:
    """A sound as 48 kHz stereo samples, kept in the cache: 32-bit floats, channels interleaved."""
    key = key_of("sound-2", digest)
    if not cache.find("sounds", key, ".f32"):
        with cache.making("sounds", key, ".f32") as temp:
            kind = media.audio_demuxer(path)
            ffmpeg.run(
                *ffmpeg.scalar_audio(), *ffmpeg.QUIET, *ffmpeg.reading(path, kind), "-map", "0:a:0", "-vn",
                # Time counts from the file's beginning: a clip's sound may start behind its picture.
                "-af", f"aresample={SAMPLE_RATE}:resampler=swr:async=1:first_pts=0,aformat=channel_layouts=stereo",
                "-f", "f32le", str(temp),
            )  # fmt: skip
            if files.sha256(path) != digest:
                raise files.changed(path)
    return cache.path("sounds", key, ".f32")


def _raw_input(path: Path) -> tuple[str, ...]:
    return ("-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", str(CHANNELS), "-i", str(path))


def _sum(cues: tuple[Cue, ...], total: int, sounds: Mapping[str, Path], target: Path) -> None:
    """The cues added up in blocks of a second, so that memory does not grow with the film."""
    import numpy as np

    opened = {digest: _open(path) for digest, path in sounds.items()}
    with target.open("wb") as file:
        for start in range(0, total, BLOCK):
            stop = min(start + BLOCK, total)
            block = np.zeros((stop - start, CHANNELS), np.float32)
            for cue in cues:
                for at, piece in _piece(cue, opened[cue.digest], start, stop):
                    block[at : at + len(piece)] += piece
            file.write(block.tobytes())


def _open(path: Path) -> Samples:
    import numpy as np

    if path.stat().st_size == 0:
        return np.zeros((0, CHANNELS), np.float32)
    return np.memmap(path, np.float32, "r").reshape(-1, CHANNELS)


def _piece(cue: Cue, sound: Samples, start: int, stop: int) -> Iterator[tuple[int, Samples]]:
    """What a cue adds to the film's samples from `start` to `stop`: where in them, and what."""
    import numpy as np

    length = min(len(sound) - cue.offset, len(sound) if cue.samples is None else cue.samples)
    first, last = max(start, cue.start), min(stop, cue.start + length)
    if first >= last:
        return
    inner = first - cue.start
    piece = sound[cue.offset + inner : cue.offset + inner + last - first].astype(np.float32)
    level = np.full(last - first, 10.0 ** (cue.gain_db / 20.0), np.float32)
    position = np.arange(inner, inner + last - first, dtype=np.float64)
    level *= _rise(position, cue.fade_in) * _rise(length - 1 - position, cue.fade_out)
    yield first - start, piece * level[:, None]


def _rise(position: NDArray[np.float64], ramp: Ramp) -> Samples:
    """The level of a fade at sample positions counted from its silent end. Square roots are exact on every machine."""
    import numpy as np

    if not ramp.samples:
        return np.ones(len(position), np.float32)
    share = np.clip((position + 1) / (ramp.samples + 1), 0.0, 1.0)
    return (np.sqrt(share) if ramp.curve == "power" else share).astype(np.float32)


def _gain(raw: Path, loudness: float) -> float:
    """Decibels that bring the mix to a loudness, as far as its true peak allows."""
    report = ffmpeg.measure(*ffmpeg.scalar_audio(), *_raw_input(raw), "-af", "ebur128=peak=true", "-f", "null", "-")
    integrated = re.findall(r"I:\s+(-?[\d.]+|-inf) LUFS", report)
    peak = re.findall(r"Peak:\s+(-?[\d.]+|-inf) dBFS", report)
    if not integrated or not peak:
        raise Refused("ffmpeg did not say how loud the film is", hint="storyboard doctor")
    measured, highest = float(integrated[-1]), float(peak[-1])
    if measured <= SILENCE_LUFS or highest == float("-inf"):
        return 0.0  # room tone made as loud as a film would be a roar
    return min(loudness - measured, PEAK_CEILING_DB - highest)
