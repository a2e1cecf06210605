"""`film.lock`: a line for each bought take, and never a guess about one."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
import yaml

from storyboard.errors import InvalidStoryboard
from storyboard.planner.lock import ROOM, Lock, LockedShot, read_lock, write_lock
from storyboard.planner.salvage import salvage
from storyboard.planner.take import Facts, Take
from storyboard.spec.decoding import MAX_BYTES
from tests.damage import damaged

ROUNDS = 10_000 if os.environ.get("STORYBOARD_STRESS") else 300


def take(digest: str, number: int = 1, **changes: object) -> Take:
    """A bought take."""
    facts = Facts(121, Fraction(30000, 1001), 1920, 1080, audio=True)
    one = Take(
        slate="5" * 64, number=number, sha256=digest * 64, bytes=1234, facts=facts, gateway="remote", recipe="",
        cost=Decimal("0.84"), warnings=('seed: "ignored"', "été {x}: # no"), model="klingai/kling-v3.0-i2v",
        made="2026-11-22", likeness=(0.97, None),
    )  # fmt: skip
    return replace(one, **changes)  # type: ignore[arg-type]


LOCK = Lock({"pass": LockedShot((take("a"), take("b", 2)), "b" * 64), "end-1": LockedShot((take("c"),), "c" * 64)})


def test_what_is_written_is_read_again() -> None:
    text = write_lock(LOCK)
    assert read_lock("film.lock", text.encode()) == LOCK
    assert write_lock(read_lock("film.lock", text.encode())) == text
    assert yaml.safe_load(text)["shots"]["pass"]["takes"][1]["sha256"] == "b" * 64


@pytest.mark.parametrize(
    "note", ["\x9b31m", "\x7f", "a\x85b", "\u2028", "\u202e", "\ufeff", "\ufffe", "😀 \t\n", '"{: #']
)
def test_any_text_is_read_again_as_it_was(note: str) -> None:
    lock = Lock({"x": LockedShot((take("a", note=note, warnings=(note, "plain")),), "a" * 64)})
    text = write_lock(lock)
    assert len(text.splitlines()) == len(write_lock(LOCK).splitlines()) - 5
    assert read_lock("film.lock", text.encode()) == lock


def test_half_a_character_does_not_stop_a_lock() -> None:
    lock = Lock({"x": LockedShot((take("a", note="x\ud800"),), "a" * 64)})
    assert read_lock("film.lock", write_lock(lock).encode()).shots["x"].takes[0].note == "x?"


def test_an_accepted_take_is_a_line_beside_its_own() -> None:
    lock = Lock({"x": LockedShot((take("a"), take("b", 2), take("c", 3)), "c" * 64)})
    made = lock.with_circled("x", "b" * 64, "6" * 64).with_circled("x", "b" * 64, "7" * 64)
    assert [len(made.of_slate(one * 64)) for one in "5678"] == [3, 1, 1, 0]
    assert [(one.number, one.sha256[0], one.slate[0], one.origin, one.cost) for one in made.shots["x"].takes] == [
        (1, "a", "5", "", Decimal("0.84")), (2, "b", "5", "", Decimal("0.84")), (2, "b", "6", "accepted", 0),
        (2, "b", "7", "accepted", 0), (3, "c", "5", "", Decimal("0.84")),
    ]  # fmt: skip
    assert made.with_circled("x", "b" * 64, "6" * 64) == made
    assert read_lock("film.lock", write_lock(made).encode()) == made
    assert [made.circled("x", slate * 64) is not None for slate in "5678"] == [True, True, True, False]
    assert made.circled("x") == made.shots["x"].takes[3]
    assert made.costs == lock.costs, "to accept costs nothing"
    assert made.with_circled("x", "a" * 64).circled("x", "6" * 64) is None


def test_further_takes_leave_the_circle_where_it_is() -> None:
    lock = Lock().with_more("x", [take("a"), take("b", 7)])
    assert [(one.number, one.sha256[0]) for one in lock.shots["x"].takes] == [(1, "a"), (2, "b")]
    assert lock.shots["x"].circled == "a" * 64
    assert lock.with_more("x", [take("b")]) == lock
    assert lock.with_more("y", []) == lock


def test_two_takes_of_one_number_get_two() -> None:
    """As two branches leave them; the lines that a take was accepted in go with it."""
    both = (take("c", 2), take("b", 2), take("b", 2, slate="6" * 64, origin="accepted"), take("a"), take("d", 3))
    text = write_lock(Lock({"x": LockedShot(both, "b" * 64)}))
    lines = text.splitlines()
    turned = "\n".join([*lines[:7], *reversed(lines[7:])])
    for one in (text, turned):
        read = read_lock("film.lock", one.encode()).shots["x"].takes
        assert [(take.number, take.sha256[0]) for take in read] == [(1, "a"), (2, "b"), (2, "b"), (3, "d"), (4, "c")]


def test_a_take_is_a_line_and_the_order_of_shots_changes_nothing() -> None:
    text = write_lock(LOCK)
    assert [line for line in text.splitlines() if "sha256" in line] == [
        line for line in text.splitlines() if line.startswith("      - {number: ")
    ]
    assert write_lock(Lock(dict(sorted(LOCK.shots.items(), reverse=True)))) == text


def test_takes_that_shots_have_now() -> None:
    lock = Lock().with_takes([("x", take("a"))]).with_takes([("x", take("b"))])
    assert [(one.number, one.sha256[0]) for one in lock.shots["x"].takes] == [(1, "a"), (2, "b")]
    assert lock.shots["x"].circled == "b" * 64
    back = lock.with_takes([("x", take("a"))])
    assert back.shots["x"].circled == "a" * 64
    assert back.shots["x"].takes == lock.shots["x"].takes
    assert back.with_takes([("x", take("a"))]) == back
    assert (lock.circled("x"), back.circled("x"), lock.circled("y")) == (take("b", 2), take("a"), None)


def test_the_takes_of_two_branches_are_a_union() -> None:
    """The lines of both sides kept, as a person or git's union driver keeps them."""
    lines = write_lock(Lock().with_takes([("x", take("a"))])).splitlines()
    other = [line for line in write_lock(Lock().with_takes([("x", take("b"))])).splitlines() if "sha256" in line]
    merged = read_lock("film.lock", "\n".join([*lines, *other]).encode())
    assert {one.sha256[0] for one in merged.shots["x"].takes} == {"a", "b"}
    assert merged.shots["x"].circled == "a" * 64


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ("", "the file is empty", "never delete it"),
        ("version: 2\nshots: {}\n", "version 2, and this storyboard writes version 1", "leave the file as it is"),
        ("shots: {}\n", "has no `version`", "never delete it"),
        ("version: true\nshots: {}\n", "has no `version`", "never delete it"),
        ("version: 1\nshots: []\n  x\n", "", "never delete it"),
        ("version: 1\nshots: [1]\n", "`shots` is not a block", "never delete it"),
        ("version: 1\nshots: {x: {circled: a}}\n", "names no takes", "never delete it"),
        ("version: 1\nshots: {x@: {circled: a}}\n", "`x@` is not the name of a shot", "never delete it"),
        ("version: 1\nshots: {x@de@fr: {circled: a}}\n", "`x@de@fr` is not the name of a shot", "never delete it"),
        ("version: 1\nshots: {x@../y: {circled: a}}\n", "is not the name of a shot", "never delete it"),
        ("version: 1\nshots:\n<<<<<<< HEAD\n  x: 1\n", "merge conflict", "`takes:` lines of both sides"),
    ],
)
def test_a_lock_that_cannot_be_read_is_told_with_its_place(text: str, says: str, hint: str) -> None:
    with pytest.raises(InvalidStoryboard) as caught:
        read_lock("film.lock", text.encode())
    (problem, *_) = caught.value.problems
    assert problem.where.file == "film.lock"
    assert says in problem.message
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cost: \"0.84\"", "cost: \"NaN\""), ("cost: \"0.84\"", "cost: \"-1\""), ("bytes: 1234", "bytes: 0"),
        ("bytes: 1234, ", ""), ("b" * 64, "b" * 63), ("bytes: 1234", "bytes: 12.34"),
        ("audio: true", "audio: 1"), ("warnings: [", "warnings: x, w: ["), ("frames: 121", "frames: true"),
        ("1920x1080", "1920"), ("30000/1001", "0/1"),
        ("number: 2", "number: two"), ("number: 2", "number: 9223372036854775807"),
        ("circled: b", "circled: d"), ('made: "2026-11-22"', "made: x, origin: lent"),
        ('made: "2026-11-22"', "made: x, parent: me"), ('made: "2026-11-22"', "made: x, seed: many"),
    ],
)  # fmt: skip
def test_a_take_that_cannot_be_read_is_none(old: str, new: str) -> None:
    text = write_lock(LOCK)
    assert old in text
    with pytest.raises(InvalidStoryboard):
        read_lock("film.lock", text.replace(old, new).encode())


