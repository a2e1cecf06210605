"""Words on the picture, examined before anything is made: letters, room, and files of subtitles."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.errors import Problem
from storyboard.examine import examine
from storyboard.store.project import open_project

SRT = "1\n00:00:00,000 --> 00:00:01,000\nThe thaw begins\n\n2\n00:00:01,000 --> 00:00:02,000\n{}\n"
CARD = "shots: [{id: a, card: {text: A}, captions: [{text: 雪解け, for: 1s}]}]\n"


def problems(folder: Path, text: str, srt: str = "") -> list[Problem]:
    """All that is wrong with a storyboard in the folder, beside a file of subtitles."""
    (folder / "film.yaml").write_text(f"storyboard: 1\n{text}", "utf-8")
    (folder / "subs").mkdir()
    (folder / "subs" / "en.srt").write_text(srt, "utf-8")
    return examine(open_project(str(folder / "film.yaml")))[1]


def test_a_title_with_letters_that_the_fonts_lack_is_told(tmp_path: Path) -> None:
    text = "shots:\n- id: a\n  card: {text: A}\n  titles:\n  - {text: Fine}\n  - {text: 雪解け}\n"
    (problem,) = problems(tmp_path, text)
    assert (problem.where.line, problem.path) == (7, "shots[0].titles[1].text")
    assert problem.message == "the fonts have no letters for 雪 解 け"


@pytest.mark.parametrize("how", ["burn", "sidecar", "soft", "none"])
def test_captions_that_only_players_draw_may_be_in_any_script(tmp_path: Path, how: str) -> None:
    text = f"captions: subs/en.srt\noutputs: {{film: {{captions: {how}}}}}\n{CARD}"
    found = problems(tmp_path, text, SRT.format("雪"))
    places = [(Path(problem.where.file).name, problem.where.line) for problem in found]
    assert places == ([("film.yaml", 4), ("en.srt", 6)] if how == "burn" else [])


def test_titles_that_no_output_draws_may_be_in_any_script(tmp_path: Path) -> None:
    text = "outputs: {film: {titles: none}}\nshots: [{id: a, card: {text: A}, titles: [{text: 雪}]}]\n"
    assert problems(tmp_path, text) == []


def test_a_wrong_line_of_subtitles_is_told_and_shown(tmp_path: Path) -> None:
    project_text = "captions: subs/en.srt\nshots: [{id: a, card: {text: A}}]\n"
    (problem,) = problems(tmp_path, project_text, SRT.format("two\n00:00:03,000 --> 00:00:04,000\nthree"))
    assert (problem.where.line, problem.message) == (8, "no empty line ends the subtitle before")
    project = open_project(str(tmp_path / "film.yaml"))
    examine(project)
    assert project.texts[problem.where.file].splitlines()[7] == "00:00:03,000 --> 00:00:04,000"


def test_a_subtitle_after_the_end_of_the_film_is_told(tmp_path: Path) -> None:
    text = "captions: subs/en.srt\nshots: [{id: a, card: {text: A}, duration: 1s}]\n"
    (problem,) = problems(tmp_path, text, SRT.format("late"))
    assert problem.where.line == 6
    assert problem.message == "this subtitle begins after the film `film` has ended"


def test_words_without_room_are_told_for_the_shape_that_has_none(tmp_path: Path) -> None:
    text = f"""outputs:
  film: {{size: 1920x1080}}
  tall: {{size: 1080x1920}}
shots:
- id: a
  card: {{text: A}}
  captions: [{{text: "{"many words " * 120}", for: 1s}}]
  titles: [{{text: "{"word " * 400}", style: legal}}]
"""
    found = problems(tmp_path, text)
    assert [(problem.where.line, problem.path) for problem in found] == [
        (8, "shots[0].captions[0].text"),
        (9, "shots[0].titles[0].text"),
    ]
    assert {problem.code for problem in found} == {"words"}
    assert all("not even in small letters" in problem.message for problem in found)
