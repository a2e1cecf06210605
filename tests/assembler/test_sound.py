"""What is heard, and when: where each cue begins and ends on the film's samples."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from storyboard.assembler.sound import Cue, Ramp, amplitude, cue_film, samples
from storyboard.assembler.timeline import Source, build_timeline
from storyboard.examine import source_of
from storyboard.planner.take import Facts
from tests.media import load_text, small

LOUD = Facts(120, Fraction(24), 1280, 720, audio=True)
EDGE = (Ramp(240),)


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
    assert cue == Cue("a", 0, 48_000, 24_000, -6.0, EDGE, EDGE, bus="clips")


def test_sounds_cross_over_where_pictures_do() -> None:
    one, two = cues(
        f"{small()}shots: [{{id: a, footage: x.mp4, transition: {{type: wipeup, duration: 12f}}}},"
        " {id: b, footage: y.mp4, in: 2s}]"
    )
    assert (one.start, one.samples, one.falls) == (0, 240_000, (Ramp(24_000, "power"),))
    assert (two.start, two.offset, two.rises) == (216_000, 96_000, (Ramp(24_000, "power"),))
    assert one.start + one.samples - two.start == 24_000


def test_no_sample_is_lost_between_cuts_at_an_odd_rate() -> None:
    shots = "\n".join(f"- {{id: s{at}, footage: c.mp4, length: 1.{at % 7}s}}" for at in range(90))
    found = cues(f"{small('23.976')}shots:\n{shots}")
    for one, two in pairwise(found):
        assert one.start + one.samples == two.start


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


def test_a_shot_says_more_than_the_mix() -> None:
    shots = "\n".join(
        f"- {{id: {name}, footage: x.mp4{sound}}}"
        for name, sound in (("a", ""), ("b", ", sound: keep"), ("c", ", sound: duck"), ("d", ", sound: mute"))
    )
    text = f"{small()}shots:\n{shots}\n"
    wanted: dict[str, dict[str, float]] = {
        "keep": {"a": 0, "b": 0, "c": -12},
        "duck": {"a": -12, "b": 0, "c": -12},
        "mute": {"b": 0, "c": -12},
    }
    for clips, heard in wanted.items():
        said = "tracks: [{file: v.wav, role: dialogue}]"
        found = cues(f"{text}sound: {{clips: {clips}, {said}}}\n")
        assert {cue.digest: cue.duck_db for cue in found if cue.bus == "clips"} == heard


def test_tracks_and_music() -> None:
    text = f"""{small()}
shots:
- {{id: a, footage: x.mp4, transition: {{type: dissolve, duration: 12f}}}}
- {{id: b, footage: y.mp4}}
sound:
  clips: mute
  tracks:
  - {{file: v.wav, role: dialogue, at: {{shot: b, offset: 12f}}}}
  - {{file: c.wav, at: 2.5s, level: -3dB, in: 1s, out: 36f}}
  music: {{file: m.wav, level: -12dB, fade_in: 1s, fade_out: 2s}}
"""
    voice, click, music = cues(text)
    assert voice == Cue("voice", 240_000, 0, 216_000, 0.0, (), EDGE, bus="dialogue")
    assert click == Cue("click", 120_000, 48_000, 336_000, -3.0, EDGE, EDGE, out=72_000)
    assert music == Cue("music", 0, 0, 456_000, -12.0, (Ramp(48_000),), (Ramp(96_000),), bus="music")


def test_what_begins_with_its_first_sample_is_not_softened() -> None:
    text = f"""{small()}
shots: [{{id: a, footage: x.mp4, sound: mute}}]
sound:
  tracks:
  - {{file: c.wav, at: 1s}}
  - {{file: c.wav, at: 1s, in: 0.5s}}
  - {{file: c.wav, at: 1s, fade_in: 0.25s, fade_out: 0.5s}}
