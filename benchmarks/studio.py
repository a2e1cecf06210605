"""The studio's page in a browser: how soon it is there, how smoothly its strip scrolls, how soon an edit is seen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from playwright.sync_api import Browser, Page

from benchmarks.films import FFMPEG, STILLS
from benchmarks.timing import run
from tests.browsing import chromium, until

SHOTS = (30, 200)
RATE = 24
ZOOM = (
    "scale=640:360:force_original_aspect_ratio=increase,crop=640:360,zoompan=z=1+0.01*on:d=1:s=320x180:fps=24,"
    "format=yuv420p"
)  # fmt: skip
BARE = """<!doctype html><title>bare</title>
<style>body { margin: 0; background: #111 } #time { overflow-x: auto; white-space: nowrap }
img { width: 34px; height: 88px; object-fit: cover }</style><div id=time>%s</div>"""
THERE = """() => {
  const look = () => {
    if (document.querySelectorAll(".cell, #time > img").length !== COUNT) return requestAnimationFrame(look);
    requestAnimationFrame(() => requestAnimationFrame(() => { window.there = performance.now(); }));
  };
  look();
}"""
"""Notes when all cells have been drawn, in milliseconds from when the page was asked for."""
SCROLL = """async () => {
  const strip = document.getElementById("time"), gaps = [], frames = 180;
  let last = await new Promise(requestAnimationFrame);
  for (let frame = 1; frame <= frames; frame++) {
    strip.scrollLeft = (strip.scrollWidth - strip.clientWidth) * frame / frames;
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  gaps.sort((one, other) => one - other);
  return [1000 / gaps[gaps.length >> 1], 1000 / gaps[Math.floor(gaps.length * 0.95)]];
}"""
"""Scrolls from end to end, a step a frame: frames per second, the median and that of the worst twentieth."""
REEL = r'"reel": "(media/\w+)"'
SEEN = """() => new Promise((done) => {
  new MutationObserver((_, watch) => { watch.disconnect(); done(Date.now() / 1000); })
    .observe(document.getElementById("strip"), { subtree: true, attributeFilter: ["aria-label"] });
})"""
"""When the times of the strip's shots next change, in seconds of the machine's clock."""


def measure(rounds: int) -> Iterator[str]:
    """Rows of a table; the peer is a page of as many pictures, the same ones, and nothing else."""
    yield (
        f"{'':<10}{'shots':>8}{'there':>10}{'scrolls':>14}{'worst 5 %':>14}{'edit seen':>12}{'worst':>10}"
        f"{'new: there':>13}{'pictures':>11}"
    )
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        clips = [_clip(Path(folder), index, still) for index, still in enumerate(STILLS[:6])]
        for count in SHOTS:
            new = [_write(Path(folder) / f"{count}.{one}", clips, count) for one in range(rounds)]
            colds = [_cold(browser, one, count) for one in new]
            there, pictured = (median(one[place] for one in colds) for place in range(2))
            film = _write(Path(folder) / str(count), clips, count)
            with _studio(film) as address:
                pictures = _pictures(address, count)
                loads = [_load(browser, address, count) for _ in range(rounds)]
                edits = _edits(browser, address, count, film, rounds)
            row = f"{_row('studio', count, loads)}{median(edits):>10.2f} s{max(edits):>8.2f} s"
            yield f"{row}{there:>11.2f} s{pictured:>9.2f} s"
            with _bare(Path(folder) / f"bare{count}", pictures) as address:
                yield _row("bare", count, [_load(browser, address, count) for _ in range(rounds)])


def _row(name: str, count: int, loads: list[tuple[float, float, float]]) -> str:
    there, usual, worst = (median(one[place] for one in loads) for place in range(3))
    return (
        f"{name:<10}{count:>8}{there:>8.2f} s{usual:>8.0f} fps {usual / 50:>0.1f}{worst:>8.0f} fps {worst / 50:>0.1f}"
    )


def _clip(folder: Path, index: int, still: Path) -> Path:
    """Two seconds of a slow zoom over a photograph, small."""
    target = folder / f"clip{index}.mp4"
    run([FFMPEG, "-y", "-loop", "1", "-i", str(still), "-vf", ZOOM, "-t", "2", str(target)])
    return target


def _write(folder: Path, clips: list[Path], count: int) -> Path:
    """A film of shots that all look different: each begins at another frame."""
    folder.mkdir()
    for clip in clips:
        (folder / clip.name).hardlink_to(clip)
    rows = "".join(
        f"  - {{id: s{index}, footage: {clips[index % len(clips)].name}, in: {index // len(clips)}f, length: 10f}}\n"
        for index in range(count)
    )
    film = folder / "film.yaml"
    film.write_text(f"storyboard: 1\noutputs: {{film: {{size: 320x180, fps: {RATE}}}}}\nshots:\n{rows}")
    return film


@contextmanager
def _studio(film: Path) -> Iterator[str]:
    """A studio that only shows; its address."""
    environment = {**os.environ, "STORYBOARD_HOME": str(film.parent / "home"), "COLUMNS": "300"}
    command = [sys.executable, "-m", "storyboard", "studio", str(film), "--no-open", "--read-only"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield process.stderr.readline().split()[-1]
        finally:
            process.terminate()


def _cold(browser: Browser, film: Path, count: int) -> tuple[float, float]:
    """Seconds from asking for the page of a film that no studio has seen before, until all of its cells are drawn, and
    until all of their pictures are there."""
    with _studio(film) as address, _opened(browser, address, count) as tab:
        until(tab, "!document.querySelector('.frames.awaited')")
        pictured: Any = tab.evaluate("performance.now()")
        there: Any = tab.evaluate("window.there")
        return there / 1000, pictured / 1000


def _pictures(address: str, count: int) -> list[bytes]:
    """The pictures of the strip, once they have all been drawn."""
    with httpx.Client(timeout=120) as client:
        reels: list[str] = []
        while len(reels) < count:
            with client.stream("GET", f"{address}events") as answer:
                state = next(line for line in answer.iter_lines() if '"reel"' in line)
            reels = re.findall(REEL, state)
            time.sleep(0.1)
        return [client.get(f"{address}{reel}").content for reel in reels]


@contextmanager
def _bare(folder: Path, pictures: list[bytes]) -> Iterator[str]:
    """The page of the peer; its address."""
    folder.mkdir()
    for index, data in enumerate(pictures):
        (folder / f"{index}.jpg").write_bytes(data)
    (folder / "index.html").write_text(BARE % "".join(f"<img src={index}.jpg>" for index in range(len(pictures))))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's word
        pass


@contextmanager
def _opened(browser: Browser, address: str, count: int) -> Iterator[Page]:
    """A page with nothing kept from before, all of its cells drawn."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        tab = context.new_page()
        tab.add_init_script(f"addEventListener('DOMContentLoaded', {THERE.replace('COUNT', str(count))})")
        tab.goto(address, wait_until="commit")
        until(tab, "window.there")
        yield tab


def _load(browser: Browser, address: str, count: int) -> tuple[float, float, float]:
    """Seconds until all cells are drawn, and how the strip then scrolls."""
    with _opened(browser, address, count) as tab:
        there: Any = tab.evaluate("window.there")
        time.sleep(0.5)  # nobody scrolls before having looked
        usual, worst = tab.evaluate(SCROLL)
        return there / 1000, usual, worst


def _edits(browser: Browser, address: str, count: int, film: Path, rounds: int) -> list[float]:
    """Seconds from a save to the strip's change, for several edits."""
    took = []
    with _opened(browser, address, count) as tab:
        for edit in range(4 * rounds):
            tab.evaluate(f"window.seen = ({SEEN})(), 0")
            text = re.sub(r"length: \d+f", f"length: {12 + 3 * (edit % 12 + 1)}f", film.read_text(), count=1)
            time.sleep(0.25 + edit % 5 * 0.05)  # a save comes at any time between two looks at the file
            saved = time.time()
            film.write_text(text)
            took.append(tab.evaluate("window.seen") - saved)
    return took
