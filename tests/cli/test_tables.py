"""Tables for people: they fit into a terminal, and what matters in them is whole at every width."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from storyboard.cli.tables import beginning, buying_table, plan_table, status_table
from storyboard.foresight import Options, make_plan
from storyboard.planner.plan import Plan
from storyboard.settings import settings_for
from storyboard.spec.model import Storyboard
from storyboard.store.project import open_project
from tests.media import run

LONG = "a-very-long-id-of-a-shot-that-nobody-would-write-but-a-program"
FILM = f"""\
storyboard: 1
defaults: {{model: klingai/kling-v3.0-i2v, duration: 5s, mode: std, audio: true}}
shots:
  - {{id: title, card: {{text: One}}, duration: 1s}}
  - {{id: {LONG}, first: a.png, prompt: "{"Slow push in over the ridge. " * 4}"}}
  - {{id: pass, first: {{shot: {LONG}, frame: last}}, prompt: "{"日本の山の朝の光、とても静かな朝です。" * 3}"}}
"""


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Storyboard, Plan]:
    """A film with an id that is longer than any screen likes, and its plan for a gateway that is paid."""
    folder = tmp_path_factory.mktemp("film")
    run("-f", "lavfi", "-i", "color=red:s=640x360", "-frames:v", "1", str(folder / "a.png"))
    (folder / "film.yaml").write_text(FILM)
    settings = replace(settings_for(folder), home=folder / "home")
    return make_plan(open_project(str(folder / "film.yaml")), settings, Options("remote"), live=False)


def lines_of(table: Table, width: int) -> list[str]:
    """A table as a terminal of so many columns shows it."""
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(table)
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("width", [56, 60, 80, 100, 120, 140, 200])
def test_every_state_is_whole_and_no_line_too_long(planned: tuple[Storyboard, Plan], width: int) -> None:
    storyboard, plan = planned
    for table in (plan_table(storyboard, plan, width), status_table(plan, width), buying_table(plan, width)):
        lines = lines_of(table, width)
        assert max(map(cell_len, lines)) <= width
        text = "\n".join(lines)
        assert text.count("missing") == 2
        assert "…" in text or width > 4 * len(LONG)
    status = lines_of(status_table(plan, width), width)
    assert len(status) == 4, "a shot is a line"
    money = "\n".join(lines_of(plan_table(storyboard, plan, width), width))
    assert money.count("$1.26") == 2
    assert ("kling-v3.0-i2v" in money) == (width >= 72)
    assert ("std + sound" in money) == (width >= 100)


def test_a_text_is_cut_at_a_word_and_never_wider_than_its_room() -> None:
    assert beginning("Slow push in", 12) == "Slow push in"
    assert beginning("Slow push in", 11) == "Slow push…"
    assert beginning("Slow push in", 7) == "Slow…"
    assert beginning("Slowly", 4) == "Slo…"
    assert beginning("日本の山", 5) == "日本…"
    assert beginning("a\x1b[31m b", 20) == "a [31m b"
    for room in range(2, 30):
        assert cell_len(beginning("Slow 日本の山 push-in over", room)) <= room
