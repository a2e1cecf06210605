"""Looks: tables of colours over pictures, and what they leave alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from storyboard.assembler.cube import read_cube
from storyboard.assembler.lut import look, ready_table
from storyboard.errors import Refused
from tests.assembler.drawing import SCALAR, TAGS, Frames, draw, flat, noise, raw
from tests.media import HEIGHT, WIDTH, Stage, assembled, read_film, small, write_footage

Colour = tuple[float, float, float]
SIZE = (64, 36)


def table(side: int, change: Callable[[Colour], Colour], low: float = 0, high: float = 1) -> bytes:
    """A table over a range."""
    steps = [low + (high - low) * at / (side - 1) for at in range(side)]
    colours = [change((red, green, blue)) for blue in steps for green in steps for red in steps]
    rows = [" ".join(f"{one:.6f}" for one in colour) for colour in colours]
    head = [f"LUT_3D_SIZE {side}", f"DOMAIN_MIN {low} {low} {low}", f"DOMAIN_MAX {high} {high} {high}"]
    return "\n".join([*head, *rows, ""]).encode()


def same(colour: Colour) -> Colour:
    """No change."""
    return colour


def lifted(colour: Colour) -> Colour:
    """Black is grey."""
    red, green, blue = (0.4 + 0.6 * one for one in colour)
    return red, green, blue


def graded(folder: Path, data: bytes, picture: Frames, *options: str) -> Frames:
    """A picture under a look."""
    (folder / "look.cube").write_bytes(ready_table(data))
    return draw(f"[0:v]{TAGS},{look(str(folder / 'look.cube'))}[o]", raw(folder, "in", picture, SIZE), SIZE, *options)


@pytest.mark.parametrize("side", [2, 65])
def test_a_table_that_changes_nothing(tmp_path: Path, side: int) -> None:
    colours = ((16, 128, 128), (235, 128, 128), (120, 128, 128), (63, 102, 210), (100, 150, 90))
    pictures = np.concatenate([flat(1, SIZE, *colour) for colour in colours])
    assert np.abs(graded(tmp_path, table(side, same), pictures).astype(int) - pictures).max() <= 1


def test_a_table_that_swaps_red_and_blue(tmp_path: Path) -> None:
    red, blue = flat(1, SIZE, 63, 102, 240), flat(1, SIZE, 32, 240, 118)
    swapped = graded(tmp_path, table(2, lambda colour: colour[::-1]), red)
    assert np.abs(swapped.astype(int) - blue).max() <= 1


@pytest.mark.parametrize(("low", "high"), [(-0.5, 1.5), (0.25, 0.75)])
def test_a_table_over_another_range(low: float, high: float) -> None:
    """Colours within the range are changed as it says, those beyond it as its outermost ones."""
    cube = read_cube(ready_table(table(33, lambda colour: (colour[0], 1 - colour[1], colour[2] / 2), low, high)))
    assert (cube.side, cube.low, cube.high) == (65, (0, 0, 0), (1, 1, 1))
    dice = random.Random(1)
    for _ in range(200):
        at = [dice.randrange(65) for _ in range(3)]
        red, green, blue = (min(max(one / 64, low), high) for one in at)
        found = cube.colours[at[0] + 65 * at[1] + 65 * 65 * at[2]]
        assert found == pytest.approx((red, 1 - green, blue / 2), abs=1e-5)


def test_what_is_ready_is_ready_already() -> None:
    made = ready_table(table(5, same, -1, 1))
    assert ready_table(made) == made
    assert ready_table(table(5, lifted)).startswith(b"LUT_3D_SIZE 5\n")


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(Refused):
        ready_table(b"LUT_3D_SIZE 2\n0 0\n")


def test_a_look_is_the_same_on_every_processor(tmp_path: Path) -> None:
    dice = random.Random(2)
    data = table(17, lambda _: (dice.random(), dice.random(), dice.random()))
    picture = noise(3, SIZE, 4)
    assert (graded(tmp_path, data, picture) == graded(tmp_path, data, picture, *SCALAR)).all()


# In a film


def grey(stage: Stage, name: str, frames: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
    """A clip of one grey."""
    write_footage(stage.folder / name, [np.full((size[1], size[0]), 100, np.uint8)] * frames, 24, size)


def film(stage: Stage, text: str, shot: str = "", whole: str = "") -> list[np.ndarray]:
    """The pictures of a film with a look over its first shot, or over all of it."""
    (stage.folder / "it's: a look, [1]; 100%.cube").write_bytes(ready_table(table(9, lifted)))
    digest = stage.digest("it's: a look, [1]; 100%.cube")
    job = stage.job(text)
    first = replace(job.timeline.clips[0], shot=replace(job.timeline.clips[0].shot, lut=shot))
    job = replace(
        job,
        storyboard=replace(job.storyboard, lut=whole),
        timeline=replace(job.timeline, clips=(first, *job.timeline.clips[1:])),
        extras=replace(job.extras, luts={"look": digest}),
    )
    return [picture.astype(int) for picture in read_film(assembled(job, stage.cache).path)]


LIFTED = 16 + 219 * (0.4 + 0.6 * (100 - 16) / 219)
"""A luma of 100 under the look."""
LIFTED_BLACK = 16 + 219 * 0.4


def test_a_shots_look_is_over_that_shot(stage: Stage) -> None:
    grey(stage, "grey.mp4", 24)
    text = f"""{small()}
shots:
- {{id: a, footage: grey.mp4, length: 12f, transition: {{type: dissolve, duration: 5f}}}}
- {{id: b, footage: grey.mp4, length: 12f}}
"""
    seen = [picture.mean() for picture in film(stage, text, shot="look")]
    mixed = [LIFTED + (100 - LIFTED) * step / 6 for step in range(1, 6)]
    assert seen == pytest.approx([*[LIFTED] * 7, *mixed, *[100] * 7], abs=1.5)


@pytest.mark.parametrize("fit", ["contain", "blur", "cover"])
def test_bars_are_not_graded_by_a_shot_and_are_by_a_film(stage: Stage, fit: str) -> None:
    grey(stage, "tall.mp4", 3, (90, 160))
    text = f"{small(fit=fit)}shots: [{{id: a, footage: tall.mp4}}]"
    shot, whole = film(stage, text, shot="look")[1], film(stage, text, whole="look")[1]
    assert shot[45, 80] == pytest.approx(LIFTED, abs=2) == whole[45, 80]
    bar = {"contain": (16, LIFTED_BLACK), "cover": (LIFTED, LIFTED)}
    if fit in bar:
        assert (shot[45, 3], whole[45, 3]) == pytest.approx(bar[fit], abs=2)


def test_a_films_look_is_under_its_words_and_over_its_cards(stage: Stage) -> None:
    text = f'{small(size="640x360")}shots: [{{id: a, card: {{text: MMM, background: "#000000"}}, duration: 2f}}]'
    picture = film(stage, text, whole="look")[1]
    assert picture[5, 5] == pytest.approx(LIFTED_BLACK, abs=2)
    assert picture.max() > 225
