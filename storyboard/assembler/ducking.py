"""What gives way to dialogue, and when: a side chain that hears the dialogue itself.

Speech is where a voice is heard and is not far below its own usual level: neither a file's silence nor its room's tone
makes anything give way. The way down ends where the first syllable begins, for a mix can look ahead; pauses between
words are held through, so that nothing pumps. Levels are counted in whole numbers, and gains need only the four
operations: they are the same on every machine, and wherever the blocks are cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from storyboard.assembler.sound import SAMPLE_RATE
from storyboard.assembler.tape import CHANNELS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from storyboard.assembler.tape import Samples

HOP = SAMPLE_RATE // 50
"""20 ms: the stretch whose level is taken."""
ATTACK = SAMPLE_RATE // 5
"""The way down, before speech begins."""
HOLD = SAMPLE_RATE // 2
"""How long after speech nothing comes back: a pause between words."""
RELEASE = SAMPLE_RATE * 4 // 5
"""The way back."""
FULL = 1 << 15
QUIET = HOP * CHANNELS * FULL * FULL // 1_000_000
"""The power of a hop at -60 dB below full scale: less is no speech."""
BELOW = 316
"""25 dB below the power of a voice's vowels begins its room."""

Stretches = tuple[tuple[int, int], ...]
"""From sample to sample (exclusive) of the film, in order."""


def find_speech(start: int, blocks: Iterable[Samples]) -> Stretches:
    """Where a sound that begins at sample `start` speaks. Its blocks are whole hops long, but for the last."""
    powers = [power for block in blocks for power in _powers(block)]
    heard = [power for power in powers if power > QUIET]
    total = sum(heard)
    loud = [power for power in heard if power * len(heard) >= total]  # the room's noise is mostly below the mean
    total = sum(loud)
    found = [index for index, power in enumerate(powers) if power > QUIET and power * BELOW * len(loud) > total]
    return merge([(start + index * HOP, start + (index + 1) * HOP) for index in found])


def _powers(block: Samples) -> list[int]:
    """The sum of squares of each hop, exactly."""
    import numpy as np

    levels = np.rint(np.clip(block, -8, 8) * FULL).astype(np.int64)
    whole = np.append(levels * levels, np.zeros((-len(levels) % HOP, CHANNELS), np.int64))
    return [int(power) for power in whole.reshape(-1, HOP * CHANNELS).sum(axis=1)]


def merge(stretches: Iterable[tuple[int, int]]) -> Stretches:
    """Stretches in order, those made one whose pause is shorter than what is held."""
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(stretches):
        if merged and start <= merged[-1][1] + HOLD:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return tuple(merged)


def yielding(speech: Stretches, start: int, stop: int) -> NDArray[np.float64]:
    """How far what ducks is down at each sample from `start` to `stop`: 0 not at all, 1 all the way."""
    import numpy as np

    down = np.zeros(stop - start)
    for first, last in speech:
        begin, end = first - ATTACK, last + HOLD + RELEASE
        if begin < stop and start < end:
            position = np.arange(start, stop, dtype=np.float64)
            here = np.minimum((position - begin) / ATTACK, (end - position) / RELEASE)
            np.maximum(down, np.clip(here, 0.0, 1.0), out=down)
    return down * down * (3.0 - 2.0 * down)
