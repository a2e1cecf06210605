"""A part of a film is bought and the rest is not; only who names a shot agrees to pay for a lost take of it again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from storyboard.cli.main import run
from storyboard.errors import Gate
from storyboard.foresight import Options, make_plan
from storyboard.planner.part import Part
from storyboard.testing import Fault
from tests.paid.sets import Set

FILM = """\
storyboard: 1
outputs: {film: {size: 128x72}}
defaults: {duration: 3s, first: plain.png}
scenes:
  - {id: one, shots: [{id: a, prompt: One.}, {id: b, prompt: Two.}]}
  - {id: two, shots: [{id: c, prompt: Three.}, {id: d, prompt: Four.}]}
"""


def write(one: Set) -> None:
    """A film of two scenes."""
    one.write()
    one.file.write_text(FILM)


def test_only_a_part_is_bought(one: Set) -> None:
    write(one)
    assert one.render(part=Part(("two",))).missing == ("a", "b")
    assert sorted(one.lock.shots) == ["c", "d"]
    assert one.render(part=Part(start="b", end="c")).missing == ("a",)
    assert one.charged == 3
    assert one.render(shots=("a",), part=Part(("two",))).outcome == "rendered"
    assert one.charged == 4


def test_a_scene_does_not_agree_to_pay_for_a_lost_take_again(one: Set) -> None:
    write(one)
    one.render()
    for path in (one.home / "takes").rglob("*.mp4"):
        path.unlink()
    one.gateway.script(Fault("status", "refuse", times=10, status=404))
    shutil.rmtree(one.folder / ".storyboard")
    for part in (Part(("one",)), Part(start="a")):
        with pytest.raises(Gate) as raised:
            one.render(part=part)
        assert "name the shot with `--shot`" in raised.value.hint
    assert one.charged == 4
    one.gateway.script(Fault("status", "refuse", status=404))
    assert one.render(shots=("a",), part=Part(end="a")).outcome == "incomplete"
    assert len(one.gateway.ledger.charges) == 5


def test_a_plan_is_about_the_same_part(one: Set, capsys: pytest.CaptureFixture[str]) -> None:
    write(one)
    _, wanted = make_plan(one.project, one.settings(), Options(part=Part(("one",))))
    assert [shot.shot.id for shot in wanted.to_buy] == ["a", "b"]

    def planned(*words: str) -> list[str]:
        assert run(["plan", str(one.file), "--gateway", "remote", "--json", *words]) == 0
        return [shot["id"] for shot in json.loads(capsys.readouterr().out)["shots"]]

    assert planned("--scene", "two") == ["c", "d"]
    assert planned("--from", "b", "--until", "c") == ["b", "c"]
    assert planned("--shot", "a", "--shot", "d") == ["a", "d"]
    assert planned() == ["a", "b", "c", "d"]


@pytest.mark.parametrize("command", ["plan", "render"])
def test_names_that_the_film_does_not_have(one: Set, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(one)
    for words, said in (
        (["--scene", "tow"], "error: there is no scene `tow`\n  hint: did you mean `two`?"),
        (["--from", "x"], "error: there is no shot `x`\n  hint: one of a, b, c, d"),
        (
            ["--from", "c", "--until", "a"],
            "error: `a` stands before `c` in the film\n  hint: write `--from a --until c`",
        ),
    ):
        assert run([command, str(one.file), *words]) == 2
        assert said in capsys.readouterr().err
    assert not Path(one.folder / "build").exists()
