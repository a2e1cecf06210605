"""Object stores, through fsspec, which is imported only when one is used. What fails there is told in one sentence.

Credentials are those that each store's own tools use (`AWS_…`, `GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_STORAGE_…`).
No error that leaves this file has a foreign text in it: those repeat addresses, with their signatures.
"""

from __future__ import annotations

import errno
import importlib.util
import logging
import re
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from storyboard.errors import Refused, StoryboardError, Transient, Usage

SIGNED_SECONDS = 48 * 3600
"""How long a signed address lives: an order may be sent again, byte for byte, within a day. Stores allow 7 days."""

DRIVERS = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs"}
"""The package behind each kind of address; the extra of this program has the kind's name."""

OPTIONS: dict[str, dict[str, Any]] = {
    # Only version 4 signatures are taken everywhere, and they name the bucket's own region, which has to be looked up.
    # Checksums in trailers are refused by several S3-likes; the connection is encrypted and the size is compared.
    "s3": {
        "cache_regions": True,
        "config_kwargs": {
            "signature_version": "s3v4", "retries": {"max_attempts": 2}, "connect_timeout": 10, "read_timeout": 60,
            "request_checksum_calculation": "when_required", "response_checksum_validation": "when_required",
        },
    },
    "gs": {},
    "az": {},
}  # fmt: skip
SIGNING: dict[str, dict[str, Any]] = {"s3": {}, "gs": {"version": "v4"}, "az": {}}
MEDIA_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".mp4": "video/mp4", ".mov": "video/quicktime"}
TALKATIVE = (
    "aiobotocore",
    "botocore",
    "s3fs",
    "fsspec",
    "gcsfs",
    "adlfs",
    "google",
    "azure",
    "urllib3",
    "httpx",
    "httpcore",
    "paramiko",
)
"""Loggers that write whole addresses, signatures too, or a traceback beside the error that is told anyway."""

ANYBODY = {"s3": {"anon": True}}
"""How a kind of store is read by those who have no credentials, where its driver does not find that out itself."""

PARTS = {"chunksize": 16 * 1024 * 1024, "max_concurrency": 2}
"""How S3 gets a file of 32 MiB or more: it is whole there, or not there, and never whole in memory."""
PIECE = 8 * 1024 * 1024
"""Bytes that are fetched at a time: what one object takes in memory."""

ADDRESS = re.compile(r"(s3|gs|az)://([A-Za-z0-9][A-Za-z0-9._-]{1,62})((?:/[A-Za-z0-9._=+-]+)*)/?")

NO_CREDENTIALS = {
    "NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound",
    "TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError", "DefaultCredentialsError",
    "RefreshError", "ClientAuthenticationError", "AuthenticationException",
}  # fmt: skip
UNREACHABLE = {
    "ConnectionError", "TimeoutError", "HTTPClientError", "ClientConnectionError", "ServiceRequestError",
    "ServiceResponseError", "TransportError", "gaierror", "ClientPayloadError", "IncompleteRead", "ResponseParserError",
    "NoValidConnectionsError",
}  # fmt: skip
BUSY = {errno.EBUSY, errno.EAGAIN, getattr(errno, "EREMOTEIO", errno.EIO)}


Told = Callable[[int], None]
"""Hears how many bytes more have come or gone. What it raises ends the transfer."""


class Denied(Refused):
    """The store knows who asks, and does not allow it."""


class NoCredentials(Denied):
    """Nothing was found to tell the store who asks, and it does not allow that to everybody."""


def unheard(_: int) -> None:
    """For callers that do not count."""


