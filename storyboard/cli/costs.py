"""What was spent, as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyboard.cli.common import data, talk
from storyboard.cli.report import as_json, printable
from storyboard.cli.tables import money, new_table
from storyboard.planner.price import dollars

if TYPE_CHECKING:
    from storyboard.spending import Spending


def tell_costs(spending: Spending) -> None:
    """Every order with what it was to cost and what was billed, and the sums."""
    from rich.markup import escape

    table = new_table("shot", "take", "order", "estimated", "billed", "", right=("estimated", "billed"))
    for order in spending.orders:
        note = "in no lock" if order in spending.unnamed else ""
        if order.reason:
            note = f"{note}: {order.reason}" if note else order.reason
        billed = dollars(order.cost) if order.cost is not None else "not told"
        table.add_row(
            order.shot, order.sha256[:12], order.state, dollars(order.estimate), billed, escape(printable(note))
        )
    if spending.orders:
        data().print(table)
    budget = f" of a budget of {dollars(spending.budget)}" if spending.budget is not None else ""
    console = talk()
    console.print(
        f"{dollars(spending.total)} spent{budget}; what was not billed yet counts at its most.", soft_wrap=True
    )
    if spending.unnamed:
        lost = sum((order.spent for order in spending.unnamed), spending.total * 0)
        console.print(f"{dollars(lost)} of it is in no lock.", soft_wrap=True)


def costs_json(spending: Spending) -> str:
    """The same for programs."""
    orders = [
        {
            "shot": order.shot, "state": order.state, "model": order.model, "slate": order.slate,
            "take": order.sha256 or None, "estimate": money(order.estimate), "billed": money(order.cost),
            "named": order not in spending.unnamed, "reason": order.reason,
        }
        for order in spending.orders
    ]  # fmt: skip
    return as_json({"orders": orders, "spent": money(spending.total), "budget": money(spending.budget)})
