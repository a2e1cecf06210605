"""The cues added up on the film's sample grid: a sum for each bus, block by block, so that memory does not grow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storyboard.assembler.ducking import Stretches, find_speech, merge, yielding
from storyboard.assembler.sound import BUSSES, CUT_FADE, SAMPLE_RATE, Bus, Cue, Ramp, amplitude, samples
from storyboard.assembler.tape import CHANNELS, Tape
from storyboard.errors import Refused

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from storyboard.assembler.tape import Samples

BLOCK = SAMPLE_RATE
SEAM = samples(CUT_FADE)
"""The samples of a loop's beginning that its end runs over into."""
SHORTEST_LOOP = SAMPLE_RATE // 20


@dataclass(frozen=True, slots=True)
class Voice:
    """A cue with its sound, and what is heard of it."""

    cue: Cue
    tape: Tape
    start: int
    """In the film."""
    offset: int
    """In the tape; where it runs backwards, the sample behind the first."""
    samples: int
    period: int
    """Samples from one beginning of a loop to the next; 0 without a loop."""


def voice_of(cue: Cue, tape: Tape) -> Voice:
    """What is heard of a cue: no more than its sound has."""
    if cue.backwards:
        late = max(0, cue.offset - tape.samples)
        return Voice(cue, tape, cue.start + late, cue.offset - late, min(cue.samples - late, cue.offset - late), 0)
    length = (tape.samples if cue.out is None else min(cue.out, tape.samples)) - cue.offset
    if not cue.loop or length >= cue.samples:
        return Voice(cue, tape, cue.start, cue.offset, min(cue.samples, length), 0)
    if length < SHORTEST_LOOP:
        raise Refused("the music is too short to loop: less than 0.05 s", hint="move its `in` and `out` apart")
    return Voice(cue, tape, cue.start, cue.offset, cue.samples, length)


def sum_busses(voices: tuple[Voice, ...], total: int) -> Iterator[Mapping[Bus, Samples]]:
    """The sum of each bus in blocks of a second, `total` samples in all. The mix is their sum in that order."""
    import numpy as np

    speech = speech_of(voices)
    for start in range(0, total, BLOCK):
        stop = min(start + BLOCK, total)
        block: dict[Bus, Samples] = {bus: np.zeros((stop - start, CHANNELS), np.float32) for bus in BUSSES}
        for voice in voices:
            first, last = max(start, voice.start), min(stop, voice.start + voice.samples)
            if first < last:
                piece = hear(voice, first, last)
                if voice.cue.duck_db:
                    piece *= _give_way(speech, first, last, voice.cue.duck_db)[:, None]
                block[voice.cue.bus][first - start : last - start] += piece
        yield block


def hear(voice: Voice, first: int, last: int) -> Samples:
    """A voice from film sample `first` to `last`, with its level and its fades, before it gives way to any other."""
    import numpy as np

    cue, inner = voice.cue, first - voice.start
    count = last - first
    if cue.backwards:
        piece = voice.tape.read(voice.offset - inner - count, count)[::-1]
    elif voice.period:
        piece = _read_loop(voice, inner, count)
    else:
        piece = voice.tape.read(voice.offset + inner, count)
    level = np.full(count, amplitude(cue.gain_db), np.float32)
    position = np.arange(inner, inner + count, dtype=np.float64)
    for ramp in cue.rises:
        level *= _rise(position, ramp)
    for ramp in cue.falls:
        level *= _rise(voice.samples - 1 - position, ramp)
    return piece * level[:, None]


def _rise(position: NDArray[np.float64], ramp: Ramp) -> Samples:
    """The level of a fade at sample positions counted from its silent end. Square roots are exact on every machine."""
    import numpy as np

    share = np.clip((position + (ramp.outside + 1)) / (ramp.samples + 1), 0.0, 1.0)
    level: Samples = (np.sqrt(share) if ramp.curve == "power" else share).astype(np.float32)
    return level


def _read_loop(voice: Voice, inner: int, count: int) -> Samples:
    import numpy as np

    found = np.empty((count, CHANNELS), np.float32)
    done = 0
    while done < count:
        turn, position = divmod(inner + done, voice.period)
        step = min(count - done, voice.period - position)
        found[done : done + step] = voice.tape.read(voice.offset + position, step)
        if turn and position < SEAM:
            seam = _seam(voice)[position : position + step]
            found[done : done + len(seam)] += seam
        done += step
    return found


def _seam(voice: Voice) -> Samples:
    """What makes a loop's beginning follow from its end, without moving the beat: it is added to the beginning, and
    fades away. Where the sound goes on behind its out point, it is heard going on; else the step between the two is
    spread over the seam, and a loop that fits leaves nothing to spread."""
    import numpy as np

    end = voice.offset + voice.period
    head = voice.tape.read(voice.offset, SEAM)
    if end + SEAM <= voice.tape.samples:
        over = voice.tape.read(end, SEAM) - head
    else:
        before, last = voice.tape.read(end - 2, 2)
        over = (last + (last - before)) - head[0]
    fall = np.arange(SEAM, 0, -1, dtype=np.float32) / np.float32(SEAM + 1)
    spread: Samples = (over * (fall * fall * (3 - 2 * fall))[:, None]).astype(np.float32)
    return spread


def speech_of(voices: tuple[Voice, ...]) -> Stretches:
    """Where dialogue speaks, if anything gives way to it."""
    if not any(voice.cue.duck_db for voice in voices):
        return ()
    found: list[tuple[int, int]] = []
    for voice in voices:
        if voice.cue.bus == "dialogue":
            end = voice.start + voice.samples
            blocks = (hear(voice, at, min(at + BLOCK, end)) for at in range(voice.start, end, BLOCK))
            found += find_speech(voice.start, blocks)
    return merge(found)


def _give_way(speech: Stretches, start: int, stop: int, decibels: float) -> Samples:
    import numpy as np

    return (1.0 - yielding(speech, start, stop) * (1.0 - amplitude(decibels))).astype(np.float32)
