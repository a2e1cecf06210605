"""`storyboard export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli import completing
from storyboard.cli.common import (
    file_argument,
    json_option,
    located,
    model_option,
    opened,
    path_for_people,
    plainly,
    talk,
    variant_option,
)

if TYPE_CHECKING:
    from storyboard.export.hand_off import HandedOff

SHOWN = 12
"""Remarks that are told at once; the sheet has all of them."""


@click.command("export", short_help="Hand the cut to an editor.")
@file_argument
@click.argument("folder", metavar="DIR", type=click.Path())
@click.option(
    "--to", required=True, type=click.Choice(["fcpxml", "fcp7", "otio", "edl"]),
    help="fcpxml: Final Cut Pro and Resolve; fcp7: Premiere Pro and Resolve; otio: pipelines; edl: all else.",
)  # fmt: skip
@click.option(
    "--output", metavar="NAME", shell_complete=completing.outputs, help="Which output's film, if not the first one's."
)
@click.option("--takes", is_flag=True, help="Bring the other takes of each shot along.")
@click.option("--gaps", is_flag=True, help="Leave a marked gap for each shot without a take.")
@click.option("--draft", is_flag=True, help="Let animatics stand for what has no take.")
@click.option("--start", metavar="TIMECODE", help="Of the first frame: 01:00:00:00, or 01:00:00;00 for drop frame.")
@click.option("--copy", is_flag=True, help="Copy takes and footage, rather than linking them.")
@variant_option
@json_option
@model_option
def command(**given: Any) -> None:
    """Write a folder that an editing program opens: the timeline, whole takes with their handles, captions, stems.

    Nothing is ordered, and nothing is moved. Takes and footage are hard links where the disk allows that. A second
    export into its own folder replaces what the first one wrote, and nothing else.
    """
    from storyboard.cli.progress import watching
    from storyboard.export.hand_off import Wish, hand_off
    from storyboard.settings import settings_for

    project = opened(given["file"], given["variant"])
    wish = Wish(
        given["to"], Path(given["folder"]), given["output"] or "", given["start"] or "", given["takes"], given["copy"],
        given["gaps"], given["draft"], given["allow_unknown_model"],
    )  # fmt: skip
    with located(project), watching() as watch:
        done = hand_off(project, settings_for(project.root), wish, watch)
    click.echo(_json(done)) if given["as_json"] else _tell(done)


def _tell(done: HandedOff) -> None:
    from storyboard.timing import clock

    console, cut = talk(), done.cut
    length = f"{clock(cut.frames / cut.rate)}, {cut.frames} frames"
    for path in done.timelines:
        console.print(f"[bold green]{cut.name}[/bold green]  {path_for_people(path)}  {length}", soft_wrap=True)
    parts = [f"{done.linked} linked", f"{done.copied} copied", f"{done.drawn} drawn", f"{len(cut.stems)} stems"]
    console.print(f"media: {', '.join(part for part in parts if not part.startswith('0 '))}", soft_wrap=True)
    told: dict[str, list[str]] = {}
    for shot, text in done.remarks:
        told.setdefault(text, []).append(shot)
    for text, shots in list(told.items())[:SHOWN]:
        console.print(f"  {plainly(', '.join(dict.fromkeys(shots)))}: {plainly(text)}", soft_wrap=True)
    if len(told) > SHOWN:
        console.print(f"  and {len(told) - SHOWN} more, in {plainly(cut.name)}.txt", soft_wrap=True)


def _json(done: HandedOff) -> str:
    from storyboard.cli.report import as_json
    from storyboard.export.timecodes import timecode_of

    cut = done.cut
    return as_json(
        {
            "timelines": [str(path) for path in done.timelines], "frames": cut.frames, "rate": str(cut.rate),
            "start": timecode_of(cut.start, cut.rate, drop=cut.drop),
            "media": [media.file for media in cut.media], "stems": [stem.file for stem in cut.stems],
            "linked": done.linked, "copied": done.copied, "drawn": done.drawn, "missing": list(done.missing),
            "remarks": [{"shot": shot, "text": text} for shot, text in done.remarks],
        }
    )  # fmt: skip
