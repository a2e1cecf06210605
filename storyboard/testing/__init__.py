"""Rehearsals: a gateway that takes no real money, with a ledger and faults at will. See `docs/rehearsing.md`."""

from storyboard.testing.clips import colour_of, colour_seen
from storyboard.testing.faults import Fault, storm
from storyboard.testing.gateway import FakeGateway
from storyboard.testing.ledger import Charge, Ledger

__all__ = ["Charge", "FakeGateway", "Fault", "Ledger", "colour_of", "colour_seen", "storm"]
