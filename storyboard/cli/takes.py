"""`storyboard takes`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli import completing
from storyboard.cli.common import (
    data,
    file_argument,
    json_option,
    located,
    model_option,
    opened,
    path_for_people,
    plainly,
    talk,
    variant_flag,
    variant_option,
)

if TYPE_CHECKING:
    from rich.table import Table

    from storyboard.settings import Settings
    from storyboard.takelist import Entry, TakeList


@click.command("takes", short_help="The takes of each shot, and which one the cut uses.")
@file_argument
@click.argument("shot", required=False, default="", shell_complete=completing.shots)
@click.option("--sheet", type=click.Path(), metavar="PNG", help="Draw a shot's takes side by side.")
@variant_option
@json_option
@model_option
def command(**given: Any) -> None:
    """List the takes that film.lock names, of one shot or of all. The circled one is in the cut."""
    from storyboard.cli.report import as_json as to_json
    from storyboard.errors import Usage
    from storyboard.settings import settings_for
    from storyboard.takelist import takes_of

    file, shot, sheet = given["file"], given["shot"], given["sheet"]
    if sheet and not shot:
        raise Usage("`--sheet` draws the takes of one shot", hint=f"storyboard takes {file} SHOT --sheet {sheet}")
    project = opened(file, given["variant"])
    settings = settings_for(project.root)
    with located(project):
        found = takes_of(project, settings, shot, allow_unknown_model=given["allow_unknown_model"])
    if sheet:
        _draw(Path(sheet), shot, found, settings)
    if given["as_json"]:
        click.echo(to_json(_plain(found)))
        return
    if found.entries:
        data().print(_table(found, alone=bool(shot) and len({one.shot for one in found.entries}) == 1))
    _tell(found, file + variant_flag(project), shot)
    if sheet:
        talk().print(f"{path_for_people(Path(sheet))} shows them side by side", soft_wrap=True)


def _draw(sheet: Path, shot: str, found: TakeList, settings: Settings) -> None:
    from storyboard.errors import Refused, Usage
    from storyboard.sheet import draw_sheet, may_write
    from storyboard.store import files
    from storyboard.store.takes import TakeStore

    if not found.entries:
        raise Refused(f"`{shot}` has no take yet", hint="`storyboard render` shoots it")
    if sheet.suffix.lower() != ".png":
        raise Usage(f"`{sheet}` is not the name of a PNG", hint=f"--sheet {sheet.with_suffix('.png')}")
    if not may_write(sheet):
        raise Usage(f"`{sheet}` is there already, and is no sheet of takes", hint="name another file")
    files.write_durably(sheet, draw_sheet(shot, found.prompts.get(shot, ""), found.entries, TakeStore(settings.home)))


def _table(found: TakeList, *, alone: bool) -> Table:
    """The takes, a line each."""
    from rich.text import Text

    from storyboard.cli.report import printable
    from storyboard.cli.tables import new_table
    from storyboard.planner.price import dollars
    from storyboard.timing import clock

    first = [] if alone else ["shot"]
    table = new_table(*first, "take", "digest", "made", "model", "cost", "clip", "remarks", right=("take", "cost"))
    before = ""
    for one in found.entries:
        take, facts = one.take, one.take.facts
        number = Text(f"({take.number})" if one.circled else f"{take.number} ", "bold yellow" if one.circled else "")
        sound = ", sound" if facts.audio else ""
        remarks = Text(printable("; ".join(_remarks(one, found))))
        cells: list[str | Text] = [
            number, take.sha256[:12], take.made, take.model.rpartition("/")[2] or take.origin, dollars(take.cost),
            f"{facts.width}x{facts.height}, {clock(facts.seconds)}{sound}", remarks,
        ]  # fmt: skip
        table.add_row(*([] if alone else [one.shot if one.shot != before else ""]), *cells)
        before = one.shot
    return table


def _remarks(one: Entry, found: TakeList) -> list[str]:
    """What is to be said of a take besides."""
    take, numbers = one.take, {entry.take.sha256: entry.take.number for entry in found.entries}
    remarks = [f"“{take.note}”"] if take.note else []
    if one.shot in found.gone:
        remarks.append("its shot is not in the film any more")
    elif one.fits is False:
        remarks.append("for an earlier text")
    elif one.accepted:
        remarks.append("accepted for this text")
    if take.parent:
        remarks.append(f"made from take {numbers.get(take.parent, take.parent[:12])}")
    if take.seed:
        remarks.append(f"seed {take.seed}")
    if not one.here:
        remarks.append("its file is not here")
    return [*remarks, *take.warnings]


def _tell(found: TakeList, file: str, shot: str) -> None:
    """What one can do."""
    console, name = talk(), plainly(file)
    if not found.entries:
        console.print(f"No take {f'of {plainly(shot)} ' if shot else ''}yet: `storyboard render {name}` shoots them.")
    if any(not one.here for one in found.entries):
        console.print(
            f"What is not here: `storyboard pull {name}` brings it from where takes are shared.", soft_wrap=True
        )
    for id_ in dict.fromkeys(id_ for id_, _ in found.unnamed):
        count = sum(one == id_ for one, _ in found.unnamed)
        bought = f"{count} bought {'take of' if count == 1 else 'takes of'} {id_} {'is' if count == 1 else 'are'}"
        console.print(
            f"{bought} in no lock yet: `storyboard retake {name} {id_}` writes that down, free.", soft_wrap=True
        )
    if shot and len(found.entries) > 1 and shot not in found.gone:
        console.print(f"`storyboard pick {name} {plainly(shot)} TAKE` chooses another.", soft_wrap=True)


def _plain(found: TakeList) -> dict[str, Any]:
    from storyboard.cli.tables import money

    rows = [
        {
            "shot": one.shot, "number": one.take.number, "sha256": one.take.sha256, "circled": one.circled,
            "slate": one.take.slate, "fits": one.fits, "accepted": one.accepted, "here": one.here,
            "origin": one.take.origin or "ordered", "parent": one.take.parent or None, "model": one.take.model or None,
            "cost": money(one.take.cost), "made": one.take.made or None, "seed": one.take.seed,
            "frames": one.take.facts.frames, "rate": str(one.take.facts.rate), "width": one.take.facts.width,
            "height": one.take.facts.height, "audio": one.take.facts.audio, "bytes": one.take.bytes,
            "note": one.take.note or None, "warnings": list(one.take.warnings),
        }
        for one in found.entries
    ]  # fmt: skip
    unnamed = [{"shot": id_, "sha256": take.sha256, "cost": money(take.cost)} for id_, take in found.unnamed]
    return {"takes": rows, "unnamed": unnamed}
