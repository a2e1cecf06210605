"""What was ordered and what came of it: it is read back as it was written, by everyone, for ever."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from storyboard.errors import Refused, Transient
from storyboard.planner.take import Facts, Take
from storyboard.store import database
from storyboard.store.database import VERSION
from storyboard.store.journal import Journal

TAKE = Take(
    slate="5" * 64, number=1, sha256="a" * 64, bytes=5_000_000_000,
    facts=Facts(121, Fraction(24000, 1001), 1280, 720, audio=True),
    gateway="remote", recipe="", cost=Decimal("0.42"), warnings=("it is 4.9 s long", "«ü»"),
)  # fmt: skip


def test_a_take_comes_back_as_it_was_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.find(TAKE.slate, "remote") is None
    journal.record(TAKE)
    assert journal.find(TAKE.slate, "remote") == TAKE
    journal.close()
    again = Journal(tmp_path)
    assert again.find(TAKE.slate, "remote") == TAKE
    again.close()


def test_the_latest_take_is_found(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in (1, 3, 2):
        journal.record(replace(TAKE, number=number, sha256=str(number) * 64))
    found = journal.find(TAKE.slate, "remote")
    assert found is not None
    assert found.number == 3
    journal.close()


def test_a_local_take_never_stands_in_for_a_bought_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    local = replace(TAKE, gateway="local", recipe="animatic-1", cost=Decimal(0))
    journal.record(local)
    assert journal.find(TAKE.slate, "remote") is None
    assert journal.find(TAKE.slate, "local") is None
    assert journal.find(TAKE.slate, "local", "animatic-2") is None
    assert journal.find(TAKE.slate, "local", "animatic-1") == local
    journal.close()


def test_two_at_once(tmp_path: Path) -> None:
    one, two = Journal(tmp_path), Journal(tmp_path)
    one.record(TAKE)
    assert two.find(TAKE.slate, "remote") == TAKE
    two.record(replace(TAKE, slate="6" * 64))
    assert one.find("6" * 64, "remote") is not None
    one.close()
    two.close()


def test_several_processes_that_open_a_new_journal_at_once(tmp_path: Path) -> None:
    program = """
import sys
from dataclasses import replace
from pathlib import Path
from storyboard.store.journal import Journal
from tests.store.test_journal import TAKE
journal = Journal(Path(sys.argv[1]))
for number in range(20):
    journal.record(replace(TAKE, slate=sys.argv[2] * 64, number=number, sha256=f"{number:064}"))
"""
    writers = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(at)]) for at in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    journal = Journal(tmp_path)
    for at in range(4):
        found = journal.find(str(at) * 64, "remote")
        assert found is not None
        assert found.number == 19
    journal.close()


def test_a_journal_that_somebody_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    journal = Journal(tmp_path)
    other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Transient, match="another storyboard") as caught:
        journal.record(TAKE)
    assert caught.value.exit_code == 4
    other.execute("COMMIT")
    journal.record(TAKE)
    other.close()
    journal.close()


def test_a_journal_of_a_newer_program(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    other = sqlite3.connect(tmp_path / "journal.db")
    other.execute(f"PRAGMA user_version = {VERSION + 1}")
    other.close()
    before = (tmp_path / "journal.db").read_bytes()
    with pytest.raises(Refused, match="newer storyboard"):
        Journal(tmp_path)
    assert (tmp_path / "journal.db").read_bytes() == before


@pytest.mark.parametrize(
    "data", [b"this is no database at all, whatever its name says" * 20, b"SQLite format 3\x00" + b"\xff" * 500]
)
def test_a_damaged_journal(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "journal.db").write_bytes(data)
    with pytest.raises(Refused, match="journal cannot be used: "):
        Journal(tmp_path)
    assert (tmp_path / "journal.db").read_bytes() == data, "and it is left as it is"


def test_a_home_that_is_a_file_and_a_journal_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"")
    with pytest.raises(Refused):
        Journal(tmp_path / "home")
    (tmp_path / "other" / "journal.db").mkdir(parents=True)
    with pytest.raises(Refused, match="journal cannot be used"):
        Journal(tmp_path / "other")


def test_only_the_user_may_look_at_it(tmp_path: Path) -> None:
    Journal(tmp_path / "home").close()
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0


VERSION_1 = """
CREATE TABLE takes (
    slate TEXT NOT NULL, gateway TEXT NOT NULL, recipe TEXT NOT NULL, number INTEGER NOT NULL, sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL, frames INTEGER NOT NULL, rate TEXT NOT NULL, width INTEGER NOT NULL,
    height INTEGER NOT NULL, audio INTEGER NOT NULL, cost TEXT NOT NULL, warnings TEXT NOT NULL,
    PRIMARY KEY (slate, gateway, recipe, number)
) STRICT;
INSERT INTO takes VALUES ('s', 'remote', '', 1, 'd', 10, 72, '24', 1280, 720, 1, '0.42', '["a note"]');
PRAGMA user_version = 1;
"""


def test_a_journal_of_the_first_version_is_read_and_goes_on(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "journal.db")
    old.executescript(VERSION_1)
    old.close()
    journal = Journal(tmp_path)
    found = journal.find("s", "remote")
    assert found is not None
    assert (found.sha256, found.cost, found.warnings) == ("d", Decimal("0.42"), ("a note",))
    assert (found.model, found.made, found.likeness) == ("", "", (None, None))
    journal.record(replace(TAKE, likeness=(0.93, None), model="a/b", made="2026-11-22"))
    assert journal.find(TAKE.slate, "remote") == replace(TAKE, likeness=(0.93, None), model="a/b", made="2026-11-22")
    journal.close()


def test_the_same_bytes_are_one_take_and_other_bytes_another(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for _ in range(2):
        journal.record(TAKE)
    journal.record(replace(TAKE, sha256="b" * 64))
    assert [(one.number, one.sha256[0]) for one in journal.all(TAKE.slate, "remote")] == [(2, "b"), (1, "a")]
    journal.close()
