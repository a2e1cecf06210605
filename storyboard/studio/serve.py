"""A studio served on this machine alone, until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from storyboard.errors import Usage
from storyboard.store.project import open_project
from storyboard.studio.app import application
from storyboard.studio.guard import new_word
from storyboard.studio.live import Live


class _Server(uvicorn.Server):
    """Lets its pages go as soon as it is to end: they would listen for ever."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self.live = live

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.live.stopping.set()
        self.live.board.close()
        super().handle_exit(sig, frame)


def serve(live: Live, told: Callable[[str, str], None], port: int = 0) -> None:
    """Serve a studio, on a port or (for 0) on any. `told` gets its address, and one that works once,
    for starting a browser with. `Usage` for a port that is taken, and for a file that is no storyboard."""
    open_project(live.file)
    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        message = f"port {port} cannot be used: {str(error.strerror).lower()}"
        raise Usage(message, hint="take another: --port N; without it, one is found") from None
    word, once = new_word(), new_word()
    with listening:
        number = listening.getsockname()[1]
        config = uvicorn.Config(
            application(live, word, number, once), log_level="critical", access_log=False, limit_concurrency=64,
            timeout_graceful_shutdown=1, ws="none", lifespan="off", server_header=False,
        )  # fmt: skip
        live.start()
        told(*(f"http://127.0.0.1:{number}/{one}/" for one in (word, once)))
        try:
            _Server(config, live).run(sockets=[listening])
        finally:
            live.stop()
