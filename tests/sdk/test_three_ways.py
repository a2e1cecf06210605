"""The real AI SDK gets clips from `storyboard gateway`, in each of its three ways."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
STILLS = HERE.parents[1] / "examples" / "first-light" / "stills"


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The base address of `storyboard gateway`, served on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "storyboard", "gateway", "--port", str(port)], stderr=subprocess.PIPE, text=True
    )
    try:
        for _ in range(200):
            assert server.poll() is None, server.stderr.read() if server.stderr else ""
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/v4/ai"
    finally:
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=20)
    assert f"http://127.0.0.1:{port}/v4/ai" in said
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def answers(sdk: Path, base: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script wrote, with its folder under `folder`."""
    folder = tmp_path_factory.mktemp("clips")
    first = make_small(STILLS / "autumn-ridge.jpg", folder / "first.jpg")
    last = make_small(STILLS / "mountain-path.jpg", folder / "last.jpg")
    done = subprocess.run(
        ["node", "three_ways.mjs", base, str(first), str(last), str(folder)],
        cwd=sdk,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return {**answers, "folder": folder}


def make_small(still: Path, target: Path) -> Path:
    with Image.open(still) as picture:
        small = picture.resize((480, 320))
    text = io.BytesIO()
    small.save(text, "JPEG", quality=85)
    target.write_bytes(text.getvalue())
    return target


def measure(clip: Path) -> tuple[int, tuple[int, int], bool]:
    """Frames, size, and whether there is sound."""
    with av.open(str(clip)) as container:
        assert "mp4" in container.format.name
        video = container.streams.video[0]
        frames = sum(1 for _ in container.decode(video))
        return frames, (video.width, video.height), bool(container.streams.audio)


def test_held_open(answers: dict[str, Any]) -> None:
    held = answers["held"]
    assert measure(answers["folder"] / "held-open.mp4") == (72, (1080, 720), True)
    assert [warning["feature"] for warning in held["warnings"]] == ["seed"]
    assert held["mediaType"] == "video/mp4"
    gateway = held["providerMetadata"]["gateway"]
    assert gateway["local"] is True
    assert gateway["cost"] == "0"
    assert held["providerMetadata"]["klingai"]["videos"][0]["duration"] == "3"


def test_polled(answers: dict[str, Any]) -> None:
    assert measure(answers["folder"] / "polled.mp4") == (72, (1080, 720), False)
    gateway = answers["poll"]["providerMetadata"]["gateway"]
    assert gateway["asyncJob"]["status"] == "completed"
    assert gateway["local"] is True


def test_started(answers: dict[str, Any]) -> None:
    assert measure(answers["folder"] / "started.mp4") == (72, (1280, 720), False)
    start = answers["start"]
    assert start["providerMetadata"]["gateway"]["asyncJob"]["status"] in ("queued", "running")
    assert start["status"]["status"] == "completed"


def test_a_refusal_has_the_sdks_own_type(answers: dict[str, Any]) -> None:
    refusal = answers["refusal"]
    assert (refusal["type"], refusal["statusCode"]) == ("invalid_request_error", 400)
    assert "99" in refusal["message"]


def test_listings_satisfy_the_sdks_parsers(answers: dict[str, Any]) -> None:
    assert answers["credits"] == {"balance": "0.00", "totalUsed": "0.00"}
    assert "klingai/kling-v3.0-i2v" in answers["models"]
    assert answers["generation"]["totalCost"] == 0
