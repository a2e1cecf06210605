"""The very words that are bought: every shot's prompt, templates filled in, characters and look behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from storyboard.cli.report import printable
from storyboard.planner.plan import Plan, PlannedShot
from storyboard.planner.request import normal


def prompts_text(plan: Plan) -> str:
    """Each generated shot's words for people, as its model is sent them; empty when no shot is generated."""
    return "\n\n".join("\n".join(_lines(one)) for one in plan.shots if one.shot.order)


def _lines(one: PlannedShot) -> Iterator[str]:
    words, order = words_of(one), one.shot.order
    yield f"{click.style(one.shot.id, bold=True)}  {order.model if order else ''}"
    if words["prompt"]:
        yield from _told("prompt", words["prompt"])
    for number, beat in enumerate(words["beats"], 1):
        yield from _told(f"{number}, {beat['seconds']}s", beat["prompt"])
    if words["negative"]:
        yield from _told("negative", words["negative"])


def _told(name: str, text: str) -> Iterator[str]:
    """A text below its name, its own lines kept: every line break is sent too."""
    first, *more = text.split("\n")
    start = f"  {name}: "
    yield f"{click.style(start, fg='cyan')}{printable(first)}"
    yield from (" " * len(start) + printable(line, keep_spaces=True) for line in more)


def words_of(one: PlannedShot) -> dict[str, Any]:
    """A shot's words for programs; empty ones where none are sent."""
    order = one.shot.order
    beats = [{"prompt": normal(beat.prompt), "seconds": beat.seconds} for beat in order.beats] if order else []
    return {
        "prompt": normal(order.prompt) if order else "", "negative": normal(order.negative) if order else "",
        "beats": beats,
    }  # fmt: skip
