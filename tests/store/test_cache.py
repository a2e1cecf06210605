"""What can be made again, by a digest of everything that it was made from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storyboard.errors import Usage
from storyboard.store.cache import Cache, file_digest, key_of


def test_keys_are_of_values_and_their_order() -> None:
    assert key_of("a", {"x": 1, "y": [1, 2]}) == key_of("a", {"y": [1, 2], "x": 1})
    different = {key_of("a", "b"), key_of("b", "a"), key_of("ab"), key_of(["a", "b"]), key_of("a", "b", None)}
    assert len(different) == 5
    assert key_of("é") == key_of("é")


def test_an_entry_is_there_when_it_is_made_well(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    with cache.making("segments", "abc", ".mp4") as temp:
        temp.write_bytes(b"data")
        assert not cache.path("segments", "abc", ".mp4").exists()
    assert cache.path("segments", "abc", ".mp4").read_bytes() == b"data"
    with pytest.raises(RuntimeError), cache.making("segments", "def", ".mp4") as temp:  # noqa: PT012
        temp.write_bytes(b"half")
        raise RuntimeError
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["abc.mp4"]


def test_values_are_remembered(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.recall("films", "k") is None
    cache.remember("films", "k", {"sha256": "x"})
    assert Cache(tmp_path).recall("films", "k") == {"sha256": "x"}


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"NaN,"])
def test_what_cannot_be_read_is_forgotten(tmp_path: Path, data: bytes) -> None:
    cache = Cache(tmp_path)
    cache.remember("films", "k", "value")
    cache.path("films", "k", ".json").write_bytes(data)
    assert cache.recall("films", "k") is None
    cache.remember("films", "k", "again")
    assert cache.recall("films", "k") == "again"


def test_a_file_that_changes_has_another_digest(tmp_path: Path) -> None:
    cache, path = Cache(tmp_path / "cache"), tmp_path / "a"
    path.write_bytes(b"one")
    one = file_digest(cache, path)
    assert file_digest(cache, path) == one
    path.write_bytes(b"two")
    os.utime(path, ns=(1, 1))
    assert file_digest(cache, path) != one
    other = tmp_path / "b"
    other.write_bytes(b"ten")
    os.utime(other, ns=(1, 1))
    other.replace(path)
    assert file_digest(cache, path) not in (one, file_digest(cache, tmp_path / "a") + "x")
    with pytest.raises(Usage, match="not there"):
        file_digest(cache, tmp_path / "none")


def test_a_forged_digest_is_made_again(tmp_path: Path) -> None:
    cache, path = Cache(tmp_path / "cache"), tmp_path / "a"
    path.write_bytes(b"one")
    good = file_digest(cache, path)
    for entry in (tmp_path / "cache").rglob("*.json"):
        entry.write_text("17")
    assert file_digest(cache, path) == good