@dataclass(slots=True)
class ObjectStore:
    """A bucket, or a part of one."""

    kind: str
    bucket: str
    prefix: str
    """Empty, or as in `/films/stills`."""
    address: str = field(default="", repr=False)
    """For a kind that this program knows nothing of: what fsspec is given, whole."""
    needs: str = "put, get and delete objects"
    guide: str = "docs/hosting.md"
    anybody: bool = False
    """Whether it is read as somebody whom the store does not know."""
    opened: Any = field(default=None, repr=False)
    lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def where(self) -> str:
        """For people: `s3://bucket`."""
        return f"{self.kind}://{self.bucket}"

    def sizes(self, names: Collection[str]) -> dict[str, int]:
        """Bytes of those objects that are there, by name: one listing for each first part of the names."""
        sizes: dict[str, int] = {}
        for folder in sorted({name.partition("/")[0] for name in names}):
            every = self.listed(folder)
            sizes |= {name: every[name] for name in names if name in every}
        return sizes

    def listed(self, folder: str) -> dict[str, int]:
        """Bytes of every object below a folder, by name."""
        found = self._read("find", folder, detail=True)
        return {name.removeprefix(self._path("")): int(one["size"]) for name, one in found.items()}

    def pieces(self, name: str, size: int) -> Iterator[bytes]:
        """The bytes of an object of a known size, piece by piece; `Transient` when it breaks off."""
        for start in range(0, size, PIECE):
            end = min(start + PIECE, size)
            data = bytes(self._read("cat_file", name, start=start, end=end))
            if len(data) != end - start:
                raise Transient(f"{self.where} broke off in the middle of an object", hint="run it again")
            yield data

    def size(self, name: str) -> int | None:
        """Bytes of the object of a name; None when there is none, or when one may not ask."""
        with self._translated(), suppress(FileNotFoundError, PermissionError):
            return int(self._files().info(self._path(name))["size"])
        return None

    def put(self, file: Path, name: str, told: Told = unheard) -> None:
        """Copy a file there, in the place of what the name had; under its name it is whole, or not there."""
        media_type = MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream")
        saying: dict[str, dict[str, Any]] = {
            "s3": {"ContentType": media_type, **PARTS}, "gs": {"content_type": media_type},
            "az": {"content_settings": {"content_type": media_type}},
        }  # fmt: skip
        if self.anybody:
            raise self._nobody()
        with self._translated():
            if self.kind in saying:
                self._files().put_file(str(file), self._path(name), callback=_telling(told), **saying[self.kind])
            else:
                self._put_beside(file, name, told)

    def _put_beside(self, file: Path, name: str, told: Told) -> None:
        """Put a file where a name may be seen half written: under another name first."""
        store = self._files()
        path = self._path(name)
        temp = f"{path}.{secrets.token_hex(8)}.part"
        store.makedirs(path.rpartition("/")[0], exist_ok=True)
        try:
            store.put_file(str(file), temp, callback=_telling(told))
            store.mv(temp, path)
        except BaseException:
            with suppress(Exception):
                store.rm_file(temp)
            raise

    def sign(self, name: str) -> str:
        """An address from which anybody can fetch an object for two days."""
        with self._translated():
            try:
                return str(self._files().sign(self._path(name), expiration=SIGNED_SECONDS, **SIGNING[self.kind]))
            except (AttributeError, TypeError, ValueError, NotImplementedError):  # what stores say who cannot sign
                hint = "use a key that can sign, or a public prefix: docs/hosting.md"
                raise Refused(f"the credentials for {self.where} cannot sign addresses", hint=hint) from None

    def remove(self, name: str) -> None:
        """Remove an object, if it is there."""
        with self._translated(), suppress(FileNotFoundError):
            self._files().rm_file(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self.bucket}{self.prefix}/{name}" if not self.address else f"{self.prefix}/{name}"

    def _read(self, what: str, name: str, **more: Any) -> Any:
        """What one of the driver's functions reads of a name; where nobody said who asks, what everybody may read."""
        try:
            with self._translated():
                return getattr(self._files(), what)(self._path(name), **more)
        except NoCredentials:
            if self.anybody or self.kind not in ANYBODY:
                raise
            self.anybody, self.opened = True, None
        with self._translated():
            return getattr(self._files(), what)(self._path(name), **more)

    def _files(self) -> Any:
        with self.lock:
            if self.opened is None:
                import fsspec

                for name in TALKATIVE:
                    logging.getLogger(name).setLevel(logging.CRITICAL)
                if self.address:
                    self.opened, root = fsspec.core.url_to_fs(self.address, skip_instance_cache=True)
                    self.prefix = root.rstrip("/")
                else:
                    options = OPTIONS[self.kind] | (ANYBODY[self.kind] if self.anybody else {})
                    options |= {"use_listings_cache": False, "skip_instance_cache": True}
                    self.opened = fsspec.filesystem(self.kind, **options)
            return self.opened

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Foreign errors become ours, without their texts and without their chain."""
        try:
            yield
        except StoryboardError:
            raise
        except Exception as error:  # noqa: BLE001 - each store has a tree of its own
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> StoryboardError:
        names = {one.__name__ for one in type(error).__mro__}
        if isinstance(error, ImportError):
            return not_installed(self.kind)
        if names & NO_CREDENTIALS or getattr(error, "code", None) == 401 or "connection_string" in str(error):
            return self._nobody()
        if isinstance(error, FileNotFoundError):
            return Refused(f"{self.where} is not there", hint="make the bucket first, or look at its name and endpoint")
        if isinstance(error, PermissionError) or str(error).startswith("Forbidden"):
            denied = Denied(f"{self.where} denies access", hint=f"its key needs to {self.needs} there")
            return self._nobody() if self.anybody else denied
        if names & UNREACHABLE:
            return Transient(f"{self.where} could not be reached", hint="run it again")
        if isinstance(error, OSError) and error.errno in BUSY:
            return Transient(f"{self.where} is busy", hint="run it again")
        return Refused(f"{self.where} failed: {type(error).__name__}")

    def _nobody(self) -> NoCredentials:
        hint = f"{self.guide} says where each store looks for them"
        return NoCredentials(f"there are no valid credentials for {self.where}", hint=hint)


def _telling(told: Told) -> Any:
    """fsspec's way of saying how far it is."""
    from fsspec.callbacks import Callback

    class Telling(Callback):  # type: ignore[misc]
        def relative_update(self, inc: int = 1) -> None:
            super().relative_update(inc)
            told(inc)

        def absolute_update(self, value: int) -> None:
            before = self.value
            super().absolute_update(value)
            told(value - before)

    return Telling()


def open_any(address: str) -> ObjectStore:
    """Whatever fsspec finds at an address, which must be the user's own: it may lead anywhere."""
    kind = address.partition("://")[0].partition("::")[0]
    try:
        host = urlsplit(address.rpartition("::")[2]).hostname or ""
    except ValueError:
        host = ""
    return ObjectStore(kind, host, "", address)


def open_store(address: str, setting: str) -> ObjectStore:
    """The object store at an address of a setting; `Usage` when it is none, or when its driver is not installed."""
    found = ADDRESS.fullmatch(address)
    if not found or ".." in address:
        raise Usage(f"`{setting}` is no plain address", hint="write s3://bucket/prefix, gs://… or az://…")
    kind, bucket, prefix = found.groups()
    if importlib.util.find_spec("fsspec") is None or importlib.util.find_spec(DRIVERS[kind]) is None:
        raise not_installed(kind)
    return ObjectStore(kind, bucket, prefix)


def not_installed(kind: str) -> Usage:
    """What is told where the driver of a kind of address is missing."""
    if kind not in DRIVERS:
        return Usage(f"{kind}:// addresses need a driver of fsspec that is not installed here")
    return Usage(f"{kind}:// addresses need {DRIVERS[kind]}", hint=f"pip install 'storyboard-render[{kind}]'")
