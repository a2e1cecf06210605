"""Commands run cheaply, and killed at will: a process that has everything imported forks a child for each of them.

A run of `storyboard` costs half a second of imports; here it costs a few milliseconds, so that a thousand kills take
minutes. The process has one thread and no connection when it forks, on Linux and macOS alike.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

MODULES = (
    "anyio._backends._asyncio", "av", "av.subtitles.stream", "httpcore", "httpx", "imageio_ffmpeg", "numpy",
    "numpy.ma", "PIL.Image", "platformdirs.unix", "rich._emoji_codes", "rich.console", "rich.progress",
    "storyboard.assembler.arrival", "storyboard.assembler.assemble", "storyboard.buy", "storyboard.cli.agreeing",
    "storyboard.cli.main", "storyboard.cli.progress", "storyboard.cli.render", "storyboard.cli.report",
    "storyboard.cli.tables", "storyboard.gateway.embedded", "storyboard.gateway.remote", "storyboard.render",
    "storyboard.settings",
)  # fmt: skip
TICK = 0.001
LONGEST = 120.0
STOPS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Kill:
    """When a run gets a signal: at the n-th hit of a step, when a file has so many lines, when the run has said
    something on standard error, or after seconds.

    Two signals of one kind that come together are one: let the second wait for the run's answer to the first.
    """

    signal: int = signal.SIGKILL
    step: str = ""
    nth: int = 1
    file: str = ""
    lines: int = 0
    said: str = ""
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that ended. `code` is its exit code, or minus the number of the signal that ended it."""

    code: int
    out: str
    err: str
    seconds: float
    steps: tuple[str, ...]
    """The steps of the order protocol that it came to, in their order."""


class Stage:
    """Runs one command after the other."""

    def __init__(self, wishes: IO[str], answers: IO[str], folder: Path) -> None:
        self._wishes, self._answers, self._folder = wishes, answers, folder

    def run(
        self, *args: str, environment: Mapping[str, str], kills: Sequence[Kill] = (), loud: bool = False,
        folder: Path | None = None,
    ) -> Ran:  # fmt: skip
        """Run `storyboard` with these arguments, in `folder` if one is named, and signal it when `kills` say so, one
        after the other.

        `loud`: every library's log goes to standard error, down to the smallest detail.
        """
        wish = {
            "args": args, "environment": dict(environment), "kills": [asdict(kill) for kill in kills], "loud": loud,
            "folder": str(folder or Path.cwd()),
        }  # fmt: skip
        self._wishes.write(json.dumps(wish) + "\n")
        self._wishes.flush()
        answer = json.loads(self._answers.readline())
        return Ran(**{**answer, "steps": tuple(answer["steps"])})

    @property
    def said(self) -> str:
        """What the command that runs, or ran last, has said on standard error so far."""
        return _said(self._folder / "err")


@contextmanager
def open_stage(folder: Path) -> Iterator[Stage]:
    """A stage whose scratch files are in `folder`, which is there."""
    command = [sys.executable, "-P", "-m", "storyboard.testing.stage", str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    with process:
        assert process.stdin  # noqa: S101 - both are pipes
        assert process.stdout  # noqa: S101
        try:
            yield Stage(process.stdin, process.stdout, folder)
        finally:
            process.stdin.close()


def _warm_up(folder: Path) -> None:
    """Import what a render imports, and build what it builds once: the schema, the catalogue, the trusted roots, and
    the digest of ffmpeg."""
    for name in MODULES:
        importlib.import_module(name)
    from storyboard.assembler import ffmpeg
    from storyboard.gateway.client import Access, GatewayClient
    from storyboard.spec.load import load
    from storyboard.store.cache import Cache

    ffmpeg.toolchain(Cache(folder))
    load("film.yaml", b"storyboard: 1\nshots:\n  - {id: a, prompt: '{{ 1 }}'}\n", lambda _: b"")
    GatewayClient(Access("http://127.0.0.1/v4/ai", "nobody"))


def _serve(folder: Path, wishes: IO[str], answers: IO[str]) -> None:
    _warm_up(folder)
    for line in wishes:
        answers.write(json.dumps(_perform(json.loads(line), folder)) + "\n")
        answers.flush()


def _perform(wish: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    steps, out, err = folder / "steps", folder / "out", folder / "err"
    for path in (steps, out, err):
        path.write_bytes(b"")
    kills = [Kill(**kill) for kill in wish["kills"]]
    begun = time.monotonic()
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # none may come before somebody listens
    child = os.fork()
    if child == 0:
        _act(wish, kills, (steps, out, err))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    code = _watch(child, kills, err, begun)
    return {
        "code": code,
        "out": _said(out),
        "err": _said(err),
        "seconds": time.monotonic() - begun,
        "steps": steps.read_text().split(),
    }


def _said(path: Path) -> str:
    return path.read_text("utf-8", "replace")


def _watch(child: int, kills: list[Kill], err: Path, begun: float) -> int:
    """Wait for a child to end, and send it its signals. `err`: where its standard error goes."""
    left = [kill for kill in kills if not kill.step]
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if left and _due(left[0], err, time.monotonic() - begun):
            os.kill(child, left.pop(0).signal)
        if time.monotonic() - begun > LONGEST:
            os.kill(child, signal.SIGKILL)
        time.sleep(TICK)


def _due(kill: Kill, err: Path, elapsed: float) -> bool:
    if kill.said:
        return kill.said in _said(err)
    if kill.file:
        path = Path(kill.file)
        return path.exists() and path.read_bytes().count(b"\n") >= kill.lines
    return elapsed >= kill.after


def _act(wish: Mapping[str, Any], kills: list[Kill], files: tuple[Path, Path, Path]) -> None:
    """The child's life: the command itself, with every step told."""
    from storyboard.cli.main import main
    from storyboard.steps import on_step

    code = 70
    try:
        os.environ.update(wish["environment"])
        os.chdir(wish["folder"])
        for one in STOPS:
            signal.signal(one, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        sys.argv = ["storyboard", *wish["args"]]
        opened = [os.open(path, os.O_WRONLY | os.O_APPEND) for path in files]
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (opened[1], 1), (opened[2], 2)):
            os.dup2(source, target)
        at = {(kill.step, kill.nth): kill.signal for kill in kills if kill.step}
        hits: dict[str, int] = {}

        def told(step: str) -> None:
            os.write(opened[0], f"{step}\n".encode())
            hits[step] = hits.get(step, 0) + 1
            if (step, hits[step]) in at:
                os.kill(os.getpid(), at[step, hits[step]])

        on_step(told)
        if wish["loud"]:
            logging.basicConfig(level=logging.DEBUG)
        main()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except KeyboardInterrupt:  # before the command had begun, or behind its end
        code = 130
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _serve(Path(sys.argv[1]), sys.stdin, sys.stdout)
