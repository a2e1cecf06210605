"""`storyboard accept`."""

from __future__ import annotations

import click

from storyboard.cli import completing
from storyboard.cli.common import (
    file_argument,
    json_option,
    located,
    model_option,
    opened,
    variant_flag,
    variant_option,
)


@click.command("accept", short_help="Keep the take of a stale shot for its new text.")
@file_argument
@click.argument("shots", metavar="SHOT…", nargs=-1, required=True, shell_complete=completing.shots)
@variant_option
@json_option
@model_option
def command(file: str, shots: tuple[str, ...], variant: str, as_json: bool, allow_unknown_model: bool) -> None:
    """Bind the takes that edited shots have to what those ask for now. It costs nothing: they are held from then on."""
    from storyboard.casting import accept
    from storyboard.cli.cast import cast_json, tell_cast
    from storyboard.settings import settings_for

    project = opened(file, variant)
    with located(project):
        cast = accept(project, settings_for(project.root), shots, allow_unknown_model=allow_unknown_model)
    click.echo(cast_json(cast)) if as_json else tell_cast(cast, file + variant_flag(project))
