"""The journal's orders: every paid request, from before its first byte leaves until its clip is on disk.

    reserved    money is set aside; nothing was sent
    sent        the body is in the outbox; it may have been sent, so a charge may exist
    accepted    the gateway named an operation: it is asked after, and never ordered again
    held        the clip is on disk, verified
    refused     a definite no; whatever was billed for it is recorded
    unresolved  nobody knows whether a charge exists: `storyboard resolve` decides
    abandoned   given up by a person; it counts at its most

A row is written before the thing that it speaks of happens, except for the answers of others. Money is in millionths of
a dollar there, so that sums are exact.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_UP, Decimal
from typing import Any, Literal, get_args

from storyboard.errors import Gate, Refused, Transient
from storyboard.planner.take import Take
from storyboard.store.database import Database
from storyboard.store.journal import insert_take

State = Literal["reserved", "sent", "accepted", "held", "refused", "unresolved", "abandoned"]
ROUTES = ("start", "held-open")
"""Ways to order."""
OPEN: tuple[State, ...] = ("reserved", "sent", "accepted", "unresolved")
"""What is not settled yet."""
MILLION = 1_000_000
COUNTED = ("reserved", "sent", "accepted", "unresolved", "abandoned", "held")
"""What counts at its most where nobody told what was billed."""


@dataclass(frozen=True, slots=True)
class Order:
    """One paid request. `key` is its idempotency key, `number` the take it is for, `attempt` grows after a refusal."""

    key: str
    slate: str
    number: int
    attempt: int
    film: str
    shot: str
    run: str
    model: str
    route: Literal["start", "held-open"]
    base: str
    team: str
    state: State
    begun: float
    """Seconds of the epoch at which the body was put into the outbox."""
    estimate: Decimal
    """The most that it can cost in US dollars."""
    body: str = ""
    """SHA-256 of the bytes that were posted."""
    operation: Mapping[str, Any] = field(default_factory=dict)
    """What the gateway called it, word for word; empty until it has."""
    generation: str = ""
    cost: Decimal | None = None
    """What was billed; None while the gateway has not told."""
    sha256: str = ""
    reason: str = ""

    @property
    def open(self) -> bool:
        """Whether it is not settled yet."""
        return self.state in OPEN

    @property
    def spent(self) -> Decimal:
        """What it counts for: what was billed, else the most that it can have cost; nothing after a plain refusal."""
        if self.cost is not None:
            return self.cost
        return self.estimate if self.state in COUNTED or (self.state == "refused" and self.generation) else Decimal(0)


_COLUMNS = (
    "key", "slate", "number", "attempt", "film", "shot", "run", "model", "route", "base", "team", "state", "begun",
    "estimate", "body", "operation", "generation", "cost", "sha256", "reason",
)  # fmt: skip
_NAMES, _MARKS = ", ".join(_COLUMNS), ", ".join("?" * len(_COLUMNS))
_COUNTED = ", ".join(f"'{state}'" for state in COUNTED)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What may be spent: for the film since its first order, and in this run. None is no limit."""

    film: Decimal | None
    run: Decimal | None


