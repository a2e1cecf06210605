"""What is left of a damaged `film.lock`: every take that can be read, whatever is around it."""

from __future__ import annotations

import os
import random
import re
import subprocess
from pathlib import Path

import pytest

from storyboard.errors import InvalidStoryboard
from storyboard.planner.lock import Lock, LockedShot, read_lock, write_lock
from storyboard.planner.salvage import Salvaged, salvage
from tests.damage import damaged
from tests.planner.test_lock import LOCK, take

ROUNDS = 10_000 if os.environ.get("STORYBOARD_STRESS") else 150
TEXT = write_lock(LOCK)


def saved(text: str) -> Salvaged:
    """What is left of a text."""
    return salvage("film.lock", text.encode())


def keys(lock: Lock) -> set[tuple[str, str]]:
    """Every take by its shot and the first sign of its digest."""
    return {(id_, one.sha256[0]) for id_, shot in lock.shots.items() for one in shot.takes}


def test_a_good_lock_is_itself() -> None:
    assert saved(TEXT) == Salvaged(LOCK)


def merged(tmp_path: Path, base: Lock, ours: Lock, theirs: Lock, *how: str) -> str:
    """What git makes of two versions, its marks included."""
    for name, lock in (("ours", ours), ("base", base), ("theirs", theirs)):
        (tmp_path / name).write_text(write_lock(lock))
    command = ["git", "merge-file", "-p", *how, "ours", "base", "theirs"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("how", [(), ("--diff3",), ("--zdiff3",)])
def test_both_sides_of_a_merge_are_kept(how: tuple[str, ...], tmp_path: Path) -> None:
    ours, theirs = (LOCK.with_takes([("pass", take(digest)), (f"new-{digest}", take(digest))]) for digest in "de")
    text = merged(tmp_path, LOCK, ours, theirs, *how)
    with pytest.raises(InvalidStoryboard, match="1 problem"):
        read_lock("film.lock", text.encode())
    left = saved(text)
    assert keys(left.lock) == keys(ours) | keys(theirs)
    assert left.torn == {"pass"}
    assert left.lock.shots["pass"].circled[0] in "de"
    assert left.lock.shots["new-d"] == ours.shots["new-d"]
    assert (left.unread, left.homeless) == ((), ())
    read_lock("film.lock", write_lock(left.lock).encode())


def test_a_line_that_is_common_to_two_new_shots_mixes_nothing() -> None:
    """`    takes:` stands in both: what is behind it belongs to the shot of its own side."""
    ours, theirs = (write_lock(Lock().with_takes([(f"new-{digest}", take(digest))])).split("\n")[4:] for digest in "de")
    assert ours[2] == theirs[2] == "    takes:"
    ours_theirs = [(ours[:2], theirs[:2]), (ours[3:4], theirs[3:4])]
    hunks = ["\n".join(["<<<<<<< ours", *mine, "=======", *other, ">>>>>>> theirs"]) for mine, other in ours_theirs]
    left = saved(f"{TEXT}{hunks[0]}\n    takes:\n{hunks[1]}\n")
    assert keys(left.lock) == keys(LOCK) | {("new-d", "d"), ("new-e", "e")}
    assert (left.torn, left.unread, left.homeless) == (frozenset(), (), ())


def test_a_truncated_lock() -> None:
    for end in range(0, len(TEXT), 5):
        left = saved(TEXT[:end])
        whole = [digest for digest in "abc" if f'{digest * 64}", bytes' in TEXT[:end]]
        whole = [
            one for one in whole if TEXT[:end].count("\n", 0, TEXT.index(f'"{one * 64}"')) < TEXT[:end].count("\n")
        ]
        assert {name[1] for name in keys(left.lock)} >= set(whole), end
        assert left.homeless == ()


def test_a_line_edited_by_hand_is_told_and_the_others_stay() -> None:
    text = TEXT.replace("bytes: 1234", "bytes: many", 1).replace('"30000/1001"', '"30000/1001', 1)
    left = saved(text)
    assert keys(left.lock) == keys(LOCK) - {("end-1", "c")}
    ((number, line),) = left.unread
    assert "bytes: many" in line
    assert text.split("\n")[number - 1] == line


@pytest.mark.parametrize("name", ['  "pa\n', '  "pa: "x":\n', "", " pass:\n", "pass:\n", "      ]:\n"])
def test_takes_whose_shot_is_lost_are_homeless(name: str) -> None:
    """And never another's: whatever stands where the shot's name stood."""
    left = saved(TEXT.replace('  "pass":\n', name))
    assert keys(left.lock) == {("end-1", "c")}
    assert {one.sha256[0] for one in left.homeless} == {"a", "b"}


def test_a_circled_take_that_is_lost_leaves_the_last() -> None:
    left = saved(TEXT.replace(f"circled: {'b' * 64}", "circled: nothing"))
    assert left.lock == LOCK
    assert left.torn == {"pass"}
    assert [line for _, line in left.unread] == ["    circled: nothing"]


def test_a_newer_version_is_not_touched() -> None:
    for text in ("version: 2\nshots: {}\n", TEXT.replace("version: 1", "version: 17") + "<<<<<<< HEAD\n"):
        with pytest.raises(InvalidStoryboard):
            saved(text)


def test_one_take_for_two_slates_is_kept_twice() -> None:
    twice = LockedShot((take("a"), take("a", slate="6" * 64)), "a" * 64)
    text = write_lock(Lock({"pass": twice})) + "}\n"
    assert saved(text).lock.shots["pass"].takes == twice.takes


@pytest.mark.stress
def test_whatever_is_damaged_the_lines_that_are_whole_are_kept() -> None:
    """Bytes flipped, cut out and doubled at random."""
    data = TEXT.encode()
    rows = {row: digest for digest in "abc" for row in TEXT.split("\n") if f'sha256: "{digest}' in row}
    for seed in range(ROUNDS):
        bad = damaged(data, random.Random(seed), most=4, longest=120)
        try:
            left = salvage("film.lock", bad)
        except InvalidStoryboard:
            assert re.search(rb"version: *[0-9]*[02-9]|version: *1[0-9]", bad), seed
            continue
        found = {one.sha256[0] for one in (*left.lock.takes, *left.homeless)}
        lines = bad.decode("utf-8", "replace").split("\n")
        assert found >= {digest for row, digest in rows.items() if row in lines}, seed
        if left.lock.shots:
            assert read_lock("film.lock", write_lock(left.lock).encode()).shots.keys() == left.lock.shots.keys(), seed