"""
    whole, cut, faded = cues(text)
    assert (whole.rises, cut.rises, faded.rises) == ((), EDGE, (Ramp(12_000),))
    assert (whole.falls, cut.falls, faded.falls) == (EDGE, EDGE, (Ramp(24_000),))


def test_a_track_ends_with_the_film_and_none_begins_behind_it() -> None:
    text = f"""{small()}
shots: [{{id: a, footage: x.mp4, length: 2s, sound: mute}}]
sound: {{tracks: [{{file: c.wav, at: 47f}}, {{file: v.wav, at: 48f}}]}}
"""
    (cue,) = cues(text)
    assert (cue.digest, cue.start, cue.samples) == ("click", 94_000, 2000)


def test_music_loops_and_gives_way() -> None:
    text = f"""{small()}
shots: [{{id: a, footage: x.mp4, sound: mute}}]
sound:
  tracks: [{{file: v.wav, role: dialogue}}]
  music: {{file: m.wav, in: 1s, out: 1.5s, loop: true, duck: -9dB}}
"""
    _, music = cues(text)
    assert (music.offset, music.out, music.loop, music.samples) == (48_000, 72_000, True, 240_000)
    assert music.duck_db == -9
    assert cues(text.replace("-9dB", "true"))[1].duck_db == -12
    assert cues(text.replace(", duck: -9dB", ""))[1].duck_db == 0


@pytest.mark.parametrize(
    ("speed", "tempo", "frames"), [("2", Fraction(2), 24), ("0.5", Fraction(1, 2), 96), ("1.25", Fraction(5, 4), 38)]
)
def test_speed_is_a_tempo(speed: str, tempo: Fraction, frames: int) -> None:
    (cue,) = cues(f"{small()}shots: [{{id: a, footage: x.mp4, in: 1s, out: 3s, speed: {speed}}}]")
    assert (cue.tempo, cue.backwards) == (tempo, False)
    assert (cue.offset, cue.samples) == (round(48_000 / tempo), frames * 2000)


def test_footage_of_another_rate_keeps_its_time_or_its_frames() -> None:
    """25 frames per second in a film of 24: repeated as time asks, or one by one and so a little slower."""
    text, pal = f"{small()}shots: [{{id: a, footage: x.mp4}}]", Facts(125, Fraction(25), 1280, 720, audio=True)
    (kept,) = cues(text, a=pal)
    (slower,) = cues(text.replace("fps: ", "conform: speed, fps: "), a=pal)
    assert (kept.tempo, kept.samples) == (Fraction(1), 240_000)
    assert (slower.tempo, slower.samples) == (Fraction(24, 25), 250_000)


def test_backwards_begins_behind_the_last_frame() -> None:
    (cue,) = cues(f"{small()}shots: [{{id: a, footage: x.mp4, in: 1s, out: 3s, reverse: true, speed: 2}}]")
    assert (cue.backwards, cue.tempo, cue.offset, cue.samples) == (True, Fraction(2), 72_000, 48_000)


def test_a_frozen_picture_is_silent_and_fades_go_over_the_whole_clip() -> None:
    text = f"""{small()}
shots:
- {{id: a, footage: x.mp4, length: 2s, transition: {{type: dissolve, duration: 1s}}}}
- {{id: b, footage: y.mp4, freeze: {{at: 12f, for: 6f}}}}
"""
    _, before, after = cues(text)
    assert (before.start, before.offset, before.samples) == (48_000, 0, 24_000)
    assert (after.start, after.offset, after.samples) == (48_000 + 36_000, 24_000, 216_000)
    assert (before.rises, before.falls) == ((Ramp(48_000, "power"),), EDGE)
    assert (after.rises, after.falls) == ((*EDGE, Ramp(48_000, "power", outside=36_000)), EDGE)


def test_decibels_are_exact() -> None:
    assert amplitude(0.0) == 1
    assert amplitude(20.0) == 10
    assert amplitude(-12.0) == pytest.approx(10 ** (-12 / 20), rel=1e-15)
