"""What several commands share: opening a project, and telling people and programs apart."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from storyboard.store.project import Project

file_argument = click.argument("file", type=click.Path())
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
gateway_option = click.option(
    "--gateway", type=click.Choice(["local", "remote"]), help="local draws free animatics; remote is for real footage."
)
model_option = click.option("--allow-unknown-model", is_flag=True, help="Take models that the catalogue does not have.")


@contextmanager
def located(project: Project) -> Iterator[None]:
    """Show the problems of a storyboard with their lines; then leave with exit code 1."""
    from storyboard.cli.report import render_problems
    from storyboard.errors import InvalidStoryboard

    try:
        yield
    except InvalidStoryboard as error:
        click.echo(render_problems(error.problems, project.texts), err=True)
        click.echo(f"\n{error.message}", err=True)
        raise click.exceptions.Exit(error.exit_code) from None


def talk() -> Console:
    """Where people are talked to: standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def data() -> Console:
    """Where tables for people go that are a command's answer: standard output."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 140)


def interactive() -> bool:
    """Whether a person is watching: a terminal, and no CI."""
    return sys.stderr.isatty() and not os.environ.get("CI")
