"""Clips and sounds are measured by what is in them, opened in a closed way, and refused when they are not whole."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from storyboard.assembler import media
from storyboard.errors import Refused, Usage
from storyboard.planner.take import Facts
from tests.assembler.conftest import RATES
from tests.media import HEIGHT, WIDTH, Stage, read_film, run, small, tone, write_clock, write_footage, write_sound

CUTS = [0, 1, 2, 10, 25, 50, 75, 90, 95, 98, 99, 99.9]


@pytest.mark.parametrize("name", RATES)
def test_facts_are_exact(footage: Path, name: str) -> None:
    rate = RATES[name]
    assert media.probe(footage / f"{name}.mp4") == Facts(round(5 * rate), rate, WIDTH, HEIGHT, audio=False)


def test_facts_of_a_clip_with_sound(footage: Path) -> None:
    facts = media.probe(footage / "low.mp4")
    assert (facts.audio, facts.seconds) == (True, Fraction(4))


@pytest.mark.parametrize("options", [(), ("-movflags", "+faststart"), ("-movflags", "+frag_keyframe+empty_moov")])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".m4v"])
def test_every_arrangement_of_an_mp4(tmp_path: Path, suffix: str, options: tuple[str, ...]) -> None:
    path = write_clock(tmp_path / f"a{suffix}", 1, 30, 30, sound=tone(440, 1), options=options)
    assert media.probe(path) == Facts(30, Fraction(30), WIDTH, HEIGHT, audio=True)


@pytest.mark.parametrize("name", ["a.mkv", "a.webm"])
def test_matroska(tmp_path: Path, name: str) -> None:
    options = ("-c:v", "libvpx-vp9", "-deadline", "realtime") if name.endswith("webm") else ()
    path = write_clock(tmp_path / name, 1, 24, 24, sound=tone(440, 1), options=options)
    assert media.probe(path) == Facts(24, Fraction(24), WIDTH, HEIGHT, audio=True)


def test_a_name_says_nothing(footage: Path, tmp_path: Path) -> None:
    path = tmp_path / "clip.txt"
    path.write_bytes((footage / "r24.mp4").read_bytes())
    assert media.probe(path).frames == 120


def test_a_clip_that_an_editor_cut_without_encoding_it_again(stage: Stage) -> None:
    """Its first frames are there and are not shown: an edit list says so. What is counted is what is seen."""
    source = stage.folder / "r24.mp4"
    run("-ss", "1.3", "-i", str(source), "-c", "copy", str(stage.folder / "trimmed.mp4"))
    facts = media.probe(stage.folder / "trimmed.mp4")
    assert facts.frames == len(read_film(stage.folder / "trimmed.mp4"))
    seen = stage.shown(f"{small()}shots: [{{id: a, footage: trimmed.mp4}}]")
    assert len(seen) == facts.frames
    assert [clock[1] for clock in seen if clock] == list(range(120 - facts.frames, 120))


# What is not a clip


HOSTILE = {
    "playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n%b\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile '%b'\n",
    "html": b"<!doctype html><title>404</title><video src='%b'></video>",
    "text": b"just words",
    "empty": b"",
    "short": b"\x00\x00\x00",
    "json": b'{"error": "not found"}',
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\n",
    "image": b"\x89PNG\r\n\x1a\n" + b"\x00" * 64,
    "mpegts": b"\x47" + b"\x00" * 187,
    "only a name": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
    "a playlist behind a box": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom#EXTM3U\n%b\n",
    "matroska in name": b"\x1a\x45\xdf\xa3" + b"\xff" * 60,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_not_a_clip_is_refused_and_opens_no_other_file(footage: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "take.mp4"
    path.write_bytes(HOSTILE[kind].replace(b"%b", bytes(footage / "r24.mp4")))
    with pytest.raises(Refused, match="it "):
        media.probe(path)
    with pytest.raises(Refused):
        media.probe_sound(path)


def test_a_playlist_cannot_come_in_as_footage_or_sound(stage: Stage) -> None:
    for name in ("playlist", "concat"):
        (stage.folder / f"{name}.mp4").write_bytes(HOSTILE[name].replace(b"%b", b"r24.mp4"))
        with pytest.raises(Refused):
            stage.film(f"{small()}shots: [{{id: a, footage: {name}.mp4}}]")
        with pytest.raises(Refused):
            stage.film(
                f"{small()}sound: {{music: {{file: {name}.mp4}}}}\nshots: [{{id: a, footage: r24.mp4, length: 1s}}]"
            )


def test_a_clip_without_a_picture(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no picture"):
        media.probe(write_sound(tmp_path / "a.mp4", tone(440, 1), options=("-c:a", "aac")))


def test_a_clip_with_too_many_streams(footage: Path, tmp_path: Path) -> None:
    maps = ("-map", "0:v") * 9
    run("-i", str(footage / "wide.mp4"), *maps, "-c", "copy", str(tmp_path / "many.mp4"))
    with pytest.raises(Refused, match="too many"):
        media.probe(tmp_path / "many.mp4")


def test_a_clip_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(Usage, match=r"`a.mp4` is not there"):
        media.probe(tmp_path / "a.mp4")
    with pytest.raises(Usage, match="cannot be read"):
        media.probe(tmp_path)


# What is cut short


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same clip with sound in every arrangement."""
    folder = tmp_path_factory.mktemp("whole")
    noise = np.random.default_rng(1).integers(30, 220, (48, HEIGHT, WIDTH), np.uint8)
    kinds = {
        "fast.mp4": ("-movflags", "+faststart"),
        "last.mp4": (),
        "late.mp4": ("-movflags", "+faststart", "-max_interleave_delta", "0"),
        "fragments.mp4": ("-movflags", "+frag_keyframe+empty_moov", "-g", "12"),
        "a.mov": ("-movflags", "+faststart", "-c:a", "pcm_s16le"),
        "a.mkv": (),
        "a.webm": ("-c:v", "libvpx-vp9", "-deadline", "realtime"),
    }
    for name, options in kinds.items():
        write_footage(folder / name, list(noise), 24, (WIDTH, HEIGHT), sound=tone(440, 2.2), options=options)
    return folder


