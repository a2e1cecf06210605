"""What is heard and when: every source as a cue on the film's sample grid. Pure.

One mix for the whole film, never cut at the joins of segments. A clip's sound crosses over into the next with equal
power where the picture dissolves, and has a fade of 5 ms where it is cut, so that no edit clicks. A track that begins
with its file's first sample has none there: a fade would soften what the sound begins with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import Literal

from storyboard.assembler.cutting import Span
from storyboard.assembler.timeline import Clip, Timeline
from storyboard.spec.model import Mix, Music, Shot, Storyboard, Track
from storyboard.timing import Duration, Rate, to_frame

SAMPLE_RATE = 48_000
CUT_FADE = Fraction(5, 1000)
DUCK_DB = -12.0
"""By how much clips give way to dialogue."""

Bus = Literal["dialogue", "effects", "music", "clips"]
BUSSES: tuple[Bus, ...] = ("dialogue", "effects", "music", "clips")
"""The order in which they are summed: it decides the last bit of a sample."""

Curve = Literal["linear", "power"]


@dataclass(frozen=True, slots=True)
class Ramp:
    """A fade at one end of a cue: `linear`, or `power` for two that cross at equal loudness."""

    samples: int
    curve: Curve = "linear"
    outside: int = 0
    """How many of its samples, from the silent end on, lie outside of the cue: it is part of a longer fade."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A stretch of one sound in the mix. All counts are samples at 48 kHz."""

    digest: str
    start: int
    """In the film."""
    offset: int
    """In the sound, at the cue's tempo; where it runs backwards, the sample behind the first that is heard."""
    samples: int
    """At the most: the sound may end before."""
    gain_db: float
    rises: tuple[Ramp, ...] = ()
    falls: tuple[Ramp, ...] = ()
    bus: Bus = "effects"
    out: int | None = None
    """Where in the sound it ends; None for where the sound itself does."""
    loop: bool = False
    """Whether it begins again at `offset` where it has come to `out`."""
    duck_db: float = 0.0
    """By how much it gives way to dialogue."""
    tempo: Fraction = Fraction(1)
    """Seconds of the sound for a second of the film, its pitch kept."""
    backwards: bool = False


CUT = (Ramp(to_frame(CUT_FADE, Fraction(SAMPLE_RATE))),)


def cue_film(storyboard: Storyboard, timeline: Timeline, digests: Mapping[str, str]) -> tuple[Cue, ...]:
    """Every cue of a film. `digests` has the digest of each sound file of the mix."""
    mix, total = storyboard.mix, samples(timeline.seconds)
    cues = _clips(timeline, mix)
    starts = {clip.shot.id: clip.begin for clip in timeline.clips}
    for track in mix.tracks:
        at = samples(starts.get(track.shot, Fraction(0)) + track.at.seconds(storyboard.rate))
        cue = _cue(track, storyboard.rate, at, total - at, digests)
        cues += [cue] if cue.samples > 0 else []
    if mix.music:
        cues.append(_cue(mix.music, storyboard.rate, 0, total, digests))
    return tuple(cues)


def samples(seconds: Fraction) -> int:
    """The sample nearest to an exact time."""
    return to_frame(seconds, Fraction(SAMPLE_RATE))


def amplitude(decibels: float) -> float:
    """What samples are multiplied with: the same on every machine, which the C library's powers are not."""
    exact = Context(prec=28)
    return float(exact.power(Decimal(10), exact.divide(Decimal(repr(decibels)), Decimal(20))))


def _cue(sound: Track | Music, rate: Rate, start: int, room: int, digests: Mapping[str, str]) -> Cue:
    """A track, or the music: from its in point to its out point, or to the film's end."""

    def at(duration: Duration | None) -> int:
        return samples(duration.seconds(rate)) if duration else 0

    def ramp(fade: Duration | None, otherwise: tuple[Ramp, ...]) -> tuple[Ramp, ...]:
        return (Ramp(at(fade)),) if fade else otherwise

    offset = at(sound.start)
    cue = Cue(
        digests[sound.file],
        start,
        offset,
        room,
        sound.gain_db,
        ramp(sound.fade_in, CUT if offset else ()),
        ramp(sound.fade_out, CUT),
        out=at(sound.end) if sound.end else None,
    )
    if isinstance(sound, Track):
        return replace(cue, bus=sound.role)
    return replace(cue, bus="music", loop=sound.loop, duck_db=sound.duck_db or 0.0)


def _clips(timeline: Timeline, mix: Mix) -> list[Cue]:
    cues: list[Cue] = []
    for index, clip in enumerate(timeline.clips):
        if not clip.facts.audio or not _heard(clip.shot, mix):
            continue
        before = timeline.joins[index - 1].frames if index else 0
        after = timeline.joins[index].frames if index < len(timeline.joins) else 0
        rise, fall = _ramp(before, timeline.rate), _ramp(after, timeline.rate)
        duck = DUCK_DB if clip.shot.duck or (mix.clips == "duck" and not clip.shot.keep) else 0.0
        cues += [_run(clip, span, timeline.rate, (rise, fall), duck) for span in clip.spans if span.step]
    return cues


def _run(clip: Clip, span: Span, rate: Rate, ramps: tuple[Ramp, Ramp], duck: float) -> Cue:
    """One pace of a clip: cut at its ends, while the clip's own fades go over all of it."""
    whole = samples(clip.start / rate), samples((clip.start + clip.frames) / rate)
    first = clip.start + span.start
    start, stop = samples(first / rate), samples((first + span.frames) / rate)
    tempo = abs(span.step) * rate / clip.facts.rate
    place = span.first - span.step if span.step < 0 else span.first
    return Cue(
        clip.digest,
        start,
        samples(place / clip.facts.rate / tempo),
        stop - start,
        clip.shot.gain_db,
        _edge(ramps[0], start - whole[0]),
        _edge(ramps[1], whole[1] - stop),
        bus="clips",
        duck_db=duck,
        tempo=tempo,
        backwards=span.step < 0,
    )


def _edge(ramp: Ramp, distance: int) -> tuple[Ramp, ...]:
    """The fades of a run's end, so many samples away from the clip's own."""
    if not distance:
        return (ramp,)
    return (*CUT, Ramp(ramp.samples, ramp.curve, distance)) if distance < ramp.samples else CUT


def _heard(shot: Shot, mix: Mix) -> bool:
    return not shot.mute and shot.card is None and (mix.clips != "mute" or shot.keep or shot.duck)


def _ramp(overlap: int, rate: Rate) -> Ramp:
    return Ramp(samples(overlap / rate), "power") if overlap else CUT[0]
