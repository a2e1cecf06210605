"""`storyboard init`."""

from __future__ import annotations

import shlex
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

NAMES = {"gitignore": ".gitignore", "gitattributes": ".gitattributes"}
"""What is called otherwise inside the package, where a dot file would be overlooked."""

SCHEMA = ".storyboard.schema.json"


@click.command("init", short_help="A starter project that renders.")
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """Write a starter storyboard with real stills into FOLDER. Nothing that is there is overwritten."""
    from storyboard.errors import Usage
    from storyboard.spec.schema import schema_text
    from storyboard.store import files

    found = {**_starter(resources.files("storyboard").joinpath("starter")), SCHEMA: schema_text().encode()}
    present = [name for name in found if (folder / name).exists() and name not in NAMES.values()]
    if present:
        raise Usage(f"`{folder / present[0]}` is there already", hint="name another folder: `storyboard init NAME`")
    for name in found:
        if not (folder / name).parent.resolve().is_relative_to(folder.resolve()):
            raise Usage(
                f"`{folder / name}` leads out of `{folder}`", hint="name another folder: `storyboard init NAME`"
            )
    for name, data in found.items():
        if not (folder / name).exists():
            files.write_durably(folder / name, data)
    film = folder / "film.yaml"
    click.echo(f"Your film is {film}, with three stills to begin with. Next:\n", err=True)
    click.echo(f"  storyboard render {shlex.quote(str(film))}\n", err=True)


def _starter(folder: Traversable, prefix: str = "") -> dict[str, bytes]:
    """Every file of the starter project, by name."""
    found: dict[str, bytes] = {}
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            found |= _starter(one, f"{prefix}{one.name}/")
        elif not one.name.endswith((".py", ".pyc")):
            found[prefix + NAMES.get(one.name, one.name)] = one.read_bytes()
    return found
