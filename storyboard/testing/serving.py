"""An application served on loopback, in a thread, for as long as a block runs."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from starlette.applications import Starlette


class _Connection(H11Protocol):
    """A connection that lets an application have its transport: to drop it, or to speak out of turn."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


@contextmanager
def serving(app: Starlette, port: int = 0) -> Iterator[int]:
    """Serve an application at 127.0.0.1; gives the port, chosen by the system for 0."""
    with socket.create_server(("127.0.0.1", port), backlog=512) as listening:
        config = Config(
            app, http=_Connection, ws="none", lifespan="off", log_config=None, access_log=False,
            log_level="critical", timeout_graceful_shutdown=0,
        )  # fmt: skip
        server = Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="gateway", daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
