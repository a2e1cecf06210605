"""Clips and sounds are measured by what is in them, opened in a closed way, and refused when they are not whole."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from storyboard.assembler import media
from storyboard.assembler.arrival import Wanted, check
from storyboard.assembler.boxes import SEGMENT
from storyboard.assembler.hearing import measure_sound
from storyboard.errors import Refused, Usage
from storyboard.planner.take import Facts
from tests.assembler.conftest import RATES
from tests.assembler.hostile import TRUSTED, Good, box, hostile
from tests.media import HEIGHT, WIDTH, Stage, read_film, run, small, tone, write_clock, write_footage, write_sound


@pytest.mark.parametrize("name", RATES)
def test_facts_are_exact(footage: Path, name: str) -> None:
    rate = RATES[name]
    assert media.probe(footage / f"{name}.mp4") == Facts(round(5 * rate), rate, WIDTH, HEIGHT, audio=False)


def test_facts_of_a_clip_with_sound(footage: Path) -> None:
    facts = media.probe(footage / "low.mp4")
    assert (facts.audio, facts.seconds) == (True, Fraction(4))


@pytest.mark.parametrize("options", [(), ("-movflags", "+faststart"), ("-movflags", "+frag_keyframe+empty_moov")])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".m4v"])
def test_every_arrangement_of_an_mp4(tmp_path: Path, suffix: str, options: tuple[str, ...]) -> None:
    path = write_clock(tmp_path / f"a{suffix}", 1, 30, 30, sound=tone(440, 1), options=options)
    assert media.probe(path) == Facts(30, Fraction(30), WIDTH, HEIGHT, audio=True)


@pytest.mark.parametrize("name", ["a.mkv", "a.webm"])
def test_matroska(tmp_path: Path, name: str) -> None:
    options = ("-c:v", "libvpx-vp9", "-deadline", "realtime") if name.endswith("webm") else ()
    path = write_clock(tmp_path / name, 1, 24, 24, sound=tone(440, 1), options=options)
    assert media.probe(path) == Facts(24, Fraction(24), WIDTH, HEIGHT, audio=True)


def test_a_name_says_nothing(footage: Path, tmp_path: Path) -> None:
    path = tmp_path / "clip.txt"
    path.write_bytes((footage / "r24.mp4").read_bytes())
    assert media.probe(path).frames == 120


def test_a_clip_that_an_editor_cut_without_encoding_it_again(stage: Stage) -> None:
    """Its first frames are there and are not shown: an edit list says so. What is counted is what is seen."""
    source = stage.folder / "r24.mp4"
    run("-ss", "1.3", "-i", str(source), "-c", "copy", str(stage.folder / "trimmed.mp4"))
    facts = media.probe(stage.folder / "trimmed.mp4")
    assert facts.frames == len(read_film(stage.folder / "trimmed.mp4"))
    seen = stage.shown(f"{small()}shots: [{{id: a, footage: trimmed.mp4}}]")
    assert len(seen) == facts.frames
    assert [clock[1] for clock in seen if clock] == list(range(120 - facts.frames, 120))


# What is not a clip


@dataclass(frozen=True)
class Traps:
    """Hostile files, and what they reach for."""

    files: dict[str, bytes]
    secret: Path
    """A pipe: whoever opens it is seen."""
    server: socket.socket


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traps]:
    """Sixty of them."""
    folder = tmp_path_factory.mktemp("traps")
    good = write_clock(folder / "good.mp4", 1, 48, sound=tone(440, 2), options=("-movflags", "+faststart"))
    noise = np.random.default_rng(1).integers(30, 220, (1, 320, 320), np.uint8)
    square = write_footage(folder / "a.webm", list(noise), 24, (320, 320), options=("-c:v", "libvpx-vp9"))
    with av.open(str(square)) as container:
        frame = bytes(next(container.demux(video=0)))
    secret = folder / "secret.mp4"
    os.mkfifo(secret)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/clip.mp4"
        yield Traps(hostile(Good(good.read_bytes(), frame, str(secret), address)), secret, server)


@contextmanager
def watched(pipe: Path) -> Iterator[list[str]]:
    """Whoever opens the pipe for reading is written down, and let go."""
    seen: list[str] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            try:
                os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                continue
            seen.append(pipe.name)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


BELIEVED = {
    "giants: h264 whose header says so",
    "giants: matroska whose header says so",
    "rates: matroska without a time scale",
    "endless: a table of chunks that is not there",
}
"""What they say is not believed: they are measured by what is in them."""

PROBING = """
import json, resource, sys
opened = []
def hook(event, args):
    if event == "open" and isinstance(args[0], str) and not args[0].endswith((".py", ".pyc", ".so")):
        opened.append(args[0])
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.posix_spawn")):
        opened.append(event)
