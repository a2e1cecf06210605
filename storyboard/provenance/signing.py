"""A film's signed copy: the very same pictures and sounds, with a claim of what they are. C2PA is spoken here alone.

Nothing is fetched and nobody is asked: no manifest from elsewhere, no state of a certificate, no time stamp.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from storyboard.errors import Refused, Transient
from storyboard.provenance.carried import LARGEST, credentials_in
from storyboard.provenance.certificate import INSTALL, Identity
from storyboard.provenance.claim import Ingredient, claim_of, ingredient_of, ingredients_of, labelled
from storyboard.provenance.origins import Record
from storyboard.store import files
from storyboard.store.cache import Cache, key_of

if TYPE_CHECKING:
    import c2pa

RECIPE = "signed-1"
OFFLINE = {
    "version": 1,
    "core": {
        "allowed_network_hosts": [], "allow_redirects": False, "backing_store_memory_threshold_in_mb": 16,
        "max_decompressed_manifest_size_in_mb": 16,
    },
    "verify": {
        "verify_after_sign": False, "verify_trust": False, "verify_timestamp_trust": False, "ocsp_fetch": False,
        "remote_manifest_fetch": False,
    },
    "builder": {
        "thumbnail": {"enabled": False},
        "actions": {
            "auto_created_action": {"enabled": False}, "auto_opened_action": {"enabled": False},
            "auto_placed_action": {"enabled": False},
        },
    },
}  # fmt: skip
"""The library's settings: it fetches nothing, draws nothing, adds nothing. What it signed is looked at by `_check`."""
KINDS = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime"}
READABLE = {
    **KINDS, ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp",
    ".wav": "audio/wav", ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".avi": "video/avi",
}  # fmt: skip
"""Kinds of files in which credentials are looked for, by the ends of their names."""
PLAIN = "application/octet-stream"
PROFILE = (
    "it is issued by another, for e-mail, documents or C2PA, and to sign digitally; its own stands first in the file"
)
GOOD = ("Valid", "Trusted")
DOCTOR = "`storyboard doctor` tries the certificate"
SPARE = 16 * 1024 * 1024
"""Bytes that a signed copy may be larger than its film, with room to spare."""
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478da63f8ffff3f0005fe02"
    "fe331295140000000049454e44ae426082"
)
"""A picture of one pixel, to try a certificate on."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A film's signed copy."""

    path: Path
    signer: str
    development: bool
    written: bool
    """False when it was there already."""
    lost: tuple[str, ...] = ()
    """Ingredients whose own credentials cannot be carried on."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a film is signed with."""

    identity: Identity
    locate: Callable[[str], Path]
    """The file of a digest, its bytes verified."""
    cache: Cache


