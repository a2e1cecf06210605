"""`storyboard doctor`."""

from __future__ import annotations

import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from storyboard.cli.common import json_option

if TYPE_CHECKING:
    from storyboard.settings import Settings

ENOUGH_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a render needs, and whether it is there."""

    name: str
    ok: bool
    detail: str
    hint: str = ""


@click.command("doctor", short_help="What works on this machine, and the encoder's settings.")
@json_option
def command(as_json: bool) -> int:
    """Look whether this machine can render, and say what to do where it cannot."""
    from storyboard.assembler import ffmpeg
    from storyboard.assembler.encoders import H264
    from storyboard.cli import report

    shown = {name: H264[name] for name in ("codec", "preset", "crf", "threads")}
    checks = list(_checks())
    ok = all(check.ok for check in checks)
    if as_json:
        found = {"version": ffmpeg.version(), "path": ffmpeg.binary()}
        rows = [asdict(check) for check in checks]
        click.echo(report.as_json({"ok": ok, "checks": rows, "encoder": shown, "ffmpeg": found}))
        return 0 if ok else 1
    for check in checks:
        mark = click.style("ok  ", fg="green") if check.ok else click.style("FAIL", fg="red")
        click.echo(f"{mark} {check.name:<12} {check.detail}")
        if not check.ok:
            click.echo(f"     hint: {check.hint}")
    click.echo(f"     {'encoder':<12} " + ", ".join(f"{name} {value}" for name, value in shown.items()))
    return 0 if ok else 1


def _checks() -> Iterator[Check]:
    from storyboard.errors import StoryboardError
    from storyboard.settings import settings_for

    system = platform.system()
    yield Check("system", system in ("Linux", "Darwin"), f"{system} {platform.machine()}", "use Linux, macOS or WSL: "
                "Windows is not supported yet")  # fmt: skip
    yield Check("python", sys.version_info >= (3, 11), platform.python_version(), "install Python 3.11 or later")
    yield _try("ffmpeg", _ffmpeg)
    yield _try("pyav", _pyav)
    try:
        settings = settings_for(Path.cwd())
    except StoryboardError as error:
        yield Check("settings", False, error.message, error.hint)
        return
    yield _try("store", lambda: _store(settings.home))
    yield Check("gateway", True, _gateway(settings))
    yield _try("stills", lambda: _stills(settings))
    yield _try("remote", lambda: _remote(settings))
    yield _try("signing", lambda: _signing(settings))


def _try(name: str, look: Callable[[], str]) -> Check:
    from storyboard.errors import StoryboardError

    try:
        return Check(name, True, look())
    except StoryboardError as error:
        return Check(name, False, error.message, error.hint)
    except (OSError, ImportError) as error:
        return Check(name, False, str(error), "install storyboard again")


def _ffmpeg() -> str:
    from storyboard.assembler import ffmpeg
    from storyboard.errors import Refused

    filters = ffmpeg.describe("-filters")
    lacking = [name for name in ("ass", "xfade", "ebur128", "fps") if not re.search(rf"\s{name}\s", filters)]
    if "libx264" not in ffmpeg.describe("-encoders"):
        lacking.append("libx264")
    if lacking:
        raise Refused(f"ffmpeg lacks {', '.join(lacking)}", hint="pip install --force-reinstall imageio-ffmpeg")
    return ffmpeg.version()


def _pyav() -> str:
    import av

    return f"{av.__version__}"


def _store(home: Path) -> str:
    from storyboard.errors import Refused
    from storyboard.store.journal import Journal

    Journal(home).close()
    free = shutil.disk_usage(home).free
    if free < ENOUGH_BYTES:
        raise Refused(
            f"only {free / 1e9:.1f} GB are free where takes are kept", hint="make room, or set STORYBOARD_HOME"
        )
    return f"{home}, {free / 1e9:.0f} GB free"


def _stills(settings: Settings) -> str:
    from storyboard.gateway.hosting import open_host

    own = settings.stills_host, settings.stills_url
    host = open_host(*own, settings.home, Path.cwd(), allow_loopback=settings.allow_loopback)
    if host is None:
        return "no host: stills above 300 KiB are ordered by a call that is held open, and only when that is allowed"
    return f"large ones go to {host.where}"


def _remote(settings: Settings) -> str:
    from storyboard.store.remote import open_remote

    if not settings.remote:
        return "nowhere: takes are on this machine alone; docs/sharing.md says how to share them"
    shared, read_only = settings.remote_shared, settings.remote_read_only
    remote = open_remote(settings.remote, Path.cwd(), shared=shared, read_only=read_only)
    remote.sizes(["0" * 64])  # nothing has that digest: it answers, and that is what counts
    return f"{remote.where} answers" + (", and is read-only here" if read_only else "")


def _signing(settings: Settings) -> str:
    from importlib.util import find_spec

    from storyboard.provenance import certificate, signing

    if settings.sign_certificate == certificate.NOWHERE:
        return "nothing is signed here: `sign.certificate` is none"
    if not settings.sign_certificate and settings.sign_key is None:
        if find_spec("c2pa") is None:
            return f"films are not signed; {certificate.INSTALL}, and docs/provenance.md says how they are"
        return "no certificate: `sign: development` is there for trying; docs/provenance.md says how films are signed"
    identity = certificate.identity_of("certificate", settings)
    if identity is None:
        return "nothing is signed here"
    signing.try_identity(identity)
    return f"{identity.name}, {identity.algorithm}, until {identity.until:%Y-%m-%d}"


def _gateway(settings: Settings) -> str:
    if settings.credential is None:
        return "local: no AI_GATEWAY_API_KEY, so films are animatics"
    return f"remote: {settings.gateway_url or 'the public gateway'}, with a credential"