from pathlib import Path
from storyboard.assembler import media
from storyboard.errors import Refused
import av.error, av.container.input
sys.addaudithook(hook)
found = {}
for name in sys.argv[1:]:
    opened.clear()
    try:
        found[name] = ["measured", media.probe(Path(name)).frames]
    except Refused as refused:
        found[name] = ["refused", refused.message]
    found[name].append(sorted({*opened}))
if sys.platform == "linux":  # the system's own peak begins with that of the process that started this one
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 * 1024)
print(json.dumps({"found": found, "megabytes": peak}))
"""


def test_sixty_hostile_files_open_no_other_file_and_cost_nothing(traps: Traps, tmp_path: Path) -> None:
    """Each is refused with a reason, or measured by what is really in it; nothing else is opened or called."""
    assert len(traps.files) == 60
    paths = {}
    for number, (name, data) in enumerate(traps.files.items()):
        path = tmp_path / f"take-{number}.mp4"
        path.write_bytes(data)
        paths[str(path)] = name
    with watched(traps.secret) as seen:
        done = subprocess.run([sys.executable, "-c", PROBING, *paths], capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    measured = {paths[path] for path, (kind, _, _) in report["found"].items() if kind == "measured"}
    assert measured == BELIEVED
    for path, (kind, what, opened) in report["found"].items():
        assert what == 48 if kind == "measured" else str(what).startswith(("it ", "its ", "none of its ")), paths[path]
        assert set(opened) <= {path}, paths[path]
    assert seen == []
    with pytest.raises(BlockingIOError):
        traps.server.accept()
    assert report["megabytes"] < 1000


def test_the_trap_would_work(traps: Traps, tmp_path: Path) -> None:
    """A MOV file that points to another is followed by whoever allows it: so the test above means something."""
    path = tmp_path / "take.mp4"
    path.write_bytes(traps.files["references: dref by an alias"])
    allowed = {"enable_drefs": "1", "use_absolute_path": "1"}
    with watched(traps.secret) as seen, suppress(av.FFmpegError), av.open(str(path), format="mov", options=allowed):
        pass
    assert seen


@pytest.mark.parametrize("codec", ["png", "mjpeg"])
def test_pictures_larger_than_8k_are_refused(codec: str, tmp_path: Path) -> None:
    picture = "color=gray:s=8000x5000:r=24"
    form = "gray" if codec == "png" else "yuvj420p"
    run("-f", "lavfi", "-i", picture, "-frames:v", "1", "-c:v", codec, "-pix_fmt", form, str(tmp_path / "a.mkv"))
    with pytest.raises(Refused, match="its picture is 8000x5000: a clip has at most 33,177,600 pixels"):
        media.probe(tmp_path / "a.mkv")


def test_an_index_that_unfolds_to_gigabytes_is_not_unfolded(tmp_path: Path) -> None:
    bomb = zlib.compress(bytes(1000), 9)
    packed = box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", struct.pack(">I", 2_000_000_000), bomb))
    (tmp_path / "a.mov").write_bytes(TRUSTED + box(b"moov", packed))
    with pytest.raises(Refused, match="its index is packed"):
        media.probe(tmp_path / "a.mov")


HOSTILE = {
    "playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n%b\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile '%b'\n",
    "html": b"<!doctype html><title>404</title><video src='%b'></video>",
    "text": b"just words",
    "empty": b"",
    "short": b"\x00\x00\x00",
    "json": b'{"error": "not found"}',
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\n",
    "image": b"\x89PNG\r\n\x1a\n" + b"\x00" * 64,
    "mpegts": b"\x47" + b"\x00" * 187,
    "only a name": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
    "a playlist behind a box": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom#EXTM3U\n%b\n",
    "matroska in name": b"\x1a\x45\xdf\xa3" + b"\xff" * 60,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_not_a_clip_is_refused_and_opens_no_other_file(footage: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "take.mp4"
    path.write_bytes(HOSTILE[kind].replace(b"%b", bytes(footage / "r24.mp4")))
    with pytest.raises(Refused, match="it "):
        media.probe(path)
    with pytest.raises(Refused):
        measure_sound(path)


def test_a_playlist_cannot_come_in_as_footage_or_sound(stage: Stage) -> None:
    for name in ("playlist", "concat"):
        (stage.folder / f"{name}.mp4").write_bytes(HOSTILE[name].replace(b"%b", b"r24.mp4"))
        with pytest.raises(Refused):
            stage.film(f"{small()}shots: [{{id: a, footage: {name}.mp4}}]")
        with pytest.raises(Refused):
            stage.film(
                f"{small()}sound: {{music: {{file: {name}.mp4}}}}\nshots: [{{id: a, footage: r24.mp4, length: 1s}}]"
            )


def test_a_clip_without_a_picture(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no picture"):
        media.probe(write_sound(tmp_path / "a.mp4", tone(440, 1), options=("-c:a", "aac")))


def test_a_clip_with_too_many_streams(footage: Path, tmp_path: Path) -> None:
    maps = ("-map", "0:v") * 9
    run("-i", str(footage / "wide.mp4"), *maps, "-c", "copy", str(tmp_path / "many.mp4"))
    with pytest.raises(Refused, match="too many"):
        media.probe(tmp_path / "many.mp4")


def test_a_clip_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(Usage, match=r"`a.mp4` is not there"):
        media.probe(tmp_path / "a.mp4")
    with pytest.raises(Usage, match="cannot be read"):
        media.probe(tmp_path)


# What is cut short


ARRANGEMENTS: dict[str, tuple[str, ...]] = {
    "fast.mp4": ("-movflags", "+faststart"),
    "last.mp4": (),
    "late.mp4": ("-movflags", "+faststart", "-max_interleave_delta", "0"),
    "fragments.mp4": ("-movflags", "+frag_keyframe+empty_moov", "-g", "12"),
    "fast.mov": ("-movflags", "+faststart", "-c:a", "pcm_s16le"),
    "last.mov": (),
    "a.mkv": (),
    "a.webm": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"),
    "live.webm": ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-live", "1"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same clip with sound in every arrangement."""
    folder = tmp_path_factory.mktemp("whole")
    noise = np.random.default_rng(1).integers(30, 220, (48, 44, 80), np.uint8)
    for name, options in ARRANGEMENTS.items():
        write_footage(folder / name, list(noise), 24, (80, 44), sound=tone(440, 2.2), options=options)
    for name in ("fast.mp4", "late.mp4"):  # the data's box goes on to the end of the file, and does not say how far
        data = (folder / name).read_bytes()
        at = data.index(b"mdat") - 4
        (folder / f"open-{name}").write_bytes(data[:at] + bytes(4) + data[at + 4 :])
    data = (folder / "a.mkv").read_bytes()
    at = data.index(SEGMENT) + 4
    (folder / "open-a.mkv").write_bytes(data[:at] + b"\x01" + b"\xff" * 7 + data[at + 8 :])
    return folder


