"""More takes of a shot: ordered as every take is, and counted, so that a retake that was stopped is never paid twice.

What a stopped retake of the shot has paid for counts: it is written down or fetched, and only the rest is ordered. The
lock is written once, last; from counting to writing, the claim of the shot's slate is held.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal

from storyboard.buy import Wish, buy, live_prices
from storyboard.casting import orderable, protect
from storyboard.consent import Terms
from storyboard.errors import Gate, Interrupted, Refused, StoryboardError, Unresolved
from storyboard.examine import checked
from storyboard.lockfile import lock_of
from storyboard.order import CLAIM_SECONDS, RESOLVE
from storyboard.planner.casts import unseen
from storyboard.planner.catalogue import catalogue
from storyboard.planner.lock import NO_TAKES
from storyboard.planner.plan import NOTHING, Plan, PlannedShot, plan, price_of_request
from storyboard.planner.price import built_in
from storyboard.planner.request import Request, as_sent
from storyboard.planner.route import choose_way
from storyboard.planner.take import Take
from storyboard.production import Production, open_production
from storyboard.progress import Watch
from storyboard.running import run
from storyboard.settings import Settings
from storyboard.sharing import named_in, pull_missing
from storyboard.shoot import REST
from storyboard.spec.model import Storyboard
from storyboard.store.orders import Order, taken
from storyboard.store.project import Project

WORK = "retake"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants of a retake."""

    shot: str
    count: int = 1
    note: str = ""
    """What is written beside the takes."""
    force: bool = False
    """Whether a shot that is approved gets more takes all the same."""
    allow_unknown_model: bool = False
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class Retaken:
    """What a retake did."""

    shot: str
    takes: tuple[Take, ...]
    """The new ones, as the lock has them."""
    circled: Take | None
    found: int
    """How many of them were paid for before, by a retake that was stopped."""
    alike: int
    """How many came with the very bytes of another take."""
    spent: Decimal
    """US dollars: what was billed in this run, and where nobody told, the most that it can have been."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What was ordered of a slate for a film, and that nobody was told of."""

    here: tuple[Take, ...]
    open: tuple[Order, ...]
    next_number: int
    """The number of the next order: the same for all who have the same lock, and never one that was used."""


@dataclass(frozen=True, slots=True)
class _Work:
    production: Production
    storyboard: Storyboard
    wanted: Wanted
    planned: PlannedShot
    request: Request


def retake(project: Project, settings: Settings, wanted: Wanted, watch: Watch) -> Retaken:
    """Order more takes of a shot and write them into the film's lock. The circled one stays; without one, the first
    is circled. `Gate` when nobody agreed to the price, `Refused` for a shot that is approved."""
    cache = project.cache(settings.home)
    storyboard = checked(project, allow_unknown_model=wanted.allow_unknown_model, cache=cache)
    protect(orderable(storyboard, wanted.shot), wanted.force, "no more takes of it are shot")
    with open_production(project, settings, "remote") as production:
        production.tidy()
        pull_missing(project, settings, named_in(unseen(production.lock, project.own), circled=True), watch)
        keep = wanted.terms.keep_stale
        planned = _planned(plan(storyboard, production, "remote", keep_stale=keep), wanted.shot)
        if planned.request is None:
            raise _waits(project, planned)
        work = _Work(production, storyboard, wanted, planned, planned.request)
        with _alone(production, planned.request.slate, wanted.terms.lock_timeout) as since:
            production.lock = lock_of(project)  # another may have written it while it was waited for
            return _retake(work, since, watch)


def foresee(project: Project, settings: Settings, wanted: Wanted) -> Plan:
    """What a retake would order now, at the gateway's own prices; empty where all of it was paid for before.

    Nothing is ordered, and nothing written down. Errors are those of `retake`.
    """
    storyboard = checked(project, allow_unknown_model=wanted.allow_unknown_model, cache=project.cache(settings.home))
    protect(orderable(storyboard, wanted.shot), wanted.force, "no more takes of it are shot")
    with open_production(project, settings, "remote") as production:
        planned = _planned(plan(storyboard, production, "remote", keep_stale=wanted.terms.keep_stale), wanted.shot)
        if planned.request is None:
            raise _waits(project, planned)
        work = _Work(production, storyboard, wanted, planned, planned.request)
        before = _before(production, wanted.shot, planned.request.slate)
        _check_settled(before, wanted.shot)
        further = _further(work, before, max(0, wanted.count - len(before.here) - len(before.open)))
        if further.shots:
            _check_key(settings)
        left = production.left_of(storyboard.budget)
    return replace(further.priced(run(live_prices, settings)) if further.to_buy else further, left=left)


def _waits(project: Project, planned: PlannedShot) -> Refused:
    before = planned.depends_on
    hint = f"shoot that one first: `storyboard render {project.called} --shot {before}`; or `--keep-stale`"
    return Refused(f"`{planned.shot.id}` goes on from `{before}`, whose take will be another", hint=hint)


def _check_settled(before: _Before, shot: str) -> None:
    if any(order.state == "unresolved" for order in before.open):
        raise Unresolved(f"an order of `{shot}` may have been charged, and nobody knows", hint=RESOLVE)


def _check_key(settings: Settings) -> None:
    if settings.credential is None:
        hint = "set it to shoot them; `storyboard import` takes a clip that was made elsewhere"
        raise Gate("takes are bought, and AI_GATEWAY_API_KEY is not set", hint=hint)


