"""The mix, made for real and heard back: which pitch at which time, how loud, and from which sample on."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from storyboard.assembler.encoders import encoder_of
from tests.conftest import ROOT
from tests.media import (
    AAC_FRAME,
    SAMPLE_RATE,
    Stage,
    assembled,
    level,
    pitch,
    read_film,
    read_sound,
    run,
    small,
    strength,
    tone,
    write_clock,
    write_footage,
    write_sound,
)
from tests.media import Sound as Samples

LOW, HIGH = 440, 1320


def heard(stage: Stage, text: str) -> Samples:
    """The sound of a film."""
    return read_sound(stage.film(text).path)


# Clips


def test_the_pitch_changes_at_the_cut(shared_stage: Stage) -> None:
    text = f"""{small()}
shots:
- {{id: a, footage: low.mp4, length: 36f}}
- {{id: b, footage: high.mp4, in: 1s, length: 24f}}
- {{id: c, footage: low.mp4, in: 2s, length: 24f}}
"""
    sound = heard(shared_stage, text)
    for start, stop, hertz in ((0.1, 1.45, LOW), (1.55, 2.45, HIGH), (2.55, 3.4, LOW)):
        assert pitch(sound, start, stop) == pytest.approx(hertz, abs=2)
    before, after = strength(sound, HIGH, 1.44, 1.495), strength(sound, HIGH, 1.505, 1.56)
    assert before < 0.02
    assert after == pytest.approx(0.25, abs=0.03)


def test_a_cut_does_not_click(shared_stage: Stage) -> None:
    text = f"{small()}shots: [{{id: a, footage: low.mp4, length: 25f}}, {{id: b, footage: low.mp4, length: 25f}}]"
    sound = heard(shared_stage, text)
    assert np.abs(np.diff(sound[:, 0])).max() < 0.25 * 2 * np.pi * LOW / SAMPLE_RATE * 1.6


def test_sound_crosses_over_with_equal_power(shared_stage: Stage) -> None:
    text = f"""{small()}
shots:
- {{id: a, footage: low.mp4, length: 2s, transition: {{type: dissolve, duration: 1s}}}}
- {{id: b, footage: high.mp4, length: 2s}}
"""
    sound = heard(shared_stage, text)
    assert len(sound) == pytest.approx(3 * SAMPLE_RATE, abs=1024)
    for at in (1.1, 1.3, 1.5, 1.7, 1.9):
        share = at - 1
        falling, rising = (strength(sound, hertz, at - 0.04, at + 0.04) / 0.25 for hertz in (LOW, HIGH))
        assert falling == pytest.approx((1 - share) ** 0.5, abs=0.04)
        assert rising == pytest.approx(share**0.5, abs=0.04)
        assert falling**2 + rising**2 == pytest.approx(1, abs=0.07)


def test_levels_and_mutes(shared_stage: Stage) -> None:
    text = f"""{small()}
