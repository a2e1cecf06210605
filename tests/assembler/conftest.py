"""Clips of the clock, made once: a folder with one of every rate, with and without sound."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from storyboard.assembler import ffmpeg
from tests.media import NTSC_FILM, NTSC_VIDEO, Stage, tone, write_clock, write_sound

RATES: dict[str, Fraction] = {
    "r24": Fraction(24),
    "r25": Fraction(25),
    "r30": Fraction(30),
    "r60": Fraction(60),
    "film": NTSC_FILM,
    "video": NTSC_VIDEO,
}
SECONDS = 5
CLIPS = {**{name: number for number, name in enumerate(RATES, start=1)}, "other": 8, "low": 9, "high": 10, "wide": 11}
"""The number that each clip's clock shows."""


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of clips, to be copied from."""
    folder = tmp_path_factory.mktemp("footage")
    for name, rate in RATES.items():
        write_clock(folder / f"{name}.mp4", CLIPS[name], round(SECONDS * rate), rate)
    write_clock(folder / "other.mp4", CLIPS["other"], 120)
    write_clock(folder / "wide.mp4", CLIPS["wide"], 48, size=(320, 120))
    for name, hertz in (("low", 440), ("high", 1320)):
        write_clock(folder / f"{name}.mp4", CLIPS[name], 96, sound=tone(hertz, 4))
    write_sound(folder / "click.wav", tone(3000, 0.5, level=0.5))
    ffmpeg.toolchain(Stage(folder).cache)  # a digest of 80 MB, remembered: once is enough
    return folder


@pytest.fixture
def stage(footage: Path, tmp_path: Path) -> Stage:
    """A project with all the clips in it."""
    return set_stage(footage, tmp_path / "project")


@pytest.fixture(scope="module")
def shared_stage(footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The same for a whole file of tests: what one encoded, the next reuses."""
    return set_stage(footage, tmp_path_factory.mktemp("shared") / "project")


def set_stage(footage: Path, folder: Path) -> Stage:
    """A project at `folder` with all the clips in it, and nothing made of them yet."""
    shutil.copytree(footage, folder)
    return Stage(folder)
