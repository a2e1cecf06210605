"""Tables for colours: what is one, what is none, and that ffmpeg reads what is written here."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from storyboard.assembler.cube import MAX_BYTES, read_cube, write_cube
from storyboard.errors import Refused

TWO = "".join(f"{r} {g} {b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1))
SWAPPED = "".join(f"{b} {g} {r}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1))


def test_a_table() -> None:
    cube = read_cube(f'\ufeff# a look\r\nTITLE "dawn # 1"\r\n\r\nLUT_3D_SIZE 2\r\n{TWO}'.encode())
    assert (cube.side, cube.low, cube.high) == (2, (0, 0, 0), (1, 1, 1))
    assert cube.colours[1] == (1, 0, 0)
    assert len(cube.colours) == 8


@pytest.mark.parametrize("text", ["DOMAIN_MIN 0 0 0\nDOMAIN_MAX 2 2 2\n", "LUT_3D_INPUT_RANGE 0.0 2.0\n"])
def test_its_range(text: str) -> None:
    cube = read_cube(f"LUT_3D_SIZE 2\n{text}{TWO}".encode())
    assert (cube.low, cube.high) == ((0, 0, 0), (2, 2, 2))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "LUT_3D_SIZE does not stand in it"),
        (f"LUT_1D_SIZE 8\n{TWO}", "of one dimension"),
        (f"LUT_3D_SIZE 3\n{TWO}", "has 8 colours, and 3 points a side make 27"),
        (f"LUT_3D_SIZE 2\n{TWO}0 0 0\n", "has 9 colours"),
        (f"LUT_3D_SIZE 1000\n{TWO}", "line 1 says `1000`"),
        (f"LUT_3D_SIZE two\n{TWO}", "line 1 says `two`"),
        (f"LUT_3D_SIZE\n{TWO}", "line 1 says ``"),
        ("LUT_3D_SIZE 2\n0 0\n", "line 2 is not a colour"),
        ("LUT_3D_SIZE 2\n0 0 red\n", "line 2 is not a colour"),
        ("LUT_3D_SIZE 2\n0 0 nan\n", "line 2 has a number that no colour has"),
        ("LUT_3D_SIZE 2\n0 0 1e9\n", "line 2 has a number that no colour has"),
        (f"LUT_3D_SIZE 2\nDOMAIN_MIN 1 0 0\n{TWO}", "range ends before it begins"),
        (f"LUT_3D_SIZE 2\nLUT_3D_INPUT_RANGE 1\n{TWO}", "line 2 is not a range"),
        ("1 0 0\n" * 300_000, "more than 65 points"),
    ],
)
def test_no_table(text: str, says: str) -> None:
    with pytest.raises(Refused) as caught:
        read_cube(text.encode())
    assert says in caught.value.message
    assert ".cube" in caught.value.hint


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xe0", b"0" * (MAX_BYTES + 1)])
def test_no_text(data: bytes) -> None:
    with pytest.raises(Refused):
        read_cube(data)


def test_anything_is_read_or_refused() -> None:
    dice = random.Random(4)
    good = f'TITLE "x"\nLUT_3D_SIZE 2\nDOMAIN_MIN 0 0 0\n{TWO}'.encode()
    refused = 0
    for _ in range(500):
        data = bytearray(good)
        for _ in range(dice.randrange(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            assert read_cube(bytes(data)).side == 2
        except Refused:
            refused += 1
    assert refused > 100


def test_what_is_written_is_the_same_for_the_same_table_and_ffmpeg_reads_it(tmp_path: Path) -> None:
    written = write_cube(read_cube(f'# red and blue\nTITLE "swap"\nLUT_3D_SIZE 2\n{SWAPPED}'.encode()))
    assert b"swap" not in written
    assert write_cube(read_cube(written)) == written
    (tmp_path / "swap.cube").write_bytes(written)
    picture = ["-f", "lavfi", "-i", "color=0x2040c0:s=16x16,format=rgb24", "-frames:v", "1"]
    command = [get_ffmpeg_exe(), "-v", "error", *picture, "-vf", "lut3d=swap.cube", "-f", "rawvideo", "-"]
    shown = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout
    assert shown == bytes((0xC0, 0x40, 0x20)) * 256
