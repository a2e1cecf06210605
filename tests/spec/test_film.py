from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from storyboard.spec.model import Fade, Transition
from storyboard.timing import parse_duration
from tests.spec.reading import CARD, codes, film

STILL = "first: a.jpg, prompt: x"


def test_defaults_of_the_film_its_scenes_and_its_shots() -> None:
    storyboard = film(f"""
defaults: {{duration: 10s, mode: std, negative: text, audio: true}}
scenes:
  - id: one
    defaults: {{duration: 8s, mode: pro}}
    shots:
      - {{id: a, {STILL}}}
      - {{id: b, {STILL}, duration: 6s, audio: false}}
  - id: two
    shots: [{{id: c, {STILL}}}]
""")
    a, b, c = (shot.order for shot in storyboard.shots)
    assert a
    assert b
    assert c
    assert [(one.seconds, one.mode, one.audio, one.negative) for one in (a, b, c)] == [
        (Fraction(8), "pro", True, "text"),
        (Fraction(6), "pro", False, "text"),
        (Fraction(10), "std", True, "text"),
    ]


def test_without_outputs_there_is_one() -> None:
    (output,) = film(CARD).outputs
    assert (output.name, output.file, output.width, output.height, output.rate) == (
        "film",
        "build/film.mp4",
        1920,
        1080,
        Fraction(24),
    )
    assert (output.fit, output.captions, output.loudness) == ("cover", "burn", None)


@pytest.mark.parametrize(
    ("aspect", "size"),
    [("16:9", (1920, 1080)), ("9:16", (1080, 1920)), ("1:1", (1080, 1080)), ("4:3", (1440, 1080)),
     ("21:9", (2520, 1080)), ("3:4", (1080, 1440))],
)  # fmt: skip
def test_an_outputs_size_follows_the_shape(aspect: str, size: tuple[int, int]) -> None:
    (output,) = film(f'aspect: "{aspect}"\n{CARD}').outputs
    assert (output.width, output.height) == size


def test_the_shape_is_written_or_that_of_the_first_output() -> None:
    assert film(f'aspect: "21:9"\noutputs: {{film: {{size: 1080x1080}}}}\n{CARD}').aspect == Fraction(7, 3)
    assert film(f"outputs: {{film: {{size: 1080x1350}}}}\n{CARD}").aspect == Fraction(4, 5)
    assert film(CARD).aspect == Fraction(16, 9)


def test_outputs() -> None:
    storyboard = film(f"""
sound: {{loudness: -14}}
outputs:
  film: {{size: 1280x720, fps: 25}}
  tall: {{file: "build/{{{{ title }}}}.mp4", size: 1080x1920, fit: blur, captions: none, loudness: -16}}
title: dawn
{CARD}""")
    wide, tall = storyboard.outputs
    assert (wide.file, wide.rate, wide.loudness) == ("build/film.mp4", Fraction(25), -14)
    assert (tall.file, tall.fit, tall.captions, tall.loudness) == ("build/dawn.mp4", "blur", "none", -16)
    assert storyboard.rate == 25
    assert storyboard.mix.loudness == -14


def test_words_of_the_storyboard_and_of_the_shot() -> None:
    storyboard = film("""
title: First light
vars: {hero: a fox}
scenes:
  - id: ridge
    shots:
      - {id: a, card: {text: "{{ title }} {{ film.title }} {{ hero }} {{ scene.id }} {{ shot.id }} {{ shot.index }}"}}
      - {id: b, card: {text: "{{ shot.index }}"}}
""")
    texts = [shot.card.text for shot in storyboard.shots if shot.card]
    assert texts == ["First light First light a fox ridge a 1", "2"]


def test_characters_and_looks_are_appended_in_order() -> None:
    storyboard = film("""
characters: {mira: {prompt: "a woman"}, bo: {prompt: A dog.}}
looks: {dawn: {prompt: low sun, negative: text}}
defaults: {look: dawn}
shots:
  - {id: a, first: a.jpg, prompt: They climb., characters: [bo, mira], negative: blur}
  - {id: b, first: a.jpg, prompt: They climb}
""")
    a, b = (shot.order for shot in storyboard.shots)
    assert a
    assert b
    assert (a.prompt, a.negative) == ("They climb. A dog. a woman, low sun", "blur, text")
    assert (b.prompt, b.negative) == ("They climb, low sun", "text")


def test_transitions() -> None:
    storyboard = film("""
defaults: {transition: {type: dissolve, duration: 1s}}
shots:
  - {id: a, card: {text: A}}
  - {id: b, card: {text: B}, transition: cut}
  - {id: c, card: {text: C}, transition: fade}
  - {id: d, card: {text: D}}
""")
    half = parse_duration("0.5s")
    assert [shot.transition for shot in storyboard.shots[:3]] == [
        Transition("dissolve", parse_duration("1s")),
        Transition(written=True),
        Transition("fade", half, written=True),
    ]
    assert not storyboard.shots[3].transition.written


def test_the_cut() -> None:
    (shot,) = film(
        "shots: [{id: a, first: a.jpg, prompt: x, in: 12f, out: 3s, fit: contain, focus: [0.2, 1], note: n}]"
    ).shots
    assert (shot.start, shot.end, shot.length) == (parse_duration("12f"), parse_duration("3s"), None)
    assert (shot.fit, shot.focus, shot.note, shot.path) == ("contain", (0.2, 1.0), "n", "shots[0]")


def test_sound_and_fades() -> None:
    storyboard = film("""
length: 5s
budget: 12.50
open: {fade: 12f}
close: {fade: 1s, color: "#ffffff"}
sound:
  clips: mute
  tracks:
    - {file: a.wav}
    - {file: b.wav, role: dialogue, at: {shot: a, offset: 1s}, level: -6.5dB}
  music: {file: m.flac, level: +3dB, fade_out: 2s}
shots: [{id: a, card: {text: A}, sound: {level: -3dB, mute: true}, captions: [{text: T, at: 1s, for: 2s}]}]
""")
    assert (storyboard.length, storyboard.budget) == (parse_duration("5s"), Decimal("12.5"))
    assert storyboard.open == Fade(parse_duration("12f"))
    assert storyboard.close == Fade(parse_duration("1s"), "#ffffff")
    first, second = storyboard.mix.tracks
    assert storyboard.mix.clips == "mute"
    assert (first.role, first.at, first.shot, first.gain_db) == ("effects", parse_duration("0s"), "", 0)
    assert (second.role, second.at, second.shot, second.gain_db) == ("dialogue", parse_duration("1s"), "a", -6.5)
    assert storyboard.mix.music
    assert (storyboard.mix.music.gain_db, storyboard.mix.music.fade_in) == (3, None)
    (shot,) = storyboard.shots
    assert (shot.gain_db, shot.mute) == (-3, True)
    assert [(one.at, one.length, one.text) for one in shot.captions] == [
        (parse_duration("1s"), parse_duration("2s"), "T")
    ]


def test_timecode_is_counted_at_the_films_rate() -> None:
    film('outputs: {film: {fps: 60}}\nshots: [{id: a, card: {text: A}, duration: "00:00:02:59"}]')
    assert codes('shots: [{id: a, card: {text: A}, duration: "00:00:02:24"}]') == [(2, "duration")]


def test_a_shot_by_its_id() -> None:
    storyboard = film(CARD)
    assert storyboard.shot("a").card
    with pytest.raises(KeyError):
        storyboard.shot("b")
