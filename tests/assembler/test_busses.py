"""The sum of all cues, sample by sample: where they begin, how they fade, how they loop, how they run backwards."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from storyboard.assembler.busses import sum_busses, voice_of
from storyboard.assembler.sound import BUSSES, CUT, Cue, Ramp
from storyboard.errors import Refused
from tests.assembler.tapes import played, summed, write_tape
from tests.media import SAMPLE_RATE, Sound, level, tone


def ones(count: int) -> Sound:
    """Samples that are all at full scale: what is heard of them is the level."""
    return np.ones((count, 2), np.float32)


def counted(count: int) -> Sound:
    """Samples that say their number: left as it is, right negative."""
    numbers: Sound = (np.arange(count)[:, None] * np.array([1.0, -1.0]) / 2**20).astype(np.float32)
    return numbers


def test_a_cue_begins_on_its_sample(tmp_path: Path) -> None:
    tape = write_tape(tmp_path, ones(1000))
    voices = (
        voice_of(Cue("a", 47_900, 10, 500, -20.0), tape),
        voice_of(Cue("a", 96_001, 0, 5000, 0.0, bus="music"), tape),
    )
    found = summed(*voices, total=100_000)
    assert found.shape == (100_000, 2)
    sounding = np.flatnonzero(found[:, 0])
    assert list(sounding) == [*range(47_900, 48_400), *range(96_001, 97_001)]
    assert np.allclose(found[47_900:48_400], 0.1)
    assert (found[96_001:97_001] == 1).all()


def test_a_cue_has_its_part_of_the_sound(tmp_path: Path) -> None:
    tape = write_tape(tmp_path, counted(300_000))
    found = played(tape, Cue("a", 1000, 20_000, 150_000, 0.0), 200_000)
    assert (found[1000:151_000] == counted(300_000)[20_000:170_000]).all()
    assert not found[:1000].any()
    assert not found[151_000:].any()
    cut = played(tape, Cue("a", 0, 20_000, 150_000, 0.0, out=20_100), 200)
    assert (cut[:100] == counted(300_000)[20_000:20_100]).all()
    assert not cut[100:].any()


def test_a_part_behind_the_end_of_the_sound_is_silent(tmp_path: Path) -> None:
    tape = write_tape(tmp_path, ones(100))
    for cue in (Cue("a", 0, 100, 50, 0.0), Cue("a", 0, 500, 50, 0.0, out=400), Cue("a", 0, 0, 50, 0.0, out=0)):
        assert not played(tape, cue, 200).any()


@pytest.mark.parametrize("curve", ["linear", "power"])
def test_a_fade_is_the_same_wherever_blocks_are_cut(tmp_path: Path, curve: str) -> None:
    ramp = (Ramp(90_000, "power" if curve == "power" else "linear"),)
    tape = write_tape(tmp_path, ones(200_000))
    found = played(tape, Cue("a", 1000, 0, 200_000, 0.0, ramp, ramp), 202_000)[1000:201_000, 0]
    wanted = np.clip((np.arange(200_000) + 1) / 90_001, 0, 1)
    wanted = wanted * wanted[::-1]
    assert np.allclose(found, np.sqrt(wanted) if curve == "power" else wanted, atol=1e-5)


def test_two_that_cross_over_keep_their_power(tmp_path: Path) -> None:
    tape, ramp = write_tape(tmp_path, ones(200_000)), (Ramp(48_000, "power"),)
    before = played(tape, Cue("a", 0, 0, 96_000, 0.0, falls=ramp), 144_000)[48_000:96_000, 0].astype(float)
    after = played(tape, Cue("a", 48_000, 0, 96_000, 0.0, rises=ramp), 144_000)[48_000:96_000, 0].astype(float)
    assert np.allclose(before**2 + after**2, 1, atol=1e-6)


def test_a_fade_goes_on_from_one_run_of_a_clip_to_the_next(tmp_path: Path) -> None:
    tape = write_tape(tmp_path, ones(200_000))
    whole = played(tape, Cue("a", 0, 0, 100_000, 0.0, (Ramp(90_000, "power"),)), 100_000)
    first = played(tape, Cue("a", 0, 0, 30_000, 0.0, (Ramp(90_000, "power"),)), 100_000)
    second = played(tape, Cue("a", 30_000, 0, 70_000, 0.0, (Ramp(90_000, "power", outside=30_000),)), 100_000)
    assert (first + second == whole).all()


def test_a_sound_runs_backwards(tmp_path: Path) -> None:
    tape = write_tape(tmp_path, counted(200_000))
    found = played(tape, Cue("a", 500, 150_000, 120_000, 0.0, backwards=True), 130_000)
    assert (found[500:120_500] == counted(200_000)[30_000:150_000][::-1]).all()
    assert not found[:500].any()
    assert not found[120_500:].any()


def test_a_sound_that_is_shorter_than_its_picture_runs_backwards(tmp_path: Path) -> None:
    """It begins as much later as it ends earlier, with its fade."""
    tape = write_tape(tmp_path, ones(100_000))
    found = played(tape, Cue("a", 0, 110_000, 110_000, 0.0, CUT, CUT, backwards=True), 110_000)[:, 0]
    assert not found[:10_000].any()
    assert 0 < found[10_000] < 0.01
    assert found[10_240:109_000].min() == 1


def test_a_loop_keeps_the_beat(tmp_path: Path) -> None:
    sound = np.zeros((30_000, 2), np.float32)
    sound[12_000] = 1
    found = played(write_tape(tmp_path, sound), Cue("a", 100, 0, 200_000, 0.0, loop=True), 200_100)
    assert list(np.flatnonzero(found[:, 0])) == list(range(12_100, 200_100, 30_000))


def test_a_loop_that_fits_is_seamless(tmp_path: Path) -> None:
    whole = tone(480, 4)
    found = played(write_tape(tmp_path, whole[:48_000]), Cue("a", 0, 0, 192_000, 0.0, loop=True), 192_000)
    assert np.abs(found - whole).max() < 2e-3


@pytest.mark.parametrize("rest", [0, 2000])
def test_a_loop_that_does_not_fit_does_not_click(tmp_path: Path, rest: int) -> None:
    """A tone cut in the middle of its wave: with more of it behind the out point, and without."""
    period = 48_000 + 27
    tape = write_tape(tmp_path, tone(480, 2)[: period + rest])
    found = played(tape, Cue("a", 0, 0, 300_000, 0.0, out=period, loop=True), 300_000)[:, 0].astype(float)
    bend, steepest = np.abs(np.diff(found, 2)), 0.25 * (2 * np.pi * 480 / SAMPLE_RATE) ** 2
    assert bend.max() < 20 * steepest  # the step itself would be 250 times
    assert np.abs(found).max() < 0.55
    near = [level(found[at : at + 240]) for at in range(period - 240, 300_000 - 480, period)]
    assert min(near) > 0.25 / 2**0.5 * 0.8


def test_a_loop_begins_at_its_in_point(tmp_path: Path) -> None:
    tape = write_tape(tmp_path, counted(50_000))
    found = played(tape, Cue("a", 0, 10_000, 90_000, 0.0, out=40_000, loop=True), 90_000)
    assert (found[:30_000] == counted(50_000)[10_000:40_000]).all()
    assert (found[30_240:60_000] == counted(50_000)[10_240:40_000]).all()


def test_music_that_is_long_enough_does_not_loop(tmp_path: Path) -> None:
    tape = write_tape(tmp_path, counted(50_000))
    assert (played(tape, Cue("a", 0, 0, 50_000, 0.0, loop=True), 50_000) == counted(50_000)).all()


def test_a_crumb_of_a_sound_does_not_loop(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="too short to loop"):
        voice_of(Cue("a", 0, 0, 90_000, 0.0, loop=True), write_tape(tmp_path, ones(100)))


def test_numbers_that_are_no_sound_are_silent_or_loud_and_no_more(tmp_path: Path) -> None:
    sound = ones(1000)
    sound[10], sound[20], sound[30] = np.nan, np.inf, -1e30
    found = played(write_tape(tmp_path, sound), Cue("a", 0, 0, 1000, 0.0), 1000)
    assert list(found[[10, 20, 30, 40], 0]) == [0, 64, -64, 1]


def test_the_busses_add_up_to_the_mix(tmp_path: Path) -> None:
    chance = np.random.default_rng(7)
    voices = []
    for number, bus in enumerate([*BUSSES, *BUSSES]):
        sound = (chance.standard_normal((60_000, 2)) * 0.1).astype(np.float32)
        cue = Cue(str(number), 7000 * number, 0, 60_000, -3.0, CUT, CUT, bus=bus)
        voices.append(voice_of(cue, write_tape(tmp_path, sound, str(number))))
    blocks = list(sum_busses(tuple(voices), 100_000))
    for bus in BUSSES:
        stem = np.concatenate([block[bus] for block in blocks])
        alone = summed(*(voice for voice in voices if voice.cue.bus == bus), total=100_000)
        assert (stem == alone).all()
        assert stem.any()


def peak_memory(tape_cue: tuple[Cue, ...], folder: Path, total: int) -> int:
    """The most bytes that are held at a time while cues are summed."""
    tape = write_tape(folder, tone(440, 2))
    voices = tuple(voice_of(cue, tape) for cue in tape_cue)
    tracemalloc.start()
    try:
        for _ in sum_busses(voices, total):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_film(tmp_path: Path) -> None:
    def cues(count: int) -> tuple[Cue, ...]:
        return tuple(Cue("a", 40_000 * number, 0, 80_000, 0.0, CUT, CUT) for number in range(count))

    few, many = (peak_memory(cues(count), tmp_path, 40_000 * count) for count in (20, 200))
    assert many < few * 1.1 + 50_000