shots:
- {{id: a, footage: low.mp4, length: 1s, sound: {{level: -12dB}}}}
- {{id: b, footage: low.mp4, length: 1s, sound: {{mute: true}}}}
- {{id: c, footage: low.mp4, length: 1s, sound: {{level: 6dB}}}}
- {{id: d, footage: r24.mp4, length: 1s}}
- {{id: e, card: {{text: T}}, duration: 1s}}
- {{id: f, footage: low.mp4, length: 1s}}
"""
    sound = heard(shared_stage, text)
    found = [strength(sound, LOW, at + 0.1, at + 0.9) for at in range(6)]
    assert found == pytest.approx([0.25 * 10 ** (-12 / 20), 0, 0.25 * 10 ** (6 / 20), 0, 0, 0.25], abs=0.01)
    silent = sound[round(3.1 * SAMPLE_RATE) : round(4.9 * SAMPLE_RATE)]
    assert np.abs(silent).max() < 1e-4


def test_a_film_without_sound_is_silent_and_as_long(shared_stage: Stage) -> None:
    sound = heard(shared_stage, f"{small(loudness=-14)}shots: [{{id: a, footage: r24.mp4, length: 30f}}]")
    assert np.abs(sound).max() == 0
    assert abs(len(sound) - 1.25 * SAMPLE_RATE) <= 1024


def test_the_clips_of_a_film_may_be_muted(shared_stage: Stage) -> None:
    text = f"{small()}sound: {{clips: mute}}\nshots: [{{id: a, footage: low.mp4, length: 1s}}]"
    assert np.abs(heard(shared_stage, text)).max() == 0


@pytest.mark.parametrize(("rate", "channels", "codec"), [(44_100, 1, "aac"), (22_050, 2, "aac"), (48_000, 6, "flac")])
def test_sounds_of_other_rates_and_channels(stage: Stage, rate: int, channels: int, codec: str) -> None:
    sound = tone(LOW, 2, rate=rate, channels=channels)
    name = "a.mkv" if codec == "flac" else "a.mp4"
    write_clock(stage.folder / name, 1, 48, sound=sound, sound_rate=rate, options=("-c:a", codec))
    found = heard(stage, f"{small()}shots: [{{id: a, footage: {name}, in: 1s}}]")
    assert pitch(found, 0.05, 0.95) == pytest.approx(LOW, abs=2)
    left, right = found[4800:-4800, 0], found[4800:-4800, 1]
    assert level(left) == pytest.approx(level(right), rel=0.02)
    assert level(left) > 0.1


def test_sound_that_begins_behind_its_picture(stage: Stage) -> None:
    """A clip's sound may begin later than its picture: it is heard where the clip has it."""
    write_clock(stage.folder / "plain.mp4", 1, 96)
    write_sound(stage.folder / "late.wav", tone(LOW, 2))
    run("-i", str(stage.folder / "plain.mp4"), "-itsoffset", "1.5", "-i", str(stage.folder / "late.wav"), "-map", "0:v",
        "-map", "1:a", "-c:v", "copy", "-c:a", "aac", str(stage.folder / "late.mp4"))  # fmt: skip
    sound = heard(stage, f"{small()}shots: [{{id: a, footage: late.mp4}}]")
    onset = int(np.argmax(np.abs(sound[:, 0]) > 0.05)) / SAMPLE_RATE
    assert onset == pytest.approx(1.5, abs=0.03)


def test_a_clip_whose_sound_is_shorter_than_its_picture(stage: Stage) -> None:
    write_clock(stage.folder / "short.mp4", 1, 48, sound=tone(LOW, 0.5))
    text = f"{small()}shots: [{{id: a, footage: short.mp4}}, {{id: b, footage: short.mp4, in: 1s}}]"
    sound = heard(stage, text)
    assert pitch(sound, 0.1, 0.4) == pytest.approx(LOW, abs=3)
    assert level(sound[round(0.6 * SAMPLE_RATE) :]) < 1e-4


def test_sound_and_picture_stay_together_at_every_in_point(stage: Stage) -> None:
    """A flash and a click on the same frame of a clip meet on the same frame of the film."""
    write_flash(stage, frames=96, at=60)
    text = f"""{small("30000/1001")}
shots:
- {{id: x, footage: r24.mp4, length: 1.37s}}
- {{id: a, footage: flash.mkv, in: 0.71s}}
"""
    film = stage.film(text)
    flash = int(np.argmax(read_film(film.path).mean(axis=(1, 2)) * (np.arange(film.frames) > 45)))
    sound = read_sound(film.path)
    click = int(np.argmax(np.abs(sound[:, 0]) > 0.2)) / SAMPLE_RATE
    assert abs(click - flash * 1001 / 30000) < 1001 / 30000


# Tracks and music


