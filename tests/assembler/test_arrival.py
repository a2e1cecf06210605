"""What has arrived is compared with what was ordered: each deviation is told, and a faithful clip has none."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from storyboard.assembler import media
from storyboard.assembler.arrival import Arrival, Wanted, check, structural_similarity
from storyboard.gateway.local.animatic import Animatic
from storyboard.gateway.local.drawing import shoot
from tests.conftest import EXAMPLES
from tests.media import Pictures, Sound, run, tone, write_footage

STILLS = EXAMPLES / "first-light" / "stills"
SIZE = (320, 180)
RATE, SECONDS = 24, 3
SOUND = tone(440, SECONDS)
WANTED = Wanted(seconds=SECONDS, short_side=180, rate=Fraction(RATE), audio=True)


@cache
def photograph(name: str, size: tuple[int, int] = SIZE) -> Image.Image:
    """A photograph in the shape of the film."""
    with Image.open(STILLS / f"{name}.jpg") as image:
        return ImageOps.fit(image.convert("RGB"), size, Image.Resampling.LANCZOS)


@pytest.fixture(scope="module")
def stills(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Stills as they are sent, by name."""
    folder = tmp_path_factory.mktemp("stills")
    found = {}
    for name in ("autumn-ridge", "mountain-path", "forest-stream"):
        found[name] = folder / f"{name}.jpg"
        photograph(name).save(found[name], quality=90)
    return found


def luma(image: Image.Image) -> Pictures:
    """What a clip holds of a picture: limited range."""
    red, green, blue = np.asarray(image, np.float64).transpose(2, 0, 1)
    full = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return np.asarray((16 + full * 219 / 255).round(), np.uint8)


def between(first: Image.Image, last: Image.Image, frames: int) -> list[Pictures]:
    """One picture becoming another."""
    return [luma(Image.blend(first, last, index / max(1, frames - 1))) for index in range(frames)]


@cache
def moving(frames: int, size: tuple[int, int] = SIZE) -> list[Pictures]:
    return between(photograph("autumn-ridge", size), photograph("mountain-path", size), frames)


def film(
    path: Path, pictures: list[Pictures] | None = None, *, rate: int = RATE, sound: Sound | None = SOUND,
    options: tuple[str, ...] = (),
) -> Path:  # fmt: skip
    """A clip that is as ordered, but for what is said."""
    if pictures is None:
        pictures = moving(rate * SECONDS)
    height, width = pictures[0].shape
    return write_footage(path, pictures, rate, (width, height), sound=sound, options=("-qp", "20", *options))


def arrival(path: Path, wanted: Wanted = WANTED) -> Arrival:
    return check(path, media.probe(path), wanted)


@pytest.fixture
def pair(stills: dict[str, Path]) -> Wanted:
    """An order from one still to another."""
    return Wanted(
        SECONDS, 180, rate=Fraction(RATE), audio=True, first=stills["autumn-ridge"], last=stills["mountain-path"]
    )


# What is as it was ordered


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", ()), ("a.mov", ("-c:a", "pcm_s16le")), ("a.mp4", ("-g", "12")), ("a.mp4", ("-bf", "3", "-g", "250")),
        ("a.mp4", ("-movflags", "+frag_keyframe+empty_moov")), ("a.mkv", ()),
        ("a.webm", ("-c:v", "libvpx", "-b:v", "4M", "-deadline", "realtime", "-cpu-used", "8")),
    ],
)  # fmt: skip
def test_a_faithful_clip_has_no_deviation(name: str, options: tuple[str, ...], pair: Wanted, tmp_path: Path) -> None:
    found = arrival(film(tmp_path / name, options=options), pair)
    assert found.deviations == ()
    assert found.first is not None
    assert found.last is not None
    assert min(found.first, found.last) > 0.9


def test_an_animatic_has_no_deviation(stills: dict[str, Path], tmp_path: Path) -> None:
    first, last = stills["autumn-ridge"], stills["mountain-path"]
    clip = tmp_path / "a.mp4"
    shoot(Animatic("Push in.", SECONDS, SIZE, first.read_bytes(), last.read_bytes(), audio=True), clip, tmp_path)
    found = arrival(clip, Wanted(SECONDS, 180, rate=Fraction(24), audio=True, first=first, last=last))
    assert found.deviations == ()
    assert found.first is not None
    assert found.last is not None
    assert min(found.first, found.last) > 0.9


