"""The only place that runs ffmpeg: the pinned binary, arguments as a list, no shell, no standard input.

One that hangs is stopped, one that is killed or finds the disk full may be tried again, and none outlives this process.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from storyboard.assembler import child
from storyboard.errors import Refused, Transient
from storyboard.store import files
from storyboard.store.cache import Cache, file_digest

SCALING = "sws_flags=bicubic+accurate_rnd+full_chroma_int+bitexact;"
"""Stands before every filter graph: without it, scaling differs between processors."""

QUIET = ("-hide_banner", "-nostdin", "-loglevel", "error", "-y")
LIMITS = ("-max_pixels", "33177600")
CLOSED = ("-protocol_whitelist", "file,pipe,fd")
FORMATS = {"mov": "mov,mp4,m4a,3gp,3g2,mj2", "matroska": "matroska,webm"}
"""The demuxers' names as ffmpeg's own lists have them."""
LARGEST_ANSWER = 256 * 1024 * 1024
"""Bytes that ffmpeg may write to this program: four frames of 8K."""
FULL = ("No space left", "Disk quota exceeded")
UNGUESSED = ("-nofind_stream_info", "-strict:v", "strict")
"""Before what opens a MOV or MP4 whose streams say all of themselves: ffmpeg would decode the first pictures of each to
guess at it. `strict` has H.264 that does not say how far its pictures are out of order wait for as many as may be."""
EMPTY_TALK = re.compile(r"Conversion failed!|Last message repeated \d+ times|Error opening output files: .*")
LEAN = {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""What frames were kept in goes back to the system at once: a tenth less memory, and no more time (measured)."""

_digests: dict[files.State, str] = {}
"""Of ffmpeg as it stood: 170 MB are read once by a process, however many projects it opens."""


@cache
def binary() -> str:
    """The path of the ffmpeg that arrived with this program's dependencies; never one from the project."""
    import imageio_ffmpeg

    try:
        path = Path(imageio_ffmpeg.__file__).parent / "binaries"
        found = sorted(one for one in path.iterdir() if one.name.startswith("ffmpeg"))
    except OSError:
        found = []
    if not found:
        raise Refused("ffmpeg is missing from this installation", hint="pip install --force-reinstall imageio-ffmpeg")
    return str(found[0])


def toolchain(cache: Cache) -> str:
    """What the bytes of a film depend on besides its storyboard and takes.

    The system's C library too: its sines and powers are in ffmpeg's tables, and differ in the last bit from one to
    the next.
    """
    import av

    path = Path(binary())
    state = files.state_of(path)
    if state not in _digests:
        _digests[state] = file_digest(cache, path)
    library = " ".join(platform.libc_ver()) if platform.libc_ver()[0] else platform.mac_ver()[0]
    machine = " ".join(word for word in (platform.system(), library, platform.machine()) if word)
    return f"ffmpeg {_digests[state][:16]}, PyAV {av.__version__}, {machine}"


def scalar_audio() -> tuple[str, ...]:
    """Flags that make audio filters and codecs give the same samples on every processor of an architecture."""
    return ("-cpuflags", "0")


def reading(path: Path, demuxer: str) -> tuple[str, ...]:
    """Arguments that open one file with one demuxer: a playlist in a clip's clothes is refused, not followed."""
    closed = (*CLOSED, "-format_whitelist", FORMATS.get(demuxer, demuxer))
    # A clip whose pictures change their size or colours midway must not have its frames counted from 0 again.
    return (*closed, *LIMITS, "-reinit_filter:v", "0", "-f", demuxer, "-i", str(path.resolve()))


def run(*args: str, fonts: Path | None = None, progress: Callable[[int], None] | None = None) -> None:
    """Run ffmpeg to its end; `progress` is told how many frames it has made, of the first output.

    A failure is `Refused` with the last lines that it said, or `Transient` where it may go well another time.
    """
    told = _Progress(progress)
    _run(("-progress", "pipe:1", "-stats_period", "0.5", *args), told.hear, fonts)


