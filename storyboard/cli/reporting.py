"""`storyboard report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.common import (
    file_argument,
    located,
    megabytes,
    model_option,
    opened,
    path_for_people,
    talk,
    variant_option,
    words_option,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@click.command("report", short_help="A page to look at, or to send: the film, its shots, what is left to do.")
@file_argument
@click.option("--out", type=click.Path(), metavar="PAGE", help="Write the page here, not to build/NAME.report.html.")
@click.option("--contact-sheet", "sheet", type=click.Path(), metavar="PNG", help="Draw the shots as one picture too.")
@variant_option
@words_option
@model_option
def command(**given: Any) -> None:
    """Show a film as one page that opens from disk and loads nothing: every shot as it was asked for and as it came.

    It can be made at any time, before the first shot too. Nothing is ordered, and nothing of the film is changed.
    """
    from storyboard.report.contact import draw_contacts, may_draw
    from storyboard.report.document import PICTURES, report_page
    from storyboard.report.looks import look_within
    from storyboard.report.paper import may_write
    from storyboard.report.survey import surveying
    from storyboard.settings import settings_for
    from storyboard.store import files

    project = opened(given["file"], given["variant"], given["words"])
    name = ".".join(part for part in (project.file.stem, given["variant"], "report.html") if part)
    page = Path(given["out"]) if given["out"] else project.base / "build" / name
    sheet = Path(given["sheet"]) if given["sheet"] else None
    _check(page, ".html", may_write)
    if sheet:
        _check(sheet, ".png", may_draw)
    settings, unknown = settings_for(project.root), given["allow_unknown_model"]
    with located(project), surveying(project, settings, allow_unknown_model=unknown) as survey:
        looks = look_within(survey, PICTURES)
        text = report_page(survey, looks, page).encode()
        files.write_durably(page, text)
        talk().print(f"{path_for_people(page)}  {megabytes(len(text))}", soft_wrap=True)
        if sheet:
            picture = draw_contacts(survey, looks)
            files.write_durably(sheet, picture)
            talk().print(f"{path_for_people(sheet)}  {megabytes(len(picture))}", soft_wrap=True)


def _check(path: Path, suffix: str, may_write: Callable[[Path], bool]) -> None:
    """`Usage` for a name that is none of its kind, and for a file that is something else."""
    from storyboard.errors import Usage

    if path.suffix.lower() != suffix:
        raise Usage(f"`{path}` is no name of a {suffix} file", hint=f"as in {path.with_suffix(suffix)}")
    if path.is_dir() or not may_write(path):
        raise Usage(f"`{path}` is there already, and was not written by `storyboard report`", hint="name another file")
