"""What a storyboard cannot say, and what an import must not do: told with its place, and nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from storyboard.changelist.exported import written
from storyboard.errors import Refused
from storyboard.export.cut import Crossing, Cut, Media, Piece
from storyboard.export.describing import FORMATS
from tests.changelist.editing import blocks, closed_up, joined, put, trimmed, with_crossing
from tests.changelist.stage import Done, Film, edited, extents, film_of, returned

FILM = """\
storyboard: 1
vars: {stops: [quay, pier]}
defaults: {model: klingai/kling-v3.0-i2v, duration: 5s}
scenes:
  - id: one
    shots:
      - {id: a, prompt: "A.", in: 1s, out: 3s}
      # b goes on from a
      - {id: b, first: {shot: a, frame: last}, prompt: "B.", in: 1s, out: 4s, flip: horizontal}
      - id: c             # nobody needs it
        prompt: "C."
        in: 1s
        out: 4s
  - id: two
    defaults: {prompt: "Of the second scene."}
    shots:
      - {id: d, in: 1s, length: 2s}
      - foreach: {stop: stops}
        id: "at-{{ stop }}"
        prompt: "{{ stop }}"
        in: 1s
        out: 4s
sound:
  tracks: [{file: bell.wav, role: effects, at: {shot: d}}]
outputs:
  film: {file: build/film.mp4, size: 96x64, fps: 24}
  wide: {file: build/wide.mp4, size: 96x64, fps: 25}
