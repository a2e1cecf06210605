"""Films, made for real and read back: every frame on its place, at every pair of rates, over every kind of join."""

from __future__ import annotations

import os
import random
import subprocess
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from storyboard.assembler import ffmpeg, room
from storyboard.assembler.timeline import Source, build_timeline
from storyboard.errors import Refused, Transient
from storyboard.progress import Assembling, Event, unwatched
from storyboard.store import files
from storyboard.store.cache import Cache
from tests.assembler.conftest import CLIPS, RATES, set_stage
from tests.media import (
    AAC_FRAME,
    HEIGHT,
    NTSC_FILM,
    SAMPLE_RATE,
    WIDTH,
    Pictures,
    Stage,
    assembled,
    contrast,
    expected,
    read_clock,
    read_clocks,
    read_colours,
    read_film,
    small,
    tone,
    weight_of,
    write_clock,
)

FILMS = 300 if os.environ.get("STORYBOARD_STRESS") else 12
SMALLER = "128x72"
"""Not the size of the footage: what is cut straight would be copied otherwise."""
DISSOLVE = "{type: dissolve, duration: 12f}"


def check_film(path: Path, frames: int, rate: Fraction) -> None:
    """A player finds nothing wrong with a film: it begins at 0, time runs on evenly, all of it decodes, none lacks."""
    with av.open(str(path)) as container:
        picture = container.streams.video[0]
        packets = [packet for packet in container.demux(picture) if packet.size]
        assert picture.average_rate == rate
        assert len(packets) == picture.frames == frames
        assert picture.time_base is not None
        assert picture.duration is not None
        assert picture.duration * picture.time_base == frames / rate
        ticks = [packet.dts for packet in packets if packet.dts is not None]
        assert len(ticks) == frames
        assert all(one < two for one, two in pairwise(ticks))
        shown = sorted(packet.pts * picture.time_base for packet in packets if packet.pts is not None)
        assert shown == [index / rate for index in range(frames)]
        assert packets[0].is_keyframe
        colours = picture.codec_context
        assert (colours.colorspace, colours.color_primaries, colours.color_trc, colours.color_range) == (1, 1, 1, 1)
        assert colours.pix_fmt == "yuv420p"
        heard = container.streams.audio[0]
        assert (heard.codec_context.sample_rate, heard.codec_context.channels) == (SAMPLE_RATE, 2)
    assert abs(decode_whole(path) - frames / rate * SAMPLE_RATE) <= AAC_FRAME


