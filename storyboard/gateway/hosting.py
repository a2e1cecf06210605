"""Where input images and motion references are put so that the gateway can fetch them: once each, by digest.

An order that the start route takes has 300 KiB at the most; an address always fits. The host is the user's own: an
object store, or a folder behind a web server. Each project has a secret segment in its names, so that nobody can guess
the address of a picture.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Protocol
from urllib.parse import unquote, urlsplit

from storyboard.errors import Refused, Transient, Usage
from storyboard.secret import SafeUrl
from storyboard.settings import LOOPBACK
from storyboard.store import files, objects

PRESIGN = "presign"
LONGEST_SIGNED = 8_192
"""Bytes of a signed address at the most: temporary credentials bring a token of a kilobyte or two along."""
FETCH_SECONDS = 30
PLAIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~%=+-]+)*")


class Place(Protocol):
    """Where files are put by name."""

    def size(self, name: str) -> int | None:
        """Bytes of the file of a name; None when there is none."""

    def put(self, file: Path, name: str) -> None:
        """Copy a file there; under its name it is whole, or not there."""

    def sign(self, name: str) -> str:
        """An address that anybody can fetch the file at, for a while."""

    def listed(self, folder: str) -> dict[str, int]:
        """Bytes of every file below a folder, by name."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of this machine that a web server shows."""

    path: Path

    def size(self, name: str) -> int | None:
        """Bytes of the file of a name; None when there is none."""
        with suppress(OSError):
            return (self.path / name).stat().st_size
        return None

    def put(self, file: Path, name: str) -> None:
        """Copy a file there; under its name it is whole, or not there."""
        if not self.path.is_dir():
            raise Refused(f"`{self.path}` is not there", hint="make the folder that your web server shows")
        with files.replacing(self.path / name) as temp, files.reading(file):
            shutil.copyfile(file, temp)

    def sign(self, name: str) -> str:
        """A folder signs nothing: `open_host` never lets it come to this."""
        raise NotImplementedError(name)

    def listed(self, folder: str) -> dict[str, int]:
        """Bytes of every file below a folder, by name."""
        with files.reading(self.path / folder):
            found = (self.path / folder).glob("*")
            return {f"{folder}/{path.name}": path.stat().st_size for path in sorted(found) if path.is_file()}

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with files.writing(self.path / name):
            (self.path / name).unlink(missing_ok=True)


@dataclass(slots=True)
class StillHost:
    """A place for input images that the gateway can reach."""

    where: str
    """For people, without secrets: `s3://bucket`, `https://cdn.example.com`."""
    place: Place = field(repr=False)
    segment: str = field(repr=False)
    """The project's part of every name: nobody can guess it."""
    prefix: str = field(repr=False)
    """The public address of the place; empty where addresses are signed."""
    checked: bool = False
    locks: dict[str, Lock] = field(default_factory=dict, repr=False)

    def put(self, file: Path, digest: str, suffix: str) -> SafeUrl:
        """The address that the gateway fetches a file at. It is uploaded unless it is there with the same size.

        `Usage`, `Refused` and `Transient` say what stands in the way; nothing has been ordered or paid for then.
        """
        name = self._name(digest, suffix)
        with files.reading(file):
            size = file.stat().st_size
        with self.locks.setdefault(name, Lock()):
            if self.place.size(name) != size:
                self.place.put(file, name)
            address = f"{self.prefix}/{name}" if self.prefix else self.place.sign(name)
            if len(address) > self.address_length(suffix):
                raise Refused(f"{self.where} signs addresses of more than {LONGEST_SIGNED:,} bytes")
            if not self.checked:
                self._check(address, file)
                self.checked = True
        return SafeUrl(address)

    def address_length(self, suffix: str) -> int:
        """Bytes of any file's address at the most: to weigh an order before anything is put anywhere."""
        return len(f"{self.prefix}/{self._name('0' * 64, suffix)}") if self.prefix else LONGEST_SIGNED

    def hosted(self) -> dict[str, int]:
        """Bytes of every file that was put there for this project, by its digest and suffix: `ab….jpg`."""
        mine = self.place.listed(self.segment)
        return {name.rpartition("/")[2]: size for name, size in sorted(mine.items())}

    def remove(self, digest: str, suffix: str) -> None:
        """Remove a file that no order needs any more; it may be gone already."""
        self.place.remove(self._name(digest, suffix))

    def _name(self, digest: str, suffix: str) -> str:
        return f"{self.segment}/{digest}{suffix}"

    def _check(self, address: str, file: Path) -> None:
        """Fetch the beginning of a file as the gateway will, before an order stands on it."""
        import httpx

        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)  # below it they write whole addresses
        hint = "`stills.public_url` must lead to the very folder of `stills.host`"
        if not self.prefix:
            hint = "the store refuses what it signed: look at the bucket's region (AWS_DEFAULT_REGION) and endpoint"
        with files.reading(file), file.open("rb") as opened:
            head = opened.read(16)
        try:
            with (
                httpx.Client(timeout=FETCH_SECONDS, follow_redirects=True, trust_env=False) as client,
                client.stream("GET", address, headers={"range": "bytes=0-15", "accept-encoding": "identity"}) as answer,
            ):
                status, got = answer.status_code, next(answer.iter_bytes(16), b"")
        except httpx.HTTPError as error:
            raise Transient(
                f"what was put at {self.where} cannot be fetched: {type(error).__name__}", hint=hint
            ) from None
        if status not in (200, 206):
            raise Refused(f"what was put at {self.where} cannot be fetched: its address answers {status}", hint=hint)
        if not got or got != head[: len(got)]:
            raise Refused(f"what was put at {self.where} is not what its address answers", hint=hint)


