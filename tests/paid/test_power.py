"""A power cut at any moment: what was reported held is there, and nothing is paid twice.

As SQLite does it: every change of a file is recorded while a shot is bought, and the states that a disk may be left in
are built from that: what was not synced is lost, cut, or garbage; a name that was not synced is the old one, or the new
one with nothing in it. From each of them a render must find its way. SQLite's own file is taken to keep its promise.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from storyboard.consent import Terms
from storyboard.errors import Unresolved
from storyboard.steps import on_step
from storyboard.store import files
from storyboard.testing import FakeGateway, Ledger
from tests.paid.disks import Disk
from tests.paid.rehearsing import STRESS
from tests.paid.sets import ALL, Set, orders_of

SQLITE = ("journal.db", "journal.db-wal", "journal.db-shm")
GONE = 999_999_999
"""No process has this number."""
SAMPLES = 2_000 if STRESS else 10


@dataclass
class File:
    """A file, wherever its names are."""

    now: bytes
    synced: bytes | None = None


Name = tuple[str, str]
"""A folder, and a name in it."""


@dataclass(frozen=True)
class Moment:
    """All that there is at one moment: what the system shows, what is surely on disk, what the gateway charged."""

    what: str
    shown: dict[Name, File | None]
    """Files by name; None for a folder."""
    sure: dict[Name, File | None]
    contents: dict[int, tuple[bytes, bytes | None]]
    """By file: what it has, and what was synced of that."""
    journal: bytes | None
    charged: bytes
    reported: frozenset[str]
    """The takes that were reported held."""


@dataclass
class Recorder:
    """Follows a tree, and keeps every moment of it."""

    roots: tuple[Path, ...]
    gateway: FakeGateway
    moments: list[Moment] = field(default_factory=list)
    files: dict[int, File] = field(default_factory=dict)
    """Files by inode."""
    sure: dict[Name, File | None] = field(default_factory=dict)
    reported: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """What is there now was there for long."""
        for file in self.look().values():
            if file:
                file.synced = file.now
        self.sure = self.look()

    def look(self) -> dict[Name, File | None]:
        """The tree as the system shows it."""
        shown: dict[Name, File | None] = {}
        for root in self.roots:
            for path in (root, *root.rglob("*")) if root.exists() else ():
                name = (str(path.parent), path.name)
                if path.is_dir():
                    shown[name] = None
                elif path.name not in SQLITE:
                    file = self.files.setdefault(path.stat().st_ino, File(b""))
                    file.now = path.read_bytes()
                    shown[name] = file
        return shown

    def before(self, what: str, path: Path) -> None:
        """A name that goes takes its inode's number with it: the system gives it to the next file."""
        if what == "unlink" and path.exists():
            self.look()
            del self.files[path.stat().st_ino]
        elif what == "rename" and path.exists():
            self.files.pop(path.stat().st_ino, None)

    def after(self, what: str, path: Path) -> None:
        """Something was done."""
        shown = self.look()
        if what == "sync" and path.is_dir():
            self.sure = {name: file for name, file in self.sure.items() if name[0] != str(path)}
            self.sure |= {name: file for name, file in shown.items() if name[0] == str(path)}
        elif what == "sync" and (file := shown.get((str(path.parent), path.name))):
            file.synced = file.now
        self.keep(f"{what} {path.name}")

    def keep(self, what: str) -> None:
        """Keep this moment."""
        shown = self.look()
        every = [file for file in (*shown.values(), *self.sure.values()) if file]
        contents = {id(file): (file.now, file.synced) for file in every}
        journal, ledger = copy_of(self.roots[0] / SQLITE[0]), self.gateway.ledger.path
        charged = ledger.read_bytes() if ledger.exists() else b""
        moment = Moment(what, shown, dict(self.sure), contents, journal, charged, frozenset(self.reported))
        self.moments.append(moment)


def copy_of(database: Path) -> bytes | None:
    """What is committed to an SQLite file."""
    if not database.exists():
        return None
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(":memory:")) as target:
        source.backup(target)
        return bytes(target.serialize())


