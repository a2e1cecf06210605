"""Films whose picture is their clips' own: copied packet by packet, bit for bit, and only where that is right."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from storyboard.errors import Refused
from tests.assembler.test_assemble import check_film
from tests.media import HEIGHT, WIDTH, Stage, read_film, run, small, tone, write_clock

GROUP = ("-g", "24", "-sc_threshold", "0")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips of two seconds by the same encoder, a keyframe a second, with reordered pictures."""
    folder = tmp_path_factory.mktemp("clips")
    for number, name in enumerate(("a.mp4", "b.mp4")):
        write_clock(folder / name, number, 48, sound=tone(440, 2), options=GROUP)
    return folder


@pytest.fixture
def stage(clips: Path, tmp_path: Path) -> Stage:
    """A project with both."""
    return Stage(shutil.copytree(clips, tmp_path / "project"))


def shots(*rows: str) -> str:
    """A film of shots whose fields are given."""
    return small() + "shots:\n" + "".join(f"  - {{{row}}}\n" for row in rows)


def test_straight_cuts_are_the_clips_own_pictures(stage: Stage) -> None:
    film = stage.film(shots("id: a, footage: a.mp4", "id: b, footage: b.mp4", "id: c, footage: a.mp4"))
    assert (film.encoded, film.copied, film.frames) == (0, film.segments, 144)
    own = [read_film(stage.folder / name) for name in ("a.mp4", "b.mp4", "a.mp4")]
    assert (read_film(film.path) == np.concatenate(own)).all()
    check_film(film.path, 144, Fraction(24))


def test_a_cut_may_fall_on_a_keyframe(stage: Stage) -> None:
    film = stage.film(shots("id: a, footage: a.mp4, in: 1s", "id: b, footage: b.mp4, out: 1s"))
    assert film.encoded == 0
    own = np.concatenate([read_film(stage.folder / "a.mp4")[24:], read_film(stage.folder / "b.mp4")[:24]])
    assert (read_film(film.path) == own).all()
    check_film(film.path, 48, Fraction(24))


@pytest.mark.parametrize(
    "row",
    [
        "id: b, footage: b.mp4, in: 5f",
        "id: b, footage: b.mp4, speed: 2",
        "id: b, footage: b.mp4, flip: horizontal",
        "id: b, footage: b.mp4, scale: 1.5",
        "id: b, footage: b.mp4, captions: [{for: 1s, text: Hello}]",
        "id: b, footage: b.mp4, titles: [{for: 1s, text: Hello, style: legal}]",
        "id: b, footage: b.mp4, reverse: true",
        "id: b, footage: b.mp4, freeze: {at: 1s, for: 1s}",
        "id: b, card: {text: End}, duration: 1s",
    ],
)
def test_what_must_be_drawn_is_encoded_whole(stage: Stage, row: str) -> None:
    film = stage.film(shots("id: a, footage: a.mp4", row))
    assert film.encoded == film.segments


def test_a_cut_within_reordered_pictures_is_encoded(stage: Stage) -> None:
    """Where the packets up to a cut are not those of the frames up to it, frames would lack what they are made of."""
    kinds = set()
    for out in range(40, 48):
        film = stage.film(shots(f"id: a, footage: a.mp4, out: {out}f", "id: b, footage: b.mp4"))
        check_film(film.path, out + 48, Fraction(24))
        kinds.add(film.encoded > 0)
    assert kinds == {True, False}


