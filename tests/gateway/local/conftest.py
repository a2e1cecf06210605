"""One gateway and one set of drawing processes for all of these tests: they take a second to start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storyboard.gateway.local.app import application, close
from storyboard.gateway.local.jobs import Jobs
from storyboard.gateway.local.order import Order
from storyboard.planner.catalogue import catalogue

from .calling import I2V

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from storyboard.gateway.local.animatic import Animatic

Draw = Callable[["Animatic"], Path]


@pytest.fixture(scope="package")
def app() -> Iterator[Starlette]:
    gateway = application(workers=2)
    yield gateway
    asyncio.run(close(gateway))


@pytest.fixture(scope="package")
def draw() -> Iterator[Draw]:
    """Draws an animatic of any size and gives the path of the clip."""
    jobs = Jobs(workers=1)

    def draw_one(animatic: Animatic) -> Path:
        job = jobs.submit(Order(catalogue().models[I2V], animatic, ()))
        job.drawing.result(60)
        return job.clip

    yield draw_one
    asyncio.run(jobs.close())
