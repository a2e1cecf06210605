"""`storyboard import`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from storyboard.cli import completing
from storyboard.cli.common import (
    file_argument,
    json_option,
    located,
    model_option,
    opened,
    variant_flag,
    variant_option,
)


@click.command("import", short_help="Record a clip that was made elsewhere as a take.")
@file_argument
@click.argument("shot", shell_complete=completing.shots)
@click.argument("clip", type=click.Path())
@click.option("--from-take", "parent", default="", metavar="TAKE", help="The take that it was made from: an upscale.")
@click.option("--note", default="", metavar="TEXT", help="A remark that stands beside it.")
@variant_option
@json_option
@model_option
def command(**given: Any) -> None:
    """Copy CLIP into the store and write it into film.lock as a take of SHOT. It costs nothing.

    It is in the cut at once where the shot has no take yet; else `pick` puts it there.
    """
    from storyboard.casting import Clip, bring
    from storyboard.cli.cast import cast_json, tell_cast
    from storyboard.settings import settings_for

    project = opened(given["file"], given["variant"])
    with located(project):
        clip = Clip(given["shot"], Path(given["clip"]), given["parent"], given["note"])
        cast = bring(project, settings_for(project.root), clip, allow_unknown_model=given["allow_unknown_model"])
    file = given["file"] + variant_flag(project)
    click.echo(cast_json([cast])) if given["as_json"] else tell_cast([cast], file)
