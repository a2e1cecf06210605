"""`takes`, `retake`, `pick`, `accept` and `import` as one types them; what they say, and the sheet that they draw."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from storyboard.cli.agreeing import asking
from storyboard.cli.main import run
from storyboard.planner.price import built_in
from storyboard.retakes import Wanted, retake
from storyboard.sheet import draw_sheet
from storyboard.store.takes import TakeStore
from storyboard.takelist import takes_of
from storyboard.testing import FakeGateway
from storyboard.testing.clips import colour_of
from tests.paid.sets import ALL, Set

Capture = pytest.CaptureFixture[str]

HEAD = "characters: {mira: {prompt: a woman in a green coat}}\n"
A = "{id: a, first: plain.png, prompt: Walks in., characters: [mira]}"
B = "{id: b, first: {shot: a, frame: last}, prompt: Goes on.}"
C = "{id: c, first: plain.png, prompt: Sits., characters: [mira]}"


@pytest.fixture
def one(tmp_path: Path, served: tuple[FakeGateway, str], monkeypatch: pytest.MonkeyPatch) -> Set:
    """A film that was bought; the environment is its user's."""
    made = Set(tmp_path / "film", *served, tmp_path / "home")
    made.write(A, B, C, head=HEAD)
    for shot in "abc":
        wanted = Wanted(shot, terms=replace(ALL, allow_held_open=True))
        retake(made.project, made.settings(), wanted, made.events.append)
    for name, value in {**served[0].environment(served[1]), "STORYBOARD_HOME": str(made.home)}.items():
        monkeypatch.setenv(name, value)
    for name in ("STORYBOARD_STILLS_HOST", "STORYBOARD_STILLS_URL"):
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(made.folder)
    return made


def typed(capsys: Capture, *args: str, code: int = 0) -> tuple[str, str]:
    """What a command says, on standard output and on standard error."""
    assert run(list(args)) == code
    seen = capsys.readouterr()
    return seen.out, seen.err


def data(capsys: Capture, *args: str) -> dict[str, Any]:
    """What a command says with `--json`."""
    found: dict[str, Any] = json.loads(typed(capsys, *args, "--json")[0])
    assert found["format_version"] == 1
    return found


def test_a_day_at_the_casting_desk(one: Set, capsys: Capture, tmp_path: Path) -> None:
    _, said = typed(capsys, "retake", "film.yaml", "a", code=3)
    assert "1 clip would be bought, for up to $0.50" in said
    _, said = typed(capsys, "retake", "film.yaml", "a", "-n", "2", "--note", "slower [steam]", "--budget", "2")
    assert "take 2, take 3, $1.01 spent" in said
    assert "a take 3: held" in said
    assert "Take 1 stays in the cut; `storyboard pick film.yaml a 3` chooses another." in said
    out, said = typed(capsys, "takes", "film.yaml")
    assert out.count("“slower [steam]”") == 2
    assert "(1)" in out
    assert [line.split()[0] for line in out.splitlines() if line[:1] in "abc"] == ["a", "b", "c"]
    _, said = typed(capsys, "pick", "film.yaml", "a", "3")
    assert "a  take 3 is in the cut" in said
    assert "b goes on from it: a render shoots that anew, up to $0.50; `pin: true` or `accept` keeps" in said
    _, said = typed(capsys, "accept", "film.yaml", "b")
    assert "b  take 1 is in the cut, accepted for what the shot asks for now" in said
    clip = tmp_path / "up.mp4"
    clip.write_bytes(one.clip(one.lock.shots["c"].circled).read_bytes() + b"\0\0\0\x08free")
    _, said = typed(capsys, "import", "film.yaml", "a", str(clip), "--from-take", "3", "--note", "upscaled")
    assert "take 4 is on record; the one in the cut stays there" in said
    assert "`storyboard pick film.yaml a 4` puts it into the cut" in said
    rows = data(capsys, "takes", "film.yaml", "a")["takes"]
    assert [(row["number"], row["circled"], row["origin"], row["fits"]) for row in rows] == [
        (1, False, "ordered", True), (2, False, "ordered", True), (3, True, "ordered", True),
        (4, False, "imported", True),
    ]  # fmt: skip
    assert (rows[3]["parent"], rows[3]["cost"], rows[3]["note"]) == (rows[2]["sha256"], "0.00", "upscaled")
    assert "made from take 3" in typed(capsys, "takes", "film.yaml", "a")[0]
    found = data(capsys, "pick", "film.yaml", "a", "1")
    assert [(shot["number"], shot["changed"], shot["stale"]) for shot in found["shots"]] == [(1, True, [])]
    assert data(capsys, "plan", "film.yaml")["estimate"] == "0.00"


