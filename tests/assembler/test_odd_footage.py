"""Footage as cameras, phones and editors really save it: each kind has one rule, said in docs/footage.md."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from storyboard import frames
from storyboard.assembler import ffmpeg, media
from storyboard.assembler.glance import glance
from storyboard.assembler.keyframes import Start, start_before
from storyboard.assembler.rolls import Roll, roll_from
from storyboard.assembler.stock import Stock, even_picture, even_times, notes, pace
from storyboard.errors import Refused, Transient
from storyboard.planner.take import Facts
from storyboard.store import files
from storyboard.store.cache import Cache, key_of
from tests.media import Pictures, read_clock, run, tone, write_clock, write_footage

NTSC = Fraction(30000, 1001)


def frames_of(path: Path, start: Start = Start((), 0), form: str = "gray") -> NDArray[np.uint8]:  # noqa: B008
    """A clip's frames as a film gets them: number, height, width, and colours where there are."""
    roll = media.measure(path)
    size = f"scale={roll.facts.width}:{roll.facts.height}"
    colours = "in_color_matrix=bt709:in_range=tv:out_range=pc"
    even = f"{even_times(roll.stock, roll.facts)}null{even_picture(roll.stock, roll.facts)}"
    chain = f"{even},{size}:out_range=tv,format=yuv420p,scale={colours},format={form}"
    if form == "gray":
        chain = f"{even},{size}:out_range=tv,format=yuv420p,extractplanes=y"
    pixels = ffmpeg.read(
        *ffmpeg.QUIET, *start.arguments, *ffmpeg.reading(path, media.demuxer(path)), "-filter_complex",
        f"{ffmpeg.SCALING}[0:v:0]{chain}[o]", "-map", "[o]", "-fps_mode", "passthrough", "-f", "rawvideo", "-",
    )  # fmt: skip
    shape = (roll.facts.height, roll.facts.width, *(() if form == "gray" else (3,)))
    return np.frombuffer(pixels, np.uint8).reshape(-1, *shape)


def numbers(pictures: Pictures) -> list[int | None]:
    """The frame that each picture of the clock shows."""
    clocks = [read_clock(picture) for picture in pictures]
    return [clock[1] if clock else None for clock in clocks]


# Uneven times


@pytest.fixture(scope="module")
def even(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds of the clock at 30 frames a second."""
    return write_clock(tmp_path_factory.mktemp("even") / "even.mp4", 1, 150, 30, options=("-g", "15"))


UNEVEN = {
    "one frame is missing": "select='not(eq(n,70))'",
    "frames are missing in places": "select='not(between(mod(n,20),3,9))'",
    "a screen that mostly stands still": "select='lt(n,30)+eq(n,60)+gt(n,120)'",
    "half as fast from the middle": "settb=1/90000,setpts='if(lt(N,75),N*3000,225000+(N-75)*6000)'",
    "it begins with a pause": "select='not(between(n,1,3))'",
}


def uneven(source: Path, target: Path, how: str) -> Path:
    """The clock with other times."""
    run("-i", str(source), "-vf", how, "-fps_mode", "vfr", "-c:v", "libx264", "-qp", "12", str(target))
    return target


def by_time_stamps(path: Path, facts: Facts) -> list[int | None]:
    """What a clip shows at each frame of a constant rate, worked out from its decoded frames."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base
        decoded = [
            (frame.pts or 0, frame.to_ndarray()[: frame.height].astype(np.uint8)) for frame in container.decode(stream)
        ]
        places = [(time - decoded[0][0]) * stream.time_base * facts.rate for time, _ in decoded]
    shown = numbers(np.stack([picture for _, picture in decoded]))
    nearest = [int(place + Fraction(1, 2)) for place in places]
    return [shown[max(i for i, place in enumerate(nearest) if place <= frame)] for frame in range(facts.frames)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("how", UNEVEN)
def test_a_rate_that_varies_becomes_constant_by_time_stamps(tmp_path: Path, even: Path, how: str, suffix: str) -> None:
    path = uneven(even, tmp_path / f"a{suffix}", UNEVEN[how])
    roll = media.measure(path)
    assert roll.stock.variable
    assert float(roll.facts.rate) == pytest.approx(30, rel=0.002)
    length = 7.5 if "half as fast" in how else 5
    assert float(roll.facts.seconds) == pytest.approx(length, abs=0.3 if "places" in how else 0.05)
    shown = numbers(frames_of(path)[: roll.facts.frames])
    assert shown == by_time_stamps(path, roll.facts)
    assert any("its frame rate varies" in note for note in notes(roll.stock, roll.facts))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_times_that_only_tremble_are_those_of_a_constant_rate(tmp_path: Path, even: Path, suffix: str) -> None:
    """As a phone writes them: every frame is shown once."""
    path = uneven(even, tmp_path / f"a{suffix}", "settb=1/90000,setpts='PTS+500*sin(N)'")
    roll = media.measure(path)
    assert roll.facts == Facts(150, Fraction(30), 160, 90, audio=False)
    assert not roll.stock.variable
    assert numbers(frames_of(path)) == list(range(150))


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), NTSC, Fraction(60000, 1001), Fraction(25), Fraction(50)])
def test_rates_that_milliseconds_cannot_tell(tmp_path: Path, rate: Fraction) -> None:
    """Matroska rounds times to milliseconds; the rate that is meant is exact."""
    path = write_clock(tmp_path / "a.mkv", 1, 60, rate)
    assert media.probe(path) == Facts(60, rate, 160, 90, audio=False)


