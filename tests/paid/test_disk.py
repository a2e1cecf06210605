"""Disks that fill up, fail or rot while a clip is bought, journals that are damaged, and clocks that jump.

No order is sent that is not on disk, nothing is paid twice, and what went wrong is said with the folder's name.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest

from storyboard.errors import StoryboardError
from storyboard.testing import Ledger
from tests.paid.disks import Disk, said_by
from tests.paid.rehearsing import some
from tests.paid.sets import PAIR, Set, orders_of

FULL = {"open", "write", "sync", "mkdir", "rename"}
FAULTS = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EIO: {*FULL, "unlink"},
    errno.EMFILE: {"open"},
    errno.EACCES: {"open", "mkdir", "rename", "unlink"},
    errno.EROFS: {"open", "mkdir", "rename", "unlink"},
}
"""What can be said by a disk, and of which calls."""


@pytest.fixture
def begin(tmp_path: Path, one: Set) -> Callable[[str], Set]:
    """Makes sets, each with a ledger of its own."""

    def make(name: str) -> Set:
        one.gateway.ledger = Ledger(one.gateway.folder / name)
        one.gateway.calls.clear()
        (tmp_path / name).mkdir()
        new = Set(tmp_path / name / "film", one.gateway, one.base, tmp_path / name / "home")
        new.write(*PAIR)
        return new

    return make


class Striking:
    """Says an error at the n-th call that can have it, once or from then on."""

    def __init__(self, number: int, *, nth: int = 0, ever: bool = False) -> None:
        self.number, self.nth, self.ever, self.seen = number, nth, ever, 0
        self.at = ""

    def __call__(self, what: str, path: Path) -> None:
        if what in FAULTS[self.number]:
            self.seen += 1
            if self.seen == self.nth or (self.ever and self.seen > self.nth > 0):
                self.at = self.at or f"{what} {path}"
                raise OSError(self.number, os.strerror(self.number), str(path))


def struck(one: Set, strike: Striking) -> StoryboardError | None:
    """Render on a disk that fails; what was said."""
    with Disk(one.home.parent, before=strike).watching():
        return said_by(lambda: one.render(shots=("a",)))


def goes_on(one: Set, told: str) -> None:
    """On a good disk, everything ends well, and was paid for once."""
    assert one.charged <= 1, told
    for order in orders_of(one):
        assert order.open or order.state == "held", told
    if one.charged:
        assert [order.state for order in orders_of(one)][-1:] != ["reserved"], told
    done = one.render(shots=("a",))
    assert one.charged == 1, told
    assert one.lock.shots["a"].circled == done.takes["a"].sha256, told
    left = [path for path in one.home.parent.rglob("*") if path.suffix == ".part"]
    assert left == [] or all(f"{os.getpid()}-" in path.name for path in left), told


@pytest.mark.stress
@pytest.mark.parametrize("ever", [False, True], ids=["once", "for-good"])
@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
def test_a_disk_may_fail_at_every_call(begin: Callable[[str], Set], number: int, *, ever: bool) -> None:
    counting = Striking(number)
    assert struck(begin("counting"), counting) is None
    assert counting.seen > 10
    for nth in some(range(1, counting.seen + 1), 2):
        one, strike = begin(f"at-{nth}"), Striking(number, nth=nth, ever=ever)
        error = struck(one, strike)
        told = f"{errno.errorcode[number]} at call {nth}, {strike.at}: {error}"
        if error is not None:
            assert error.exit_code in (1, 2, 4), told
            assert "`" in error.message, told
        assert error is not None or not ever or one.charged, told
        goes_on(one, told)


@contextmanager
def largest_journal(pages: int) -> Iterator[None]:
    """No journal may have more pages than so many: to SQLite, the disk is full."""
    real = sqlite3.connect

    def connect(*args: object, **more: object) -> sqlite3.Connection:
        opened: sqlite3.Connection = real(*args, **more)  # type: ignore[call-overload]
        opened.execute(f"PRAGMA max_page_count = {pages}")
        return opened

    with mock.patch("sqlite3.connect", connect):
        yield


def test_a_journal_that_cannot_grow_sends_no_order(begin: Callable[[str], Set]) -> None:
    for pages in some(range(1, 41), 5):
        one = begin(f"pages-{pages}")
        with largest_journal(pages):
            error = said_by(lambda one=one: one.render(shots=("a",)))  # type: ignore[misc]
        if error is None:
            break
        assert f"no space is left for the journal on the disk of `{one.home}`" in error.message
        assert error.exit_code == 4
        assert one.gateway.calls["start"] == 0 or orders_of(one)[-1].state in ("sent", "accepted")
        goes_on(one, f"{pages} pages")
    assert pages > 4


def mounted(folder: Path, size: str, *options: str) -> bool:
    """Whether a small disk could be put at a folder."""
    command = ["mount", "-t", "tmpfs", "-o", ",".join((*options, f"size={size}")), "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("kilobytes", some(range(4, 160, 4), 3))
def test_a_real_disk_that_is_full(begin: Callable[[str], Set], kilobytes: int) -> None:
    one = begin("small")
    one.home.mkdir()
    if not mounted(one.home, f"{kilobytes}k"):
        pytest.skip("only root may mount a disk here")
    try:
        if error := said_by(lambda: one.render(shots=("a",))):
            assert str(one.home) in error.message, error
            assert error.exit_code in (1, 4)
            assert "journal.db" not in error.hint, "it is none the worse for it"
        mounted(one.home, "8m", "remount")
        goes_on(one, f"{kilobytes} KiB")
    finally:
        subprocess.run(["umount", str(one.home)], check=True)
