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

from storyboard.cli import completing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from storyboard.planner.part import Part
    from storyboard.store.project import Project

file_argument = click.argument("file", type=click.Path(), shell_complete=completing.storyboards)
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


class _Word(click.ParamType[tuple[str, str]]):
    """A word of the storyboard's `vars`, and what it is to be: `lang=de`."""

    name = "NAME=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        if not equals or not name:
            self.fail(f"{value!r} is no word and its value; write it as in lang=de", param, ctx)
        if any("\ud800" <= one <= "\udfff" for one in value):
            self.fail(f"what is given for {name!r} is no text in UTF-8; write it as in lang=de", param, ctx)
        return name, text


variant_option = click.option(
    "--variant", default="", metavar="NAME", shell_complete=completing.variant,
    help="Of this variant, not of the film itself.",
)  # fmt: skip
variants_option = click.option(
    "--variant", "variants", multiple=True, metavar="NAME", shell_complete=completing.variants,
    help="Of this variant, not of the film itself; may be repeated; `all` is the film and every variant.",
)  # fmt: skip
_part_options = (
    click.option(
        "--shot", "shots", multiple=True, metavar="ID", shell_complete=completing.shots,
        help="Shoot only this shot; may be repeated.",
    ),
    click.option(
        "--scene", "scenes", multiple=True, metavar="ID", shell_complete=completing.scenes,
        help="Shoot only the shots of this scene; may be repeated.",
    ),
    click.option(
        "--from", "start", default="", metavar="ID", shell_complete=completing.shots,
        help="Shoot only from this shot on.",
    ),
    click.option(
        "--until", "end", default="", metavar="ID", shell_complete=completing.shots,
        help="Shoot only up to this shot, and it too.",
    ),
)  # fmt: skip
"""Which part of a film is shot."""
words_option = click.option(
    "--var", "words", multiple=True, type=_Word(), metavar="NAME=VALUE",
    help="Let a word of `vars` be this, in this run. It changes what shots ask for, and so what is bought.",
)  # fmt: skip


def choosing_a_part(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which part of a film is shot."""
    for option in reversed(_part_options):
        command = option(command)
    return command


def part_of(given: Mapping[str, Any]) -> Part:
    """The scenes and the stretch that a command was given."""
    from storyboard.planner.part import Part

    return Part(given["scenes"], given["start"], given["end"])


def opened(file: str, variant: str = "", words: Sequence[tuple[str, str]] = ()) -> Project:
    """The project of a storyboard, with one of its films to work on; `Usage` for `all` of them."""
    from storyboard.errors import Usage
    from storyboard.spec.variants import EVERY

    if variant == EVERY:
        message = f"`--variant {EVERY}` is the film and all of its variants, and this command is about one of them"
        raise Usage(message, hint="name that one; without `--variant` it is the film")
    return films_opened(file, [variant], words)[0]


def films_opened(
    file: str, variants: Sequence[str], words: Sequence[tuple[str, str]] = ()
) -> tuple[Project, ...]:  # fmt: skip
    """The project of a storyboard, once with each of the films that are asked for."""
    from storyboard.family import films_of
    from storyboard.store.project import open_project

    project, given = open_project(file), dict(words)
    if not given and not any(variants):
        return (project,)
    with located(project):
        return films_of(project, variants, given)


def variant_flag(project: Project) -> str:
    """What a command that is suggested needs, to be about the same film: ` --variant de`; empty for the film itself."""
    return f" --variant {project.which.variant}" if project.which.variant else ""


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
