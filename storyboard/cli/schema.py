"""`storyboard schema`."""

from __future__ import annotations

import click


@click.command("schema", short_help="The JSON Schema of storyboards, for editors.")
def command() -> None:
    """Print the JSON Schema (draft 2020-12) of storyboards."""
    from storyboard.spec.schema import schema_text

    click.echo(schema_text(), nl=False)
