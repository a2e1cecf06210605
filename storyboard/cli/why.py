"""`storyboard why`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from storyboard.cli import completing
from storyboard.cli.common import (
    data,
    file_argument,
    json_option,
    located,
    model_option,
    opened,
    talk,
    variant_flag,
    variant_option,
)

if TYPE_CHECKING:
    from storyboard.planner.compare import Change
    from storyboard.reasons import Reason

WRITTEN = {"seconds": "duration", "beats": "multi_shot", "first.source": "first", "last.source": "last"}
"""What an author calls a field of a request, where that is another name."""


@click.command("why", short_help="What changed since a shot's take was made.")
@file_argument
@click.argument("shot", shell_complete=completing.shots)
@variant_option
@json_option
@model_option
def command(file: str, shot: str, variant: str, as_json: bool, allow_unknown_model: bool) -> None:
    """Say why a shot is as it is: for a stale one, each field of its request that changed, before and now."""
    from storyboard.cli.report import as_json as to_json
    from storyboard.foresight import Options, make_plan
    from storyboard.reasons import reason_of
    from storyboard.settings import settings_for

    project = opened(file, variant)
    settings = settings_for(project.root)
    with located(project):
        options = Options(allow_unknown_model=allow_unknown_model)
        storyboard, wanted = make_plan(project, settings, options, live=False)
        reason = reason_of(project, settings, storyboard, wanted, shot)
    if as_json:
        click.echo(to_json(_data(reason)))
    else:
        _tell(reason, file + variant_flag(project))


def _data(reason: Reason) -> dict[str, Any]:
    from storyboard.cli.tables import money

    planned, changes = reason.planned, reason.changes
    source = None if changes is None else {"commit": reason.commit or None}
    return {
        "id": planned.shot.id, "state": planned.state, "reason": planned.reason, "slate": planned.slate,
        "take": planned.take.sha256 if planned.take else None, "depends_on": planned.depends_on or None,
        "changes": None if changes is None else [
            {"field": one.field, "old": one.old, "new": one.new} for one in changes
        ],
        "compared_with": source, "estimate": money(planned.estimate) if planned.state in ("stale", "missing") else None,
    }  # fmt: skip


def _tell(reason: Reason, file: str) -> None:
    from rich.table import Table
    from rich.text import Text

    from storyboard.cli.changes import change_text
    from storyboard.cli.tables import COLORS

    console, planned = data(), reason.planned
    state = Text(planned.state, COLORS.get(planned.state, ""))
    console.print(Text.assemble((planned.shot.id, "bold"), " is ", state, f": {_sentence(reason)}"), soft_wrap=True)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=10)
    table.add_column(overflow="fold")
    marked = console.no_color or not console.color_system
    for change in reason.changes or ():
        shown = as_written(change, reason)
        table.add_row(Text(f"    {shown.field}", "cyan"), change_text(shown, marked=marked))
    if reason.changes:
        console.print(table)
    for line in _advice(reason, file):
        talk().print(Text(line), soft_wrap=True)


def _sentence(reason: Reason) -> str:
    """The state of a shot in a sentence."""
    from storyboard.cli.report import printable

    planned, take = reason.planned, reason.planned.take
    if planned.state == "held" and take:
        if take.slate != planned.slate:
            return f"it is pinned, and keeps take {take.sha256[:12]} whatever it asks for."
        return f"take {take.sha256[:12]} was made for exactly what it asks for."
    if planned.state == "free":
        return f"it is {planned.reason}, and nothing is ordered for it."
    if planned.state != "stale" or take is None:
        return f"{printable(planned.reason)}."
    made = f" of {take.made}" if take.made else ""
    begin = f"take {take.sha256[:12]}{made} was made for another request"
    where = f", the one of commit {reason.commit[:10]}" if reason.commit else ""
    if planned.request is None:
        also = " Besides:" if reason.changes else ""
        return f"it goes on from {planned.depends_on}, whose take will be another.{also}"
    if reason.changes is None:
        return f"{begin}, and neither the store nor git's history knows which."
    return f"{begin}{where}."


def as_written(change: Change, reason: Reason) -> Change:
    """A change as an author writes it: files by their names, seconds as a duration."""
    from storyboard.planner.compare import Change

    names = reason.names or {}

    def shown(value: Any) -> Any:
        if value is None:
            return None
        if change.field.endswith(".source"):
            name = names.get(value)
            return f"{name} ({value[:12]})" if name else f"{value[:12]}, which is not here under that digest any more"
        if change.field == "seconds":
            return f"{value}s"
        return value

    return Change(WRITTEN.get(change.field, change.field), shown(change.old), shown(change.new))


def _advice(reason: Reason, file: str) -> list[str]:
    """What can be done about it."""
    from storyboard.planner.price import dollars

    planned = reason.planned
    if planned.state == "stale":
        price = dollars(planned.estimate)
        render = f"`storyboard render {file}` shoots it anew, for at most {price}; `--keep-stale` uses what is there."
        keep = f"`storyboard accept {file} {planned.shot.id}` keeps its take for what it asks for now, free."
        if planned.request is None:
            keep = f"`storyboard accept {file} {planned.depends_on} {planned.shot.id}` keeps both takes, free."
        return [render, keep]
    if planned.state == "missing" and planned.quote and planned.quote.high and not planned.paid:
        return [f"`storyboard render {file}` shoots it, for at most {dollars(planned.estimate)}."]
    return []
