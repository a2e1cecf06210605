"""The mix, as an author writes it: whose sound is heard, and what gives way to whom."""

from __future__ import annotations

import pytest

from storyboard.spec.model import Shot
from storyboard.timing import parse_duration
from tests.spec.reading import CARD, codes, film

VOICE = "\n  tracks: [{file: v.wav, role: dialogue}]"


def shot(sound: str) -> Shot:
    """A shot with this sound of its own, in a film with a voice."""
    return film(f"shots: [{{id: a, footage: a.mp4, sound: {sound}}}]\nsound:{VOICE}").shots[0]


@pytest.mark.parametrize(
    ("sound", "mute", "duck", "keep", "gain"),
    [("mute", True, False, False, 0), ("duck", False, True, False, 0), ("keep", False, False, True, 0),
     ("{level: -6dB}", False, False, False, -6), ("{level: +3dB, duck: true}", False, True, False, 3),
     ("{mute: true}", True, False, False, 0)],
)  # fmt: skip
def test_a_shots_own_sound(sound: str, mute: bool, duck: bool, keep: bool, gain: float) -> None:
    one = shot(sound)
    assert (one.mute, one.duck, one.keep, one.gain_db) == (mute, duck, keep, gain)


def test_a_narration_is_a_track_of_dialogue() -> None:
    tracks = film("""
defaults: {narration: "voice/{{ shot.id }}.wav"}
shots: [{id: a, card: {text: A}}, {id: b, card: {text: B}, narration: b.wav}]
sound: {tracks: [{file: click.wav}]}
""").mix.tracks
    assert [(one.file, one.role, one.shot, one.at.text) for one in tracks] == [
        ("click.wav", "effects", "", "0s"),
        ("voice/a.wav", "dialogue", "a", "0s"),
        ("b.wav", "dialogue", "b", "0s"),
    ]
    assert [one.where.line for one in tracks] == [5, 3, 4]


def test_a_part_of_a_track() -> None:
    (track,) = film(
        f"sound: {{tracks: [{{file: v.wav, at: {{shot: a}}, in: 1s, out: 3s, fade_in: 0.2s, fade_out: 1.8s}}]}}\n{CARD}"
    ).mix.tracks
    times = [parse_duration(text) for text in ("1s", "3s", "0.2s", "1.8s")]
    assert [track.start, track.end, track.fade_in, track.fade_out] == times


@pytest.mark.parametrize(("written", "decibels"), [("true", -12), ("-6dB", -6), ("false", None), ("-0.5dB", -0.5)])
def test_how_music_gives_way(written: str, decibels: float | None) -> None:
    music = film(f"sound:{VOICE}\n  music: {{file: m.wav, duck: {written}}}\n{CARD}").mix.music
    assert music
    assert music.duck_db == decibels


def test_a_loop() -> None:
    text = "{file: m.wav, in: 4s, out: 20s, loop: true, fade_in: 10s, fade_out: 20s}"
    music = film(f"sound: {{music: {text}}}\n{CARD}").mix.music
    assert music
    assert music.loop
    assert (music.start, music.end) == (parse_duration("4s"), parse_duration("20s"))
    assert codes(f"sound: {{music: {text.replace('true', 'false')}}}\n{CARD}") == [(2, "cut")]


@pytest.mark.parametrize(
    "voice", ["sound: {clips: duck, tracks: [{file: v.wav, role: dialogue}]}", "sound: {clips: duck}"]
)
@pytest.mark.parametrize("narration", ["", ", narration: v.wav"])
def test_there_must_be_something_to_give_way_to(voice: str, narration: str) -> None:
    found = codes(f"shots: [{{id: a, footage: a.mp4{narration}}}]\n{voice}")
    assert found == ([] if narration or "dialogue" in voice else [(3, "no-dialogue")])


def test_a_default_that_ducks_is_told_once() -> None:
    text = "defaults: {sound: duck}\nshots: [{id: a, footage: a.mp4}, {id: b, footage: b.mp4}, {id: c, footage: c.mp4}]"
    assert codes(text) == [(2, "no-dialogue")]
