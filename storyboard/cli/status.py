"""`storyboard status`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.common import (
    data,
    file_argument,
    gateway_option,
    json_option,
    located,
    model_option,
    opened,
    path_for_people,
    talk,
    variant_flag,
    variant_option,
    words_option,
)

if TYPE_CHECKING:
    from storyboard.planner.plan import Plan


@click.command("status", short_help="How every shot stands, and what was spent.")
@file_argument
@gateway_option
@click.option("--cost", is_flag=True, help="What was spent: estimated against billed, and what no lock names.")
@variant_option
@words_option
@json_option
@model_option
def command(**given: Any) -> None:
    """Show how every shot stands."""
    from rich.markup import escape

    from storyboard.cli.report import printable
    from storyboard.cli.tables import notes, status_json, status_table
    from storyboard.foresight import Options, make_plan
    from storyboard.settings import settings_for

    project, as_json = opened(given["file"], given["variant"], given["words"]), given["as_json"]
    options = Options(given["gateway"], allow_unknown_model=given["allow_unknown_model"])
    settings = settings_for(project.root)
    with located(project):
        storyboard, wanted = make_plan(project, settings, options, live=False)
        if given["cost"]:
            from storyboard.cli.costs import costs_json, tell_costs
            from storyboard.spending import spending_of

            spending = spending_of(project, settings, storyboard)
            click.echo(costs_json(spending)) if as_json else tell_costs(spending)
            return
    if as_json:
        click.echo(status_json(wanted))
        return
    console = data()
    console.print(status_table(wanted, console.width))
    for note in notes(wanted):
        data().print(f"[yellow]![/yellow] {escape(printable(note))}", soft_wrap=True)
    _hint(wanted, path_for_people(project.file) + variant_flag(project))


def _hint(wanted: Plan, file: str) -> None:
    states = Counter("gone" if one.paid else one.state for one in wanted.shots)
    lines = (
        ("missing", f"missing: `storyboard render {file}` makes what is missing."),
        ("stale", f"stale: `storyboard render {file}` shoots anew, `--keep-stale` or `accept` keeps what was there."),
        ("in-flight", f"paid for and under way: `storyboard render {file}` fetches that, free."),
        ("gone", "paid for, with files that are not here: `storyboard pull` brings them."),
        ("unresolved", f"perhaps charged: `storyboard resolve {file}`."),
    )
    for state, text in lines:
        if count := states[state]:
            talk().print(f"{count} {'shot is' if count == 1 else 'shots are'} {text}", soft_wrap=True)
    if wanted.strays:
        talk().print(f"{wanted.strays} earlier orders are paid for: `storyboard render {file}` fetches them.")