variants:
  short: {order: [c, a, d], shots: {c: {out: 3s}}, outputs: {film: {file: build/short.mp4}, wide: {file: build/w.mp4}}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The storyboard on disk."""
    (tmp_path / "film.yaml").write_text(FILM)
    return tmp_path / "film.yaml"


def back(film: Film, cut: Cut, form: str = "fcpxml") -> Done:
    """What becomes of a film whose cut was edited."""
    return edited(film, film.exported(form), cut, form)


def at(cut: Cut, shot: str) -> int:
    """Where the piece of a shot stands."""
    return next(index for index, piece in enumerate(cut.pieces) if piece.shot == shot)


def without(cut: Cut, *shots: str) -> Cut:
    """The cut without some of its shots."""
    return joined(cut, [one for one in blocks(cut) if one[0][0].shot not in shots])


def in_order(cut: Cut, *shots: str) -> Cut:
    """The cut of these shots, in this order."""
    return joined(cut, [one for shot in shots for one in blocks(cut) if one[0][0].shot == shot])


def with_piece(cut: Cut, before: str, *pieces: Piece) -> Cut:
    """The cut with pieces of the editor's own before a shot."""
    found = blocks(cut)
    index = next(place for place, one in enumerate(found) if one[0][0].shot == before)
    return joined(cut, [*found[:index], (list(pieces), None), *found[index:]])


def own(cut: Cut, name: str) -> Piece:
    """A second of media that is none of the film's."""
    return Piece("", "", "", Media(f"media/{name}", cut.rate, 72, 96, 64, 0, "AX"), 0, 24, Fraction(24), Fraction(1))


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_none_of_the_films_is_told(file: Path, form: str) -> None:
    film = film_of(file, {})
    found = back(film, with_piece(film.cut, "c", own(film.cut, "cat.mp4")), form)
    assert found.diff == []
    assert found.told == [
        (
            "`cat.mp4` is none of the film's media, for 24 frames from 00:00:05:00: that is left out; as a shot it is "
            "`{id: cat, footage: cat.mp4, in: 1s, length: 1s}`"
        ),
        "the film is 24 frames shorter than the editor's cut",
    ]
    empty = Piece("", "", "", None, 0, 12, Fraction(0), Fraction(1))
    found = back(film, with_piece(film.cut, "c", empty), form)
    assert found.diff == []
    assert found.told[0] == (
        "there is nothing in the picture, for 12 frames from 00:00:05:00: that is left out; as a shot it is "
        '`{id: pause, card: {background: "#000000"}, duration: 0.5s}`'
    )


@pytest.mark.parametrize("form", FORMATS)
def test_a_shot_cut_in_two_is_used_again(file: Path, form: str) -> None:
    film = film_of(file, {})
    cut = film.cut
    index = at(cut, "b")
    piece = cut.pieces[index]
    parts = trimmed(piece, tail=50), trimmed(piece, head=40)
    cut = closed_up(cut, [*cut.pieces[:index], parts[0], *cut.pieces[index + 1 :], parts[1]])
    found = back(film, cut, form)
    assert found.diff == [
        '-      - {id: b, first: {shot: a, frame: last}, prompt: "B.", in: 1s, out: 4s, flip: horizontal}',
        '+      - {id: b, first: {shot: a, frame: last}, prompt: "B.", in: 1s, out: 46f, flip: horizontal}',
        "+      - {id: b-2, footage: {shot: b}, flip: horizontal, in: 64f, length: 32f}",
    ]
    assert found.told == []
    assert extents(found.after) == extents(cut)


def test_a_blade_alone_is_no_edit(file: Path) -> None:
    film = film_of(file, {})
    piece = film.cut.pieces[at(film.cut, "c")]
    halves = trimmed(piece, tail=30), trimmed(piece, head=piece.frames - 30)
    for form in FORMATS:
        found = back(film, put(film.cut, at(film.cut, "c"), *halves), form)
        assert (found.diff, found.told) == ([], [])


def test_a_shot_that_others_need_stays_and_is_told(file: Path) -> None:
    film = film_of(file, {})
    found = back(film, without(film.cut, "a", "c"))
    assert found.gone == []
    assert found.diff == []
    assert found.told == [
        "`a` is not in the cut and stays in the film: this names it",
        "`a` is not in the cut and stays in the film: this names it",
        "`c` is not in the cut and stays in the film: this names it",
        "`c` is not in the cut and stays in the film: this names it",
        "the film is 120 frames longer than the editor's cut",
    ]
    file.write_text(FILM.replace("order: [c, a, d], shots: {c: {out: 3s}}, ", ""))
    found = back(film_of(file, {}), without(film.cut, "a", "b", "c"))
    assert found.gone == ["a", "b", "c"], "all go, since nothing that stays needs them"
    assert "  # - id: one" in found.texts["film.yaml"], "and their scene with the last of them"


def test_a_shot_that_is_made_of_data_is_told(file: Path) -> None:
    film = film_of(file, {})
    index = at(film.cut, "at-quay")
    found = back(film, put(film.cut, index, trimmed(film.cut.pieces[index], head=6)))
    assert found.diff == []
    assert found.told[0] == "`at-quay` is not written as a shot of its own: its cut is another one in the editor's"
    assert "the film is 6 frames longer than the editor's cut" in found.told
    found = back(film, without(film.cut, "at-quay"))
    assert (found.diff, found.gone) == ([], [])
    assert found.told[0].startswith("`at-quay` is not in the cut and stays in the film: ")


def test_an_order_that_would_break_the_film_is_told(file: Path) -> None:
    film = film_of(file, {})
    found = back(film, in_order(film.cut, "b", "a", "c", "d", "at-quay", "at-pier"))
    assert found.diff == []
    assert found.told == ["shot `a` does not stand before this one", "the editor's order is another one from `b` on"]
    found = back(film, in_order(film.cut, "a", "b", "d", "c", "at-quay", "at-pier"))
    assert found.diff == [], "in the other scene, it would be bought anew"
    assert found.told[0].startswith("`d` would be another shot in the scene of `b`, whose defaults are others; ")


def test_another_take_is_told_and_the_lock_left_alone(file: Path) -> None:
    film = film_of(file, {})
    index = at(film.cut, "c")
    piece = film.cut.pieces[index]
    assert piece.media
    other = replace(piece.media, file=piece.media.file.replace("_t01", "_t02"))
    for form in FORMATS:
        found = back(film, put(film.cut, index, replace(trimmed(piece, tail=12), media=other)), form)
        assert found.diff == ["-        out: 4s", "+        out: 3.5s"]
        assert found.told == [f"`c` shows its take 2: `storyboard pick {file} c 2` chooses it"]
    moved = replace(piece.media, file="media/one_990_c_t01.mp4")
    found = back(film, put(film.cut, index, replace(piece, media=moved)))
    assert (found.diff, found.told) == ([], []), "it stood elsewhere when it was exported"
    graded = replace(piece, media=replace(piece.media, file="media/graded.mov"))
    found = back(film, put(film.cut, index, graded), "otio")
    assert found.diff == []
    assert found.told == [f"`c` shows `graded.mov` there: `storyboard import {file} c CLIP` makes it a take"]


def test_a_cut_of_another_film_is_refused(file: Path) -> None:
    film = film_of(file, {})
    for form in FORMATS:
        with pytest.raises(Refused, match="none of the film's shots is in this cut"):
            back(film, closed_up(film.cut, [own(film.cut, "cat.mp4")], {}), form)


VARIANT: dict[str, tuple[Callable[[Cut], Cut], str, list[str]]] = {
    "its own field": (
        lambda cut: put(cut, 0, trimmed(cut.pieces[0], tail=12)),
        "order: [c, a, d], shots: {c: {out: 2.5s}}", [],
    ),
    "a field of the film": (
        lambda cut: put(cut, 1, trimmed(cut.pieces[1], head=12)),
        "order: [c, a, d], shots: {c: {out: 3s}, a: {in: 1.5s}}", [],
    ),
    "order": (lambda cut: in_order(cut, "d", "c", "a"), "order: [d, c, a], shots: {c: {out: 3s}}", []),
    "taken out": (lambda cut: without(cut, "a"), "order: [c, d], shots: {c: {out: 3s}}", ["a"]),
    "transition": (
        lambda cut: with_crossing(cut, 2, Crossing("dissolve", "dissolve", 4, 4)),
        ("order: [c, a, d], shots: {c: {out: 3s}, a: {out: 76f, transition: {type: dissolve, duration: 8f}}, "
        "d: {in: 20f, length: 52f}}"), [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANT)
def test_a_variant_says_it_itself(file: Path, name: str) -> None:
    edit, words, gone = VARIANT[name]
    film = film_of(file, {}, "short")
    cut = edit(film.cut)
    found = back(film, cut)
    assert found.texts == {
        "film.yaml": FILM.replace("order: [c, a, d], shots: {c: {out: 3s}}", words)
    }, "the film itself stays"  # fmt: skip
    assert (found.told, found.gone) == ([], gone)
    assert extents(found.after) == extents(cut)


def test_a_cut_of_a_variant_is_told_from_one_of_the_film(file: Path) -> None:
    film = film_of(file, {})
    found = returned(
        film, film.exported("fcpxml"), film.read(written(film_of(file, {}, "short").cut, FORMATS["fcpxml"]))
    )
    assert found.told[0] == "these are the shots of the variant `short`: is it a cut of that? `--variant short` says so"


def test_another_output_is_another_rate(file: Path) -> None:
    film = film_of(file, {}, output=1)
    assert film.cut.rate == 25
    found = back(film, put(film.cut, 0, trimmed(film.cut.pieces[0], head=1)))
    assert found.diff == [
        '-      - {id: a, prompt: "A.", in: 1s, out: 3s}',
        '+      - {id: a, prompt: "A.", in: 1.04s, out: 3s}',
    ]
    assert found.told == []


@pytest.mark.parametrize("form", ["fcp7", "edl"])
def test_a_format_that_counts_whole_frames_is_told_where_that_matters(file: Path, form: str) -> None:
    file.write_text(FILM.replace('prompt: "C."', 'prompt: "C."\n        speed: 50%'))
    film = film_of(file, {})
    index = at(film.cut, "c")
    found = back(film, put(film.cut, index, trimmed(film.cut.pieces[index], head=3)), form)
    assert found.diff[0] == "-        in: 1s"
    what = "`c` runs at 0.5 times its pace, and this format counts whole frames: it may begin within a frame beside"
    assert found.told[0] == what


def test_lists_within_brackets_lose_what_was_taken_out(file: Path) -> None:
    file.write_text(
        "storyboard: 1\nshots: [{id: a, footage: a.mp4, length: 1s}, {id: b, footage: b.mp4, length: 1s}]  # all\n"
        "outputs: {film: {size: 96x64, fps: 24}}\n"
    )
    film = film_of(file, {})
    found = back(film, without(film.cut, "a"))
    assert found.diff == [
        "-shots: [{id: a, footage: a.mp4, length: 1s}, {id: b, footage: b.mp4, length: 1s}]  # all",
        "+shots: [{id: b, footage: b.mp4, length: 1s}]  # all",
    ]
    assert (found.gone, found.told) == (["a"], [])
    found = back(film, in_order(film.cut, "b", "a"))
    assert found.diff[1] == "+shots: [{id: b, footage: b.mp4, length: 1s}, {id: a, footage: a.mp4, length: 1s}]  # all"


def test_the_same_media_twice_is_told_apart(file: Path) -> None:
    """Two shots of one file that follow each other without a gap, and a third that is a part of the first again."""
    text = (
        "storyboard: 1\nshots:\n  - {id: a, footage: x.mp4, out: 1s}\n  - {id: b, footage: x.mp4, in: 1s, out: 2s}\n"
        "  - {id: c, footage: {shot: a}, in: 0.5s, out: 1.5s}\noutputs: {film: {size: 96x64, fps: 24}}\n"
    )
    file.write_text(text)
    film = film_of(file, {})
    for form in FORMATS:
        assert back(film, film.cut, form).diff == []
        found = back(film, put(film.cut, 1, trimmed(film.cut.pieces[1], head=4)), form)
        assert [line for line in found.diff if line[0] == "+"] == [
            "+  - {id: b, footage: x.mp4, in: 28f, out: 2s}"
        ], form  # fmt: skip
        found = back(film, in_order(film.cut, "a", "c", "b"), form)
        assert len(found.diff) == 2
        assert found.told == []


def test_a_shot_that_goes_on_from_a_trimmed_one_still_begins_where_it_did(file: Path) -> None:
    """As long as `a` was whole, `b` left out its own first frame, which is the same."""
    file.write_text(
        "storyboard: 1\ndefaults: {model: klingai/kling-v3.0-i2v, duration: 5s}\nshots:\n"
        '  - {id: a, prompt: "A."}\n  - {id: b, first: {shot: a, frame: last}, prompt: "B."}\n'
        "outputs: {film: {size: 96x64, fps: 24}}\n"
    )
    film = film_of(file, {})
    cut = put(film.cut, 0, trimmed(film.cut.pieces[0], tail=12))
    found = back(film, cut)
    assert [line for line in found.diff if line[0] == "+"] == [
        '+  - {id: a, prompt: "A.", length: 4.5s}',
        '+  - {id: b, first: {shot: a, frame: last}, prompt: "B.", in: 1f}',
    ]
    assert extents(found.after) == extents(cut)
