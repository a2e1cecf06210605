"""What editing programs leave out, cut short or add of their own when they write a cut back: none of it is an edit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from storyboard.changelist.exported import Exported, export_of, written
from storyboard.export.cut import Crossing, Cut, Laid, Mark, Media, Written
from storyboard.export.describing import FORMATS
from tests.changelist.editing import blocks, joined, put, trimmed, with_crossing
from tests.changelist.stage import Film, film_of, returned

FILM = """\
storyboard: 1
defaults: {model: klingai/kling-v3.0-i2v, duration: 5s}
shots:
  - {id: pour, prompt: "Pour.", in: 1s, out: 4s, transition: {type: fade, duration: 1s, color: "#203040"}}
  - {id: steam, prompt: "Steam.", in: 1s, out: 4s, transition: {type: smoothleft, duration: 0.5s}}
  - {id: cup, prompt: "Cup.", in: 1s, out: 4s, transition: {type: wipeleft, duration: 0.5s}}
  - {id: hands, prompt: "Hands.", in: 1s, length: 3s}
  - {id: last, footage: {shot: hands}, in: 1s, length: 3s}
open: {fade: 12f}
close: {fade: 12f}
outputs:
  film: {file: build/film.mp4, size: 96x64, fps: 24}
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """A film with transitions that no list has a word for."""
    file = tmp_path_factory.mktemp("habits") / "film.yaml"
    file.write_text(FILM)
    return film_of(file, {})


def brought_back(film: Film, form: str, habit: Callable[[str], str], cut: Cut | None = None) -> list[str]:
    """What changes, and what is told, when a program has written a cut of the film."""
    data = written(cut or film.cut, FORMATS[form])
    assert habit(data.decode()) != data.decode()
    found = returned(film, film.exported(form), film.read(habit(data.decode()).encode()))
    return found.diff + found.told


def no_comments(text: str) -> str:
    """A list as Premiere writes it: of all comments, the clips' names stay."""
    lines = text.splitlines()
    return "\n".join(one for one in lines if not one.startswith("*") or "CLIP NAME" in one)


def plain_dissolves(text: str) -> str:
    """OTIO as a program writes it that has one transition, and keeps nobody's metadata."""

    def cleaned(value: object) -> object:
        if isinstance(value, list):
            return [cleaned(one) for one in value]
        if not isinstance(value, dict):
            return value
        own = {key: {} if key == "metadata" else cleaned(one) for key, one in value.items()}
        if "transition_type" in own:
            own |= {"name": "Cross Dissolve", "transition_type": "SMPTE_Dissolve"}
        return own

    return json.dumps(cleaned(json.loads(text)))


@pytest.mark.parametrize(("form", "habit"), [("edl", no_comments), ("otio", plain_dissolves)])
def test_what_a_format_shows_as_a_dissolve_stays(film: Film, form: str, habit: Callable[[str], str]) -> None:
    assert brought_back(film, form, habit) == []
    index = next(at for at, one in enumerate(film.cut.pieces) if one.shot == "steam")
    longer = with_crossing(film.cut, index, replace(film.cut.crossings[index], before=18, after=18))
    assert [one for one in brought_back(film, form, habit, longer) if "pour" in one] == [
        '-  - {id: pour, prompt: "Pour.", in: 1s, out: 4s, transition: {type: fade, duration: 1s, color: "#203040"}}',
        (
            '+  - {id: pour, prompt: "Pour.", in: 1s, out: 4.25s, '
            'transition: {type: fade, duration: 1.5s, color: "#203040"}}'
        ),
    ]


def test_a_wipe_is_no_dissolve_where_the_format_has_both(film: Film) -> None:
    index = next(at for at, one in enumerate(film.cut.pieces) if one.shot == "hands")
    cut = with_crossing(film.cut, index, Crossing("dissolve", "dissolve", 6, 6))
    found = returned(film, film.exported("fcp7"), film.read(written(cut, FORMATS["fcp7"])))
    assert found.diff[1:] == [
        '+  - {id: cup, prompt: "Cup.", in: 1s, out: 4s, transition: {type: dissolve, duration: 0.5s}}'
    ]


def avid(text: str) -> str:
    """Names without their endings, cut off, and with what Avid writes behind them; reels as they came."""
    text = no_comments(text).replace("_t01.mp4", "_t01.new.01")
    return text.replace("CLIP NAME: 030_cup_t01.new.01", "CLIP NAME: 030_cup_")


def tapes(text: str) -> str:
    """A list that knows clips by what the editor calls them, and by their reels."""
    return re.sub(r"CLIP NAME: \S+", "CLIP NAME: best one", no_comments(text))