def try_identity(identity: Identity) -> None:
    """Sign a single pixel; `Refused` when C2PA does not take the certificate."""
    with _speaking("`sign.certificate` is none that C2PA takes", PROFILE) as library:
        claim = {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.created"}]}}]}
        signed = BytesIO()
        with library.Builder(claim, _context(library)) as builder, _signer(library, identity) as signer:
            builder.sign(signer, "image/png", BytesIO(PIXEL), signed)


def sign_film(film: Path, record: Record, target: Path, desk: Desk) -> Signed:
    """The signed copy of a film, at its target. What would be signed again as it is, is left alone: no two signatures
    are alike."""
    from importlib.metadata import version

    identity, ingredients = desk.identity, ingredients_of(record)
    claim = claim_of(record, ingredients, development=identity.development)
    said = [ingredient_of(one, label) | dict(one.facts) for label, one in labelled(ingredients)]
    key = key_of(RECIPE, claim, said, identity.digest, version("c2pa-python"))
    known = desk.cache.recall("signed", key)
    if target.is_file() and files.sha256(target) == known:
        return Signed(target, identity.name, identity.development, written=False)
    _check_room(film, target.parent)
    state = files.state_of(film)
    if files.sha256(film) != record["film"]["sha256"]:  # another run has made another film meanwhile
        raise files.changed(film)
    paths = {one.digest: desk.locate(one.digest) for one in ingredients}
    with files.replacing(target) as temp, _speaking(f"`{target.name}` cannot be signed", DOCTOR) as library:
        copy = _Copy(library, film, KINDS[target.suffix.lower()], claim, ingredients, paths, identity)
        lost = copy.write(temp)
        files.check_same(film, state)
        digest = files.sha256(temp)
    desk.cache.remember("signed", key, digest)
    return Signed(target, identity.name, identity.development, written=True, lost=lost)


@dataclass(frozen=True, slots=True)
class _Found:
    """A file's own credentials."""

    state: Literal["none", "valid", "invalid", "unreadable"]
    label: str = ""
    """What they call themselves."""


@dataclass(frozen=True, slots=True)
class _Copy:
    """A signed copy that is being written."""

    library: Any
    film: Path
    kind: str
    claim: Mapping[str, Any]
    ingredients: tuple[Ingredient, ...]
    paths: Mapping[str, Path]
    """The files of the ingredients, by digest; they were found to be whole."""
    identity: Identity

    def write(self, temp: Path) -> tuple[str, ...]:
        """Write it, with as many of its ingredients' own credentials as a reader accepts together; the titles of those
        whose are left behind. Some contradict one another: a clip that was tampered with, and the clip itself."""
        found = {one.digest: self.credentials(one) for one in self.ingredients}
        good = [digest for digest, one in found.items() if one.state == "valid"]
        first = {found[digest].label: digest for digest in reversed(good)}
        every = [digest for digest, one in found.items() if one.state in ("valid", "invalid")]
        wanted = list(dict.fromkeys(map(frozenset, (every, good, first.values(), ()))))
        for number, carried in enumerate(wanted, 1):
            try:
                self.sign(temp, carried)
                _check(self.library, temp, self.kind)
                break
            except (self.library.C2paError, Refused):
                if number == len(wanted):
                    raise
        left = {digest for digest, one in found.items() if one.state != "none"} - carried
        return tuple(one.title for one in self.ingredients if one.digest in left)

    def sign(self, temp: Path, carried: Set[str]) -> None:
        """Write it with the credentials of these ingredients."""
        library = self.library
        with (
            library.Builder(self.claim, _context(library)) as builder,
            _signer(library, self.identity) as signer,
        ):
            for label, one in labelled(self.ingredients):
                said, kind = ingredient_of(one, label), READABLE.get(one.suffix, PLAIN)
                builder.add_resource(f"{label}.json", BytesIO(json.dumps(dict(one.facts)).encode()))
                if one.digest not in carried:
                    builder.add_ingredient({**said, "format": kind}, PLAIN, BytesIO())
                    continue
                with self.paths[one.digest].open("rb") as file:
                    builder.add_ingredient(said, kind, file)
            with self.film.open("rb") as source, temp.open("w+b") as written:
                builder.sign(signer, self.kind, source, written)

    def credentials(self, one: Ingredient) -> _Found:
        """How an ingredient's own credentials are."""
        path, kind = self.paths[one.digest], READABLE.get(one.suffix, "")
        size = credentials_in(path)
        if not kind or (kind in KINDS.values() and not size):
            return _Found("none")
        if size > LARGEST:
            return _Found("unreadable")
        try:
            with path.open("rb") as file:
                reader = self.library.Reader.try_create(kind, file, context=_context(self.library))
                if reader is None:
                    return _Found("none")
                with reader:
                    label = str((reader.get_active_manifest() or {}).get("label"))
                    return _Found("valid" if reader.get_validation_state() in GOOD else "invalid", label)
        except (self.library.C2paError, KeyError):  # that its claim is not among its claims, say
            return _Found("unreadable")


def _check_room(film: Path, folder: Path) -> None:
    """`Transient` when the copy has no room: the library would say no more than that it could not write."""
    if shutil.disk_usage(folder).free < film.stat().st_size + SPARE:
        message = f"no space is left on the disk of `{folder}` for the signed copy of `{film.name}`"
        raise Transient(message, hint="make room there and run it again")


def _check(library: Any, path: Path, kind: str) -> None:
    """`Refused` when C2PA's own reader does not find what was just signed to be valid."""
    with path.open("rb") as file, library.Reader(kind, file, context=_context(library)) as reader:
        state = reader.get_validation_state()
        if state not in GOOD:
            failures = (reader.get_validation_results() or {}).get("activeManifest", {}).get("failure", [])
            said = ", ".join(str(one.get("code")) for one in failures) or str(state)
            raise Refused(f"C2PA's own reader does not accept what was signed: {said}")


def _context(library: Any) -> c2pa.Context:
    return library.Context(library.Settings.from_dict(OFFLINE))


def _signer(library: Any, identity: Identity) -> c2pa.Signer:
    algorithm = library.C2paSigningAlg[identity.algorithm.upper()]
    info = library.C2paSignerInfo(algorithm, identity.chain, identity.key.reveal().encode(), None)
    return library.Signer.from_info(info)


@contextmanager
def _speaking(what: str, hint: str) -> Iterator[Any]:
    """The library, and what goes wrong in it as `Refused`."""
    try:
        import c2pa
    except (ImportError, OSError, RuntimeError):
        raise Refused("the library that signs films does not work here", hint=INSTALL) from None
    try:
        yield c2pa
    except c2pa.C2paError as error:
        said = " ".join(str(error).split())[:300]
        raise Refused(f"{what}: {said}", hint=hint) from None