def grid(count: int, step: int) -> list[int]:
    """Times on a grid."""
    return [index * step for index in range(count)]


def test_the_pace_of_times() -> None:
    base = Fraction(1, 90_000)
    assert pace(grid(100, 3000), base, Fraction(30)) == (Fraction(30), False)
    assert pace(grid(100, 3003), base, NTSC) == (NTSC, False)
    assert pace(grid(100, 9000), base, Fraction(10)) == (Fraction(10), False)
    assert pace(grid(100, 6923), base, Fraction(13)) == (Fraction(13), False)
    # A whole frame is missing: too much. Half a frame of tremble is not.
    missing = [time for time in grid(60, 3000) if time != 90_000]
    assert pace(missing, base, Fraction(59, 2)) == (Fraction(30), True)
    assert pace([0, 3000, 7500, 9000, 12_000], base, Fraction(30)) == (Fraction(30), False)
    # An average of a file that is near a standard rate means that one.
    assert pace(grid(100, 3000), base, Fraction(9000, 299)) == (Fraction(30), False)
    # Uneven, and at no rate that anybody has a name for.
    assert pace([0, 4100, 8200, 12_300, 16_400, 60_000], base, Fraction(8)) == (Fraction(2195, 100), True)
    assert pace([5, 5, 5], base, Fraction(30)) == (Fraction(30), False)


# Which way is up, and the shape of a pixel


