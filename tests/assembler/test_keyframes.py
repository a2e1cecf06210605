"""Reading may begin in the middle of a clip, and every frame from there on is the one that it is when read from 0."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from storyboard.assembler import ffmpeg, media
from storyboard.assembler.keyframes import Key, Packet, Start, find_keys, stands_alone, start_before
from tests.media import run, tone, write_clock

FRAMES = 100
CLIPS: dict[str, tuple[str, ...]] = {
    "closed.mp4": ("-g", "24", "-bf", "3"),
    "open.mp4": ("-g", "24", "-bf", "3", "-x264-params", "open-gop=1:b-pyramid=normal"),
    "short.mp4": ("-g", "13", "-bf", "3"),
    "fragments.mp4": ("-g", "24", "-bf", "3", "-movflags", "+frag_keyframe+empty_moov"),
    "negative.mp4": ("-g", "24", "-bf", "3", "-movflags", "+negative_cts_offsets"),
    "open.mkv": ("-g", "24", "-bf", "3", "-x264-params", "open-gop=1"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-g", "24", "-deadline", "good", "-cpu-used", "8", "-lag-in-frames", "16"),
    "vp8.webm": ("-c:v", "libvpx", "-g", "24", "-deadline", "realtime", "-auto-alt-ref", "1", "-lag-in-frames", "16"),
    "hevc.mp4": ("-c:v", "libx265", "-x265-params", "keyint=24:open-gop=1:log-level=none", "-tag:v", "hvc1"),
    "av1.mp4": ("-c:v", "libsvtav1", "-preset", "12", "-g", "24"),
    "prores.mov": ("-c:v", "prores_ks", "-pix_fmt", "yuv422p10le"),
}
COPIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "edit.mp4": ("closed.mp4", ("-ss", "1.3")),
    "edit-open.mp4": ("open.mp4", ("-ss", "1.3")),
    "late.mp4": ("closed.mp4", ("-itsoffset", "10")),
    "late.mkv": ("closed.mp4", ("-itsoffset", "10")),
    "kept-times.mkv": ("closed.mp4", ("-ss", "2", "-copyts")),
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A clip of the clock by name, made when it is asked for."""
    folder = tmp_path_factory.mktemp("keys")

    def make(name: str) -> Path:
        path = folder / name
        if path.exists():
            return path
        if name in CLIPS:
            return write_clock(path, 1, FRAMES, 24, sound=tone(440, FRAMES / 24), options=CLIPS[name])
        source, options = COPIES[name]
        run(*options, "-i", str(make(source)), "-c", "copy", *(["-copyts"] if "-copyts" in options else []), str(path))
        return path

    return make


