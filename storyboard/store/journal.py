"""The journal's takes: which take answered which slate, for ever."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from storyboard.errors import Refused
from storyboard.planner.take import Facts, Gateway, Take
from storyboard.store.database import Database

_COLUMNS = (
    "slate", "gateway", "recipe", "number", "sha256", "bytes", "frames", "rate", "width", "height", "audio", "cost",
    "warnings", "model", "made", "likeness",
)  # fmt: skip
_NAMES, _MARKS = ", ".join(_COLUMNS), ", ".join("?" * len(_COLUMNS))


class Journal:
    """Which take answered which slate. Safe to open from several processes at once."""

    def __init__(self, home: Path) -> None:
        self.database = Database(home / "journal.db")

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    def find(self, slate: str, gateway: Gateway, recipe: str = "") -> Take | None:
        """The latest take of a slate from a gateway; for the local one, by a version of its drawing."""
        takes = self.all(slate, gateway, recipe)
        return takes[0] if takes else None

    def all(self, slate: str, gateway: Gateway, recipe: str = "") -> tuple[Take, ...]:
        """Every take of a slate from a gateway, the latest first."""
        return self._takes("slate = ? AND gateway = ? AND recipe = ? ORDER BY number DESC", slate, gateway, recipe)

    def drawn(self) -> frozenset[str]:
        """The digests of takes that a local gateway drew, and that were never bought or brought."""
        free, rest = self._takes("gateway = 'local'"), self._takes("gateway != 'local'")
        return frozenset({take.sha256 for take in free} - {take.sha256 for take in rest})

    def _takes(self, condition: str, *values: str) -> tuple[Take, ...]:
        query = f"SELECT {_NAMES} FROM takes WHERE {condition}"  # noqa: S608
        try:
            return tuple(_take(row) for row in self.database.rows(query, *values))
        except (ValueError, ArithmeticError, TypeError) as error:
            raise Refused("the journal is damaged: a take in it cannot be read", hint=self.database.advice) from error

    def record(self, take: Take) -> None:
        """Remember a take whose bytes are on disk. A take that is known stays as it was."""
        with self.database.writing() as db:
            insert_take(db, take)


def insert_take(db: sqlite3.Connection, take: Take) -> None:
    """Remember a take within a transaction. The same bytes for the same slate are one take."""
    known = "SELECT 1 FROM takes WHERE slate = ? AND gateway = ? AND recipe = ? AND sha256 = ?"
    if db.execute(known, (take.slate, take.gateway, take.recipe, take.sha256)).fetchone():
        return
    numbers = "SELECT number FROM takes WHERE slate = ? AND gateway = ? AND recipe = ?"
    used = {row[0] for row in db.execute(numbers, (take.slate, take.gateway, take.recipe))}
    number = max(used) + 1 if take.number in used else take.number
    facts = take.facts
    row = (
        take.slate, take.gateway, take.recipe, number, take.sha256, take.bytes, facts.frames,
        str(facts.rate), facts.width, facts.height, int(facts.audio), str(take.cost), json.dumps(take.warnings),
        take.model, take.made, json.dumps(take.likeness),
    )  # fmt: skip
    db.execute(f"INSERT INTO takes ({_NAMES}) VALUES ({_MARKS})", row)  # noqa: S608


def _take(row: tuple[str | int | float | None, ...]) -> Take:
    one = dict(zip(_COLUMNS, row, strict=True))
    size, frames, width, height = (int(str(one[name])) for name in ("bytes", "frames", "width", "height"))
    facts = Facts(frames, Fraction(str(one["rate"])), width, height, bool(one["audio"]))
    if facts.rate <= 0 or min(frames, width, height, size) <= 0:
        raise ValueError("a take of nothing")
    return Take(
        slate=str(one["slate"]), number=int(str(one["number"])), sha256=str(one["sha256"]), bytes=size, facts=facts,
        gateway="local" if one["gateway"] == "local" else "remote", recipe=str(one["recipe"]),
        cost=Decimal(str(one["cost"])), warnings=tuple(str(note) for note in json.loads(str(one["warnings"]))),
        model=str(one["model"]), made=str(one["made"]), likeness=_likeness(json.loads(str(one["likeness"]))),
    )  # fmt: skip


def _likeness(ends: list[float | None]) -> tuple[float | None, float | None]:
    first, last = ends
    return first, last