@pytest.mark.parametrize(
    ("name", "options", "size", "rate"),
    [
        ("other parameters", (*GROUP, "-profile:v", "baseline"), (WIDTH, HEIGHT), 24),
        ("another size", GROUP, (2 * WIDTH, 2 * HEIGHT), 24),
        ("another rate", GROUP, (WIDTH, HEIGHT), 25),
        ("another codec", ("-c:v", "mpeg4", "-q:v", "2"), (WIDTH, HEIGHT), 24),
        ("other pixels", (*GROUP, "-pix_fmt", "yuv444p"), (WIDTH, HEIGHT), 24),
        ("shapes that are no squares", (*GROUP, "-aspect", "1:1"), (WIDTH, HEIGHT), 24),
        ("another container", GROUP, (WIDTH, HEIGHT), 24),
    ],
)
def test_a_clip_of_another_kind_is_encoded(
    stage: Stage, name: str, options: tuple[str, ...], size: tuple[int, int], rate: int
) -> None:
    file = "other.mkv" if name == "another container" else "other.mp4"
    write_clock(stage.folder / file, 2, 48, rate, size=size, options=options)
    film = stage.film(shots("id: a, footage: a.mp4", f"id: b, footage: {file}"))
    assert film.encoded == film.segments


@pytest.mark.parametrize("turn", [("-display_rotation", "180"), ("-display_vflip",)])
def test_a_clip_that_is_shown_turned_is_encoded(stage: Stage, turn: tuple[str, ...]) -> None:
    run(*turn, "-i", str(stage.folder / "b.mp4"), "-c", "copy", str(stage.folder / "turned.mp4"))
    film = stage.film(shots("id: a, footage: a.mp4", "id: b, footage: turned.mp4"))
    assert film.encoded == film.segments


def test_a_keyframe_that_is_none_begins_nothing(stage: Stage) -> None:
    """An open group's key picture is followed by pictures that need what came before it."""
    for number, name in enumerate(("a.mp4", "b.mp4")):
        write_clock(stage.folder / name, number, 48, options=(*GROUP, "-x264-params", "open-gop=1:bframes=3"))
    whole = stage.film(shots("id: a, footage: a.mp4", "id: b, footage: b.mp4"))
    assert whole.encoded == 0
    for cut in range(20, 30):
        film = stage.film(shots(f"id: a, footage: a.mp4, in: {cut}f", "id: b, footage: b.mp4"))
        assert film.encoded
        check_film(film.path, 96 - cut, Fraction(24))


def test_a_copied_film_is_written_once(stage: Stage) -> None:
    text = shots("id: a, footage: a.mp4", "id: b, footage: b.mp4")
    first, again = stage.film(text), stage.film(text)
    assert (first.written, again.written, again.sha256) == (True, False, first.sha256)


def test_preserve_copies_what_it_can_and_encodes_the_rest(stage: Stage) -> None:
    """Copied and encoded pieces in one film: the copied frames are the clips' own, and a strict decoder takes all."""
    text = shots(
        "id: a, footage: a.mp4", "id: t, footage: b.mp4, captions: [{for: 1s, text: Hello}]",
        "id: b, footage: b.mp4, transition: {type: dissolve, duration: 12f}", "id: c, footage: a.mp4",
    ).replace("fps:", "quality: preserve, fps:")  # fmt: skip
    film = stage.film(text)
    assert 0 < film.encoded < film.segments
    assert film.encoded + film.copied == film.segments
    shown, own = read_film(film.path), {name: read_film(stage.folder / f"{name}.mp4") for name in "ab"}
    assert (shown[:48] == own["a"]).all()
    assert film.frames == 48 * 4 - 12
    check_film(film.path, film.frames, Fraction(24))
    plain = stage.film(text.replace("quality: preserve, ", ""))
    assert plain.encoded == plain.segments


def test_preserve_says_when_clips_cannot_stand_beside_what_is_drawn(stage: Stage) -> None:
    for number, name in enumerate(("a.mp4", "b.mp4")):
        write_clock(stage.folder / name, number, 48, options=(*GROUP, "-profile:v", "main"))
    text = shots("id: a, footage: a.mp4", "id: b, footage: b.mp4, flip: horizontal")
    with pytest.raises(Refused, match="cannot stand beside what is drawn"):
        stage.film(text.replace("fps:", "quality: preserve, fps:"))
