"""Where takes are shared: an object store, or a folder. Each is there once, as `takes/ab/abcdef….mp4`.

Nobody believes what a place holds: a take that comes from there enters the store only if its bytes have the digest that
the lock names. A project may name its place, so an address of a project's leads to less than one of the user's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from storyboard.errors import Refused, Transient, Usage
from storyboard.store import files, objects
from storyboard.store.crew import at_once
from storyboard.store.folder import Folder
from storyboard.store.objects import Denied, Told
from storyboard.store.takes import TakeStore

ASKED_AT_ONCE = 16
LARGEST = 2 * 1024**3
"""Bytes of a take at the most: as much as one may have that is downloaded from a gateway."""
GUIDE = "docs/sharing.md"
NEEDS = "list, get and put objects"
ALIASES = {"s3a": "s3", "gcs": "gs", "abfs": "az"}
"""Other names of the kinds of store that this program knows."""


class Place(Protocol):
    """Where takes are kept by name."""

    @property
    def where(self) -> str:
        """For people, without secrets."""

    def sizes(self, names: Collection[str]) -> dict[str, int]:
        """Bytes of those files that are there, by name."""

    def size(self, name: str) -> int | None:
        """Bytes of the file of a name; None when there is none, or when one may not ask."""

    def pieces(self, name: str, size: int) -> Iterator[bytes]:
        """The bytes of a file of a known size, piece by piece."""

    def put(self, file: Path, name: str, told: Told) -> None:
        """Copy a file there; under its name it is whole, or not there."""


class Damaged(Refused):
    """One take has other bytes than its digest says: that concerns this take alone."""


@dataclass(frozen=True, slots=True)
class Remote:
    """The place where the takes of a project are shared."""

    place: Place = field(repr=False)
    read_only: bool = False

    @property
    def where(self) -> str:
        """For people, without secrets: `s3://bucket`."""
        return self.place.where

    def sizes(self, digests: Collection[str]) -> dict[str, int]:
        """Bytes of those takes that are there, by digest. `Denied` when nothing may be listed and none is found."""
        names = {name_of(digest): digest for digest in digests}
        try:
            found = self.place.sizes(names)
        except Denied:
            asked = at_once(self.place.size, list(names), ASKED_AT_ONCE)
            found = {name: size for name, size in asked if isinstance(size, int)}
            if not found:
                raise
        return {names[name]: size for name, size in found.items()}

    def send(self, digest: str, file: Path, told: Told) -> None:
        """Put a take there, in the place of what its name had; `Transient` when it has not arrived whole."""
        size, gone = file.stat().st_size, 0

        def telling(number: int) -> None:
            nonlocal gone
            gone += number
            told(number)

        self.place.put(file, name_of(digest), telling)
        if self.place.size(name_of(digest)) not in (size, None):
            raise Transient(f"take {digest[:12]} has not arrived whole at {self.where}", hint="run it again")
        told(size - gone)  # some drivers tell nothing

    def fetch(self, digest: str, size: int, takes: TakeStore, told: Told) -> None:
        """Bring a take into the store; `Damaged` when its bytes are not those of its digest: nothing stays."""
        if size > LARGEST:
            raise Damaged(f"take {digest[:12]} has {size:,} bytes at {self.where}: no take is that large")
        temp, found = files.unfinished(takes.folder), hashlib.sha256()
        try:
            with files.writing(temp), files.create(temp) as file:
                for piece in self.place.pieces(name_of(digest), size):
                    file.write(piece)
                    found.update(piece)
                    told(len(piece))
            if found.hexdigest() != digest:
                raise self.damaged(digest, "its bytes are not those of its digest")
            takes.adopt(temp)
        finally:
            files.discard(temp)

    def damaged(self, digest: str, how: str) -> Damaged:
        """What is told of a take that is bad there."""
        hint = "nothing of it was kept; `storyboard push --force` puts it right, from a machine that has the take"
        return Damaged(f"take {digest[:12]} is damaged at {self.where}: {how}", hint=hint)


def name_of(digest: str) -> str:
    """What a take is called there."""
    return f"takes/{digest[:2]}/{digest}.mp4"


def open_remote(address: str, root: Path, *, shared: bool, read_only: bool) -> Remote:
    """The place at an address; `Usage` when it cannot be meant. Nothing is reached for yet.

    `shared`: the project whose root this is named it, not the user.
    """
    if shared:
        check_shared(address)
    kind, colon, rest = address.partition("://")
    folder = _folder(address)
    if folder:
        return Remote(Folder(folder, address), read_only)
    if shared and not colon:
        return Remote(Folder(root / address, address, root), read_only)
    if not colon:
        hint = "write /srv/takes, or s3://bucket/prefix"
        raise Usage("`store.remote` is neither an address nor a whole path", hint=hint)
    kind = ALIASES.get(kind, kind)
    if kind in objects.DRIVERS:
        store = objects.open_store(f"{kind}://{rest}", "store.remote")
    else:
        store = objects.open_any(address)
    store.guide, store.needs = GUIDE, NEEDS
    return Remote(store, read_only)


def check_shared(address: str) -> None:
    """`Usage` for an address that a project may not name: three kinds of store are open to it, and its own folders."""
    if "::" in address:
        raise Usage("storyboard.toml: `store.remote` may not chain addresses with ::")
    if "://" in address:
        if objects.ADDRESS.fullmatch(address) and ".." not in address:
            return
        hint = "write s3://bucket/prefix, gs://… or az://…; anything else is for your own config.toml"
        raise Usage("storyboard.toml: `store.remote` is no address that a project may name", hint=hint)
    plain = re.fullmatch(r"[^\x00-\x1f\\:~/][^\x00-\x1f\\:]*", address)
    if not plain or any(part in ("", ".", "..", ".git", ".storyboard") for part in address.rstrip("/").split("/")):
        hint = "write it from the project's root, as in takes"
        raise Usage("storyboard.toml: `store.remote` is no folder inside the project", hint=hint)


def _folder(address: str) -> Path | None:
    """The folder of this machine that an address means, whole; None for another kind of address."""
    path = unquote(address.removeprefix("file://")) if address.startswith("file:///") else address
    try:
        folder = Path(path).expanduser()
    except RuntimeError:
        raise Usage("`store.remote` names the folder of somebody unknown") from None
    return folder if folder.is_absolute() else None