BRIGHT, MIDDLE, DARK = 220, 140, 60


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture that is bright at the top left, half bright at the top right, and dark below."""
    picture = np.full((90, 160), DARK, np.uint8)
    picture[:45, :80], picture[:45, 80:] = BRIGHT, MIDDLE
    return write_footage(tmp_path_factory.mktemp("corner") / "a.mp4", [picture] * 12, 24, (160, 90))


def quarters(picture: NDArray[np.uint8]) -> list[str]:
    """How bright each quarter is: top left, top right, bottom left, bottom right."""
    height, width = picture.shape
    found = []
    for y in (height // 4, height * 3 // 4):
        for x in (width // 4, width * 3 // 4):
            value = int(picture[y - 4 : y + 4, x - 4 : x + 4].mean())
            found.append("bright" if value > 190 else "middle" if value > 110 else "dark")
    return found


TURNS = {
    ("-display_rotation", "90"): ["middle", "dark", "bright", "dark"],
    ("-display_rotation", "180"): ["dark", "dark", "middle", "bright"],
    ("-display_rotation", "270"): ["dark", "bright", "dark", "middle"],
    ("-display_hflip",): ["middle", "bright", "dark", "dark"],
    ("-display_vflip",): ["dark", "dark", "bright", "middle"],
    ("-display_rotation", "90", "-display_hflip"): ["dark", "middle", "dark", "bright"],
}


@pytest.mark.parametrize("turn", TURNS)
def test_a_phone_that_was_held_upright(tmp_path: Path, corner: Path, turn: tuple[str, ...]) -> None:
    path = tmp_path / "a.mp4"
    run(*turn, "-i", str(corner), "-c", "copy", str(path))
    upright = (90, 160) if turn[-2:] != ("-display_rotation", "180") and "-display_rotation" in turn else (160, 90)
    facts = media.probe(path)
    assert (facts.width, facts.height) == upright
    assert quarters(frames_of(path)[0]) == TURNS[turn]
    image = media.last_frame(path)
    assert image.size == upright
    assert quarters(np.asarray(image.convert("L"))) == TURNS[turn]
    small = frames.first_frame(path)
    assert (small.size, quarters(np.asarray(small.convert("L")))) == (upright, TURNS[turn])
    seen = np.kron(glance(path).pictures[0], np.ones((2, 2))).astype(np.uint8)
    assert quarters(seen) == TURNS[turn]


@pytest.mark.parametrize(
    ("size", "pixel", "shown"),
    [
        ((720, 576), "64/45", (1024, 576)),
        ((720, 480), "8/9", (720, 540)),
        ((1440, 1080), "4/3", (1920, 1080)),
        ((854, 480), "1280/1281", (854, 480)),  # as good as square
    ],
)
def test_pixels_that_are_not_square(tmp_path: Path, size: tuple[int, int], pixel: str, shown: tuple[int, int]) -> None:
    """Shown in its real shape: a circle is round."""
    path = tmp_path / "a.mp4"
    width, height = shown
    circle = f"geq=lum='if(lt(hypot(X-{width}/2,Y-{height}/2),{height}/3),{BRIGHT},{DARK})':cb=128:cr=128"
    run("-f", "lavfi", "-i", f"color=gray:s={width}x{height}:r=24", "-frames:v", "3", "-vf",
        f"format=yuv420p,{circle},scale={size[0]}:{size[1]},setsar={pixel}", "-c:v", "libx264", str(path))  # fmt: skip
    facts = media.probe(path)
    assert (facts.width, facts.height) == shown
    for picture in (frames_of(path)[0], np.asarray(media.last_frame(path).convert("L"))):
        across, down = (picture[height // 2] > 140).sum(), (picture[:, width // 2] > 140).sum()
        assert across == pytest.approx(down, abs=4)


@pytest.mark.parametrize("size", [(853, 479), (101, 57)])
def test_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "a.mkv"
    run("-f", "lavfi", "-i", f"testsrc=s={size[0]}x{size[1]}:r=24:d=0.25", "-c:v", "ffv1", str(path))
    assert media.probe(path) == Facts(6, Fraction(24), *size, audio=False)
    assert len(frames_of(path)) == 6
    assert media.last_frame(path).size == size


def test_a_clip_whose_size_changes_keeps_its_count(tmp_path: Path) -> None:
    """As a call over the net records it."""
    for name, size in (("a", (160, 90)), ("b", (320, 180))):
        write_clock(tmp_path / f"{name}.webm", 1, 12, 24, size=size, options=("-c:v", "libvpx-vp9", "-cpu-used", "8"))
    (tmp_path / "list.txt").write_text("file a.webm\nfile b.webm\n", "utf-8")
    run("-f", "concat", "-i", str(tmp_path / "list.txt"), "-c", "copy", str(tmp_path / "ab.webm"))
    assert media.probe(tmp_path / "ab.webm").frames == 24
    assert numbers(frames_of(tmp_path / "ab.webm")) == [*range(12), *range(12)]


# Fields


@pytest.mark.parametrize(
    ("name", "order", "options"),
    [
        ("a.mp4", "tff", ("-c:v", "libx264", "-qp", "8", "-flags", "+ilme+ildct", "-x264-params", "tff=1:keyint=12")),
        ("a.mov", "bff", ("-c:v", "prores_ks", "-flags", "+ildct", "-pix_fmt", "yuv422p10le")),
    ],
)
def test_interlaced_footage_has_no_combs(tmp_path: Path, name: str, order: str, options: tuple[str, ...]) -> None:
    path = tmp_path / name
    moving = "color=black:s=320x180:r=50:d=1.6,format=yuv420p,drawbox=x=0:w=40:h=180:c=white:t=fill"
    moving += f",scroll=horizontal=-0.03,interlace=scan={order}"
    run("-f", "lavfi", "-i", moving, *options, str(path))
    roll = media.measure(path)
    assert roll.stock.interlaced
    assert roll.facts.rate == 25
    pictures = frames_of(path).astype(int)
    assert len(pictures) == roll.facts.frames == 40
    combs = np.abs(pictures[:, 2:-2:2] - pictures[:, 1:-3:2]).mean()
    with av.open(str(path)) as container:
        raw = np.stack([frame.to_ndarray(format="gray")[:180, :320] for frame in container.decode(video=0)]).astype(int)
    assert combs < np.abs(raw[:, 2:-2:2] - raw[:, 1:-3:2]).mean() / 8
    for frame in (13, 14, 25, 39):  # from wherever it is read, a frame is the same
        start = start_before(roll.keys, frame, roll.stock.margin)
        assert (frames_of(path, start)[frame - start.frame] == pictures[frame]).all()


# Colours


COLOURS = [(200, 40, 40), (40, 200, 40), (40, 40, 200), (230, 230, 230), (20, 20, 20), (128, 128, 128), (200, 200, 40),
           (180, 60, 160)]  # fmt: skip
LEVELS = "scale=out_color_matrix={matrix}:out_range={span},format={form},setparams=range={span}:colorspace={said}"
X264 = ("-c:v", "libx264", "-qp", "8")


def chart(path: Path, clear: bool = False) -> Path:
    """A picture of eight colours; the last four half transparent, when it is `clear`."""
    picture = np.zeros((96, 160, 4), np.uint8)
    for index, colour in enumerate(COLOURS):
        picture[:, index * 20 : index * 20 + 20] = (*colour, 128 if clear and index > 3 else 255)
    Image.fromarray(picture).save(path)
    return path


def levels(matrix: str, span: str, form: str, said: str = "") -> str:
    """Filters that write colours in a certain way."""
    return LEVELS.format(matrix=matrix, span=span, form=form, said=said or matrix)


RECORDED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "plain": ("a.mp4", levels("bt709", "tv", "yuv420p"), X264),
    "full range": ("a.mp4", levels("bt709", "pc", "yuv420p"), X264),
    "BT.601": ("a.mp4", levels("bt601", "tv", "yuv420p", "smpte170m"), X264),
    "BT.601 that does not say so": ("a.mp4", levels("bt601", "tv", "yuv420p", "unknown"), X264),
    "BT.2020 that is not HDR": ("a.mp4", levels("bt2020", "tv", "yuv420p", "bt2020nc"), X264),
    "4:2:2": ("a.mp4", levels("bt709", "tv", "yuv422p"), X264),
    "4:4:4": ("a.mp4", levels("bt709", "tv", "yuv444p"), X264),
    "10 bits": ("a.mp4", levels("bt709", "tv", "yuv420p10le"), X264),
    "10 bits, full range": ("a.mp4", levels("bt709", "pc", "yuv420p10le"), X264),
    "ProRes 4:2:2": ("a.mov", levels("bt709", "tv", "yuv422p10le"), ("-c:v", "prores_ks")),
    "Motion JPEG": ("a.mov", levels("bt601", "pc", "yuvj420p", "smpte170m"), ("-c:v", "mjpeg", "-q:v", "1")),
    "RGB": ("a.mkv", "format=gbrp", ("-c:v", "libx264rgb", "-qp", "4")),
    "animation": ("a.mov", "format=rgb24", ("-c:v", "qtrle")),
    "VP9": ("a.webm", levels("bt709", "tv", "yuv420p"), ("-c:v", "libvpx-vp9", "-lossless", "1")),
}


def middles(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The colour in the middle of each of the eight fields."""
    half = picture.shape[0] // 2
    step = picture.shape[1] / 8
    return np.array(
        [picture[half - 4 : half + 4, round(i * step + 7) : round(i * step + 13)].mean((0, 1)) for i in range(8)]
    )


