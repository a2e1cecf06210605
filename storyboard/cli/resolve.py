"""`storyboard resolve`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli import completing
from storyboard.cli.common import file_argument, json_option, located, talk

if TYPE_CHECKING:
    from storyboard.resolve import Settled


CHOICES = (
    ("--adopt JOB", "the gateway's own list has its job"),
    ("--adopt CLIP.mp4", "you have its clip"),
    ("--abandon", "it was never charged, or is lost"),
)


@click.command("resolve", short_help="Settle orders whose outcome is unknown.")
@file_argument
@click.argument("shot", required=False, default="", shell_complete=completing.shots)
@click.option("--adopt", metavar="JOB|CLIP", help="The order's job at the gateway, or its clip as a file.")
@click.option("--abandon", is_flag=True, help="Give the order up; it counts at its most.")
@json_option
def command(**given: Any) -> int:
    """Ask after orders that are open, fetch what has arrived, and decide what nobody can know.

    Nothing is ordered. Exit code 5 while an order is left that may have been charged.
    """
    from storyboard.cli.progress import watching
    from storyboard.cli.report import as_json
    from storyboard.errors import Usage
    from storyboard.resolve import Verdict, resolve
    from storyboard.settings import settings_for
    from storyboard.store.project import open_project

    if given["adopt"] and given["abandon"]:
        raise Usage("an order is adopted or abandoned, not both")
    project = open_project(given["file"])
    with located(project), watching() as watch:
        verdict = Verdict(given["adopt"] or "", given["abandon"])
        settled = resolve(project, settings_for(project.root), given["shot"], verdict, watch)
    if given["as_json"]:
        click.echo(as_json({"orders": [_plain(one) for one in settled]}))
    else:
        _tell(settled, given["file"])
    return 5 if any(one.order.open for one in settled) else 0


def _tell(settled: tuple[Settled, ...], file: str) -> None:
    from rich.markup import escape

    from storyboard.cli.report import printable

    console = talk()
    if not settled:
        console.print("No order is open.")
    for one in settled:
        order = one.order
        mark = "[green]●[/green]" if not order.open else "[red]?[/red]"
        cost = f"up to ${order.estimate:.2f}"
        said = escape(printable(one.said))
        console.print(f"{mark} {order.shot}  {order.model}  {cost}  {said}", soft_wrap=True)
        if order.open:
            when = datetime.fromtimestamp(order.begun).astimezone()
            job = order.operation.get("gatewayJobId", "")
            facts = f"ordered {when:%Y-%m-%d %H:%M}, idempotency key {order.key}{f', job {job}' if job else ''}"
            console.print(f"    [dim]{escape(printable(facts))}[/dim]", soft_wrap=True)
            shown = escape(f"storyboard resolve {file} {order.shot}")
            for ending, why in CHOICES:
                console.print(f"    {shown} {ending:<17} {why}", soft_wrap=True)


def _plain(one: Settled) -> dict[str, Any]:
    order = one.order
    return {
        "shot": order.shot, "state": order.state, "model": order.model, "estimate": str(order.estimate),
        "slate": order.slate, "key": order.key, "take": one.take.sha256 if one.take else None, "said": one.said,
    }  # fmt: skip
