"""Takes that rot, journals that are damaged, clocks that jump: noticed, named, and never paid for twice."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from storyboard.consent import Terms
from storyboard.errors import Gate, Refused, StoryboardError, Unresolved
from storyboard.order import KEY_SECONDS
from storyboard.steps import on_step
from storyboard.store import files
from storyboard.takelist import takes_of
from storyboard.testing import Fault, Ledger
from storyboard.testing.faults import ALWAYS
from tests.paid.disks import said_by
from tests.paid.rehearsing import STRESS
from tests.paid.sets import ALL, PAIR, Set

DAY, YEARS = 24 * 3600, 10 * 365 * 24 * 3600


# Takes


def flip(path: Path, _other: Path, dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(data)


def cut(path: Path, _other: Path, dice: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: -dice.randint(1, 500)])


def empty(path: Path, _other: Path, _dice: random.Random) -> None:
    path.write_bytes(b"")


def lengthen(path: Path, _other: Path, dice: random.Random) -> None:
    path.write_bytes(path.read_bytes() + dice.randbytes(9))


def zero(path: Path, _other: Path, dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    at = dice.randrange(len(data) - 64)
    data[at : at + 64] = bytes(255 - byte for byte in data[at : at + 64])
    path.write_bytes(data)


def swap(path: Path, other: Path, _dice: random.Random) -> None:
    path.write_bytes(other.read_bytes() if other.exists() else b"another")


def link(path: Path, other: Path, _dice: random.Random) -> None:
    elsewhere = path.with_suffix(".elsewhere")
    elsewhere.write_bytes(other.read_bytes() + b"!")
    path.unlink()
    path.symlink_to(elsewhere)


def delete(path: Path, _other: Path, _dice: random.Random) -> None:
    path.unlink()


DAMAGES: tuple[Callable[[Path, Path, random.Random], None], ...] = (
    flip, cut, empty, lengthen, zero, swap, link, delete,
)  # fmt: skip


def harm(one: Set, dice: random.Random) -> int:
    """Let every take of the film rot, each in its way; of how many only reading tells."""
    takes = [shot.take for shot in one.lock.shots.values() if shot.take]
    paths = [one.clip(take.sha256) for take in takes]
    for path in paths:
        path.chmod(0o644)
    for number, path in enumerate(paths):
        DAMAGES[number % len(DAMAGES)](path, paths[number - 1], dice)
    shutil.rmtree(one.folder / ".storyboard")
    return sum(path.exists() and path.stat().st_size == take.bytes for path, take in zip(paths, takes, strict=True))


def settle(one: Set) -> tuple[str, int]:
    """Render without consent to spend, as often as it takes: the film, and how many takes were put aside."""
    found = 0
    while True:
        if not (error := said_by(lambda: one.render(Terms()))):
            return files.sha256(one.folder / "build" / "film.mp4"), found
        assert "is damaged" in error.message, error
        found += 1
        aside = error.hint.partition("put aside as ")[2].partition(" in ")[0]
        assert os.path.lexists(one.home / "quarantine" / aside), error


@pytest.mark.stress
def test_no_rotten_take_is_used_and_none_is_ordered_again(one: Set) -> None:
    shots = [f"{{id: s{number}, first: plain.png, prompt: Number {number}.}}" for number in range(len(DAMAGES))]
    one.write(*shots)
    film = one.render().films[0].sha256
    dice = random.Random(1)
    for _ in range(90 if STRESS else 1):
        rotten = harm(one, dice)
        assert settle(one) == (film, rotten)
        assert one.charged == len(shots)
        assert one.gateway.calls["start"] == len(shots)
        for path in (one.home / "takes").rglob("*.mp4"):
            assert files.sha256(path) == path.stem
            assert not path.is_symlink()


def test_rotten_takes_that_nobody_serves_are_reported_and_not_bought(one: Set) -> None:
    one.write(*PAIR)
    one.render()
    one.gateway.script(Fault("status", "refuse", status=404, times=ALWAYS))
    dice = random.Random(2)
    for shot in one.lock.shots.values():
        one.clip(shot.circled).chmod(0o644)
        flip(one.clip(shot.circled), one.folder, dice)
    shutil.rmtree(one.folder / ".storyboard")
    with pytest.raises(Refused, match="is damaged"):
        one.render()
    for _ in range(2):
        with pytest.raises(Gate, match=r"was paid for \(\$0.50\), and its file is not here"):
            one.render()
    assert one.charged == 2
    # Both are rotten; the second is found too where it was looked at for the cut meanwhile.
    assert len(list((one.home / "quarantine").iterdir())) in (1, 2)


@pytest.mark.parametrize("damage", [cut, lengthen])
def test_a_take_that_lost_bytes_is_missing_and_paid_for(
    one: Set, damage: Callable[[Path, Path, random.Random], None]
) -> None:
    one.write(*PAIR)
    film = one.render().films[0].sha256
    take = one.lock.shots["a"].take
    assert take
    path = one.clip(take.sha256)
    path.chmod(0o644)
    damage(path, path, random.Random(3))
    first, second = one.plan().shots
    assert (first.state, first.paid, second.state) == ("missing", True, "held")
    assert one.plan().to_buy == ()
    (entry, _) = takes_of(one.project, one.settings()).entries
    assert not entry.here
    with pytest.raises(Gate, match="`a` has no take"):
        one.render(Terms(locked=True))
    one.gateway.script(Fault("status", "refuse", status=404))
    with pytest.raises(Gate, match=r"was paid for \(\$0.50\), and its file is not here"):
        one.render()
    assert one.render(Terms()).films[0].sha256 == film
    assert files.sha256(path) == take.sha256
    assert one.charged == 2


def test_how_a_film_stands_is_told_without_reading_its_takes(one: Set) -> None:
    one.write(*PAIR)
    one.render()
    for shot in one.lock.shots.values():
        path = one.clip(shot.circled)
        path.chmod(0o644)
        path.write_bytes(bytes(path.stat().st_size))
    assert [shot.state for shot in one.plan().shots] == ["held", "held"]
    with pytest.raises(Refused, match="is damaged"):
        one.render(Terms(locked=True))
    assert one.charged == 2


# The journal


def damages(data: bytes) -> Iterator[bytes]:
    """What may become of a journal's file."""
    yield b""
    yield data[:100]
    yield data[: len(data) // 2]
    yield bytes(255 - byte for byte in data[:100]) + data[100:]
    yield data[:4096] + bytes(len(data) - 4096)
    for seed in range(1_000 if STRESS else 4):
        dice = random.Random(seed)
        bad = bytearray(data)
        for _ in range(dice.choice((1, 1, 20))):
            bad[dice.randrange(len(bad))] = dice.randrange(256)
        yield bytes(bad)


def put_journal(one: Set, data: bytes) -> None:
    """Put a file in the journal's place."""
    for path in one.home.glob("journal.db*"):
        path.unlink()
    (one.home / "journal.db").write_bytes(data)


def plain_journal(one: Set) -> bytes:
    """All of the journal in one file."""
    with closing(sqlite3.connect(one.home / "journal.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (one.home / "journal.db").read_bytes()


def killed_at(one: Set, wanted: str) -> None:
    """Leave an order as a killed process does."""
    home = one.home.with_name("as it was")

    def keep(step: str) -> None:
        if step == wanted and not home.exists():
            with closing(sqlite3.connect(one.home / "journal.db")) as db:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")
                shutil.copytree(one.home, home)

    on_step(keep)
    try:
        one.render(replace(ALL, allow_held_open=True), shots=("a",))
    finally:
        on_step(None)
    shutil.rmtree(one.home)
    home.rename(one.home)
    (one.folder / "film.lock").unlink()


def test_a_film_whose_takes_are_here_needs_no_journal(one: Set) -> None:
    one.write(*PAIR)
    film = one.render().films[0].sha256
    whole = plain_journal(one)
    for number, bad in enumerate(damages(whole)):
        put_journal(one, bad)
        if error := said_by(lambda: one.render(Terms())):
            assert error.exit_code in (1, 3), error
            assert f"move {one.home / 'journal.db'} and journal.db-wal aside" in error.hint, (number, error)
            assert (one.home / "journal.db").read_bytes() == bad, "it is left as it is"
            for path in one.home.glob("journal.db*"):
                path.rename(one.folder.parent / f"{number}-{path.name}")
            one.render(Terms())
        assert files.sha256(one.folder / "build" / "film.mp4") == film
        assert one.charged == 2


@pytest.mark.stress
def test_a_damaged_journal_buys_nothing_twice(one: Set) -> None:
    one.write(*PAIR)
    killed_at(one, "K6")
    assert one.charged == 1
    whole, left = plain_journal(one), one.home.with_name("left")
    shutil.copytree(one.home, left)
    for number, bad in enumerate((whole, *damages(whole))):
        shutil.rmtree(one.home)
        shutil.copytree(left, one.home)
        (one.folder / "film.lock").unlink(missing_ok=True)
        put_journal(one, bad)
        said_by(lambda: one.render(shots=("a",)))
        assert one.charged == 1, number


@pytest.mark.parametrize("step", ["K3", "K6", "K7", "K14"])
def test_an_order_whose_journal_is_gone_is_the_same_order(one: Set, step: str) -> None:
    one.write(*PAIR)
    killed_at(one, step)
    for path in one.home.glob("journal.db*"):
        path.unlink()
    one.render(shots=("a",))
    assert one.charged == 1


# The clock


@pytest.mark.parametrize(
    ("age", "again"),
    [
        (0, True), (KEY_SECONDS - 600, True), (-30, True), (KEY_SECONDS + 1, False), (2 * DAY, False), (YEARS, False),
        (-600, False), (-DAY, False), (-YEARS, False),
    ],
)  # fmt: skip
def test_a_key_that_may_be_forgotten_is_not_used_again(one: Set, age: float, *, again: bool) -> None:
    one.write(*PAIR)
    killed_at(one, "K6")
    with closing(sqlite3.connect(one.home / "journal.db")) as db, db:
        db.execute("UPDATE orders SET begun = ?", (time.time() - age,))
    sent = one.gateway.calls["start"]
    if again:
        one.render(shots=("a",))
    else:
        for _ in range(2):
            with pytest.raises(Unresolved):
                one.render(shots=("a",))
        assert one.gateway.calls["start"] == sent
    assert one.charged == 1


@pytest.mark.stress
def test_a_clock_that_jumps_buys_nothing_twice(one: Set) -> None:
    real = time.time
    one.write(*PAIR)
    one.gateway.polls = 3
    for seed in range(100 if STRESS else 2):
        dice = random.Random(seed)
        one.home = one.folder.parent / f"home-{seed}"
        one.gateway.ledger = Ledger(one.gateway.folder / f"clock-{seed}")
        (one.folder / "film.lock").unlink(missing_ok=True)

        def jumping(dice: random.Random = dice) -> float:
            return real() + dice.choice((0, 0, 0, DAY, -DAY, YEARS, -YEARS))

        with mock.patch("time.time", jumping):
            error = said_by(lambda: one.render(shots=("a",)))
        assert error is None or "its key may be forgotten" in error.message, seed
        assert one.charged <= 1, seed
        if not list(one.home.glob("takes/*/*.mp4")):
            with pytest.raises(Unresolved):
                one.render(shots=("a",))
        else:
            one.render(shots=("a",))
        assert one.charged <= 1, seed


@pytest.mark.parametrize("moment", [0, 1, 4_102_444_800])
def test_no_decision_hangs_on_the_time_of_a_file(one: Set, moment: int) -> None:
    one.write(*PAIR)
    film = one.render().films[0].sha256
    calls = one.gateway.calls.copy()
    for path in (*one.home.rglob("*"), *one.folder.rglob("*")):
        os.utime(path, (moment, moment))
    done = one.render(Terms())
    assert (done.outcome, done.films[0].sha256) == ("unchanged", film)
    assert one.gateway.calls == calls


def test_a_held_open_order_without_its_journal_is_not_ordered_again(one: Set) -> None:
    one.write("{id: a, first: noise.png, prompt: One.}", PAIR[1])
    killed_at(one, "K6")
    for path in one.home.glob("journal.db*"):
        path.unlink()
    allowed = replace(ALL, allow_held_open=True)
    for _ in range(2):
        with pytest.raises(Unresolved, match="the journal that knew it is gone"):
            one.render(allowed, shots=("a",))
    assert one.charged == 1
    (settled,) = one.resolve("a", abandon=True)
    assert not settled.order.open
    one.render(allowed, shots=("a",))
    assert len(one.gateway.ledger.charges) == 2


def test_a_second_attempt_without_its_journal_is_not_ordered_again(one: Set) -> None:
    one.write(*PAIR)
    one.gateway.script(Fault("start", "refuse", status=400))
    with pytest.raises(StoryboardError):
        one.render(shots=("a",))
    killed_at(one, "K6")
    assert one.charged == 1
    for path in one.home.glob("journal.db*"):
        path.unlink()
    with pytest.raises(Unresolved):
        one.render(shots=("a",))
    assert one.charged == 1


def test_a_clock_that_jumps_between_an_order_and_its_sending_changes_nothing(one: Set) -> None:
    one.write(*PAIR)
    real, jumped = time.time, list[str]()
    on_step(lambda step: jumped.append(step) if step == "K3" else None)
    try:
        with mock.patch("time.time", side_effect=lambda: real() + (2 * DAY if jumped else 0)):
            assert one.render(shots=("a",)).takes["a"]
    finally:
        on_step(None)
    assert one.charged == 1
