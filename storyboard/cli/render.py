"""`storyboard render`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import click

from storyboard.cli import completing
from storyboard.cli.common import (
    DOLLARS,
    choosing_a_part,
    file_argument,
    films_opened,
    gateway_option,
    json_option,
    located,
    model_option,
    part_of,
    variants_option,
    words_option,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storyboard.render import Rendered
    from storyboard.store.project import Project


class _Render(click.Command):
    """Takes `--draft` and `--draft=all`, and never the file behind `--draft` for its value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, ["--draft-all" if one == "--draft=all" else one for one in args])


@click.command("render", cls=_Render, short_help="Shoot what is missing and cut the film.")
@file_argument
@click.option("--yes", is_flag=True, help="Agree to the plan, up to the film's budget or `--budget`.")
@click.option("--budget", type=DOLLARS, metavar="USD", help="The most that this run may spend; agrees up to it.")
@click.option("--keep-stale", is_flag=True, help="Edited shots keep the takes they have.")
@click.option("--max-shot-cost", type=DOLLARS, metavar="USD", help="The most that one clip may cost.")
@click.option("--allow-held-open", is_flag=True, help="Take the risk of orders that cannot be asked after.")
@click.option("--locked", is_flag=True, help="Spend nothing and leave film.lock as it is.")
@click.option("--plan", "plan_file", type=click.Path(), help="Buy exactly what `plan --out` wrote down.")
@click.option("--draft", is_flag=True, help="A quick film with animatics for what has no take (--draft=all: for all).")
@click.option("--draft-all", is_flag=True, hidden=True)
@choosing_a_part
@click.option(
    "--output", "outputs", multiple=True, metavar="NAME", shell_complete=completing.outputs,
    help="Make only this output; may be repeated.",
)  # fmt: skip
@variants_option
@words_option
@gateway_option
@click.option("--concurrency", type=click.IntRange(1, 100), help="Orders in flight at once.")
@click.option("--lock-timeout", type=click.FloatRange(0), metavar="SECONDS", help="How long others are waited for.")
@json_option
@model_option
def command(**given: Any) -> None:
    """Plan, agree, shoot what is missing, and assemble the film.

    What is held is not shot again, and what has not changed is not encoded again. Nothing is bought that nobody
    agreed to: on a terminal you are asked, elsewhere `--budget USD` agrees up to a sum.
    """
    from dataclasses import replace

    from storyboard.cli.agreeing import asking, terms_of
    from storyboard.cli.progress import watching
    from storyboard.foresight import Options
    from storyboard.render import render_all
    from storyboard.settings import settings_for

    films = films_opened(given["file"], given["variants"], given["words"])
    project = films[0]
    settings = settings_for(project.root)
    if given["concurrency"]:
        settings = replace(settings, concurrency=given["concurrency"])
    options = Options(
        given["gateway"], _draft(given), given["shots"], given["outputs"], given["allow_unknown_model"],
        terms_of(given, asking(project, settings)), part_of(given),
    )  # fmt: skip
    made: list[tuple[Project, Rendered]] = []
    try:
        with located(project), watching() as watch:
            made.extend(render_all(films, settings, options, watch))
    finally:
        for project, done in () if given["as_json"] else made:
            _tell(done, project.beside(".lock").name)
    if given["as_json"]:
        click.echo(_json(made))


def _draft(given: dict[str, Any]) -> Literal["", "circled", "all"]:
    return "all" if given["draft_all"] else "circled" if given["draft"] else ""


def _tell(done: Rendered, lock: str) -> None:
    from storyboard.cli.common import megabytes, path_for_people, plainly, talk
    from storyboard.timing import clock

    console = talk()
    for film in done.films:
        name = path_for_people(film.path)
        length = f"{clock(film.seconds)}, {film.frames} frames"
        if not film.written:
            console.print(f"[green]unchanged[/green]  {name}  {length}", soft_wrap=True)
            continue
        size = megabytes(film.path.stat().st_size)
        kept = film.segments - film.encoded - film.copied
        reuse = f", {kept} of {film.segments} segments were there" if kept else ""
        if film.copied:
            whole = film.copied == film.segments
            reuse += ", copied frame for frame" if whole else f", {film.copied} of {film.segments} segments copied"
        console.print(f"[bold green]{film.name}[/bold green]  {name}  {length}, {size}{reuse}", soft_wrap=True)
    for signed in (one.signed for one in done.beside if one.signed):
        how = "[bold green]signed[/bold green]" if signed.written else "[green]still signed[/green]"
        by = "a development certificate, for trying: nobody trusts it" if signed.development else plainly(signed.signer)
        console.print(f"{how}  {path_for_people(signed.path)}  by {by}", soft_wrap=True)
    if done.spent:
        console.print(f"spent ${done.spent:.2f}; {plainly(lock)} names every take: keep it in git", soft_wrap=True)
    if done.outcome == "incomplete":
        names = ", ".join(done.missing[:8]) + (f" and {len(done.missing) - 8} more" if len(done.missing) > 8 else "")
        console.print(f"no film yet: {names} {'is' if len(done.missing) == 1 else 'are'} missing", soft_wrap=True)


def _json(made: Sequence[tuple[Project, Rendered]]) -> str:
    from storyboard.cli.report import as_json
    from storyboard.cli.tables import money

    outcomes = {done.outcome for _, done in made}
    outcome = next(one for one in ("incomplete", "rendered", "unchanged") if one in outcomes)
    films = [{**film, **_variant(project)} for project, done in made for film in _films(project, done)]
    shots = [{**shot, **_variant(project)} for project, done in made for shot in _shots(done)]
    spent = sum((done.spent for _, done in made), Decimal(0))
    return as_json({"outcome": outcome, "films": films, "shots": shots, "spent": money(spent)})


def _variant(project: Project) -> dict[str, str]:
    return {"variant": project.which.variant} if project.which.variant else {}


def _films(project: Project, done: Rendered) -> Iterator[dict[str, Any]]:
    for number, film in enumerate(done.films):
        beside = done.beside[number] if done.beside else None
        yield {
            "name": film.name, "file": project.relative(film.path), "sha256": film.sha256, "frames": film.frames,
            "seconds": round(float(film.seconds), 6),
            "provenance": project.relative(beside.record) if beside else None,
            "signed": project.relative(beside.signed.path) if beside and beside.signed else None,
        }  # fmt: skip


def _shots(done: Rendered) -> Iterator[dict[str, Any]]:
    from storyboard.cli.tables import money

    for one in done.plan.shots:
        take = done.takes.get(one.shot.id)
        state = "held" if take and one.state != "stale" else one.state
        yield {
            "id": one.shot.id, "state": state, "slate": take.slate if take else one.slate,
            "take": take.sha256 if take else None, "cost": money(take.cost) if take else None,
        }  # fmt: skip
