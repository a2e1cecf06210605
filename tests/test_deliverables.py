"""Several films of one storyboard in one run, each with what lies in it and beside it."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image

from tests.media import tone, write_clock

FILM = """storyboard: 1
title: Deliverables
captions: all.srt
lut: warm.cube
overlays: [{image: logo.png, place: top-left, width: 20%, opacity: 80%}]
scenes:
  - id: one
    shots:
      - {id: a, footage: a.mp4, titles: [{text: Ridge, for: 1s, style: lower-third}], transition: dissolve}
  - id: two
    shots:
      - {id: b, footage: b.mp4, speed: 2, captions: [{text: The thaw, for: 12f}]}
      - {id: c, footage: {shot: a}, reverse: true, length: 1s}
outputs:
  film: {size: 320x180, captions: soft, poster: {shot: b, at: 0.2s}}
  tall: {size: 180x320, captions: sidecar, titles: none, fit: blur, quality: draft}
  square: {size: 180x180, captions: none, focus: [0.3, 0.5], quality: master}
  hand: {file: build/hand.mov, size: 320x180, captions: none}
"""
CUBE = "LUT_3D_SIZE 2\n" + "".join(
    f"{red} {green * 0.9:.2f} {blue * 0.7:.2f}\n" for blue in (0, 1) for green in (0, 1) for red in (0, 1)
)
SRT = "1\n00:00:00,500 --> 00:00:01,500\nBefore dawn\n"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deliverables")
    for number, name in enumerate(("a.mp4", "b.mp4")):
        write_clock(folder / name, number, 72, size=(320, 180), sound=tone(330 * (number + 1), 3))
    (folder / "film.yaml").write_text(FILM)
    (folder / "warm.cube").write_text(CUBE)
    (folder / "all.srt").write_text(SRT)
    Image.new("RGBA", (40, 20), (255, 0, 0, 200)).save(folder / "logo.png")
    render(folder)
    return folder / "build"


def render(folder: Path) -> str:
    command = [sys.executable, "-m", "storyboard", "render", str(folder / "film.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300,
                          env={"STORYBOARD_HOME": str(folder / "home"), "PATH": ""})  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_every_film_is_there_with_what_lies_beside_it(films: Path) -> None:
    assert sorted(path.name for path in films.iterdir()) == [
        "film.jpg", "film.mp4", "film.provenance.json", "film.square.mp4", "film.square.provenance.json",
        "film.tall.mp4", "film.tall.provenance.json", "film.tall.srt", "film.tall.vtt", "hand.mov",
        "hand.mov.provenance.json",
    ]  # fmt: skip


def test_a_film_has_its_chapters_and_a_track_of_captions(films: Path) -> None:
    with av.open(str(films / "film.mp4")) as film:
        assert film.metadata["title"] == "Deliverables"
        begins = [Fraction(one["start"]) * (one["time_base"] or 0) for one in film.chapters()]
        assert [one["metadata"]["title"] for one in film.chapters()] == ["one", "two"]
        assert begins == [0, Fraction(5, 2)]
        track = film.streams.subtitles[0]
        assert track.codec_context.name == "mov_text"
        words = [bytes(packet)[2:].decode() for packet in film.demux(track) if packet.size > 2]
        assert words == ["Before dawn", "The thaw"]


def test_a_poster_is_a_frame_of_its_film(films: Path) -> None:
    with Image.open(films / "film.jpg") as poster:
        assert (poster.format, poster.size) == ("JPEG", (320, 180))


def test_subtitles_lie_beside_a_film(films: Path) -> None:
    assert "00:00:00,500 --> 00:00:01,500\nBefore dawn" in (films / "film.tall.srt").read_text()
    assert (films / "film.tall.vtt").read_text().startswith("WEBVTT")


def test_a_film_for_the_hand_is_prores_with_whole_sound(films: Path) -> None:
    with av.open(str(films / "hand.mov")) as film:
        picture, sound = film.streams.video[0], film.streams.audio[0]
        assert (picture.codec_context.name, picture.codec_context.pix_fmt) == ("prores", "yuv422p10le")
        assert sound.codec_context.name.startswith("pcm_s24")
        frames = sum(1 for _ in film.decode(picture))
    with av.open(str(films / "film.mp4")) as film:
        assert frames == film.streams.video[0].frames == 72 + 36 + 24 - 12


def test_nothing_is_made_twice(films: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in films.iterdir()}
    assert render(films.parent).count("unchanged") == 4
    assert {path: path.stat().st_mtime_ns for path in films.iterdir()} == before
