"""`storyboard validate`."""

from __future__ import annotations

import click

from storyboard.cli import completing
from storyboard.cli.common import model_option, words_option


@click.command("validate", short_help="All problems of a storyboard, offline and free.")
@click.argument("files", nargs=-1, required=True, type=click.Path(), shell_complete=completing.storyboards)
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
@words_option
@model_option
def command(
    files: tuple[str, ...], form: str, words: tuple[tuple[str, str], ...], allow_unknown_model: bool
) -> int:  # fmt: skip
    """Look at storyboards, their variants and every file they name, and show all that is wrong, each at its line.

    Nothing is sent and nothing is spent. Exit code 1 when there is a problem.
    """
    from storyboard.cli.common import talk
    from storyboard.cli.progress import sentence
    from storyboard.cli.report import problems_github, problems_json, render_problems
    from storyboard.family import examine_all
    from storyboard.progress import Event, Said
    from storyboard.store.project import open_project

    problems, texts = [], {}
    notes: list[Said] = []

    def watch(event: Event) -> None:
        if isinstance(event, Said):
            notes.append(event)

    for file in files:
        project = open_project(file)
        problems += examine_all(project, dict(words), allow_unknown_model=allow_unknown_model, watch=watch)
        texts.update(project.texts)
    if form == "json":
        click.echo(problems_json(problems, notes))
    elif form == "github" and (problems or notes):
        click.echo(problems_github(problems, notes))
    elif problems:
        click.echo(render_problems(problems, texts))
    if form == "text":
        for note in notes:
            talk().print(sentence(note), soft_wrap=True)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        click.echo(f"{'' if not problems else chr(10)}{count if problems else 'no problems'}", err=True)
    return 1 if problems else 0