def digests(path: Path, start: Start = Start((), 0)) -> list[str]:  # noqa: B008 - it is frozen
    """The digest of every frame that ffmpeg decodes from a place on."""
    opening = (*ffmpeg.QUIET, *start.arguments, *ffmpeg.reading(path, media.demuxer(path)), "-map", "0:v:0")
    told = ffmpeg.read(*opening, "-fps_mode", "passthrough", "-f", "framemd5", "-").decode()
    return [line.split(",")[-1].strip() for line in told.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("name", [*CLIPS, *COPIES])
def test_what_is_read_from_a_key_is_what_is_read_from_the_beginning(clip: Callable[[str], Path], name: str) -> None:
    path = clip(name)
    roll, whole = media.measure(path), digests(clip(name))
    assert len(whole) == roll.facts.frames
    assert len(roll.keys) >= 3
    for key in roll.keys[1:]:
        start = start_before(roll.keys, key.frame)
        assert start.arguments[0] == "-ss"
        assert digests(path, start) == whole[start.frame :]


def test_frames_that_only_begin_to_be_whole_are_no_keys(tmp_path: Path) -> None:
    """Intra refresh: the picture becomes whole column by column."""
    path = write_clock(tmp_path / "a.mp4", 1, 72, options=("-g", "24", "-x264-params", "intra-refresh=1"))
    assert media.measure(path).keys == (Key(0, 0),)


def test_a_clip_whose_rate_varies_is_read_from_its_beginning(tmp_path: Path, clip: Callable[[str], Path]) -> None:
    run("-i", str(clip("closed.mp4")), "-vf", "select='not(between(mod(n,20),3,9))'", "-fps_mode", "vfr",
        "-g", "12", str(tmp_path / "a.mp4"))  # fmt: skip
    roll = media.measure(tmp_path / "a.mp4")
    assert roll.stock.variable
    assert roll.keys == ()


def test_the_place_before_a_frame() -> None:
    keys = (Key(0, 0), Key(24, 1_000_000), Key(48, 2_000_083))
    assert start_before(keys, 0) == Start((), 0)
    assert start_before(keys, 23) == Start((), 0)
    assert start_before(keys, 24) == Start(("-ss", "1.000000"), 24)
    assert start_before(keys, 25, margin=2) == Start((), 0)
    assert start_before(keys, 26, margin=2) == Start(("-ss", "1.000000"), 24)
    assert start_before(keys, 9_000) == Start(("-ss", "2.000083"), 48)
    assert start_before((), 9_000) == Start((), 0)


def packets(*rows: tuple[int, bool]) -> list[Packet]:
    """Coded pictures: when they are shown, and whether they stand alone."""
    return [Packet(time, shown=True, key=key) for time, key in rows]


def test_keys_among_packets() -> None:
    second = Fraction(1)
    rows = packets((0, True), (2, False), (1, False), (3, True), (5, False), (4, False))
    assert find_keys(rows, second, 0) == (Key(0, 0), Key(3, 3_000_000))
    # What is shown after a key frame and stands before it in the file would be missed.
    assert find_keys(packets((0, True), (4, False), (3, True), (5, False)), second, 0) == (Key(0, 0),)
    # Frames that lead a key frame are shown before it, and are counted.
    assert find_keys(packets((0, True), (1, False), (4, True), (3, False)), second, 0)[1] == Key(3, 4_000_000)
    # What an edit list cuts off is not counted, and nothing begins there.
    hidden = [Packet(-2, shown=False, key=True), Packet(-1, shown=False, key=False), *packets((0, False), (1, True))]
    assert find_keys(hidden, second, -2_000_000) == (Key(1, 3_000_000),)


def test_keys_are_half_a_second_apart_and_times_are_those_that_ffmpeg_can_tell() -> None:
    rows = packets(*((index, True) for index in range(100)))
    assert [key.frame for key in find_keys(rows, Fraction(1, 24), 0)] == list(range(0, 100, 12))
    assert find_keys(rows, Fraction(1, 90_000_000), 0) == ()


AVCC = b"\x01\x64\x00\x1f\xff\xe1"
"""The beginning of what an MP4 says of its H.264: lengths have four bytes."""


def unit(*values: int) -> bytes:
    """One unit of H.264 behind its length."""
    return len(values).to_bytes(4, "big") + bytes(values)


@pytest.mark.parametrize(
    ("data", "alone"),
    [
        (unit(0x65, 1, 2), True),
        (unit(0x41, 1, 2), False),
        (unit(0x09, 0xF0) + unit(0x06, 6, 1, 0xC4, 0x80) + unit(0x41, 9), True),
        (unit(0x06, 5, 2, 9, 9, 6, 1, 0xC4, 0x80) + unit(0x41, 9), True),
        (unit(0x06, 6, 1, 0x84, 0x80), False),  # not exact
        (unit(0x06, 6, 1, 0xE4, 0x80), False),  # a broken link
        (unit(0x06, 6, 1, 0x24, 0x80), False),  # whole only some frames later
        (unit(0x06, 255, 255, 255), False),
        (unit(0x06, 5, 255, 255), False),
        (unit(0x06, 6, 1), False),
        (b"\xff\xff\xff\xff\x65", True),
        (b"\x00\x00", False),
        (b"", False),
    ],
)
def test_h264_that_stands_alone(data: bytes, alone: bool) -> None:
    assert stands_alone("h264", data, AVCC) is alone


def test_units_behind_start_codes() -> None:
    assert stands_alone("h264", b"\x00\x00\x00\x01\x67\x00\x00\x01\x65\x88", b"")
    assert not stands_alone("h264", b"\x00\x00\x00\x01\x67\x00\x00\x01\x41\x88", b"")
    assert stands_alone("hevc", b"\x00\x00\x01\x40\x01\x00\x00\x01\x2a\x01", b"")
    assert not stands_alone("hevc", b"\x00\x00\x01\x02\x01", b"")
    assert stands_alone("vp9", b"", b"")
    assert not stands_alone("mpeg4", b"", b"")
