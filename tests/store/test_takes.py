"""Takes are their bytes: they come in durably, and are looked at before they are used."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from storyboard.errors import Refused, StoryboardError
from storyboard.store.takes import TakeStore

DATA = b"a clip" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> TakeStore:
    """A store with one take."""
    store = TakeStore(tmp_path / "home")
    assert store.adopt(incoming(tmp_path)) == DIGEST
    return store


def incoming(folder: Path, data: bytes = DATA) -> Path:
    """A file that was just downloaded."""
    path = folder / "download.part"
    path.write_bytes(data)
    return path


def test_a_take_is_kept_by_its_bytes(store: TakeStore, tmp_path: Path) -> None:
    path = store.path(DIGEST)
    assert path == tmp_path / "home" / "takes" / DIGEST[:2] / f"{DIGEST}.mp4"
    assert path.read_bytes() == DATA
    assert path.stat().st_mode & 0o222 == 0, "nobody writes to it"
    assert not (tmp_path / "download.part").exists()
    assert store.holds(DIGEST)
    assert store.verified(DIGEST) == path


def test_the_same_bytes_twice_are_one_take(store: TakeStore, tmp_path: Path) -> None:
    assert store.adopt(incoming(tmp_path)) == DIGEST
    assert store.verified(DIGEST).read_bytes() == DATA


def test_what_is_not_held(store: TakeStore) -> None:
    assert not store.holds("0" * 64)
    with pytest.raises(StoryboardError, match="is not in the store any more"):
        store.verified("0" * 64)


@pytest.mark.parametrize("damage", [b"", DATA[:-1], DATA[:-1] + b"!", DATA + b"!"], ids=["empty", "cut", "bit", "long"])
def test_bad_bytes_are_put_aside_and_never_used(store: TakeStore, tmp_path: Path, damage: bytes) -> None:
    path = store.path(DIGEST)
    path.chmod(0o644)
    path.write_bytes(damage)
    with pytest.raises(Refused, match="damaged") as caught:
        store.verified(DIGEST)
    (aside,) = (tmp_path / "home" / "quarantine").iterdir()
    assert aside.read_bytes() == damage
    assert path.name in aside.name
    assert aside.name in caught.value.hint
    assert not path.exists()
    assert not store.holds(DIGEST)
    assert store.adopt(incoming(tmp_path)) == DIGEST
    assert store.verified(DIGEST).read_bytes() == DATA


def test_bytes_put_aside_twice_are_both_kept(store: TakeStore, tmp_path: Path) -> None:
    for damage in (b"one", b"two"):
        path = store.path(DIGEST)
        path.chmod(0o644)
        path.write_bytes(damage)
        with pytest.raises(Refused):
            store.verified(DIGEST)
        store.adopt(incoming(tmp_path))
    kept = {path.read_bytes() for path in (tmp_path / "home" / "quarantine").iterdir()}
    assert kept == {b"one", b"two"}


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"a file")
    with pytest.raises(Refused, match="cannot be written"):
        TakeStore(tmp_path / "home").adopt(incoming(tmp_path))
    assert (tmp_path / "download.part").exists(), "what was paid for is not lost"
