"""`storyboard pick`."""

from __future__ import annotations

import click

from storyboard.cli.common import file_argument, json_option, located, model_option


@click.command("pick", short_help="Choose the take of a shot that the cut uses.")
@file_argument
@click.argument("shot")
@click.argument("take")
@click.option("--force", is_flag=True, help="Another take of an approved shot too.")
@json_option
@model_option
def command(file: str, shot: str, take: str, force: bool, as_json: bool, allow_unknown_model: bool) -> None:
    """Circle a take: TAKE is its number, or the beginning of its digest. It costs nothing.

    One that was made for an earlier text is accepted for the present one.
    """
    from storyboard.casting import Choice, pick
    from storyboard.cli.cast import cast_json, tell_cast
    from storyboard.settings import settings_for
    from storyboard.store.project import open_project

    project = open_project(file)
    with located(project):
        choice = Choice(shot, take, force)
        cast = pick(project, settings_for(project.root), choice, allow_unknown_model=allow_unknown_model)
    click.echo(cast_json([cast])) if as_json else tell_cast([cast], file)