def is_accepted(path: Path) -> bool:
    """Whether a clip is taken for whole."""
    try:
        media.probe(path)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("name", [*ARRANGEMENTS, "open-fast.mp4", "open-late.mp4", "open-a.mkv"])
def test_a_clip_that_is_cut_short_is_refused(whole: Path, tmp_path: Path, name: str) -> None:
    """At every hundredth, and just before its end. In `late`, nothing is lost but sound."""
    data = (whole / name).read_bytes()
    assert media.probe(whole / name).frames == 48
    path = tmp_path / name
    kept = [len(data) * percent // 100 for percent in range(100)] + [len(data) - less for less in (1, 2, 7, 100)]
    accepted = []
    for length in kept:
        path.write_bytes(data[:length])
        if is_accepted(path):
            accepted.append(length)
    assert accepted == []


@pytest.mark.stress
@pytest.mark.parametrize("name", ["fast.mp4", "last.mp4", "fast.mov", "a.mkv"])
def test_a_damaged_clip_is_measured_or_refused_and_never_worse(name: str, tmp_path: Path) -> None:
    """Bytes of the index and of the pictures are changed; whatever comes of it is looked at as an arrival is."""
    chance = np.random.default_rng(9)
    path = write_clock(tmp_path / name, 1, 48, sound=tone(440, 2), options=ARRANGEMENTS[name])
    data = np.frombuffer(path.read_bytes(), np.uint8)
    heads = [(0, 4000), (max(0, len(data) - 4000), len(data)), (0, len(data))]
    for count in range(500 if os.environ.get("STORYBOARD_STRESS") else 15):
        damaged = data.copy()
        places = chance.integers(*heads[count % 3], 1 + count % 8)
        damaged[places] = chance.integers(0, 256, len(places))
        path.write_bytes(damaged.tobytes())
        try:
            facts = media.probe(path)
        except Refused:
            continue
        assert facts.frames > 0
        assert facts.seconds <= 48 * media.SLOWEST + 1  # a time that was damaged makes a gap
        assert 1 <= facts.rate <= 240
        check(path, facts, Wanted(seconds=2, short_side=HEIGHT, audio=True))


# Sounds


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.wav", ()), ("a.wav", ("-c:a", "pcm_s24le")), ("a.flac", ()), ("a.mp3", ()), ("a.m4a", ()),
        ("a.ogg", ("-c:a", "libvorbis")),
        ("a.opus", ()), ("b.mp3", ("-id3v2_version", "0", "-write_xing", "0")), ("a.mkv", ("-c:a", "flac")),
        ("c.mp3", ("-ar", "22050")), ("a.aiff", ()), ("a.aac", ()), ("d.wav", ("-rf64", "always")),
    ],
)  # fmt: skip
def test_sounds_of_every_kind(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    path = write_sound(tmp_path / name, tone(440, 0.5), options=options)
    assert 0.5 <= float(measure_sound(path)) < 0.6  # some codecs end on whole packets


@pytest.mark.parametrize("name", ["a.wav", "a.m4a"])
def test_a_sound_that_is_cut_short_is_refused(tmp_path: Path, name: str) -> None:
    options = ("-movflags", "+faststart") if name == "a.m4a" else ()
    path = write_sound(tmp_path / name, tone(440, 2), options=options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(Refused, match="cut short") as caught:
        measure_sound(path)
    assert caught.value.hint == "copy it again from where it came"


def test_the_sound_of_a_clip_is_a_sound(footage: Path) -> None:
    assert measure_sound(footage / "low.mp4") > 0
    with pytest.raises(Refused, match="no sound"):
        measure_sound(footage / "r24.mp4")


def test_sounds_that_are_none(tmp_path: Path) -> None:
    for name, data in (("a.wav", b"RIFF\x00\x00\x00\x00WAVE"), ("a.flac", b"fLaC" + b"\x00" * 40), ("a.mp3", b"ID3")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(Refused, match="sound"):
            measure_sound(tmp_path / name)


# The last frame


def test_the_last_frame_has_the_colours_of_the_clip(tmp_path: Path) -> None:
    """Blue as BT.709 writes it: luma 32, chroma 240 and 118."""
    picture = np.full((HEIGHT, WIDTH), 100, np.uint8)
    last = np.full((HEIGHT, WIDTH), 32, np.uint8)
    path = write_footage(tmp_path / "a.mp4", [picture, picture, last], 24, (WIDTH, HEIGHT), chroma=(240, 118))
    image = media.last_frame(path)
    assert image.size == (WIDTH, HEIGHT)
    assert image.mode == "RGB"
    red, green, blue = np.asarray(image).reshape(-1, 3).mean(axis=0)
    assert (red, green) == pytest.approx((0, 0), abs=4)
    assert blue == pytest.approx(255, abs=4)


def test_the_last_frame_is_the_last_that_is_shown(footage: Path) -> None:
    from tests.media import read_clock

    for name in ("r24", "r60", "video"):
        luma = np.asarray(media.last_frame(footage / f"{name}.mp4").convert("L"))
        clock = read_clock(luma)
        assert clock is not None
        assert clock[1] == round(5 * RATES[name]) - 1


def test_the_last_frame_of_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(HOSTILE["only a name"])
    with pytest.raises(Refused):
        media.last_frame(tmp_path / "a.mp4")
