"""Sixty files that pass for clips and are none: ten kinds, six of each, made from good clips and a few bytes."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

Files = dict[str, bytes]
BOXES = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"edts", b"mvex"}
"""Boxes that hold boxes."""
TRUSTED = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
"""What a good clip begins with."""


@dataclass(frozen=True)
class Good:
    """Clips to make bad ones from, and where a file and a server are that must stay untouched."""

    mp4: bytes
    """Fast start, H.264 and AAC."""
    frame: bytes
    """One whole VP9 frame of 320x320."""
    secret: str
    address: str


def box(name: bytes, *inside: bytes) -> bytes:
    """One box."""
    data = b"".join(inside)
    return struct.pack(">I4s", 8 + len(data), name) + data


def boxes(data: bytes, start: int = 0, stop: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Every box of a file, those within others too: name, where its content begins, where it ends."""
    at, stop = start, len(data) if stop is None else stop
    while at + 8 <= stop:
        size, name = struct.unpack_from(">I4s", data, at)
        end = at + size
        assert size >= 8
        yield name, at + 8, end
        if name in BOXES:
            yield from boxes(data, at + 8, end)
        at = end


def find(data: bytes, name: bytes) -> int:
    """Where the content of the first box of a name begins; the picture's, where each track has one."""
    return next(start for found, start, _ in boxes(data) if found == name)


def patched(data: bytes, name: bytes, offset: int, value: bytes) -> bytes:
    """The file with a few bytes of a box written over."""
    at = find(data, name) + offset
    return data[:at] + value + data[at + len(value) :]


def grown(data: bytes, name: bytes, content: bytes) -> bytes:
    """The file with the content of a box replaced; the boxes around it know, the tables of places do not."""
    start, stop = next((start, stop) for found, start, stop in boxes(data) if found == name)
    longer = len(content) - (stop - start)
    out = bytearray(data)
    for found, inner, end in boxes(data):
        if found == name or (found in BOXES and inner < start < end):
            struct.pack_into(">I", out, inner - 8, end - inner + 8 + longer)
        if found == name:
            break
    return bytes(out[:start]) + content + data[stop:]


def playlists(good: Good) -> Files:
    """HLS playlists and their kin."""
    one = f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{good.secret}\n#EXT-X-ENDLIST\n".encode()
    return {
        "hls": one,
        "hls after a mark": b"\xef\xbb\xbf" + one,
        "hls with windows lines": one.replace(b"\n", b"\r\n"),
        "hls after lines": b"\n\n\n" + one,
        "hls behind a name": TRUSTED + one,
        "hls from a server": f'#EXTM3U\n#EXT-X-MAP:URI="{good.address}"\n#EXTINF:1,\n{good.address}\n'.encode(),
    }


def scripts(good: Good) -> Files:
    """Lists that ffmpeg joins."""
    one = f"ffconcat version 1.0\nfile '{good.secret}'\nduration 5\n".encode()
    return {
        "concat": one,
        "concat without a version": one.split(b"\n", 1)[1],
        "concat after a mark": b"\xef\xbb\xbf" + one,
        "concat behind a name": TRUSTED + one,
        "concat address": f"concat:{good.secret}|{good.secret}".encode(),
        "concat in a free box": box(b"free", one),
    }


def descriptions(good: Good) -> Files:
    """Texts that say where a stream is."""
    sdp = b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5000 RTP/AVP 96\n"
    sdp += b"a=rtpmap:96 H264/90000\n"
    return {
        "sdp": sdp,
        "sdp behind a name": TRUSTED + sdp,
        "rtsp": b"RTSPtextrtsp://127.0.0.1/x\n",
        "dash": f'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011">{good.address}</MPD>'.encode(),
        "asx": f'<ASX version="3.0"><ENTRY><REF HREF="{good.address}"/></ENTRY></ASX>'.encode(),
        "smil": f'<smil><body><video src="{good.secret}"/></body></smil>'.encode(),
    }


