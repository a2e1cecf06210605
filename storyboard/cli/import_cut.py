"""`storyboard import-cut`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli import completing
from storyboard.cli.common import (
    file_argument,
    interactive,
    json_option,
    located,
    model_option,
    opened,
    plainly,
    talk,
    variant_option,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.changelist.importing import Proposal
    from storyboard.errors import Where

SHOWN = 20
"""Lines of what is told; `--json` has all of them."""


@click.command("import-cut", short_help="Bring an editor's cut back into the storyboard.")
@file_argument
@click.argument("cut", type=click.Path())
@click.option(
    "--output", metavar="NAME", shell_complete=completing.outputs, help="Which output's cut, if not the first one's."
)
@variant_option
@click.option("--yes", is_flag=True, help="Write it without asking.")
@json_option
@model_option
def command(**given: Any) -> None:
    """Show what an editor's cut changes in the storyboard, and write that when you agree.

    CUT is the timeline of an export, as the editing program exported it again: FCPXML, Final Cut Pro 7 XML (Premiere),
    OpenTimelineIO or an EDL. New order, trims, transitions, paces and freezes become the fewest lines of YAML; a shot
    that was taken out becomes a comment. What it cannot say is listed. Nothing is ordered, and no take is touched.
    """
    from storyboard.changelist.importing import Wish, import_cut, write
    from storyboard.cli.agreeing import is_terminal
    from storyboard.cli.progress import watching
    from storyboard.settings import settings_for

    project = opened(given["file"], given["variant"])
    wish = Wish(Path(given["cut"]), given["output"] or "", given["allow_unknown_model"])
    with located(project), watching() as watch:
        found = import_cut(project, settings_for(project.root), wish, watch)
    if not given["as_json"]:
        _tell(found)
    ask = bool(found.files) and not found.problems and is_terminal() and interactive() and not given["as_json"]
    agreed = bool(found.files) and (given["yes"] or (ask and click.confirm("Write it?", err=True)))
    if agreed or found.problems:
        with located(found.project):
            write(found)
    if given["as_json"]:
        click.echo(_json(found, written=agreed))
    elif agreed:
        talk().print(f"[bold green]written[/bold green]  {plainly(_names(found))}", soft_wrap=True)
    elif found.files:
        talk().print("nothing was written; `--yes` writes it", soft_wrap=True)


def _names(found: Proposal) -> str:
    return ", ".join(one.shown for one in found.files)


def _tell(found: Proposal) -> None:
    from storyboard.cli.report import printable

    console = talk()
    for one in found.files:
        click.echo("\n".join(printable(line, keep_spaces=True) for line in one.head_and_diff))
    if found.gone:
        names = ", ".join(f"`{id_}`" for _, id_ in found.gone)
        becomes = "becomes a comment" if len(found.gone) == 1 else "become comments"
        what = "left out of its `order`" if found.project.which.variant else f"{becomes}, and takes are kept"
        text = f"{names}: not in this cut (taken out, or new in the film since the export): {what}"
        console.print(f"[yellow]{plainly(text)}[/yellow]", soft_wrap=True)
    if found.told:
        console.print("for you to look at:", soft_wrap=True)
    _list(found.told)
    if not found.files:
        words = "else, the film is cut as this is" if found.told else "nothing to change: the film is cut as this is"
        console.print(words, soft_wrap=True)


def _list(told: Sequence[tuple[Where, str]]) -> None:
    for where, text in told[:SHOWN]:
        talk().print(f"  [dim]{plainly(f'{where.file}:{where.line}')}[/dim]  {plainly(text)}", soft_wrap=True)
    if len(told) > SHOWN:
        talk().print(f"  and {len(told) - SHOWN} more, in `--json`", soft_wrap=True)


def _json(found: Proposal, *, written: bool) -> str:
    from storyboard.cli.report import as_json

    outcome = "written" if written else "shown" if found.files else "unchanged"
    return as_json(
        {
            "outcome": outcome,
            "files": [{"file": one.shown, "diff": one.diff} for one in found.files],
            "gone": [id_ for _, id_ in found.gone],
            "told": [{"file": at.file, "line": at.line, "column": at.column, "text": text} for at, text in found.told],
        }
    )
