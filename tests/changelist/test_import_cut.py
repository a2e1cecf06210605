"""A cut that comes back: nothing changes that nobody edited, and what was edited is the lines that it takes."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from storyboard.changelist.exported import Exported
from storyboard.export.cut import Crossing, Cut, Piece
from storyboard.export.describing import FORMATS
from tests.changelist import editing
from tests.changelist.editing import blocks, closed_up, joined, put, trimmed, with_crossing
from tests.changelist.stage import Done, Film, edited, extents, film_of, made_up, returned, ways
from tests.export.films import RATES

LARGE = os.environ.get("STORYBOARD_STRESS") == "1"
EXACT = ("fcpxml", "otio")
"""Formats that tell places between frames."""

OPENING = """\
# before the title
scenes:
  - id: opening
    shots:
      - id: fog
        prompt: "Fog."   # very slow
        in: 0.5s
        length: 2s
      - {id: title, card: {text: Harbour}, duration: 2s}
"""
FILM = """\
# The harbour, as it was cut on Monday.
storyboard: 1
title: "Harbour"   # working title
include: [opening.yaml]

defaults:
  duration: 5s
  model: klingai/kling-v3.0-i2v

scenes:
  - id: quay
    shots:
      # the first that anyone sees
      - id: gulls
        prompt: "Gulls over the quay."      # slower
        in: 0.5s        # after the clap
        length: 3s
        transition: {type: dissolve, duration: 0.5s}

      - {id: ropes, prompt: "Ropes.", in: 12f, out: 84f}   # all on one line
      # two of them
      - id: nets
        prompt: >-
          Nets are mended;
          nobody looks up.
        in: 1s
        captions:
          - {text: Since morning, at: 0.5s, for: 1s}
        # no sound

      # it goes on
      - id: hands
        prompt: "Hands."
        in: 00:00:00:12
        length: 2s      # short
        speed: 50%
        transition: {type: wipeleft, duration: 12f}   # as he asked

  - id: sea
    defaults: {transition: {type: dissolve, duration: 0.5s}}
    shots:
      - id: boat
        prompt: "The boat."
        in: 1s
        out: 4s
      - id: wake
        footage: wake.mp4
        in: 0.5s
        out: 4s         # before the gull
        transition: {type: fade, duration: 1s, color: "#ffffff"}
      # the end
      - id: end
        card: {text: End}
        duration: 2s

sound:
  tracks:
    - {file: bell.wav, role: effects, at: {shot: boat}}

open: {fade: 12f}
outputs:
  film: {file: build/film.mp4, size: 96x64, fps: 24}
  wide: {file: build/wide.mp4, size: 96x64, fps: 25}
