"""Captions as a track in the film, and its chapters: written with a real picture and sound, and read back."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.assembler import ffmpeg
from storyboard.assembler.chapters import Chapter, chapters_of, mark_chapters, ticks
from storyboard.assembler.layout import Text
from storyboard.assembler.soft import Sample, add_captions, caption_packets, samples_of
from storyboard.assembler.timeline import build_timeline
from storyboard.errors import Where
from storyboard.examine import source_of
from tests.media import load_text, small, tone, write_footage

FRAMES = 240
CHAPTERS = (Chapter("ridge", 0, 101), Chapter("Übung", 101, 200), Chapter("end", 200, FRAMES))


def caption(text: str, start: int, stop: int) -> Text:
    """A caption that was written somewhere."""
    return Text("caption", text, start, stop, Where("film.yaml", 1, 1), "")


CAPTIONS = [caption("One", 10, 30), caption("Two & ü\nrows", 30, 60), caption("Three", 50, 239)]
SAMPLES = (
    Sample("", 0, 10),
    Sample("One", 10, 30),
    Sample("Two & ü\nrows", 30, 50),
    Sample("Two & ü\nrows\nThree", 50, 60),
    Sample("Three", 60, 239),
    Sample("", 239, FRAMES),
)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> dict[Fraction, Path]:
    """Clips of some rates, with sound."""
    folder = tmp_path_factory.mktemp("soft")
    found = {}
    for number, rate in enumerate((Fraction(24), Fraction(30000, 1001), Fraction(60))):
        pictures = [np.full((16, 16), 90, np.uint8)] * FRAMES
        sound = tone(440, float(FRAMES / rate))
        found[rate] = write_footage(folder / f"{number}.mp4", pictures, rate, (16, 16), sound=sound)
    return found


def write_film(source: Path, rate: Fraction, samples: Sequence[Sample], target: Path) -> bytes:
    """A film with captions and chapters, as it is joined."""
    options = {"fflags": "+bitexact", "video_track_timescale": str(ticks(rate)), "movie_timescale": str(ticks(rate))}
    with (
        av.open(str(target), "w", format=target.suffix[1:], options=options) as film,
        av.open(str(source)) as picture,
    ):
        mark_chapters(film, CHAPTERS, rate)
        streams = {one.index: film.add_stream_from_template(one) for one in picture.streams}
        track = add_captions(film, rate, (1920, 1080))
        for packet in caption_packets(track, samples, rate):
            film.mux_one(packet)
        for packet in picture.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                film.mux_one(packet)
    return target.read_bytes()


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001), Fraction(60)])
def test_captions_and_chapters_begin_on_their_frames(
    footage: dict[Fraction, Path], tmp_path: Path, rate: Fraction, suffix: str
) -> None:
    path = tmp_path / f"film.{suffix}"
    data = write_film(footage[rate], rate, samples_of(CAPTIONS, FRAMES), path)
    with av.open(str(path)) as film:
        (track,) = film.streams.subtitles
        assert track.codec_context.name == "mov_text"
        packets = [packet for packet in film.demux(track) if packet.size]
        read: list[tuple[str, Fraction | int, Fraction | int]] = []
        for packet in packets:
            assert packet.pts is not None
            assert packet.duration is not None
            begin, end = (time * packet.time_base * rate for time in (packet.pts, packet.pts + packet.duration))
            read.append((bytes(packet)[2:].decode(), begin, end))
        assert read == [(one.text, one.start, one.stop) for one in SAMPLES], "without a gap, and nothing between"
        chapters: list[tuple[str, Fraction | int, Fraction | int]] = [
            (one["metadata"]["title"], one["start"] * base * rate, one["end"] * base * rate)
            for one in film.chapters()
            if (base := one["time_base"])
        ]
        assert chapters == [(one.title, one.start, one.stop) for one in CHAPTERS]
        assert film.streams.video[0].frames == FRAMES
    assert write_film(footage[rate], rate, samples_of(CAPTIONS, FRAMES), path) == data


def test_ffmpeg_lists_them(footage: dict[Fraction, Path], tmp_path: Path) -> None:
    write_film(footage[Fraction(24)], Fraction(24), samples_of(CAPTIONS, FRAMES), tmp_path / "film.mp4")
    for options, wanted in (
        (("-map", "0:s", "-f", "srt"), "1\n00:00:00,417 --> 00:00:01,250\n"),
        (("-f", "ffmetadata",), "START=51712\nEND=102400\ntitle=Übung"),
    ):  # fmt: skip
        command = [ffmpeg.binary(), "-v", "error", "-xerror", "-i", str(tmp_path / "film.mp4"), *options, "-"]
        done = subprocess.run(command, capture_output=True, timeout=60, check=True)
        assert wanted in done.stdout.decode()
        assert not done.stderr


def test_a_film_without_captions_has_an_empty_track_as_long_as_itself() -> None:
    assert samples_of([], 240) == (Sample("", 0, 240),)
    assert samples_of([caption("x", 0, 240)], 240) == (Sample("x", 0, 240),)


@given(st.lists(st.tuples(st.integers(0, 59), st.integers(1, 60)), max_size=6))
def test_samples_show_in_every_frame_what_is_said_in_it(times: list[tuple[int, int]]) -> None:
    captions = [caption(f"{n}", start, min(60, start + length)) for n, (start, length) in enumerate(times)]
    samples = samples_of(captions, 60)
    assert samples[0].start == 0
    assert samples[-1].stop == 60
    assert all(one.stop == two.start for one, two in pairwise(samples))
    for sample in samples:
        for frame in range(sample.start, sample.stop):
            said = {one.text for one in captions if one.start <= frame < one.stop}
            assert set(sample.text.split()) == said


def test_hours_of_silence_are_cut_into_what_fits(tmp_path: Path) -> None:
    rate = Fraction(999_983, 9973)
    with av.open(str(tmp_path / "film.mp4"), "w", format="mp4") as film:
        track = add_captions(film, rate, (64, 64))
        packets = list(caption_packets(track, (Sample("", 0, 200_000), Sample("x", 200_000, 200_001)), rate))
        for packet in packets:
            film.mux_one(packet)
    assert len(packets) > 2
    ends = [(one.pts or 0) + (one.duration or 0) for one in packets]
    assert [one.pts for one in packets] == [0, *ends[:-1]]


@pytest.mark.parametrize(
    "rate", [Fraction(24), Fraction(1), Fraction(240), Fraction(24000, 1001), Fraction(999_983, 7)]
)
def test_frames_begin_on_whole_ticks(rate: Fraction) -> None:
    assert (ticks(rate) / rate).denominator == 1
    assert 10_000 <= ticks(rate) < max(20_000, rate.numerator + 1)


SCENES = f"""{small()}
scenes:
- {{id: one, shots: [{{id: a, card: {{text: A}}, duration: 2s, transition: dissolve}},
                     {{id: b, card: {{text: B}}, duration: 2s}}]}}
- {{id: two, shots: [{{id: c, card: {{text: C}}, duration: 1s}}]}}
"""


def chapters(text: str) -> tuple[Chapter, ...]:
    """The chapters of a storyboard of cards."""
    storyboard = load_text(text)
    (output,) = storyboard.outputs
    sources = {shot.id: source_of(shot, output, storyboard.rate, None) for shot in storyboard.shots}
    return chapters_of(build_timeline(storyboard, output, sources), storyboard.scene_titles)


def test_a_chapter_is_a_scene_or_a_shot() -> None:
    assert chapters(SCENES) == (Chapter("one", 0, 84), Chapter("two", 84, 108))
    named = SCENES.replace("id: one,", 'id: one, title: "{{ title }}, 1",')
    assert chapters(named) == (Chapter("Test, 1", 0, 84), Chapter("two", 84, 108))
    flat = "shots: [{id: a, card: {text: A}, duration: 2s, transition: dissolve}, {id: b, card: {text: B}}]"
    assert chapters(small() + flat) == (Chapter("a", 0, 36), Chapter("b", 36, 156))
    assert chapters(f"{small()}shots: [{{id: a, card: {{text: A}}}}]") == ()
