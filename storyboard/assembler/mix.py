"""The film's cues to one file of sound, sample-exact: decoded by ffmpeg, summed and mastered here, encoded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from storyboard.assembler import ffmpeg
from storyboard.assembler.busses import Voice, sum_busses, voice_of
from storyboard.assembler.mastering import CEILING_DB, Mix, master, measure, peaks_of
from storyboard.assembler.sound import BUSSES, Cue
from storyboard.assembler.tape import decode_all, open_tape, raw_input, stretch
from storyboard.store.cache import Cache

# At this rate the fast coder is better than the default one, and takes 0.4 of its time (measured).
AAC = ("-c:a", "aac", "-aac_coder", "fast", "-cutoff", "20000", "-b:a", "192k")
PCM = ("-c:a", "pcm_s24le")
MARGINS_DB = {"mp4": 0.8, "mov": 0.2}
"""By how much a decoder's true peak is mostly above that of the samples that were encoded."""
TRIES = 4


@dataclass(frozen=True, slots=True)
class Mixdown:
    """What a mix is to be."""

    samples: int
    loudness: float | None
    """LUFS; None to leave it as it is."""
    container: str = "mp4"
    """Of the film: `mp4` for AAC, `mov` for PCM of 24 bits."""

    @property
    def suffix(self) -> str:
        """What the name of its file ends with."""
        return ".mov" if self.container == "mov" else ".m4a"


def mix_film(
    cues: tuple[Cue, ...], wanted: Mixdown, sources: Mapping[str, Path], cache: Cache, target: Path
) -> None:  # fmt: skip
    """Write the mix to `target`: silence where nothing sounds. `sources` has the file of each cue's digest."""
    voices = voices_of(cues, sources, cache)
    raw, mastered = target.with_suffix(".f32"), target.with_suffix(".mastered.f32")
    try:
        mix = _write(voices, wanted.samples, raw)
        ceiling = CEILING_DB - MARGINS_DB[wanted.container]
        for _ in range(TRIES):
            heard, near = master(mix, wanted.loudness, ceiling, mastered)
            _encode(heard, wanted.container, target)
            # A decoder's peaks are not quite those that were encoded, so what came near the ceiling is heard again.
            over = measure("-f", "mov", "-i", str(target), peak=True)[1] - CEILING_DB if near else 0.0
            if over <= 0.0:
                break
            ceiling -= over + 0.1
    finally:
        raw.unlink(missing_ok=True)
        mastered.unlink(missing_ok=True)


def voices_of(cues: tuple[Cue, ...], sources: Mapping[str, Path], cache: Cache) -> tuple[Voice, ...]:
    """Every cue with its sound, decoded. `sources` has the file of each cue's digest."""
    tapes = {(cue.digest, cue.tempo): Path() for cue in cues}
    decoded = decode_all({cue.digest: sources[cue.digest] for cue in cues}, cache)
    for digest, tempo in tapes:
        path = decoded[digest]
        tapes[digest, tempo] = path if tempo == 1 else stretch(path, digest, tempo, cache)
    return tuple(voice_of(cue, open_tape(tapes[cue.digest, cue.tempo])) for cue in cues)


def _encode(samples: Path, container: str, target: Path) -> None:
    ffmpeg.run(
        *ffmpeg.scalar_audio(), *ffmpeg.QUIET, *raw_input(samples), *(PCM if container == "mov" else AAC), "-bitexact",
        "-map_metadata", "-1", "-f", container, str(target),
    )  # fmt: skip


def _write(voices: tuple[Voice, ...], total: int, target: Path) -> Mix:
    """The mix as samples on disk."""
    import numpy as np

    peaks = [np.zeros(0, np.float32)]
    with target.open("wb") as file:
        for busses in sum_busses(voices, total):
            block = sum((busses[bus] for bus in BUSSES[1:]), busses[BUSSES[0]])
            peaks.append(peaks_of(block))
            file.write(block.tobytes())
    return Mix(open_tape(target), np.concatenate(peaks))
