"""The mix at the loudness that is asked for, and below the peak that a file may have: EBU R128, and a limiter.

Where the gain would lift single peaks over the ceiling, they are held down for a moment rather than the whole film
being left quieter: a limiter that looks ahead 5 ms, so that nothing is cut off. It sees true peaks, between the samples
too (ITU-R BS.1770-4, annex 2), and reckons with the four operations only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.assembler import ffmpeg
from storyboard.assembler.sound import SAMPLE_RATE, amplitude
from storyboard.assembler.tape import CHANNELS, Tape, raw_input
from storyboard.errors import Refused

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from storyboard.assembler.tape import Samples

BLOCK = SAMPLE_RATE
HOP = SAMPLE_RATE // 1000
"""1 ms: the limiter has one gain for each end of it, and a line between them."""
AHEAD = 5
"""Hops over which the limiter goes down before a peak."""
RELEASE = 1 / 50
"""What share of the way back the limiter goes in a hop."""
CEILING_DB = -1.0
"""The true peak that a film may have."""
MOST_DB = 12.0
"""The most by which peaks are held down: a film of nothing but clicks stays quieter than asked."""
SILENCE_LUFS = -45.0
NEAR_LU = 0.2
NEAR_PEAK = 0.9
PASSES = 4

TAPS = (
    (0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875, 0.1373291015625,
     0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250, 0.0148925781250, -0.0083007812500),
    (-0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500, 0.4650878906250,
     0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625, 0.0330810546875, -0.0189208984375),
)  # fmt: skip
"""The standard's interpolator at two places between samples; at the two others it is the same, reversed."""
REACH = 6
"""Samples that it needs on each side."""
MOST_BETWEEN = 2.1
"""No value between samples is larger than this times the largest sample: the sum of the taps."""


def peaks_of(block: Samples) -> NDArray[np.float32]:
    """The largest sample of each hop of a block."""
    import numpy as np

    whole = np.append(np.abs(block), np.zeros((-len(block) % HOP, CHANNELS), np.float32))
    peaks: NDArray[np.float32] = whole.reshape(-1, HOP * CHANNELS).max(axis=1)
    return peaks


@dataclass(frozen=True, slots=True)
class Level:
    """What all samples of a mix are multiplied with, and so what each of its stems is."""

    gain: float
    gains: NDArray[np.float32] | None
    """The limiter's on top of it, for each hop."""


def master(mix: Mix, loudness: float | None, ceiling_db: float, target: Path) -> tuple[Path, bool]:
    """The file whose samples are to be encoded (the mix's own, or `target`, where it is written at its loudness and
    below the ceiling), and whether its peaks come near the ceiling."""
    level, near = find_level(mix, loudness, ceiling_db, target)
    return (target if level else mix.tape.path), near


def find_level(mix: Mix, loudness: float | None, ceiling_db: float, target: Path) -> tuple[Level | None, bool]:
    """What brings a mix to its loudness and below the ceiling (None where it stays as it is), and whether its peaks
    come near the ceiling. `target` is what it then sounds like."""
    highest = float(mix.peaks.max(initial=0.0))
    if loudness is None:
        # Nobody asked for anything, so only what no file can hold is changed.
        if highest <= 1.0:
            return None, False
        level = Level(1.0, _limit(true_peaks(mix, 1.0), 1.0))
        apply_level(mix.tape, level, target)
        return level, False
    measured = measure(*raw_input(mix.tape.path))[0]
    if measured <= SILENCE_LUFS or not highest:
        return None, False  # room tone made as loud as a film would be a roar
    ceiling, gain = amplitude(ceiling_db), 1.0
    most = ceiling / highest * amplitude(MOST_DB)
    for _ in range(PASSES):
        gain = min(gain * amplitude(round(loudness - measured, 1)), most)
        peaks = true_peaks(mix, ceiling / gain)
        level = Level(gain, _limit(peaks, ceiling / gain))
        apply_level(mix.tape, level, target)
        if level.gains is None or gain == most:
            break
        measured = measure(*raw_input(target))[0]  # what the limiter took away is given back
        if abs(loudness - measured) <= NEAR_LU:
            break
    return level, float(peaks.max()) * gain > ceiling * NEAR_PEAK