@pytest.mark.parametrize("kind", RECORDED)
def test_colours_however_they_were_written(tmp_path: Path, kind: str) -> None:
    """The film and a still that continues it show the colours that were recorded, within what eight bits can tell."""
    name, how, codec = RECORDED[kind]
    path = tmp_path / name
    run("-loop", "1", "-t", "0.2", "-i", str(chart(tmp_path / "chart.png")), "-vf", how, *codec, str(path))
    assert np.abs(middles(frames_of(path, form="rgb24")[0]) - COLOURS).max() <= 3
    assert np.abs(middles(np.asarray(media.last_frame(path))) - COLOURS).max() <= 4


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mov", ("-pix_fmt", "yuva444p10le", "-c:v", "prores_ks", "-profile:v", "4444")),
        ("b.mov", ("-pix_fmt", "argb", "-c:v", "qtrle")),
        ("c.mov", ("-pix_fmt", "rgba", "-c:v", "png")),
    ],
)
def test_what_is_transparent_is_shown_before_black(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    path = tmp_path / name
    run("-loop", "1", "-t", "0.2", "-i", str(chart(tmp_path / "chart.png", clear=True)), *options, str(path))
    wanted = np.array(COLOURS) * np.array([1] * 4 + [128 / 255] * 4)[:, None]
    assert np.abs(middles(frames_of(path, form="rgb24")[0]) - wanted).max() <= 3
    assert np.abs(middles(np.asarray(media.last_frame(path))) - wanted).max() <= 4
    roll = media.measure(path)
    assert any("transparent" in note for note in notes(roll.stock, roll.facts))


def test_grey_footage_is_grey(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    how = f"{levels('bt709', 'tv', 'yuv420p')},extractplanes=y,setparams=range=tv:colorspace=bt709"
    run("-loop", "1", "-t", "0.2", "-i", str(chart(tmp_path / "chart.png")), "-vf", how, *X264, str(path))
    wanted = (np.array(COLOURS) @ [0.2126, 0.7152, 0.0722])[:, None]
    assert np.abs(middles(frames_of(path, form="rgb24")[0]) - wanted).max() <= 3


@pytest.mark.stress
@pytest.mark.parametrize(
    "curve", ["smpte2084", "arib-std-b67"] if os.environ.get("STORYBOARD_STRESS") else ["smpte2084"]
)
def test_hdr_is_brought_down_and_keeps_its_picture(tmp_path: Path, curve: str) -> None:
    """Grey stays grey, order stays order, colours keep their hue, and it is neither flat nor dark."""
    path = tmp_path / "a.mp4"
    light = "format=gbrp,setparams=color_primaries=bt709:color_trc=iec61966-2-1:colorspace=gbr:range=pc"
    light += ",zscale=t=linear:npl=203,format=gbrpf32le"
    light += f",zscale=tin=linear:p=bt2020:t={curve}:m=bt2020nc:r=tv:npl=203,format=yuv420p10le"
    tags = ("-color_primaries", "bt2020", "-color_trc", curve, "-colorspace", "bt2020nc")
    run("-loop", "1", "-t", "0.08", "-i", str(chart(tmp_path / "chart.png")), "-vf", light, *tags, *X264, str(path))
    roll = media.measure(path)
    assert roll.stock.hdr
    assert roll.stock.transfer == curve
    assert any("it is HDR" in note for note in notes(roll.stock, roll.facts))
    seen = middles(frames_of(path, form="rgb24")[0])
    greys = seen[[4, 5, 3]]
    assert np.ptp(greys, axis=1).max() <= 4
    assert (np.diff(greys.mean(axis=1)) > 40).all()
    assert greys[2].mean() > 140
    assert [int(colour.argmax()) for colour in seen[:3]] == [0, 1, 2]
    assert (np.ptp(seen[:3], axis=1) > 90).all()


# What is kept of a clip


def test_what_was_measured_is_remembered_by_digest(tmp_path: Path, even: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, path = Cache(tmp_path / ".storyboard"), uneven(even, tmp_path / "a.mp4", UNEVEN["one frame is missing"])
    digest = files.sha256(path)
    first = media.roll_of(path, digest, cache)
    assert first == media.measure(path)
    monkeypatch.setattr(media, "measure", None)
    assert media.roll_of(path, digest, cache) == first
    assert media.roll_of(tmp_path / "elsewhere.mp4", digest, cache) == first


def test_a_clip_that_was_changed_is_not_remembered_as_what_it_was(tmp_path: Path, even: Path) -> None:
    cache = Cache(tmp_path / ".storyboard")
    with pytest.raises(Transient, match="was changed while it was used"):
        media.roll_of(even, "0" * 64, cache)
    assert cache.recall("rolls", key_of(media.MEASURE, "0" * 64)) is None


def test_a_clip_that_was_refused_is_refused_again(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"none")
    for _ in range(2):
        with pytest.raises(Refused):
            media.roll_of(path, files.sha256(path), Cache(tmp_path / ".storyboard"))


SPOILT: dict[str, Callable[[dict[str, object]], object]] = {
    "nothing": lambda _: None,
    "a list": lambda _: [],
    "no facts": lambda value: value | {"facts": []},
    "no frames": lambda value: value | {"facts": [0, "30", 160, 90, False]},
    "endless": lambda value: value | {"facts": [10**9, "30", 160, 90, False]},
    "a rate of nothing": lambda value: value | {"facts": [150, "0", 160, 90, False]},
    "a rate over nothing": lambda value: value | {"facts": [150, "30/0", 160, 90, False]},
    "a giant": lambda value: value | {"facts": [150, "30", 60_000, 90_000, False]},
    "half a frame": lambda value: value | {"facts": [1.5, "30", 160, 90, False]},
    "a filter": lambda value: value | {"colours": ["bt709,movie=/etc/passwd", "", ""]},
    "a flag that is none": lambda value: value | {"flags": [1, False, True, False, False]},
    "a needle": lambda value: value | {"pixel": "1/90"},
    "a text": lambda value: value | {"last": "9"},
    "keys out of order": lambda value: value | {"keys": [[24, 9], [12, 10]]},
    "a key behind the end": lambda value: value | {"keys": [[0, 0], [150, 10]]},
    "a key that is an option": lambda value: value | {"keys": [[0, "0 -i x"]]},
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_was_remembered_wrongly_is_measured_again(tmp_path: Path, even: Path, how: str) -> None:
    cache, digest = Cache(tmp_path / ".storyboard"), files.sha256(even)
    roll = media.roll_of(even, digest, cache)
    plain = json.loads(json.dumps(roll.describe()))
    assert roll_from(plain) == roll
    assert roll_from(SPOILT[how](plain)) is None
    cache.remember("rolls", key_of(media.MEASURE, digest), SPOILT[how](plain))
    assert media.roll_of(even, digest, cache) == roll


def test_an_ordinary_clip_is_left_alone(even: Path) -> None:
    roll = media.measure(even)
    assert roll == Roll(Facts(150, Fraction(30), 160, 90, audio=False), Stock(), roll.keys)
    assert even_times(roll.stock, roll.facts) == even_picture(roll.stock, roll.facts) == ""
    assert notes(roll.stock, roll.facts) == ()


# What is refused


def test_colours_that_only_dolby_knows(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    run("-f", "lavfi", "-i", "testsrc2=s=160x90:r=24:d=0.5", "-c:v", "libx265", "-x265-params", "log-level=none",
        "-tag:v", "hvc1", str(path))  # fmt: skip
    path.write_bytes(path.read_bytes().replace(b"hvc1", b"dvh1"))
    with pytest.raises(Refused, match="Dolby Vision") as caught:
        media.probe(path)
    assert "SDR" in caught.value.hint


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_clip_without_frames(tmp_path: Path, even: Path, name: str) -> None:
    run("-i", str(even), "-c", "copy", "-frames:v", "0", str(tmp_path / name))
    with pytest.raises(Refused, match=r"no picture|no frames|cannot be read as a clip"):
        media.probe(tmp_path / name)


def test_a_last_picture_that_cannot_be_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    run("-f", "lavfi", "-i", "testsrc2=s=160x90:r=24:d=0.5", "-c:v", "png", str(path))
    data = bytearray(path.read_bytes())
    last = data.rindex(b"\x89PNG")
    data[last : last + 60] = bytes(60)
    path.write_bytes(data)
    with pytest.raises(Refused, match=r"its last picture cannot be decoded|ffmpeg failed"):
        media.last_frame(path)


def test_sound_of_every_layout_is_measured_as_sound(tmp_path: Path) -> None:
    for name, channels in (("mono", 1), ("stereo", 2), ("surround", 6)):
        path = write_clock(tmp_path / f"{name}.mp4", 1, 24, sound=tone(440, 1, channels=channels))
        assert media.probe(path) == Facts(24, Fraction(24), 160, 90, audio=True)
