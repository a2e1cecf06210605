"""`storyboard pull`."""

from __future__ import annotations

import click

from storyboard.cli.common import file_argument, json_option, located


@click.command("pull", short_help="Bring the film's takes that are not here.")
@file_argument
@click.option("--circled", is_flag=True, help="Only the takes that the cut uses.")
@json_option
def command(file: str, circled: bool, as_json: bool) -> int:
    """Bring every take that film.lock names and that is not here from where they are shared.

    What comes is kept only if its bytes have the digest that the lock names. Exit code 3 when a take is neither here
    nor there.
    """
    from storyboard.cli.progress import watching
    from storyboard.cli.push import shared_json, tell_shared
    from storyboard.settings import settings_for
    from storyboard.sharing import pull
    from storyboard.store.project import open_project

    project = open_project(file)
    with located(project), watching() as watch:
        shared = pull(project, settings_for(project.root), watch, circled=circled)
    click.echo(shared_json("pulled", shared)) if as_json else tell_shared("pulled", shared, f"storyboard push {file}")
    return 3 if shared.missing else 0