def pictures(_: Good) -> Files:
    """Still images, alone and as patterns."""
    image = Image.new("RGB", (640, 360), "teal")
    found = {}
    for kind in ("PNG", "JPEG", "GIF", "WEBP", "TIFF"):
        buffer = io.BytesIO()
        image.save(buffer, kind)
        found[kind.lower()] = buffer.getvalue()
    return {**found, "y4m": b"YUV4MPEG2 W640 H360 F24:1 Ip A1:1 C420\nFRAME\n" + bytes(640 * 540)}


def others(good: Good) -> Files:
    """What a server sends instead of a clip."""
    return {
        "page": f"<!doctype html><title>404</title><video src='{good.secret}'></video>".encode(),
        "json": b'{"error": {"message": "not found"}}',
        "data address": b"data:video/mp4;base64,AAAAGGZ0eXBtcDQyAAAAAG1wNDJpc29t",
        "nothing": b"",
        "three bytes": b"\x00\x00\x00",
        "transport stream": (b"\x47\x40\x00\x10" + bytes(184)) * 50,
    }


def references(good: Good) -> Files:
    """MOV files whose pictures are in another file."""
    name = good.secret.encode() + b"\x00"
    parts = (good.secret if len(good.secret) % 2 == 0 else f"/{good.secret}").encode()
    alias = bytes(150) + struct.pack(">HH", 2, len(parts)) + parts + struct.pack(">H", 0xFFFF)

    def drefs(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">II", 0, 1) + box(kind, b"\x00\x00\x00\x00", content)

    movie = box(
        b"moov", box(b"rmra", box(b"rmda", box(b"rdrf", b"\x00\x00\x00\x00url ", struct.pack(">I", len(name)), name)))
    )
    bomb = zlib.compress(bytes(64_000_000), 9)
    packed = box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", struct.pack(">I", 64_000_000), bomb)))
    return {
        "dref to a file": grown(good.mp4, b"dref", drefs(b"url ", b"file://" + name)),
        "dref to a name": grown(good.mp4, b"dref", drefs(b"url ", name)),
        "dref to a server": grown(good.mp4, b"dref", drefs(b"url ", good.address.encode() + b"\x00")),
        "dref by an alias": grown(good.mp4, b"dref", drefs(b"alis", alias)),
        "reference movie": TRUSTED + movie,
        "packed header that is a bomb": TRUSTED + packed,
    }


def crowds(good: Good) -> Files:
    """Too many streams."""
    at = find(good.mp4, b"trak") - 8
    size = struct.unpack_from(">I", good.mp4, at)[0]
    trak = good.mp4[at : at + size]
    moov = find(good.mp4, b"moov") - 8
    found = {}
    for count in (9, 100, 1000, 10_000):
        data = bytearray(good.mp4[:at] + trak * (count - 1) + good.mp4[at:])
        struct.pack_into(">I", data, moov, struct.unpack_from(">I", data, moov)[0] + size * (count - 1))
        found[f"{count} tracks"] = bytes(data)
    for count in (100, 5000):
        found[f"{count} tracks of matroska"] = matroska(frame=good.frame, tracks=count)
    return found


def giants(good: Good) -> Files:
    """Frames of 30,000 by 30,000 pixels."""
    side = struct.pack(">HH", 30_000, 30_000)
    entry = find(good.mp4, b"stsd") + 8
    jpeg, png = io.BytesIO(), io.BytesIO()
    Image.new("L", (16, 16)).save(jpeg, "JPEG")
    frame = jpeg.getvalue()
    sof = frame.index(b"\xff\xc0") + 5
    frame = frame[:sof] + side + frame[sof + 4 :]
    Image.new("1", (30_000, 30_000)).save(png, "PNG")
    vp8 = b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", 16_383, 16_383) + bytes(200)
    return {
        "h264 whose header says so": good.mp4[: entry + 32] + side + good.mp4[entry + 36 :],
        "jpeg in matroska": matroska(codec=b"V_MJPEG", frame=frame),
        "png in matroska": matroska(codec=b"V_MS/VFW/FOURCC", frame=png.getvalue(), private=bitmap(b"MPNG", 30_000)),
        "vp8": matroska(codec=b"V_VP8", frame=vp8),
        "matroska whose header says so": matroska(frame=good.frame, side=30_000),
        "raw pictures": matroska(
            codec=b"V_MS/VFW/FOURCC", frame=bytes(500), private=bitmap(b"I420", 30_000), side=30_000
        ),
    }


