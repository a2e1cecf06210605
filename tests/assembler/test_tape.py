"""Sounds as samples: every rate, every number of channels, where they begin, and at another tempo."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from storyboard.assembler.tape import Tape, decode, open_tape, stretch
from storyboard.store import files
from storyboard.store.cache import Cache
from tests.assembler.tapes import write_tape
from tests.media import SAMPLE_RATE, Sound, pitch, run, strength, tone, write_clock, write_sound


def decoded(path: Path) -> Sound:
    """All samples of a file."""
    tape = open_tape(decode(path, files.sha256(path), Cache(path.parent)))
    return tape.read(0, tape.samples)


def test_a_sound_is_decoded_once(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    path = write_sound(tmp_path / "a.flac", tone(440, 1))
    first = decode(path, files.sha256(path), cache)
    state = first.stat()
    assert decode(path, files.sha256(path), cache) == first
    assert first.stat().st_mtime_ns == state.st_mtime_ns
    assert state.st_size == 48_000 * 2 * 4


def test_a_tape_is_read_in_pieces_and_silent_around(tmp_path: Path) -> None:
    sound = tone(440, 0.1)
    tape = write_tape(tmp_path, sound)
    assert tape == Tape(tmp_path / "tape.f32", 4800)
    assert (tape.read(100, 50) == sound[100:150]).all()
    around = tape.read(-10, 4820)
    assert (around[10:4810] == sound).all()
    assert not around[:10].any()
    assert not around[4810:].any()
    assert not tape.read(9000, 10).any()


@pytest.mark.parametrize("rate", [8000, 44_100, 96_000])
def test_other_rates_keep_pitch_and_length(tmp_path: Path, rate: int) -> None:
    found = decoded(write_sound(tmp_path / "a.wav", tone(440, 2, rate=rate), rate))
    assert len(found) == 2 * SAMPLE_RATE
    assert pitch(found, 0.1, 1.9) == pytest.approx(440, abs=1)
    assert strength(found, 440, 0.1, 1.9) == pytest.approx(0.25, rel=0.01)


def test_a_single_channel_sounds_from_both_sides_as_loud_as_it_is(tmp_path: Path) -> None:
    sound = tone(440, 1, channels=1)
    assert (decoded(write_sound(tmp_path / "a.wav", sound)) == sound).all()


@pytest.mark.parametrize(
    ("channel", "left", "right"),
    [(0, 1.0, 0.0), (1, 0.0, 1.0), (2, 0.707, 0.707), (3, 0.0, 0.0), (4, 0.707, 0.0), (5, 0.0, 0.707)],
)
def test_six_channels_are_folded_down(tmp_path: Path, channel: int, left: float, right: float) -> None:
    sound = np.zeros((SAMPLE_RATE, 6), np.float32)
    sound[:, channel] = tone(440, 1, channels=1)[:, 0]
    found = decoded(write_sound(tmp_path / "a.wav", sound))
    assert np.abs(found).max(axis=0) == pytest.approx([0.25 * left, 0.25 * right], abs=1e-3)


@pytest.mark.parametrize("channels", [3, 4, 5, 7, 8, 16])
def test_any_number_of_channels_is_heard(tmp_path: Path, channels: int) -> None:
    found = decoded(write_sound(tmp_path / "a.wav", tone(440, 1, channels=channels)))
    assert found.shape == (SAMPLE_RATE, 2)
    assert pitch(found, 0.1, 0.9) == pytest.approx(440, abs=1)


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "aac"), ("a.mov", "pcm_s16le"), ("a.mkv", "flac")])
@pytest.mark.parametrize(("picture", "sound"), [(0, 0.5), (0.5, 0), (30_000, 30_000)])
def test_time_counts_from_the_first_picture(
    tmp_path: Path, name: str, codec: str, picture: float, sound: float
) -> None:
    click = np.zeros((3 * SAMPLE_RATE, 2), np.float32)
    click[SAMPLE_RATE : SAMPLE_RATE + 480] = tone(3000, 0.01, level=0.8)
    write_clock(tmp_path / "picture.mp4", 1, 72)
    write_sound(tmp_path / "click.wav", click)
    run("-itsoffset", str(picture), "-i", str(tmp_path / "picture.mp4"), "-itsoffset", str(sound),
        "-i", str(tmp_path / "click.wav"), "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", codec,
        str(tmp_path / name))  # fmt: skip
    onset = int(np.argmax(np.abs(decoded(tmp_path / name)[:, 0]) > 0.2)) / SAMPLE_RATE
    assert onset == pytest.approx(1 + sound - picture, abs=0.001)


@pytest.mark.parametrize(("name", "options"), [("a.mp3", ()), ("a.m4a", ("-c:v", "mjpeg")), ("a.flac", ())])
def test_a_cover_is_no_picture_to_count_from(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    sound = np.concatenate([np.zeros((SAMPLE_RATE, 2), np.float32), tone(3000, 1, level=0.5)])
    run("-f", "lavfi", "-i", "color=size=64x64", "-frames:v", "1", str(tmp_path / "cover.png"))
    run("-i", str(write_sound(tmp_path / "a.wav", sound)), "-i", str(tmp_path / "cover.png"), "-map", "0", "-map", "1",
        *options, "-disposition:v", "attached_pic", str(tmp_path / name))  # fmt: skip
    onset = int(np.argmax(np.abs(decoded(tmp_path / name)[:, 0]) > 0.2)) / SAMPLE_RATE
    assert onset == pytest.approx(1, abs=0.003)


@pytest.mark.parametrize("tempo", ["1/4", "1/2", "24/25", "1001/1000", "3/2", "2", "5"])
def test_another_tempo_keeps_the_pitch(tmp_path: Path, tempo: str) -> None:
    """A tone that begins halfway: its pitch stays, and it begins halfway still."""
    sound = np.concatenate([np.zeros((3 * SAMPLE_RATE, 2), np.float32), tone(440, 3)])
    tape = write_tape(tmp_path, sound)
    found = open_tape(stretch(tape.path, "a", Fraction(tempo), Cache(tmp_path)))
    length = 6 / Fraction(tempo)
    assert found.samples / SAMPLE_RATE == pytest.approx(float(length), abs=0.05)
    heard = found.read(0, found.samples)
    assert pitch(heard, float(length) * 0.6, float(length) * 0.9) == pytest.approx(440, abs=2)
    onset = int(np.argmax(np.abs(heard[:, 0]) > 0.1)) / SAMPLE_RATE
    assert onset == pytest.approx(float(length) / 2, abs=0.045)


def test_both_channels_are_stretched_alike(tmp_path: Path) -> None:
    sound = np.concatenate([tone(440, 4), tone(660, 4)], axis=1)[:, [0, 2]]
    sound[:, 1] *= 0.5
    tape = write_tape(tmp_path, sound)
    found = open_tape(stretch(tape.path, "a", Fraction(3, 2), Cache(tmp_path)))
    heard = found.read(0, found.samples)
    left, right = heard[:, [0, 0]], heard[:, [1, 1]]
    assert [pitch(left, 0.5, 2), pitch(right, 0.5, 2)] == pytest.approx([440, 660], abs=2)
    assert strength(right, 660, 0.5, 2) == pytest.approx(0.125, rel=0.05)
