"""The clips themselves: their form, their bytes, and that they begin and end on their stills."""

from __future__ import annotations

import asyncio
import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from PIL import Image, ImageOps

from storyboard.gateway.local.animatic import Animatic, CannotDraw
from storyboard.gateway.local.jobs import Jobs
from storyboard.gateway.local.motion import plan_move
from storyboard.gateway.local.order import Order
from storyboard.gateway.local.pictures import plan_pictures
from storyboard.planner.catalogue import catalogue

from .calling import I2V, compare, read_frames, still

if TYPE_CHECKING:
    from .calling import Grey
    from .conftest import Draw

SIZE = (640, 360)
FIRST = still("autumn-ridge.jpg", (960, 540))
LAST = still("dandelion-backlit.jpg", (960, 540))
PAIR = Animatic("Pan left.", 3, SIZE, FIRST, LAST, audio=True)
SMALL = Animatic("Orbit.", 3, (320, 180), FIRST, LAST, audio=True)


@pytest.fixture(scope="module")
def pair(draw: Draw) -> Path:
    return draw(PAIR)


@pytest.fixture(scope="module")
def single(draw: Draw) -> Path:
    return draw(Animatic("Push in.", 4, SIZE, FIRST))


def digest(clip: Path) -> str:
    return hashlib.sha256(clip.read_bytes()).hexdigest()


def shrink(data: bytes) -> Grey:
    with Image.open(io.BytesIO(data)) as picture:
        small = ImageOps.fit(picture, SIZE, Image.Resampling.LANCZOS).convert("L")
    return np.asarray(small, dtype=np.float64)


def test_the_form_of_a_clip(pair: Path) -> None:
    with av.open(str(pair)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        codec = video.codec_context
        assert (codec.name, codec.profile, codec.pix_fmt) == ("h264", "High", "yuv420p")
        assert (video.width, video.height, video.frames) == (*SIZE, 72)
        assert video.average_rate == 24
        bt709, limited = 1, 1
        assert (codec.colorspace, codec.color_primaries, codec.color_trc) == (bt709, bt709, bt709)
        assert codec.color_range == limited
        assert (audio.codec_context.name, audio.codec_context.sample_rate) == ("aac", 48_000)
        assert audio.codec_context.layout.name == "stereo"
        assert audio.duration is not None
        assert audio.time_base is not None
        assert audio.duration * audio.time_base == 3
        assert container.duration == 3_000_000


def test_the_index_stands_before_the_pictures(pair: Path) -> None:
    data = pair.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_room_is_quiet_but_not_silent(pair: Path) -> None:
    with av.open(str(pair)) as container:
        samples = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    assert 0.001 < np.abs(samples).max() < 0.05


def test_no_sound_unless_asked_for(single: Path) -> None:
    with av.open(str(single)) as container:
        assert len(container.streams.audio) == 0
        assert container.streams.video[0].frames == 96


def test_a_pair_begins_and_ends_exactly_on_its_stills(pair: Path) -> None:
    frames = read_frames(pair)
    assert len(frames) == 72
    assert compare(frames[0], shrink(FIRST)) > 0.95
    assert compare(frames[-1], shrink(LAST)) > 0.95
    assert compare(frames[36], shrink(FIRST)) < 0.9


def test_a_single_still_begins_on_it_and_then_moves(single: Path) -> None:
    frames = read_frames(single)
    assert compare(frames[0], shrink(FIRST)) > 0.95
    assert compare(frames[-1], shrink(FIRST)) < 0.9


def test_colours_survive(single: Path) -> None:
    with av.open(str(single)) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="rgb24")
    with Image.open(io.BytesIO(FIRST)) as picture:
        wanted = np.asarray(ImageOps.fit(picture, SIZE))
    assert np.abs(frame.mean((0, 1)) - wanted.mean((0, 1))).max() < 3


def test_a_move_has_no_steps() -> None:
    """An edge is where the camera's path puts it, to a fraction of a pixel, in every picture of a slow pan."""
    half = Image.new("RGB", (960, 540))
    half.paste((255, 255, 255), (0, 0, 480, 540))
    data = io.BytesIO()
    half.save(data, "PNG")
    animatic = Animatic("pan right", 5, SIZE, data.getvalue())
    shot = plan_pictures(animatic)
    path = plan_move(animatic.prompt, 5, returns=False)
    for frame in range(0, 120, 3):
        left, _, right, _ = path(frame / 119).box(*SIZE)
        wanted = (SIZE[0] / 2 - left) * SIZE[0] / (right - left)
        found = shot(frame / 119)[180, :, 0].astype(np.float64).sum() / 255
        assert abs(found - wanted) < 0.1


def test_words_alone_draw_a_picture_without_black_edges(draw: Draw) -> None:
    frames = read_frames(draw(Animatic("Tilt up over hills.", 3, (360, 640))))
    assert len(frames) == 72
    for frame in (frames[0], frames[-1]):
        assert frame.shape == (640, 360)
        assert frame[:8].mean() > 20
        assert frame.std() > 15


def test_other_words_draw_another_picture(draw: Draw) -> None:
    one, other = (draw(Animatic(prompt, 3, (320, 180))) for prompt in ("A harbour.", "A desert."))
    assert digest(one) != digest(other)


def test_the_same_bytes_from_any_number_of_processes(draw: Draw) -> None:
    alone = digest(draw(SMALL))
    jobs = Jobs(workers=2)
    model = catalogue().models[I2V]
    drawn = [jobs.submit(Order(model, SMALL, ())) for _ in range(3)]
    try:
        assert {digest(job.clip) for job in drawn if job.drawing.result(60) is None} == {alone}
    finally:
        asyncio.run(jobs.close())


@pytest.mark.parametrize("data", [FIRST[: len(FIRST) // 2], FIRST[:2000]])
def test_a_damaged_still_is_named_and_leaves_nothing_behind(draw: Draw, single: Path, data: bytes) -> None:
    with pytest.raises(CannotDraw, match="the last image is damaged"):
        draw(Animatic("x", 3, SIZE, FIRST, data))
    assert not [path for path in single.parent.iterdir() if path.suffix != ".mp4"]
