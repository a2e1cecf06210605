"""A picture for words alone: low sun over ridges in haze, in colours that belong to the prompt. No text is drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from storyboard.gateway.local.motion import PLATE, Path, View, ease, seed

_SMALL = 176  # light is soft: it is worked out on this many pixels of the long side
_GRAIN = 2
_NEAR = (0.35, 0.65, 1.0)
"""How much of the camera's move each ridge makes, the farthest first."""

_PALETTES = (
    ((22, 30, 58), (108, 86, 124), (236, 160, 108), (255, 210, 150)),  # dusk
    ((14, 40, 54), (58, 118, 128), (176, 204, 186), (252, 236, 196)),  # sea
    ((40, 28, 36), (134, 74, 62), (228, 142, 86), (255, 204, 130)),  # embers
    ((24, 40, 38), (84, 112, 88), (188, 190, 132), (250, 234, 168)),  # woods
    ((30, 28, 58), (98, 92, 150), (196, 162, 188), (252, 214, 196)),  # violet
    ((34, 46, 60), (104, 128, 148), (196, 206, 210), (255, 240, 214)),  # mist
)

Values = NDArray[np.float64]
Pixels = NDArray[np.uint8]
"""Rows by columns by red, green and blue."""
Colour = tuple[int, int, int]


def paint_light(prompt: str, size: tuple[int, int], path: Path) -> Callable[[float], Pixels]:
    """From progress to the pixels of a picture of `size`: a moving glow, and ridges that part under the camera."""
    colours = np.array(_PALETTES[seed(prompt, "palette") % len(_PALETTES)], dtype=np.float64)
    horizon = 0.05 + seed(prompt, "horizon") / 255 * 0.2
    sky = _sky(prompt, size, colours, horizon)
    ridges = [_ridge(prompt, number, size, horizon) for number in range(len(_NEAR))]
    inks = [_ink(colours, number) for number in range(len(_NEAR))]
    grain = _grain(prompt, size)

    def shot(progress: float) -> Pixels:
        view = path(progress)
        small = sky(progress)
        box = _part(view, 0.15).box(*small.size)
        frame = small.resize(size, Image.Resampling.BICUBIC, box=box)
        for (ridge, peak), ink, near in zip(ridges, inks, _NEAR, strict=True):
            _lay(frame, ridge, peak, ink, _part(view, near))
        return np.asarray(frame) + _shift(grain, size, round(progress * 1000))

    return shot


def _part(view: View, near: float) -> View:
    """The camera's move as a layer sees it: what is far away moves less."""
    return View(1 + (view.zoom - 1) * near, view.x, view.y)


def _lay(frame: Image.Image, ridge: Image.Image, peak: int, ink: Colour, view: View) -> None:
    """Lay a ridge over the frame, from the row of its peak on: the sky above costs nothing."""
    left, top, right, bottom = view.box(*ridge.size)
    width, height = frame.size
    step = (bottom - top) / height
    row = max(0, int((peak - top) / step) - 2)
    if row < height:
        box = (left, top + row * step, right, bottom)
        mask = ridge.resize((width, height - row), Image.Resampling.BILINEAR, box=box)
        frame.paste(ink, (0, row), mask)


def _sky(prompt: str, size: tuple[int, int], colours: Values, horizon: float) -> Callable[[float], Image.Image]:
    """The sky at a moment, small: dark above, bright at the horizon, with a glow that rises a little."""
    scale = _SMALL / max(size)
    small = (max(2, round(size[0] * scale)), max(2, round(size[1] * scale)))
    half = size[0] / size[1]
    across, down = np.meshgrid(_axis(small[0], half), _axis(small[1], 1.0))
    high = _smooth((down + 1.15) / (horizon + 1.0))[..., None]
    low = _smooth((down - horizon + 0.9) / 1.0)[..., None]
    empty = colours[0] * (1 - high) + colours[1] * high
    empty = empty * (1 - 0.8 * low) + colours[2] * 0.8 * low
    sun = (seed(prompt, "sun") / 255 - 0.5) * half
    drift = 0.35 if seed(prompt, "drift") % 2 else -0.35

    def at(progress: float) -> Image.Image:
        time = ease(progress) - 0.5
        height = down - horizon + 0.22 + 0.12 * time
        glow = 0.5 * _glow(across - sun, height, 0.2) + 0.42 * _glow((across - sun) * 0.6, height, 0.75)
        haze = 0.16 * _glow((across + sun - drift * time) * 0.5, (down + 0.35) * 1.6, 0.6)
        # Light is added as on a screen: it brightens and never burns out.
        light = (glow[..., None] * colours[3] + haze[..., None] * colours[2]) / 255
        lit = 255 - (255 - empty) * (1 - np.clip(light, 0, 1))
        return Image.fromarray(np.clip(lit, 2 * _GRAIN, 255 - 2 * _GRAIN).astype(np.uint8))

    return at