@pytest.mark.parametrize(
    ("frames", "rate", "ordered"), [(121, 24, 5), (241, 24, 10), (153, 30, 5), (81, 16, 5), (192, 24, 8)]
)
def test_lengths_that_models_really_send(frames: int, rate: int, ordered: int, tmp_path: Path) -> None:
    """Kling's 5.04, 10.04 and, once, 5.1 s; Wan's 81 frames at 16; Veo's exact 8 s."""
    pictures = between(photograph("autumn-ridge", (64, 36)), photograph("forest-stream", (64, 36)), frames)
    assert arrival(film(tmp_path / "a.mp4", pictures, rate=rate, sound=None), Wanted(seconds=ordered)).deviations == ()


@pytest.mark.parametrize(
    ("size", "side"), [((832, 480), 480), ((1920, 1072), 1080), ((864, 480), 480), ((960, 540), 480)]
)
def test_sizes_that_models_really_send(size: tuple[int, int], side: int, tmp_path: Path) -> None:
    pictures = between(photograph("autumn-ridge", size), photograph("forest-stream", size), 4)
    wanted = Wanted(short_side=side, aspect=Fraction(16, 9))
    assert arrival(film(tmp_path / "a.mp4", pictures, sound=None), wanted).deviations == ()


def test_a_model_may_brighten_sharpen_and_crop_a_little(stills: dict[str, Path], tmp_path: Path) -> None:
    image = photograph("autumn-ridge", (640, 360))
    changed = ImageEnhance.Brightness(image.crop((6, 4, 634, 356)).resize((640, 360))).enhance(1.1)
    clip = film(tmp_path / "a.mp4", between(changed, photograph("forest-stream", (640, 360)), 24), sound=None)
    found = arrival(clip, Wanted(first=stills["autumn-ridge"]))
    assert found.deviations == ()
    assert found.first is not None
    assert found.first > 0.8


def test_nothing_wanted_is_nothing_missed(tmp_path: Path) -> None:
    assert arrival(film(tmp_path / "a.mp4"), Wanted()) == Arrival()


def test_a_slow_night_is_neither_black_nor_frozen(tmp_path: Path) -> None:
    """Stars over a dark hill, and one lantern that moves."""
    chance = np.random.default_rng(4)
    sky = np.full((180, 320), 20, np.uint8)
    sky[chance.integers(0, 120, 300), chance.integers(0, 320, 300)] = 200
    pictures = []
    for index in range(RATE * SECONDS):
        picture = sky.copy()
        picture[140:152, 40 + index : 52 + index] = 120
        pictures.append(picture)
    assert arrival(film(tmp_path / "a.mp4", pictures)).deviations == ()


# The deviations


def still_sound(seconds: float) -> Sound:
    return np.zeros((round(seconds * 48_000), 2), np.float32)


Make = Callable[[Path], Path]
DEVIATIONS: dict[str, tuple[Make, Wanted, str]] = {
    "short": (
        lambda path: film(path, moving(62), sound=tone(440, 2.6)), WANTED, "it lasts 2.58 s, and 3 s were ordered",
    ),
    "long": (lambda path: film(path, moving(96), sound=tone(440, 4)), WANTED, "it lasts 4 s, and 3 s were ordered"),
    "one frame": (lambda path: film(path, moving(1)), WANTED, "it lasts 0.04 s, and 3 s were ordered"),
    "no sound": (lambda path: film(path, sound=None), WANTED, "it is silent, and sound was ordered"),
    "silence": (lambda path: film(path, sound=still_sound(3)), WANTED, "it is silent, and sound was ordered"),
    "sound": (film, Wanted(SECONDS, 180, audio=False), "it has sound, and none was ordered"),
    "half the sound": (lambda path: film(path, sound=tone(440, 1.5)), WANTED, "its sound ends at 1.5 s"),
    "small": (
        film, Wanted(SECONDS, 1080, aspect=Fraction(16, 9), audio=True),
        "its picture is 320x180, and 1920x1080 was ordered",
    ),
    "small by itself": (film, Wanted(short_side=720), "its picture is 320x180, and a short side of 720 was ordered"),
    "upright": (
        lambda path: film(path, [np.rot90(one) for one in moving(72)]), Wanted(SECONDS, 180, aspect=Fraction(16, 9)),
        "its picture is 180x320, and 320x180 was ordered",
    ),
    "square": (
        lambda path: film(path, moving(72, (180, 180))), Wanted(aspect=Fraction(16, 9)),
        "its picture is 180x180, and 16:9 was ordered",
    ),
    "rate": (lambda path: film(path, rate=30), WANTED, "it has 30 frames a second, and 24 were ordered"),
    "uneven": (
        lambda path: film(path, options=("-vf", "select='not(between(n,20,30))'", "-fps_mode", "vfr")),
        Wanted(), "its frames are unevenly spaced",
    ),
    "black": (lambda path: film(path, [np.full((180, 320), 17, np.uint8)] * 72), WANTED, "it is black"),
    "green": (lambda path: film(path, [np.full((180, 320), 90, np.uint8)] * 72), WANTED, "it is one flat colour"),
    "frozen": (lambda path: film(path, [luma(photograph("autumn-ridge"))] * 72), WANTED, "it is frozen"),
}  # fmt: skip


