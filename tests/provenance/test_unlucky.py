"""Bad luck and bad intent around what is put beside a film: nothing wrong is claimed of it, nothing secret is told, and
nobody waits for ever."""

from __future__ import annotations

import base64
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from storyboard.errors import Refused, Transient, Usage
from storyboard.provenance.carried import BOXES, credentials_in, credentials_of
from storyboard.provenance.certificate import development, identity_of
from storyboard.provenance.signing import sign_film
from storyboard.secret import Secret
from storyboard.settings import settings_for
from storyboard.testing.clips import clip_of
from tests.provenance.conftest import CLIP, Filmed
from tests.provenance.papers import credentialed, issue, read
from tests.provenance.test_signing import claimed, desk


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_film_that_another_run_replaces_is_not_signed_as_this_one(filmed: Filmed, when: str) -> None:
    one = filmed.take()
    film, target, clip = one.folder / "build/film.mp4", one.folder / "build/other.mp4", one.folder / "clip.mp4"
    clip.write_bytes(clip_of(CLIP))
    target.write_bytes(b"an older copy")
    own, record = desk(one, development(one.home), clip), claimed([clip], film)

    def swap(digest: str) -> Path:
        film.write_bytes(clip_of(CLIP))
        return own.locate(digest)

    if when == "before":
        film.write_bytes(clip_of(CLIP))
    with pytest.raises(Transient, match=r"`film\.mp4` was changed while it was used"):
        sign_film(film, record, target, replace(own, locate=swap) if when == "meanwhile" else own)
    assert target.read_bytes() == b"an older copy"
    assert not list(target.parent.glob(".*.part"))


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """No file gets more bytes in the block: what a quota does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_copy_that_cannot_be_written_to_its_end_is_none(filmed: Filmed) -> None:
    one = filmed.take()
    film, target, clip = one.folder / "build/film.mp4", one.folder / "build/other.mp4", one.folder / "clip.mp4"
    clip.write_bytes(clip_of(CLIP))
    own, record = desk(one, development(one.home), clip), claimed([clip], film)
    whole = film.stat().st_size
    for size in (0, 100, whole // 2, whole, whole + 100):
        with no_file_above(size), pytest.raises(Refused, match=r"`other\.mp4` cannot be"):
            sign_film(film, record, target, own)
        assert not target.exists()
        assert not list(target.parent.glob(".*.part"))
    assert sign_film(film, record, target, own).written


def bare(pem: str) -> str:
    """A key as some paste it: without the lines around it."""
    return "".join(line for line in pem.splitlines() if not line.startswith("-----"))


def pem_of(key: bytes) -> bytes:
    """A whole PEM file in base64, as build servers like to keep it."""
    return base64.b64encode(key)


@pytest.mark.parametrize("kind", ["es256", "ed25519", "ps256"])
def test_a_key_that_stands_where_its_file_should_be_named_is_not_told(tmp_path: Path, kind: str) -> None:
    papers = issue(kind)
    key = load_pem_private_key(papers.key, None)
    raw = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    ways: tuple[Callable[[], str], ...] = (
        lambda: bare(papers.key.decode()), lambda: pem_of(papers.key).decode(), raw.hex,
        lambda: base64.urlsafe_b64encode(raw).decode(), lambda: f"folder/{raw.hex()}",
    )  # fmt: skip
    own = replace(settings_for(tmp_path), sign_certificate=papers.chain.decode())
    for way in ways:
        secret = way()
        with pytest.raises(Usage) as caught:
            identity_of("certificate", replace(own, sign_key=Secret(secret)))
        told = f"{caught.value.message} {caught.value.hint}"
        assert "`sign.key`: the file it names" in told
        assert not any(secret[at : at + 12] in told for at in range(0, len(secret) - 12, 6))


def test_a_clip_of_countless_boxes_is_looked_through_only_so_far(tmp_path: Path, filmed: Filmed) -> None:
    clip, free = tmp_path / "clip.mp4", (8).to_bytes(4, "big") + b"free"
    signed = credentialed(clip_of(CLIP), filmed.provider)
    clip.write_bytes(free * 1000 + signed)
    assert credentials_in(clip) == len(credentials_of(clip)) > 0
    clip.write_bytes(free * BOXES + signed)
    assert credentials_in(clip) == 0


@pytest.mark.parametrize("path", [b"/mfra", b"/free"])
def test_a_claim_that_its_reader_stumbles_over_stops_no_film(filmed: Filmed, path: bytes) -> None:
    """In CBOR, a name that is bytes and no text: c2pa's reader then has an active claim that is none of its claims."""
    one = filmed.take()
    film, target, clip = one.folder / "build/film.mp4", one.folder / "build/other.mp4", one.folder / "clip.mp4"
    good = credentialed(clip_of(CLIP), filmed.provider)
    odd = good.replace(b"expathe" + path, b"Expathe" + path)
    assert odd != good
    clip.write_bytes(odd)
    done = sign_film(film, claimed([clip], film), target, desk(one, development(one.home), clip))
    assert (done.written, done.lost) == (True, ("clip.mp4",))
    assert read(target).state == "Valid"