def open_host(host: str, public: str, home: Path, project: Path, *, allow_loopback: bool = False) -> StillHost | None:
    """The host that the settings name, for a project's root folder; None without one. Nothing is reached for yet.

    `home` keeps the secret that the segments are made of. `Usage` for addresses that cannot be meant.
    """
    if not host:
        if public:
            raise Usage("`stills.public_url` is set and `stills.host` is not", hint="set STORYBOARD_STILLS_HOST too")
        return None
    if "::" in host:
        raise Usage("`stills.host` may not chain addresses with ::")
    folder = _folder(host)
    if folder and public in ("", PRESIGN):
        hint = "set STORYBOARD_STILLS_URL to the public address of that folder"
        raise Usage("a folder has no address of its own", hint=hint)
    prefix = "" if public in ("", PRESIGN) else _public(public, allow_loopback=allow_loopback)
    segment = _segment(home, project)
    if folder:
        return StillHost(_origin(prefix), Folder(folder), segment, prefix)
    store = objects.open_store(host, "stills.host")
    return StillHost(_origin(prefix) if prefix else store.where, store, segment, prefix)


def _folder(host: str) -> Path | None:
    """The folder that an address means; None for another kind of address."""
    path = unquote(host.removeprefix("file://")) if host.startswith("file:///") else host
    try:
        folder = Path(path).expanduser()
    except RuntimeError:
        folder = Path(path)
    if folder.is_absolute():
        return folder
    if "://" not in host:
        raise Usage(
            "`stills.host` is neither an address nor a whole path", hint="write /srv/www/stills, or s3://bucket"
        )
    return None


def _public(text: str, *, allow_loopback: bool) -> str:
    """The public prefix, without a slash at its end."""
    text = text.rstrip("/")
    host = urlsplit(text).hostname if PLAIN.fullmatch(text) else None
    if not host:
        hint = "write it as in https://cdn.example.com/stills: no user, password, query or fragment"
        raise Usage("`stills.public_url` is no plain address", hint=hint)
    if host in LOOPBACK and not allow_loopback:
        hint = "STORYBOARD_ALLOW_LOOPBACK=1 allows it, for rehearsals"
        raise Usage("`stills.public_url` is on this machine, where the gateway cannot reach it", hint=hint)
    if not text.startswith("https://") and host not in LOOPBACK:
        raise Usage("`stills.public_url` must be https")
    return text


def _origin(prefix: str) -> str:
    parts = urlsplit(prefix)
    return f"{parts.scheme}://{parts.netloc}"


def _segment(home: Path, project: Path) -> str:
    """A project's part of every name: made of a secret that never leaves the store, the same on every run."""
    path = home / "stills-secret"
    secret = b""
    with suppress(OSError, Usage):
        secret = files.read_plain(path, 64)
    if len(secret) != 64:
        secret = secrets.token_hex(32).encode()
        with files.replacing(path) as temp, files.create(temp) as file:
            file.write(secret)
    return hmac.new(secret, str(project.resolve()).encode(), hashlib.sha256).hexdigest()[:32]
