"""What is heard, and when: where each cue begins and ends on the film's samples."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from storyboard.assembler.sound import Cue, Ramp, cue_film, samples
from storyboard.assembler.timeline import Source, build_timeline
from storyboard.examine import source_of
from storyboard.planner.take import Facts
from tests.media import load_text, small

LOUD = Facts(120, Fraction(24), 1280, 720, audio=True)
EDGE = Ramp(240)


def cues(text: str, **facts: Facts) -> tuple[Cue, ...]:
    """The cues of a storyboard whose footage is five seconds of picture and sound."""
    storyboard = load_text(text)
    output = storyboard.outputs[0]
    sources: dict[str, Source] = {}
    for shot in storyboard.shots:
        clip = None if shot.card else (facts.get(shot.id, LOUD), shot.id)
        sources[shot.id] = source_of(shot, output, storyboard.rate, clip)
    timeline = build_timeline(storyboard, output, sources)
    return cue_film(storyboard, timeline, {"m.wav": "music", "v.wav": "voice", "c.wav": "click"})


def test_samples_are_rounded_from_exact_seconds() -> None:
    assert samples(Fraction(1001, 24000)) == 2002
    assert samples(Fraction(1, 96000)) == 1
    assert samples(Fraction(0)) == 0


def test_the_sound_of_a_clip_is_cut_with_its_picture() -> None:
    (cue,) = cues(f"{small()}shots: [{{id: a, footage: x.mp4, in: 1s, length: 12f, sound: {{level: -6dB}}}}]")
    assert cue == Cue("a", 0, 48_000, 24_000, -6.0, EDGE, EDGE)


def test_sounds_cross_over_where_pictures_do() -> None:
    one, two = cues(
        f"{small()}shots: [{{id: a, footage: x.mp4, transition: {{type: wipeup, duration: 12f}}}},"
        " {id: b, footage: y.mp4, in: 2s}]"
    )
    assert (one.start, one.samples, one.fade_out) == (0, 240_000, Ramp(24_000, "power"))
    assert (two.start, two.offset, two.fade_in) == (216_000, 96_000, Ramp(24_000, "power"))
    assert one.start + (one.samples or 0) - two.start == 24_000


def test_no_sample_is_lost_between_cuts_at_an_odd_rate() -> None:
    shots = "\n".join(f"- {{id: s{at}, footage: c.mp4, length: 1.{at % 7}s}}" for at in range(90))
    found = cues(f"{small('23.976')}shots:\n{shots}")
    for one, two in pairwise(found):
        assert one.start + (one.samples or 0) == two.start


def test_silent_shots_have_no_cue() -> None:
    mute = Facts(120, Fraction(24), 1, 1, audio=False)
    text = f"""{small()}
shots:
- {{id: a, footage: x.mp4}}
- {{id: b, footage: y.mp4, sound: {{mute: true}}}}
- {{id: c, footage: z.mp4}}
- {{id: d, card: {{text: T}}}}
"""
    assert [cue.digest for cue in cues(text, a=mute)] == ["c"]
    assert cues(f"{text}sound: {{clips: mute}}\n") == ()


def test_tracks_and_music() -> None:
    text = f"""{small()}
shots:
- {{id: a, footage: x.mp4, transition: {{type: dissolve, duration: 12f}}}}
- {{id: b, footage: y.mp4}}
sound:
  clips: mute
  tracks:
  - {{file: v.wav, role: dialogue, at: {{shot: b, offset: 12f}}}}
  - {{file: c.wav, at: 2.5s, level: -3dB}}
  music: {{file: m.wav, level: -12dB, fade_in: 1s, fade_out: 2s}}
"""
    voice, click, music = cues(text)
    assert voice == Cue("voice", 240_000, 0, None, 0.0, EDGE, EDGE)
    assert click == Cue("click", 120_000, 0, None, -3.0, EDGE, EDGE)
    assert music == Cue("music", 0, 0, 456_000, -12.0, Ramp(48_000), Ramp(96_000))
