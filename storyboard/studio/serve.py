"""A studio served on this machine alone, until it is stopped."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

import uvicorn

from storyboard import __version__
from storyboard.errors import InvalidStoryboard, Usage
from storyboard.store import files
from storyboard.store.project import open_project
from storyboard.studio import again
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


def serve(live: Live, told: Callable[[str, str, bool], None], port: int = 0) -> None:
    """Serve a studio, on a port or (for 0) on any: on that of its last run, where that ended a short time ago, so that
    its pages come back. `told` gets its address, one that works once, for starting a browser with, and whether pages of
    the last run may come. `Usage` for a port that is taken, for a file that is no storyboard, and for a variant that it
    does not have."""
    kept = kept_at(live)
    listening, run = listen(again.next_run(kept, port), port)
    once = new_word()
    with listening:
        number = listening.getsockname()[1]
        app = application(live, run.word, number, once, lambda asked: run.proof(asked, number))
        config = uvicorn.Config(
            app, log_level="critical", access_log=False, limit_concurrency=64,
            timeout_graceful_shutdown=1, ws="none", lifespan="off", server_header=False,
        )  # fmt: skip
        live.board.tell("run", {"key": run.key, "version": __version__})
        again.keep(kept, run, number)
        live.start()
        address, first = (f"http://127.0.0.1:{number}/{one}/" for one in (run.word, once))
        told(address, first, bool(run.before))
        try:
            _Server(config, live).run(sockets=[listening])
        finally:
            live.stop()
            if again.is_kept(kept, run):
                again.keep(kept, run, number)


def kept_at(live: Live) -> Path:
    """Where the next studio of the same kind and film finds what it has to know of this one. Errors are those of
    `Live.project`, but for a storyboard that has problems."""
    project = open_project(live.file)
    with suppress(InvalidStoryboard):
        live.project()
    folder = live.settings(project).home / "studio"
    with suppress(OSError):
        files.make_folder(folder)
    named = "\0".join((str(project.file), live.variant, str(live.read_only)))
    return folder / hashlib.sha256(named.encode()).hexdigest()[:32]


def listen(run: again.Run, port: int) -> tuple[socket.socket, again.Run]:
    """The socket of a run, and the run: another one where the last one's port is taken, and none is asked for."""
    try:
        return socket.create_server(("127.0.0.1", run.port)), run
    except OSError as error:
        if port:
            message = f"port {port} cannot be used: {str(error.strerror).lower()}"
            raise Usage(message, hint="take another: --port N; without it, one is found") from None
    fresh = again.Run(new_word(), run.key)
    return socket.create_server(("127.0.0.1", 0)), fresh
