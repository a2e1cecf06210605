"""Plans and states as tables that one likes to read, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from textwrap import shorten
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from storyboard.cli.prompts import words_of
from storyboard.cli.report import as_json, printable
from storyboard.planner.causes import Cause
from storyboard.planner.plan import Plan, PlannedShot
from storyboard.planner.price import dollars
from storyboard.spec.model import Order, Storyboard
from storyboard.timing import clock

COLORS = {
    "held": "green", "missing": "yellow", "stale": "yellow", "in-flight": "blue", "unresolved": "red", "free": "cyan",
}  # fmt: skip
NO_FILMS: Mapping[str, Plan] = {}


def new_table(*columns: str, right: Iterable[str] = ()) -> Table:
    """A table without a cage: a heading, a line, and rows."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        last = column == columns[-1]
        table.add_column(column, justify="right" if column in right else "left", no_wrap=not last, overflow="fold")
    return table


def plan_table(storyboard: Storyboard, plan: Plan) -> Table:
    """What would be shot, and for how much."""
    columns = ["shot", "state", "seconds", "model", "price", *(["order"] if plan.gateway == "remote" else []), "why"]
    numbers, unseen = _numbers(plan), {shot.id for shot in storyboard.unseen}
    table = new_table(*(["number"] if numbers else []), *columns, right=("seconds", "price"))
    for one in plan.shots:
        order = one.shot.order
        price = "" if one not in plan.missing else "free" if plan.gateway == "local" else _price(one)
        drawn = clock(one.shot.duration.seconds(storyboard.rate)).removesuffix(" s") if one.shot.card else ""
        length = f"{int(order.seconds)}" if order else drawn
        way = [_way(one) if one in plan.missing else ""] if plan.gateway == "remote" else []
        hidden = "; not in this cut, which needs it" if one.shot.id in unseen else ""
        why = escape(printable(one.reason + hidden))
        table.add_row(
            *numbers.get(one.shot.id, ()), one.shot.id, _state(one.state), length, _model(order), price, *way, why
        )
    return table


def _numbers(plan: Plan) -> dict[str, tuple[str]]:
    """What fills a first column with the shots' numbers, by id; nothing where no shot has one."""
    numbered = any(one.shot.number for one in plan.shots)
    return {one.shot.id: (one.shot.number,) for one in plan.shots} if numbered else {}


def buying_table(plan: Plan) -> Table:
    """What would be bought, and why."""
    table = new_table("shot", "state", "model", "price", "why", right=("price",))
    for one in plan.to_buy:
        why = escape(printable(one.reason))
        state = _state("retake" if one.number else one.state)
        table.add_row(one.shot.id, state, _model(one.shot.order), _price(one), why)
    return table


def _model(order: Order | None) -> str:
    if order is None:
        return ""
    words = (order.model.split("/", 1)[1], order.mode, "+ sound" if order.audio else "")
    return " ".join(word for word in words if word)


def _way(one: PlannedShot) -> str:
    """How an order travels, in a word."""
    words = {"start": "hosted" if one.way.hosted else "started", "held-open": "held open", "none": "no way"}
    free = one.route == "none" and one.quote is not None and not one.quote.high
    return words[one.route] if one.state in ("missing", "stale") and not free else ""


def _price(one: PlannedShot) -> str:
    """`$1.68`, or `$1.20–$1.68` where nobody knows exactly."""
    if one.state not in ("missing", "stale"):
        return "paid" if one.state == "in-flight" else ""
    high = dollars(one.estimate)
    low = dollars(one.quote.low) if one.quote else high
    return high if low == high else f"{low}–{high}"


def status_table(plan: Plan, *, wide: bool = True) -> Table:
    """How every shot stands; without `wide`, the clip's facts are left out."""
    numbers = _numbers(plan)
    columns = ["shot", "state", "take", *(["clip"] if wide else []), "prompt"]
    table = new_table(*(["number"] if numbers else []), *columns)
    for one in plan.shots:
        take, facts = one.take, one.take.facts if one.take else None
        clip = f"{facts.width}x{facts.height}, {facts.frames} frames{', sound' if facts.audio else ''}" if facts else ""
        alike = [f"{share:.0%}" for share in (take.likeness if take else ()) if share is not None]
        clip += f", like its stills {' '.join(alike)}" if alike else ""
        words = one.shot.order.prompt if one.shot.order and one.state in ("held", "missing") else one.reason
        table.add_row(
            *numbers.get(one.shot.id, ()),
            one.shot.id,
            _state(one.state),
            take.sha256[:12] if take else "",
            *([clip] if wide else []),
            escape(shorten(printable(words), 60, placeholder=" …")),
        )
    return table


def _state(state: str) -> Text:
    return Text(state, COLORS.get(state, ""))


def notes(plan: Plan) -> list[str]:
    """What was remarked on takes, a line each."""
    return [f"{one.shot.id}: {note}" for one in plan.shots if one.take for note in one.take.warnings]


def plan_json(
    plan: Plan, causes: Sequence[Cause] = (), films: Mapping[str, Plan] = NO_FILMS, *, prompts: bool = False
) -> str:
    """The plan for programs; `causes` are what made shots stale. `films`: the plans of several films that this one
    has together, or that of a variant, by its name. `prompts`: with every shot's words."""

    def rows(film: Plan) -> list[dict[str, Any]]:
        return [_planned(one, film) | ({"words": words_of(one)} if prompts else {}) for one in film.shots]

    variants = [
        {
            "variant": name or None,
            "shots": rows(film),
            "estimate": money(film.estimate),
        }
        for name, film in films.items()
    ]
    return as_json({
        "shots": rows(plan),
        "estimate": money(plan.estimate),
        "estimate_low": money(plan.at_least),
        "gateway": plan.gateway,
        "causes": [{"what": one.what, "shots": list(one.shots), "cost": money(one.cost)} for one in causes],
        **({"films": variants} if films else {}),
    })  # fmt: skip


def status_json(plan: Plan) -> str:
    """The states for programs."""
    counts = {state: sum(one.state == state for one in plan.shots) for state in COLORS}
    shots = [_standing(one) for one in plan.shots]
    return as_json({"shots": shots, "counts": counts, "gateway": plan.gateway})


def _standing(one: PlannedShot) -> dict[str, Any]:
    take = one.take
    return {
        "id": one.shot.id, "state": one.state, "slate": one.slate, "take": take.sha256 if take else None,
        "warnings": list(take.warnings) if take else [],
        "likeness": {"first": take.likeness[0], "last": take.likeness[1]} if take else None, "reason": one.reason,
    }  # fmt: skip


def _planned(one: PlannedShot, plan: Plan) -> dict[str, Any]:
    order = one.shot.order
    quote = one.quote if plan.gateway == "remote" and one in plan.to_buy else None
    return {
        "id": one.shot.id, "state": one.state, "slate": one.slate, "take": one.take.sha256 if one.take else None,
        "estimate": money(one.estimate), "estimate_low": money(one.quote.low) if one.quote else None,
        "price_source": quote.source if quote else None, "hosted": one.way.hosted, "route_reason": one.way.why,
        "route": one.route, "depends_on": one.depends_on or None, "seconds": int(order.seconds) if order else None,
        "reason": one.reason,
    }  # fmt: skip


def money(amount: Decimal | None) -> str | None:
    """A sum for programs: a decimal string in US dollars, null when nobody knows it."""
    return None if amount is None else str(amount.quantize(Decimal("0.01")))
