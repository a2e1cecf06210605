"""The strip of a film: in the terminal with pictures and without, and the contact sheet."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from rich.text import Text

from storyboard.cli.main import run
from storyboard.report.contact import draw_contacts, may_draw
from storyboard.report.looks import grade_of, look_at, look_at_shots
from storyboard.report.strip import ROWS, bands_of, draw_band
from storyboard.report.survey import Survey, surveying
from storyboard.settings import settings_for
from storyboard.store.project import open_project

Capture = pytest.CaptureFixture[str]

CARDS = """\
storyboard: 1
title: "Ca\\u001b[31mrds"
shots:
  - {id: red, card: {background: "#c00000"}, duration: 2s, transition: {type: dissolve, duration: 1s}}
  - {id: green, card: {background: "#00c000"}, duration: 4s, transition: {type: fade, duration: 1s, color: "#ffffff"}}
  - {id: blue, card: {background: "#0000c0"}, duration: 3s, transition: {type: wipeleft, duration: 1s}}
  - {id: grey, card: {background: "#808080"}, duration: 2s}
  - {id: black, card: {background: "#000000"}, duration: 1s}
outputs: {film: {size: 160x90}}
"""


@pytest.fixture
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five cards, each of one colour; nine seconds."""
    monkeypatch.setenv("STORYBOARD_HOME", str(tmp_path / "home"))
    (tmp_path / "film.yaml").write_text(CARDS)
    return tmp_path / "film.yaml"


def near(picture: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    pixel = picture.getpixel(at)
    assert isinstance(pixel, tuple)
    return sum(abs(int(one) - two) for one, two in zip(pixel, colour, strict=True)) < 40


RED, GREEN, BLUE, WHITE = (192, 0, 0), (0, 192, 0), (0, 0, 192), (255, 255, 255)


def test_shots_in_proportion_and_transitions_drawn(cards: Path) -> None:
    with surveying(open_project(str(cards)), settings_for(cards.parent)) as survey:
        (band,) = bands_of(survey, 180)
        picture = draw_band(survey, band, look_at_shots(survey, grade_of(5)))
    assert [place.left for place in band.places] == [0, 20, 80, 120, 160]
    assert (band.width, picture.size) == (180, (180, 2 * ROWS))
    bottom = 2 * ROWS - 1
    assert near(picture, (5, 5), RED)
    assert near(picture, (22, 0), RED), "above the slope of the dissolve, the shot before goes on"
    assert near(picture, (22, bottom), GREEN)
    assert near(picture, (60, 5), GREEN)
    assert not near(picture, (75, 5), GREEN), "towards its end it goes through white"
    assert near(picture, (79, 5), (230, 245, 230))
    assert near(picture, (100, 5), BLUE)
    assert near(picture, (124, ROWS), BLUE), "within the arrow of the wipe"
    assert near(picture, (126, 0), (128, 128, 128))
    assert near(picture, (159, 5), (128, 128, 128))
    assert near(picture, (160, 5), (0, 0, 0)), "a cut"


def test_many_bands_hold_every_shot_once(cards: Path) -> None:
    with surveying(open_project(str(cards)), settings_for(cards.parent)) as survey:
        for width in (1, 7, 40, 61, 500):
            bands = bands_of(survey, width)
            assert [place.planned.shot.id for band in bands for place in band.places] == [
                "red", "green", "blue", "grey", "black"
            ]  # fmt: skip
            for band in bands:
                assert all(place.width >= 1 for place in band.places)
                assert sum(place.width for place in band.places) == band.width
                assert band.width <= width or len(band.places) == 1 or width < 5


def test_in_a_pipe_it_is_words_and_bars(cards: Path, capsys: Capture) -> None:
    assert run(["strip", str(cards)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Ca [31mrds  9.0 s, 216 frames at 24 fps"
    rows = {line.split()[0]: line for line in lines[1:6]}
    assert [*rows] == ["red", "green", "blue", "grey", "black"]
    assert [row.split()[1:4] for row in rows.values()] == [
        ["card", "0:00.0", "2.0"], ["card", "0:01.0", "4.0"], ["card", "0:04.0", "3.0"], ["card", "0:06.0", "2.0"],
        ["card", "0:08.0", "1.0"],
    ]  # fmt: skip
    bars = [row.rstrip().rpartition(" ")[2] for row in rows.values()]
    assert [bar[0] for bar in bars] == ["┃", "╱", "▒", "▶", "┃"]
    assert abs(len(bars[1]) - 2 * len(bars[0])) <= 1
    assert abs(rows["green"].index("╱") - rows["red"].index("┃") - len(bars[0]) / 2) <= 1
    assert lines[-1] == "● 5 cards   ╱ dissolve  ▒ through a colour  ▶ wipe, slide, iris"


@pytest.mark.parametrize(("term", "colours"), [("truecolor", "38;2;19"), ("", "38;5;1")])
def test_with_colours_it_is_pictures(
    cards: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, term: str, colours: str
) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLORTERM": term, "COLUMNS": "140"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if not term:  # what one terminal was told of a colour, the process tells every other
        cards.write_text(CARDS.replace("c0", "a8"))
    assert run(["strip", str(cards)]) == 0
    out = capsys.readouterr().out
    assert colours in out
    lines = [Text.from_ansi(line).plain for line in out.splitlines()]
    pictures = [line for line in lines if "▀" in line]
    assert len(pictures) == ROWS
    assert {len(line) for line in pictures} == {140}
    after = lines[lines.index(pictures[0]) + ROWS :]
    assert after[0].count("━") == 135
    assert after[1].split() == ["red", "green", "blue", "grey", "black"]
    assert "0:01.0 4.0 s card" in after[2]
    monkeypatch.setenv("NO_COLOR", "1")
    assert run(["strip", str(cards)]) == 0
    assert "▀" not in capsys.readouterr().out


def test_a_contact_sheet(survey: Survey, tmp_path: Path) -> None:
    looks = look_at(survey, grade_of(len(survey.shots)))
    data = draw_contacts(survey, looks)
    with Image.open(io.BytesIO(data)) as sheet:
        drawn = sheet.convert("RGB")
    assert (drawn.width - 2 * 56 + 24) % (400 + 24) == 0
    assert near(drawn, (56 + 20, 56 + 124 + 64 + 20), (0x20, 0x30, 0x40)), "the first shot is a card"
    path = tmp_path / "sheet.png"
    assert may_draw(path)
    path.write_bytes(data)
    assert may_draw(path)
    assert not may_draw(survey.project.path("one.png"))


def test_variants_have_strips_and_reports_of_their_own(cards: Path, capsys: Capture) -> None:
    cards.write_text(CARDS + "variants: {short: {order: [red, blue]}}\n")
    assert run(["strip", str(cards), "--variant", "short"]) == 0
    out = capsys.readouterr().out
    assert "green" not in out
    assert run(["report", str(cards), "--variant", "short"]) == 0
    page = cards.parent / "build" / "film.short.report.html"
    assert 'id="s2"' in page.read_text()
    assert 'id="s3"' not in page.read_text()
