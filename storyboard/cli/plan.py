"""`storyboard plan`."""

from __future__ import annotations

import click

from storyboard.cli.common import data, file_argument, gateway_option, json_option, located, model_option, talk


@click.command("plan", short_help="What would be shot, why, and for how much.")
@file_argument
@gateway_option
@json_option
@click.option("--check", is_flag=True, help="Exit code 3 if a render would have to spend.")
@model_option
def command(file: str, gateway: str | None, as_json: bool, check: bool, allow_unknown_model: bool) -> int:
    """Show what a render would do, shot by shot. Nothing is sent and nothing is spent."""
    from storyboard.cli.tables import plan_json, plan_table
    from storyboard.examine import checked
    from storyboard.planner.plan import plan
    from storyboard.planner.price import dollars
    from storyboard.production import open_production
    from storyboard.render import choose_gateway
    from storyboard.settings import settings_for
    from storyboard.store.project import open_project

    project = open_project(file)
    with located(project):
        storyboard = checked(project, allow_unknown_model=allow_unknown_model)
    settings = settings_for(project.root)
    with open_production(project, settings, choose_gateway(settings, gateway)) as production:  # type: ignore[arg-type]
        wanted = plan(storyboard, production, production.gateway)
    if as_json:
        click.echo(plan_json(wanted))
    else:
        data().print(plan_table(storyboard, wanted))
        if wanted.missing and wanted.gateway == "local":
            talk().print("Drawn locally, free. [dim]`--gateway remote` shows what real footage costs.[/dim]")
        elif wanted.missing:
            talk().print(f"At most {dollars(wanted.estimate)} would be spent.")
    return 3 if check and wanted.missing and wanted.gateway == "remote" else 0
