"""What a film has cost: estimated against billed, and what no lock names."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal

from storyboard.lockfile import lock_of
from storyboard.settings import Settings
from storyboard.spec.model import Storyboard
from storyboard.store.journal import Journal
from storyboard.store.orders import Order, Orders
from storyboard.store.project import Project


@dataclass(frozen=True, slots=True)
class Spending:
    """Every order of a film that counts for something, the latest last."""

    orders: tuple[Order, ...]
    unnamed: tuple[Order, ...]
    """Those among them whose clip the lock does not name: unresolved, given up, billed without a clip, put aside."""
    total: Decimal
    """US dollars ever recorded for the film, takes that the lock names and others ordered included."""
    budget: Decimal | None


def spending_of(project: Project, settings: Settings, storyboard: Storyboard) -> Spending:
    """What was spent on a film, as far as this user's journal and the film's lock know."""
    named, film = lock_of(project).costs, str(project.file)
    with closing(Journal(settings.home)) as journal:
        orders = Orders(journal.database)
        counted = tuple(order for order in orders.of_film(film) if order.state != "reserved")
        unnamed = tuple(order for order in counted if order.sha256 not in named and order.spent)
        return Spending(counted, unnamed, orders.spent(film, named), storyboard.budget)
