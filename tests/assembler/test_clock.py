"""Films read back frame by frame: every pair of rates, every pace, every kind of edge, and films at random."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from storyboard.spec.transitions import XFADES
from tests.assembler.clock import (
    FOOTAGE,
    RATES,
    Cut,
    Use,
    check_clockwork,
    differences,
    make_footage,
    model,
    random_cut,
    shoot,
    walk,
)
from tests.conftest import Run
from tests.media import Stage, blocks_of, face, read_clocks, read_film

LARGE = os.environ.get("STORYBOARD_STRESS") == "1"
FILMS = 1_000 if LARGE else 12
FAMILIES = XFADES if LARGE else ("wipeup", "slideleft", "coverdown", "revealright", "circleclose", "pixelize", "radial")
R24, R25, R30, R60, FILM, VIDEO = FOOTAGE


@pytest.fixture(scope="module")
def clocks(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A project with the clock's footage in it."""
    return make_footage(tmp_path_factory.mktemp("clock") / "project")


def check(stage: Stage, cut: Cut) -> None:
    """The film of a cut shows what it must."""
    found = differences(shoot(stage, cut).path, cut)
    assert not found, "\n".join([cut.text, *found[:8]])


@pytest.mark.stress
@pytest.mark.parametrize("seed", range(FILMS))
def test_films_at_random(clocks: Stage, seed: int) -> None:
    check(clocks, random_cut(seed))


@pytest.mark.parametrize("conform", ["repeat", "speed"])
@pytest.mark.parametrize("rate", RATES, ids=str)
def test_footage_of_every_rate(clocks: Stage, rate: Fraction, conform: str) -> None:
    uses = tuple(Use(one, Fraction(at, 8), length=Fraction(1)) for at, one in enumerate(FOOTAGE))
    cut = Cut(rate, uses, conform)
    check(clocks, cut)
    frames = [shown.old[1] for shown in model(cut) if shown.old[0] == FOOTAGE[RATES.index(rate)].number]
    assert frames == list(range(frames[0], frames[0] + len(frames))), "footage at the film's rate shows its own frames"


