"""The tutorial is carried out as it is written, block by block, in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storyboard.cli.main import run
from tests.conftest import ROOT

TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SMALL = (("1280x720", "160x90"), ('Gateway(Path("rehearsal"))', 'Gateway(Path("rehearsal"), height=90)'))
"""What is written smaller than the tutorial has it, so that it costs little: films, and bought clips…"""
QUICK = (
    ("klingai/kling-v3.0-i2v", "bytedance/seedance-v1.0-pro"),
    ("  duration: 5s", "  duration: 2s\n  mode: 480p"),
    ("at: 1s, for: 2s", "at: 0.5s, for: 1s"),
)
"""…and of the animatics, for the time of a render: nothing of them stays."""

Capture = pytest.CaptureFixture[str]


@contextmanager
def quick(file: Path) -> Iterator[None]:
    """A film that is drawn in a moment, while no paid gateway is there; then it is as it was."""
    text = file.read_text("utf-8")
    if "AI_GATEWAY_API_KEY" not in os.environ:
        small = text
        for long, short in QUICK:
            small = small.replace(long, short)
        file.write_text(small, "utf-8")
    yield
    file.write_text(text, "utf-8")


def patched(text: str, change: str) -> str:
    """A file with a block of a diff carried out; its lines must stand there, once."""
    lines = change.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    assert text.count(before) == 1, change
    return text.replace(before, after)


def told(said: str, expected: str) -> None:
    """Every line of an answer is said; `…` stands for anything, and columns may be wider."""
    for line in expected.splitlines():
        pattern = r".*?".join(r"\s+".join(map(re.escape, part.split())) for part in line.split("…"))
        assert re.search(pattern, said), f"{line!r} is not in\n{said}"


class Reader:
    """Somebody who does what the tutorial says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capture: Capture) -> None:
        self.monkeypatch, self.capture = monkeypatch, capture
        self.serving: list[subprocess.Popen[bytes]] = []
        self.said = ""

    def carry_out(self, kind: str, mark: str, text: str) -> None:
        """One block: a file to write or to change, commands with their exit code, or what they answer."""
        if kind in ("yaml", "python"):
            Path(mark).write_text(text, "utf-8")
        elif kind == "diff":
            Path(mark).write_text(patched(Path(mark).read_text("utf-8"), text), "utf-8")
        elif mark == "serve":
            self._serve(text)
        elif kind == "bash":
            self.said = ""
            codes = [self._do(line) for line in text.splitlines()]
            assert codes == [0] * (len(codes) - 1) + [int(mark or 0)], (text, self.said)
        else:
            assert kind == "text"
            told(self.said, text)

    def go(self, folder: Path) -> None:
        """Change to a folder, as a shell does."""
        self.monkeypatch.chdir(folder)
        self.monkeypatch.setenv("PWD", str(Path.cwd()))

    def _do(self, line: str) -> int:
        words = shlex.split(os.path.expandvars(line))
        if words[0] == "storyboard":
            with quick(Path("film.yaml")) if words[1] == "render" else quick(Path(os.devnull)):
                code = run(words[1:])
            out, err = self.capture.readouterr()
            self.said += err + out
            return code
        if words[0] == "cd":
            self.go(Path(words[1]))
        elif words[0] == "export":
            self.monkeypatch.setenv(*words[1].split("=", 1))
        elif words[0] == ".":
            for exported in Path(words[1]).read_text("utf-8").splitlines():
                self._do(exported)
        else:
            done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        return 0

    def _serve(self, line: str) -> None:
        self.serving.append(subprocess.Popen([sys.executable, *shlex.split(line)[1:]]))
        until = time.monotonic() + 60
        while not Path("rehearsal/env").exists() or not Path("rehearsal/env").read_text("utf-8").endswith("\n"):
            assert time.monotonic() < until
            assert self.serving[-1].poll() is None
            time.sleep(0.02)


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> Iterator[Reader]:
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "A Reader")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "reader@example.com")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    one = Reader(monkeypatch, capsys)
    one.go(tmp_path)
    yield one
    for process in one.serving:
        process.send_signal(signal.SIGKILL)
        process.wait()


def test_every_block_does_what_the_tutorial_says(reader: Reader) -> None:
    blocks = BLOCK.findall(TUTORIAL)
    assert len(blocks) == TUTORIAL.count("```") / 2 > 25
    for kind, mark, text in blocks:
        for large, small in SMALL:
            text = text.replace(large, small)  # noqa: PLW2901 - the same block, smaller
        reader.carry_out(kind, mark, text)
    assert Path("build/film.mp4").stat().st_size > 10_000