@pytest.mark.parametrize("habit", [avid, tapes])
def test_a_clip_is_known_by_a_part_of_its_name_or_its_reel(film: Film, habit: Callable[[str], str]) -> None:
    assert brought_back(film, "edl", habit) == []


def test_an_editors_own_marker_hides_nobodys(film: Film) -> None:
    """The same media twice, in another order: our markers tell them apart, whatever stands before those."""
    *others, hands, last = blocks(film.cut)
    cut = joined(film.cut, [*others, last, hands])
    marked = (replace(one, marks=(Mark("fix the colour", ""), Mark(one.shot, ""))) for one in cut.pieces)
    back = film.read(written(replace(cut, pieces=tuple(marked)), FORMATS["fcpxml"]))
    text = returned(film, film.exported("fcpxml"), back).texts["film.yaml"]
    assert text.index("id: last") < text.index("id: hands")


def test_a_slip_of_less_than_a_frame_is_told(film: Film, tmp_path: Path) -> None:
    file = tmp_path / "film.yaml"
    file.write_text(FILM.replace('"Hands.", in: 1s', '"Hands.", speed: 25%, in: 1s'))
    slow = film_of(file, {})
    index = next(at for at, one in enumerate(slow.cut.pieces) if one.shot == "hands")
    cut = put(slow.cut, index, trimmed(slow.cut.pieces[index], head=1, tail=-1))
    found = returned(slow, slow.exported("fcp7"), slow.read(written(cut, FORMATS["fcp7"])))
    assert found.diff == []
    assert found.told == ["`hands` begins 0.25 frames later in its take there: in points are whole frames here"]


def titled(cut: Cut, form: str, start: int, frames: int = 24) -> Cut:
    """The cut with a title, as a format has it."""
    if form == "fcpxml":
        return replace(cut, titles=(Written("Tea", start, frames, 40.0, 0.0, None),))
    media = Media("overlays/title01.mov", cut.rate, frames, cut.width, cut.height, 0, "TITLE01")
    return replace(cut, layers=((Laid(media, start, frames, "Tea"),),))


@pytest.mark.parametrize("form", ["fcpxml", "fcp7", "otio"])
def test_a_title_that_was_moved_is_told(film: Film, form: str) -> None:
    cut = film.cut
    at = next(one.start for one in cut.pieces if one.shot == "cup") + 20
    exported: Exported = export_of(film.staged, titled(cut, form, at), FORMATS[form], film.read)
    name = "Tea" if form == "fcpxml" else "title01.mov"

    def told(changed: Cut) -> list[str]:
        return returned(film, exported, film.read(written(changed, FORMATS[form]))).told

    assert told(titled(cut, form, at)) == []
    assert told(titled(cut, form, at - 6)) == [
        f"`{name}` begins 6 frames earlier there: its `at` in `cup` is for you to change"
    ]
    assert told(titled(cut, form, at, 36)) == [
        f"`{name}` lasts 12 frames longer there: its `for` in `cup` is for you to change"
    ]
    assert told(titled(cut, form, at + 1, 12)) == [
        (
            f"`{name}` begins 1 frame later and lasts 12 frames shorter there: "
            "its `at` and `for` in `cup` are for you to change"
        )
    ]
    assert told(cut) == [
        f"`{name}` is not over the picture there, and stays in the film: it is in the `titles` of `cup`"
    ]
    shorter = put(cut, 0, trimmed(cut.pieces[0], head=6))
    assert told(titled(shorter, form, at - 6)) == [], "it went along with its shot"
    assert "6 frames later" in told(titled(shorter, form, at))[0]


def test_a_logo_over_the_whole_film_is_as_long_as_that(film: Film) -> None:
    cut, shorter = film.cut, put(film.cut, 0, trimmed(film.cut.pieces[0], head=6))
    exported = export_of(film.staged, titled(cut, "fcp7", 0, cut.frames), FORMATS["fcp7"], film.read)
    for frames in (cut.frames, shorter.frames):
        back = film.read(written(titled(shorter, "fcp7", 0, frames), FORMATS["fcp7"]))
        assert returned(film, exported, back).told == []


def test_a_title_in_a_storyline_of_its_own_is_the_same_title(film: Film) -> None:
    """Final Cut makes one as soon as a title fades in."""
    cut = titled(film.cut, "fcpxml", film.cut.pieces[2].start + 20)
    exported = export_of(film.staged, cut, FORMATS["fcpxml"], film.read)
    text = written(cut, FORMATS["fcpxml"]).decode()
    shape = re.compile(r'<title (ref="\w+" )lane="1" offset="([^"]+)"(.*?</title>)', re.DOTALL)
    held = shape.sub(r'<spine lane="1" offset="\2"><title \1offset="0s"\3</spine>', text)
    assert held != text
    found = returned(film, exported, film.read(held.encode()))
    assert (found.diff, found.told) == ([], [])