def test_what_an_edit_would_cost_is_told_by_its_cause(
    one: Set, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.write(A, B, C, "{id: n, first: plain.png, prompt: New.}", head=HEAD.replace("green", "red"))
    found = data(capsys, "plan", "film.yaml")
    assert found["causes"] == [
        {"what": "characters.mira", "shots": ["a", "c"], "cost": "1.01"},
        {"what": "the take of a", "shots": ["b"], "cost": "0.50"},
    ]
    _, said = typed(capsys, "plan", "film.yaml")
    assert "characters.mira changed: 2 shots, up to $1.01  a, c" in said
    assert "no take yet: 1 shot, up to $0.50  n" in said
    asked = asking(one.project, one.settings())
    monkeypatch.setattr("click.prompt", lambda *_, **__: "n")
    assert asked(one.plan().priced(built_in()), Decimal(3)) == "nothing"
    said = capsys.readouterr().err
    assert "characters.mira changed: 2 shots, up to $1.01  a, c" in said
    assert "4 clips, up to $2.02; $3.00 of the film's budget is left\n" in said
    _, said = typed(capsys, "why", "film.yaml", "a")
    assert "`storyboard accept film.yaml a` keeps its take for what it asks for now, free." in said
    _, said = typed(capsys, "why", "film.yaml", "b")
    assert "`storyboard accept film.yaml a b` keeps both takes, free." in said
    found = data(capsys, "accept", "film.yaml", "a", "c", "b")
    assert [(shot["id"], shot["state"], shot["accepted"]) for shot in found["shots"]] == [
        ("a", "held", True), ("c", "held", True), ("b", "held", False),
    ]  # fmt: skip
    assert data(capsys, "plan", "film.yaml")["causes"] == []
    one.write(A.replace("Walks", "Runs"), B, C, head=HEAD.replace("green", "red"))
    changes = data(capsys, "why", "film.yaml", "a")["changes"]
    assert [change["new"] for change in changes] == ["Runs in. a woman in a red coat"], "against what was accepted"
    assert [change["old"] for change in changes] == ["Walks in. a woman in a red coat"]


def test_a_sheet_shows_the_takes_side_by_side(one: Set, capsys: Capture) -> None:
    typed(capsys, "retake", "film.yaml", "a", "-n", "5", "--budget", "5")
    lost = one.lock.shots["a"].takes[4].sha256
    one.clip(lost).unlink()
    out, said = typed(capsys, "takes", "film.yaml", "a", "--sheet", "a.png")
    assert "a.png shows them side by side" in said
    assert "its file is not here" in out
    assert "`storyboard pull film.yaml` brings it" in said
    with Image.open("a.png") as sheet:
        picture = sheet.convert("RGB")
    cell, pitch = (400, 225), 428
    assert picture.width == 2 * 48 + 72 + 5 * 400 + 4 * 28, "five beside one another"
    jobs = {digest: job for job, digest in one.gateway.ledger.deliveries.items()}
    for place, take in enumerate(one.lock.shots["a"].takes[:4]):
        for moment in range(3):
            at = (120 + place * pitch + cell[0] // 2, 48 + 104 + 60 + moment * (cell[1] + 6) + cell[1] // 4)
            found = picture.getpixel(at)
            assert isinstance(found, tuple)
            near = [abs(one - two) for one, two in zip(found, colour_of(jobs[take.sha256]), strict=True)]
            assert max(near) < 12, (take.number, moment, found)
    empty = picture.getpixel((120 + 4 * pitch + 8, 48 + 104 + 60 + 8))
    assert empty == (0x20, 0x26, 0x2D)
    ring = picture.crop((120, 152, 120 + 44, 152 + 44)).getcolors(10_000) or []
    assert any(colour == (0xFF, 0xB2, 0x38) and count > 100 for count, colour in ring)
    plain = picture.crop((120 + pitch, 152, 120 + pitch + 44, 152 + 44)).getcolors(10_000) or []
    assert all(colour != (0xFF, 0xB2, 0x38) for _, colour in plain)
    _, said = typed(capsys, "takes", "film.yaml", "--sheet", "a.png", code=2)
    assert "`--sheet` draws the takes of one shot" in said
    _, said = typed(capsys, "takes", "film.yaml", "a", "--sheet", "a.jpg", code=2)
    assert "--sheet a.png" in said
    typed(capsys, "takes", "film.yaml", "c", "--sheet", "a.png")
    still = Path("plain.png").read_bytes()
    _, said = typed(capsys, "takes", "film.yaml", "a", "--sheet", "plain.png", code=2)
    assert "`plain.png` is there already, and is no sheet of takes" in said
    assert Path("plain.png").read_bytes() == still


def test_a_sheet_says_what_is_damaged_and_takes_any_text(one: Set) -> None:
    found = takes_of(one.project, one.settings(), "c").entries
    path = one.clip(found[0].take.sha256)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-9])
    shown = replace(found[0], take=replace(found[0].take, note="\x1b[31m" + "word " * 300, number=1234))
    made = draw_sheet("c" * 200, "\n" * 9 + "x" * 9_999, [shown] * 7, TakeStore(one.home))
    with Image.open(io.BytesIO(made)) as sheet:
        assert sheet.width == 2 * 48 + 72 + 5 * 400 + 4 * 28
        assert sheet.height < 2_500


def test_shots_that_are_gone_keep_their_takes(one: Set, capsys: Capture) -> None:
    one.write(A, B, head=HEAD)
    out, _ = typed(capsys, "takes", "film.yaml")
    assert "its shot is not in the film any more" in out
    assert [row["fits"] for row in data(capsys, "takes", "film.yaml", "c")["takes"]] == [None]
    assert "there is no shot `x`" in typed(capsys, "takes", "film.yaml", "x", code=2)[1]
    one.write(A, B, "{id: n, first: plain.png, prompt: New.}", head=HEAD)
    assert "No take of n yet: `storyboard render film.yaml` shoots them." in typed(capsys, "takes", "film.yaml", "n")[1]
    assert "`n` has no take yet" in typed(capsys, "takes", "film.yaml", "n", "--sheet", "n.png", code=1)[1]
    assert "`n` has no take yet" in typed(capsys, "pick", "film.yaml", "n", "1", code=1)[1]
