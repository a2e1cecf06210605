"""`storyboard plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from storyboard.cli.common import data, file_argument, gateway_option, json_option, located, model_option, talk

if TYPE_CHECKING:
    from storyboard.planner.take import Gateway


@click.command("plan", short_help="What would be shot, why, and for how much.")
@file_argument
@gateway_option
@json_option
@click.option("--check", is_flag=True, help="Exit code 3 if a render would have to spend.")
@model_option
def command(file: str, gateway: Gateway | None, as_json: bool, check: bool, allow_unknown_model: bool) -> int:
    """Show what a render would do, shot by shot. Nothing is sent and nothing is spent."""
    from storyboard.cli.tables import plan_json, plan_table
    from storyboard.planner.price import dollars
    from storyboard.render import Options, make_plan
    from storyboard.settings import settings_for
    from storyboard.store.project import open_project

    project = open_project(file)
    options = Options(gateway, allow_unknown_model=allow_unknown_model)
    with located(project):
        storyboard, wanted = make_plan(project, settings_for(project.root), options)
    if as_json:
        click.echo(plan_json(wanted))
    else:
        data().print(plan_table(storyboard, wanted))
        if wanted.missing and wanted.gateway == "local":
            talk().print("Drawn locally, free. [dim]`--gateway remote` shows what real footage costs.[/dim]")
        elif wanted.missing:
            talk().print(f"At most {dollars(wanted.estimate)} would be spent.")
    return 3 if check and wanted.missing and wanted.gateway == "remote" else 0
