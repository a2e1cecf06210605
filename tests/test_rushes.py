"""Takes are cut as they come: what is here is encoded while other shots are still being made."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from storyboard.testing import FakeGateway
from storyboard.testing.clips import clip_of
from storyboard.testing.ledger import Charge
from tests.media import write_clock

PATIENCE = 120.0
FILM = """storyboard: 1
defaults: {model: klingai/kling-v3.0-t2v, duration: 3s, transition: {type: dissolve, duration: 0.5s}}
outputs: {film: {size: 160x90}}
shots:
  - {id: there, footage: there.mp4, flip: horizontal}
  - {id: soon, prompt: Soon.}
  - {id: late, prompt: Late.}
"""


def test_segments_are_encoded_while_a_shot_is_still_being_made(tmp_path: Path) -> None:
    """The last clip is not handed over before what can be cut without it is cut."""
    film = tmp_path / "film"
    film.mkdir()
    (film / "film.yaml").write_text(FILM)
    write_clock(film / "there.mp4", 1, 48)
    seen: list[int] = []

    def draw(charge: Charge) -> bytes:
        deadline = time.monotonic() + PATIENCE
        while charge.prompt == "Late." and len(seen) < 4 and time.monotonic() < deadline:
            seen[:] = [1 for _ in (film / ".storyboard").rglob("segments/**/*.mp4")]
            time.sleep(0.02)
        return clip_of(charge)

    gateway = FakeGateway(tmp_path / "gateway", draw=draw, height=72)
    with gateway.serve() as base:
        environment = {**os.environ, **gateway.environment(base)}
        command = [sys.executable, "-m", "storyboard", "render", str(film / "film.yaml"), "--budget", "100"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    # `there` and its dissolve, and the body of `soon`, which is cut on a grid of two seconds.
    assert len(seen) >= 4
    assert (film / "build" / "film.mp4").is_file()
    assert not list((film / ".storyboard").rglob("*.part"))
