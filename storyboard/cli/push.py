"""`storyboard push`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.common import file_argument, json_option, located, megabytes, talk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.sharing import Named, Shared


@click.command("push", short_help="Put the film's takes where others can pull them.")
@file_argument
@click.option("--force", is_flag=True, help="Put every take again, whatever is there.")
@json_option
def command(file: str, force: bool, as_json: bool) -> int:
    """Put every take that film.lock names where others can pull it: an object store, or a folder.

    Each take is there once, by the digest of its bytes; what is there already is not sent again. Exit code 3 when a
    take is neither here nor there.
    """
    from storyboard.cli.progress import watching
    from storyboard.settings import settings_for
    from storyboard.sharing import push
    from storyboard.store.project import open_project

    project = open_project(file)
    with located(project), watching() as watch:
        shared = push(project, settings_for(project.root), watch, force=force)
    click.echo(shared_json("pushed", shared)) if as_json else tell_shared("pushed", shared, f"storyboard push {file}")
    return 3 if shared.missing else 0


def tell_shared(word: str, shared: Shared, elsewhere: str) -> None:
    """What was moved, for people; `elsewhere` is what helps on the machine that has what is missing."""
    from rich.markup import escape

    from storyboard.cli.report import printable
    from storyboard.sharing import absent

    size = megabytes(sum(one.take.bytes for one in shared.moved))
    towards = "to" if word == "pushed" else "from"
    where = escape(printable(shared.where))
    takes = "1 take" if len(shared.moved) == 1 else f"{len(shared.moved)} takes"
    said = [f"[bold green]{word}[/bold green]  {takes}, {size}, {towards} {where}"] if shared.moved else []
    if shared.there:
        were = "1 take was" if len(shared.there) == 1 else f"{len(shared.there)} takes were"
        said.append(f"{were} {'here' if word == 'pulled' else f'at {where}'} already")
    talk().print("; ".join(said) or f"no take was {word}", soft_wrap=True)
    if shared.missing:
        hint = f"run `{escape(elsewhere)}` on the machine that shot them"
        text = escape(printable(absent(shared.where, shared.missing)))
        talk().print(f"[yellow]{text}[/yellow]\n[dim]hint: {hint}[/dim]", soft_wrap=True)


def shared_json(word: str, shared: Shared) -> str:
    """What was moved, for programs."""
    from storyboard.cli.report import as_json

    outcome = "incomplete" if shared.missing else "shared"
    rows = {word: _rows(shared.moved), "there": _rows(shared.there), "missing": _rows(shared.missing)}
    return as_json({"outcome": outcome, "where": shared.where, **rows})


def _rows(named: Sequence[Named]) -> list[dict[str, Any]]:
    return [
        {"shot": one.shot, "number": one.take.number, "sha256": one.take.sha256, "bytes": one.take.bytes}
        for one in named
    ]
