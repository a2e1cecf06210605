"""Places to buy at: in this process, or in processes of their own that may be killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storyboard.testing import FakeGateway
from storyboard.testing.stage import Stage, open_stage
from tests.paid.rehearsing import Rehearse, rehearsals
from tests.paid.sets import Set


@pytest.fixture
def one(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, served: tuple[FakeGateway, str]) -> Set:
    """A set whose gateway is as good as new."""
    gateway, base = served
    vars(gateway).update(vars(FakeGateway(tmp_path_factory.mktemp("gateway"), height=72)))
    return Set(tmp_path / "film", gateway, base, tmp_path / "home")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Where commands are run, and killed."""
    with open_stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.fixture
def rehearse(tmp_path: Path, stage: Stage) -> Iterator[Rehearse]:
    """Makes rehearsals on the stage."""
    with rehearsals(tmp_path, stage) as begin:
        yield begin