def test_a_lock_has_more_room_than_a_storyboard() -> None:
    """What was bought must be read again, however much it was."""
    data = write_lock(LOCK).encode()
    assert read_lock("film.lock", data + b"# " + b"x" * MAX_BYTES) == LOCK
    with pytest.raises(InvalidStoryboard):
        read_lock("film.lock", data + b"# " + b"x" * MAX_BYTES * ROOM)


def test_what_a_newer_version_says_of_a_take_is_kept() -> None:
    more = 'rating: 4.5, graded_by: "Ada \u2603", tags: ["a", {"b": [true, null]}], "on": 1, "Two words": -3'
    text = write_lock(LOCK).replace(', warnings: ["seed', f', {more}, warnings: ["seed', 1)
    lock = read_lock("film.lock", text.encode())
    written = write_lock(lock.with_more("pass", [take("d")]).with_circled("pass", "a" * 64, "6" * 64))
    (line,) = (line for line in written.splitlines() if "rating" in line)
    assert line.endswith(f"{more}}}")
    assert line.replace(f", {more}", "") in write_lock(LOCK).splitlines()
    assert write_lock(read_lock("film.lock", written.encode())) == written
    assert salvage("film.lock", b"<<<<<<<\n" + written.encode()).lock.takes[0].more == lock.takes[0].more


@pytest.mark.parametrize("more", ["tiny: 0.00001", "1: one", "x: {1: one}", "? [a]\n: b"])
def test_what_could_not_be_written_again_as_it_is_stops_the_lock(more: str) -> None:
    text = write_lock(LOCK).replace("warnings: [", f"{more}, warnings: [", 1)
    with pytest.raises(InvalidStoryboard) as caught:
        read_lock("film.lock", text.encode())
    assert caught.value.problems[0].where.line == 8


@pytest.mark.stress
def test_a_damaged_lock_is_a_lock_or_a_problem() -> None:
    """Bytes flipped, cut out and doubled at random: what is still read names no take that was never written."""
    text, known = write_lock(LOCK).encode(), {one.sha256 for one in LOCK.takes}
    for seed in range(ROUNDS):
        try:
            lock = read_lock("film.lock", damaged(text, random.Random(seed), most=3, longest=80))
        except InvalidStoryboard:
            continue
        for shot in lock.shots.values():
            assert shot.take is not None
            assert all(len(one.sha256) == 64 for one in shot.takes)
        assert len({one.sha256 for one in lock.takes} - known) <= 4
