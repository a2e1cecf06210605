"""Transitions and fades, to the level: what every pixel of every frame must be."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from storyboard.assembler import ffmpeg
from storyboard.assembler.edges import cross, dip_filters, luma_chroma
from storyboard.assembler.segments import Dip, Segment
from storyboard.spec.transitions import XFADES
from tests.assembler.drawing import SCALAR, TAGS, Frames, draw, flat, luma, noise, plane_bytes, raw, segment

SIZE = (96, 54)
EASINGS = {
    "linear": lambda even: even,
    "in": lambda even: even**2,
    "out": lambda even: 1 - (1 - even) ** 2,
    "in-out": lambda even: 3 * even**2 - 2 * even**3,
}


def paces(frames: int, easing: str = "linear") -> NDArray[np.float64]:
    """How far a transition of so many frames has come on each of them, as a column."""
    even = (np.arange(frames) + 1.0) / (frames + 1)
    return np.array(EASINGS[easing](even))[:, None]


def reels(number: int) -> str:
    """The two reels of a transition in a graph, as an edge finds them."""
    return "".join(
        f"[{side}:v]settb=1/24,setpts=N,setsar=1,format=yuv420p,{TAGS}[r{number}_{side}];" for side in (0, 1)
    )


def crossed(folder: Path, piece: Segment, before: Frames, after: Frames, *options: str) -> Frames:
    """The frames of a transition."""
    inputs = (*raw(folder, "before", before, SIZE), *raw(folder, "after", after, SIZE))
    return draw(f"{reels(0)}{cross(piece, 0)}[o]", inputs, SIZE, *options)


# Dissolves


@pytest.mark.parametrize("easing", EASINGS)
@pytest.mark.parametrize("frames", [1, 2, 3, 24, 300])
def test_a_dissolve_is_mixed_to_the_level(tmp_path: Path, frames: int, easing: str) -> None:
    before, after = noise(frames, SIZE, 1), noise(frames, SIZE, 2)
    seen = crossed(tmp_path, segment(frames, SIZE, "dissolve", easing=easing), before, after)
    assert len(seen) == frames
    apart = seen - (before + (after.astype(float) - before) * paces(frames, easing))
    assert np.abs(apart).max() < 1
    assert abs(apart.mean()) < 0.06, "and it neither brightens nor darkens"
    if easing == "linear":
        assert (seen[0] != before[0]).mean() > 0.05, "its first frame is a mix already"
        assert (seen[-1] != after[-1]).mean() > 0.05, "and its last one is one still"


def test_a_dissolve_of_a_clip_into_itself_is_the_clip(tmp_path: Path) -> None:
    """So nothing jumps where the transition begins, neither light nor colour."""
    clip = np.random.default_rng(3).integers(0, 256, (24, plane_bytes(SIZE)), np.uint8)
    assert (crossed(tmp_path, segment(24, SIZE, "dissolve"), clip, clip) == clip).all()


def test_of_a_clip_that_breaks_off_too_few_frames_come(tmp_path: Path) -> None:
    for before, after in ((10, 24), (24, 10)):
        seen = crossed(tmp_path, segment(24, SIZE, "dissolve"), flat(before, SIZE, 60), flat(after, SIZE, 200))
        assert len(seen) == 10


# Through a colour


@pytest.mark.parametrize("color", ["#000000", "#ffffff", "#ff0000", "#00ff00", "#c03020", "#101418"])
def test_colours_in_bt709(color: str) -> None:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    bright = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    wanted = (16 + 219 * bright, 128 + 224 * (blue - bright) / 1.8556, 128 + 224 * (red - bright) / 1.5748)
    assert np.abs(np.array(luma_chroma(color)) - wanted).max() <= 0.5


@pytest.mark.parametrize("easing", EASINGS)
@pytest.mark.parametrize("frames", [1, 2, 3, 12, 25])
def test_a_fade_goes_through_its_colour_to_the_level(tmp_path: Path, frames: int, easing: str) -> None:
    before, after = noise(frames, SIZE, 4), noise(frames, SIZE, 5)
    seen = crossed(tmp_path, segment(frames, SIZE, "fade", easing=easing, color="#c03020"), before, after)
    assert len(seen) == frames
    colour, pace = flat(1, SIZE, *luma_chroma("#c03020"))[0].astype(float), paces(frames, easing)
    depth = 1 - np.abs(1 - 2 * pace)
    covered = depth / depth.max()
    expected = np.where(pace < 0.5, before, after) * (1 - covered) + colour * covered
    assert np.abs(seen - expected).max() < 1
    pure = [at for at in range(frames) if (seen[at] == colour).all()]
    assert len(pure) == (2 if easing in ("linear", "in-out") and frames % 2 == 0 else 1)


@pytest.mark.parametrize(("kind", "color"), [("fadeblack", "#000000"), ("fadewhite", "#ffffff")])
def test_black_and_white_are_those_of_video(tmp_path: Path, kind: str, color: str) -> None:
    before, after = noise(9, SIZE, 6), noise(9, SIZE, 7)
    seen = crossed(tmp_path, segment(9, SIZE, kind), before, after)
    assert (seen == crossed(tmp_path, segment(9, SIZE, "fade", color=color), before, after)).all()
    assert set(seen[4].tolist()) == {luma_chroma(color)[0], 128}


# All the others


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Frames]]:
    """Every transition of ffmpeg's from one noise to another: as it is, eased, and without vector units."""
    folder = tmp_path_factory.mktemp("drawn")
    before, after = noise(23, SIZE, 8), noise(23, SIZE, 9)
    inputs = (*raw(folder, "before", before, SIZE), *raw(folder, "after", after, SIZE))
    found: dict[str, dict[str, Frames]] = {"before": {"": before}, "after": {"": after}}
    for name, easing, options in (("plain", "linear", ()), ("eased", "in-out", ()), ("scalar", "linear", SCALAR)):
        chains = [
            f"[{side}:v]settb=1/24,setpts=N,setsar=1,format=yuv420p,{TAGS},split={len(XFADES)}"
            + "".join(f"[r{at}_{side}]" for at in range(len(XFADES)))
            for side in (0, 1)
        ]
        outputs: list[str] = []
        for at, kind in enumerate(XFADES):
            chains.append(f"{cross(segment(23, SIZE, kind, easing=easing), at)}[o{at}]")
            shape = ("-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p")
            outputs += ["-map", f"[o{at}]", *shape, str(folder / f"{name}-{kind}")]
        command = [ffmpeg.binary(), "-v", "error", *options, *inputs]
        command += ["-filter_complex", ffmpeg.SCALING + ";".join(chains), *outputs]
        done = subprocess.run(command, capture_output=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr.decode()
        for kind in XFADES:
            data = np.frombuffer((folder / f"{name}-{kind}").read_bytes(), np.uint8)
            found.setdefault(kind, {})[name] = data.reshape(-1, plane_bytes(SIZE))
    return found


@pytest.mark.parametrize("kind", XFADES)
def test_a_transition_has_begun_on_its_first_frame_and_not_arrived_on_its_last(
    drawn: dict[str, dict[str, Frames]], kind: str
) -> None:
    before, after, seen = drawn["before"][""], drawn["after"][""], drawn[kind]["plain"]
    assert len(seen) == 23
    early = 1 if kind.endswith("slice") else 0  # in so small a picture, its first lines are thinner than a pixel
    assert (seen[early] != before[early]).any()
    assert (seen[-1 - early] != after[-1 - early]).any()
    assert (seen[11] != before[11]).mean() > 0.2 < (seen[11] != after[11]).mean()


@pytest.mark.parametrize("kind", XFADES)
def test_a_transition_is_the_same_on_every_processor(drawn: dict[str, dict[str, Frames]], kind: str) -> None:
    assert (drawn[kind]["plain"] == drawn[kind]["scalar"]).all()


@pytest.mark.parametrize("kind", XFADES)
def test_easing_changes_the_pace_and_nothing_else(drawn: dict[str, dict[str, Frames]], kind: str) -> None:
    plain, eased = drawn[kind]["plain"], drawn[kind]["eased"]
    assert len(eased) == 23
    assert (plain[11] == eased[11]).all(), "half way is half way"
    assert (plain[4] != eased[4]).any()
    before = drawn["before"][""]
    if kind in ("wipeleft", "coverup", "circleopen", "horzopen", "hlslice"):
        assert (eased[4] != before[4]).mean() < (plain[4] != before[4]).mean(), "it begins slowly"


@pytest.mark.parametrize("kind", [kind for kind in XFADES if kind.startswith("wipe") or kind.endswith("slice")])
def test_what_a_wipe_has_not_reached_is_as_it_was(drawn: dict[str, dict[str, Frames]], kind: str) -> None:
    """Bit for bit, luma and chroma."""
    before, after, seen = drawn["before"][""], drawn["after"][""], drawn[kind]["plain"]
    assert ((seen == before) | (seen == after)).all()


@pytest.mark.parametrize("easing", EASINGS)
def test_a_wipe_is_where_its_easing_says(tmp_path: Path, easing: str) -> None:
    piece = segment(24, SIZE, "wiperight", easing=easing)
    seen = luma(crossed(tmp_path, piece, flat(24, SIZE, 40), flat(24, SIZE, 200)), SIZE)
    edges = (seen[:, 10] == 200).sum(axis=1)
    assert np.abs(edges - SIZE[0] * paces(24, easing)[:, 0]).max() <= 1.001


@pytest.mark.parametrize("kind", ["circlecrop", "rectcrop"])
def test_the_black_around_a_crop_is_that_of_video(drawn: dict[str, dict[str, Frames]], kind: str) -> None:
    assert luma(drawn[kind]["plain"], SIZE).min() == 16


# The film's own fades


@pytest.mark.parametrize(("kind", "offset"), [("in", 0), ("in", 7), ("out", 0), ("out", 9), ("out", -6)])
def test_a_films_fade_is_mixed_to_the_level(tmp_path: Path, kind: str, offset: int) -> None:
    frames, whole = 12, 24
    film = noise(frames, SIZE, 10)
    dip = Dip(kind, offset, whole, "#204080")
    graph = f"[0:v]settb=1/24,setpts=N,format=yuv420p,{TAGS}{dip_filters(dip, segment(frames, SIZE), 'x')}[o]"
    seen = draw(graph, raw(tmp_path, "film", film, SIZE), SIZE)
    passed = np.arange(frames)[:, None] + offset
    covered = np.clip(1 - passed / whole if kind == "in" else (passed + 1) / whole, 0, 1)
    colour = flat(1, SIZE, *luma_chroma("#204080"))[0]
    assert len(seen) == frames
    assert np.abs(seen - (film * (1 - covered) + colour * covered)).max() < 1
    assert (seen == draw(graph, raw(tmp_path, "film", film, SIZE), SIZE, *SCALAR)).all()
    if offset < 0:
        assert (seen[:5] == film[:5]).all(), "before it begins, nothing is touched"


def test_a_film_begins_with_the_colour_and_ends_with_it(tmp_path: Path) -> None:
    film, colour = noise(8, SIZE, 11), flat(1, SIZE, 16)[0]
    for dip, at in ((Dip("in", 0, 8, "#000000"), 0), (Dip("out", 0, 8, "#000000"), -1)):
        graph = f"[0:v]settb=1/24,setpts=N,format=yuv420p,{TAGS}{dip_filters(dip, segment(8, SIZE), 'x')}[o]"
        assert (draw(graph, raw(tmp_path, "film", film, SIZE), SIZE)[at] == colour).all()