class Orders:
    """Every order. What it is told is on disk when it returns."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def of_slate(self, slate: str) -> tuple[Order, ...]:
        """Every order of a slate, the latest last."""
        return self._orders("slate = ?", slate)

    def of_film(self, film: str) -> tuple[Order, ...]:
        """Every order of a film, the latest last."""
        return self._orders("film = ?", film)

    def of_run(self, run: str) -> tuple[Order, ...]:
        """Every order that a run made, the latest last."""
        return self._orders("run = ?", run)

    def held(self) -> tuple[Order, ...]:
        """Every order of any film whose clip has come."""
        return self._orders("state = ?", "held")

    def reserve(self, order: Order, ceiling: Ceiling, named: Mapping[str, Decimal]) -> None:
        """Set an order's money aside; `Gate` when that would pass a ceiling. `named` has what the lock's takes cost.

        `Transient` when its key was taken before.
        """
        with self.database.writing() as db:
            if db.execute("SELECT 1 FROM orders WHERE key = ?", (order.key,)).fetchone():
                raise taken()
            film = _sum(db, "film", order.film) + _elsewhere(db, order.film, named)
            run = _sum(db, "run", order.run)
            for limit, before, what in ((ceiling.film, film, "film's budget"), (ceiling.run, run, "limit of this run")):
                if limit is not None and before + order.estimate > limit:
                    left = max(limit - before, Decimal(0))
                    raise Gate(f"it costs up to ${order.estimate:.2f}, and ${left:.2f} of the {what} is left")
            db.execute(f"INSERT INTO orders ({_NAMES}) VALUES ({_MARKS})", _row(order))  # noqa: S608

    def release(self, order: Order) -> None:
        """Forget an order that was never sent."""
        with self.database.writing() as db:
            db.execute("DELETE FROM orders WHERE key = ? AND state = 'reserved'", (order.key,))

    def change(self, order: Order, **fields: object) -> None:
        """Record what came of an order: `state`, and whatever else is known now."""
        self._change(fields, "key = ?", order.key)

    def send(self, order: Order, begun: float, body: str) -> Order:
        """Record that a reserved order is sent from now on; `Transient` when another render has taken it away."""
        if not self._move(order, state="sent", begun=begun, body=body):
            raise taken()
        return replace(order, state="sent", begun=begun, body=body)

    def disown(self, order: Order) -> bool:
        """Take an order of which nothing was sent away from its run. False when that has gone on with it meanwhile."""
        return self._move(order, state="reserved", run="")

    def _move(self, order: Order, **fields: object) -> bool:
        """Change an order that still is in the state, and of the run, that it was read in; whether it was."""
        return self._change(fields, "key = ? AND run = ? AND state = ?", order.key, order.run, order.state)

    def _change(self, fields: Mapping[str, object], condition: str, *values: str) -> bool:
        assert fields.keys() <= set(_COLUMNS)  # noqa: S101 - the names below come from here
        names = ", ".join(f"{name} = ?" for name in fields)
        with self.database.writing() as db:
            plain = (_plain(one) for one in fields.values())
            return db.execute(f"UPDATE orders SET {names} WHERE {condition}", (*plain, *values)).rowcount == 1  # noqa: S608

    def accept(self, order: Order, operation: Mapping[str, Any], generation: str) -> bool:
        """Record the operation that an order became. False when another order has it: then this one is unresolved."""
        text = _plain(operation)
        with self.database.writing() as db:
            job = "json_extract(operation, '$.gatewayJobId') = json_extract(?, '$.gatewayJobId')"
            same = f"SELECT 1 FROM orders WHERE base = ? AND key != ? AND operation != '' AND (operation = ? OR {job})"  # noqa: S608
            if db.execute(same, (order.base, order.key, text, text)).fetchone():
                reason = "the gateway gave it the operation of another order"
                db.execute("UPDATE orders SET state = 'unresolved', reason = ? WHERE key = ?", (reason, order.key))
                return False
            accept = "UPDATE orders SET state = 'accepted', operation = ?, generation = ? WHERE key = ?"
            db.execute(accept, (text, generation, order.key))
            return True

    def hold(self, order: Order, take: Take, cost: Decimal | None) -> None:
        """Record that an order's clip is on disk, together with its take."""
        with self.database.writing() as db:
            insert_take(db, take)
            held = "UPDATE orders SET state = 'held', sha256 = ?, cost = ?, generation = ?, reason = '' WHERE key = ?"
            db.execute(held, (take.sha256, _plain(cost), order.generation, order.key))

    def bill(self, order: Order, cost: Decimal) -> None:
        """Record what a held order was billed, with its take too."""
        with self.database.writing() as db:
            db.execute("UPDATE orders SET cost = ? WHERE key = ?", (_plain(cost), order.key))
            db.execute(
                "UPDATE takes SET cost = ? WHERE slate = ? AND sha256 = ?", (str(cost), order.slate, order.sha256)
            )

    def _orders(self, condition: str, value: str) -> tuple[Order, ...]:
        query = f"SELECT {_NAMES} FROM orders WHERE {condition} ORDER BY number, attempt, begun"  # noqa: S608
        rows = self.database.rows(query, value)
        try:
            return tuple(_order(row) for row in rows)
        except (ValueError, ArithmeticError, TypeError) as error:
            message = "the journal is damaged: an order in it cannot be read"
            raise Refused(message, hint=self.database.advice) from error

    def spent(self, film: str, named: Mapping[str, Decimal]) -> Decimal:
        """US dollars ever recorded for a film: its orders, and takes that its lock names and no order of it made."""
        with self.database.writing() as db:
            return _sum(db, "film", film) + _elsewhere(db, film, named)

    def spent_in(self, run: str) -> Decimal:
        """US dollars recorded in a run."""
        with self.database.writing() as db:
            return _sum(db, "run", run)


def taken(who: str = "") -> Transient:
    """What is told of an order that another render has."""
    by = f": {who}" if who else ""
    return Transient(f"another render has this order{by}", hint="run it again when that one is done")


def _sum(db: sqlite3.Connection, column: Literal["film", "run"], value: str) -> Decimal:
    told = "state = 'refused' AND generation != ''"  # the gateway knows what it billed, and has not told yet
    spent = f"COALESCE(cost, CASE WHEN state IN ({_COUNTED}) OR ({told}) THEN estimate ELSE 0 END)"
    row = db.execute(f"SELECT COALESCE(SUM({spent}), 0) FROM orders WHERE {column} = ?", (value,)).fetchone()  # noqa: S608
    return _dollars(row[0])


def _elsewhere(db: sqlite3.Connection, film: str, named: Mapping[str, Decimal]) -> Decimal:
    """What the takes of a lock cost that no order of the film made."""
    if not named:
        return Decimal(0)
    made = {row[0] for row in db.execute("SELECT sha256 FROM orders WHERE film = ?", (film,))}
    return sum((cost for digest, cost in named.items() if digest not in made), Decimal(0))


def _row(order: Order) -> tuple[str | int | float | None, ...]:
    return tuple(_plain(getattr(order, name)) for name in _COLUMNS)


def _plain(value: Any) -> str | int | float | None:
    """A value as the table has it."""
    if isinstance(value, Decimal):
        return int((value * MILLION).to_integral_value(ROUND_UP))
    if isinstance(value, Mapping):
        return json.dumps(value, sort_keys=True) if value else ""
    plain: str | int | float | None = value
    return plain


def _order(row: tuple[Any, ...]) -> Order:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["operation"] = json.loads(values["operation"]) if values["operation"] else {}
    whole = values["state"] in get_args(State) and values["route"] in ROUTES and isinstance(values["operation"], dict)
    if not whole or not re.fullmatch(r"[\w-]+", values["slate"] + values["key"]):
        raise ValueError("an order as none is")
    values["estimate"] = _dollars(values["estimate"])
    values["cost"] = None if values["cost"] is None else _dollars(values["cost"])
    return Order(**values)


def _dollars(millionths: int) -> Decimal:
    return Decimal(millionths) / MILLION
