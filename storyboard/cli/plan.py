"""`storyboard plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.common import data, file_argument, gateway_option, json_option, located, model_option, talk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.planner.causes import Cause
    from storyboard.planner.plan import Plan


@click.command("plan", short_help="What would be shot, why, and for how much.")
@file_argument
@gateway_option
@json_option
@click.option("--out", type=click.Path(), metavar="PLAN", help="Write the plan down, for `render --plan PLAN`.")
@click.option("--check", is_flag=True, help="Exit code 3 if a render would have to spend.")
@click.option("--keep-stale", is_flag=True, help="Edited shots keep the takes they have.")
@model_option
def command(**given: Any) -> int:
    """Show what a render would do, shot by shot. Nothing is ordered and nothing is spent."""
    from storyboard.cli.progress import listen
    from storyboard.cli.tables import plan_json, plan_table
    from storyboard.consent import Terms
    from storyboard.foresight import Options, make_plan
    from storyboard.settings import settings_for
    from storyboard.store import files
    from storyboard.store.project import open_project

    project = open_project(given["file"])
    terms = Terms(keep_stale=given["keep_stale"])
    options = Options(given["gateway"], allow_unknown_model=given["allow_unknown_model"], terms=terms)
    with located(project):
        settings = settings_for(project.root)
        storyboard, wanted = make_plan(project, settings, options, watch=listen)
        found: tuple[Cause, ...] = ()
        if any(one.state == "stale" for one in wanted.to_buy):
            from storyboard.reasons import causes

            found = causes(project, settings, storyboard, wanted)
    if given["out"]:
        files.write_durably(Path(given["out"]), (plan_json(wanted, found) + "\n").encode())
    if given["as_json"]:
        click.echo(plan_json(wanted, found))
    else:
        data().print(plan_table(storyboard, wanted))
        _sum_up(wanted, found)
    return 3 if given["check"] and wanted.to_buy else 0


def _sum_up(wanted: Plan, causes: Sequence[Cause]) -> None:
    from storyboard.cli.agreeing import cause_lines, risks
    from storyboard.planner.price import dollars

    console = talk()
    if wanted.missing and wanted.gateway == "local":
        console.print("Drawn locally, free. [dim]`--gateway remote` shows what real footage costs.[/dim]")
    elif wanted.to_buy:
        least, most = dollars(wanted.at_least), dollars(wanted.estimate)
        between = f"At most {most}" if least == most else f"Between {least} and {most}"
        count = len(wanted.to_buy)
        left = f"; {dollars(wanted.left)} of the film's budget is left" if wanted.left is not None else ""
        clips = f"{count} {'clip' if count == 1 else 'clips'}"
        console.print(f"{between} would be spent, on {clips}{left}.  [dim]{_sources(wanted)}[/dim]", soft_wrap=True)
        for line in cause_lines(wanted, causes):
            console.print(line, soft_wrap=True)
        for line in risks(wanted):
            console.print(f"[yellow]{line}[/yellow]", soft_wrap=True)
    if wanted.strays:
        text = f"{wanted.strays} earlier orders are paid for and under way: a render fetches them."
        console.print(text, soft_wrap=True)


def _sources(wanted: Plan) -> str:
    sources = sorted({one.quote.source for one in wanted.to_buy if one.quote})
    return f"Prices: {', '.join('the gateway, now' if one == 'live' else one for one in sources)}." if sources else ""
