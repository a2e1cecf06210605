"""Captions and titles on the film: when they are said, and that they are drawn there."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from storyboard.assembler import ffmpeg, words
from storyboard.assembler.assemble import Job
from storyboard.assembler.layout import FILES, Text, width_of
from storyboard.assembler.segments import Extras, Segment, cut_segments
from storyboard.assembler.styles import DISPLAY, Line
from storyboard.assembler.subtitles import Subtitle, read_srt
from storyboard.assembler.texts import captions_of, lines_of, titles_of
from storyboard.errors import InvalidStoryboard
from tests.media import HEIGHT, WIDTH, Stage, read_film, small, write_footage

GREY = 128
MEDIUM = "640x360"


@pytest.fixture
def grey(stage: Stage) -> Stage:
    """A project with a clip of one grey, five seconds long."""
    write_footage(stage.folder / "grey.mp4", [np.full((HEIGHT, WIDTH), GREY, np.uint8)] * 120, 24, (WIDTH, HEIGHT))
    return stage


def parts(job: Job, subtitles: tuple[Subtitle, ...] = ()) -> tuple[tuple[Text, ...], tuple[Text, ...]]:
    """The captions and the titles of a film."""
    film = job.storyboard, job.output, job.timeline
    return captions_of(*film, subtitles), titles_of(*film)


def spans(texts: tuple[Text, ...]) -> list[tuple[str, int, int]]:
    """What is seen when."""
    return [(one.text, one.start, one.stop) for one in texts]


def differ(pictures: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How far each picture is from grey, at most."""
    found: NDArray[np.int64] = np.abs(pictures.astype(np.int64) - GREY).max(axis=(1, 2))
    return found


TITLED = """
shots:
- {id: x, footage: grey.mp4, length: 30f}
- id: a
  footage: grey.mp4
  length: 60f
  captions: [{text: One, at: 7f, for: 11f}, {text: Two, at: 50f, for: 9s}]
  titles:
  - {text: Mira, at: 6f, for: 36f}
  - {text: Small print, style: legal}
  - {text: Big, style: centre, at: 59f, for: 1f}
- {id: y, footage: grey.mp4, length: 30f}
"""


def test_words_are_timed_from_their_shot_and_end_with_it(grey: Stage) -> None:
    captions, titles = parts(grey.job(small() + TITLED))
    assert spans(captions) == [("One", 37, 48), ("Two", 80, 90)]
    assert spans(titles) == [("Mira", 36, 72), ("Small print", 30, 90), ("Big", 89, 90)]
    assert [title.fade for title in titles] == [8, 8, 0]
    assert [title.path for title in titles] == [f"shots[1].titles[{number}].text" for number in range(3)]
    captions, titles = parts(grey.job(small("30000/1001") + TITLED))
    assert spans(captions) == [("One", 37, 48), ("Two", 80, 90)]
    assert [title.fade for title in titles] == [10, 10, 0]


def test_an_output_may_want_neither(grey: Stage) -> None:
    captions, titles = parts(grey.job(small(captions="none", titles="none") + TITLED))
    assert captions == titles == ()


@pytest.mark.parametrize("how", ["sidecar", "soft"])
def test_what_a_player_draws_is_not_drawn_but_has_its_room(grey: Stage, how: str) -> None:
    def lines(how: str) -> tuple[Line, ...]:
        job = grey.job(small(captions=how) + TITLED)
        return lines_of(job.storyboard, job.output, job.timeline, {})

    burned = lines("burn")
    assert {line.style for line in burned} == {"caption", "lower-third", "legal", "centre"}
    assert lines(how) == tuple(line for line in burned if line.style != "caption")
    low = next(line.top for line in lines("none") if line.style == "lower-third")
    high = next(line.top for line in burned if line.style == "lower-third")
    assert (high or 0) < (low or 0)


SRT = b"1\n00:00:00,000 --> 00:00:01,000\nFirst\n\n2\n00:00:04,990 --> 00:00:09,000\nLast\n"
PLAIN = "shots: [{id: a, footage: grey.mp4, captions: [{text: Own, at: 1s, for: 1s}]}]"


def test_subtitles_of_a_file_are_captions_of_the_film(grey: Stage) -> None:
    captions, _ = parts(grey.job(small() + PLAIN), read_srt(SRT, "film.srt"))
    assert spans(captions) == [("First", 0, 24), ("Own", 24, 48), ("Last", 119, 120)]
    assert str(captions[2].where) == "film.srt:6:1"


def test_a_subtitle_behind_the_end_is_a_problem(grey: Stage) -> None:
    late = read_srt(SRT.replace(b"00:00:04,990", b"00:00:05,000"), "film.srt")
    job = grey.job(small() + PLAIN)
    with pytest.raises(InvalidStoryboard) as caught:
        lines_of(job.storyboard, job.output, job.timeline, {}, late)
    (problem,) = caught.value.problems
    assert str(problem.where) == "film.srt:6:1"
    assert problem.message == "this subtitle begins after the film `film` has ended"
    silent = replace(job.output, captions="none")
    assert lines_of(job.storyboard, silent, job.timeline, {}, late) == ()


def test_what_has_no_room_is_a_problem(grey: Stage) -> None:
    long = "word " * 900
    text = f"""{small()}
shots:
- {{id: a, card: {{text: "{long}"}}, titles: [{{text: "{long}"}}], captions: [{{text: "{long}", for: 1s}}]}}"""
    job = grey.job(text)
    with pytest.raises(InvalidStoryboard) as caught:
        lines_of(job.storyboard, job.output, job.timeline, {})
    paths = {problem.path for problem in caught.value.problems}
    assert paths == {"shots[0].card.text", "shots[0].titles[0].text", "shots[0].captions[0].text"}


