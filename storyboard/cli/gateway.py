"""`storyboard gateway`."""

from __future__ import annotations

import click


@click.command("gateway", short_help="Serve the local gateway, for other programs and for rehearsals.")
@click.option("--port", type=click.IntRange(1, 65535), default=8484, show_default=True)
@click.option("--key", help="The bearer token that it insists on; without it, any will do.")
def command(port: int, key: str | None) -> None:
    """Serve the local gateway at http://127.0.0.1:PORT/v4/ai until it is stopped.

    It speaks the AI Gateway's protocol and draws animatics, free. It listens on this machine only.
    """
    import socket

    import uvicorn

    from storyboard.errors import Usage
    from storyboard.gateway.local.app import application

    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise Usage(
            f"port {port} cannot be used: {str(error.strerror).lower()}", hint="take another: --port N"
        ) from None
    with listening:
        click.echo(f"The local gateway answers at http://127.0.0.1:{port}/v4/ai", err=True)
        config = uvicorn.Config(
            application(key=key), log_level="warning", limit_concurrency=64, timeout_graceful_shutdown=1
        )
        uvicorn.Server(config).run(sockets=[listening])
