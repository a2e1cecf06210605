"""`storyboard completion`."""

from __future__ import annotations

import click

VARIABLE = "_STORYBOARD_COMPLETE"
"""Where the shell says what it wants to know: the name that click gives it."""


@click.command("completion", short_help="What your shell needs to complete commands.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the lines that let a shell complete storyboards, shots, takes, scenes, outputs, variants and models.

    In ~/.bashrc or ~/.zshrc: eval "$(storyboard completion bash)", or zsh. For fish: storyboard completion fish >
    ~/.config/fish/completions/storyboard.fish
    """
    from click.shell_completion import get_completion_class

    from storyboard.cli.main import cli

    if found := get_completion_class(shell):
        click.echo(found(cli, {}, "storyboard", VARIABLE).source())
