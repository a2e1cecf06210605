"""`storyboard import-cut` on a film of real clips: exported, edited as text, brought back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from storyboard.changelist.importing import Wish, import_cut, write
from storyboard.cli.main import run
from storyboard.errors import Transient
from storyboard.progress import unwatched
from storyboard.settings import settings_for
from storyboard.store.project import open_project
from tests.media import write_clock

FILM = """\
storyboard: 1
shots:
  # the first
  - id: one
    footage: a.mp4
    in: 0.5s      # after the clap
    length: 1s
    transition: {type: dissolve, duration: 6f}
  - {id: two, footage: b.mp4, in: 6f, captions: [{text: Here, at: 1s, for: 6f}]}
  # the last
  - id: three
    footage: a.mp4
    length: 1s
    titles: [{text: The end, for: 1s}]
outputs:
  film: {file: build/film.mp4, size: 160x90, fps: 24}
"""
TRIMMED = FILM.replace("in: 6f, captions", "in: 6f, length: 36f, captions")


@dataclass(frozen=True, slots=True)
class Room:
    """A project with its exports, by format."""

    file: Path
    cuts: dict[str, Path]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """The film, exported in every format."""
    folder = tmp_path_factory.mktemp("a project")
    write_clock(folder / "a.mp4", 1, 48)
    write_clock(folder / "b.mp4", 2, 48)
    (folder / "film.yaml").write_text(FILM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORYBOARD_HOME", str(folder / "home"))
        for form in ("fcpxml", "fcp7", "otio", "edl"):
            assert run(["export", str(folder / "film.yaml"), str(folder / form), "--to", form]) == 0
    names = {"fcpxml": "film.fcpxml", "fcp7": "film.xml", "otio": "film.otio", "edl": "film.edl"}
    return Room(folder / "film.yaml", {form: folder / form / name for form, name in names.items()})


@pytest.fixture
def file(room: Room, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The storyboard, as it was exported."""
    monkeypatch.setenv("STORYBOARD_HOME", str(room.file.parent / "home"))
    room.file.write_text(FILM)
    return room.file


@pytest.fixture
def trimmed(room: Room) -> Path:
    """The list of edits in which somebody has cut the second shot six frames shorter, and moved what follows."""
    lines = room.cuts["edl"].read_text()
    for old, new in (
        ("00:00:00:06 00:00:02:00 01:00:00:18 01:00:02:12", "00:00:00:06 00:00:01:18 01:00:00:18 01:00:02:06"),
        ("01:00:02:12 01:00:03:12", "01:00:02:06 01:00:03:06"),
    ):
        assert old in lines
        lines = lines.replace(old, new)
    path = room.file.parent / "trimmed.edl"
    path.write_text(lines)
    return path