LAST = R24.frames - 1
PACES = [
    (Use(R24, Fraction(1), Fraction(2)), range(24, 48)),
    (Use(R24, Fraction(1), Fraction(2), speed="2"), range(24, 48, 2)),
    (Use(R24, Fraction(1), Fraction(2), speed="50%"), [at // 2 for at in range(48, 96)]),
    (Use(R24, length=Fraction(1, 4), speed="10"), range(0, 60, 10)),
    (Use(R24, Fraction(3), reverse=True), range(LAST, 71, -1)),
    (Use(R24, Fraction(1), Fraction(2), speed="2", reverse=True), range(46, 23, -2)),
    (Use(R24, Fraction(1), Fraction(3, 2), speed="0.5", reverse=True), [at // 2 for at in range(71, 47, -1)]),
    (
        Use(R24, Fraction(1), Fraction(2), freeze=(Fraction(3, 2), Fraction(1, 4))),
        [*range(24, 36), *[36] * 6, *range(36, 48)],
    ),
    (
        Use(R24, Fraction(1), Fraction(2), freeze=(Fraction(3, 2), Fraction(1, 4)), reverse=True),
        [*range(47, 35, -1), *[36] * 6, *range(35, 23, -1)],
    ),
    (
        Use(R24, Fraction(1), Fraction(2), freeze=(Fraction(3, 2), Fraction(1, 4)), speed="2"),
        [*range(24, 36, 2), *[36] * 6, *range(36, 48, 2)],
    ),
    (Use(R24, length=Fraction(3, 2), freeze=(Fraction(1), Fraction(2))), [*range(24), *[24] * 12]),
    (Use(R24, Fraction(3), freeze=(Fraction("3.917"), Fraction(1, 2))), [*range(72, LAST), *[LAST] * 13]),
    (Use(R60, Fraction(1), Fraction(3, 2)), [60, 62, 65, 67, 70, 72, 75, 77, 80, 82, 85, 87]),
    (Use(R30, Fraction(1), Fraction(3, 2), reverse=True), [43, 42, 41, 40, 38, 37, 36, 35, 33, 32, 31, 30]),
]


@pytest.mark.parametrize(("use", "frames"), PACES, ids=[use.written("a")[20:] for use, _ in PACES])
def test_a_pace(clocks: Stage, use: Use, frames: Sequence[int]) -> None:
    """What a film shows is written out here: the model is held to it, too."""
    cut = Cut(Fraction(24), (use,))
    assert walk(use, cut) == list(frames)
    assert read_clocks(read_film(shoot(clocks, cut).path)) == [(use.footage.number, frame) for frame in frames]


@pytest.mark.parametrize("steps", [1, 2, 3, 24, 70])
def test_a_dissolve_of_any_length(clocks: Stage, steps: int) -> None:
    """At 25 frames a second, between clips that repeat and leave out frames, freeze and run backwards."""
    rate = Fraction(25)
    one = Use(R24, freeze=(Fraction(3), Fraction(2, 5)), kind="dissolve", overlap=steps / rate)
    two = Use(R60, Fraction(1, 2), reverse=True, kind="dissolve", overlap=Fraction(2, 25))
    check(clocks, Cut(rate, (one, two, Use(VIDEO, speed="2"))))


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_transition_begins_with_the_one_and_ends_with_the_other(clocks: Stage, kind: str) -> None:
    """And all of the frames around it are where they belong."""
    one = Use(R24, length=Fraction(9, 8), kind=kind, overlap=Fraction(1))
    cut = Cut(Fraction(24), (one, Use(R25, Fraction(1), length=Fraction(9, 8))))
    film = shoot(clocks, cut)
    assert not list(check_clockwork(film.path, cut.rate, 30))
    pictures, wanted = read_film(film.path), model(cut)
    assert read_clocks(pictures[:3]) == [shown.old for shown in wanted[:3]]
    assert read_clocks(pictures[27:]) == [shown.old for shown in wanted[27:]]
    for at, nearer in ((3, 0), (26, 1)):
        shown = wanted[at]
        assert shown.new
        likeness = [np.corrcoef(blocks_of(pictures[at]), face(*clock))[0, 1] for clock in (shown.old, shown.new)]
        assert likeness[nearer] > likeness[1 - nearer], (at, likeness)


ONE = Use(R24, Fraction(1), length=Fraction(5, 4), kind="dissolve", overlap=Fraction(1, 2))
TWO = Use(R25, Fraction(1), length=Fraction(1))
FRAME = Fraction(1, 24).limit_denominator(1000)
WRONG = {
    "in": replace(ONE, begin=ONE.begin + FRAME),
    "length": replace(ONE, length=Fraction(5, 4) + FRAME),
    "overlap": replace(ONE, overlap=ONE.overlap - FRAME),
    "speed": replace(ONE, speed="0.96"),
    "reverse": replace(ONE, reverse=True),
    "kind": replace(ONE, kind="fade"),
    "clip": replace(ONE, footage=R25),
}


@pytest.mark.parametrize("what", WRONG)
def test_the_clock_sees_what_is_wrong(clocks: Stage, what: str) -> None:
    """A film is held against a cut that is a little different."""
    film = shoot(clocks, Cut(Fraction(24), (ONE, TWO)))
    assert not differences(film.path, Cut(Fraction(24), (ONE, TWO)))
    assert differences(film.path, Cut(Fraction(24), (WRONG[what], TWO)))


def test_what_a_user_renders(clocks: Stage, storyboard: Run) -> None:
    """By the command: two outputs, each at its own rate, of the same storyboard."""
    cuts = {"film": Cut(Fraction(24), (ONE, TWO)), "fast": Cut(RATES[-1], (ONE, TWO), "speed")}
    outputs = [
        f"  {name}: {{file: build/{name}.mp4, size: 96x64, fps: {cut.rate}, conform: {cut.conform}}}"
        for name, cut in cuts.items()
    ]
    text = "\n".join(["storyboard: 1", "title: Clocks", "outputs:", *outputs, cuts["film"].shots])
    (clocks.folder / "film.yaml").write_text(text)
    done = storyboard("render", str(clocks.folder / "film.yaml"), "--json")
    assert done.code == 0, done.err
    for film in json.loads(done.out)["films"]:
        cut = cuts[film["name"]]
        assert film["frames"] == len(model(cut))
        assert not differences(clocks.folder / film["file"], cut)
