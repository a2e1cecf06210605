"""Who works on an order: one render at a time, on this machine. A killed holder lets go at once."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from storyboard.errors import Usage
from storyboard.store import files


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a claim, as told to the one who waits."""

    pid: int
    host: str
    since: float
    """Seconds of the epoch: when it took the claim, or whoever died at the same work before it."""
    work: str = ""
    """What it does, where somebody who comes after its death must know."""

    def __str__(self) -> str:
        minutes = max(0, int(time.time() - self.since)) // 60
        return f"process {self.pid} on {self.host}, for {minutes} minutes"


class Claims:
    """A file for each slate that is being worked on, in `claims/`, locked by whoever works on it."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "claims"
        self.left: dict[str, Holder] = {}
        """By slate, for claims that are ours: who died holding it before us."""

    def busy(self) -> Holder | None:
        """Somebody who works on an order; None while nobody does."""
        for path in sorted(self.folder.glob("*")):
            with self.taking(path.name) as holder:
                if holder:
                    return holder
        return None

    @contextmanager
    def taking(self, slate: str, work: str = "") -> Iterator[Holder | None]:
        """Try to take the claim of a slate for the block: None when it is ours, else who has it."""
        path = self.folder / slate
        with files.writing(path):
            files.make_folder(self.folder)
            opened = _lock(path)
        if opened is None:
            yield _holder(path)
            return
        try:
            with files.writing(path):
                dead = _sign(opened, work)
            if dead:
                self.left[slate] = dead
            yield None
        finally:
            self.left.pop(slate, None)
            with suppress(OSError):  # a file that stays is nobody's: the lock is what counts
                if os.fstat(opened).st_ino == path.stat().st_ino:
                    path.unlink()
            os.close(opened)


def _lock(path: Path) -> int | None:
    """The claim's file, open and locked; None when another has the lock."""
    while True:
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(opened).st_ino == path.stat().st_ino:
                return opened
        except BlockingIOError:
            os.close(opened)
            return None
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(opened)  # an open one stays locked for as long as this process lives
            raise
        os.close(opened)  # it was removed by its holder between our opening and our locking: once more


def _sign(opened: int, work: str) -> Holder | None:
    """Put our name into a claim's file. Whose name it had, if any: it died, for who is done removes the file."""
    dead = _named(os.pread(opened, 1024, 0))
    since = dead.since if dead and dead.work == work else time.time()
    os.truncate(opened, 0)
    os.pwrite(opened, json.dumps([os.getpid(), socket.gethostname(), since, work]).encode(), 0)
    return dead


def _holder(path: Path) -> Holder:
    """A name for a message: its holder may have left meanwhile, or just be writing."""
    with suppress(OSError, Usage):
        if found := _named(files.read_plain(path, 1024)):
            return found
    return Holder(0, "this machine", time.time())


def _named(data: bytes) -> Holder | None:
    try:
        pid, host, since, work = json.loads(data)
        return Holder(int(pid), str(host), float(since), str(work))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
