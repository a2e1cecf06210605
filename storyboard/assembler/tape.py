"""A sound as samples on disk: decoded once by ffmpeg, at its own tempo or another, and read in pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.assembler import ffmpeg, media
from storyboard.assembler.hearing import sound_demuxer
from storyboard.assembler.sound import SAMPLE_RATE, samples
from storyboard.errors import Refused
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
TOGETHER = 16
"""Sounds that one ffmpeg decodes: most are short, and its start takes as long as one of them."""
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
    return decode_all({digest: path}, cache)[digest]


def decode_all(sources: Mapping[str, Path], cache: Cache) -> dict[str, Path]:
    """Sounds as `decode` gives them, by their digests: those that are not there yet are decoded side by side."""
    targets = {digest: ("sounds", key_of("sound-3", digest), ".f32") for digest in sources}
    lacking = {digest: path for digest, path in sources.items() if not cache.find(*targets[digest])}
    sounds = [_sound_of(path, digest) for digest, path in lacking.items()]
    for clocked in (True, False):
        some = [sound for sound in sounds if (sound.begin is not None) == clocked]
        for part in (some[at : at + TOGETHER] for at in range(0, len(some), TOGETHER)):
            try:
                _decode(part, targets, cache)
            except Refused:
                if len(part) == 1:
                    raise
                for one in part:  # one of them is to blame, and the error is to be about that
                    _decode([one], targets, cache)
    return {digest: cache.path(*target) for digest, target in targets.items()}


@dataclass(frozen=True, slots=True)
class _Sound:
    """A file that has a sound."""

    path: Path
    digest: str
    kind: str
    channels: int
    begin: Fraction | None
    """The time of its first picture by its own clock: its sound may begin behind or before that. None without any."""

    @property
    def filters(self) -> str:
        """What makes samples of ours of it."""
        resample = f"aresample={SAMPLE_RATE}:resampler=swr:async=1:first_pts={samples(self.begin or Fraction(0))}"
        return f"{resample},atrim=duration={LONGEST},{DOUBLED if self.channels == 1 else STEREO}"


def _decode(sounds: Sequence[_Sound], targets: Mapping[str, tuple[str, str, str]], cache: Cache) -> None:
    """Decode sounds by one ffmpeg; either all of them are counted from a picture, or none is."""
    inputs: list[str] = []
    outputs: list[str] = []
    with ExitStack() as making:
        for number, sound in enumerate(sounds):
            temp = making.enter_context(cache.making(*targets[sound.digest]))
            inputs += (*(ffmpeg.UNGUESSED if sound.kind == "mov" else ()), *ffmpeg.reading(sound.path, sound.kind))
            outputs += ("-map", f"{number}:a:0", "-vn", "-af", sound.filters, "-f", "f32le", str(temp))
        clock = () if sounds[0].begin is None else ("-copyts",)
        ffmpeg.run(*ffmpeg.scalar_audio(), *ffmpeg.QUIET, *inputs, *clock, *outputs)
        for sound in sounds:
            if files.sha256(sound.path) != sound.digest:
                raise files.changed(sound.path)


def _sound_of(path: Path, digest: str) -> _Sound:
    from av.stream import Disposition

    kind = sound_demuxer(path)
    with media.opened(path, kind, "sound") as container:
        channels = container.streams.audio[0].channels
        pictures = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
        packets = container.demux(pictures[0]) if pictures else iter(())
        shown = (one for one in packets if one.pts is not None and not one.is_discard)
        times = [(one.pts or 0) * one.time_base for one in islice(shown, REORDERED)]
        return _Sound(path, digest, kind, channels, min(times, default=None))


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