# In segments


def segments_of(stage: Stage, text: str) -> tuple[Segment, ...]:
    """The segments of a film."""
    job = stage.job(text)
    return cut_segments(job.storyboard, job.output, job.timeline, Extras())


def test_segments_without_words_have_none_and_a_long_title_is_the_same_in_its_middle(grey: Stage) -> None:
    shot = "{{id: a, footage: grey.mp4, in: 0s, out: 5s, titles: [{{text: T, at: {}f, for: {}f}}]}}"
    one = segments_of(grey, f"{small()}shots: [{shot.format(10, 100)}]")
    two = segments_of(grey, f"{small()}shots: [{shot.format(12, 104)}]")
    assert [segment.frames for segment in one] == [48, 48, 24]
    assert one[0] != two[0]
    assert one[1] == two[1], "it begins and ends elsewhere"
    assert one[2] != two[2]
    assert (one[1].lines[0].start, one[1].lines[0].stop, one[1].lines[0].fade) == (-8, 56, 8)
    short = segments_of(grey, f"{small()}shots: [{shot.format(50, 20)}]")
    assert [len(segment.lines) for segment in short] == [0, 1, 0]


# On the picture


def test_a_title_fades_over_the_border_of_two_segments(grey: Stage) -> None:
    shot = "{id: a, footage: grey.mp4, titles: [{text: MMMM, style: centre, at: 44f, for: 40f}]}"
    job = grey.job(f"{small(size=MEDIUM)}shots: [{shot}]")
    (line,) = lines_of(job.storyboard, job.output, job.timeline, {})
    assert line.start < 48 < line.start + line.fade
    strength = differ(read_film(grey.film(f"{small(size=MEDIUM)}shots: [{shot}]").path))
    assert [int(at) for at in np.flatnonzero(strength > 3)] == list(range(44, 84))
    assert (np.diff(strength[43:52]) > 0).all(), "it comes, frame by frame"
    assert (np.diff(strength[76:85]) < 0).all()
    assert np.ptp(strength[53:75]) <= 6, "and stands still"
    assert np.abs(strength[44:52] - strength[83:75:-1]).max() <= 8, "it goes as it came"


def test_a_lower_third_has_its_rule_on_the_left_and_an_output_may_leave_it_out(grey: Stage) -> None:
    text = "shots: [{id: a, footage: grey.mp4, length: 30f, titles: [{text: Mira Holm}]}]"
    picture = read_film(grey.film(small(size=MEDIUM) + text).path)[15].astype(int)
    rows, columns = np.nonzero(np.abs(picture - GREY) > 60)
    assert 640 * 0.055 < columns.min() < 640 * 0.065
    assert columns.max() < 640 / 2
    assert 360 * 0.7 < rows.min() < rows.max() < 360 * 0.92
    rule = np.abs(picture[:, columns.min()] - GREY) > 60
    assert rule.sum() > 15, "an upright rule"
    assert differ(read_film(grey.film(small(titles="none") + text).path)).max() < 5


@pytest.mark.parametrize("size", ["640x360", "360x640", "360x360"])
def test_words_stay_in_the_picture_and_apart(grey: Stage, size: str) -> None:
    text = f"""{small(size=size)}
shots:
- id: a
  footage: grey.mp4
  length: 30f
  captions: [{{text: A caption of many words that go over into another row of the picture, for: 9s}}]
  titles:
  - {{text: "Mira Holm\\nMountain guide"}}
  - {{text: "First light\\nA film about water", style: centre}}
  - {{text: "No animal was disturbed. All rights reserved, by everybody who had any.", style: legal}}
"""
    picture = np.abs(read_film(grey.film(text).path)[15].astype(int) - GREY) > 60
    height, width = picture.shape
    rows, columns = np.nonzero(picture)
    assert columns.min() >= width * 0.05
    assert columns.max() <= width * 0.95
    assert rows.min() > height * 0.2
    assert rows.max() < height * 0.95
    bands = np.split(np.unique(rows), np.flatnonzero(np.diff(np.unique(rows)) > 1) + 1)
    assert len(bands) >= 4, "each stands for itself"


def test_libass_draws_letters_as_wide_as_they_are_counted(grey: Stage) -> None:
    """Rows are broken by counting: what is drawn must be as long, in the font that was meant."""
    word = "Hamburgefonstiv Qxyz"
    path = grey.folder / "card.ass"
    path.write_text(words.script(words.card_lines(word, 9), 1280, 720), "utf-8")
    raw = grey.folder / "card.gray"
    chain = f"settb=1/100,setpts=N*4,ass=filename={path},format=gray"
    source = "color=c=black:s=1280x720:r=24,format=gray"
    fonts = words.fonts(grey.cache.folder)
    ffmpeg.run(*ffmpeg.QUIET, "-f", "lavfi", "-i", source, "-vf", chain, "-frames:v", "1", "-f", "rawvideo", str(raw),
               fonts=fonts)  # fmt: skip
    picture = np.frombuffer(raw.read_bytes(), np.uint8).reshape(720, 1280)
    columns = np.nonzero(picture > 120)[1]
    size = Fraction(76)
    assert DISPLAY in FILES
    counted = width_of(word, DISPLAY, float(size))
    assert counted * 0.96 < columns.max() - columns.min() < counted
