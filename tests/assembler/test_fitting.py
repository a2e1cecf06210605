"""Pictures of any shape in a film's frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from storyboard.assembler.fitting import fit_picture
from tests.assembler.drawing import SCALAR, TAGS, Frames, draw, flat, luma, noise, plane_bytes, raw, reel, segment

FILM = (320, 180)
TALL = (180, 320)


def fitted(
    folder: Path, picture: Frames, size: tuple[int, int], film: tuple[int, int], *options: str, **reeled: Any
) -> Frames:
    """A picture of one size in a film of another."""
    chain = fit_picture(reel(size, **reeled), segment(len(picture), film), "0_0")
    return draw(f"[0:v]{TAGS}{chain},setsar=1,format=yuv420p[o]", raw(folder, "in", picture, size), film, *options)


def slope(size: tuple[int, int], axis: int) -> Frames:
    """A picture whose luma says where each pixel is: from 20 at the left (axis 1) or the top (0) to 220."""
    width, height = size
    ramp = 20 + 200 * np.arange(size[1 - axis]) / (size[1 - axis] - 1)
    whole = flat(1, size, 0)
    picture = np.tile(ramp, (height, 1)) if axis else np.tile(ramp[:, None], (1, width))
    whole[0, : width * height] = picture.round().astype(np.uint8).ravel()
    return whole


def places(folder: Path, size: tuple[int, int], film: tuple[int, int], **reeled: Any) -> tuple[float, float, float]:
    """Which shares of a picture's width are seen at the left, in the middle and at the right of the film."""
    row: NDArray[np.int_] = luma(fitted(folder, slope(size, 1), size, film, **reeled), film)[0, film[1] // 2]
    left, middle, right = (float(row[at] - 20) / 200 for at in (2, film[0] // 2, -3))
    return left, middle, right


@pytest.mark.parametrize("fit", ["cover", "contain", "blur"])
def test_a_picture_of_the_films_size_passes_untouched(tmp_path: Path, fit: str) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (3, plane_bytes(FILM)), np.uint8)
    assert (fitted(tmp_path, picture, FILM, FILM, fit=fit) == picture).all()


@pytest.mark.parametrize("fit", ["cover", "contain", "blur"])
@pytest.mark.parametrize("scale", [1.0, 1.3, 3.0])
@pytest.mark.parametrize(("size", "film"), [((320, 180), TALL), ((91, 161), FILM), ((333, 187), (250, 250))])
def test_every_size_fits_and_is_the_same_on_every_processor(
    tmp_path: Path, size: tuple[int, int], film: tuple[int, int], scale: float, fit: str
) -> None:
    picture = noise(2, size, 2)
    one = fitted(tmp_path, picture, size, film, fit=fit, scale=scale, flip="horizontal")
    assert len(one) == 2
    assert (one == fitted(tmp_path, picture, size, film, *SCALAR, fit=fit, scale=scale, flip="horizontal")).all()


@pytest.mark.parametrize(("focus", "middle"), [(0.0, 90 / 640), (0.5, 0.5), (0.7, 0.7), (1.0, 1 - 90 / 640)])
def test_cover_keeps_the_focus_point(tmp_path: Path, focus: float, middle: float) -> None:
    seen = places(tmp_path, (640, 320), TALL, focus=(focus, 0.5))
    assert seen[1] == pytest.approx(middle, abs=0.012)
    assert seen[2] - seen[0] == pytest.approx(180 / 640, abs=0.02)


@pytest.mark.parametrize("scale", [1.25, 2.0, 8.0])
@pytest.mark.parametrize("focus", [0.3, 0.5, 0.62])
def test_a_scale_enlarges_around_the_focus_point(tmp_path: Path, scale: float, focus: float) -> None:
    left, middle, right = places(tmp_path, FILM, FILM, focus=(focus, 0.5), scale=scale)
    assert right - left == pytest.approx(1 / scale, abs=0.02)
    reach = 0.5 / scale
    assert middle == pytest.approx(min(max(focus, reach), 1 - reach), abs=0.015)


def test_a_scale_keeps_the_shape(tmp_path: Path) -> None:
    """As much is seen of the height as of the width."""
    across = places(tmp_path, FILM, FILM, scale=3.0)
    column = luma(fitted(tmp_path, slope(FILM, 0), FILM, FILM, scale=3.0), FILM)[0, :, 160]
    assert (column[-3] - column[2]) / 200 == pytest.approx(across[2] - across[0], abs=0.02)


def test_a_flip_mirrors_what_is_seen(tmp_path: Path) -> None:
    """The focus point is one of the picture as it was shot."""
    plain = luma(fitted(tmp_path, slope((640, 320), 1), (640, 320), TALL, focus=(0.7, 0.5)), TALL)
    flipped = luma(fitted(tmp_path, slope((640, 320), 1), (640, 320), TALL, focus=(0.7, 0.5), flip="horizontal"), TALL)
    assert (flipped == plain[:, :, ::-1]).all()
    upright = slope(FILM, 0)
    turned = luma(fitted(tmp_path, upright, FILM, FILM, flip="vertical"), FILM)
    assert (turned == luma(upright, FILM)[:, ::-1]).all()


@pytest.mark.parametrize(("scale", "rows"), [(1.0, 101), (2.0, 203), (3.0, 304), (4.0, 320)])
def test_contain_shows_all_of_a_picture_until_its_scale_leads_out_of_the_frame(
    tmp_path: Path, scale: float, rows: int
) -> None:
    seen = luma(fitted(tmp_path, flat(1, FILM, 200), FILM, TALL, fit="contain", scale=scale), TALL)[0]
    lit = seen[:, 90] > 100
    assert abs(int(lit.sum()) - rows) <= 4
    assert (seen[lit] > 190).mean() > 0.95, "from the left to the right"
    assert set(seen[~lit].ravel().tolist()) <= {16}, "and the bars are black"


@pytest.mark.parametrize("size", [(854, 480), (1920, 1088), (1279, 719)])
def test_a_shape_that_is_nearly_the_films_has_no_bars(tmp_path: Path, size: tuple[int, int]) -> None:
    assert luma(fitted(tmp_path, flat(1, size, 200), size, FILM, fit="contain"), FILM).min() > 190


def test_what_is_behind_a_blurred_picture_is_soft_and_darker(tmp_path: Path) -> None:
    seen = luma(fitted(tmp_path, noise(1, FILM, 3), FILM, TALL, fit="blur"), TALL)[0]
    bars = np.concatenate([seen[:100], seen[-100:]])
    assert np.abs(np.diff(bars, axis=1)).max() < 6
    assert 30 < bars.mean() < seen[130:190].mean() - 20
    assert seen[130:190].std() > 10, "and the picture itself is sharp"


def test_the_size_that_a_file_claims_may_be_wrong(tmp_path: Path) -> None:
    picture = flat(1, (200, 150), 180)
    chain = fit_picture(reel(FILM), segment(1, FILM), "0_0")
    seen = draw(f"[0:v]{TAGS}{chain},setsar=1[o]", raw(tmp_path, "in", picture, (200, 150)), FILM)
    assert len(seen) == 1
    assert luma(seen, FILM).min() > 170
