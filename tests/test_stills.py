"""Stills: opened in a closed way, upright, cropped around their focus, no larger than useful, never upscaled."""

from __future__ import annotations

import io
import struct
import time
import zlib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from storyboard.errors import Usage
from storyboard.planner.request import Picture, reference_picture
from storyboard.stills import MAX_SENT, MIN_SIDE, crop_box, look_at_sent, make_ready, open_still

RED, LIME, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quarters(width: int = 600, height: int = 400) -> Image.Image:
    """Red, lime above blue, white."""
    image = Image.new("RGB", (width, height))
    for color, (x, y) in zip((RED, LIME, BLUE, WHITE), ((0, 0), (1, 0), (0, 1), (1, 1)), strict=True):
        image.paste(color, (x * width // 2, y * height // 2, (x + 1) * width // 2, (y + 1) * height // 2))
    return image


def picture(width: int, height: int, focus: tuple[int, int] = (5000, 5000)) -> Picture:
    """What a still is made ready for."""
    return Picture("0" * 64, "still", width, height, focus)


def ready(image: Image.Image, wanted: Picture) -> Image.Image:
    """A still as it is sent, opened again."""
    return Image.open(io.BytesIO(make_ready(image, wanted)))


def colour(image: Image.Image, x: float, y: float) -> tuple[int, ...]:
    """The colour at a place, from the left and from the top."""
    found = image.convert("RGB").getpixel((round(x * (image.width - 1)), round(y * (image.height - 1))))
    assert isinstance(found, tuple)
    return tuple(int(value) for value in found)


def near(one: tuple[int, ...], two: tuple[int, ...], by: int = 12) -> bool:
    """Whether two colours are nearly the same."""
    return all(abs(a - b) <= by for a, b in zip(one, two, strict=True))


def png(width: int, height: int, bits: int = 1) -> bytes:
    """A black PNG of any size, a few kilobytes large."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + (width * bits + 7) // 8)
    body = b"".join(packer.compress(row * 100) for _ in range(height // 100)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


# Opening


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "LA", "1", "CMYK", "I;16"])
def test_formats_and_modes(tmp_path: Path, name: str, mode: str) -> None:
    try:
        quarters().convert("I" if mode == "I;16" else mode).convert(mode).save(tmp_path / name)
    except (OSError, ValueError):
        pytest.skip("the format does not have this mode")
    image = open_still(tmp_path / name, name)
    assert image.size == (600, 400)
    small = ready(image, picture(300, 200))
    assert (small.size, small.mode, small.format) == ((300, 200), "RGB", "JPEG")


def test_a_16_bit_grey_is_not_burnt_out(tmp_path: Path) -> None:
    """A scan: half grey is half grey."""
    half = np.full((400, 600), 32768, np.uint16)
    Image.fromarray(half).save(tmp_path / "a.png")
    found = colour(ready(open_still(tmp_path / "a.png", "a.png"), picture(300, 200)), 0.5, 0.5)
    assert near(found, (128, 128, 128), 6)


def test_a_name_says_nothing(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.jpg", "PNG")
    assert open_still(tmp_path / "a.jpg", "a.jpg").size == (600, 400)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_stands_upright(tmp_path: Path, orientation: int) -> None:
    turned = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    image = quarters()
    stored = image.transpose(turned) if turned is not None else image
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.jpg", exif=exif, quality=95)
    opened = open_still(tmp_path / "a.jpg", "a.jpg")
    assert opened.size == (600, 400)
    places = {(0.2, 0.2): RED, (0.8, 0.2): LIME, (0.2, 0.8): BLUE, (0.8, 0.8): WHITE}
    assert all(near(colour(opened, *place), wanted) for place, wanted in places.items())


def test_bombs_are_refused_quickly(tmp_path: Path) -> None:
    for width, height in ((15_200, 15_200), (8_000, 5_000), (60_000, 1_000)):
        (tmp_path / "a.png").write_bytes(png(width, height))
        begun = time.process_time()
        with pytest.raises(Usage, match="more than 33,177,600 pixels") as caught:
            open_still(tmp_path / "a.png", "stills/a.png")
        assert time.process_time() - begun < 0.5
        assert "stills/a.png" in caught.value.message
        assert caught.value.hint


def test_an_8k_frame_is_not_a_bomb(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(7680, 4300))
    assert open_still(tmp_path / "a.png", "a.png").size == (7680, 4300)


@pytest.mark.parametrize("size", [(1, 1), (299, 400), (4000, 299)])
def test_a_still_that_is_too_small(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size).save(tmp_path / "a.png")
    with pytest.raises(Usage, match=rf"{size[0]}x{size[1]}.*at least {MIN_SIDE}"):
        open_still(tmp_path / "a.png", "a.png")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_a_still_that_is_cut_short(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (400, 600, 3), np.uint8)
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(noise).save(path)
    data = path.read_bytes()
    for percent in (0, 1, 10, 50, 90, 99):
        path.write_bytes(data[: len(data) * percent // 100])
        with pytest.raises(Usage, match=r"damaged|not a JPEG"):
            open_still(path, path.name).load()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"text", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + b"\x00" * 20, b"BM" + b"\x00" * 60,
        b"II*\x00" + b"\x00" * 60, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 400 400\n", b"\x00" * 4000,
        b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" + b"\x00" * 30, b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    ],
)  # fmt: skip
def test_what_is_not_a_still(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(Usage, match=r"`a.png` is (not a JPEG, PNG or WebP image|damaged)"):
        open_still(tmp_path / "a.png", "a.png")


def test_a_still_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Usage):
        open_still(tmp_path / "none.png", "none.png")
    with pytest.raises(Usage):
        open_still(tmp_path, "folder")


@pytest.mark.stress
def test_damaged_stills_are_opened_or_refused(tmp_path: Path) -> None:
    chance = np.random.default_rng(2)
    for suffix in ("png", "jpg", "webp"):
        path = tmp_path / f"a.{suffix}"
        quarters().save(path)
        data = np.frombuffer(path.read_bytes(), np.uint8)
        for _ in range(60):
            damaged = data.copy()
            damaged[chance.integers(0, len(data), 5)] = chance.integers(0, 256, 5)
            path.write_bytes(damaged.tobytes())
            try:
                make_ready(open_still(path, path.name), picture(300, 200))
            except Usage:
                continue


# Cropping


def test_the_crop_is_the_largest_part_of_the_shape() -> None:
    assert crop_box((1920, 1080), (1280, 720), (5000, 5000)) == (0, 0, 1920, 1080)
    assert crop_box((2000, 1000), (100, 100), (5000, 5000)) == (500, 0, 1500, 1000)
    assert crop_box((1000, 2000), (100, 100), (5000, 5000)) == (0, 500, 1000, 1500)


def test_the_crop_keeps_the_focus() -> None:
    for focus, left in ((0, 0), (2500, 0), (4000, 300), (5000, 500), (9000, 1000), (10_000, 1000)):
        assert crop_box((2000, 1000), (100, 100), (focus, 5000))[0] == left
    assert crop_box((1000, 2000), (100, 100), (5000, 0)) == (0, 0, 1000, 1000)


@given(
    st.tuples(st.integers(300, 8000), st.integers(300, 8000)),
    st.tuples(st.integers(64, 4000), st.integers(64, 4000)),
    st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)),
)
def test_a_crop_lies_in_the_picture_and_has_the_shape(
    source: tuple[int, int], target: tuple[int, int], focus: tuple[int, int]
) -> None:
    left, top, right, bottom = crop_box(source, target, focus)
    assert -1e-6 <= left < right <= source[0] + 1e-6
    assert -1e-6 <= top < bottom <= source[1] + 1e-6
    assert (right - left) / (bottom - top) == pytest.approx(target[0] / target[1], rel=1e-9)
    assert right - left == pytest.approx(source[0]) or bottom - top == pytest.approx(source[1])
    x, y = source[0] * focus[0] / 10_000, source[1] * focus[1] / 10_000
    assert left - 1e-6 <= x <= right + 1e-6
    assert top - 1e-6 <= y <= bottom + 1e-6


# Making ready


@pytest.mark.parametrize(
    ("source", "target", "size"),
    [
        ((4000, 3000), (1280, 720), (1280, 720)),
        ((1280, 720), (1280, 720), (1280, 720)),
        ((640, 360), (1280, 720), (640, 360)),
        ((600, 400), (1920, 1080), (600, 338)),
        ((400, 900), (1080, 1920), (400, 711)),
        ((1281, 721), (1280, 720), (1280, 720)),
    ],
)
def test_a_still_is_scaled_down_and_never_up(
    source: tuple[int, int], target: tuple[int, int], size: tuple[int, int]
) -> None:
    assert ready(quarters(*source), picture(*target)).size == size


def test_the_focus_decides_what_is_sent() -> None:
    left = ready(quarters(1200, 400), picture(400, 400, (0, 5000)))
    assert near(colour(left, 0.5, 0.2), RED)
    assert near(colour(left, 0.5, 0.8), BLUE)
    right = ready(quarters(1200, 400), picture(400, 400, (10_000, 5000)))
    assert near(colour(right, 0.5, 0.2), LIME)


def test_the_same_still_is_the_same_bytes() -> None:
    assert make_ready(quarters(), picture(300, 200)) == make_ready(quarters(), picture(300, 200))


SAID = b"somebody's words"


def with_words(path: Path) -> Path:
    """A picture in a file that says all that its format lets it say: where, by whom, with what, in which colours."""
    exif = Image.Exif()
    exif[0x010F] = SAID.decode()
    exif[0x0112] = 1
    exif[0x8825] = {1: "N", 2: (47.0, 22.0, 0.0), 29: SAID.decode()}
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SAID + b"</x:xmpmeta>"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SAID.decode())
    text.add_itxt("XML:com.adobe.xmp", xmp.decode())
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    more = {"pnginfo": text} if path.suffix == ".png" else {"xmp": xmp, "comment": SAID}
    quarters().save(path, exif=exif, icc_profile=profile, dpi=(72, 72), **more)
    assert path.read_bytes().count(SAID) >= 3 - (path.suffix == ".webp")
    return path


@pytest.mark.parametrize("frame", ["still", "reference"])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_no_word_of_the_file_is_sent(tmp_path: Path, name: str, frame: Literal["still", "reference"]) -> None:
    """A photograph knows where it was taken. What leaves the machine is the picture."""
    image = open_still(with_words(tmp_path / name), name)
    data = make_ready(image, Picture("0" * 64, frame, 300, 200, (5000, 5000)))
    assert SAID not in data
    assert segments(data) == {0xE0, 0xDB, 0xC0, 0xC4}, "JFIF's head, tables, the picture: no other segment"
    sent = Image.open(io.BytesIO(data))
    assert not sent.getexif()
    assert set(sent.info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def segments(data: bytes) -> set[int]:
    """The kinds of a JPEG's segments before its pixels."""
    found, at = set(), 2
    while data[at + 1] != 0xDA:
        assert data[at] == 0xFF
        found.add(data[at + 1])
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return found


def test_colours_are_those_that_the_profile_means(tmp_path: Path) -> None:
    """Without its profile a picture would be seen in other colours. This one's red is what others call blue."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = profile[blue : blue + 4], profile[red : red + 4]
    Image.new("RGB", (600, 400), RED).save(tmp_path / "a.png", icc_profile=bytes(profile))
    assert near(colour(ready(open_still(tmp_path / "a.png", "a.png"), picture(300, 200)), 0.5, 0.5), BLUE)


@pytest.mark.parametrize("profile", [b"x", b"\x00" * 128, b"no profile at all" * 20])
@pytest.mark.parametrize("mode", ["RGB", "CMYK", "L"])
def test_a_damaged_profile_is_not_used(tmp_path: Path, profile: bytes, mode: str) -> None:
    quarters().convert(mode).save(tmp_path / "a.jpg", icc_profile=profile)
    sent = ready(open_still(tmp_path / "a.jpg", "a.jpg"), picture(300, 200))
    assert near(colour(sent, 0.8, 0.8), WHITE)


def test_a_restless_picture_is_packed_until_it_can_be_sent() -> None:
    noise = Image.fromarray(np.random.default_rng(3).integers(0, 256, (2160, 3840, 3), np.uint8))
    data = make_ready(noise, picture(3840, 2160))
    assert 1_000_000 < len(data) <= MAX_SENT
    assert Image.open(io.BytesIO(data)).size == (3840, 2160)
    with pytest.raises(Usage, match=r"as a JPEG of 7680x4320") as caught:
        make_ready(noise.resize((7680, 4320), Image.Resampling.NEAREST), picture(7680, 4320))
    assert "10,000,000" in caught.value.hint


# What is left of a still


@pytest.mark.parametrize(
    ("size", "shape", "left"),
    [((1000, 400), (1080, 1920), "225x400"), ((400, 1000), (1920, 1080), "400x225"),
     ((310, 900), (2520, 1080), "310x133"),
     ((520, 300), (1080, 1080), "")],
)  # fmt: skip
def test_a_crop_that_leaves_too_little(
    tmp_path: Path, size: tuple[int, int], shape: tuple[int, int], left: str
) -> None:
    Image.new("RGB", size).save(tmp_path / "a.png")
    image = open_still(tmp_path / "a.png", "a.png")
    looks = (
        lambda: look_at_sent(tmp_path / "a.png", "stills/a.png", Fraction(*shape)),
        lambda: make_ready(image, picture(*shape)),
    )
    for look in looks:
        if not left:
            look()
            continue
        with pytest.raises(Usage, match=rf"{size[0]}x{size[1]}, which leaves {left} of it .* at least 300 pixels"):
            look()


def test_a_photograph_that_lies_is_looked_at_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (1000, 400)).save(tmp_path / "a.jpg", exif=exif)
    look_at_sent(tmp_path / "a.jpg", "a.jpg", Fraction(400, 1000))
    with pytest.raises(Usage, match="400x1000, which leaves 400x225"):
        look_at_sent(tmp_path / "a.jpg", "a.jpg", Fraction(16, 9))


def test_a_frame_of_a_take_is_sent_whatever_its_size() -> None:
    """It was paid for, and its size is the model's own."""
    frame = Picture("0" * 64, "last", 1280, 720, (5000, 5000))
    assert Image.open(io.BytesIO(make_ready(quarters(320, 180), frame))).size == (320, 180)


@pytest.mark.parametrize(
    ("source", "size"),
    [((4000, 1000), (1920, 480)), ((1000, 4000), (480, 1920)), ((1920, 1920), (1920, 1920)), ((640, 400), (640, 400)),
     ((3000, 2000), (1920, 1280)), ((300, 301), (300, 301))],
)  # fmt: skip
def test_a_reference_stays_whole(source: tuple[int, int], size: tuple[int, int]) -> None:
    sent = ready(quarters(*source), reference_picture("0" * 64))
    assert sent.size == size
    places = {(0.1, 0.1): RED, (0.9, 0.1): LIME, (0.1, 0.9): BLUE, (0.9, 0.9): WHITE}
    assert all(near(colour(sent, *place), wanted) for place, wanted in places.items())


def test_a_reference_that_its_model_cannot_take(tmp_path: Path) -> None:
    Image.new("RGB", (1000, 300)).save(tmp_path / "a.png")
    look_at_sent(tmp_path / "a.png", "a.png", None)
    look_at_sent(tmp_path / "a.png", "a.png", None, Decimal(4))
    with pytest.raises(Usage, match=r"`a.png` is 1000x300: .* 2.5 times"):
        look_at_sent(tmp_path / "a.png", "a.png", None, Decimal("2.5"))


def test_what_is_transparent_is_not_seen() -> None:
    """Behind transparent pixels any colour may stand: white shows, as paper does."""
    image = Image.new("RGBA", (600, 400), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 300, 400))
    sent = ready(image, picture(300, 200))
    assert near(colour(sent, 0.2, 0.5), BLUE)
    assert near(colour(sent, 0.8, 0.5), WHITE)
