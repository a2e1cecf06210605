"""`storyboard init`."""

from __future__ import annotations

import os
import shlex
import shutil
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from storyboard.beginning import Beginning

NAMES = {"gitignore": ".gitignore", "gitattributes": ".gitattributes"}
"""What is called otherwise inside the package, where a dot file would be overlooked."""

SCHEMA = ".storyboard.schema.json"

_STARTER = resources.files("storyboard").joinpath("starter")


@click.command("init", short_help="A starter project that renders.")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--from", "pictures", type=click.Path(path_type=Path), metavar="FOLDER", help="Begin with the pictures of a folder."
)
def command(folder: Path, pictures: Path | None) -> None:
    """Write a starter storyboard with real stills into DIR. Nothing that is there is overwritten.

    With --from, its shots go from each picture of FOLDER to the next. Pictures called `NAME_first` and `NAME_last`, or
    `01a` and `01b`, or `NAME-start` and `NAME-end`, are the two ends of one shot. They are copied, never moved.
    """
    if pictures is None:
        _write(folder, _starter(_STARTER), {})
        film = folder / "film.yaml"
        click.echo(f"Your film is {film}, with three stills to begin with. Next:\n", err=True)
        click.echo(f"  storyboard render {shlex.quote(str(film))}\n", err=True)
        return
    from storyboard.beginning import STILLS, begin

    begun = begin(pictures, (folder if folder.name else pictures).resolve().name)
    copies = {f"{STILLS}/{one.name}": one.source for one in begun.pictures}
    hidden = {NAMES[name]: _STARTER.joinpath(name).read_bytes() for name in NAMES}
    _write(folder, {**hidden, "film.yaml": begun.text.encode()}, copies)
    _tell(folder / "film.yaml", begun)


def _write(folder: Path, found: dict[str, bytes], copies: dict[str, Path]) -> None:
    """Write a project: `found` by name, and copies of files by name; `Usage` where one is there already."""
    from storyboard.errors import Usage
    from storyboard.spec.schema import schema_text
    from storyboard.store import files

    hint = "name another folder: `storyboard init NAME`"
    found = {**found, SCHEMA: schema_text().encode()}
    copies = {name: source for name, source in copies.items() if not _same(folder / name, source)}
    for name in (*found, *copies):
        if os.path.lexists(folder / name) and name not in NAMES.values():
            raise Usage(f"`{folder / name}` is there already", hint=hint)
        if not (folder / name).parent.resolve().is_relative_to(folder.resolve()):
            raise Usage(f"`{folder / name}` leads out of `{folder}`", hint=hint)
    for name, source in copies.items():
        with files.replacing(folder / name) as temp, files.reading(source):
            shutil.copyfile(source, temp)
    for name, data in found.items():
        if not (folder / name).exists():
            files.write_durably(folder / name, data)


def _same(path: Path, source: Path) -> bool:
    """Whether a file stands in its place already, as after a copy that was stopped."""
    import filecmp

    return path.is_file() and filecmp.cmp(path, source, shallow=False)


def _tell(film: Path, begun: Beginning) -> None:
    """What was made of the pictures, what was not, and what to type next."""
    from storyboard.cli.report import printable

    for one in begun.left_out:
        click.echo(f"left out: {printable(one)}", err=True)
    shots, pictures = len(begun.shots), len(begun.pictures)
    count = f"{shots} {'shot' if shots == 1 else 'shots'} from {pictures} {'picture' if pictures == 1 else 'pictures'}"
    name = printable(shlex.quote(str(film)))
    click.echo(f"Your film is {printable(str(film))}: {count}, {begun.seconds} seconds, {begun.aspect}.", err=True)
    click.echo("Write what should happen into its prompts. Next:\n", err=True)
    click.echo(f"  storyboard render --draft {name}            # drawn here, free", err=True)
    click.echo(f"  storyboard plan --gateway remote {name}     # what real footage would cost\n", err=True)


def _starter(folder: Traversable, prefix: str = "") -> dict[str, bytes]:
    """Every file of the starter project, by name."""
    found: dict[str, bytes] = {}
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            found |= _starter(one, f"{prefix}{one.name}/")
        elif not one.name.endswith((".py", ".pyc")):
            found[prefix + NAMES.get(one.name, one.name)] = one.read_bytes()
    return found