def measure(*args: str) -> str:
    """What a measuring filter reports."""
    return _run(("-hide_banner", "-nostdin", "-progress", "pipe:1", *args), _Progress(None).hear)


def read(*args: str) -> bytes:
    """What ffmpeg writes to standard output: samples, pixels, or what it says of itself."""
    answer = bytearray()

    def hear(data: bytes) -> bool:
        if len(answer) + len(data) > LARGEST_ANSWER:
            raise Refused("ffmpeg has more to say than fits", hint="storyboard doctor")
        answer.extend(data)
        return True

    _run(("-hide_banner", *args), hear)
    return bytes(answer)


def describe(question: str) -> str:
    """What ffmpeg says of itself: `-version`, `-filters`, `-encoders`."""
    return read(question).decode("utf-8", "replace")


def version() -> str:
    """The version of the pinned binary."""
    return describe("-version").split()[2]


class _Progress:
    """What ffmpeg tells of its work, line by line: only what has changed is a sign of life."""

    def __init__(self, tell: Callable[[int], None] | None) -> None:
        self.tell, self.rest, self.frames = tell, b"", 0
        self.seen: dict[bytes, bytes] = {}

    def hear(self, data: bytes) -> bool:
        """Take in what was written; whether it says anything new."""
        *lines, self.rest = (self.rest + data).split(b"\n")
        before = dict(self.seen)
        for line in lines:
            name, _, value = line.partition(b"=")
            if name in (b"frame", b"out_time_us", b"total_size"):
                self.seen[name] = value.strip()
        first = self.seen.get(b"frame", b"")
        frames = int(first) if first.isdigit() else 0
        if self.tell and frames > self.frames:
            self.tell(frames)
        self.frames = max(frames, self.frames)
        return self.seen != before


def _run(args: tuple[str, ...], hear: Callable[[bytes], bool], fonts: Path | None = None) -> str:
    """Run ffmpeg to a good end, and give back the last of what it wrote to standard error."""
    environment = {"PATH": os.defpath, "LC_ALL": "C", **LEAN, **({"FONTCONFIG_FILE": str(fonts)} if fonts else {})}
    try:
        ended = child.run([binary(), *args], environment, hear)
    except OSError as error:
        raise Refused(f"ffmpeg cannot be run: {error.strerror}", hint="storyboard doctor") from None
    if ended.stuck:
        raise Transient("ffmpeg stood still and was stopped", hint="run it again; what was made is kept")
    if ended.code:
        raise _failure(ended.code, ended.said, args)
    return ended.said


def _failure(code: int, said: str, args: tuple[str, ...]) -> Refused | Transient:
    lines = list(_plain(said, args))
    if any(full in line for line in lines for full in FULL):
        return Transient("no space is left on the disk that ffmpeg writes to", hint="make room there and run it again")
    if any("Cannot allocate memory" in line for line in lines):
        return Transient("ffmpeg found too little memory", hint="close other programs and run it again")
    if code < 0:
        hint = "run it again; where memory is short, the system kills what uses most"
        return Transient(f"ffmpeg was stopped by signal {-code}", hint=hint)
    what = "; ".join(lines[-2:]) or f"exit code {code}"
    return Refused(f"ffmpeg failed: {what}"[:500], hint="storyboard doctor")


def _plain(said: str, args: tuple[str, ...]) -> list[str]:
    """The lines of a complaint that say something, each once: without folders, addresses in memory, control signs."""
    for path in sorted((one for one in args if one.startswith("/")), key=len, reverse=True):
        said = said.replace(path, Path(path).name)
    lines = []
    for line in re.split(r"[\r\n]+", said):
        text = "".join(letter if letter.isprintable() else " " for letter in line)
        text = re.sub(r" @ 0x[0-9a-f]+", "", re.sub(r"(?<![\w.:])/(?:[^\s/'\":,;]+/)+", "", text)).strip()
        if text and not EMPTY_TALK.fullmatch(text):
            lines.append(text)
    return list(dict.fromkeys(lines))
