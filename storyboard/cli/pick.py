"""`storyboard pick`."""

from __future__ import annotations

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


@click.command("pick", short_help="Choose the take of a shot that the cut uses.")
@file_argument
@click.argument("shot", shell_complete=completing.shots)
@click.argument("take", shell_complete=completing.takes)
@click.option("--force", is_flag=True, help="Another take of an approved shot too.")
@variant_option
@json_option
@model_option
def command(**given: Any) -> None:
    """Circle a take: TAKE is its number, or the beginning of its digest. It costs nothing.

    One that was made for an earlier text is accepted for the present one.
    """
    from storyboard.casting import Choice, pick
    from storyboard.cli.cast import cast_json, tell_cast
    from storyboard.settings import settings_for

    project = opened(given["file"], given["variant"])
    with located(project):
        choice = Choice(given["shot"], given["take"], given["force"])
        cast = pick(project, settings_for(project.root), choice, allow_unknown_model=given["allow_unknown_model"])
    file = given["file"] + variant_flag(project)
    click.echo(cast_json([cast])) if given["as_json"] else tell_cast([cast], file)
