"""`storyboard status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from storyboard.cli.common import (
    data,
    file_argument,
    gateway_option,
    json_option,
    located,
    model_option,
    path_for_people,
    talk,
)

if TYPE_CHECKING:
    from storyboard.planner.take import Gateway


@click.command("status", short_help="Which shots are held, and which are missing.")
@file_argument
@gateway_option
@json_option
@model_option
def command(file: str, gateway: Gateway | None, as_json: bool, allow_unknown_model: bool) -> None:
    """Show how every shot stands."""
    from storyboard.cli.tables import status_json, status_table
    from storyboard.render import Options, make_plan
    from storyboard.settings import settings_for
    from storyboard.store.project import open_project

    project = open_project(file)
    options = Options(gateway, allow_unknown_model=allow_unknown_model)
    with located(project):
        _, wanted = make_plan(project, settings_for(project.root), options)
    if as_json:
        click.echo(status_json(wanted))
        return
    data().print(status_table(wanted))
    missing = len(wanted.missing)
    if missing:
        shots, them = ("1 shot is", "it") if missing == 1 else (f"{missing} shots are", "them")
        talk().print(
            f"{shots} missing: `storyboard render {path_for_people(project.file)}` makes {them}.", soft_wrap=True
        )