@dataclass(frozen=True, slots=True)
class Mix:
    """A mix on disk."""

    tape: Tape
    peaks: NDArray[np.float32]
    """Of each hop."""
    seen: set[int] = field(default_factory=set)
    """The blocks whose peaks between samples are among them."""


def true_peaks(mix: Mix, floor: float) -> NDArray[np.float32]:
    """The peak of each hop, between samples too wherever that might be above `floor`."""
    import numpy as np

    hops = BLOCK // HOP
    for start in range(0, len(mix.peaks), hops):
        part = mix.peaks[start : start + hops]
        if start in mix.seen or part.max() * MOST_BETWEEN <= floor:
            continue
        mix.seen.add(start)
        block = mix.tape.read(start * HOP - REACH, len(part) * HOP + 2 * REACH - 1)
        highest = np.zeros((len(part) * HOP, CHANNELS), np.float32)
        for taps in (*TAPS, *(one[::-1] for one in TAPS)):
            between = np.zeros_like(highest)
            for place, tap in enumerate(taps):
                between += block[place : place + len(between)] * np.float32(tap)
            np.maximum(highest, np.abs(between), out=highest)
        np.maximum(part, peaks_of(highest), out=part)
    return mix.peaks


def _limit(peaks: NDArray[np.float32], ceiling: float) -> NDArray[np.float32] | None:
    """The gain that holds the peak of each hop below the ceiling, and from there goes back to 1 slowly; None where no
    peak is above it."""
    import numpy as np

    if not len(peaks) or peaks.max() <= ceiling:
        return None
    gains = (np.float32(ceiling) / np.maximum(peaks, np.float32(ceiling))).astype(np.float32)
    level = 1.0
    for start in range(0, len(gains), BLOCK):
        part = gains[start : start + BLOCK].tolist()
        for index, gain in enumerate(part):
            level = part[index] = min(gain, level + (1.0 - level) * RELEASE)
        gains[start : start + BLOCK] = part
    return gains


def _ends(gains: NDArray[np.float32], first: int, last: int) -> NDArray[np.float64]:
    """The limiter's gain at both ends of hops `first` to `last`: it goes down evenly before a peak, and is never above
    what the hops on either side ask for."""
    import numpy as np

    near = np.ones(last - first + 2 * AHEAD)
    start, stop = max(0, first - AHEAD), min(len(gains), last + AHEAD)
    near[start - first + AHEAD : stop - first + AHEAD] = gains[start:stop]
    lowest = np.min([near[late : late + last - first + AHEAD] for late in range(AHEAD + 1)], axis=0)
    summed = np.zeros(last - first + 1)
    for late in range(AHEAD):
        summed += lowest[late : late + len(summed)]
    return summed / AHEAD


def apply_level(tape: Tape, level: Level, target: Path) -> None:
    """Write a mix, or one of its stems, at a level."""
    import numpy as np

    gain, gains = level.gain, level.gains

    share = np.arange(HOP) / HOP
    with target.open("wb") as file:
        for start in range(0, tape.samples, BLOCK):
            block = tape.read(start, min(BLOCK, tape.samples - start))
            if gains is None:
                block *= np.float32(gain)
            else:
                ends = _ends(gains, start // HOP, -(-(start + len(block)) // HOP))
                lines = ends[:-1, None] + (ends[1:] - ends[:-1])[:, None] * share
                block *= (lines.reshape(-1)[: len(block), None] * gain).astype(np.float32)
            file.write(block.tobytes())


def measure(*source: str, peak: bool = False) -> tuple[float, float]:
    """The integrated loudness in LUFS of what ffmpeg reads by these arguments, and where asked its true peak in dB."""
    meter = f"ebur128=framelog=quiet{':peak=true' if peak else ''}"
    report = ffmpeg.measure(*ffmpeg.scalar_audio(), *source, "-af", meter, "-f", "null", "-")
    integrated = re.findall(r"I:\s+(-?[\d.]+|-inf) LUFS", report)
    peaks = re.findall(r"Peak:\s+(-?[\d.]+|-inf) dBFS", report)
    if not integrated or (peak and not peaks):
        raise Refused("ffmpeg did not say how loud the film is", hint="storyboard doctor")
    return float(integrated[-1]), float(peaks[-1]) if peaks else 0.0
