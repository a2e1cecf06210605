"""What several commands share: opening a project, and telling people and programs apart."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from storyboard.store.project import Project

file_argument = click.argument("file", type=click.Path())
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
gateway_option = click.option(
    "--gateway", type=click.Choice(["local", "remote"]), help="local draws free animatics; remote is for real footage."
)
model_option = click.option("--allow-unknown-model", is_flag=True, help="Take models that the catalogue does not have.")


class _Dollars(click.ParamType[Decimal]):
    """A sum of US dollars: `12` or `12.50`, with or without the sign."""

    name = "USD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if isinstance(value, Decimal):
            return value
        if not re.fullmatch(r"\$?[0-9]{1,7}(\.[0-9]{1,4})?", str(value)):
            self.fail(f"{value!r} is not a sum of dollars; write it as in 12.50", param, ctx)
        return Decimal(str(value).removeprefix("$"))


DOLLARS = _Dollars()


@contextmanager
def located(project: Project) -> Iterator[None]:
    """Let the problems of a storyboard be shown with their lines."""
    from storyboard.errors import InvalidStoryboard

    try:
        yield
    except InvalidStoryboard as error:
        error.texts = project.texts
        raise


def path_for_people(path: Path) -> str:
    """A path as one would type it here, for a console that reads markup."""
    from rich.markup import escape

    from storyboard.cli.report import printable

    near = os.path.relpath(path)
    return escape(printable(str(path) if near.startswith("..") else near))


def plainly(text: str) -> str:
    """Any text, for a console that reads markup: nothing in it drives the terminal or the markup."""
    from rich.markup import escape

    from storyboard.cli.report import printable

    return escape(printable(text))


def megabytes(size: int) -> str:
    """`1.2 MB`, or `30 kB` for what is small."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"


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
