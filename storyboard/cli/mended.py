"""What became of a lock that was made whole, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storyboard.cli.common import plainly, talk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.mending import Mended
    from storyboard.sharing import Named

MOST = 20
"""Lines, takes or shots that are told one by one."""
WIDTH = 80


def tell_mended(mended: Mended, file: str) -> None:
    """What could be read, what was added, and what is still missing."""
    from storyboard.mending import LOST

    added = len(mended.added)
    word = "[bold green]repaired[/bold green]" if mended.changed else "[green]nothing to repair[/green]"
    came = f", {added} came from the journal" if added else ""
    console = talk()
    console.print(f"{word}  film.lock  {mended.kept} of its takes could be read{came}", soft_wrap=True)
    for number, line in mended.unread[:MOST]:
        shown = plainly(line.strip()[:WIDTH])
        console.print(f"  [yellow]line {number} cannot be read:[/yellow] {shown}", soft_wrap=True)
    if len(mended.unread) > MOST:
        console.print(f"  [yellow]and {len(mended.unread) - MOST} lines more[/yellow]")
    for take in mended.homeless:
        what = f"take {take.sha256[:12]} ({take.model}, ${take.cost:.2f}, {take.made}) is kept under `{LOST}`"
        console.print(f"  [yellow]{plainly(what)}: nobody can tell whose it is[/yellow]", soft_wrap=True)
    if mended.chosen:
        console.print(f"  circled, for want of a better word: {_list(mended.chosen)}", soft_wrap=True)
    if mended.gone:
        hint = f"[dim]hint: `storyboard pull {plainly(file)}` brings what is shared[/dim]"
        console.print(f"  [yellow]not in the store: {_list(mended.gone)}[/yellow]\n  {hint}", soft_wrap=True)
    if mended.without:
        names = ", ".join(f"`{id_}`" for id_ in mended.without[:MOST])
        rest = f" and {len(mended.without) - MOST} more" if len(mended.without) > MOST else ""
        hint = "[dim]hint: `git log -p -- film.lock` shows what was committed; others may have takes to push[/dim]"
        console.print(f"  [yellow]no take was found for {plainly(names)}{rest}[/yellow]\n  {hint}", soft_wrap=True)
    if mended.without is None:
        what = "the storyboard has problems, so that nobody can tell which shots have no take"
        console.print(f"  [yellow]{what}[/yellow]", soft_wrap=True)
    if mended.aside:
        console.print(f"  what it was is kept as {plainly(mended.aside)} in the store's quarantine", soft_wrap=True)


def mended_plain(mended: Mended) -> dict[str, Any]:
    """What became of the lock, for programs."""
    return {
        "changed": mended.changed, "kept": mended.kept, "added": _rows(mended.added), "chosen": _rows(mended.chosen),
        "unread": [{"line": number, "text": line} for number, line in mended.unread],
        "homeless": [take.sha256 for take in mended.homeless], "missing": _rows(mended.gone),
        "without": None if mended.without is None else list(mended.without), "aside": mended.aside,
    }  # fmt: skip


def _rows(named: Sequence[Named]) -> list[dict[str, Any]]:
    return [{"shot": one.shot, "number": one.take.number, "sha256": one.digest} for one in named]


def _list(named: Sequence[Named]) -> str:
    more = f" and {len(named) - MOST} more" if len(named) > MOST else ""
    return plainly(", ".join(map(str, named[:MOST])) + more)
