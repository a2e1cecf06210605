"""The mix as stems: each bus as it is heard in the film, so that together they are the mix, sample for sample.

What brings the mix to its loudness is one gain that moves with time, the limiter's; each stem gets the same. They are
32-bit floats, since a stem may be louder by itself than the sum, in Broadcast Wave files that know the film's timecode.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from storyboard.assembler import ffmpeg
from storyboard.assembler.busses import sum_busses
from storyboard.assembler.mastering import CEILING_DB, Level, Mix, apply_level, find_level, peaks_of
from storyboard.assembler.mix import MARGINS_DB, Mixdown, voices_of
from storyboard.assembler.sound import BUSSES, Cue, samples
from storyboard.assembler.tape import open_tape, raw_input
from storyboard.store import files
from storyboard.store.cache import Cache

MIX = "mix"


@dataclass(frozen=True, slots=True)
class Sound:
    """What a film's stems are made from."""

    cues: tuple[Cue, ...]
    sources: Mapping[str, Path]
    """The file of each cue's digest."""
    wanted: Mixdown
    start: Fraction
    """The film's first timecode, in seconds since midnight."""


def busses_of(cues: tuple[Cue, ...]) -> tuple[str, ...]:
    """The busses on which anything is heard, in the order of the mix."""
    return tuple(bus for bus in BUSSES if any(cue.bus == bus for cue in cues))


def write_stems(sound: Sound, cache: Cache, targets: Mapping[str, Path]) -> None:
    """Write each bus in `targets`, and the mix where it is among them."""
    import numpy as np

    with ExitStack() as stack:
        raw = {bus: stack.enter_context(_scratch(path)) for bus, path in targets.items()}
        opened = {bus: stack.enter_context(path.open("wb")) for bus, path in raw.items()}
        peaks = [np.zeros(0, np.float32)]
        for block in sum_busses(voices_of(sound.cues, sound.sources, cache), sound.wanted.samples):
            heard = sum((block[bus] for bus in BUSSES[1:]), block[BUSSES[0]])
            peaks.append(peaks_of(heard))
            for bus, file in opened.items():
                file.write((heard if bus == MIX else {str(key): one for key, one in block.items()}[bus]).tobytes())
        for file in opened.values():
            file.close()
        mix = Mix(open_tape(raw[MIX]), np.concatenate(peaks))
        ceiling = CEILING_DB - MARGINS_DB[sound.wanted.container]
        with _scratch(targets[MIX]) as mastered:
            level, _ = find_level(mix, sound.wanted.loudness, ceiling, mastered)
        for bus, path in targets.items():
            _write(raw[bus], level, path, sound.start)


def _write(raw: Path, level: Level | None, target: Path, start: Fraction) -> None:
    """A file of samples as a Broadcast Wave."""
    with _scratch(target) as loud, files.replacing(target) as temp:
        if level:
            apply_level(open_tape(raw), level, loud)
        ffmpeg.run(
            *ffmpeg.QUIET, *raw_input(loud if level else raw), "-c:a", "pcm_f32le", "-write_bext", "1",
            "-metadata", f"time_reference={samples(start)}", "-metadata", "originator=storyboard",
            "-rf64", "auto", "-bitexact", "-f", "wav", str(temp),
        )  # fmt: skip


@contextmanager
def _scratch(beside: Path) -> Iterator[Path]:
    """A name beside a file for samples under way; nothing is left there."""
    files.make_folder(beside.parent, 0o777)
    path = files.unfinished(beside.parent, beside.name)
    try:
        yield path
    finally:
        files.discard(path)
