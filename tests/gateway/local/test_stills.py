"""The images of a request: what is taken, and what is refused before anything is unpacked."""

from __future__ import annotations

import base64
import io
import struct
import zlib

import pytest
from PIL import Image

from storyboard.gateway.local.refusal import Refusal
from storyboard.gateway.local.stills import MAX_BYTES, is_video, read_base64, read_still

from .calling import Json, file_of, still


def make_png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header claims a size; its few bytes of data would unpack to that."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def test_jpeg_and_png_are_taken() -> None:
    for kind, media_type in (("JPEG", "image/jpeg"), ("PNG", "image/png")):
        data = still(size=(400, 300), kind=kind)
        read = read_still(file_of(data, media_type), "image")
        assert (read.data, read.width, read.height) == (data, 400, 300)


def test_a_photograph_on_its_side_is_measured_upright() -> None:
    with Image.open(io.BytesIO(still(size=(480, 320)))) as picture:
        exif = Image.Exif()
        exif[0x0112] = 6
        data = io.BytesIO()
        picture.save(data, "JPEG", exif=exif)
    read = read_still(file_of(data.getvalue()), "image")
    assert (read.width, read.height) == (320, 480)


def test_a_data_address_is_taken() -> None:
    data = base64.b64encode(still()).decode()
    assert read_still({"type": "url", "url": f"data:image/jpeg;base64,{data}"}, "image").data == still()


@pytest.mark.parametrize("size", [(20_000, 20_000), (9_000, 9_000), (60_000, 30_000)])
def test_a_decompression_bomb_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(Refusal, match="million pixels"):
        read_still(file_of(make_png_of_size(*size)), "image")


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (None, "not a file"),
        ("image", "not a file"),
        ({}, "neither"),
        ({"type": "file"}, "missing"),
        ({"type": "file", "data": 7}, "missing"),
        ({"type": "file", "data": "not base64!"}, "not base64"),
        ({"type": "file", "data": "data:image/png;base64,AAAA"}, "begins with 'data:'"),
        ({"type": "file", "data": "A" * (MAX_BYTES * 4 // 3 + 8)}, "10 MB"),
        (file_of(b"<svg></svg>"), "not a JPEG or PNG"),
        (file_of(b"\x89PNG\r\n\x1a\n"), "not a JPEG or PNG"),
        (file_of(still(kind="GIF")), "not a JPEG or PNG"),
        (file_of(still(kind="WEBP")), "not a JPEG or PNG"),
        (file_of(still(size=(299, 400))), "at least 300"),
        (file_of(still(size=(751, 300))), "2.5:1"),
        (file_of(still(size=(300, 751))), "2.5:1"),
        ({"type": "url"}, "url is missing"),
        ({"type": "url", "url": "https://example.com/a.jpg"}, "fetches nothing"),
        ({"type": "url", "url": "file:///etc/passwd"}, "fetches nothing"),
        ({"type": "url", "url": "data:image/png,abc"}, "fetches nothing"),
    ],
)
def test_what_is_not_an_image_within_the_limits_is_refused(file: object, says: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_still(file, "frameImages[1].image")
    assert refusal.value.status == 400
    assert says in refusal.value.message
    assert "frameImages[1].image" in refusal.value.message


def test_bare_base64() -> None:
    assert read_base64(base64.b64encode(still()).decode(), "imageTail").data == still()


def test_a_video_says_so() -> None:
    video: Json = {"type": "file", "mediaType": "video/mp4", "data": ""}
    assert is_video(video)
    assert not is_video(file_of(b""))
    assert not is_video(None)
