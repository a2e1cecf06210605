"""Plans and states as tables that one likes to read, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from textwrap import shorten
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from storyboard.cli.report import as_json, printable
from storyboard.planner.catalogue import catalogue
from storyboard.planner.plan import Plan, PlannedShot
from storyboard.planner.price import dollars
from storyboard.spec.model import Storyboard
from storyboard.timing import clock

COLORS = {"held": "green", "missing": "yellow", "free": "cyan"}


def new_table(*columns: str, right: Iterable[str] = ()) -> Table:
    """A table without a cage: a heading, a line, and rows."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        last = column == columns[-1]
        table.add_column(column, justify="right" if column in right else "left", no_wrap=not last, overflow="fold")
    return table


def plan_table(storyboard: Storyboard, plan: Plan) -> Table:
    """What would be shot, and for how much."""
    table = new_table("shot", "state", "seconds", "model", "price", "why", right=("seconds", "price"))
    for one in plan.shots:
        order = one.shot.order
        price = "" if one.state != "missing" else "free" if plan.gateway == "local" else dollars(one.estimate)
        length = (
            f"{int(order.seconds)}" if order else clock(one.shot.duration.seconds(storyboard.rate)).removesuffix(" s")
        )
        model = order.model.split("/", 1)[1] + f" {order.mode}{' + sound' if order.audio else ''}" if order else ""
        table.add_row(one.shot.id, _state(one.state), length, model, price, printable(one.reason))
    return table


def status_table(plan: Plan) -> Table:
    """How every shot stands."""
    table = new_table("shot", "state", "take", "clip", "prompt")
    for one in plan.shots:
        take, facts = one.take, one.take.facts if one.take else None
        clip = f"{facts.width}x{facts.height}, {facts.frames} frames{', sound' if facts.audio else ''}" if facts else ""
        words = one.shot.order.prompt if one.shot.order else one.reason
        table.add_row(
            one.shot.id,
            _state(one.state),
            take.sha256[:12] if take else "",
            clip,
            escape(shorten(printable(words), 60, placeholder=" …")),
        )
    return table


def _state(state: str) -> Text:
    return Text(state, COLORS.get(state, ""))


def plan_json(plan: Plan) -> str:
    """The plan for programs."""
    return as_json({
        "shots": [_planned(one, plan) for one in plan.shots],
        "estimate": money(plan.estimate),
        "gateway": plan.gateway,
    })  # fmt: skip


def status_json(plan: Plan) -> str:
    """The states for programs."""
    counts = {state: sum(one.state == state for one in plan.shots) for state in ("held", "missing", "free")}
    shots = [
        {"id": one.shot.id, "state": one.state, "slate": one.slate, "take": one.take.sha256 if one.take else None}
        for one in plan.shots
    ]
    return as_json({"shots": shots, "counts": counts, "gateway": plan.gateway})


def _planned(one: PlannedShot, plan: Plan) -> dict[str, Any]:
    order = one.shot.order
    source = f"catalogue {catalogue().dated}" if plan.gateway == "remote" and one.state == "missing" else None
    return {
        "id": one.shot.id, "state": one.state, "slate": one.slate, "take": one.take.sha256 if one.take else None,
        "estimate": money(one.estimate), "estimate_low": money(one.estimate), "price_source": source,
        "route": one.route, "depends_on": one.depends_on or None, "seconds": int(order.seconds) if order else None,
        "reason": one.reason,
    }  # fmt: skip


def money(amount: Decimal | None) -> str | None:
    """A sum for programs: a decimal string in US dollars, null when nobody knows it."""
    return None if amount is None else str(amount.quantize(Decimal("0.01")))
