"""Programs run to their end: listened to, watched, stopped together, and never left behind.

Every child joins one process group. A shell that does nothing but wait leads it, holding a pipe from this process: when
this process is gone, however it went, the pipe closes and the shell ends the whole group, itself last. That needs no
code between fork and exec, and works wherever there is a POSIX shell.
"""

from __future__ import annotations

import atexit
import os
import selectors
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from storyboard.errors import Interrupted

STILL = 120.0
"""Seconds without a sign of life after which a child is stopped, unless it works: `IDLE` says when it does."""
IDLE = 0.005
"""The share of one processor below which a child does nothing."""
ENDLESS = 1_800.0
"""Seconds without a sign of life after which a child is stopped although it works."""
REMEMBERED = 64 * 1024
"""Bytes of what a child complains of that are kept: the last ones."""

GUARD = ("/bin/sh", "-c", "trap '' HUP INT TERM; read -r _; kill -9 0")

Processes = set["subprocess.Popen[bytes]"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended."""

    code: int
    """Its exit code, or minus the number of the signal that ended it."""
    said: str
    """The last of what it wrote to standard error."""
    stuck: bool
    """Whether it was stopped because it gave no sign of life."""


@dataclass(slots=True)
class _Guard:
    """The shell that ends what this process leaves behind."""

    process: subprocess.Popen[bytes] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def group(self) -> int:
        """The process group that children join, its leader alive."""
        with self.lock:
            if self.process is None or self.process.poll() is not None:
                self.process = subprocess.Popen(  # noqa: S603 - nothing in it comes from anywhere else
                    GUARD, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={},
                    process_group=0,
                )  # fmt: skip
            return self.process.pid

    def dismiss(self) -> None:
        """End the shell, and whatever runs beside it."""
        if self.process and self.process.stdin:
            self.process.stdin.close()
            self.process.wait()

    def forget(self) -> None:
        """In a fork of this process: the shell is the other one's, and must see when that one goes."""
        if self.process and self.process.stdin:
            self.process.stdin.close()
            self.process.returncode = 0
        self.process, self.lock = None, threading.Lock()


@dataclass(slots=True)
class _Team:
    """Threads whose children end together."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    over: bool = False
    children: Processes = field(default_factory=set)

    def stop(self) -> None:
        """End every child now, and let none begin."""
        with self.lock:
            self.over = True
            for process in self.children:
                process.kill()


_guard = _Guard()
_member = threading.local()
atexit.register(_guard.dismiss)
os.register_at_fork(after_in_child=_guard.forget)


@contextmanager
def workers(count: int | None) -> Iterator[Executor]:
    """Threads for work that runs children. When the block ends by an exception, Ctrl-C too, they are stopped at once.

    What waits does not begin any more, and a child that runs is killed: its thread ends by `Interrupted`.
    """
    team = _Team()
    pool = ThreadPoolExecutor(count, initializer=lambda: setattr(_member, "team", team))
    try:
        yield pool
    except BaseException:
        team.stop()
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown()


def run(command: Sequence[str], environment: Mapping[str, str], hear: Callable[[bytes], bool]) -> Ended:
    """Run a program to its end, with nothing on its standard input; OSError when there is none to run.

    `hear` is given what it writes to standard output, and says whether that is a sign of life.
    """
    team: _Team = getattr(_member, "team", None) or _Team()
    with team.lock:
        if team.over:
            raise Interrupted("stopped")
        process = subprocess.Popen(  # noqa: S603 - the caller names the program, and no shell reads its arguments
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
            process_group=_guard.group(),
        )  # fmt: skip
        team.children.add(process)
    try:
        said, stuck = _listen(process, hear)
        code = process.wait()
    finally:
        process.kill()
        process.wait()
        with team.lock:
            team.children.discard(process)
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()
    if team.over:
        raise Interrupted("stopped")
    return Ended(code, said.decode("utf-8", "replace"), stuck)


def _listen(process: subprocess.Popen[bytes], hear: Callable[[bytes], bool]) -> tuple[bytes, bool]:
    """The end of what a child complains of, and whether it had to be stopped."""
    said = b""
    begun = moved = time.monotonic()
    spent = 0.0
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            if pipe:
                selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            alive = False
            for key, _ in selector.select(min(1.0, STILL / 4)):
                data = os.read(key.fd, REMEMBERED)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stdout:
                    alive |= hear(data)
                else:
                    said = (said + data)[-REMEMBERED:]
                    alive = True
            now = time.monotonic()
            if alive:
                begun = moved = now
            elif now - moved > STILL:
                used = processor_seconds(process.pid)
                if used - spent < (now - moved) * IDLE or now - begun > ENDLESS:
                    process.kill()
                    return said, True
                moved, spent = now, used
    return said, False


def processor_seconds(pid: int) -> float:
    """The processor time that a process has used so far, in seconds; 0 when nobody can say."""
    with suppress(OSError, ValueError, IndexError):
        values = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")
    return _told_by_ps(pid)


def _told_by_ps(pid: int) -> float:
    """The same where there is no `/proc`: `1-02:03:04` or `3:04.50`, as `ps` writes it."""
    with suppress(OSError, ValueError, subprocess.SubprocessError):
        command = ("/bin/ps", "-o", "time=", "-p", str(pid))
        done = subprocess.run(command, capture_output=True, timeout=10, check=True)  # noqa: S603
        told = done.stdout.decode("ascii").strip()
        days, _, clock = told.rpartition("-")
        seconds = 0.0
        for part in clock.split(":"):
            seconds = seconds * 60 + float(part)
        return int(days or 0) * 86_400 + seconds
    return 0.0