def test_tracks_begin_with_their_shots_and_at_their_times(shared_stage: Stage) -> None:
    text = f"""{small()}
shots:
- {{id: a, footage: r24.mp4, length: 2s}}
- {{id: b, footage: r24.mp4, length: 2s}}
sound:
  tracks:
  - {{file: click.wav, at: 0.5s}}
  - {{file: click.wav, at: {{shot: b, offset: 6f}}, level: -6dB}}
  - {{file: click.wav, at: 3.75s}}
"""
    sound = heard(shared_stage, text)
    loud = np.abs(sound[:, 0]) > 0.1
    onsets = [float(np.argmax(loud[round(at * SAMPLE_RATE) :])) / SAMPLE_RATE + at for at in (0, 1.2, 3)]
    assert onsets == pytest.approx([0.5, 2.25, 3.75], abs=0.004)
    assert strength(sound, 3000, 0.6, 0.9) == pytest.approx(0.5, abs=0.02)
    assert strength(sound, 3000, 2.35, 2.65) == pytest.approx(0.25, abs=0.02)
    assert len(sound) <= 4 * SAMPLE_RATE + 1024


def test_music_lies_under_the_whole_film_and_fades(stage: Stage) -> None:
    write_sound(stage.folder / "theme.wav", tone(330, 9))
    text = f"""{small()}
shots: [{{id: a, footage: high.mp4}}]
sound: {{music: {{file: theme.wav, level: -6dB, fade_in: 1s, fade_out: 2s}}}}
"""
    sound = heard(stage, text)
    found = [strength(sound, 330, at - 0.05, at + 0.05) / 0.25 * 10 ** (6 / 20) for at in (0.25, 0.5, 1.5, 2.5, 3, 3.5)]
    assert found == pytest.approx([0.25, 0.5, 1, 0.75, 0.5, 0.25], abs=0.04)
    assert strength(sound, HIGH, 1, 2) == pytest.approx(0.25, abs=0.02)


def test_music_shorter_than_the_film_fades_out_where_it_ends(stage: Stage) -> None:
    write_sound(stage.folder / "theme.wav", tone(330, 2))
    text = f"{small()}shots: [{{id: a, footage: r24.mp4}}]\nsound: {{music: {{file: theme.wav, fade_out: 1s}}}}\n"
    sound = heard(stage, text)
    assert strength(sound, 330, 1.45, 1.55) == pytest.approx(0.125, abs=0.02)
    assert level(sound[round(2.1 * SAMPLE_RATE) :]) < 1e-4


