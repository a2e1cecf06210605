"""What became of a shot's cast, for people and for programs: `pick`, `accept` and `import` tell it alike."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from storyboard.cli.common import plainly, talk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.casting import Cast


def tell_cast(cast: Sequence[Cast], file: str) -> None:
    """A line for each shot, and what follows from it."""
    console, name = talk(), plainly(file)
    for one in cast:
        mark = "[green]●[/green]" if one.state == "held" else "[yellow]●[/yellow]"
        console.print(f"{mark} {one.shot}  {_sentence(one)}", soft_wrap=True)
        for warning in one.take.warnings if one.take.origin == "imported" else ():
            console.print(f"  [yellow]![/yellow] {plainly(warning)}", soft_wrap=True)
        if not one.circled:
            console.print(
                f"  `storyboard pick {name} {one.shot} {one.take.number}` puts it into the cut", soft_wrap=True
            )
        if not one.here:
            console.print(f"  its file is not here: `storyboard pull {name}` brings it", soft_wrap=True)
    behind = {each.shot.id: each for one in cast for each in one.next if one.changed}
    if behind:
        console.print(
            f"[yellow]{_behind(list(behind), [each.estimate for each in behind.values()])}[/yellow]", soft_wrap=True
        )


def cast_json(cast: Sequence[Cast]) -> str:
    """The same for programs."""
    from storyboard.cli.report import as_json

    return as_json({
        "shots": [
            {
                "id": one.shot, "take": one.take.sha256, "number": one.take.number, "changed": one.changed,
                "circled": one.circled, "accepted": one.accepted, "here": one.here, "state": one.state,
                "stale": [each.shot.id for each in one.next],
            }
            for one in cast
        ]
    })  # fmt: skip


def _sentence(one: Cast) -> str:
    number = f"take {one.take.number}"
    if one.take.origin == "imported" and one.changed and not one.circled:
        return f"{number} is on record; the one in the cut stays there"
    if not one.changed:
        if not one.circled:
            return f"{number} is on record already"
        return (
            f"{number} is in the cut already" if one.state == "held" else f"{number} is in the cut already: {one.state}"
        )
    if one.accepted:
        return f"{number} is in the cut, accepted for what the shot asks for now"
    return f"{number} is in the cut"


def _behind(names: Sequence[str], costs: Sequence[Decimal | None]) -> str:
    """What goes on from a take that is another one now."""
    from storyboard.planner.price import dollars

    known = [cost for cost in costs if cost is not None]
    price = f"up to {dollars(sum(known, Decimal(0)))}" if len(known) == len(costs) else "at a price that nobody knows"
    go = "goes" if len(names) == 1 else "go"
    shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    return f"{shown} {go} on from it: a render shoots that anew, {price}; `pin: true` or `accept` keeps what is there"
