"""A fake gateway, and its address for as long as a test runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storyboard.testing import FakeGateway


@pytest.fixture
def gateway(tmp_path: Path) -> FakeGateway:
    """A gateway that is not served yet."""
    return FakeGateway(tmp_path / "gateway", height=90)


@pytest.fixture
def base(gateway: FakeGateway) -> Iterator[str]:
    """The address of the gateway, which is served."""
    with gateway.serve() as base:
        yield base