variants:
  short: {order: [gulls, nets, end], shots: {nets: {in: 2s}}}
  calm: {shots: {boat: {speed: 50%}}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of texts."""
    folder = tmp_path_factory.mktemp("harbour")
    (folder / "film.yaml").write_text(FILM)
    (folder / "opening.yaml").write_text(OPENING)
    return folder


@pytest.fixture(scope="module")
def film(folder: Path) -> Film:
    """The film of the harbour."""
    return film_of(folder / "film.yaml", {})


def at(cut: Cut, shot: str) -> int:
    """Where the piece of a shot stands."""
    return next(index for index, piece in enumerate(cut.pieces) if piece.shot == shot)


def done(film: Film, cut: Cut, form: str) -> Done:
    """What becomes of the film."""
    return edited(film, film.exported(form), cut, form)


def of(shot: str, change: Callable[[Piece], Piece]) -> Callable[[Cut], Cut]:
    """An edit of one shot's piece."""
    return lambda cut: put(cut, at(cut, shot), change(cut.pieces[at(cut, shot)]))


def across(shot: str, crossing: Crossing | None) -> Callable[[Cut], Cut]:
    """Another transition behind a shot."""
    return lambda cut: with_crossing(cut, at(cut, shot) + 1, crossing)


def in_order(*order: str) -> Callable[[Cut], Cut]:
    """These shots, in this order, each with the transition behind it."""
    return lambda cut: joined(cut, [next(one for one in blocks(cut) if one[0][0].shot == shot) for shot in order])


REST = ("gulls", "ropes", "nets", "hands", "boat", "wake", "end")
"""The shots of the storyboard's own file."""


def rolled(cut: Cut) -> Cut:
    """The cut between two shots five frames earlier."""
    index = at(cut, "ropes")
    one, other = trimmed(cut.pieces[index], tail=5), trimmed(cut.pieces[index + 1], head=-5)
    return closed_up(cut, [*cut.pieces[:index], one, other, *cut.pieces[index + 2 :]])


def backwards(piece: Piece) -> Piece:
    """The same frames in the other direction."""
    return replace(piece, place=piece.place + (piece.frames - 1) * piece.step, step=-piece.step)


EDITS: dict[str, tuple[Callable[[Cut], Cut], Sequence[str]]] = {
    "trim head": (of("gulls", lambda one: trimmed(one, head=6)), (
        "-        in: 0.5s        # after the clap",
        "-        length: 3s",
        "+        in: 0.75s        # after the clap",
        "+        length: 2.75s",
    )),
    "trim tail": (of("ropes", lambda one: trimmed(one, tail=5)), (
        '-      - {id: ropes, prompt: "Ropes.", in: 12f, out: 84f}   # all on one line',
        '+      - {id: ropes, prompt: "Ropes.", in: 12f, out: 79f}   # all on one line',
    )),
    "trim tail of a whole take": (of("nets", lambda one: trimmed(one, tail=12)), ("+        length: 3.5s",)),
    "trim head in timecode": (of("hands", lambda one: trimmed(one, head=2)), (
        "-        in: 00:00:00:12",
        "-        length: 2s      # short",
        '+        in: "00:00:00:13"',
        "+        length: 46f      # short",
    )),
    "trim what is included": (of("fog", lambda one: trimmed(one, tail=12)), (
        "-        length: 2s",
        "+        length: 1.5s",
    )),
    "longer card": (of("end", lambda one: replace(one, frames=one.frames + 12)), (
        "-        duration: 2s",
        "+        duration: 2.5s",
    )),
    "slip": (of("boat", lambda one: trimmed(one, head=6, tail=-6)), (
        "-        in: 1s",
        "-        out: 4s",
        "+        in: 1.25s",
        "+        out: 4.25s",
    )),
    "roll": (rolled, (
        '-      - {id: ropes, prompt: "Ropes.", in: 12f, out: 84f}   # all on one line',
        '+      - {id: ropes, prompt: "Ropes.", in: 12f, out: 79f}   # all on one line',
        "-        in: 1s",
        "+        in: 19f",
    )),
    "reorder": (in_order("title", "fog", *REST), (
        "+      - {id: title, card: {text: Harbour}, duration: 2s}",
        "-      - {id: title, card: {text: Harbour}, duration: 2s}",
    )),
    "transition added": (across("ropes", Crossing("dissolve", "dissolve", 6, 6)), (
        '-      - {id: ropes, prompt: "Ropes.", in: 12f, out: 84f}   # all on one line',
        ('+      - {id: ropes, prompt: "Ropes.", in: 12f, out: 90f, transition: {type: dissolve, duration: 0.5s}}'
        "   # all on one line"),
        "-        in: 1s",
        "+        in: 0.75s",
    )),
    "transition removed": (across("gulls", None), (
        "-        length: 3s",
        "-        transition: {type: dissolve, duration: 0.5s}",
        "+        length: 2.75s",
        '-      - {id: ropes, prompt: "Ropes.", in: 12f, out: 84f}   # all on one line',
        '+      - {id: ropes, prompt: "Ropes.", in: 18f, out: 84f}   # all on one line',
    )),
    "default transition removed": (across("boat", None), (
        "-        out: 4s",
        "+        out: 3.75s",
        "+        transition: cut",
        "-        in: 0.5s",
        "+        in: 0.75s",
    )),
    "transition longer": (across("gulls", Crossing("dissolve", "dissolve", 9, 9)), (
        "-        length: 3s",
        "-        transition: {type: dissolve, duration: 0.5s}",
        "+        length: 3.125s",
        "+        transition: {type: dissolve, duration: 0.75s}",
        '-      - {id: ropes, prompt: "Ropes.", in: 12f, out: 84f}   # all on one line',
        '+      - {id: ropes, prompt: "Ropes.", in: 9f, out: 84f}   # all on one line',
    )),
    "default transition longer": (across("boat", Crossing("dissolve", "dissolve", 9, 9)), (
        "-        out: 4s",
        "+        out: 4.125s",
        "+        transition: {type: dissolve, duration: 0.75s}",
        "-        in: 0.5s",
        "+        in: 0.375s",
    )),
    "transition of another kind": (across("gulls", Crossing("dip", "fade", 6, 6, "#000000")), (
        "-        transition: {type: dissolve, duration: 0.5s}",
        "+        transition: {type: fade, duration: 0.5s}",
    )),
    "speed": (of("nets", lambda one: replace(one, step=one.step * 2, frames=one.frames // 2)), (
        "+        speed: 200%",
    )),
    "reverse": (of("nets", backwards), ("+        reverse: true",)),
    "taken out": (in_order("title", *REST), (
        "-      - id: fog",
        '-        prompt: "Fog."   # very slow',
        "-        in: 0.5s",
        "-        length: 2s",
        "+      # - id: fog",
        '+      #   prompt: "Fog."   # very slow',
        "+      #   in: 0.5s",
        "+      #   length: 2s",
    )),
}  # fmt: skip


CASES = [(name, form) for name in EDITS for form in (FORMATS if name in editing.TWELVE else ("fcpxml",))]


@pytest.fixture(scope="module")
def exports(film: Film) -> Callable[[str], Exported]:
    """The film's export in a format, read back once."""
    return cache(film.exported)


@pytest.mark.parametrize(("name", "form"), CASES)
def test_an_edit_is_its_lines_and_nothing_else(
    film: Film, exports: Callable[[str], Exported], name: str, form: str
) -> None:  # fmt: skip
    edit, lines = EDITS[name]
    cut = edit(film.cut)
    found = edited(film, exports(form), cut, form)
    assert found.diff == list(lines)
    assert extents(found.after) == extents(cut)
    assert ways(found.after) == ways(cut)
    assert found.told == []
    assert found.gone == (["fog"] if name == "taken out" else [])


def test_the_twelve_kinds_of_edit_are_all_here() -> None:
    assert set(editing.TWELVE) <= set(EDITS)


@pytest.mark.parametrize("form", FORMATS)
def test_what_nobody_edited_changes_nothing(form: str, tmp_path: Path) -> None:
    for seed in range(40 if LARGE else 1):
        for rate in RATES:
            film = made_up(seed, rate, tmp_path / "film.yaml")
            exported = film.exported(form)
            assert list(exported.uses) == [shot.id for shot in film.storyboard.shots]
            found = returned(film, exported, exported.cut)
            assert (found.diff, found.told, found.gone) == ([], [], []), (seed, rate)


ALL = {**editing.TWELVE, "extend": editing.extend, "freeze": editing.freeze}


@pytest.mark.parametrize("name", ALL)
def test_edits_of_any_film_are_made_or_told(name: str, tmp_path: Path) -> None:
    """Whatever the film: laid out anew it is the editor's, frame for frame, or what is not is told."""
    made = 0
    for seed in range(200 if LARGE else 4):
        rate, form = list(RATES)[seed % len(RATES)], EXACT[seed % 2] if seed % 3 else ("fcp7", "edl")[seed % 2]
        film = made_up(seed, rate, tmp_path / "film.yaml")
        cut = ALL[name](random.Random(seed), film.cut)
        if cut is None or (form == "fcp7" and not all(piece.step for piece in cut.pieces)):
            continue
        found = done(film, cut, form)
        same = extents(found.after) == extents(cut)
        made += same
        assert same or found.told or form not in EXACT, (seed, rate, form)
        beside = [one[:3] for one in extents(found.after)] != [one[:3] for one in extents(cut)]
        assert not beside or found.told, (seed, rate, form)
    assert made or not LARGE
