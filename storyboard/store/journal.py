"""The journal: what was ordered and what came of it. SQLite, one file in the user's data folder."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from storyboard.errors import Refused, Transient
from storyboard.planner.take import Facts, Gateway, Take
from storyboard.store import files

VERSION = 1
BUSY_SECONDS = 30
DAMAGED = "put journal.db aside: takes stay where they are, and what is local is drawn again"

_TABLES = """
CREATE TABLE IF NOT EXISTS takes (
    slate TEXT NOT NULL, gateway TEXT NOT NULL, recipe TEXT NOT NULL, number INTEGER NOT NULL, sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL, frames INTEGER NOT NULL, rate TEXT NOT NULL, width INTEGER NOT NULL,
    height INTEGER NOT NULL, audio INTEGER NOT NULL, cost TEXT NOT NULL, warnings TEXT NOT NULL,
    PRIMARY KEY (slate, gateway, recipe, number)
) STRICT;
"""
_COLUMNS = "slate, gateway, recipe, number, sha256, bytes, frames, rate, width, height, audio, cost, warnings"


class Journal:
    """Which take answered which slate, for ever. Safe to open from several processes at once."""

    def __init__(self, home: Path) -> None:
        path = home / "journal.db"
        with files.writing(path):
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _speaking():
            self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                self._db.close()
                raise Refused(
                    "the journal was written by a newer storyboard", hint="install that version or a later one"
                )
            self._db.executescript(_TABLES)
            self._db.execute(f"PRAGMA user_version = {VERSION}")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def find(self, slate: str, gateway: Gateway, recipe: str = "") -> Take | None:
        """The latest take of a slate from a gateway; for the local one, by a version of its drawing."""
        query = f"SELECT {_COLUMNS} FROM takes WHERE slate = ? AND gateway = ? AND recipe = ? ORDER BY number DESC"  # noqa: S608
        with _speaking():
            row = self._db.execute(query, (slate, gateway, recipe)).fetchone()
        try:
            return _take(row) if row else None
        except (ValueError, ArithmeticError, TypeError) as error:
            raise Refused("the journal is damaged: a take in it cannot be read", hint=DAMAGED) from error

    def record(self, take: Take) -> None:
        """Remember a take whose bytes are on disk."""
        facts = take.facts
        row = (
            take.slate, take.gateway, take.recipe, take.number, take.sha256, take.bytes, facts.frames, str(facts.rate),
            facts.width, facts.height, int(facts.audio), str(take.cost), json.dumps(take.warnings),
        )  # fmt: skip
        marks = ", ".join("?" * len(row))
        with _speaking():
            self._db.execute(f"INSERT OR REPLACE INTO takes ({_COLUMNS}) VALUES ({marks})", row)  # noqa: S608


def _take(row: tuple[str | int, ...]) -> Take:
    slate, gateway, recipe, number, sha256, size, frames, rate, width, height, audio, cost, warnings = row
    facts = Facts(int(frames), Fraction(str(rate)), int(width), int(height), bool(audio))
    if facts.rate <= 0 or min(facts.frames, facts.width, facts.height, int(size)) <= 0:
        raise ValueError("a take of nothing")
    whose: Gateway = "local" if gateway == "local" else "remote"
    notes = tuple(str(one) for one in json.loads(str(warnings)))
    return Take(str(slate), int(number), str(sha256), int(size), facts, whose, str(recipe), Decimal(str(cost)), notes)


@contextmanager
def _speaking() -> Iterator[None]:
    try:
        yield
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if "locked" in str(error) or "busy" in str(error):
            raise Transient(
                "another storyboard holds the journal", hint="run it again when that one is done"
            ) from error
        raise Refused(f"the journal cannot be used: {error}") from error
