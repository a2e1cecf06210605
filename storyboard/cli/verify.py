"""`storyboard verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.common import file_argument, json_option, located, plainly, talk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.mending import Mended
    from storyboard.rebuilding import Rebuilt
    from storyboard.sharing import Named
    from storyboard.verifying import Verified

MOST = 8
"""Takes that are told by name."""
MARKS = {"same": "[green]same[/green]", "alike": "[green]alike[/green]", "unknown": "[yellow]unknown[/yellow]"}


@click.command("verify", short_help="Look whether takes and films are what was written down of them.")
@file_argument
@click.option("--rebuild", is_flag=True, help="Make the films once more from their takes, and compare the bytes.")
@click.option("--repair-lock", is_flag=True, help="Write film.lock anew, from what is left of it and from the journal.")
@json_option
def command(file: str, rebuild: bool, repair_lock: bool, as_json: bool) -> int:
    """Read every take that film.lock names and every film of film.sums, and compare them with what is written there.

    Nothing is ordered or sent. Exit code 1 when something is damaged or differs, 3 when a take is not here.
    """
    from storyboard.cli.mended import mended_plain, tell_mended
    from storyboard.cli.progress import watching
    from storyboard.cli.report import as_json as to_json
    from storyboard.mending import mend
    from storyboard.rebuilding import rebuild as make_again
    from storyboard.settings import settings_for
    from storyboard.store.project import open_project
    from storyboard.verifying import verify

    project = open_project(file)
    settings = settings_for(project.root)
    mended: Mended | None = None
    rebuilt: tuple[Rebuilt, ...] = ()
    with located(project), watching() as watch:
        if repair_lock:
            mended = mend(project, settings)
        found = verify(project, settings, watch)
    if mended and not as_json:
        tell_mended(mended, file)
    if not as_json:
        _tell(found, file)
    if rebuild:
        with located(project), watching() as watch:
            rebuilt = make_again(project, settings, watch)
    code = _code(found, rebuilt)
    if as_json:
        lock = {"lock": mended_plain(mended)} if mended else {}
        click.echo(to_json(_plain(code, found, rebuilt) | lock))
    else:
        _tell_rebuilt(rebuilt)
    return code


def _code(found: Verified, rebuilt: Sequence[Rebuilt]) -> int:
    outcomes = {one.outcome for one in rebuilt}
    changed = any(one.state == "changed" for one in found.films)
    if found.in_state("damaged") or found.in_state("unlike") or changed or "different" in outcomes:
        return 1
    return 3 if found.in_state("missing") or "unknown" in outcomes else 0


def _tell(found: Verified, file: str) -> None:
    """What was found, for people: what is good in one line, and all that is not."""
    whole, films = len(found.in_state("whole")), sum(one.state == "whole" for one in found.films)
    good = [f"{_count(whole, 'take is', 'takes are')} whole"] if whole else []
    good += [f"{_count(films, 'film is', 'films are')} what film.sums says"] if films else []
    if good or not (found.takes or found.films):
        _say(f"[green]{'; '.join(good) or 'film.lock names no take, and film.sums no film'}[/green]")
    for one in found.takes:
        if one.said:
            _say(f"[red]{plainly(f'{one.named}: {one.said}')}[/red]", one.hint)
    if missing := found.in_state("missing"):
        _say(f"[yellow]{_list(missing)} {_are(missing)} not here[/yellow]", f"`storyboard pull {file}` brings them")
    _tell_films(found, file)
    if found.unnamed:
        text = f"{_list(found.unnamed)} {_are(found.unnamed)} paid for, and film.lock does not say so"
        _say(f"[yellow]{text}[/yellow]", f"`storyboard verify {file} --repair-lock` adds what is not there")
    if count := len(found.rotten):
        words = _count(count, "entry of the cache was", "entries of the cache were")
        _say(f"[dim]{words} damaged and removed: made again when needed[/dim]")


def _tell_films(found: Verified, file: str) -> None:
    for film in found.films:
        if film.state == "changed":
            text = plainly(f"{film.file} is another film than film.sums says")
            _say(f"[red]{text}[/red]", f"`storyboard render {file}` makes it anew")
        elif film.state == "missing":
            _say(f"[dim]{plainly(film.file)} is not here[/dim]")


def _tell_rebuilt(rebuilt: Sequence[Rebuilt]) -> None:
    for one in rebuilt:
        mark = MARKS.get(one.outcome, f"[red]{one.outcome}[/red]")
        said = one.said or f"made again from its takes, byte for byte, {one.sha256[:12]}"
        _say(f"{mark}  {plainly(f'{one.file}  {said}')}", one.hint)


def _say(text: str, hint: str = "") -> None:
    talk().print(text + (f"\n  [dim]hint: {plainly(hint)}[/dim]" if hint else ""), soft_wrap=True)


def _list(named: Sequence[Named]) -> str:
    more = f" and {len(named) - MOST} more" if len(named) > MOST else ""
    return plainly(", ".join(map(str, named[:MOST])) + more)


def _are(named: Sequence[Named]) -> str:
    return "is" if len(named) == 1 else "are"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _plain(code: int, found: Verified, rebuilt: Sequence[Rebuilt]) -> dict[str, Any]:
    """What was found, for programs."""
    takes = [
        {
            "shot": one.named.shot, "number": one.named.take.number, "sha256": one.named.digest,
            "bytes": one.named.take.bytes, "state": one.state, "said": one.said,
        }
        for one in found.takes
    ]  # fmt: skip
    made = [{"file": one.file, "outcome": one.outcome, "sha256": one.sha256, "said": one.said} for one in rebuilt]
    return {
        "outcome": {0: "whole", 1: "damaged", 3: "incomplete"}[code], "takes": takes,
        "films": [{"file": one.file, "sha256": one.sha256, "state": one.state} for one in found.films],
        "unnamed": [{"shot": one.shot, "sha256": one.digest} for one in found.unnamed], "cache": list(found.rotten),
        "rebuilt": made,
    }  # fmt: skip