Said = Callable[[], tuple[str, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """What a command has said: its answer, and its talk."""

    def both() -> tuple[str, str]:
        found = capsys.readouterr()
        return found.out, " ".join(found.err.split())

    return both


@pytest.mark.parametrize("form", ["fcpxml", "fcp7", "otio", "edl"])
def test_an_export_that_nobody_edited(room: Room, file: Path, said: Said, form: str) -> None:
    assert run(["import-cut", str(file), str(room.cuts[form]), "--yes"]) == 0
    assert said() == ("", "nothing to change: the film is cut as this is")
    assert file.read_text() == FILM


def test_final_cut_writes_a_folder(room: Room, file: Path, said: Said) -> None:
    folder = file.parent / "from the editor.fcpxmld"
    folder.mkdir()
    (folder / "Info.fcpxml").write_text(room.cuts["fcpxml"].read_text().replace("fcpxml version", "fcpxml  version"))
    assert run(["import-cut", str(file), str(folder)]) == 0
    assert said() == ("", "nothing to change: the film is cut as this is")
    (folder / "Info.fcpxml").unlink()
    assert run(["import-cut", str(file), str(folder)]) == 2
    assert "Info.fcpxml" in said()[1]


def test_a_cut_is_shown_and_then_written(file: Path, trimmed: Path, said: Said) -> None:
    assert run(["import-cut", str(file), str(trimmed)]) == 0
    out, err = said()
    assert [line for line in out.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")] == [
        "-  - {id: two, footage: b.mp4, in: 6f, captions: [{text: Here, at: 1s, for: 6f}]}",
        "+  - {id: two, footage: b.mp4, in: 6f, captions: [{text: Here, at: 1s, for: 6f}], length: 36f}",
    ]
    assert err == "nothing was written; `--yes` writes it"
    assert file.read_text() == FILM
    assert run(["import-cut", str(file), str(trimmed), "--json"]) == 0
    answer = json.loads(said()[0])
    assert (answer["outcome"], answer["gone"], answer["told"]) == ("shown", [], [])
    assert "length: 36f" in answer["files"][0]["diff"]
    assert run(["import-cut", str(file), str(trimmed), "--yes"]) == 0
    assert said()[1].startswith("written ")
    assert file.read_text() == FILM.replace("for: 6f}]}", "for: 6f}], length: 36f}")
    assert run(["import-cut", str(file), str(trimmed), "--yes"]) == 0
    assert said() == ("", "nothing to change: the film is cut as this is")


def test_nobody_elses_edit_is_lost(file: Path, trimmed: Path) -> None:
    found = import_cut(open_project(str(file)), settings_for(file.parent), Wish(trimmed), unwatched)
    theirs = FILM.replace("# the first", "# their first")
    file.write_text(theirs)
    with pytest.raises(Transient, match="was changed while it was used"):
        write(found)
    assert file.read_text() == theirs


def test_what_would_be_wrong_is_shown_and_not_written(file: Path, trimmed: Path, said: Said) -> None:
    text = FILM.replace("at: 1s, for: 6f", "at: 1.6s, for: 3f")
    file.write_text(text)
    assert run(["import-cut", str(file), str(trimmed), "--yes"]) == 1
    out, err = said()
    assert "+  - {id: two" in out
    assert "this caption would begin 0.1 s after `two` has ended" in err
    assert file.read_text() == text


def test_the_length_that_a_film_promises_is_told(file: Path, trimmed: Path, said: Said) -> None:
    file.write_text(FILM.replace("shots:", "length: 3.5s\nshots:"))
    assert run(["import-cut", str(file), str(trimmed), "--yes"]) == 0
    assert "the cut is 6 frames shorter than `length: 3.5s`" in said()[1]
    assert "length: 36f}" in file.read_text()


def test_a_shot_that_the_cut_has_not_is_named(room: Room, file: Path, said: Said) -> None:
    new = FILM.replace("  # the last", "  - {id: new, footage: b.mp4, length: 1s}   # since Monday\n  # the last")
    file.write_text(new)
    assert run(["import-cut", str(file), str(room.cuts["fcpxml"])]) == 0
    out, err = said()
    assert "+  # - {id: new, footage: b.mp4, length: 1s}   # since Monday" in out.splitlines()
    assert "`new`: not in this cut (taken out, or new in the film since the export): becomes a comment" in err
    assert file.read_text() == new


def test_nothing_in_a_cut_drives_the_terminal(room: Room, file: Path, said: Said) -> None:
    hostile = room.file.parent / "hostile.edl"
    text = room.cuts["edl"].read_text()
    hostile.write_text(text.replace("020_two.mp4", "\x1b]0;evil\x07[bold]two[31m.mp4"))
    assert run(["import-cut", str(file), str(hostile)]) in (0, 1)
    out, err = said()
    assert "\x1b" not in out + err
    assert "\x07" not in out + err
    assert "`two` shows ` ]0;evil [bold]two[31m.mp4` there" in err
    assert file.read_text() == FILM


def test_what_is_no_cut(file: Path, said: Said) -> None:
    assert run(["import-cut", str(file), str(file.parent / "nothing.edl")]) == 2
    assert run(["import-cut", str(file), str(file.parent / "a.mp4")]) == 1
    assert run(["import-cut", str(file), str(file), "--output", "wide"]) == 2
    assert "there is no output `wide`" in said()[1]


def test_what_is_included_is_written_where_it_stands(room: Room, file: Path, said: Said) -> None:
    folder = file.parent / "whole"
    (folder / "parts").mkdir(parents=True)
    (folder / "a.mp4").hardlink_to(file.parent / "a.mp4")
    part = "# the opening\nscenes:\n  - {id: one, shots: [{id: first, footage: a.mp4, length: 1s}]}\n"
    main = (
        "storyboard: 1\ninclude: [parts/opening.yaml]\nscenes:\n"
        "  - {id: two, shots: [{id: last, footage: a.mp4, in: 1s}]}  # the end\n"
        "outputs: {film: {file: build/film.mp4, size: 160x90, fps: 24}}\n"
    )
    (folder / "parts" / "opening.yaml").write_text(part)
    (folder / "film.yaml").write_text(main)
    assert run(["export", str(folder / "film.yaml"), str(folder / "out"), "--to", "edl"]) == 0
    cut = folder / "out" / "film.edl"
    text = cut.read_text()
    for old, new in (
        ("00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00", "00:00:00:06 00:00:01:00 01:00:00:00 01:00:00:18"),
        ("00:00:01:00 00:00:02:00 01:00:01:00 01:00:02:00", "00:00:01:06 00:00:02:00 01:00:00:18 01:00:01:12"),
    ):
        assert old in text
        text = text.replace(old, new)
    cut.write_text(text)
    said()
    assert run(["import-cut", str(folder / "film.yaml"), str(cut), "--yes"]) == 0
    out, err = said()
    assert "opening.yaml" in out
    assert err.count("film.yaml") == err.count("parts/opening.yaml") == 1
    opening = (folder / "parts" / "opening.yaml").read_text()
    assert opening == part.replace("length: 1s", "length: 0.75s, in: 0.25s")
    assert (folder / "film.yaml").read_text() == main.replace("in: 1s", "in: 1.25s")
    assert room.file.read_text() == FILM
