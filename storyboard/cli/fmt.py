"""`storyboard fmt`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from storyboard.cli import completing

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.errors import Problem
    from storyboard.store.files import State


@click.command("fmt", short_help="Put storyboards in order; no comment is lost.")
@click.argument("files", nargs=-1, required=True, type=click.Path(), shell_complete=completing.storyboards)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if something would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def command(files: tuple[str, ...], check: bool, diff: bool) -> int:
    """Write storyboards, and parts of them, in one form: indents, quotes, the order of a shot's fields.

    What they say and every comment stays. Of several files none is written when one of them cannot be read.
    """
    from storyboard.errors import InvalidStoryboard
    from storyboard.spec.tidy import tidy
    from storyboard.store import files as durable
    from storyboard.store.project import open_project

    problems: list[Problem] = []
    texts: dict[str, str] = {}
    found: list[tuple[str, Path, State, bytes, bytes]] = []
    for file in dict.fromkeys(files):
        project = open_project(file)
        state = durable.state_of(project.file)
        before = project.read_storyboard()
        texts.update(project.texts)
        try:
            after = tidy(project.shown, before)
        except InvalidStoryboard as error:
            problems += error.problems
            continue
        if after != before:
            found.append((project.shown, project.file, state, before, after))
    if problems:
        refused = InvalidStoryboard(problems)
        refused.texts = texts
        raise refused
    for shown, path, state, before, after in found:
        if diff:
            click.echo(_difference(shown, before, after), nl=False)
        else:
            click.echo(shown)
        if not (diff or check):
            _write(path, state, after)
    return 1 if check and found else 0


def _write(path: Path, state: State, data: bytes) -> None:
    """Put a storyboard in the place of the one that was read, which must not have been saved since."""
    from storyboard.store import files

    with files.replacing(path) as temp:
        temp.write_bytes(data)
        temp.chmod(path.stat().st_mode & 0o7777)
        files.check_same(path, state)


def _difference(shown: str, before: bytes, after: bytes) -> str:
    """What changes, as a patch."""
    import difflib

    old, new = (data.decode("utf-8-sig").replace("\r", "").splitlines(keepends=True) for data in (before, after))
    lines = difflib.unified_diff(old, new, shown, f"{shown}, in order")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
