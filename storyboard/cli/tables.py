"""Plans and states as tables that one likes to read, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.cells import cell_len, set_cell_size
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
NARROW, WIDE, PIPE = 72, 100, 140
"""Columns from which a table names models, and says all that it knows; and those that it has in a pipe."""
SHORTEST = 14
"""Letters of a shot's id that are always shown."""
NO_FILMS: Mapping[str, Plan] = {}


def new_table(*columns: str, right: Iterable[str] = ()) -> Table:
    """A table without a cage: a heading, a line, and rows."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        last = column == columns[-1]
        table.add_column(column, justify="right" if column in right else "left", no_wrap=not last, overflow="fold")
    return table


def table_of(columns: Sequence[str], rows: Iterable[Sequence[str | Text]], right: Iterable[str] = ()) -> Table:
    """A table of rows whose last column has the room that is left, and nothing of the others is lost to it."""
    table, kept = new_table(*columns, right=right), [list(row) for row in rows]
    for index, column in enumerate(table.columns[:-1]):
        column.min_width = max(_cells(one) for one in (columns[index], *(row[index] for row in kept)))
    for row in kept:
        table.add_row(*row)
    return table


def plan_table(storyboard: Storyboard, plan: Plan, width: int = PIPE) -> Table:
    """What would be shot, and for how much, for so many columns of a terminal."""
    wide, remote = width >= WIDE, plan.gateway == "remote"
    model, order_ = ["model"] * (width >= NARROW), ["order"] * (remote and wide)
    columns = ["shot", "state", "time", *model, "price", *order_, "why"]
    numbers, unseen = _numbers(plan), {shot.id for shot in storyboard.unseen}
    rows: list[list[str | Text]] = []
    for one in plan.shots:
        order = one.shot.order
        price = "" if one not in plan.missing else "free" if plan.gateway == "local" else _price(one)
        drawn = clock(one.shot.duration.seconds(storyboard.rate)) if one.shot.card else ""
        length = f"{int(order.seconds)} s" if order else drawn
        way = [_way(one) if one in plan.missing else ""] * len(order_)
        hidden = "; not in this cut, which needs it" if one.shot.id in unseen else ""
        why = escape(printable(one.reason + hidden))
        rows.append([
            *numbers.get(one.shot.id, ()), _name(one, width), _state(one.state), length,
            *[_model(order, wide=wide)] * len(model), price, *way, why,
        ])  # fmt: skip
    return table_of([*(["number"] if numbers else []), *columns], rows, ("time", "price"))


def _name(one: PlannedShot, width: int) -> str:
    """A shot's id, or the beginning of one that would leave no room for anything else."""
    return beginning(one.shot.id, max(SHORTEST, width // 4))


def _numbers(plan: Plan) -> dict[str, tuple[str]]:
    """What fills a first column with the shots' numbers, by id; nothing where no shot has one."""
    numbered = any(one.shot.number for one in plan.shots)
    return {one.shot.id: (one.shot.number,) for one in plan.shots} if numbered else {}


def buying_table(plan: Plan, width: int = PIPE) -> Table:
    """What would be bought, and why, for so many columns of a terminal."""
    rows = [
        (
            _name(one, width), _state("retake" if one.number else one.state),
            _model(one.shot.order, wide=width >= WIDE), _price(one), escape(printable(one.reason)),
        )
        for one in plan.to_buy
    ]  # fmt: skip
    return table_of(("shot", "state", "model", "price", "why"), rows, ("price",))


def _model(order: Order | None, *, wide: bool = True) -> str:
    if order is None:
        return ""
    words = (order.model.split("/", 1)[1], *((order.mode, "+ sound" if order.audio else "") if wide else ()))
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


def status_table(plan: Plan, width: int = PIPE) -> Table:
    """How every shot stands, a line each, for so many columns of a terminal; in a narrow one, without the clip's
    facts."""
    numbers, wide = _numbers(plan), width >= WIDE
    columns = ["shot", "state", "take", *(["clip"] if wide else []), "prompt"]
    rows: list[list[str | Text]] = []
    for one in plan.shots:
        take, facts = one.take, one.take.facts if one.take else None
        clip = f"{facts.width}x{facts.height}, {facts.frames} frames{', sound' if facts.audio else ''}" if facts else ""
        alike = [f"{share:.0%}" for share in (take.likeness if take else ()) if share is not None]
        clip += f", like its stills {' '.join(alike)}" if alike and width >= PIPE else ""
        words = one.shot.order.prompt if one.shot.order and one.state in ("held", "missing") else one.reason
        rows.append([
            *numbers.get(one.shot.id, ()), _name(one, width), _state(one.state), take.sha256[:12] if take else "",
            *([clip] if wide else []), printable(words),
        ])  # fmt: skip
    columns = [*(["number"] if numbers else []), *columns]
    taken = sum(max(_cells(one) for one in column) + 2 for column in list(zip(columns, *rows, strict=True))[:-1])
    room = max(SHORTEST, width - taken)
    return table_of(columns, [(*row[:-1], escape(beginning(str(row[-1]), room))) for row in rows])


def beginning(text: str, room: int) -> str:
    """As much of a text as so many columns have room for: whole words, where it has several."""
    words = " ".join(printable(text).split())
    if cell_len(words) <= room:
        return words
    cut = set_cell_size(words, room - 1).rstrip()
    if words[len(cut)] == " " or " " not in cut:
        return f"{cut}…"
    return f"{cut.rpartition(' ')[0]}…"


def _cells(text: str | Text) -> int:
    return text.cell_len if isinstance(text, Text) else cell_len(text)


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
