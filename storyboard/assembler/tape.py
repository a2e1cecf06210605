"""A sound as samples on disk: decoded once by ffmpeg, at its own tempo or another, and read in pieces."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.assembler import ffmpeg, media
from storyboard.assembler.hearing import sound_demuxer
from storyboard.assembler.sound import SAMPLE_RATE, samples
from storyboard.store import files
from storyboard.store.cache import Cache, key_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    """48 kHz, full scale at 1: number, left and right."""

CHANNELS = 2
WIDTH = 4 * CHANNELS
"""Bytes of a sample of both channels: 32-bit floats, the left one first."""
LOUDEST = 64.0
"""36 dB above full scale: what is louder is no sound."""
WINDOW = Fraction(2048, SAMPLE_RATE)
"""Of `atempo`, in seconds."""
LONGEST = 6 * 3600
"""Seconds that are read of a sound: one that says it begins next year would fill the disk with silence."""
REORDERED = 16
"""How many pictures a codec may send before one that is shown earlier."""
STEREO = "aformat=channel_layouts=stereo"
DOUBLED = "pan=stereo|c0=c0|c1=c0"


@dataclass(frozen=True, slots=True)
class Tape:
    """A file of samples, as `decode` writes them."""

    path: Path
    samples: int

    def read(self, first: int, count: int) -> Samples:
        """Samples `first` to `first + count`, silent where there are none. Nothing of the file stays in memory."""
        import numpy as np

        found = np.zeros((count, CHANNELS), np.float32)
        start, stop = max(0, first), min(self.samples, first + count)
        if start < stop:
            with files.reading(self.path), self.path.open("rb") as file:
                file.seek(start * WIDTH)
                data = np.frombuffer(file.read((stop - start) * WIDTH), np.float32).reshape(-1, CHANNELS)
            found[start - first : start - first + len(data)] = data
            if not (np.abs(data) <= LOUDEST).all():  # a file of floats may say anything, and not a number too
                np.clip(np.nan_to_num(found), -LOUDEST, LOUDEST, out=found)
        return found


def open_tape(path: Path) -> Tape:
    """The tape of a file of samples."""
    with files.reading(path):
        return Tape(path, path.stat().st_size // WIDTH)


def raw_input(path: Path) -> tuple[str, ...]:
    """Arguments that have ffmpeg read a file of samples."""
    return ("-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", str(CHANNELS), "-i", str(path))


def decode(path: Path, digest: str, cache: Cache) -> Path:
    """A sound as 48 kHz stereo samples, kept in the cache: 32-bit floats, channels interleaved.

    Of more channels the centre and the surrounds go into both sides 3 dB down, and what is only for a subwoofer is
    left out (ITU-R BS.775); a single one sounds from both sides as loud as it is.
    """
    key = key_of("sound-3", digest)
    if not cache.find("sounds", key, ".f32"):
        with cache.making("sounds", key, ".f32") as temp:
            kind = sound_demuxer(path)
            channels, begin = _measure(path, kind)
            # Time counts from the clip's first picture: its sound may begin behind or before that.
            clock = () if begin is None else ("-copyts",)
            resample = f"aresample={SAMPLE_RATE}:resampler=swr:async=1:first_pts={samples(begin or Fraction(0))}"
            ffmpeg.run(
                *ffmpeg.scalar_audio(), *ffmpeg.QUIET, *(ffmpeg.UNGUESSED if kind == "mov" else ()),
                *ffmpeg.reading(path, kind), "-map", "0:a:0", "-vn",
                *clock, "-af", f"{resample},atrim=duration={LONGEST},{DOUBLED if channels == 1 else STEREO}",
                "-f", "f32le", str(temp),
            )  # fmt: skip
            if files.sha256(path) != digest:
                raise files.changed(path)
    return cache.path("sounds", key, ".f32")


def _measure(path: Path, kind: str) -> tuple[int, Fraction | None]:
    """How many channels a sound has, and the time of the first picture by the file's own clock; None without any."""
    from av.stream import Disposition

    with media.opened(path, kind, "sound") as container:
        channels = container.streams.audio[0].channels
        pictures = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
        packets = container.demux(pictures[0]) if pictures else iter(())
        shown = (one for one in packets if one.pts is not None and not one.is_discard)
        times = [(one.pts or 0) * one.time_base for one in islice(shown, REORDERED)]
        return channels, min(times, default=None)


def stretch(path: Path, digest: str, tempo: Fraction, cache: Cache) -> Path:
    """Decoded samples at another tempo, their pitch kept; kept in the cache."""
    key = key_of("stretched-2", digest, str(tempo))
    if not cache.find("sounds", key, ".f32"):
        with cache.making("sounds", key, ".f32") as temp:
            steps = ",".join(_at_tempo(step) for step in _steps(tempo))
            ffmpeg.run(
                *ffmpeg.scalar_audio(), *ffmpeg.QUIET, *raw_input(path), "-af", steps, "-f", "f32le", str(temp)
            )  # fmt: skip
    return cache.path("sounds", key, ".f32")


def _at_tempo(tempo: Fraction) -> str:
    """The filter of one factor. Sounds that it slows down come too early by so much of half its window."""
    late = max(0, samples(WINDOW / 2 * (1 - tempo) / tempo))
    return f"atempo={float(tempo):.12f},adelay=delays={late}S:all=1"


def _steps(tempo: Fraction) -> list[Fraction]:
    """A tempo as factors that `atempo` does well: below a half it cannot, above two it leaves sounds out."""
    steps = []
    while not Fraction(1, 2) <= tempo <= 2:
        steps.append(Fraction(2) if tempo > 2 else Fraction(1, 2))
        tempo /= steps[-1]
    return [*steps, tempo]
