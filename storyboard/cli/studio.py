"""`storyboard studio`."""

from __future__ import annotations

import click

from storyboard.cli.common import file_argument, plainly, talk, variant_option

COMING = 2.5
"""Seconds in which an open page of the last run comes back: then none is opened beside it."""


@click.command("studio", short_help="A page that lives while you write: look, choose, trim, order.")
@file_argument
@click.option("--port", type=click.IntRange(1, 65535), help="Where it is served; any free port otherwise.")
@click.option("--read-only", is_flag=True, help="Show, and change nothing: no edit, no order, nothing drawn.")
@click.option("--no-open", is_flag=True, help="Open no browser; the address is printed.")
@variant_option
def command(file: str, port: int | None, read_only: bool, no_open: bool, variant: str) -> None:
    """Serve a page for a storyboard, on this machine only, until it is stopped with Ctrl-C.

    It follows the file as it is saved: problems at their lines, the strip, the animatic of what changed, drawn free.
    Every edit shows its patch first. Nothing is bought unless its exact price was shown and agreed to. When it is
    started again within an hour, its open pages go on.
    """
    import threading
    import webbrowser

    from storyboard.errors import Usage
    from storyboard.settings import settings_for
    from storyboard.spec.variants import EVERY
    from storyboard.studio.live import Live
    from storyboard.studio.serve import serve

    def told(address: str, once: str, follows: bool) -> None:
        console = talk()
        console.print(f"The studio of {plainly(file)} is at [bold]{address}[/bold]", soft_wrap=True)
        console.print("[dim]Who has this address may use it. Ctrl-C ends it.[/dim]", soft_wrap=True)
        if not no_open:
            opening = threading.Timer(COMING if follows else 0, lambda: live.board.is_heard or webbrowser.open(once))
            opening.daemon = True
            opening.start()

    if variant == EVERY:
        raise Usage("a studio is of one film", hint=f"name a variant; `--variant {EVERY}` is all of them")
    live = Live(file, settings_for, read_only, variant)
    try:
        serve(live, told, port or 0)
    finally:
        if live.till.buying:
            called = f"{live.trail.file} --variant {variant}" if variant else live.trail.file
            again = plainly(f"storyboard retake {called} {live.till.buying}")
            talk().print(f"A take is under way, and what is paid for is kept: `{again}` goes on with it.")
