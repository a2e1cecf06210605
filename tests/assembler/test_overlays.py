"""Pictures laid over a film: their place, their time, their edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from storyboard.assembler.edges import luma_chroma
from storyboard.assembler.overlays import laid_input, lay_over
from storyboard.assembler.segments import Laid
from tests.assembler.drawing import SCALAR, TAGS, Frames, draw, flat, luma, noise, raw, segment

FILM = (640, 360)
SIDE, TOP = 38, 18
"""What is free beside it."""


def logo(folder: Path, picture: NDArray[np.uint8]) -> Path:
    """A picture's file."""
    path = folder / "logo.png"
    Image.fromarray(picture).save(path)
    return path


def square(color: tuple[int, int, int, int], size: tuple[int, int] = (200, 100)) -> NDArray[np.uint8]:
    """A picture of one colour."""
    return np.tile(np.array(color, np.uint8), (size[1], size[0], 1))


def lay(folder: Path, film: Frames, picture: Path, *laid: Laid, options: tuple[str, ...] = ()) -> Frames:
    """A film with something over it."""
    piece = segment(len(film), FILM)
    chain = f"[0:v]settb=1/24,setpts=N,setsar=1,{TAGS}"
    for at, one in enumerate(laid):
        chain += lay_over(one, piece, f"{at + 1}:v:0", f"0_{at}")
    inputs = [*raw(folder, "film", film, FILM), *(argument for _ in laid for argument in laid_input(picture))]
    return draw(f"{chain}[o]", inputs, FILM, *options)


@pytest.mark.parametrize("down", ["top", "", "bottom"])
@pytest.mark.parametrize("across", ["left", "", "right"])
def test_its_place(tmp_path: Path, across: str, down: str) -> None:
    place = "-".join(word for word in (down, across) if word) or "centre"
    path = logo(tmp_path, square((255, 255, 255, 255)))
    seen = luma(lay(tmp_path, flat(1, FILM, 60), path, Laid("x", 100, place, 1.0, 0, 1)), FILM)[0]
    rows, columns = np.nonzero(seen > 150)
    assert (columns.max() - columns.min() + 1, rows.max() - rows.min() + 1) == (100, 50)
    assert (seen[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] == 235).all()
    left = {"left": SIDE, "": 270, "right": 640 - 100 - SIDE}[across]
    top = {"top": TOP, "": 155, "bottom": 360 - 50 - TOP}[down]
    assert abs(columns.min() - left) <= 1
    assert abs(rows.min() - top) <= 1


@pytest.mark.parametrize(("width", "shape"), [(640, (200, 100)), (640, (100, 300)), (1, (50, 50)), (33, (51, 17))])
def test_one_of_any_shape_stays_whole_and_in_the_picture(tmp_path: Path, width: int, shape: tuple[int, int]) -> None:
    path = logo(tmp_path, square((255, 255, 255, 255), shape))
    laid = Laid("x", width, "bottom-right", 1.0, 0, 1)
    seen = luma(lay(tmp_path, flat(1, FILM, 60), path, laid), FILM)[0]
    rows, columns = np.nonzero(seen > 150)
    wide, high = int(columns.max() - columns.min() + 1), int(rows.max() - rows.min() + 1)
    assert wide / high == pytest.approx(shape[0] / shape[1], rel=0.15)
    assert wide == pytest.approx(min(max(2, width), 360 * shape[0] / shape[1]), abs=2)


def test_it_is_seen_from_its_first_frame_to_its_last_and_nothing_else_is_touched(tmp_path: Path) -> None:
    film = noise(12, FILM, 1)
    path = logo(tmp_path, square((255, 0, 0, 255)))
    seen = lay(tmp_path, film, path, Laid("x", 100, "top-left", 1.0, 3, 7))
    changed = [at for at in range(12) if (seen[at] != film[at]).any()]
    assert len(seen) == 12
    assert changed == [3, 4, 5, 6]
    apart = np.argwhere(luma(seen, FILM)[4] != luma(film, FILM)[4])
    assert (apart.min(axis=0) >= (TOP, SIDE)).all()
    assert (apart.max(axis=0) < (TOP + 50, SIDE + 100)).all()


@pytest.mark.parametrize(("alpha", "opacity"), [(255, 1.0), (255, 0.5), (128, 1.0), (128, 0.5), (255, 0.01)])
def test_its_opacity(tmp_path: Path, alpha: int, opacity: float) -> None:
    path = logo(tmp_path, square((255, 255, 255, alpha)))
    seen = luma(lay(tmp_path, flat(1, FILM, 60), path, Laid("x", 100, "centre", opacity, 0, 1)), FILM)[0]
    share = alpha / 255 * opacity
    assert np.abs(seen[160:200, 280:360] - (60 + share * 175)).max() <= 1.5


def test_its_edges_are_clean(tmp_path: Path) -> None:
    """What is wholly transparent in it is black, and none of that is seen: neither in light nor in colour."""
    disc = np.zeros((300, 300, 4), np.uint8)
    y, x = np.mgrid[:300, :300] - 149.5
    disc[x**2 + y**2 < 140**2] = (255, 255, 255, 255)
    white = luma(lay(tmp_path, flat(1, FILM, 235), logo(tmp_path, disc), Laid("x", 97, "left", 1.0, 0, 1)), FILM)
    assert white.min() >= 234
    disc[disc[..., 3] > 0] = (200, 40, 40, 255)
    red = flat(1, FILM, *luma_chroma("#c82828"))
    same = lay(tmp_path, red, logo(tmp_path, disc), Laid("x", 97, "left", 1.0, 0, 1))
    assert np.abs(same.astype(int) - red).max() <= 4


def test_it_is_the_same_on_every_processor(tmp_path: Path) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (90, 160, 4), np.uint8)
    path, film = logo(tmp_path, picture), noise(2, FILM, 3)
    laid = [Laid("x", 101, "top-left", 0.7, 0, 2), Laid("y", 55, "bottom", 1.0, 0, 2)]
    assert (lay(tmp_path, film, path, *laid) == lay(tmp_path, film, path, *laid, options=SCALAR)).all()


def test_one_without_transparency_is_laid_over_as_it_is(tmp_path: Path) -> None:
    path = logo(tmp_path, square((0, 0, 255, 255))[..., :3].copy())
    seen = lay(tmp_path, flat(1, FILM, 200), path, Laid("x", 100, "centre", 1.0, 0, 1))
    assert luma(seen, FILM)[0, 180, 320] == pytest.approx(16 + 219 * 0.0722, abs=1)
