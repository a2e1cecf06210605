"""What may be spent, and who said so.

Nothing is bought that was not shown and agreed to: on a terminal by an answer, elsewhere by `--yes` or `--budget`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Literal

from storyboard.errors import Gate, Interrupted, Usage
from storyboard.planner.plan import Plan, PlannedShot
from storyboard.planner.price import dollars

RISE = Decimal("1.10")
"""How far a price may rise between the plan and the order."""
LOCK_SECONDS = 900.0

Choice = Literal["all", "missing", "keep", "nothing"]
Ask = Callable[[Plan, Decimal | None], Choice]
"""Shows a plan and what is left of the budget to a person, and returns the answer."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a render was allowed, before it knows what it needs."""

    yes: bool = False
    budget: Decimal | None = None
    """US dollars for this run; saying it consents up to it."""
    keep_stale: bool = False
    locked: bool = False
    """Spend nothing, and change no lock."""
    max_shot_cost: Decimal | None = None
    allow_held_open: bool = False
    lock_timeout: float = LOCK_SECONDS
    ask: Ask | None = None
    plan: Mapping[str, Decimal | None] | None = None
    """A plan that was agreed to before: what each order may cost, by slate, or by shot where that was not known."""

    @property
    def asks(self) -> bool:
        """Whether a person is asked: nothing else has agreed already."""
        return self.ask is not None and not self.yes and self.budget is None and self.plan is None


def agree(plan: Plan, terms: Terms, keeping: Callable[[], Plan], left: Decimal | None) -> tuple[Plan, Decimal]:
    """The plan that was agreed to, and what it may cost; `Gate` or `Usage` when nobody agreed.

    `keeping` makes the plan in which stale takes stay; `left` is what is left of the film's budget, None without one.
    """
    if terms.plan is not None:
        _check_plan(plan, terms.plan)
    elif terms.ask and terms.asks:
        plan = _answered(plan, terms.ask(plan, left), keeping)
    elif terms.budget is None and not terms.yes:
        sum_ = "USD" if plan.estimate is None else str(plan.estimate.quantize(Decimal("0.01"), ROUND_UP))
        hint = f"`--budget {sum_}` agrees to it; `storyboard plan` shows what it is"
        raise Gate(_would_cost(plan), hint=hint)
    elif terms.budget is None and left is None:
        raise Usage("`--yes` needs a limit", hint="add `--budget USD`, or write `budget:` in the storyboard")
    if not plan.to_buy:
        return plan, Decimal(0)
    return plan, _check(plan, terms, left)


def _check_plan(plan: Plan, agreed: Mapping[str, Decimal | None]) -> None:
    """`Gate` when a plan has more, or dearer, than one that was agreed to before."""
    again = "`storyboard plan FILE --out PLAN` writes it down anew"
    for one in plan.to_buy:
        name = one.slate if one.slate and one.slate in agreed else one.shot.id
        if name not in agreed:
            raise Gate(f"the plan is out of date: it does not have what `{one.shot.id}` asks for now", hint=again)
        price = agreed[name]
        if one.estimate is not None and price is not None and one.estimate > price * RISE:
            risen = f"from {dollars(price)} to {dollars(one.estimate)}"
            raise Gate(f"the plan is out of date: the price of `{one.shot.id}` has risen {risen}", hint=again)


def _answered(plan: Plan, choice: Choice, keeping: Callable[[], Plan]) -> Plan:
    if choice == "nothing":
        raise Interrupted(
            "nothing was bought", hint="`--keep-stale` goes on with what is there, `--draft` with animatics"
        )
    if choice == "all":
        return plan
    kept = keeping()
    if choice == "keep" and kept.to_buy:
        has = "has" if len(kept.to_buy) == 1 else "have"
        raise Gate(f"nothing was bought, and {names_of(kept.to_buy)} still {has} no take")
    return kept


def _check(plan: Plan, terms: Terms, left: Decimal | None) -> Decimal:
    """What a plan's orders may cost together; `Gate` names what stands in their way, and the way around it."""
    _check_ways(plan, terms)
    prices = {one.name: one.estimate if one.estimate is not None else terms.max_shot_cost for one in plan.to_buy}
    unknown = [one for one in plan.to_buy if prices[one.name] is None]
    if unknown:
        message = f"nobody knows what {names_of(unknown)} would cost"
        raise Gate(message, hint="`--max-shot-cost USD` says the most that a shot may")
    if terms.max_shot_cost is not None:
        dear = [one for one in plan.to_buy if (one.estimate or Decimal(0)) > terms.max_shot_cost]
        if dear:
            raise Gate(f"{names_of(dear)} may cost more than {dollars(terms.max_shot_cost)}, `--max-shot-cost`")
    total = sum((price for price in prices.values() if price is not None), Decimal(0))
    for limit, name in ((terms.budget, "`--budget`"), (left, "the film's `budget:`")):
        if limit is not None and total > limit:
            of = f"{dollars(limit)} is left of" if limit is left else f"{dollars(limit)} is"
            cheapest = min(plan.to_buy, key=lambda one: prices[one.name] or total)
            fits = (prices[cheapest.name] or total) <= limit and not cheapest.number
            hint = f"raise it{f', or shoot a part: `--shot {cheapest.shot.id}`' if fits else ''}"
            raise Gate(f"it would cost up to {dollars(total)}, and {of} {name}", hint=hint)
    most = (total * RISE).quantize(Decimal("0.0001"), ROUND_UP)
    limits = [limit for limit in (terms.budget, total if terms.asks else most) if limit is not None]
    return min(limits)


def _check_ways(plan: Plan, terms: Terms) -> None:
    nowhere = [one for one in plan.to_buy if one.request and one.route == "none"]
    if nowhere:
        raise Gate(
            f"{names_of(nowhere)}: {nowhere[0].way.why}", hint="docs/hosting.md says how to set it up, in one line"
        )
    open_ = [one for one in plan.to_buy if one.route == "held-open"]
    if open_ and not terms.allow_held_open and not terms.asks:
        risk = dollars(sum((one.estimate or terms.max_shot_cost or Decimal(0) for one in open_), Decimal(0)))
        raise Gate(
            f"{names_of(open_)} would be ordered by a call that is held open: where its line breaks, up to {risk} may "
            "be charged for clips that never arrive",
            hint="docs/hosting.md says how to host the stills instead; `--allow-held-open` takes the risk",
        )


def _would_cost(plan: Plan) -> str:
    count = len(plan.to_buy)
    return f"{count} {'clip' if count == 1 else 'clips'} would be bought, for up to {dollars(plan.estimate)}"


def names_of(shots: Sequence[PlannedShot]) -> str:
    """Some shots' ids, for a message: the first six, and how many more there are."""
    names = list(dict.fromkeys(f"`{one.shot.id}`" for one in shots))
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
