"""Loudness and peaks, measured by ffmpeg's own meter on what was encoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from storyboard.assembler.mastering import HOP, Mix, master, peaks_of, true_peaks
from storyboard.assembler.mix import Mixdown
from storyboard.assembler.sound import Cue
from storyboard.assembler.tape import open_tape
from tests.assembler.tapes import meter, mixed, write_tape
from tests.media import SAMPLE_RATE, Sound, level, read_sound, strength, tone

SECONDS = 4
TOTAL = SECONDS * SAMPLE_RATE


def pink(gain: float) -> Sound:
    """Noise as rain or a crowd has it, which is all peaks, in swells of half a second."""
    chance = np.random.default_rng(3)
    spectrum = np.fft.rfft(chance.standard_normal((TOTAL, 2)), axis=0)
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(TOTAL, 1 / SAMPLE_RATE), 20))[:, None]
    noise = np.fft.irfft(spectrum, axis=0)
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 2 * np.arange(TOTAL) / SAMPLE_RATE)
    sound: Sound = (noise / noise.std() * gain * swell[:, None]).astype(np.float32)
    return sound


def beats() -> Sound:
    """Drum beats over a quiet tone: peaks far above their loudness."""
    time = np.arange(TOTAL) / SAMPLE_RATE % 0.5
    drum = np.sin(2 * np.pi * 60 * time * (1 + 2 * np.exp(-time * 30))) * np.exp(-time * 12) * 0.8
    sound: Sound = (np.repeat(drum[:, None], 2, axis=1) + 0.1 * pink(0.3)).astype(np.float32)
    return sound


def mix_of(folder: Path, sound: Sound) -> Mix:
    """A mix with these samples."""
    tape = write_tape(folder, sound, "raw")
    blocks = [peaks_of(sound[at : at + SAMPLE_RATE]) for at in range(0, len(sound), SAMPLE_RATE)]
    return Mix(tape, np.concatenate(blocks))


@pytest.mark.parametrize("container", ["mp4", "mov"])
@pytest.mark.parametrize("wanted", [-14.0, -23.0])
def test_a_film_is_as_loud_as_it_is_told_and_below_the_ceiling(tmp_path: Path, container: str, wanted: float) -> None:
    for sound in (pink(0.02), pink(0.2), beats(), tone(1000, SECONDS, level=0.9)):
        heard = mixed(tmp_path, (Cue("a", 0, 0, TOTAL, 0.0),), Mixdown(TOTAL, wanted, container), a=sound)
        loudness, peak = meter(heard)
        assert loudness == pytest.approx(wanted, abs=1)
        assert peak <= -1.0


def test_peaks_are_held_down_and_the_rest_is_louder(tmp_path: Path) -> None:
    """A film of quiet tones with some bangs: the tones come up by all the decibels that were asked for."""
    sound = tone(1000, SECONDS, level=0.05)
    for at in range(SAMPLE_RATE, TOTAL, 2 * SAMPLE_RATE):
        sound[at : at + 480] += tone(200, 0.01, level=0.6)
    heard = read_sound(mixed(tmp_path, (Cue("a", 0, 0, TOTAL, 0.0),), Mixdown(TOTAL, -16, "mov"), a=sound))
    assert np.abs(heard).max() < 0.9
    gains = [strength(heard, 1000, at, at + 0.2) / 0.05 for at in (0.5, 2.5, 3.5)]
    assert min(gains) > 2.5  # without a limiter, the bangs would leave room for 1.4
    assert max(gains) - min(gains) < 0.01


def test_the_limiter_looks_ahead_and_does_not_cut_off(tmp_path: Path) -> None:
    """Two tones too loud together are turned down: cut off, they would give a hundred others."""
    sound = tone(500, 3, level=0.9) + tone(700, 3, level=0.9)
    found = read_sound(
        mixed(tmp_path, (Cue("a", 0, 0, 3 * SAMPLE_RATE, 0.0),), Mixdown(3 * SAMPLE_RATE, None), a=sound)
    )
    assert 0.9 < np.abs(found).max() < 1.05
    clean = strength(found, 500, 0.5, 2.5)
    assert clean > 0.4
    for beating in (300, 900, 1100, 1700, 1900):
        assert strength(found, beating, 0.5, 2.5) < clean / 20


def test_the_limiter_never_lets_a_peak_through(tmp_path: Path) -> None:
    chance = np.random.default_rng(11)
    sound = (chance.standard_normal((3 * SAMPLE_RATE + 777, 2)) * 0.15).astype(np.float32)
    sound[chance.integers(0, SAMPLE_RATE, 50)] *= 20
    mix = mix_of(tmp_path, sound)
    path, _ = master(mix, None, -1.0, tmp_path / "mastered.f32")
    tape = open_tape(path)
    assert tape.samples == len(sound)
    limited = mix_of(tmp_path, tape.read(0, tape.samples))
    assert true_peaks(limited, 0.0).max() < 1.02
    kept = np.abs(tape.read(0, tape.samples) / sound - 1).max(axis=1)
    assert kept[:SAMPLE_RATE].max() > 0.5
    assert kept[2 * SAMPLE_RATE :].max() < 1e-4  # far from peaks, nothing is touched


def test_peaks_between_samples_are_seen(tmp_path: Path) -> None:
    """A tone of a quarter of the rate, sampled beside its crests: 3 dB higher than any of its samples."""
    time = np.arange(SAMPLE_RATE)
    wave = (0.7 * np.sin(np.pi / 2 * time + np.pi / 4)).astype(np.float32)
    mix = mix_of(tmp_path, np.repeat(wave[:, None], 2, axis=1))
    assert mix.peaks.max() == pytest.approx(0.495, abs=1e-3)
    middle = true_peaks(mix, 0.5)[100:900]
    assert middle.min() == pytest.approx(0.7, rel=0.06)
    assert len(mix.peaks) == SAMPLE_RATE // HOP


def test_a_mix_that_nobody_wants_changed_is_not(tmp_path: Path) -> None:
    mix = mix_of(tmp_path, tone(440, 1, level=1.0))
    assert master(mix, None, -1.0, tmp_path / "mastered.f32") == (mix.tape.path, False)


def test_clicks_alone_stay_quieter_than_asked(tmp_path: Path) -> None:
    """They would have to be crushed: they are held down by 12 dB and no more."""
    clicks = np.zeros((TOTAL, 2), np.float32)
    for at in range(0, TOTAL, SAMPLE_RATE // 2):
        clicks[at : at + 200] = tone(2000, 200 / SAMPLE_RATE, level=0.5)
    heard = mixed(tmp_path, (Cue("a", 0, 0, TOTAL, 0.0),), Mixdown(TOTAL, -9), a=clicks)
    loudness, peak = meter(heard)
    assert -25 < loudness < -10
    assert peak <= -1.0


@pytest.mark.parametrize("gain", [0.0, 1e-4])
def test_silence_and_room_tone_are_left_alone(tmp_path: Path, gain: float) -> None:
    heard = mixed(tmp_path, (Cue("a", 0, 0, TOTAL, 0.0),), Mixdown(TOTAL, -14, "mov"), a=pink(gain))
    assert level(read_sound(heard)) == pytest.approx(level(pink(gain)), abs=1e-6)
