"""Progress that a person enjoys: one live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from storyboard.cli.common import interactive, megabytes, talk
from storyboard.progress import Assembling, Carried, Event, Said, ShotMoved, Watch

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

MARKS = {
    "waiting": ("·", "dim"), "ordered": ("○", "yellow"), "shooting": ("◐", "yellow"), "downloading": ("↓", "cyan"),
    "held": ("●", "green"), "failed": ("✗", "red"),
}  # fmt: skip
BAR = 32


@dataclass(slots=True)
class _Row:
    state: str
    since: float
    took: float | None = None
    bytes: int = 0


@dataclass(slots=True)
class _Board:
    """All that is known of a render under way."""

    shots: dict[str, _Row] = field(default_factory=dict)
    films: dict[str, tuple[Assembling, float]] = field(default_factory=dict)
    carried: tuple[Carried, float] | None = None

    def take(self, event: Event) -> None:
        now = time.monotonic()
        if isinstance(event, ShotMoved):
            row = self.shots.setdefault(event.shot, _Row(event.state, now))
            if row.state == "waiting":
                row.since = now
            row.state, row.bytes = event.state, event.bytes or row.bytes
            if event.state in ("held", "failed"):
                row.took = now - row.since
        elif isinstance(event, Assembling):
            begun = self.films[event.output][1] if event.output in self.films else now
            self.films[event.output] = (event, begun)
        elif isinstance(event, Carried):
            self.carried = (event, self.carried[1] if self.carried else now)


@contextmanager
def watching() -> Iterator[Watch]:
    """A function to hand to a render; what it is told is shown on standard error."""
    console = talk()
    if interactive():
        with _live(console) as watch:
            yield watch
    else:
        yield _plain(console)


@contextmanager
def _live(console: Console) -> Iterator[Watch]:
    from rich.live import Live

    board = _Board()
    live = Live(get_renderable=lambda: _draw(board), console=console, refresh_per_second=8, transient=False)

    def watch(event: Event) -> None:
        if isinstance(event, Said):
            live.console.print(sentence(event))
        else:
            live.start()  # not before: it would wipe away what somebody types who is asked first
        board.take(event)

    try:
        yield watch
    finally:
        live.stop()


def _draw(board: _Board) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    now = time.monotonic()
    for id_, row in board.shots.items():
        mark, color = MARKS[row.state]
        took = row.took if row.took is not None else now - row.since
        size = megabytes(row.bytes) if row.bytes else ""
        clock = "" if row.state == "waiting" else f"{took:5.1f} s"
        table.add_row(Text(mark, color), id_, Text(row.state, color), clock, Text(size, "dim"))
    films = [_film(event, now - begun) for event, begun in board.films.values()]
    carried = [_carried(board.carried[0], now - board.carried[1])] if board.carried else []
    return Group(*carried, *([table] if board.shots else []), *films)


def _film(event: Assembling, elapsed: float) -> RenderableType:
    from rich.text import Text

    full = round(BAR * event.done / max(1, event.total))
    fresh = event.done - event.reused
    rate = fresh / elapsed if elapsed > 0.2 else 0.0
    text = Text.assemble(
        (f"{event.output}  ", "bold"), ("━" * full, "green"), ("━" * (BAR - full), "dim"),
        f"  {event.done}/{event.total} frames",
    )  # fmt: skip
    if fresh and event.done < event.total:
        text.append(f"  {rate:.0f} per second, {(event.total - event.done) / max(rate, 0.1):.0f} s left", "dim")
    return text


def _carried(event: Carried, elapsed: float) -> RenderableType:
    from rich.text import Text

    full = round(BAR * event.bytes / max(1, event.of_bytes))
    text = Text.assemble(
        (f"{event.way}  ", "bold"), ("━" * full, "green"), ("━" * (BAR - full), "dim"),
        f"  {_takes(event)}",
    )  # fmt: skip
    if event.bytes and event.bytes < event.of_bytes and elapsed > 0.2:
        rate = event.bytes / elapsed
        left = (event.of_bytes - event.bytes) / rate
        text.append(f"  {megabytes(round(rate))} per second, {left:.0f} s left", "dim")
    return text


def _takes(event: Carried) -> str:
    return f"{event.takes}/{event.of_takes} takes, {megabytes(event.bytes)} of {megabytes(event.of_bytes)}"


def _plain(console: Console) -> Watch:
    """A line for every shot that comes into another state, and for every quarter of a film or of what is carried."""
    board, quarters = _Board(), {"push": 0, "pull": 0, "verify": 0}

    def watch(event: Event) -> None:
        board.take(event)
        if isinstance(event, Said):
            console.print(sentence(event), soft_wrap=True)
        elif isinstance(event, ShotMoved) and event.state in ("shooting", "held", "failed"):
            row = board.shots[event.shot]
            took = f"  {row.took:.1f} s, {megabytes(row.bytes)}" if event.state == "held" else ""
            console.print(f"{event.shot}: {event.state}{took}", markup=False)
        elif isinstance(event, Assembling) and (quarter := event.done * 4 // event.total) != quarters.get(event.output):
            quarters[event.output] = quarter
            console.print(f"{event.output}: {event.done} of {event.total} frames", markup=False)
        elif isinstance(event, Carried) and (quarter := event.bytes * 4 // event.of_bytes) != quarters.get(event.way):
            quarters[event.way] = quarter
            console.print(f"{event.way} {event.where}: {_takes(event)}", markup=False, soft_wrap=True)

    return watch


def listen(event: Event) -> None:
    """Show what is said, and nothing of what happens."""
    if isinstance(event, Said):
        talk().print(sentence(event), soft_wrap=True)


def sentence(event: Said) -> str:
    """What is said, for a console that reads markup; with its place, where it is about one."""
    from rich.markup import escape

    from storyboard.cli.report import printable

    hint = f"\n[dim]hint: {escape(printable(event.hint))}[/dim]" if event.hint else ""
    text = escape(printable(event.text))
    if event.where:
        return f"[bold]{escape(printable(str(event.where)))}[/bold]: [cyan]note[/cyan]: {text}{hint}"
    return f"[yellow]{text}[/yellow]{hint}"
