"""Real signals to real processes, around an event loop: none is lost, and none leaves a traceback."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from storyboard.running import SIGNALS, listening, run

STRESS = bool(os.environ.get("STORYBOARD_STRESS"))
BOTH = pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)

PROGRAM = """
import asyncio, os, signal, sys, time
from storyboard.running import listening, run

def say(what):
    print(what, flush=True)

def strike():
    os.kill(os.getpid(), int(sys.argv[1]))

async def work():
    say("begun")
    try:
        await asyncio.sleep(60)
    finally:
        say("tidied")

BODY
try:
    say(run(work))
except KeyboardInterrupt:
    say("interrupted")
back = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
say("handlers " + ("back" if back == [signal.default_int_handler, signal.SIG_DFL] else str(back)))
"""
"""A run of sixty seconds that tells what becomes of it. Its first argument is the number of a signal."""

MADE = """
class Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self):
        strike()
        loop = super().new_event_loop()
        strike()
        return loop

asyncio.set_event_loop_policy(Policy())
"""
CLOSED = """
class Loop(asyncio.SelectorEventLoop):
    def close(self):
        strike()
        super().close()
        strike()

class Policy(asyncio.DefaultEventLoopPolicy):
    _loop_factory = Loop

asyncio.set_event_loop_policy(Policy())

async def work():
    say("begun")
    return "done"
"""
SLOW = """
async def work():
    try:
        say("begun")
        await asyncio.sleep(60)
    finally:
        say("tidying")
        await asyncio.sleep(60)
"""
HEARS = """
async def work():
    heard = asyncio.Queue()
    with listening(heard.put_nowait):
        say("begun")
        return f"heard {sorted([await heard.get(), await heard.get()])}"
"""
LAST = """
async def work():
    say("begun")
    strike()
    return "done"
"""
HEARS_LAST = """
async def work():
    heard = []
    with listening(heard.append):
        strike()
    return f"heard {heard}"
"""
QUICK = """
async def work():
    await asyncio.sleep(0.001)

say("begun")
try:
    for _ in range(100_000):
        run(work)
except KeyboardInterrupt:
    say("interrupted")
    sys.exit()
"""


@contextmanager
def started(body: str, number: int = 0) -> Iterator[subprocess.Popen[str]]:
    """A program that runs, and does not outlive the block."""
    command = [sys.executable, "-X", "dev", "-c", PROGRAM.replace("BODY", body), str(int(number))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def said(body: str, number: int = 0, kills: Sequence[tuple[str, int]] = ()) -> list[str]:
    """What a program says that gets signals, each of them after a word of it; on standard error it says nothing."""
    with started(body, number) as child:
        assert child.stdout
        lines = [""]
        for word, kill in kills:
            while lines[-1] != word:
                lines.append(child.stdout.readline().strip())
                assert lines[-1], "it has ended"
            child.send_signal(kill)
        out, err = child.communicate(timeout=60)
    assert err == ""
    assert child.returncode == 0
    return [*lines[1:], *out.splitlines()]


@BOTH
def test_a_signal_during_a_run_ends_it(number: signal.Signals) -> None:
    assert said("", kills=[("begun", number)]) == ["begun", "tidied", "interrupted", "handlers back"]


@BOTH
def test_a_signal_while_the_loop_is_made_ends_the_run_before_it_has_begun(number: signal.Signals) -> None:
    assert said(MADE, number) == ["interrupted", "handlers back"]


@BOTH
def test_a_signal_while_the_loop_is_closed_is_not_lost(number: signal.Signals) -> None:
    assert said(CLOSED, number) == ["begun", "interrupted", "handlers back"]


@BOTH
def test_a_second_signal_ends_what_the_first_one_is_tidying(number: signal.Signals) -> None:
    lines = said(SLOW, kills=[("begun", signal.SIGINT), ("tidying", number)])
    assert lines == ["begun", "tidying", "interrupted", "handlers back"]


def test_two_signals_at_once_are_as_good_as_one() -> None:
    lines = said("", kills=[("begun", signal.SIGINT), ("begun", signal.SIGTERM)])
    assert lines == ["begun", "tidied", "interrupted", "handlers back"]


def test_who_listens_is_told_and_goes_on() -> None:
    lines = said(HEARS, kills=[("begun", signal.SIGTERM), ("begun", signal.SIGINT)])
    assert lines == ["begun", "heard [2, 15]", "handlers back"]


@BOTH
def test_a_signal_at_the_last_step_is_not_lost(number: signal.Signals) -> None:
    assert said(LAST, number) == ["begun", "interrupted", "handlers back"]
    assert said(HEARS_LAST, number) == [f"heard [{int(number)}]", "handlers back"]


@pytest.mark.stress
def test_a_signal_at_any_moment_of_many_runs_is_an_interruption() -> None:
    for _ in range(300 if STRESS else 3):
        with started(QUICK) as child:
            assert child.stdout
            assert child.stdout.readline() == "begun\n"
            time.sleep(random.random() * 0.05)
            child.send_signal(signal.SIGINT)
            assert child.communicate(timeout=60) == ("interrupted\n", "")
        assert child.returncode == 0


async def double(number: int, *, fails: bool = False) -> int:
    await asyncio.sleep(0)
    if fails:
        raise ValueError(number)
    return 2 * number


def test_what_it_gives_and_what_it_raises_is_passed_on() -> None:
    before = [signal.getsignal(one) for one in SIGNALS]
    assert run(double, 4) == 8
    with pytest.raises(ValueError, match="4"):
        run(double, 4, fails=True)
    assert [signal.getsignal(one) for one in SIGNALS] == before


def test_a_thread_has_no_signals_and_runs_all_the_same() -> None:
    async def work() -> int:
        with listening(heard.append):
            return await double(4)

    heard: list[int] = []
    got: list[int] = []
    thread = threading.Thread(target=lambda: got.append(run(work)))
    thread.start()
    thread.join()
    assert got == [8]
    assert heard == []
