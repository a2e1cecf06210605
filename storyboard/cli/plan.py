"""`storyboard plan`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.common import (
    choosing_a_part,
    data,
    file_argument,
    films_opened,
    gateway_option,
    json_option,
    located,
    model_option,
    part_of,
    talk,
    variants_option,
    words_option,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storyboard.planner.causes import Cause
    from storyboard.planner.plan import Plan
    from storyboard.settings import Settings
    from storyboard.spec.model import Storyboard
    from storyboard.store.project import Project


@click.command("plan", short_help="What would be shot, why, and for how much.")
@file_argument
@gateway_option
@json_option
@click.option("--out", type=click.Path(), metavar="PLAN", help="Write the plan down, for `render --plan PLAN`.")
@click.option("--prompts", is_flag=True, help="The very words that would be sent, shot by shot.")
@click.option("--check", is_flag=True, help="Exit code 3 if a render would have to spend.")
@click.option("--keep-stale", is_flag=True, help="Edited shots keep the takes they have.")
@choosing_a_part
@variants_option
@words_option
@model_option
def command(**given: Any) -> int:
    """Show what a render would do, shot by shot. Nothing is ordered and nothing is spent."""
    from storyboard.cli.progress import listen
    from storyboard.cli.prompts import prompts_text
    from storyboard.cli.tables import plan_json, plan_table
    from storyboard.consent import Terms
    from storyboard.foresight import Options, make_plan, together
    from storyboard.settings import settings_for
    from storyboard.store import files

    films = films_opened(given["file"], given["variants"], given["words"])
    terms = Terms(keep_stale=given["keep_stale"])
    options = Options(
        given["gateway"], shots=given["shots"], allow_unknown_model=given["allow_unknown_model"], terms=terms,
        part=part_of(given),
    )  # fmt: skip
    settings = settings_for(films[0].root)
    with located(films[0]):
        plans = [(film, *make_plan(film, settings, options, watch=listen)) for film in films]
        wanted = together([(film, one) for film, _, one in plans])
        found = [cause for film, storyboard, one in plans for cause in _causes(film, settings, storyboard, one)]
    written = plan_json(wanted, found, _each(plans))
    if given["out"]:
        files.write_durably(Path(given["out"]), (written + "\n").encode())
    if given["as_json"]:
        click.echo(plan_json(wanted, found, _each(plans), prompts=True) if given["prompts"] else written)
    else:
        for (film, storyboard, _), one in zip(plans, _told_apart(plans), strict=True):
            if len(plans) > 1:
                data().print(f"\n[bold]{film.which.variant or 'the film'}[/bold]")
            if given["prompts"]:
                click.echo(prompts_text(one))
            else:
                data().print(plan_table(storyboard, one, data().width))
        _sum_up(wanted, found)
    return 3 if given["check"] and wanted.to_buy else 0


_Planned = tuple["Project", "Storyboard", "Plan"]


def _causes(film: Project, settings: Settings, storyboard: Storyboard, wanted: Plan) -> Sequence[Cause]:
    """What made shots stale that would be bought anew."""
    if not any(one.state == "stale" for one in wanted.to_buy):
        return ()
    from storyboard.reasons import causes

    return causes(film, settings, storyboard, wanted)


def _told_apart(plans: Sequence[_Planned]) -> Iterator[Plan]:
    """The plan of each film, in which no clip has a price that an earlier one has: it is bought once."""
    from storyboard.planner.plan import NO_WAY, NOTHING

    bought: dict[str, str] = {}
    for film, _, wanted in plans:
        shots = []
        for one in wanted.shots:
            key = one.slate or film.name_of(one.shot.id)
            first = bought.setdefault(key, film.which.variant) if one in wanted.to_buy else film.which.variant
            again = f"bought for {first or 'the film'}"
            shots.append(one if first == film.which.variant else replace(one, quote=NOTHING, way=NO_WAY, reason=again))
        yield replace(wanted, shots=tuple(shots))


def _each(plans: Sequence[_Planned]) -> dict[str, Plan]:
    """The plan of each film by its variant, where there are several or one is a variant."""
    return {film.which.variant: one for film, _, one in plans} if len(plans) > 1 or plans[0][0].which.variant else {}


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
