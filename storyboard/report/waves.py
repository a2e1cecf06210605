"""The sound of a film as it is mixed, drawn small: how loud each bus is over time, and how far it gives way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.assembler.busses import BLOCK, Voice, speech_of, sum_busses
from storyboard.assembler.ducking import yielding
from storyboard.assembler.mix import voices_of
from storyboard.assembler.sound import BUSSES, Cue, cue_film, samples
from storyboard.errors import StoryboardError
from storyboard.report.survey import Survey
from storyboard.store.cache import key_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RECIPE = "waves-1"
"""The version of how sound is measured for a drawing."""
BINS = 800
"""How many levels a film's sound is drawn with."""
FULL = 1000
MIX = "mix"


@dataclass(frozen=True, slots=True)
class Lane:
    """One bus over the whole film, or all of them together."""

    name: str
    """A bus, or `mix`."""
    levels: tuple[int, ...]
    """The greatest amplitude in each equal part of the film, in thousandths of the loudest of the mix."""
    down: tuple[int, ...] = ()
    """How far it gives way to dialogue in each part, in thousandths; empty where it does not."""
    duck_db: float = 0.0
    """By how many decibels, at the most."""


def waves_of(survey: Survey) -> tuple[Lane, ...]:
    """The mix, and each bus that is heard; nothing for a film without a sound. A second look is the cache's.

    `loudness` is met later, when the film is mastered.
    """
    production, timeline = survey.production, survey.timeline
    every = cue_film(survey.storyboard, timeline, survey.job.sounds)
    sources = dict(_sources(survey, {cue.digest for cue in every}))
    cues, total = tuple(cue for cue in every if cue.digest in sources), samples(timeline.seconds)
    if not cues:
        return ()
    key = key_of(RECIPE, [repr(cue) for cue in cues], total)
    known = production.cache.recall("waves", key)
    if known is None:
        known = _measure(voices_of(cues, sources, production.cache), total)
        production.cache.remember("waves", key, known)
    return tuple(_lanes(known, cues))


def _sources(survey: Survey, digests: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """The files that sound; a clip that is still to come, or damaged, is silent."""
    for digest in sorted(digests):
        with suppress(StoryboardError):
            yield from [(digest, survey.locate(digest))] if digest else []


def _measure(voices: tuple[Voice, ...], total: int) -> dict[str, Any]:
    """The levels of every bus, and how far what ducks is down."""
    import numpy as np

    found = {name: np.zeros(BINS) for name in (MIX, *BUSSES)}
    down, speech, start = np.zeros(BINS), speech_of(voices), 0
    for busses in sum_busses(voices, total):
        stop = min(start + BLOCK, total)
        bins = np.arange(start, stop) * BINS // total
        mix = sum((busses[bus] for bus in BUSSES[1:]), busses[BUSSES[0]])
        for name, block in ((MIX, mix), *busses.items()):
            if block.any():
                _keep_greatest(found[name], bins, np.abs(block).max(axis=1))
        if speech:
            _keep_greatest(down, bins, yielding(speech, start, stop))
        start = stop
    loudest = max(float(found[MIX].max()), 1e-9)
    shares = {name: np.minimum(np.rint(levels / loudest * FULL), 4 * FULL) for name, levels in found.items()}
    return {
        "levels": {name: [int(one) for one in levels] for name, levels in shares.items() if levels.any()},
        "down": [round(float(one) * FULL) for one in down] if speech else [],
    }


def _keep_greatest(levels: NDArray[np.float64], bins: NDArray[np.int64], values: NDArray[Any]) -> None:
    import numpy as np

    first = np.flatnonzero(np.diff(bins, prepend=-1))
    np.maximum.at(levels, bins[first], np.maximum.reduceat(values, first))


def _lanes(known: Any, cues: tuple[Cue, ...]) -> list[Lane]:
    lanes = []
    for name in (MIX, *BUSSES):
        if levels := known["levels"].get(name):
            ducked = min((cue.duck_db for cue in cues if cue.bus == name), default=0.0)
            down = tuple(known["down"]) if ducked else ()
            lanes.append(Lane(name, tuple(levels), down, ducked if any(down) else 0.0))
    return lanes
