"""Asking a person before money is spent, and plans that were agreed to earlier."""

from __future__ import annotations

import json
import sys
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

from storyboard.cli.common import talk

if TYPE_CHECKING:
    from storyboard.consent import Choice
    from storyboard.planner.plan import Plan

LARGEST = 8 * 1024 * 1024


def ask_person(plan: Plan, left: Decimal | None) -> Choice:
    """Show what would be bought and why, and ask."""
    from storyboard.cli.tables import buying_table
    from storyboard.planner.price import dollars

    console = talk()
    console.print(buying_table(plan))
    console.print(_summary(plan, left), soft_wrap=True)
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


def _summary(plan: Plan, left: Decimal | None) -> str:
    from storyboard.planner.price import dollars

    count, why = len(plan.to_buy), Counter(one.reason for one in plan.to_buy)
    groups = ", ".join(f"{number} {reason}" for reason, number in why.most_common(4))
    rest = f"; {dollars(left)} of the film's budget is left" if left is not None else ""
    return f"{count} {'clip' if count == 1 else 'clips'}, up to [bold]{dollars(plan.estimate)}[/bold]{rest}  ({groups})"


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
