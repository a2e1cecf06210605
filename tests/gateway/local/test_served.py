"""The same application behind a real server: heartbeats arrive while it draws, and its addresses are its own."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn

from storyboard.gateway.local.app import application

from .calling import T2V, VIDEO, headers

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as listening:
        patch.setattr("storyboard.gateway.local.app.HEARTBEAT_SECONDS", 0.2)
        config = uvicorn.Config(application(workers=1), log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


def test_heartbeats_come_while_it_draws(origin: str) -> None:
    words = {"prompt": "Hills.", "n": 1, "duration": 3, "providerOptions": {}}
    arrivals: list[tuple[float, str]] = []
    with (
        httpx.Client(base_url=origin, timeout=60) as client,
        client.stream("POST", VIDEO, content=json.dumps(words), headers=headers(T2V)) as answer,
    ):
        assert answer.status_code == 200
        arrivals.extend((time.monotonic(), line) for line in answer.iter_lines() if line)
    beats = [at for at, line in arrivals if line == ":"]
    (event,) = [(at, line) for at, line in arrivals if line.startswith("data: ")]
    assert len(beats) >= 2
    assert len(arrivals) == len(beats) + 1
    assert event[0] - beats[0] > 0.2
    result = json.loads(event[1].removeprefix("data: "))
    url = result["videos"][0]["url"]
    assert url.startswith(f"{origin}/v1/clips/")
    clip = httpx.get(url)
    assert (clip.status_code, clip.headers["content-type"]) == (200, "video/mp4")
    assert clip.content[4:8] == b"ftyp"


def test_a_caller_who_leaves_ends_the_drawing(origin: str) -> None:
    headers_of_words = headers(T2V)
    long = {"prompt": "Hills.", "n": 1, "duration": 15, "providerOptions": {"klingai": {"mode": "pro"}}}
    short = {"prompt": "Hills.", "n": 1, "duration": 3, "providerOptions": {}}
    begun = time.monotonic()
    with httpx.Client(base_url=origin, timeout=60) as client:
        for _ in range(3):
            with client.stream("POST", VIDEO, content=json.dumps(long), headers=headers_of_words) as answer:
                assert next(answer.iter_lines()) == ":"
        answer = client.post(VIDEO, content=json.dumps(short), headers=headers_of_words)
    assert '"type": "result"' in answer.text
    # Three of the long ones alone would keep the only process busy for half a minute.
    assert time.monotonic() - begun < 25
