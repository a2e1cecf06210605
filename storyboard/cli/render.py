"""`storyboard render`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from storyboard.cli.common import file_argument, gateway_option, json_option, located, model_option

if TYPE_CHECKING:
    from storyboard.planner.take import Gateway
    from storyboard.render import Rendered
    from storyboard.store.project import Project


@click.command("render", short_help="Shoot what is missing and cut the film.")
@file_argument
@click.option("--draft", is_flag=True, help="A quick animatic with slate lines, beside the film; free.")
@click.option("--shot", "shots", multiple=True, metavar="ID", help="Shoot only this shot; may be repeated.")
@click.option("--output", "outputs", multiple=True, metavar="NAME", help="Make only this output; may be repeated.")
@gateway_option
@click.option("--concurrency", type=click.IntRange(1, 100), help="Orders in flight at once.")
@json_option
@model_option
def command(  # noqa: PLR0913, PLR0917 - one for each flag
    file: str, draft: bool, shots: tuple[str, ...], outputs: tuple[str, ...], gateway: Gateway | None,
    concurrency: int | None, as_json: bool, allow_unknown_model: bool,
) -> None:  # fmt: skip
    """Plan, shoot what is missing, and assemble the film.

    What is held is not shot again, and what has not changed is not encoded again.
    """
    from dataclasses import replace

    from storyboard.cli.progress import watching
    from storyboard.render import Options, render
    from storyboard.settings import settings_for
    from storyboard.store.project import open_project

    project = open_project(file)
    settings = settings_for(project.root)
    if concurrency:
        settings = replace(settings, concurrency=concurrency)
    options = Options(gateway, draft, shots, outputs, allow_unknown_model)
    with located(project), watching() as watch:
        done = render(project, settings, options, watch)
    if as_json:
        click.echo(_json(project, done))
    else:
        _tell(done)


def _tell(done: Rendered) -> None:
    from storyboard.cli.common import megabytes, path_for_people, talk
    from storyboard.timing import clock

    console = talk()
    for film in done.films:
        name = path_for_people(film.path)
        length = f"{clock(film.seconds)}, {film.frames} frames"
        if not film.written:
            console.print(f"[green]unchanged[/green]  {name}  {length}", soft_wrap=True)
            continue
        size = megabytes(film.path.stat().st_size)
        kept = film.segments - film.encoded
        reuse = f", {kept} of {film.segments} segments were there" if kept else ""
        console.print(f"[bold green]{film.name}[/bold green]  {name}  {length}, {size}{reuse}", soft_wrap=True)
    if done.outcome == "incomplete":
        left = [one.shot.id for one in done.plan.missing if one.shot.id not in done.takes]
        console.print(f"no film yet: {', '.join(left)} {'is' if len(left) == 1 else 'are'} missing", soft_wrap=True)


def _json(project: Project, done: Rendered) -> str:
    from storyboard.cli.report import as_json
    from storyboard.cli.tables import money

    films = [
        {
            "name": film.name, "file": project.relative(film.path), "sha256": film.sha256, "frames": film.frames,
            "seconds": round(float(film.seconds), 6),
        }
        for film in done.films
    ]  # fmt: skip
    shots = []
    for one in done.plan.shots:
        take = done.takes.get(one.shot.id)
        state = "held" if take else one.state
        shots.append({
            "id": one.shot.id, "state": state, "slate": take.slate if take else one.slate,
            "take": take.sha256 if take else None, "cost": money(take.cost) if take else None,
        })  # fmt: skip
    return as_json({"outcome": done.outcome, "films": films, "shots": shots, "spent": money(done.spent)})
