"""What gives way to dialogue: from when, how far, how smoothly; and what is no dialogue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from storyboard.assembler.busses import sum_busses, voice_of
from storyboard.assembler.ducking import ATTACK, HOLD, RELEASE, find_speech, yielding
from storyboard.assembler.sound import Bus, Cue
from tests.assembler.tapes import write_tape
from tests.media import SAMPLE_RATE, Sound, tone

SECOND = SAMPLE_RATE


def speech(seconds: float, *stretches: tuple[float, float], level: float = 0.2, room: float = 0.0) -> Sound:
    """A voice that swells and falls as syllables do in some stretches (seconds), in a room with its noise."""
    time = np.arange(round(seconds * SECOND)) / SECOND
    wave = sum(np.sin(2 * np.pi * 150 * partial * time) / partial for partial in range(1, 12))
    shape = np.zeros(len(time))
    for start, stop in stretches:
        inside = (time >= start) & (time < stop)
        shape[inside] = 0.2 + 0.8 * np.abs(np.sin(2 * np.pi * 2 * (time[inside] - start)))
    noise = np.random.default_rng(5).standard_normal(len(time)) * room
    return np.repeat((wave * shape * level + noise)[:, None], 2, axis=1).astype(np.float32)


def levels(
    folder: Path, voice: Sound, duck_db: float, total: float, start: float = 0, **more: float
) -> NDArray[np.float64]:
    """The level of steady music, in dB, at each sample of a film in which a voice begins at `start`."""
    music = write_tape(folder, np.ones((round(total * SECOND), 2), np.float32), "music")
    cues = (
        (
            Cue("v", round(start * SECOND), 0, len(voice), more.get("gain", 0.0), bus="dialogue"),
            write_tape(folder, voice, "voice"),
        ),
        (Cue("m", 0, 0, music.samples, 0.0, bus="music", duck_db=duck_db), music),
    )
    blocks = sum_busses(tuple(voice_of(cue, tape) for cue, tape in cues), music.samples)
    return 20 * np.log10(np.concatenate([block["music"][:, 0] for block in blocks]).astype(np.float64))


@pytest.mark.parametrize("duck_db", [-3.0, -12.0, -24.0])
def test_music_gives_way_by_what_is_asked(tmp_path: Path, duck_db: float) -> None:
    found = levels(tmp_path, speech(3, (0.5, 2.5)), duck_db, 10, start=2)
    assert found[round(2.5 * SECOND) : round(4.5 * SECOND)] == pytest.approx(duck_db, abs=1e-4)
    assert found[: round(2.2 * SECOND)] == pytest.approx(0, abs=1e-4)
    assert found[round(6 * SECOND) :] == pytest.approx(0, abs=1e-4)


def test_it_is_down_when_the_first_syllable_comes_and_comes_back_slowly(tmp_path: Path) -> None:
    found = levels(tmp_path, speech(1, (0, 1)), -12, 6, start=2)
    down, up = np.flatnonzero(found < -1e-3)[[0, -1]] / SECOND
    assert down == pytest.approx(2 - ATTACK / SECOND, abs=0.02)
    assert up == pytest.approx(3 + (HOLD + RELEASE) / SECOND, abs=0.05)
    assert found[2 * SECOND] == pytest.approx(-12, abs=0.01)
    assert (np.diff(found[: 2 * SECOND]) <= 0).all()
    assert (np.diff(found[3 * SECOND :]) >= 0).all()


def test_it_does_not_click(tmp_path: Path) -> None:
    """Neither a jump nor a sharp corner, also where one voice comes before the music is back from another."""
    gain = 10 ** (levels(tmp_path, speech(2, (0.3, 0.9), (1.6, 2)), -24, 5, start=1) / 20)
    assert np.abs(np.diff(gain)).max() < 2.0 / ATTACK
    assert np.abs(np.diff(gain, 2)).max() < 2.0 / ATTACK


def test_pauses_between_words_do_not_pump(tmp_path: Path) -> None:
    words = [(at, at + 0.4) for at in (0.0, 0.8, 1.3, 2.1)]
    found = levels(tmp_path, speech(3, *words), -12, 6, start=1)
    assert found[round(1.0 * SECOND) : round(3.5 * SECOND)].max() == pytest.approx(-12, abs=1e-4)


def test_music_comes_back_in_a_long_silence_of_the_same_file(tmp_path: Path) -> None:
    """It is the speech that is heard, not the file that is there."""
    found = levels(tmp_path, speech(9, (0, 1), (8, 9)), -12, 10)
    assert found[3 * SECOND : 7 * SECOND] == pytest.approx(0, abs=1e-4)
    assert found[round(0.5 * SECOND)] == pytest.approx(-12, abs=0.01)
    assert found[round(8.5 * SECOND)] == pytest.approx(-12, abs=0.01)


def test_the_noise_of_a_room_is_no_speech(tmp_path: Path) -> None:
    found = levels(tmp_path, speech(9, (0, 1), room=0.003), -12, 10)
    assert found[3 * SECOND :] == pytest.approx(0, abs=1e-4)
    assert found[round(0.5 * SECOND)] == pytest.approx(-12, abs=0.01)


def test_a_whisper_is_speech_and_silence_is_none(tmp_path: Path) -> None:
    quiet = levels(tmp_path, speech(2, (0, 2), level=0.005), -12, 3)
    silent = levels(tmp_path, speech(2), -12, 3)
    unheard = levels(tmp_path, speech(2, (0, 2)), -12, 3, gain=-60.0)
    assert quiet[SECOND] == pytest.approx(-12, abs=0.01)
    assert silent == pytest.approx(0, abs=1e-6)
    assert unheard == pytest.approx(0, abs=1e-6)


def test_a_quiet_voice_is_heard_beside_a_loud_one(tmp_path: Path) -> None:
    """Each voice is measured by its own level."""
    loud, quiet = (
        write_tape(tmp_path, speech(1, (0, 1), level=0.5), "loud"),
        write_tape(tmp_path, speech(1, (0, 1), level=0.01), "quiet"),
    )
    music = write_tape(tmp_path, np.ones((8 * SECOND, 2), np.float32), "music")
    voices = (
        voice_of(Cue("l", 0, 0, SECOND, 0.0, bus="dialogue"), loud),
        voice_of(Cue("q", 5 * SECOND, 0, SECOND, 0.0, bus="dialogue"), quiet),
        voice_of(Cue("m", 0, 0, 8 * SECOND, 0.0, bus="music", duck_db=-12.0), music),
    )
    found = np.concatenate([block["music"][:, 0] for block in sum_busses(voices, 8 * SECOND)])
    assert found[[SECOND // 2, 4 * SECOND, 5 * SECOND + SECOND // 2]] == pytest.approx([0.2512, 1, 0.2512], abs=1e-3)


@pytest.mark.parametrize(("bus", "depth"), [("effects", 0.0), ("clips", -12.0)])
def test_only_what_is_told_gives_way(tmp_path: Path, bus: Bus, depth: float) -> None:
    voice = write_tape(tmp_path, speech(2, (0, 2)), "voice")
    other = write_tape(tmp_path, tone(1000, 2), "other")
    found = list(
        sum_busses(
            (
                voice_of(Cue("v", 0, 0, voice.samples, 0.0, bus="dialogue"), voice),
                voice_of(Cue("o", 0, 0, other.samples, 0.0, bus=bus, duck_db=depth), other),
            ),
            2 * SECOND,
        )
    )
    assert np.concatenate([block["dialogue"] for block in found]) == pytest.approx(speech(2, (0, 2)), abs=1e-7)
    heard = np.concatenate([block[bus] for block in found])
    assert 20 * np.log10(np.abs(heard[SECOND:]).max() / 0.25) == pytest.approx(depth, abs=0.01)


def test_speech_is_found_wherever_blocks_are_cut() -> None:
    sound = speech(7, (1, 2), (4, 5.5))
    whole = find_speech(100, [sound])
    pieces = find_speech(100, [sound[at : at + SECOND] for at in range(0, len(sound), SECOND)])
    assert whole == pieces
    assert [(start - 100) / SECOND for start, _ in whole] == pytest.approx([1, 4], abs=0.021)
    assert [(stop - 100) / SECOND for _, stop in whole] == pytest.approx([2, 5.5], abs=0.06)


def test_the_way_is_the_same_wherever_blocks_are_cut() -> None:
    speaking = ((50_000, 60_000), (110_000, 150_000))
    whole = yielding(speaking, 0, 300_000)
    pieces = [yielding(speaking, at, at + 7001) for at in range(0, 300_000, 7001)]
    assert (np.concatenate(pieces)[:300_000] == whole).all()
