"""What is heard and when: every source as a cue on the film's sample grid. Pure.

One mix for the whole film, never cut at the joins of segments. A clip's sound crosses over into the next with equal
power where the picture dissolves, and has a fade of 5 ms where it is cut, so that no edit clicks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from storyboard.assembler.timeline import Timeline
from storyboard.spec.model import Mix, Shot, Storyboard
from storyboard.timing import Duration, to_frame

SAMPLE_RATE = 48_000
CUT_FADE = Fraction(5, 1000)

Curve = Literal["linear", "power"]


@dataclass(frozen=True, slots=True)
class Ramp:
    """A fade at one end of a cue: `linear`, or `power` for two that cross at equal loudness."""

    samples: int
    curve: Curve = "linear"


@dataclass(frozen=True, slots=True)
class Cue:
    """A stretch of one sound in the mix. All counts are samples at 48 kHz."""

    digest: str
    start: int
    """In the film."""
    offset: int
    """In the sound."""
    samples: int | None
    """None for as long as the sound lasts."""
    gain_db: float
    fade_in: Ramp = Ramp(0)
    fade_out: Ramp = Ramp(0)


def cue_film(storyboard: Storyboard, timeline: Timeline, digests: Mapping[str, str]) -> tuple[Cue, ...]:
    """Every cue of a film. `digests` has the digest of each sound file of the mix."""
    mix, total = storyboard.mix, samples(timeline.seconds)
    cues = _clips(timeline) if mix.clips != "mute" else []
    starts = {clip.shot.id: clip.begin for clip in timeline.clips}
    for track in mix.tracks:
        at = starts.get(track.shot, Fraction(0)) + track.at.seconds(storyboard.rate)
        ramp = Ramp(samples(CUT_FADE))
        cues.append(Cue(digests[track.file], samples(at), 0, None, track.gain_db, ramp, ramp))
    cues += _music(mix, storyboard, total, digests)
    return tuple(cues)


def samples(seconds: Fraction) -> int:
    """The sample nearest to an exact time."""
    return to_frame(seconds, Fraction(SAMPLE_RATE))


def _clips(timeline: Timeline) -> list[Cue]:
    cues = []
    for index, clip in enumerate(timeline.clips):
        if not clip.facts.audio or not _heard(clip.shot):
            continue
        before = timeline.joins[index - 1].frames if index else 0
        after = timeline.joins[index].frames if index < len(timeline.joins) else 0
        begin, end = clip.start / timeline.rate, (clip.start + clip.frames) / timeline.rate
        cues.append(
            Cue(
                clip.digest,
                samples(begin),
                samples(clip.inpoint / clip.facts.rate),
                samples(end) - samples(begin),
                clip.shot.gain_db,
                _ramp(before, timeline),
                _ramp(after, timeline),
            )
        )
    return cues


def _heard(shot: Shot) -> bool:
    return not shot.mute and shot.card is None


def _ramp(overlap: int, timeline: Timeline) -> Ramp:
    if overlap:
        return Ramp(samples(overlap / timeline.rate), "power")
    return Ramp(samples(CUT_FADE))


def _music(mix: Mix, storyboard: Storyboard, total: int, digests: Mapping[str, str]) -> list[Cue]:
    if mix.music is None:
        return []

    def ramp(duration: Duration | None) -> Ramp:
        return Ramp(samples(duration.seconds(storyboard.rate) if duration else CUT_FADE))

    music = mix.music
    return [Cue(digests[music.file], 0, 0, total, music.gain_db, ramp(music.fade_in), ramp(music.fade_out))]