def rates(good: Good) -> Files:
    """Rates that no clip has."""
    big = struct.pack(">I", 0xFFFFFFFF)
    zero = struct.pack(">I", 0)
    return {
        "frames without duration": patched(good.mp4, b"stts", 12, zero),
        "no time scale": patched(good.mp4, b"mdhd", 12, zero),
        "4 thousand million frames a second": patched(
            patched(good.mp4, b"mdhd", 12, big), b"stts", 12, struct.pack(">I", 1)
        ),
        "a frame in half a day": patched(good.mp4, b"stts", 12, struct.pack(">I", 1 << 30)),
        "matroska with a frame each nanosecond": matroska(frame=good.frame, duration=1, step=0),
        "matroska without a time scale": matroska(frame=good.frame, scale=0),
    }


def endless(good: Good) -> Files:
    """Clips that say they go on for ever."""
    big = struct.pack(">I", 0xFFFFFFF0)
    return {
        "as many frames as there are numbers": patched(good.mp4, b"stsz", 4, struct.pack(">II", 1, 0xFFFFFFF0)),
        "a table of sizes that is not there": patched(good.mp4, b"stsz", 8, big),
        "times for ever": patched(good.mp4, b"stts", 8, struct.pack(">II", 0xFFFFFFF0, 0x7FFFFFFF)),
        "chunks for ever": patched(good.mp4, b"stsc", 12, big),
        "a table of chunks that is not there": patched(good.mp4, b"stco", 4, big),
        "matroska for ever": matroska(frame=good.frame, length=float("inf"), duration=1 << 40, step=1 << 14),
    }


def element(id_: int, content: bytes) -> bytes:
    """One element of EBML."""
    name = id_.to_bytes((id_.bit_length() + 7) // 8, "big")
    return name + (1 << 56 | len(content)).to_bytes(8, "big") + content


def number(id_: int, value: int) -> bytes:
    """An element that is a whole number."""
    return element(id_, value.to_bytes(8, "big"))


def bitmap(codec: bytes, side: int) -> bytes:
    """What Matroska keeps of a picture format of Windows."""
    return struct.pack("<IiiHH4sIiiII", 40, side, side, 1, 24, codec, 0, 0, 0, 0, 0)


def matroska(
    *, codec: bytes = b"V_VP9", frame: bytes = b"", private: bytes = b"", side: int = 320, tracks: int = 1,
    duration: int = 41_666_666, step: int = 42, scale: int = 1_000_000, length: float = 2000.0,
) -> bytes:  # fmt: skip
    """A Matroska file of 48 equal frames."""
    head = element(0x1A45DFA3, element(0x4282, b"matroska"))
    info = element(0x1549A966, number(0x2AD7B1, scale) + element(0x4489, struct.pack(">d", length)))
    picture = element(0xE0, number(0xB0, side) + number(0xBA, side))
    entry = b"".join(
        element(0xAE, number(0xD7, one) + number(0x73C5, one) + number(0x83, 1) + element(0x86, codec)
                + number(0x23E383, duration) + (element(0x63A2, private) if private else b"") + picture)
        for one in range(1, tracks + 1)
    )  # fmt: skip
    blocks = b"".join(
        element(0xA3, b"\x81" + struct.pack(">h", min(index * step, 32_767)) + b"\x80" + frame) for index in range(48)
    )
    cluster = element(0x1F43B675, number(0xE7, 0) + blocks)
    return head + element(0x18538067, info + element(0x1654AE6B, entry) + cluster)


KINDS = (playlists, scripts, descriptions, pictures, others, references, crowds, giants, rates, endless)


def hostile(good: Good) -> dict[str, bytes]:
    """All of them, by name."""
    found: dict[str, bytes] = {}
    for kind in KINDS:
        files = kind(good)
        assert len(files) == 6, kind
        found.update({f"{kind.__name__}: {name}": data for name, data in files.items()})
    return found
