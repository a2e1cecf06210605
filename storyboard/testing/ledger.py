"""What the fake gateway charged: one line of JSON for each charge, synced to disk before anybody is answered.

Any number of gateways may serve from one ledger, one after the other or at once, and anybody may read it meanwhile.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Charge:
    """An order that the gateway took, and what it cost. A clip of nothing is an order that failed, free of charge."""

    job: str
    time: float
    """Seconds of the gateway's clock."""
    account: str
    """Who pays: the team, or a digest of the credential."""
    key: str
    """The idempotency key; empty where none was sent, or keys are not honoured."""
    model: str
    body: str
    """SHA-256 of the bytes that were posted."""
    prompt: str
    amount: Decimal
    seconds: int
    size: tuple[int, int]
    audio: bool
    fate: str = ""
    """What becomes of it: empty for a good clip, else the kind of a `job` fault."""
    reason: str = ""

    @property
    def slate(self) -> tuple[str, str]:
        """What was bought: the model and the digest of the body."""
        return self.model, self.body


class KeyUsedOtherwise(ValueError):
    """An idempotency key came with another request than before."""


class Ledger:
    """The charges in a folder. Opening it makes nothing; reading it always tells the latest."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.jsonl"
        self._read = 0
        self._jobs: dict[str, Charge] = {}
        self._keys: dict[tuple[str, str], Charge] = {}
        self._deliveries: dict[str, str] = {}

    @property
    def jobs(self) -> Mapping[str, Charge]:
        """Every order that was taken, by job, failed ones that cost nothing included."""
        self._refresh()
        return dict(self._jobs)

    @property
    def charges(self) -> tuple[Charge, ...]:
        """Every order that cost something, in the order of the charges."""
        return tuple(one for one in self.jobs.values() if one.amount)

    @property
    def total(self) -> Decimal:
        """US dollars charged."""
        return sum((one.amount for one in self.charges), Decimal(0))

    @property
    def deliveries(self) -> Mapping[str, str]:
        """The SHA-256 of the clip of every job whose clip was made, by job."""
        self._refresh()
        return dict(self._deliveries)

    def double(self, takes: int = 1) -> tuple[Charge, ...]:
        """The charges beyond the `takes` that were meant to be bought of the same request for the same account."""
        seen: Counter[tuple[str, tuple[str, str]]] = Counter()
        beyond = []
        for charge in self.charges:
            seen[charge.account, charge.slate] += 1
            if seen[charge.account, charge.slate] > takes:
                beyond.append(charge)
        return tuple(beyond)

    def charge(self, order: Charge, decide: Callable[[Decimal], Charge]) -> Charge:
        """The charge for an order; the earlier one, and no new one, when its account used its key for it before.

        `decide` gets what was charged so far and gives the charge to write; it is asked only for a new one.
        """
        with self._open() as file:
            before = self._keys.get((order.account, order.key)) if order.key else None
            if before is None:
                new = decide(sum((one.amount for one in self._jobs.values()), Decimal(0)))
                self._append(file, {"charge": {**asdict(new), "amount": str(new.amount)}})
                return new
        if before.slate != order.slate:
            raise KeyUsedOtherwise(order.key)
        return before

    def deliver(self, job: str, digest: str) -> None:
        """Note the clip of a job, the first time that it is handed out."""
        if job not in self._deliveries:
            with self._open() as file:
                self._append(file, {"delivery": {"job": job, "sha256": digest}})

    @contextmanager
    def _open(self) -> Iterator[int]:
        """The ledger alone for oneself, read to its end."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._catch_up(file)
            yield file
        finally:
            os.close(file)

    def _append(self, file: int, line: Mapping[str, Any]) -> None:
        os.ftruncate(file, self._read)  # what stands behind is a line whose writer was killed
        os.pwrite(file, json.dumps(line).encode() + b"\n", self._read)
        os.fsync(file)
        self._catch_up(file)

    def _refresh(self) -> None:
        if self.path.exists():
            with self._open():
                pass

    def _catch_up(self, file: int) -> None:
        size = os.fstat(file).st_size
        text = os.pread(file, size - self._read, self._read)
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            record = json.loads(line)
            if "delivery" in record:
                self._deliveries[record["delivery"]["job"]] = record["delivery"]["sha256"]
                continue
            fields = record["charge"]
            charge = Charge(**{**fields, "amount": Decimal(fields["amount"]), "size": tuple(fields["size"])})
            self._jobs[charge.job] = charge
            if charge.key:
                self._keys[charge.account, charge.key] = charge
