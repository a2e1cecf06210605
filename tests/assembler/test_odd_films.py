"""Odd footage in a film: whatever a camera saved comes out upright, in its shape, in its colours, on its frame."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from storyboard.assembler import media
from tests.assembler.hostile import boxes
from tests.media import (
    Stage,
    level,
    pitch,
    read_colours,
    read_film,
    read_sound,
    run,
    small,
    tone,
    write_clock,
    write_footage,
)


def footage(more: str = "", rate: int = 24, size: str = "160x90") -> str:
    """A film of one clip."""
    return f"{small(rate, size)}shots: [{{id: a, footage: odd.mp4{more}}}]"


def test_uneven_times_keep_pace_with_the_clock(stage: Stage) -> None:
    """Thirty frames a second of which a third is missing: seconds are seconds."""
    select = "select='not(between(mod(n,20),3,9))'"
    run("-i", str(stage.folder / "r30.mp4"), "-vf", select, "-fps_mode", "vfr", "-qp", "12",
        str(stage.folder / "odd.mp4"))  # fmt: skip
    shown = [clock[1] if clock else None for clock in stage.shown(footage(rate=30))]
    assert shown == [frame - max(0, frame % 20 - 2) if 3 <= frame % 20 <= 9 else frame for frame in range(len(shown))]
    assert len(shown) == media.probe(stage.folder / "odd.mp4").frames


def test_a_long_clip_is_read_from_where_it_is_needed_and_frames_are_the_same(stage: Stage) -> None:
    write_clock(stage.folder / "odd.mp4", 1, 480, options=("-g", "48", "-bf", "3", "-x264-params", "open-gop=1"))
    shown = stage.shown(footage(", in: 13s, out: 19s"))
    assert shown == [(1, frame) for frame in range(312, 456)]


def test_a_phone_that_was_held_upright(stage: Stage) -> None:
    picture = np.full((90, 160), 60, np.uint8)
    picture[:45, :80] = 220
    write_footage(stage.folder / "flat.mp4", [picture] * 24, 24, (160, 90))
    run("-display_rotation", "90", "-i", str(stage.folder / "flat.mp4"), "-c", "copy", str(stage.folder / "odd.mp4"))
    seen = read_film(stage.film(footage(size="90x160")).path)[0]
    assert seen.shape == (160, 90)
    assert seen[120, 20] > 190
    assert seen[40, 20] < 100


def test_pixels_that_are_not_square(stage: Stage) -> None:
    circle = "geq=lum='if(lt(hypot(X-256,Y-144),90),220,60)':cb=128:cr=128,scale=360:288,setsar=64/45"
    run("-f", "lavfi", "-i", "color=gray:s=512x288:r=24:d=0.5", "-vf", circle, "-pix_fmt", "yuv420p", "-qp", "12",
        str(stage.folder / "odd.mp4"))  # fmt: skip
    seen = read_film(stage.film(footage(size="512x288")).path)[3]
    assert (seen[144] > 140).sum() == pytest.approx((seen[:, 256] > 140).sum(), abs=4)


def test_colours_of_standard_definition(stage: Stage) -> None:
    how = "scale=out_color_matrix=bt601:out_range=pc,format=yuv420p,setparams=range=pc:colorspace=smpte170m"
    run("-f", "lavfi", "-i", "color=0xc82828:s=160x90:r=24:d=0.5", "-vf", f"format=gbrp,{how}", "-qp", "8",
        str(stage.folder / "odd.mp4"))  # fmt: skip
    seen = read_colours(stage.film(footage()).path, [3])[0]
    assert np.abs(seen[20:70, 20:140].reshape(-1, 3).mean(0) - (200, 40, 40)).max() <= 6


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_sound_of_every_layout_is_heard_on_both_sides(stage: Stage, channels: int) -> None:
    write_clock(stage.folder / "odd.mp4", 1, 48, sound=tone(440, 2, channels=channels))
    sound = read_sound(stage.film(footage()).path)
    assert pitch(sound, 0.2, 1.8) == pytest.approx(440, abs=2)
    assert level(sound[:, 0]) == pytest.approx(level(sound[:, 1]), rel=0.02)


@pytest.mark.parametrize("seconds", [0.5, 4.0])
def test_sound_that_is_longer_or_shorter_than_its_picture(stage: Stage, seconds: float) -> None:
    write_clock(stage.folder / "odd.mp4", 1, 48, sound=tone(440, seconds))
    film = stage.film(footage())
    sound = read_sound(film.path)
    assert film.seconds == Fraction(2)
    assert len(sound) == pytest.approx(2 * 48_000, abs=2048)
    assert level(sound[4800:19_200]) > 0.05
    assert (level(sound[40_000:90_000]) > 0.05) is (seconds > 2)


def test_fields_are_woven_into_pictures(stage: Stage) -> None:
    moving = "color=black:s=320x180:r=50:d=2,format=yuv420p,drawbox=w=40:h=180:c=white:t=fill,scroll=horizontal=-0.03"
    run("-f", "lavfi", "-i", f"{moving},interlace", "-flags", "+ilme+ildct", "-x264-params", "tff=1", "-qp", "8",
        str(stage.folder / "odd.mp4"))  # fmt: skip
    seen = read_film(stage.film(footage(rate=25, size="320x180")).path).astype(int)
    assert len(seen) == 50
    assert np.abs(seen[:, 2:-2:2] - seen[:, 1:-3:2]).mean() < 2


@pytest.mark.parametrize("first", [False, True])
def test_the_cover_of_a_recording_is_not_its_picture(stage: Stage, first: bool) -> None:
    """Wherever in the file it stands: what is shown, and what a still is taken from, is what moves."""
    cover, path = stage.folder / "cover.png", stage.folder / "odd.mp4"
    run("-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", str(cover))
    run("-i", str(write_clock(stage.folder / "plain.mp4", 1, 24, sound=tone(440, 1))), "-i", str(cover), "-map", "0",
        "-map", "1", "-c", "copy", "-disposition:v:1", "attached_pic", str(path))  # fmt: skip
    if first:
        path.write_bytes(with_cover_first(path.read_bytes()))
    assert media.probe(path) == media.probe(stage.folder / "plain.mp4")
    assert stage.shown(footage()) == [(1, frame) for frame in range(24)]
    assert media.last_frame(path).size == (160, 90)


def with_cover_first(data: bytes) -> bytes:
    """An MP4, its index behind its pictures, with what the index says of a cover moved to the index's beginning."""
    spans = {name: (begin - 8, end) for name, begin, end in boxes(data) if name in (b"moov", b"udta")}
    (moov, end), (udta, _) = spans[b"moov"], spans[b"udta"]
    assert end == len(data)
    head = moov + 8 + int.from_bytes(data[moov + 8 : moov + 12], "big")  # behind `mvhd`
    return data[:head] + data[udta:end] + data[head:udta]
