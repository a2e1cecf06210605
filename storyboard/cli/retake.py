"""`storyboard retake`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from storyboard.cli import completing
from storyboard.cli.common import (
    DOLLARS,
    file_argument,
    json_option,
    located,
    model_option,
    opened,
    plainly,
    talk,
    variant_flag,
    variant_option,
)

if TYPE_CHECKING:
    from storyboard.retakes import Retaken


@click.command("retake", short_help="Shoot more takes of a shot, to choose from.")
@file_argument
@click.argument("shot", shell_complete=completing.shots)
@click.option("-n", "count", type=click.IntRange(1, 20), default=1, show_default=True, help="How many.")
@click.option("--note", default="", metavar="TEXT", help="A remark that stands beside them.")
@click.option("--force", is_flag=True, help="More takes of an approved shot too.")
@click.option("--yes", is_flag=True, help="Agree to the price, up to the film's budget or `--budget`.")
@click.option("--budget", type=DOLLARS, metavar="USD", help="The most that this run may spend; agrees up to it.")
@click.option("--keep-stale", is_flag=True, help="Go on from the take of an edited shot as it is.")
@click.option("--max-shot-cost", type=DOLLARS, metavar="USD", help="The most that one clip may cost.")
@click.option("--allow-held-open", is_flag=True, help="Take the risk of orders that cannot be asked after.")
@click.option("--concurrency", type=click.IntRange(1, 100), help="Orders in flight at once.")
@click.option("--lock-timeout", type=click.FloatRange(0), metavar="SECONDS", help="How long others are waited for.")
@variant_option
@json_option
@model_option
def command(**given: Any) -> None:
    """Order more takes of a shot. The one in the cut stays there: `pick` chooses another.

    Nothing is bought that nobody agreed to. A retake that was stopped goes on: what it has paid for counts.
    """
    from dataclasses import replace

    from storyboard.cli.agreeing import asking, terms_of
    from storyboard.cli.progress import watching
    from storyboard.retakes import Wanted, retake
    from storyboard.settings import settings_for

    project = opened(given["file"], given["variant"])
    settings = settings_for(project.root)
    if given["concurrency"]:
        settings = replace(settings, concurrency=given["concurrency"])
    terms = terms_of(given, asking(project, settings))
    wanted = Wanted(
        given["shot"], given["count"], given["note"], given["force"], given["allow_unknown_model"], terms
    )  # fmt: skip
    with located(project), watching() as watch:
        done = retake(project, settings, wanted, watch)
    if given["as_json"]:
        click.echo(_json(done))
    else:
        _tell(done, plainly(given["file"]) + variant_flag(project))


def _tell(done: Retaken, file: str) -> None:
    console = talk()
    numbers = ", ".join(f"take {take.number}" for take in done.takes) or "nothing new"
    found = f", {done.found} of them paid for before" if done.found else ""
    spent = f", ${done.spent:.2f} spent" if done.spent else ""
    console.print(f"[bold green]{done.shot}[/bold green]  {numbers}{found}{spent}", soft_wrap=True)
    if done.alike:
        console.print(f"[yellow]{done.alike} came with the very bytes of another take.[/yellow]", soft_wrap=True)
    if done.circled and done.circled not in done.takes:
        choice = (
            f"`storyboard pick {file} {done.shot} {done.takes[-1].number if done.takes else 'TAKE'}` chooses another"
        )
        console.print(f"Take {done.circled.number} stays in the cut; {choice}.", soft_wrap=True)
    console.print(f"`storyboard takes {file} {done.shot} --sheet takes.png` shows them side by side.", soft_wrap=True)


def _json(done: Retaken) -> str:
    from storyboard.cli.report import as_json
    from storyboard.cli.tables import money

    takes = [
        {"number": one.number, "sha256": one.sha256, "cost": money(one.cost), "seed": one.seed} for one in done.takes
    ]
    circled = done.circled.number if done.circled else None
    return as_json({
        "shot": done.shot, "takes": takes, "circled": circled, "found": done.found, "alike": done.alike,
        "spent": money(done.spent),
    })  # fmt: skip
