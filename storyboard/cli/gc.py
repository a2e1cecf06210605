"""`storyboard gc`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.common import file_argument, interactive, json_option, located, megabytes, plainly, talk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.collecting import Scope, Surplus, Survey

MOST = 30
"""Takes that are told one by one."""


@click.command("gc", short_help="Make room: remove what you name, and nothing that a lock names.")
@file_argument
@click.option("--cache", is_flag=True, help="What can be made again at once: segments, sounds, stills made ready.")
@click.option("--drawn", is_flag=True, help="Animatics, of every film: they are drawn again, free.")
@click.option("--takes", is_flag=True, help="Paid takes that no lock names, on any branch of any film known here.")
@click.option("--stills", is_flag=True, help="Hosted stills of this project whose orders are settled.")
@click.option("--forget-gone", is_flag=True, help="With --takes: films whose storyboard is gone keep nothing.")
@click.option("--yes", is_flag=True, help="Remove it without asking.")
@json_option
def command(file: str, yes: bool, forget_gone: bool, as_json: bool, **scopes: bool) -> None:
    """Show what could be removed and how much room that makes, and remove it when you agree.

    Nothing is removed without `--yes` or your answer. A take that a lock names stays: in any commit of any branch, tag,
    remote branch or stash, in any working tree, in any other film that this store has seen. Nothing that is shared with
    others is touched.
    """
    from storyboard.cli.agreeing import is_terminal
    from storyboard.cli.report import as_json as to_json
    from storyboard.collecting import SCOPES, collect, survey
    from storyboard.settings import settings_for
    from storyboard.store.project import open_project

    project = open_project(file)
    settings = settings_for(project.root)
    chosen = [scope for scope in SCOPES if scopes[scope]]
    with located(project):
        found = survey(project, settings, chosen, forget_gone=forget_gone)
        if not as_json:
            _tell(found, chosen)
        ask = bool(found.surplus) and not yes and not as_json and is_terminal() and interactive()
        agreed = yes or (ask and click.confirm("Remove it?", err=True))
        removed = collect(project, settings, found, forget_gone=forget_gone) if agreed else ()
    freed = sum(one.bytes for one in removed)
    if as_json:
        click.echo(to_json(_plain(found, removed, agreed=agreed)))
    elif agreed:
        talk().print(f"[bold green]freed[/bold green]  {megabytes(freed)}", soft_wrap=True)
    elif found.surplus:
        talk().print("nothing was removed; `--yes` removes it", soft_wrap=True)


def _tell(found: Survey, scopes: Sequence[Scope]) -> None:
    for scope in scopes:
        surplus = found.of(scope)
        size, count = megabytes(sum(one.bytes for one in surplus)), len(surplus)
        words = {
            "cache": f"{size}: made again when it is needed",
            "drawn": f"{count} {'animatic' if count == 1 else 'animatics'}, {size}: drawn again, free",
            "takes": f"{count} {'take' if count == 1 else 'takes'} that no lock names, {size}, {_paid(surplus)}: "
            "nobody can make them again",
            "stills": f"{count} {'file' if count == 1 else 'files'} at {found.where}, {size}: "
            "put there again when an order needs it",
        }
        talk().print(f"{scope:<7} {plainly(words[scope]) if count else 'nothing'}", soft_wrap=True)
        if scope == "takes":
            _tell_takes(found, surplus)


def _tell_takes(found: Survey, surplus: Sequence[Surplus]) -> None:
    for one in surplus[:MOST]:
        what = f"`{one.order.shot}` of {one.order.film}, {one.order.model}, ${one.cost:.2f}" if one.order else "unknown"
        talk().print(f"  [dim]{one.name[:12]}[/dim]  {megabytes(one.bytes)}  {plainly(what)}", soft_wrap=True)
    if len(surplus) > MOST:
        talk().print(f"  [dim]and {len(surplus) - MOST} more[/dim]")
    films = "1 film" if found.films == 1 else f"{found.films} films"
    talk().print(f"  [dim]looked at: the locks of {films}, on every branch[/dim]", soft_wrap=True)
    for film in found.gone:
        what = f"{film} is not there any more; its takes are kept (`--forget-gone` lets them go)"
        talk().print(f"  [yellow]{plainly(what)}[/yellow]", soft_wrap=True)
    if found.young:
        what = f"{found.young} more that no lock names came within the last week, and stay"
        talk().print(f"  [dim]{what}[/dim]", soft_wrap=True)


def _paid(surplus: Sequence[Surplus]) -> str:
    return f"${sum((one.cost for one in surplus), Decimal(0)):.2f}"


def _plain(found: Survey, removed: Sequence[Surplus], *, agreed: bool) -> dict[str, Any]:
    """What there is, and what was removed, for programs."""
    rows = [
        {"scope": one.scope, "name": one.name, "bytes": one.bytes, "cost": str(one.cost) if one.order else None}
        for one in found.surplus
    ]
    return {
        "outcome": "removed" if agreed else "shown", "freed": sum(one.bytes for one in removed), "surplus": rows,
        "gone": [str(one) for one in found.gone], "kept": found.young,
    }  # fmt: skip