def _ridge(prompt: str, number: int, size: tuple[int, int], horizon: float) -> tuple[Image.Image, int]:
    """One ridge as a grey plate, solid at its line, thinner below, where the haze lies; and the row of its peak."""
    width, height = (int(side * PLATE) for side in size)
    marks = hashlib.sha256(f"ridge {number}\0{prompt}".encode()).digest() * 8
    place = _axis(width, width / height) + 8.0
    line = np.zeros(width)
    for octave, (step, tall) in enumerate(((0.8, 0.2), (1.9, 0.09), (4.7, 0.036), (11.0, 0.014), (27.0, 0.005))):
        line += tall * (0.7 + 0.3 * number) * _noise(place * step, marks[octave * 7 :])
    base = horizon + 0.02 + 0.25 * number + 0.02 * number * number
    top = (line + base + 1) * height / 2
    rows = np.arange(height, dtype=np.float64)[:, None]
    cover = np.clip(rows - top + 0.5, 0, 1)
    # The haze lies level: were it to follow the line, the line's teeth would hang down as streaks.
    depth = rows / height - (base + 1) / 2 + 0.04
    thin = 1 - (0.75, 0.6, 0.0)[number] * _smooth(depth / 0.3)
    return Image.fromarray(np.asarray(255 * cover * thin).astype(np.uint8)), int(top.min())


def _ink(colours: Values, number: int) -> Colour:
    """A ridge's colour: the farther, the nearer to the colour of the air."""
    air = (0.42, 0.2, 0.06)[number]
    mixed = (0.72 * colours[0] + 0.28 * colours[1]) * (1 - air) * (1.1, 0.85, 0.55)[number] + colours[2] * air
    red, green, blue = (int(part) for part in np.clip(mixed, _GRAIN, 255 - _GRAIN))
    return red, green, blue


def _noise(place: Values, marks: bytes) -> Values:
    """A smooth line through given heights, -1 to 1."""
    heights = (np.frombuffer(marks[:200], dtype=np.uint8).astype(np.float64) - 127.5) / 127.5
    index = np.floor(place).astype(np.int64)
    between = place - index
    before, after = heights[index % 199], heights[(index + 1) % 199]
    return np.asarray(before + (after - before) * _smooth(between))


def _axis(count: int, half: float) -> Values:
    """Places of pixels from -half to half."""
    return (np.arange(count, dtype=np.float64) + 0.5) * (2 * half / count) - half


def _smooth(values: Values) -> Values:
    inside = np.clip(values, 0.0, 1.0)
    return inside * inside * (3 - 2 * inside)


def _glow(x: Values, y: Values, radius: float) -> Values:
    """1 in the middle, falling off softly; only multiplied and divided, hence the same everywhere."""
    near = 1 / (1 + (x * x + y * y) / (radius * radius))
    return np.asarray(near * near)


def _grain(prompt: str, size: tuple[int, int]) -> Pixels:
    """Fine noise to be added to pixels, larger than the frame so that it can be moved about.

    It is at most _GRAIN either way, below zero as the wrapped bytes that addition turns back. The colours stay that
    far from black and white.
    """
    width, height = size[0] + 64, size[1] + 64
    raw = np.random.PCG64(seed(prompt, "grain")).random_raw((width * height + 7) // 8)
    noise = raw.view(np.uint8)[: width * height].reshape(height, width)
    return np.repeat((noise % (2 * _GRAIN + 1) - np.uint8(_GRAIN))[..., None], 3, axis=2)


def _shift(grain: Pixels, size: tuple[int, int], step: int) -> Pixels:
    left, top = step * 37 % 64, step * 53 % 64
    return grain[top : top + size[1], left : left + size[0]]