def after_a_cut(moment: Moment, dice: random.Random, how: str) -> tuple[dict[Name, bytes | None], bytes | None]:
    """A state that the disk may be left in, and the journal's file in it.

    `how`: `lost` and all that was not synced is gone, `kept` and it is there as garbage, `any` for a choice for each.
    """
    names = dict(moment.sure)
    gone = [name for name in names if name not in moment.shown]
    for name in gone:
        if how == "kept" or (how == "any" and dice.random() < 0.5):
            del names[name]
    for name, file in moment.shown.items():
        new = name not in names or names[name] is not file
        if new and (how == "kept" or (how == "any" and dice.random() < 0.5)):
            names[name] = file
    left: dict[Name, bytes | None] = {}
    for name, file in sorted(names.items(), key=lambda item: item[0]):
        above = os.path.split(name[0])
        if above in left or Path(name[0]) == Path(name[0]).parent or above not in moment.shown:
            left[name] = None if file is None else content(*moment.contents[id(file)], dice, how)
    home = min(name for name in left if name[1] == "home") if any(name[1] == "home" for name in left) else None
    return left, moment.journal if home else None


def content(now: bytes, synced: bytes | None, dice: random.Random, how: str) -> bytes:
    """What may be in a file after the cut."""
    if now == synced:
        return now
    lost, garbage = synced or b"", bytes(255 - byte for byte in now)
    if how != "any":
        return lost if how == "lost" else garbage
    return dice.choice((lost, garbage, now, now[: len(now) // 2], b"\0" * len(now)))


def restore(roots: tuple[Path, ...], left: dict[Name, bytes | None], journal: bytes | None) -> None:
    """Put a state in the place of what is there."""
    for root in roots:
        shutil.rmtree(root, ignore_errors=True)
    for (folder, name), data in left.items():
        path = Path(folder) / name.replace(f"{os.getpid()}-", f"{GONE}-")  # its writer is gone
        if data is None:
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(data)
    if journal is not None:
        (roots[0] / SQLITE[0]).write_bytes(journal)


def record(one: Set, terms: Terms) -> list[Moment]:
    """Buy shot `a`, every moment kept."""
    recorder = Recorder((one.home, one.folder), one.gateway)
    recorder.begin()
    disk = Disk(one.home.parent, before=recorder.before, after=recorder.after)

    def stepped(step: str) -> None:
        with disk.turn:
            if step == "K14":
                recorder.reported = {order.sha256 for order in orders_of(one) if order.state == "held"}
            recorder.keep(step)

    on_step(stepped)
    try:
        with disk.watching():
            assert one.render(terms, shots=("a",)).outcome == "incomplete"
    finally:
        on_step(None)
    return recorder.moments


def states(moments: list[Moment]) -> Iterator[tuple[str, Moment, random.Random]]:
    """Every moment with the worst that may come of it, and a sample of all that may."""
    for number, moment in enumerate(moments if STRESS else moments[::3]):
        for how in ("lost", "kept") if STRESS else (("lost", "kept")[number % 2],):
            yield how, moment, random.Random(0)
    for seed in range(SAMPLES):
        dice = random.Random(seed)
        yield "any", dice.choice(moments), dice


@pytest.mark.stress
@pytest.mark.parametrize("route", ["start", "held-open"])
def test_a_power_cut_loses_nothing_and_buys_nothing_twice(one: Set, route: str) -> None:
    still = "plain" if route == "start" else "noise"
    one.write(f"{{id: a, first: {still}.png, prompt: One.}}", "{id: b, first: plain.png, prompt: Two.}")
    terms = replace(ALL, allow_held_open=True)
    moments = record(one, terms)
    seen = set()
    for number, (how, moment, dice) in enumerate(states(moments)):
        left, journal = after_a_cut(moment, dice, how)
        key = (tuple(sorted(left.items())), journal, moment.charged)
        if key in seen:
            continue
        seen.add(key)
        restore((one.home, one.folder), left, journal)
        one.gateway.ledger = Ledger(one.gateway.folder / str(number))
        one.gateway.ledger.path.parent.mkdir(parents=True)
        one.gateway.ledger.path.write_bytes(moment.charged)
        told = f"{how} after `{moment.what}`: {sorted(left)}"
        for digest in moment.reported:
            assert files.sha256(one.clip(digest)) == digest, told
        recover(one, terms, route, told)
    assert len(seen) > len(moments) // 4


def recover(one: Set, terms: Terms, route: str, told: str) -> None:
    """Go on from what is there, and see what it came to."""
    try:
        done = one.render(terms, shots=("a",))
    except Unresolved:
        assert route == "held-open", told
        assert one.charged <= 1, told
        return
    assert one.charged == 1, told
    take = done.takes["a"]
    assert one.lock.shots["a"].circled == take.sha256, told
    assert files.sha256(one.clip(take.sha256)) == take.sha256, told
    left = [path for path in (*one.home.rglob("*"), *one.folder.rglob("*")) if path.suffix == ".part"]
    assert left == [], told