def is_accepted(path: Path) -> bool:
    """Whether a clip is taken for whole."""
    try:
        media.probe(path)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("name", ["fast.mp4", "last.mp4", "late.mp4", "fragments.mp4", "a.mov", "a.mkv", "a.webm"])
def test_a_clip_that_is_cut_short_is_refused(whole: Path, tmp_path: Path, name: str) -> None:
    data = (whole / name).read_bytes()
    assert media.probe(whole / name).frames == 48
    path = tmp_path / name
    accepted = []
    for percent in (*range(0, 100, 1 if os.environ.get("STORYBOARD_STRESS") else 9), *CUTS):
        path.write_bytes(data[: int(len(data) * percent / 100)])
        if is_accepted(path):
            accepted.append(percent)
    for less in (1, 7, 100):
        path.write_bytes(data[:-less])
        if is_accepted(path):
            accepted.append(-less)
    assert accepted == []


@pytest.mark.stress
def test_a_damaged_clip_is_measured_or_refused_and_never_worse(whole: Path, tmp_path: Path) -> None:
    chance = np.random.default_rng(9)
    for name in ("fast.mp4", "a.mkv"):
        data = np.frombuffer((whole / name).read_bytes(), np.uint8)
        for _ in range(1000 if os.environ.get("STORYBOARD_STRESS") else 40):
            damaged = data.copy()
            places = chance.integers(0, min(len(data), 4000), 6)
            damaged[places] = chance.integers(0, 256, 6)
            path = tmp_path / name
            path.write_bytes(damaged.tobytes())
            try:
                facts = media.probe(path)
            except Refused:
                continue
            assert facts.frames > 0
            assert facts.rate > 0


# Sounds


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.wav", ()), ("a.wav", ("-c:a", "pcm_s24le")), ("a.flac", ()), ("a.mp3", ()), ("a.m4a", ()),
        ("a.ogg", ("-c:a", "libvorbis")),
        ("a.opus", ()), ("b.mp3", ("-id3v2_version", "0", "-write_xing", "0")), ("a.mkv", ("-c:a", "flac")),
        ("c.mp3", ("-ar", "22050")),
    ],
)  # fmt: skip
def test_sounds_of_every_kind(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    path = write_sound(tmp_path / name, tone(440, 0.5), options=options)
    media.probe_sound(path)


def test_the_sound_of_a_clip_is_a_sound(footage: Path) -> None:
    media.probe_sound(footage / "low.mp4")
    with pytest.raises(Refused, match="no sound"):
        media.probe_sound(footage / "r24.mp4")


def test_sounds_that_are_none(tmp_path: Path) -> None:
    for name, data in (("a.wav", b"RIFF\x00\x00\x00\x00WAVE"), ("a.flac", b"fLaC" + b"\x00" * 40), ("a.mp3", b"ID3")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(Refused, match="sound"):
            media.probe_sound(tmp_path / name)


# The last frame


def test_the_last_frame_has_the_colours_of_the_clip(tmp_path: Path) -> None:
    """Blue as BT.709 writes it: luma 32, chroma 240 and 118."""
    picture = np.full((HEIGHT, WIDTH), 100, np.uint8)
    last = np.full((HEIGHT, WIDTH), 32, np.uint8)
    path = write_footage(tmp_path / "a.mp4", [picture, picture, last], 24, (WIDTH, HEIGHT), chroma=(240, 118))
    image = media.last_frame(path)
    assert image.size == (WIDTH, HEIGHT)
    assert image.mode == "RGB"
    red, green, blue = np.asarray(image).reshape(-1, 3).mean(axis=0)
    assert (red, green) == pytest.approx((0, 0), abs=4)
    assert blue == pytest.approx(255, abs=4)


def test_the_last_frame_is_the_last_that_is_shown(footage: Path) -> None:
    from tests.media import read_clock

    for name in ("r24", "r60", "video"):
        luma = np.asarray(media.last_frame(footage / f"{name}.mp4").convert("L"))
        clock = read_clock(luma)
        assert clock is not None
        assert clock[1] == round(5 * RATES[name]) - 1


def test_the_last_frame_of_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(HOSTILE["only a name"])
    with pytest.raises(Refused):
        media.last_frame(tmp_path / "a.mp4")
