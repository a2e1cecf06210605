"""`storyboard status`."""

from __future__ import annotations

import click

from storyboard.cli.common import data, file_argument, gateway_option, json_option, located, model_option, talk


@click.command("status", short_help="Which shots are held, and which are missing.")
@file_argument
@gateway_option
@json_option
@model_option
def command(file: str, gateway: str | None, as_json: bool, allow_unknown_model: bool) -> None:
    """Show how every shot stands."""
    from storyboard.cli.tables import status_json, status_table
    from storyboard.examine import checked
    from storyboard.planner.plan import plan
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
        click.echo(status_json(wanted))
        return
    data().print(status_table(wanted))
    missing = len(wanted.missing)
    if missing:
        shots = "1 shot is" if missing == 1 else f"{missing} shots are"
        talk().print(f"{shots} missing: `storyboard render {project.shown}` makes {'it' if missing == 1 else 'them'}.")
