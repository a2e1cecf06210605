"""The mix, made for real and heard back: which pitch at which time, how loud, and from which sample on."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from storyboard.assembler import ffmpeg
from storyboard.assembler.mix import decode, mix_film
from storyboard.assembler.sound import Cue, Ramp
from storyboard.store import files
from storyboard.store.cache import Cache
from tests.media import (
    SAMPLE_RATE,
    Stage,
    level,
    pitch,
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


def loudness(path: Path) -> float:
    """The integrated loudness of a film, in LUFS, by ffmpeg's own meter."""
    said = ffmpeg.measure("-i", str(path), "-af", "ebur128", "-f", "null", "-")
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", said)[-1])


def mix(folder: Path, cues: tuple[Cue, ...], total: int, loud: float | None, **sounds: Samples) -> Samples:
    """A mix of sounds that are there as files."""
    cache = Cache(folder)
    paths = {name: write_sound(folder / f"{name}.wav", sound) for name, sound in sounds.items()}
    digests = {name: files.sha256(path) for name, path in paths.items()}
    named = tuple(replace(cue, digest=digests[cue.digest]) for cue in cues)
    mix_film(named, total, loud, {digests[name]: path for name, path in paths.items()}, cache, folder / "mix.m4a")
    return read_sound(folder / "mix.m4a")


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
    frames = [np.full((90, 160), 235 if at == 60 else 16, np.uint8) for at in range(96)]
    clicks = np.zeros((4 * SAMPLE_RATE, 2), np.float32)
    clicks[60 * 2000 : 60 * 2000 + 400] = tone(3000, 400 / SAMPLE_RATE, level=0.8)
    write_footage(stage.folder / "flash.mkv", frames, 24, (160, 90), sound=clicks, options=("-c:a", "flac"))
    text = f"""{small("30000/1001")}
shots:
- {{id: x, footage: r24.mp4, length: 1.37s}}
- {{id: a, footage: flash.mkv, in: 0.71s}}
"""
    from tests.media import read_film

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


# Samples


def test_a_cue_begins_on_its_sample(tmp_path: Path) -> None:
    """Before AAC, which rings: what is summed."""
    from storyboard.assembler import mix as module

    ones = np.ones((1000, 2), np.float32)
    raw = tmp_path / "sum.f32"
    (tmp_path / "one.f32").write_bytes(ones.tobytes())
    cues = (Cue("one", 47_900, 10, 500, -20.0), Cue("one", 96_001, 0, None, -20.0))
    module._sum(cues, 100_000, {"one": tmp_path / "one.f32"}, raw)
    summed = np.frombuffer(raw.read_bytes(), np.float32).reshape(-1, 2)
    assert summed.shape == (100_000, 2)
    sounding = np.flatnonzero(summed[:, 0])
    assert list(sounding) == [*range(47_900, 48_400), *range(96_001, 97_001)]
    assert np.allclose(summed[sounding], 0.1)


def test_a_fade_is_the_same_wherever_blocks_are_cut(tmp_path: Path) -> None:
    from storyboard.assembler import mix as module

    ones = np.ones((200_000, 2), np.float32)
    (tmp_path / "one.f32").write_bytes(ones.tobytes())
    for curve in ("linear", "power"):
        ramp = Ramp(90_000, "power" if curve == "power" else "linear")
        cue = Cue("one", 1000, 0, 200_000, 0.0, ramp, ramp)
        module._sum((cue,), 202_000, {"one": tmp_path / "one.f32"}, tmp_path / "sum.f32")
        summed = np.frombuffer((tmp_path / "sum.f32").read_bytes(), np.float32).reshape(-1, 2)[1000:201_000, 0]
        wanted = np.clip((np.arange(200_000) + 1) / 90_001, 0, 1)
        wanted = wanted * wanted[::-1]
        assert np.allclose(summed, np.sqrt(wanted) if curve == "power" else wanted, atol=1e-5)


def test_a_cue_that_runs_over_the_end_of_the_film_is_cut(tmp_path: Path) -> None:
    found = mix(
        tmp_path, (Cue("a", 24_000, 0, None, 0.0), Cue("a", 90_000, 0, None, 0.0)), 48_000, None, a=tone(LOW, 3)
    )
    assert abs(len(found) - 48_000) <= 1024
    assert pitch(found, 0.6, 0.95) == pytest.approx(LOW, abs=4)


def test_a_sound_is_decoded_once(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    path = write_sound(tmp_path / "a.flac", tone(LOW, 1))
    first = decode(path, files.sha256(path), cache)
    state = first.stat()
    assert decode(path, files.sha256(path), cache) == first
    assert first.stat().st_mtime_ns == state.st_mtime_ns
    assert state.st_size == 48_000 * 2 * 4


# Loudness


@pytest.mark.parametrize("wanted", [-14, -16, -23])
@pytest.mark.parametrize("gain", [0.03, 0.25])
def test_a_film_is_as_loud_as_it_is_told(stage: Stage, wanted: int, gain: float) -> None:
    chance = np.random.default_rng(3)
    noise = (chance.standard_normal((4 * SAMPLE_RATE, 2)) * gain / 4).astype(np.float32)
    sound = tone(1000, 4, level=gain) + noise
    write_clock(stage.folder / "loud.mkv", 1, 96, sound=sound.astype(np.float32), options=("-c:a", "flac"))
    film = stage.film(f"{small(loudness=wanted)}shots: [{{id: a, footage: loud.mkv}}]")
    assert loudness(film.path) == pytest.approx(wanted, abs=1)


def test_loudness_stops_below_the_peak(stage: Stage) -> None:
    """Single clicks cannot be made as loud as asked without breaking: they are as loud as they can be."""
    clicks = np.zeros((4 * SAMPLE_RATE, 2), np.float32)
    for at in range(0, 4 * SAMPLE_RATE, SAMPLE_RATE // 2):
        clicks[at : at + 200] = tone(2000, 200 / SAMPLE_RATE, level=0.5)
    write_clock(stage.folder / "click.mkv", 1, 96, sound=clicks, options=("-c:a", "flac"))
    film = stage.film(f"{small(loudness=-9)}shots: [{{id: a, footage: click.mkv}}]")
    assert loudness(film.path) < -10
    assert 0.7 < np.abs(read_sound(film.path)).max() < 1.0


def test_loud_sounds_together_are_brought_down_and_not_cut_off(tmp_path: Path) -> None:
    """Two tones at 0.9 are 1.8 at their peaks: with a loudness to meet there is room for them, and no distortion."""
    sounds = {"a": tone(500, 3, level=0.9), "b": tone(700, 3, level=0.9)}
    cues = (Cue("a", 0, 0, None, 0.0), Cue("b", 0, 0, None, 0.0))
    found = mix(tmp_path, cues, 3 * SAMPLE_RATE, -16.0, **sounds)
    clean = strength(found, 500, 0.5, 2.5)
    assert clean > 0.05
    for beating in (300, 900, 1100, 1700, 1900):
        assert strength(found, beating, 0.5, 2.5) < clean / 200