def test_a_loop_plays_as_long_as_the_film(stage: Stage) -> None:
    beat = np.zeros((SAMPLE_RATE // 2, 2), np.float32)
    beat[:480] = tone(1000, 0.01, level=0.8)
    write_sound(stage.folder / "beat.wav", beat)
    text = (
        f"{small()}shots: [{{id: a, footage: r24.mp4, length: 4s}}]\nsound: {{music: {{file: beat.wav, loop: true}}}}"
    )
    sound = np.abs(heard(stage, text)[:, 0])
    onsets = [int(np.argmax(sound[at : at + 12_000] > 0.3)) for at in range(0, 4 * SAMPLE_RATE, SAMPLE_RATE // 2)]
    assert max(onsets) < 48  # a millisecond
    assert sound[1200:23_000].max() < 0.01


def test_a_part_of_a_sound_with_its_fades(stage: Stage) -> None:
    write_sound(stage.folder / "tones.wav", np.concatenate([tone(LOW, 2), tone(880, 2), tone(HIGH, 2)]))
    text = f"""{small()}
shots: [{{id: a, footage: r24.mp4, length: 4s}}]
sound: {{tracks: [{{file: tones.wav, at: 1s, in: 2s, out: 4s, fade_in: 0.5s, fade_out: 1s}}]}}
"""
    sound = heard(stage, text)
    found = [strength(sound, 880, at - 0.05, at + 0.05) / 0.25 for at in (1.25, 1.75, 2.5, 2.75)]
    assert found == pytest.approx([0.5, 1, 0.5, 0.25], abs=0.04)
    assert strength(sound, LOW, 0.9, 1.1) < 0.005
    assert strength(sound, HIGH, 2.9, 3.1) < 0.005


def test_an_effect_keeps_its_attack(stage: Stage) -> None:
    """A bang is loudest in its first millisecond: a fade there would take it away."""
    bang = (tone(2000, 0.2, level=0.8) * np.exp(-np.arange(9600) / 100)[:, None]).astype(np.float32)
    write_sound(stage.folder / "bang.wav", bang)
    text = f"""{small()}
shots: [{{id: a, footage: r24.mp4, length: 1s}}]
sound: {{tracks: [{{file: bang.wav, at: 0.5s}}]}}
"""
    assert np.abs(heard(stage, text)).max() > 0.6


# Dialogue


def test_music_and_clips_give_way_to_dialogue(stage: Stage) -> None:
    voice = np.concatenate([tone(200, 1), np.zeros((3 * SAMPLE_RATE, 2), np.float32), tone(200, 1)])
    write_sound(stage.folder / "voice.wav", voice)
    write_sound(stage.folder / "theme.wav", tone(880, 12))
    text = f"""{small()}
shots:
- {{id: a, footage: low.mp4}}
- {{id: b, footage: high.mp4, narration: voice.wav, sound: duck}}
- {{id: c, footage: low.mp4, sound: {{level: -6dB}}}}
sound: {{music: {{file: theme.wav, duck: -18dB}}}}
"""
    sound = heard(stage, text)

    def depth(hertz: float, at: float) -> float:
        return float(20 * np.log10(strength(sound, hertz, at, at + 0.4) / 0.25))

    assert [depth(880, at) for at in (3, 4.3, 6.5, 8.3, 11)] == pytest.approx([0, -18, 0, -18, 0], abs=0.3)
    assert [depth(HIGH, at) for at in (4.3, 6.5)] == pytest.approx([-12, 0], abs=0.3)
    assert [depth(LOW, at) for at in (3, 8.3, 11)] == pytest.approx([0, -6, -6], abs=0.3)
    assert depth(200, 4.3) == pytest.approx(0, abs=0.3)


# Speed


def test_speed_keeps_the_pitch_and_the_place(stage: Stage) -> None:
    """Two tones of two seconds each, at twice and at half the speed: the change comes where the picture has it."""
    sound = np.concatenate([tone(LOW, 2), tone(HIGH, 2)])
    write_clock(stage.folder / "two.mp4", 1, 96, sound=sound)
    text = f"""{small()}
shots:
- {{id: a, footage: two.mp4, speed: 2}}
- {{id: b, footage: two.mp4, speed: 0.5, in: 1s, out: 3s}}
"""
    found = heard(stage, text)
    for start, stop, hertz in ((0.1, 0.9, LOW), (1.1, 1.9, HIGH), (2.1, 3.9, LOW), (4.1, 5.9, HIGH)):
        assert pitch(found, start, stop) == pytest.approx(hertz, abs=3)
        assert strength(found, hertz, start, stop) == pytest.approx(0.25, abs=0.03)


def test_backwards_and_frozen(stage: Stage) -> None:
    sound = np.concatenate([tone(LOW, 2), tone(HIGH, 2)])
    write_clock(stage.folder / "two.mp4", 1, 96, sound=sound)
    text = f"""{small()}
shots:
- {{id: a, footage: two.mp4, in: 1s, out: 4s, reverse: true}}
- {{id: b, footage: two.mp4, freeze: {{at: 1s, for: 1s}}}}
"""
    found = heard(stage, text)
    for start, stop, hertz in (
        (0.05, 1.95, HIGH),
        (2.05, 2.95, LOW),
        (3.05, 3.95, LOW),
        (5.05, 5.95, LOW),
        (6.1, 7.9, HIGH),
    ):
        assert pitch(found, start, stop) == pytest.approx(hertz, abs=2)
    frozen = found[round(4.05 * SAMPLE_RATE) : round(4.95 * SAMPLE_RATE)]
    assert np.abs(frozen).max() < 1e-4
    assert np.abs(np.diff(found[:, 0])).max() < 0.25 * 2 * np.pi * HIGH / SAMPLE_RATE * 1.6


def test_a_click_runs_backwards_to_its_frame(stage: Stage) -> None:
    """A flash and a click on the same frame meet on the same frame of the film, forwards and backwards."""
    write_flash(stage, frames=96, at=60)
    text = f"{small()}shots: [{{id: a, footage: flash.mkv, reverse: true}}]"
    film = stage.film(text)
    flash = int(np.argmax(read_film(film.path).mean(axis=(1, 2))))
    click = int(np.argmax(np.abs(read_sound(film.path)[:, 0]) > 0.2)) / SAMPLE_RATE
    assert flash == 35
    assert flash / 24 <= click < (flash + 1) / 24


# Place and time


def test_left_stays_left(stage: Stage) -> None:
    sound = np.stack([tone(LOW, 2)[:, 0], 0.5 * tone(HIGH, 2)[:, 0]], axis=1).astype(np.float32)
    write_clock(stage.folder / "wide.mkv", 1, 48, sound=sound, options=("-c:a", "flac"))
    found = heard(stage, f"{small()}shots: [{{id: a, footage: wide.mkv}}]")
    left, right = found[:, [0, 0]], found[:, [1, 1]]
    assert strength(left, LOW, 0.2, 1.8) == pytest.approx(0.25, abs=0.005)
    assert strength(right, HIGH, 0.2, 1.8) == pytest.approx(0.125, abs=0.005)
    assert strength(right, LOW, 0.2, 1.8) < 0.002
    assert strength(left, HIGH, 0.2, 1.8) < 0.002


def test_the_encoder_moves_nothing(shared_stage: Stage) -> None:
    """An AAC encoder begins before its first sample: what a player hears is where it was put, within a millisecond."""
    text = f"""{small()}
shots: [{{id: a, footage: r24.mp4}}]
sound: {{tracks: [{{file: click.wav, at: 0s}}, {{file: click.wav, at: 1.25s}}, {{file: click.wav, at: 4.5s}}]}}
"""
    sound, click = heard(shared_stage, text)[:, 0], tone(3000, 0.5, level=0.5)[:, 0]
    for at in (0, 60_000, 216_000):
        near = np.concatenate([np.zeros(2000, np.float32), sound])[at : at + 28_000]
        found = int(np.argmax(np.correlate(near, click, "valid"))) - 2000
        assert abs(found) <= 48


@pytest.mark.parametrize(("rate", "frames"), [("24", 61), ("30000/1001", 100), ("25", 7)])
def test_sound_ends_with_the_picture(shared_stage: Stage, rate: str, frames: int) -> None:
    film = shared_stage.film(f"{small(rate)}shots: [{{id: a, footage: low.mp4, length: {frames}f}}]")
    with av.open(str(film.path)) as container:
        stream = container.streams.audio[0]
        assert stream.start_time == 0
        assert stream.duration is not None
        assert stream.time_base is not None
        lasts = stream.duration * stream.time_base
    assert abs(lasts - film.seconds) < Fraction(AAC_FRAME, SAMPLE_RATE)
    assert abs(len(read_sound(film.path)) - film.seconds * SAMPLE_RATE) < AAC_FRAME


def test_a_prores_film_has_the_samples_themselves(shared_stage: Stage) -> None:
    text = f"{small(codec='prores')}shots: [{{id: a, footage: low.mp4, in: 1s, length: 25f}}]"
    text = text.replace("film.mp4", "film.mov")
    job = shared_stage.job(text)
    film = assembled(replace(job, encoder=encoder_of(job.output)), shared_stage.cache)
    with av.open(str(film.path)) as container:
        codec = container.streams.audio[0].codec_context
        assert (codec.name, codec.sample_rate, codec.channels) == ("pcm_s24le", SAMPLE_RATE, 2)
    sound = read_sound(film.path)
    assert len(sound) == 50_000
    assert pitch(sound, 0.1, 0.9) == pytest.approx(LOW, abs=2)


def test_sound_and_picture_are_together_after_ten_minutes(stage: Stage) -> None:
    """A hundred and twenty shots at a rate that is no whole number, each with a flash and a click."""
    write_flash(stage, frames=120, at=60)
    shots = "".join(f"- {{id: s{number}, footage: flash.mkv, length: 5s}}\n" for number in range(120))
    film = stage.film(f"{small('30000/1001')}shots:\n{shots}")
    assert film.seconds > 599
    start = 590.0
    flash = flashes_after(film.path, start)[-1]
    sound = read_sound(film.path)[round(start * SAMPLE_RATE) :, 0]
    click = start + int(np.flatnonzero(np.abs(sound) > 0.2)[-1]) / SAMPLE_RATE
    assert abs(click - flash) < 1001 / 30000


def write_flash(stage: Stage, frames: int, at: int) -> None:
    """Footage at 24 frames per second with a white frame, and a click that lasts a fifth of it."""
    pictures = [np.full((90, 160), 235 if index == at else 16, np.uint8) for index in range(frames)]
    sound = np.zeros((frames * 2000, 2), np.float32)
    sound[at * 2000 : at * 2000 + 400] = tone(3000, 400 / SAMPLE_RATE, level=0.8)
    write_footage(stage.folder / "flash.mkv", pictures, 24, (160, 90), sound=sound, options=("-c:a", "flac"))


def flashes_after(path: Path, start: float) -> list[float]:
    """When the white frames are seen that come after a time, in seconds."""
    with av.open(str(path)) as container:
        container.seek(round(start * 1_000_000))
        frames = [frame for frame in container.decode(video=0) if frame.time is not None and frame.time >= start]
        return [float(frame.time or 0) for frame in frames if frame.to_ndarray()[: frame.height].mean() > 128]


# The same everywhere

EVERYTHING = """
import sys
from fractions import Fraction
from pathlib import Path
import numpy as np
from storyboard.assembler.mix import Mixdown
from storyboard.assembler.sound import Cue, Ramp
from storyboard.store import files
from tests.assembler.tapes import mixed

chance = np.random.default_rng(4)
voice, theme = ((chance.standard_normal((count, 2)) * 0.2).astype(np.float32) for count in (60_000, 100_000))
cues = (
    Cue("voice", 48_000, 0, 150_000, -3.3, (Ramp(777, "power"),), bus="dialogue"),
    Cue("theme", 0, 100, 150_000, -1.7, (Ramp(48_000),), (), bus="music", out=70_000, loop=True, duck_db=-11.3),
    Cue("theme", 0, 0, 90_000, -2.0, falls=(Ramp(50_000, "power"),), bus="clips", tempo=Fraction(24, 25)),
    Cue("theme", 90_000, 60_000, 60_000, 3.0, bus="clips", backwards=True),
)
print(files.sha256(mixed(Path(sys.argv[1]), cues, Mixdown(150_000, -14.0), voice=voice, theme=theme)))
"""


def test_the_same_bytes_without_vector_units(tmp_path: Path) -> None:
    parts = importlib.import_module("numpy._core._multiarray_umath")
    units = [name for name in parts.__cpu_dispatch__ if parts.__cpu_features__[name]]
    found = set()
    for number, off in enumerate(("", " ".join(units))):
        folder = tmp_path / str(number)
        folder.mkdir()
        environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": off, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", EVERYTHING, str(folder)]
        found.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(found) == 1
    assert len(found.pop().strip()) == 64
