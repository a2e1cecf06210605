"""Object stores, through fsspec, which is imported only when one is used. What fails there is told in one sentence.

Credentials are those that each store's own tools use (`AWS_…`, `GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_STORAGE_…`).
No error that leaves this file has a foreign text in it: those repeat addresses, with their signatures.
"""

from __future__ import annotations

import errno
import importlib.util
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

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
)
"""Loggers that write whole addresses, signatures too, or a traceback beside the error that is told anyway."""

ADDRESS = re.compile(r"(s3|gs|az)://([A-Za-z0-9][A-Za-z0-9._-]{1,62})((?:/[A-Za-z0-9._=+-]+)*)/?")

NO_CREDENTIALS = {
    "NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound",
    "TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError", "DefaultCredentialsError",
    "RefreshError", "ClientAuthenticationError",
}  # fmt: skip
UNREACHABLE = {
    "ConnectionError", "TimeoutError", "HTTPClientError", "ClientConnectionError", "ServiceRequestError",
    "ServiceResponseError", "TransportError",
}  # fmt: skip
BUSY = {errno.EBUSY, errno.EAGAIN, getattr(errno, "EREMOTEIO", errno.EIO)}


@dataclass(slots=True)
class ObjectStore:
    """A bucket, or a part of one."""

    kind: str
    bucket: str
    prefix: str
    """Empty, or as in `/films/stills`."""
    opened: Any = field(default=None, repr=False)
    lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def where(self) -> str:
        """For people: `s3://bucket`."""
        return f"{self.kind}://{self.bucket}"

    def size(self, name: str) -> int | None:
        """Bytes of the object of a name; None when there is none, or when one may not ask."""
        with self._translated(), suppress(FileNotFoundError, PermissionError):
            return int(self._files().info(self._path(name))["size"])
        return None

    def put(self, file: Path, name: str) -> None:
        """Copy a file there, in the place of what the name had."""
        media_type = MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream")
        saying: dict[str, dict[str, Any]] = {
            "s3": {"ContentType": media_type}, "gs": {"content_type": media_type},
            "az": {"content_settings": {"content_type": media_type}},
        }  # fmt: skip
        with self._translated():
            self._files().put_file(str(file), self._path(name), **saying[self.kind])

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
        return f"{self.bucket}{self.prefix}/{name}"

    def _files(self) -> Any:
        with self.lock:
            if self.opened is None:
                import fsspec

                for name in TALKATIVE:
                    logging.getLogger(name).setLevel(logging.CRITICAL)
                options = {"use_listings_cache": False, "skip_instance_cache": True, **OPTIONS[self.kind]}
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
            hint = "docs/hosting.md says where each store looks for them"
            return Refused(f"there are no valid credentials for {self.where}", hint=hint)
        if isinstance(error, FileNotFoundError):
            return Refused(f"{self.where} is not there", hint="make the bucket first, or look at its name and endpoint")
        if isinstance(error, PermissionError) or str(error).startswith("Forbidden"):
            hint = "its key needs to put, get and delete objects there"
            return Refused(f"{self.where} denies access", hint=hint)
        if names & UNREACHABLE:
            return Transient(f"{self.where} could not be reached", hint="run it again")
        if isinstance(error, OSError) and error.errno in BUSY:
            return Transient(f"{self.where} is busy", hint="run it again")
        return Refused(f"{self.where} failed: {type(error).__name__}")


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
    return Usage(f"{kind}:// addresses need {DRIVERS[kind]}", hint=f"pip install 'storyboard-render[{kind}]'")