def unnamed(production: Production, planned: PlannedShot) -> tuple[Take, ...]:
    """The takes that are here, were bought for what a shot asks for, and are not in the film's lock."""
    return _before(production, planned.shot.id, planned.slate).here if planned.slate else ()


def _retake(work: _Work, since: float, watch: Watch) -> Retaken:
    production, wanted, slate = work.production, work.wanted, work.request.slate
    before = _before(production, wanted.shot, slate, since)
    _check_settled(before, wanted.shot)
    further = _further(work, before, max(0, wanted.count - len(before.here) - len(before.open)))
    if further.shots:
        _check_key(production.settings)
    known = {one.sha256 for one in production.lock.shots.get(wanted.shot, NO_TAKES).takes}
    known -= {one.sha256 for one in before.here}
    takes: dict[str, Take] = {}
    spent = Decimal(0)
    try:
        if further.shots:
            _, spent = buy(production, work.storyboard, further, Wish(wanted.terms, strays=False), watch, takes)
    except StoryboardError as error:
        raise _told(error, wanted, len(before.here) + len(takes), production.project.called) from error
    finally:
        _write(work, [*before.here, *sorted(takes.values(), key=lambda one: one.number)])
    shot = production.lock.shots.get(wanted.shot, NO_TAKES)
    new = tuple(one for one in shot.takes if one.sha256 not in known)
    found, came = len(before.here) + len(before.open), [one for one in takes.values() if one.gateway == "remote"]
    return Retaken(wanted.shot, new, shot.take, found, len(before.here) + len(came) - len(new), spent)


def _planned(wanted: Plan, id_: str) -> PlannedShot:
    return next(one for one in wanted.shots if one.shot.id == id_)


def _before(production: Production, shot: str, slate: str, since: float = math.inf) -> _Before:
    """What a stopped retake has left; one that was killed has put into the lock what was ordered `since` then."""
    known, orders = production.lock.shots.get(shot, NO_TAKES), production.orders.of_slate(slate)
    named = {take.sha256 for take in known.takes}
    own = [order for order in orders if order.film == production.film]
    held = {
        order.sha256 for order in own if order.state == "held" and (order.sha256 not in named or order.begun >= since)
    }
    bought = reversed(production.journal.all(slate, "remote"))
    used = [order.number for order in orders if order.state == "held" or (order.open and order.state != "reserved")]
    return _Before(
        tuple(take for take in bought if take.sha256 in held and production.takes.has(take)),
        tuple(order for order in own if order.open and order.state != "reserved"),
        max([known.next_number, *(number + 1 for number in used)]),
    )


def _further(work: _Work, before: _Before, count: int) -> Plan:
    """The plan for so many more takes; orders that are under way are gone on with."""
    production, request = work.production, work.request
    model = catalogue().models.get(request.model)
    way = choose_way(request, model, production.host, production.weigh, local=False)
    quote = price_of_request(request, built_in())
    one = replace(work.planned, state="missing", take=None, paid=False, quote=quote, way=way, reason="one more take")
    under_way = (
        replace(one, state="in-flight", number=order.number, quote=NOTHING, reason="ordered, and not here yet")
        for order in before.open
    )
    new = (replace(one, number=before.next_number + index) for index in range(count))
    return Plan((*under_way, *new), "remote", host=production.host)


def _write(work: _Work, takes: list[Take]) -> None:
    """Put takes into the lock; what the shot has without one goes first, so that it stays the one that is used."""
    note, held = work.wanted.note, work.planned.take if work.planned.state == "held" else None
    more = [_noted(one, work.request, note) for one in takes if one.gateway == "remote"]
    if more:
        first = [held] if held and held.gateway == "remote" else []
        work.production.change_lock(lambda lock: lock.with_more(work.wanted.shot, [*first, *more]))


def _noted(take: Take, request: Request, note: str) -> Take:
    """A take with what the lock says of it besides."""
    seed = as_sent(request, take.number).seed
    return replace(take, note=note, seed=seed if seed != request.seed else None)


def _told(error: StoryboardError, wanted: Wanted, done: int, file: str) -> StoryboardError:
    """An error with how to go on: what is in the lock now is not counted again."""
    if not 0 < done < wanted.count:
        error.hint = "" if isinstance(error, Interrupted) else error.hint
        return error
    message = "stopped; what was paid for is kept" if isinstance(error, Interrupted) else error.message
    told = error.at(message, error.where)
    is_ = "take is" if done == 1 else "takes are"
    rest = f"`storyboard retake {file} {wanted.shot} -n {wanted.count - done}` goes on with the rest"
    other = "" if error.hint == REST else error.hint
    told.hint = "; ".join(filter(None, (f"{done} {is_} in film.lock, and {rest}", other)))
    told.also = tuple({one.message: one for one in error.also}.values())
    return told


@contextmanager
def _alone(production: Production, slate: str, seconds: float) -> Iterator[float]:
    """Have a slate's claim for the block; `Transient` when another still has it after so many seconds.

    Since when a retake of it was at work that was killed before it had told what it did; infinity for none.
    """
    until = time.monotonic() + seconds
    while True:
        with production.claims.taking(slate, WORK) as holder:
            if holder is None:
                dead = production.claims.left.get(slate)
                yield dead.since if dead and dead.work == WORK else math.inf
                return
        if time.monotonic() > until:
            raise taken(str(holder))
        time.sleep(CLAIM_SECONDS)