def decode_whole(path: Path) -> int:
    """Decode all of a film as strictly as ffmpeg can, and count the samples of its sound."""
    strict = ("-loglevel", "error", "-xerror", "-err_detect", "explode")
    outputs = ("-map", "0:v", "-f", "null", "/dev/null", "-map", "0:a", "-f", "f32le", "-ac", "1", "-")
    done = subprocess.run([ffmpeg.binary(), *strict, "-i", str(path), *outputs], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return len(done.stdout) // 4


def check_clocks(stage: Stage, text: str, clips: dict[str, str]) -> None:
    """The film shows what its timeline says: outside transitions each frame exactly, within them the right two."""
    job = stage.job(text)
    film = stage.film(text)
    numbers = {shot: CLIPS[name] for shot, name in clips.items()}
    pictures = read_film(film.path)
    assert len(pictures) == film.frames == job.timeline.frames
    seen, wanted = read_clocks(pictures), expected(job.timeline, numbers)
    wrong = [(at, one, two) for at, (one, two) in enumerate(zip(seen, wanted, strict=True)) if two and one != two]
    assert not wrong, wrong[:8]
    for index, join in enumerate(job.timeline.joins):
        if join.transition.kind == "dissolve":
            check_dissolve(stage, text, index, pictures)


def check_dissolve(stage: Stage, text: str, index: int, pictures: Pictures) -> None:
    """Each frame of a dissolve mixes the right frames of its two clips, ever more of the second, in equal steps."""
    timeline = stage.job(text).timeline
    before, after, frames = timeline.clips[index], timeline.clips[index + 1], timeline.joins[index].frames
    numbers = {Path(name).stem: number for name, number in CLIPS.items()}
    for step in range(frames):
        old = (
            numbers[Path(before.shot.footage).stem],
            before.source_frame(before.frames - frames + step),
        )
        new = (numbers[Path(after.shot.footage).stem], after.source_frame(step))
        if old == new:  # a clip that goes over into itself
            assert read_clock(pictures[after.start + step]) == old
            continue
        weight, rest = weight_of(pictures[after.start + step], old, new)
        assert weight == pytest.approx((step + 1) / (frames + 1), abs=0.02)
        assert rest < 8


# Cuts


def test_cuts_show_every_frame_in_order(shared_stage: Stage) -> None:
    text = f"""{small()}
shots:
- {{id: a, footage: r24.mp4, in: 12f, length: 30f}}
- {{id: b, footage: other.mp4, in: 2s, out: 3.5s}}
- {{id: c, footage: r24.mp4, out: 10f}}
- {{id: d, footage: other.mp4, in: 119f}}
"""
    film = shared_stage.film(text)
    first, second = CLIPS["r24"], CLIPS["other"]
    assert read_clocks(read_film(film.path)) == [
        *((first, frame) for frame in range(12, 42)),
        *((second, frame) for frame in range(48, 84)),
        *((first, frame) for frame in range(10)),
        (second, 119),
    ]
    check_film(film.path, 77, Fraction(24))


def test_a_clip_of_many_segments_is_whole(shared_stage: Stage) -> None:
    text = f"{small()}shots: [{{id: a, footage: r24.mp4}}]"
    assert shared_stage.film(text).segments == 3
    assert shared_stage.shown(text) == [(CLIPS["r24"], frame) for frame in range(120)]


def test_a_film_of_one_frame(shared_stage: Stage) -> None:
    text = f"{small()}shots: [{{id: a, footage: r24.mp4, in: 7f, length: 1f}}]"
    film = shared_stage.film(text)
    assert read_clocks(read_film(film.path)) == [(CLIPS["r24"], 7)]
    check_film(film.path, 1, Fraction(24))


def test_shots_of_one_and_two_frames(shared_stage: Stage) -> None:
    shots = "\n".join(f"- {{id: s{at}, footage: r24.mp4, in: {at * 5}f, length: {1 + at % 3}f}}" for at in range(9))
    text = f"{small()}shots:\n{shots}"
    wanted = [(CLIPS["r24"], at * 5 + frame) for at in range(9) for frame in range(1 + at % 3)]
    assert shared_stage.shown(text) == wanted
    check_film(shared_stage.film(text).path, len(wanted), Fraction(24))


def test_an_in_point_between_two_frames_near_the_end_of_a_clip(shared_stage: Stage) -> None:
    """12.72 frames into a clip whose place in the film wants one frame more than is left behind frame 13."""
    text = f"""{small()}
shots:
- {{id: a, footage: other.mp4, length: 1.0125s}}
- {{id: b, footage: r24.mp4, in: 0.53s}}
"""
    job = shared_stage.job(text)
    assert job.timeline.clips[1].frames == 108
    check_clocks(shared_stage, text, {"a": "other", "b": "r24"})
    seen = [clock for clock in shared_stage.shown(text) if clock and clock[0] == CLIPS["r24"]]
    assert len(set(seen)) == 108, "no frame is shown twice"


def test_a_pause_is_a_card_with_nothing_on_it(shared_stage: Stage) -> None:
    """Half a second of black and silence, to the frame."""
    pause = '{id: pause, card: {background: "#000000"}, duration: 0.5s}'
    text = f"{small()}shots: [{{id: a, footage: r24.mp4, length: 1s}}, {pause}, {{id: b, footage: r24.mp4, out: 1s}}]"
    pictures = read_film(shared_stage.film(text).path)
    assert len(pictures) == 24 + 12 + 24
    assert (abs(pictures[24:36].astype(int) - 16) <= 1).all()
    assert all(read_clocks(pictures[:24]))
    assert all(read_clocks(pictures[36:]))


def test_a_shot_that_goes_on_skips_the_frame_that_both_clips_have(shared_stage: Stage) -> None:
    """Generated shots are made of footage here: only where their pictures come from differs."""
    text = f"""{small()}
shots:
- {{id: a, prompt: A fox., duration: 5s}}
- {{id: b, prompt: It runs., first: {{shot: a, frame: last}}, duration: 5s}}
"""
    stage = shared_stage
    job = stage.job(f"{small()}shots: [{{id: a, footage: r24.mp4}}, {{id: b, footage: other.mp4}}]")
    storyboard = stage.load(text)
    clips = job.timeline.clips
    sources = {clip.shot.id: Source(clip.facts, clip.digest) for clip in clips}
    timeline = build_timeline(storyboard, job.output, sources)
    film = assembled(replace(job, storyboard=storyboard, timeline=timeline), stage.cache, unwatched)
    assert read_clocks(read_film(film.path)) == [
        *((CLIPS["r24"], frame) for frame in range(120)),
        *((CLIPS["other"], frame) for frame in range(1, 120)),
    ]


# Rates


@pytest.mark.parametrize(
    ("clip", "rate"),
    [
        ("r25", "24"), ("r30", "24"), ("r24", "30"), ("r60", "30"), ("film", "24"), ("r24", "24000/1001"),
        ("video", "24"), ("r25", "30000/1001"), ("film", "24000/1001"), ("r24", "60"), ("r30", "25"), ("r60", "23.976"),
    ],
)  # fmt: skip
def test_a_clip_of_another_rate_shows_its_own_frame_at_each_time(shared_stage: Stage, clip: str, rate: str) -> None:
    text = f"{small(rate)}shots: [{{id: a, footage: {clip}.mp4}}]"
    job = shared_stage.job(text)
    source, film = RATES[clip], job.output.rate
    frames = round(5 * source / source * film * Fraction(round(5 * source)) / (5 * source))
    wanted = [(CLIPS[clip], (at * source / film).__floor__()) for at in range(frames)]
    assert shared_stage.shown(text) == wanted
    assert job.timeline.frames == frames
    check_film(shared_stage.film(text).path, frames, film)


@pytest.mark.parametrize(("clip", "rate"), [("r25", "24"), ("r24", "30"), ("film", "24"), ("r60", "24000/1001")])
def test_an_in_point_deep_in_a_clip_of_another_rate(shared_stage: Stage, clip: str, rate: str) -> None:
    text = f"""{small(rate)}
shots:
- {{id: a, footage: {clip}.mp4, in: 1.3s, out: 4.9s, transition: {{type: dissolve, duration: 0.4s}}}}
- {{id: b, footage: other.mp4, in: 1.7s, length: 2.6s, transition: {{type: dissolve, duration: 0.3s}}}}
- {{id: c, footage: {clip}.mp4, in: 0.37s, length: 3.1s}}
"""
    check_clocks(shared_stage, text, {"a": clip, "b": "other", "c": clip})


# Transitions


def test_a_dissolve_mixes_the_right_frames_in_equal_steps(shared_stage: Stage) -> None:
    text = f"""{small()}
shots:
- {{id: a, footage: r24.mp4, in: 10f, length: 40f, transition: {DISSOLVE}}}
- {{id: b, footage: other.mp4, in: 30f, length: 24f, transition: {DISSOLVE}}}
- {{id: c, footage: r25.mp4, length: 2s}}
"""
    check_clocks(shared_stage, text, {"a": "r24", "b": "other", "c": "r25"})
    film = shared_stage.film(text)
    assert film.frames == 40 + 24 + 48 - 24
    check_film(film.path, film.frames, Fraction(24))


@pytest.mark.parametrize("kind", ["dissolve", "fade", "wipeleft"])
def test_a_transition_of_any_length_has_all_its_frames(shared_stage: Stage, kind: str) -> None:
    names = {f"s{at}": "other" if at % 2 else "r24" for at in range(5)}
    edges = [f", transition: {{type: {kind}, duration: {frames}f}}" for frames in (1, 2, 3, 25)]
    shots = [
        f"- {{id: {shot}, footage: {name}.mp4, length: 30f{edge}}}"
        for (shot, name), edge in zip(names.items(), [*edges, ""], strict=True)
    ]
    check_clocks(shared_stage, f"{small()}shots:\n" + "\n".join(shots), names)


def test_a_fade_goes_down_into_its_colour_and_up_again(shared_stage: Stage) -> None:
    text = f"""{small()}
shots:
- {{id: a, footage: r24.mp4, length: 48f, transition: {{type: fade, duration: 20f, color: "#c03020"}}}}
- {{id: b, footage: other.mp4, length: 48f}}
"""
    check_clocks(shared_stage, text, {"a": "r24", "b": "other"})
    film = shared_stage.film(f"{text}open: {{fade: 8f, color: '#20c040'}}\n")
    (opening,) = read_colours(film.path, [0])
    assert np.abs(opening.reshape(-1, 3).mean(axis=0) - (0x20, 0xC0, 0x40)).max() < 4
    strengths = [contrast(picture) for picture in read_film(film.path)[28:48]]
    down, up = strengths[:10], strengths[10:]
    assert down == sorted(down, reverse=True)
    assert up == sorted(up)
    assert min(strengths) < 0.12
    assert np.diff(down).min() > -0.2, "it sinks in even steps"
    (deepest,) = read_colours(film.path, [28 + int(np.argmin(strengths))])
    assert np.abs(deepest.reshape(-1, 3).mean(axis=0) - (0xC0, 0x30, 0x20)).max() < 4


@pytest.mark.parametrize("kind", ["wipeleft", "circleopen", "smoothleft", "fadeblack", "zoomin"])
def test_other_transitions_go_from_the_one_to_the_other(shared_stage: Stage, kind: str) -> None:
    text = f"""{small()}
shots:
- {{id: a, footage: r24.mp4, length: 36f, transition: {{type: {kind}, duration: 12f}}}}
- {{id: b, footage: other.mp4, length: 36f}}
"""
    check_clocks(shared_stage, text, {"a": "r24", "b": "other"})
    pictures = read_film(shared_stage.film(text).path)
    near = [weight_of(pictures[24 + step], (CLIPS["r24"], 24 + step), (CLIPS["other"], step)) for step in (1, 6, 11)]
    if kind not in ("fadeblack", "zoomin"):
        assert near[0][0] < 0.35
        assert near[2][0] > 0.65
        assert near[0][0] <= near[1][0] + 0.01 <= near[2][0] + 0.02


def test_a_wipe_to_the_left_uncovers_the_right_side_first(shared_stage: Stage) -> None:
    text = f"""{small()}
shots:
- {{id: a, footage: r24.mp4, length: 36f, transition: {{type: wipeleft, duration: 12f}}}}
- {{id: b, footage: other.mp4, length: 36f}}
"""
    middle = read_film(shared_stage.film(text).path)[30]
    old, new = (read_film(shared_stage.folder / name)[frame] for name, frame in (("r24.mp4", 30), ("other.mp4", 6)))
    left, right = np.s_[:, : WIDTH // 2 - 4], np.s_[:, WIDTH // 2 + 4 :]
    assert np.abs(middle[left].astype(int) - old[left]).mean() < 4
    assert np.abs(middle[right].astype(int) - new[right]).mean() < 4


# The film's own fades


def levels(stage: Stage, text: str) -> list[float]:
    """The contrast of every frame of a film."""
    return [contrast(picture) for picture in read_film(stage.film(text).path)]


def test_a_film_opens_and_closes(shared_stage: Stage) -> None:
    text = f"{small()}open: {{fade: 12f}}\nclose: {{fade: 24f}}\nshots: [{{id: a, footage: r24.mp4}}]"
    seen = levels(shared_stage, text)
    assert len(seen) == 120
    assert seen[:12] == pytest.approx([at / 12 for at in range(12)], abs=0.06)
    assert seen[12:96] == pytest.approx([1.0] * 84, abs=0.03)
    assert seen[96:] == pytest.approx([1 - at / 24 for at in range(24)], abs=0.06)


def test_a_fade_longer_than_a_segment_runs_on(shared_stage: Stage) -> None:
    text = f"""{small()}
open: {{fade: 3s, color: "#ffffff"}}
close: {{fade: 4s}}
shots: [{{id: a, footage: r24.mp4}}, {{id: b, footage: other.mp4}}]
"""
    seen = levels(shared_stage, text)
    assert seen[:72] == pytest.approx([at / 72 for at in range(72)], abs=0.05)
    assert seen[72:144] == pytest.approx([1.0] * 72, abs=0.03)
    assert seen[144:] == pytest.approx([1 - at / 96 for at in range(96)], abs=0.05)


@pytest.mark.parametrize("kind", ["dissolve", "smoothleft"])
def test_a_closing_fade_begins_within_a_transition(shared_stage: Stage, kind: str) -> None:
    """Both clips are the same here, so that nothing but the fade changes the contrast."""
    text = f"""{small()}
close: {{fade: 2s}}
shots:
- {{id: a, footage: r24.mp4, out: 48f, transition: {{type: {kind}, duration: 24f}}}}
- {{id: b, footage: r24.mp4, in: 24f, length: 60f}}
"""
    seen = levels(shared_stage, text)
    assert len(seen) == 84
    assert seen[:36] == pytest.approx([1.0] * 36, abs=0.03)
    assert seen[36:] == pytest.approx([1 - at / 48 for at in range(48)], abs=0.06)


def test_an_opening_fade_ends_within_a_transition(shared_stage: Stage) -> None:
    text = f"""{small()}
open: {{fade: 36f}}
shots:
- {{id: a, footage: r24.mp4, out: 48f, transition: {{type: dissolve, duration: 24f}}}}
- {{id: b, footage: r24.mp4, in: 24f, length: 60f}}
"""
    seen = levels(shared_stage, text)
    assert seen[:36] == pytest.approx([at / 36 for at in range(36)], abs=0.06)
    assert seen[36:] == pytest.approx([1.0] * 48, abs=0.03)


# The same bytes


FULL = f"""{small(loudness=-16)}
open: {{fade: 12f}}
close: {{fade: 1s, color: "#201008"}}
sound: {{music: {{file: click.wav, fade_out: 0.2s}}}}
shots:
- {{id: t, card: {{text: "Title\\nbelow it"}}, duration: 1s, transition: {{type: fade, duration: 12f}}}}
- {{id: a, footage: low.mp4, length: 1.5s, transition: {DISSOLVE}, captions: [{{text: Here, at: 0.5s, for: 1s}}]}}
- {{id: b, footage: high.mp4, in: 2s, transition: {{type: smoothleft, duration: 12f}}}}
- {{id: c, footage: wide.mp4, fit: blur, length: 1s}}
- {{id: d, footage: r25.mp4, fit: contain, in: 3s}}
"""


def test_the_same_film_is_made_again_byte_for_byte(footage: Path, tmp_path: Path) -> None:
    one = set_stage(footage, tmp_path / "one").film(FULL)
    pools: list[Executor] = [ThreadPoolExecutor(1), ThreadPoolExecutor(2)]
    digests = set()
    for index, pool in enumerate(pools):
        with pool:
            film = set_stage(footage, tmp_path / f"again {index}").film(FULL, executor=pool)
            assert film.encoded == film.segments
            digests.add(film.sha256)
    assert digests == {one.sha256} == {files.sha256(one.path)}
    check_film(one.path, one.frames, Fraction(24))


def test_segments_may_be_made_in_other_processes(footage: Path, tmp_path: Path) -> None:
    """The executor may be an engine's that pickles its work."""
    here = set_stage(footage, tmp_path / "here").film(FULL)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        stage = set_stage(footage, tmp_path / "there")
        job = replace(stage.job(FULL), locate=lambda digest: stage.sources[digest])
        there = assembled(job, stage.cache, unwatched, pool)
    assert there.sha256 == here.sha256


def test_a_segments_bytes_do_not_depend_on_its_company(footage: Path, tmp_path: Path) -> None:
    """Segments of a clip are encoded together where several are wanted, and alone where one is."""
    stage = set_stage(footage, tmp_path / "film")
    first = stage.film(FULL)
    for segment in sorted((stage.cache.folder / "segments").rglob("*.mp4")):
        before = files.sha256(segment)
        segment.unlink()
        first.path.unlink()
        again = stage.film(FULL)
        assert again.encoded == 1
        assert files.sha256(segment) == before
        assert again.sha256 == first.sha256


HANDED_ON = [
    "dissolve", "dissolve, easing: in-out", "smoothleft", "radial", "pixelize", "hblur", "fadeblack", "distance"
]  # fmt: skip
"""Transitions of which the coming shot's frames are drawn with that shot; of the last one they are not."""


def test_frames_that_are_handed_on_are_those_that_would_be_decoded(
    footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = ["r24", "r25", "wide", "other", "low", "video", "high", "r24", "other"]
    shots = [
        f"{{id: s{at}, footage: {clip}.mp4, length: 2s, fit: {('cover', 'blur')[at % 2]}, speed: {1 + at % 2 / 4}"
        + (f", transition: {{type: {HANDED_ON[at]}, duration: 9f}}" if at < len(HANDED_ON) else "") + "}"
        for at, clip in enumerate(clips)
    ]  # fmt: skip
    text = f"{small()}shots: [{', '.join(shots)}]"
    inputs: list[list[str]] = []
    run_ffmpeg = ffmpeg.run

    def recorded(*args: str, **more: Any) -> None:
        inputs.append([args[at + 1] for at, one in enumerate(args) if one == "-i" and "libx264" in args])
        run_ffmpeg(*args, **more)

    monkeypatch.setattr(ffmpeg, "run", recorded)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    stage = set_stage(footage, tmp_path / "handed on")
    with ThreadPoolExecutor(1) as pool:
        handed = stage.film(text, executor=pool)
    assert sum(path.endswith(".part") for run in inputs for path in run) == len(HANDED_ON) - 1
    assert list(stage.cache.unfinished.iterdir()) == []
    inputs.clear()
    monkeypatch.setattr(room, "LARGEST_HEAD", 0)
    with ThreadPoolExecutor(1) as pool:
        decoded = set_stage(footage, tmp_path / "decoded").film(text, executor=pool)
    assert not any(path.endswith(".part") for run in inputs for path in run)
    assert handed.sha256 == decoded.sha256


def test_a_film_that_is_there_is_not_touched(stage: Stage) -> None:
    text = f"{small(size=SMALLER)}shots: [{{id: a, footage: r24.mp4, length: 1s}}]"
    first = stage.film(text)
    assert (first.written, first.encoded) == (True, first.segments)
    before = first.path.stat()
    second = stage.film(text)
    assert (second.written, second.encoded, second.sha256) == (False, 0, first.sha256)
    after = first.path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_film_that_is_gone_or_changed_is_joined_again_without_encoding(stage: Stage) -> None:
    text = f"{small()}shots: [{{id: a, footage: r24.mp4, length: 3s}}]"
    first = stage.film(text)
    first.path.unlink()
    second = stage.film(text)
    assert (second.written, second.encoded, second.sha256) == (True, 0, first.sha256)
    first.path.write_bytes(b"something else")
    assert stage.film(text).sha256 == first.sha256 == files.sha256(first.path)


def test_nothing_unfinished_is_left(stage: Stage) -> None:
    stage.film(FULL)
    left = [path for path in stage.folder.rglob("*") if path.suffix in (".part", ".tmp", ".words", ".f32")]
    assert [path for path in left if path.parent.parent.name != "sounds"] == []


def test_progress_is_told_in_frames(stage: Stage) -> None:
    events: list[Event] = []
    text = f"{small(size=SMALLER)}shots: [{{id: a, footage: r24.mp4}}]"
    assembled(stage.job(text), stage.cache, events.append)
    told = [event for event in events if isinstance(event, Assembling)]
    assert told == events
    assert [event.done for event in told] == sorted(event.done for event in told)
    assert (told[0].done, told[0].reused, told[-1].done, told[-1].total) == (0, 0, 120, 120)
    events.clear()
    longer = f"{small(size=SMALLER)}shots: [{{id: a, footage: r24.mp4}}, {{id: b, footage: other.mp4, length: 1s}}]"
    assembled(stage.job(longer), stage.cache, events.append)
    assert events[0] == Assembling("film", 120, 144, 120)
    assert events[-1] == Assembling("film", 144, 144, 120)


def test_only_what_an_edit_touches_is_encoded(stage: Stage) -> None:
    shots = [f"{{id: s{at}, footage: {'other' if at % 2 else 'r24'}.mp4}}" for at in range(4)]
    first = stage.film(f"{small(size=SMALLER)}shots: [{', '.join(shots)}]")
    assert first.segments == 12
    shots[1] = shots[1].replace(".mp4", ".mp4, out: 4.5s")
    assert stage.film(f"{small(size=SMALLER)}shots: [{', '.join(shots)}]").encoded == 1
    assert stage.film(f"{small(size=SMALLER)}shots: [{', '.join(reversed(shots))}]").encoded == 0


# Failures


@pytest.mark.parametrize("damage", [b"", b"no film at all", None], ids=["empty", "text", "cut"])
def test_a_damaged_segment_of_the_cache_is_made_again(stage: Stage, damage: bytes | None) -> None:
    text = f"{small(size=SMALLER)}shots: [{{id: a, footage: r24.mp4}}]"
    film = stage.film(text)
    film.path.unlink()
    segments = sorted((stage.cache.folder / "segments").rglob("*.mp4"))
    segments[0].write_bytes(segments[1].read_bytes()[:2000] if damage is None else damage)
    again = stage.film(text)
    assert again.encoded == 1
    assert again.sha256 == film.sha256


def test_a_clip_that_is_saved_while_it_is_used_is_not_remembered_as_what_it_was(stage: Stage) -> None:
    text = f"{small(size=SMALLER)}shots: [{{id: a, footage: r24.mp4, length: 1s}}]"
    job, clip = stage.job(text), stage.folder / "r24.mp4"
    before, other = clip.read_bytes(), (stage.folder / "other.mp4").read_bytes()

    def save(_: Event) -> None:
        clip.write_bytes(other)  # somebody's editor, in the middle of a render

    with pytest.raises(Transient, match="was changed while it was used"):
        assembled(job, stage.cache, save)
    clip.write_bytes(before)
    assert {clock[0] for clock in read_clocks(read_film(stage.film(text).path)) if clock} == {CLIPS["r24"]}


@pytest.mark.parametrize("rate", [24, 25])
def test_a_clip_that_breaks_off_after_it_was_looked_at_stops_the_film(stage: Stage, rate: int) -> None:
    path = write_clock(stage.folder / "cut.mp4", 1, 120, 24, options=("-movflags", "+faststart"))
    job = stage.job(f"{small(rate)}shots: [{{id: a, footage: cut.mp4}}]")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(Refused, match=r"`a`: .*(whole|ffmpeg failed|cut short)") as caught:
        assembled(job, stage.cache, unwatched)
    assert caught.value.where == job.storyboard.shots[0].at("footage")
    assert not job.target.exists()


def test_a_project_may_have_any_name(footage: Path, tmp_path: Path) -> None:
    stage = set_stage(footage, tmp_path / 'fïlm\'s [a]: b, c;d & <e> "f" %d {g} =h')
    text = f"""{small()}
sound: {{music: {{file: "thème: 'a', [b]; c.wav"}}}}
shots:
- {{id: t, card: {{text: Title}}, duration: 1s, transition: {DISSOLVE}}}
- {{id: a, footage: "it's [1], 2;3: clip.mp4", length: 2s, captions: [{{text: Words, for: 1s}}]}}
- {{id: i, card: {{image: "pïcture's [a], b;c.png", text: Over}}, duration: 1s}}
"""
    (stage.folder / "r24.mp4").rename(stage.folder / "it's [1], 2;3: clip.mp4")
    (stage.folder / "click.wav").rename(stage.folder / "thème: 'a', [b]; c.wav")
    from PIL import Image

    Image.new("RGB", (320, 320), "#204060").save(stage.folder / "pïcture's [a], b;c.png")
    film = stage.film(text)
    check_film(film.path, 24 + 48 + 24 - 12, Fraction(24))
    plain = set_stage(footage, tmp_path / "plain")
    for name in ("it's [1], 2;3: clip.mp4", "thème: 'a', [b]; c.wav", "pïcture's [a], b;c.png"):
        (plain.folder / name).write_bytes((stage.folder / name).read_bytes())
    assert plain.film(text).sha256 == film.sha256, "and its name is not in the film: text is drawn with the same fonts"


# Random films


def random_film(seed: int) -> tuple[str, dict[str, str]]:
    """A storyboard of a few clips that are cut and joined at random, and the clip of each shot."""
    chance = random.Random(seed)
    rate = chance.choice(["24", "25", "30", "24000/1001", "30000/1001"])
    shots, clips = [], {}
    count = chance.randint(2, 5)
    for index in range(count):
        clip = chance.choice([*RATES, "other"])
        start = chance.choice(["0s", "0.25s", "7f", "0.53s", "1.3s", "00:00:00:13"])
        length = chance.choice(["1s", "30f", "1.71s", "2.2s", "3.3s"])
        duration = chance.choice(["1f", "5f", "0.2s", "0.33s", "0.49s"])
        kind = chance.choice(["cut", "cut", "dissolve", "dissolve", "fade", "wipeup", "circleopen"])
        edge = "" if index == count - 1 else f", transition: {kind}"
        if edge and kind != "cut":
            edge = f", transition: {{type: {kind}, duration: {duration}}}"
        shots.append(f"- {{id: s{index}, footage: {clip}.mp4, in: {start}, length: {length}{edge}}}")
        clips[f"s{index}"] = clip
    return f"{small(rate)}shots:\n" + "\n".join(shots), clips


@pytest.mark.stress
@pytest.mark.parametrize("seed", range(FILMS))
def test_random_films_show_what_their_timelines_say(shared_stage: Stage, seed: int) -> None:
    text, clips = random_film(seed)
    job = shared_stage.job(text)
    check_clocks(shared_stage, text, clips)
    check_film(job.target, job.timeline.frames, job.timeline.rate)


def test_sizes_and_sounds_that_the_clips_do_not_have(stage: Stage) -> None:
    """A clip of another size is scaled, and one whose sound is mono at 44.1 kHz is heard."""
    write_clock(stage.folder / "big.mp4", 3, 30, size=(320, 180), sound=tone(500, 1.25, rate=44_100, channels=1),
                sound_rate=44_100)  # fmt: skip
    text = f"{small()}shots: [{{id: a, footage: big.mp4}}]"
    assert stage.shown(text) == [(3, frame) for frame in range(30)]
    with av.open(str(stage.film(text).path)) as container:
        picture = container.streams.video[0]
        assert (picture.width, picture.height) == (WIDTH, HEIGHT)
    assert NTSC_FILM < 24
    assert Cache(stage.folder).folder != stage.cache.folder
