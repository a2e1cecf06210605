"""Two films held against each other: the first difference is named, and only real ones are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.assembler import ffmpeg
from storyboard.assembler.comparing import Difference, first_difference, likeness
from storyboard.timing import Rate

RATE = Rate(24)


def film(path: Path, picture: str = "", *more: str, sound: str = "", crf: int = 18) -> Path:
    """A second and a half of a moving pattern with a tone."""
    graph = f"testsrc2=s=64x36:r=24:d=1.5,format=yuv420p{picture}"
    tone = f"sine=330:r=48000:d=1.5{sound}"
    ffmpeg.run(
        *ffmpeg.QUIET, "-f", "lavfi", "-i", graph, "-f", "lavfi", "-i", tone, "-c:v", "libx264", "-threads", "1",
        "-crf", str(crf), "-preset", "ultrafast", "-g", "12", "-c:a", "aac", "-cpuflags", "0", *more, str(path),
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film."""
    return film(tmp_path_factory.mktemp("films") / "one.mp4")


BOX = ",drawbox=w=24:h=24:c=white:t=fill:enable=gte(n\\,{})"


@pytest.mark.parametrize(
    ("picture", "more", "sound", "found"),
    [
        (BOX.format(20), (), "", Difference("picture", 20)),
        (BOX.format(0), (), "", Difference("picture", 0)),
        ("", ("-frames:v", "30"), "", Difference("picture", 30)),
        ("", (), ",volume=enable=gte(t\\,1):volume=0.5", Difference("sound", 23)),
        ("", ("-metadata", "title=Another"), "", Difference("shell")),
        (",scale=32:18", (), "", Difference("picture", 0)),
    ],
)
def test_the_first_difference(
    one: Path, tmp_path: Path, picture: str, more: tuple[str, ...], sound: str, found: Difference
) -> None:
    other = film(tmp_path / "other.mp4", picture, *more, sound=sound)
    assert first_difference(one, other, RATE) == found
    assert first_difference(other, one, RATE) == found


def test_another_encoding_is_alike_and_another_picture_is_not(one: Path, tmp_path: Path) -> None:
    assert likeness(one, one).worst == 0
    seen = likeness(one, film(tmp_path / "again.mp4", crf=24))
    assert (seen.frames, seen.alike) == ((36, 36), True)
    assert 0 < seen.worst < 4
    boxed = likeness(one, film(tmp_path / "boxed.mp4", BOX.format(20), crf=24))
    assert (boxed.alike, boxed.at) == (False, 20)
    late = likeness(one, film(tmp_path / "late.mp4", ",setpts=PTS+1/24/TB,tpad=start=1,trim=end_frame=36", crf=24))
    assert not late.alike, "a frame too late is another film"
    short = likeness(one, film(tmp_path / "short.mp4", "", "-frames:v", "35"))
    assert (short.frames, short.alike) == ((36, 35), False)
    assert not likeness(one, film(tmp_path / "small.mp4", ",scale=32:18")).alike
