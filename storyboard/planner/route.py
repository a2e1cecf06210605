"""By which route an order goes: started and asked after wherever that is possible, held open where it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from storyboard.planner.catalogue import Model
from storyboard.planner.request import Request

Route = Literal["start", "held-open", "none"]

START_LIMIT = 292 * 1024
"""Bytes of JSON that the start route takes: 300 KiB less the gateway's own 8 KiB."""

TOO_LARGE = "stills of more than 300 KiB, and no `stills.host` to put them"
MAY_BE_LARGE = "it goes on from a frame that may need more than 300 KiB, and there is no `stills.host` to put it"
INSIDE_ONLY = "stills of more than 300 KiB, which its model takes inside an order only"
NO_START = "its model has no start route"
NO_HOST = "it takes files as addresses only, and there is no `stills.host`"


@dataclass(frozen=True, slots=True)
class Way:
    """How an order travels. `hosted` counts the files that are put on the host for the gateway to fetch."""

    route: Route
    hosted: int = 0
    why: str = ""


def choose_way(
    request: Request, model: Model | None, host: str, weigh: Callable[[Request], int], *, local: bool
) -> Way:
    """How a request is sent. `host` is where files can be put, or empty; the local gateway draws from what it gets."""
    if local:
        return Way("start" if weigh(request) <= START_LIMIT else "held-open")
    stills = [one for one in (request.first, request.last, *request.references) if one]
    count = len(stills) + (request.motion is not None)
    addresses = request.motion is not None or (count > 0 and model is not None and model.stills == "address")
    started = model is None or model.start
    inside = model is not None and model.stills == "inline"
    host = "" if inside else host
    if addresses and not host:
        return Way("none", 0, NO_HOST)
    if addresses:
        return Way("start" if started else "held-open", count)
    if not started:
        return Way("held-open", 0, NO_START)
    if weigh(request) <= START_LIMIT:
        return Way("start")
    if host:
        return Way("start", count, f"stills of more than 300 KiB: they go to {host}")
    return Way("held-open", 0, INSIDE_ONLY if inside else TOO_LARGE)


def guess_way(model: Model | None, host: str) -> Way:
    """How a request that begins on a frame nobody has seen yet will be sent: as a full picture is."""
    if model and model.stills == "address" and not host:
        return Way("none", 0, NO_HOST)
    if model and not model.start:
        return Way("held-open", 0, NO_START)
    if model and model.stills == "inline":
        return Way("held-open", 0, INSIDE_ONLY)
    return Way("start", 1) if host else Way("held-open", 0, MAY_BE_LARGE)
