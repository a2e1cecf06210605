"""Asking a person before money is spent, and plans that were agreed to earlier."""

from __future__ import annotations

import json
import sys
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.common import interactive, talk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from storyboard.consent import Ask, Choice, Terms
    from storyboard.planner.causes import Cause
    from storyboard.planner.plan import Plan
    from storyboard.settings import Settings
    from storyboard.store.project import Project

LARGEST = 8 * 1024 * 1024
SHOWN = 6
"""Shots that a cause names."""


def terms_of(given: Mapping[str, Any], ask: Ask) -> Terms:
    """What the flags of a command agree to; a person is asked where there is one, and no other program reads along."""
    from storyboard.consent import LOCK_SECONDS, Terms

    timeout, plan = given["lock_timeout"], given.get("plan_file")
    return Terms(
        yes=given["yes"], budget=given["budget"], keep_stale=given["keep_stale"], locked=given.get("locked", False),
        max_shot_cost=given["max_shot_cost"], allow_held_open=given["allow_held_open"],
        lock_timeout=LOCK_SECONDS if timeout is None else timeout,
        ask=ask if is_terminal() and interactive() and not given["as_json"] else None,
        plan=read_plan(plan) if plan else None,
    )  # fmt: skip


def asking(project: Project, settings: Settings) -> Ask:
    """What asks a person about a project's plan: it tells the causes too."""

    def ask(plan: Plan, left: Decimal | None) -> Choice:
        from storyboard.examine import checked
        from storyboard.reasons import causes

        stale = any(one.state == "stale" for one in plan.to_buy)
        storyboard = checked(project, allow_unknown_model=True) if stale else None
        return ask_person(plan, left, causes(project, settings, storyboard, plan) if storyboard else ())

    return ask


def ask_person(plan: Plan, left: Decimal | None, causes: Sequence[Cause] = ()) -> Choice:
    """Show what would be bought and why, and ask."""
    from storyboard.cli.tables import buying_table
    from storyboard.planner.price import dollars

    console = talk()
    console.print(buying_table(plan, console.width))
    console.print(_summary(plan, left, causes), soft_wrap=True)
    for line in cause_lines(plan, causes):
        console.print(line, soft_wrap=True)
    for line in risks(plan):
        console.print(f"[yellow]{line}[/yellow]", soft_wrap=True)
    stale = any(one.state == "stale" for one in plan.to_buy)
    missing = any(one.state == "missing" for one in plan.to_buy)
    answers: dict[str, Choice] = {"b": "all", "n": "nothing"}
    words = [f"[b]uy {'all' if stale and missing else 'them'}, up to {dollars(plan.estimate)}"]
    if stale and missing:
        answers["m"] = "missing"
        words.append("only what is [m]issing")
    if stale:
        answers["k"] = "keep"
        words.append("[k]eep what was there")
    click.echo(f"{', '.join(words)}, or [n]othing?", err=True)
    while True:
        typed = click.prompt("", prompt_suffix="> ", default="n", show_default=False, err=True).strip().lower()
        if typed[:1] in answers:
            return answers[typed[:1]]
        click.echo(f"type {', '.join(answers)}", err=True)


def _summary(plan: Plan, left: Decimal | None, causes: Sequence[Cause]) -> str:
    from storyboard.planner.price import dollars

    count, why = len(plan.to_buy), Counter(one.reason for one in plan.to_buy)
    groups = ", ".join(f"{number} {reason}" if len(why) > 1 else reason for reason, number in why.most_common(4))
    rest = f"; {dollars(left)} of the film's budget is left" if left is not None else ""
    clips = f"{count} {'clip' if count == 1 else 'clips'}, up to [bold]{dollars(plan.estimate)}[/bold]{rest}"
    return clips if causes else f"{clips}  ({groups})"


def cause_lines(plan: Plan, causes: Sequence[Cause]) -> list[str]:
    """What would be bought, grouped by what somebody changed, as in `characters.mira changed: 22 shots, up to $24.00`.

    Lines for a console that reads markup; none where nothing is stale.
    """
    from rich.markup import escape

    from storyboard.cli.report import printable
    from storyboard.planner.causes import UNKNOWN
    from storyboard.planner.price import dollars

    if not causes:
        return []
    new = [one for one in plan.to_buy if one.state == "missing"]
    rows = [
        (f"edited, {one.what}" if one.what == UNKNOWN else f"{one.what} changed", one.shots, one.cost) for one in causes
    ]
    if new:
        known = [one.estimate for one in new if one.estimate is not None]
        cost = sum(known, Decimal(0)) if len(known) == len(new) else None
        rows.append(("no take yet", tuple(one.shot.id for one in new), cost))
    lines = []
    for what, shots, cost in rows:
        count = f"{len(shots)} {'shot' if len(shots) == 1 else 'shots'}"
        names = ", ".join(shots[:SHOWN]) + (f" and {len(shots) - SHOWN} more" if len(shots) > SHOWN else "")
        price = f"up to {dollars(cost)}" if cost is not None else "at a price that nobody knows"
        lines.append(f"  {escape(printable(what))}: {count}, {price}  [dim]{escape(names)}[/dim]")
    return lines


def risks(plan: Plan) -> list[str]:
    """What somebody should know before agreeing: which orders cannot be asked after, and what leaves the machine."""
    from storyboard.planner.price import dollars

    held_open = [one for one in plan.to_buy if one.route == "held-open"]
    hosted, lines = sum(one.way.hosted for one in plan.to_buy), []
    if held_open:
        risk = dollars(sum((one.estimate or Decimal(0) for one in held_open), Decimal(0)))
        risk += " and more" if any(one.estimate is None for one in held_open) else ""
        lines.append(
            f"{len(held_open)} of them {'goes' if len(held_open) == 1 else 'go'} by a call that is held open "
            f"({held_open[0].way.why}): where its line breaks, up to {risk} may be charged for clips that never "
            "arrive. docs/hosting.md says how to host the stills instead."
        )
    if hosted:
        lines.append(f"{hosted} {'file leaves' if hosted == 1 else 'files leave'} this machine for {plan.host}.")
    return lines


def read_plan(file: str) -> dict[str, Decimal | None]:
    """What a plan that was written down allows: the most that each order may cost, by slate."""
    from storyboard.errors import Usage
    from storyboard.store import files

    try:
        value = json.loads(files.read_plain(Path(file), LARGEST))
        if value["format_version"] != 1:
            raise ValueError
        wanted = [one for one in value["shots"] if one["state"] in ("missing", "stale")]
        return {str(one["slate"] or one["id"]): _price(one["estimate"]) for one in wanted}
    except (ValueError, KeyError, TypeError, InvalidOperation, RecursionError):
        raise Usage(f"`{file}` is not a plan", hint="`storyboard plan FILE --out PLAN` writes one") from None


def _price(text: object) -> Decimal | None:
    if text is None:
        return None
    price = Decimal(str(text))
    if not price.is_finite() or price < 0:
        raise ValueError
    return price


def is_terminal() -> bool:
    """Whether somebody can type an answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()