@pytest.mark.parametrize("name", DEVIATIONS)
def test_each_deviation_is_told_alone(name: str, tmp_path: Path) -> None:
    make, wanted, says = DEVIATIONS[name]
    assert arrival(make(tmp_path / "a.mp4"), wanted).deviations == (says,)


def test_somebody_elses_clip(stills: dict[str, Path], tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4")
    found = arrival(clip, Wanted(first=stills["forest-stream"], last=stills["mountain-path"]))
    assert found.first is not None
    assert found.first < 0.3
    assert found.deviations == (f"its first frame is far from the still (likeness {found.first:.2f} of 1)",)
    found = arrival(clip, Wanted(first=stills["autumn-ridge"], last=stills["forest-stream"]))
    assert [one.split(" far ")[0] for one in found.deviations] == ["its last frame is"]


def test_a_clip_that_is_turned_by_its_header_is_seen_upright(pair: Wanted, tmp_path: Path) -> None:
    lying = film(tmp_path / "lying.mp4", [np.rot90(one) for one in moving(72)])
    run("-display_rotation", "270", "-i", str(lying), "-c", "copy", str(tmp_path / "a.mp4"))
    found = arrival(tmp_path / "a.mp4", pair)
    assert found.deviations == ()
    assert found.first is not None
    assert found.first > 0.9
    upside = film(tmp_path / "upside.mp4", [one[::-1, ::-1] for one in moving(72)])
    assert any("first frame is far" in one for one in arrival(upside, pair).deviations)


def test_stills_that_are_gone_are_not_compared(tmp_path: Path) -> None:
    found = arrival(film(tmp_path / "a.mp4"), Wanted(first=tmp_path / "none.jpg", last=tmp_path / "none.jpg"))
    assert found == Arrival()


def test_a_clip_whose_pictures_cannot_be_decoded_is_marked_and_nothing_is_raised(tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4", options=("-movflags", "+faststart"))
    facts = media.probe(clip)
    data = bytearray(clip.read_bytes())
    start = data.index(b"mdat") + 4
    data[start:] = bytes(len(data) - start)
    clip.write_bytes(data)
    assert "some of its pictures cannot be decoded" in check(clip, facts, WANTED).deviations
    clip.write_bytes(b"<html>")
    assert "some of its pictures cannot be decoded" in check(clip, facts, WANTED).deviations


def test_no_more_is_decoded_than_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a key frame each half second, five short runs are decoded of ten seconds; not all of them."""
    from storyboard.assembler import glance

    clip = film(tmp_path / "a.mp4", moving(240), sound=None, options=("-g", "12", "-bf", "0"))
    seen = glance.glance(clip)
    assert len(seen.pictures) == 5
    assert len(seen.times) == 240
    whole = [media.last_frame(clip)]
    assert structural_similarity(seen.pictures[-1], np.asarray(whole[0].convert("L").resize((48, 27)), float)) > 0.95


def test_likeness_is_one_for_the_same_and_small_for_another() -> None:
    names = ("autumn-ridge", "mountain-path", "forest-stream", "fig-bowl", "dandelion-backlit")
    small = [np.asarray(photograph(name, (48, 27)).convert("L"), float) for name in names]
    for one, first in enumerate(small):
        for two, other in enumerate(small):
            alike = structural_similarity(first, other)
            assert alike == pytest.approx(1) if one == two else alike < 0.3
