"""`storyboard studio`."""

from __future__ import annotations

import click

from storyboard.cli.common import file_argument, plainly, talk


@click.command("studio", short_help="A page that lives while you write: look, choose, trim, order.")
@file_argument
@click.option("--port", type=click.IntRange(1, 65535), help="Where it is served; any free port otherwise.")
@click.option("--read-only", is_flag=True, help="Show, and change nothing: no edit, no order, nothing drawn.")
@click.option("--no-open", is_flag=True, help="Open no browser; the address is printed.")
def command(file: str, port: int | None, read_only: bool, no_open: bool) -> None:
    """Serve a page for a storyboard, on this machine only, until it is stopped with Ctrl-C.

    It follows the file as it is saved: problems at their lines, the strip, the animatic of what changed, drawn free.
    Every edit shows its patch first. Nothing is bought unless its exact price was shown and agreed to.
    """
    import webbrowser

    from storyboard.settings import settings_for
    from storyboard.studio.live import Live
    from storyboard.studio.serve import serve

    def told(address: str, once: str) -> None:
        console = talk()
        console.print(f"The studio of {plainly(file)} is at [bold]{address}[/bold]", soft_wrap=True)
        console.print("[dim]Who has this address may use it. Ctrl-C ends it.[/dim]", soft_wrap=True)
        if not no_open:
            webbrowser.open(once)

    live = Live(file, settings_for, read_only)
    try:
        serve(live, told, port or 0)
    finally:
        if live.till.buying:
            again = plainly(f"storyboard retake {file} {live.till.buying}")
            talk().print(f"A take is under way, and what is paid for is kept: `{again}` goes on with it.")
