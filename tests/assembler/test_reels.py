"""The filters that select a reel's frames: whatever frames they are, and wherever the decoder began."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from storyboard.assembler.reels import select_frames
from storyboard.assembler.segments import Reel, Segment
from storyboard.assembler.stretches import Stretch, stretches_of
from tests.media import read_clocks, read_film, run, write_clock

SIZE = (96, 64)
FRAMES = 120
BEGUN = 30
"""What a decoder begins with that has sought."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of the clock at 25 frames a second, and beside it what is left of it behind `BEGUN` frames."""
    whole = write_clock(tmp_path_factory.mktemp("reels") / "clip.mp4", 1, FRAMES, 25, size=SIZE)
    late = f"trim=start_frame={BEGUN}"  # its first time stamp is not 0
    run(
        "-i",
        str(whole),
        "-vf",
        late,
        "-fps_mode",
        "passthrough",
        "-copyts",
        "-qp",
        "12",
        str(whole.parent / "late.mp4"),
    )
    return whole


def segment_of(frames: Sequence[int], rate: Fraction) -> Segment:
    """A segment that shows these frames of the clip."""
    stretches, backwards = stretches_of(frames)
    reel = Reel("", (), SIZE, Fraction(25), stretches, backwards, "cover", (0.5, 0.5))
    return Segment(len(frames), rate, *SIZE, (reel,), "", "linear", "", (), ())


def shown(clip: Path, frames: Sequence[int], rate: Fraction, decoded: int = 0) -> list[int]:
    """What the filters make of a clip."""
    segment = segment_of(frames, rate)
    chain = select_frames(segment.reels[0], segment, decoded)
    target = clip.parent / "selected.mp4"
    run("-i", str(clip), "-vf", chain, "-fps_mode", "passthrough", "-c:v", "libx264", "-qp", "12", str(target))
    clocks = read_clocks(read_film(target))
    assert None not in clocks
    return [clock[1] for clock in clocks if clock]


def test_frames_in_few_words() -> None:
    assert stretches_of(range(24, 72)) == ((Stretch(24, 48, 1, 1),), False)
    assert stretches_of([7]) == ((Stretch(7, 1, 1, 1),), False)
    assert stretches_of([5, 5, 4, 4]) == ((Stretch(4, 2, 1, 2),), True)
    assert stretches_of([0, 4, 8, 8, 8, 9]) == ((Stretch(0, 2, 4, 1), Stretch(8, 1, 1, 3), Stretch(9, 1, 1, 1)), False)
    assert [one.last for one in stretches_of([0, 4, 8, 8, 8, 9])[0]] == [4, 8, 9]


def wander(seed: int) -> list[int]:
    """Frames that stand still, go on, and leap, in one direction."""
    chance = random.Random(seed)
    frame = chance.randrange(BEGUN, 60)
    frames: list[int] = []
    while frame < FRAMES and len(frames) < chance.randint(1, 60):
        frames += [frame] * chance.choice((1, 1, 1, 2, 3))
        frame += chance.choice((1, 1, 1, 2, 5))
    return frames[::-1] if seed % 2 else frames


@pytest.mark.parametrize("seed", range(10))
def test_any_frames_come_as_they_are_asked_for(clip: Path, seed: int) -> None:
    frames, rate = wander(seed), (Fraction(24), Fraction(25), Fraction(60000, 1001))[seed % 3]
    assert shown(clip, frames, rate) == frames
    assert shown(clip.parent / "late.mp4", frames, rate, BEGUN) == frames


def test_more_stretches_than_ffmpeg_adds_up_at_once(clip: Path) -> None:
    frames = [frame for frame in range(110) for _ in range(1 + (frame % 2))]
    assert len(stretches_of(frames)[0]) > 98
    assert shown(clip, frames, Fraction(24)) == frames


@pytest.mark.parametrize(
    "frames", [range(100, 121), range(100, 122, 3), [119] * 5 + [120] * 5, range(120, 100, -1), [0, *range(119, 121)]]
)
def test_of_a_clip_that_breaks_off_too_few_frames_come(clip: Path, frames: Sequence[int]) -> None:
    assert len(shown(clip, frames, Fraction(24))) < len(frames)
