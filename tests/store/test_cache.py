"""What can be made again, by a digest of everything that it was made from."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from storyboard.errors import Usage
from storyboard.store import files
from storyboard.store.cache import Cache, file_digest, key_of, owner_of


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
    assert [path.name for path in sorted(tmp_path.rglob("*")) if path.is_file()] == ["abc.mp4", "abc.mp4.sha256"]


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


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "other", "gone", "unmarked"])
def test_a_damaged_entry_is_as_good_as_none(damage: str, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    with cache.making("segments", "abc", ".mp4") as temp:
        temp.write_bytes(b"data of a segment")
    path = cache.path("segments", "abc", ".mp4")
    assert cache.find("segments", "abc", ".mp4") == path
    if damage == "gone":
        path.unlink()
    elif damage == "unmarked":
        path.with_name("abc.mp4.sha256").unlink()
    else:
        path.write_bytes({"flipped": b"data of a Segment", "cut": b"data", "empty": b"", "other": b"x" * 99}[damage])
    assert cache.find("segments", "abc", ".mp4") is None


def test_a_cache_that_came_with_the_project_is_never_found(tmp_path: Path) -> None:
    theirs = Cache(tmp_path / ".storyboard", "theirs")
    with theirs.making("segments", "abc", ".mp4") as temp:
        temp.write_bytes(b"hostile")
    mine = Cache(tmp_path / ".storyboard", owner_of(tmp_path / "home"))
    assert mine.find("segments", "abc", ".mp4") is None
    assert owner_of(tmp_path / "home") == owner_of(tmp_path / "home")
    assert len(owner_of(tmp_path / "home")) == 16
    assert owner_of(tmp_path / "another home") != owner_of(tmp_path / "home")


@pytest.mark.parametrize("link", [".storyboard", ".storyboard/cache"])
def test_a_cache_behind_a_link_is_refused(link: str, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Usage, match="is a link"):
        Cache(tmp_path / ".storyboard", "me")


def test_what_dead_processes_left_is_swept_away(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.unfinished.mkdir(parents=True)
    dead = subprocess.Popen(["true"])
    dead.wait()
    mine = files.unfinished(cache.unfinished)
    for path in (mine, mine.with_name(mine.name.replace(f"-{os.getpid()}-", f"-{dead.pid}-"))):
        path.touch()
    cache.sweep()
    assert list(cache.unfinished.iterdir()) == [mine]
