"""`storyboard diff`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.common import data, file_argument, json_option, located, path_for_people, talk

if TYPE_CHECKING:
    from rich.console import Console

    from storyboard.differences import Difference, Version
    from storyboard.planner.compare import Change, ShotChange
    from storyboard.store.project import Project

SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "kept": ("~", "yellow")}


@click.command("diff", short_help="What changed in the film since a git revision, and what that costs.")
@file_argument
@click.argument("revision", default="HEAD", metavar="[REV]")
@click.argument("other", default="", metavar="[REV]")
@json_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown"]),
    default="text",
    help="For people, or for a pull request.",
)
@click.option("--html", type=click.Path(), metavar="PAGE", help="Write a page with frames from before and after.")
def command(**given: Any) -> None:
    """Compare the film with a git revision (HEAD unless you name one), or two revisions with one another.

    Shots that were added, removed, moved, renamed, re-cast or changed, field by field; the film's length; and what a
    render would buy, by the built-in prices. Nothing is ordered, and nobody is asked anything.
    """
    from storyboard.differences import open_books
    from storyboard.revisions import open_repository
    from storyboard.settings import settings_for
    from storyboard.store.project import open_project

    project = open_project(given["file"])
    settings = settings_for(project.root)
    with open_repository(project) as repository, open_books(settings) as books, located(project):
        from storyboard.differences import compare_versions, read_version, tree_of

        trees = [tree_of(project, repository, given[name]) for name in ("revision", "other")]
        found = compare_versions(*(read_version(project, tree, books) for tree in trees))
        if given["html"]:
            from storyboard.cli.diff_page import diff_page
            from storyboard.store import files
            from storyboard.store.takes import TakeStore

            page = diff_page(project, found, TakeStore(settings.home))
            files.write_durably(Path(given["html"]), page.encode())
            talk().print(f"{path_for_people(Path(given['html']))} shows it with frames", soft_wrap=True)
    if given["as_json"]:
        from storyboard.cli.diff_data import diff_json

        click.echo(diff_json(found))
    elif given["form"] == "markdown":
        from storyboard.cli.diff_data import diff_markdown

        click.echo(diff_markdown(project, found))
    else:
        _tell(project, found)


def _tell(project: Project, found: Difference) -> None:
    """The difference for people."""
    from rich.markup import escape

    console = data()
    names = " → ".join(escape(name_of(one)) for one in (found.before, found.after))
    console.print(f"[bold]{path_for_people(project.file)}[/bold]  [dim]{names}[/dim]", soft_wrap=True)
    for one in (found.before, found.after):
        if one.storyboard is None:
            console.print(f"[dim]There is no such file in {escape(name_of(one))}.[/dim]")
    if not found.comparison:
        console.print("Nothing differs that a film is made of.")
    if found.comparison.film:
        console.print("\n[yellow]~[/yellow] [bold]the film[/bold]")
        _tell_fields(console, found.comparison.film)
    for shot in found.comparison.shots:
        _tell_shot(console, found, shot)
    console.print()
    for line in sums(found):
        console.print(escape(line))


def _tell_shot(console: Console, found: Difference, shot: ShotChange) -> None:
    from rich.text import Text

    from storyboard.cli.changes import told

    sign, colour = SIGNS[shot.kind]
    head = Text.assemble((sign, colour), " ", (shot.id, "bold"))
    if what := what_became(found, shot):
        head.append(f"  {what}", "dim")
    if price := price_of(found, shot):
        head.append(f"  buys {price}", "yellow")
    console.print(head)
    _tell_fields(console, told(shot))


def _tell_fields(console: Console, changes: tuple[Change, ...]) -> None:
    from rich.table import Table
    from rich.text import Text

    from storyboard.cli.changes import change_text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=10)
    table.add_column(overflow="fold")
    marked = console.no_color or not console.color_system
    for change in changes:
        table.add_row(Text(f"    {change.field}", "cyan"), change_text(change, marked=marked))
    if changes:
        console.print(table)


def name_of(version: Version) -> str:
    """What people call a version; a commit by the beginning of its name."""
    from storyboard.cli.report import printable

    name = printable(version.tree.name)
    return name[:10] if re.fullmatch("[0-9a-f]{40}", name) else name


def price_of(found: Difference, shot: ShotChange) -> str:
    """What an order of a shot costs at the most, in words; empty where a render would not buy it."""
    from storyboard.planner.price import dollars

    buys = shot.kind != "removed" and shot.id in found.costs
    return dollars(found.costs[shot.id]) if buys else ""


def what_became(found: Difference, shot: ShotChange) -> str:
    """What became of a shot, in words: `moved from 3 to 5, re-cast`."""
    words = {"added": f"added as shot {shot.after}", "removed": f"removed, was shot {shot.before}"}.get(shot.kind)
    if words:
        return words
    parts = [f"renamed from {shot.was}"] if shot.renamed else []
    parts += [f"moved from {shot.before} to {shot.after}"] if shot.moved else []
    if shot.recast:
        old, new = (digest[:12] for digest in shot.recast)
        parts.append(f"re-cast: take {old} → {new}" if old and new else f"cast: take {new}" if new else f"lost {old}")
    if parts or shot.fields or found.after.plan is None:
        return ", ".join(parts)
    before = next((one.depends_on for one in found.after.plan.shots if one.shot.id == shot.id), "")
    return f"goes on from {before}, whose take will be another" if before else "has no take any more"


def sums(found: Difference) -> list[str]:
    """The film's length, and what it costs, in words."""
    from storyboard.planner.price import dollars

    lines = [f"Length: {_length(found)}"]
    before, after = (_purchase(one) for one in (found.before, found.after))
    lines.append(f"A render would buy {after}{'' if before == after else f'; before it was {before}'}.")
    if found.bought:
        spent = sum((take.cost for take in found.bought), found.bought[0].cost * 0)
        count = len(found.bought)
        lines.append(f"Bought in between: {count} {'take' if count == 1 else 'takes'}, {dollars(spent)}.")
    return lines


def _purchase(one: Version) -> str:
    from storyboard.planner.price import dollars

    count = len(one.to_buy)
    return f"{count} {'clip' if count == 1 else 'clips'}, at most {dollars(one.estimate)}" if count else "nothing"


def _length(found: Difference) -> str:
    from storyboard.timing import clock

    def length(one: Version) -> str:
        return "no film" if one.storyboard is None else "unknown" if one.seconds is None else clock(one.seconds)

    before, after = found.before, found.after
    if before.seconds is None or after.seconds is None or before.seconds == after.seconds:
        return length(after) if length(before) == length(after) else f"{length(before)} → {length(after)}"
    more = after.seconds - before.seconds
    return f"{length(before)} → {length(after)} ({'+' if more > 0 else '−'}{float(abs(more)):.2f} s)"
