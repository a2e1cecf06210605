"""The only place that runs ffmpeg: the pinned binary, arguments as a list, no shell, no standard input."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import cache
from pathlib import Path

from storyboard.errors import Refused, Transient
from storyboard.store.cache import Cache, file_digest

SCALING = "sws_flags=bicubic+accurate_rnd+full_chroma_int+bitexact;"
"""Stands before every filter graph: without it, scaling differs between processors."""

QUIET = ("-hide_banner", "-nostdin", "-loglevel", "error", "-y")
LIMITS = ("-max_pixels", "33177600")
CLOSED = ("-protocol_whitelist", "file,pipe,fd")
TIME_LIMIT = 1_800


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
    """What the bytes of a film depend on besides its storyboard and takes."""
    import av

    digest = file_digest(cache, Path(binary()))
    return f"ffmpeg {digest[:16]}, PyAV {av.__version__}, {platform.system()} {platform.machine()}"


def scalar_audio() -> tuple[str, ...]:
    """Flags that make audio filters and codecs give the same samples on every processor of an architecture."""
    return ("-cpuflags", "0")


def reading(path: Path, demuxer: str) -> tuple[str, ...]:
    """Arguments that open one file with one demuxer: a playlist in a clip's clothes is refused, not followed."""
    return (*CLOSED, *LIMITS, "-f", demuxer, "-i", str(path.resolve()))


def run(*args: str, fonts: Path | None = None) -> None:
    """Run ffmpeg to its end. A failure is `Refused`, with the last line that it said."""
    _run(args, fonts)


def measure(*args: str) -> str:
    """What a measuring filter reports."""
    return _run(("-hide_banner", "-nostdin", "-nostats", *args), None)[1]


def describe(question: str) -> str:
    """What ffmpeg says of itself: `-version`, `-filters`, `-encoders`."""
    return _run(("-hide_banner", question), None)[0]


def version() -> str:
    """The version of the pinned binary."""
    return describe("-version").split()[2]


def _run(args: tuple[str, ...], fonts: Path | None) -> tuple[str, str]:
    """What ffmpeg writes to standard output and to standard error."""
    environment = {"PATH": os.defpath, "LC_ALL": "C", **({"FONTCONFIG_FILE": str(fonts)} if fonts else {})}
    try:
        done = subprocess.run(  # noqa: S603 - the pinned binary and a list of arguments
            [binary(), *args],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            timeout=TIME_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Transient(f"ffmpeg did not finish within {TIME_LIMIT // 60} minutes and was stopped") from None
    except OSError as error:
        raise Refused(f"ffmpeg cannot be run: {error.strerror}", hint="storyboard doctor") from None
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode != 0:
        raise _failure(done.returncode, said)
    return done.stdout.decode("utf-8", "replace"), said


def _failure(code: int, said: str) -> Refused | Transient:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if any("No space left" in line for line in lines):
        return Transient("no space is left on the disk that ffmpeg writes to", hint="make room there and run it again")
    if code < 0:
        return Transient(f"ffmpeg was stopped by signal {-code}", hint="run it again")
    return Refused(f"ffmpeg failed: {lines[-1] if lines else f'exit code {code}'}"[:500], hint="storyboard doctor")
