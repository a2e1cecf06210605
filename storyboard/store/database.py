"""The journal's file: SQLite, in the user's data folder. Opened, versioned and translated here, and nowhere else."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storyboard.errors import Refused, Transient
from storyboard.store import files

VERSION = 2
BUSY_SECONDS = 30
AT_FAULT = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)
"""What SQLite says of a disk or a folder: the journal is none the worse for it."""

_TAKES = """
CREATE TABLE takes (
    slate TEXT NOT NULL, gateway TEXT NOT NULL, recipe TEXT NOT NULL, number INTEGER NOT NULL, sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL, frames INTEGER NOT NULL, rate TEXT NOT NULL, width INTEGER NOT NULL,
    height INTEGER NOT NULL, audio INTEGER NOT NULL, cost TEXT NOT NULL, warnings TEXT NOT NULL,
    PRIMARY KEY (slate, gateway, recipe, number)
) STRICT
"""
_TAKES_2 = (
    "ALTER TABLE takes ADD COLUMN model TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE takes ADD COLUMN made TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE takes ADD COLUMN likeness TEXT NOT NULL DEFAULT '[null, null]'",
)
_ORDERS = """
CREATE TABLE orders (
    key TEXT PRIMARY KEY, slate TEXT NOT NULL, number INTEGER NOT NULL, attempt INTEGER NOT NULL, film TEXT NOT NULL,
    shot TEXT NOT NULL, run TEXT NOT NULL, model TEXT NOT NULL, route TEXT NOT NULL, base TEXT NOT NULL,
    team TEXT NOT NULL, state TEXT NOT NULL, begun REAL NOT NULL, estimate INTEGER NOT NULL, body TEXT NOT NULL,
    operation TEXT NOT NULL, generation TEXT NOT NULL, cost INTEGER, sha256 TEXT NOT NULL, reason TEXT NOT NULL
) STRICT
"""
_INDEXES = ("CREATE INDEX orders_by_slate ON orders (slate)", "CREATE INDEX orders_by_film ON orders (film)")

STEPS: tuple[tuple[str, ...], ...] = ((_TAKES,), (*_TAKES_2, _ORDERS, *_INDEXES))
"""What makes each version of the file out of the one before."""


class Database:
    """One connection, for one thread at a time. Safe beside other processes."""

    def __init__(self, path: Path | None) -> None:
        """The file at `path`, made when it is not there; None for one that is kept nowhere."""
        if path:
            with files.writing(path):
                files.make_folder(path.parent)
        self._turn, self._path = threading.RLock(), path or Path("journal.db")
        with self._speaking():
            self._db = sqlite3.connect(
                path or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._write_ahead()
                self._db.execute("PRAGMA synchronous = FULL")
                self._migrate()
            except BaseException:
                self._db.close()
                raise

    @property
    def advice(self) -> str:
        """What to do about a damaged journal."""
        aside = f"move {self._path} and {self._path.name}-wal aside, and keep them"
        return f"{aside}: takes stay where they are, and film.lock says which is whose"

    def _write_ahead(self) -> None:
        """Switch to write-ahead logging. SQLite does not wait by itself where two switch a new file at once."""
        until = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def _migrate(self) -> None:
        if self._version() > VERSION:
            raise Refused("the journal was written by a newer storyboard", hint="install that version or a later one")
        if self._version() < VERSION:
            with self.writing() as db:
                for version in range(self._version(), VERSION):
                    for statement in STEPS[version]:
                        db.execute(statement)
                db.execute(f"PRAGMA user_version = {VERSION}")

    def _version(self) -> int:
        version: int = self._db.execute("PRAGMA user_version").fetchone()[0]
        return version

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._db.close()

    def rows(self, query: str, *values: object) -> list[tuple[str | int | float | None, ...]]:
        """The rows that a query finds."""
        with self._turn, self._speaking():
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody else writes in; on disk when the block has ended well, undone when it has not."""
        with self._turn, self._speaking():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """SQLite's errors become ours."""
        try:
            yield
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            code, folder = getattr(error, "sqlite_errorcode", 0) & 0xFF, self._path.parent
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                hint = "run it again when that one is done"
                raise Transient("another storyboard holds the journal", hint=hint) from error
            if code == sqlite3.SQLITE_FULL:
                hint = "make room there and run it again"
                raise Transient(f"no space is left for the journal on the disk of `{folder}`", hint=hint) from error
            if code in AT_FAULT:
                hint = "see that its disk has room and works, and that the folder is yours to write in; leave the file"
                raise Refused(f"the journal cannot be used in `{folder}`: {error}", hint=hint) from error
            raise Refused(f"the journal cannot be used: {error}", hint=self.advice) from error
