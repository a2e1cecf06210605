"""The sound of an animatic: the quiet of a room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLE_RATE = 48_000
_PEAK = 0.012  # of full scale, about -38 dBFS
_FADE = SAMPLE_RATE // 20


def record_room(seconds: int) -> NDArray[np.int16]:
    """Samples by two channels of soft low noise: whole numbers throughout, so it is the same on every machine."""
    count = seconds * SAMPLE_RATE
    channels = np.stack([_rumble(count, number) for number in (1, 2)], axis=1)
    both = channels + channels[:, ::-1] // 2  # a little of each in the other: one room, not two
    loud = max(1, int(np.abs(both).max()))
    peak = int(32767 * _PEAK)
    ramp = np.minimum(np.minimum(np.arange(count), np.arange(count)[::-1]), _FADE)[:, None]
    return (both * peak // loud * ramp // _FADE).astype(np.int16)


def _rumble(count: int, number: int) -> NDArray[np.int64]:
    raw = np.random.PCG64(number).random_raw((count + 1023) // 4 + 1).view(np.int16)
    sound = raw.astype(np.int64)
    for length in (96, 48, 24):  # three running means: a gentle roll-off above a few hundred hertz
        total = np.cumsum(sound)
        sound = (total[length:] - total[:-length]) // length * 4
    return sound[:count]
