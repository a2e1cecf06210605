"""Where words stand: rows, sizes, and what makes room for what."""

from __future__ import annotations

from importlib import resources
from itertools import combinations
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.assembler.layout import FILES, Text, place_texts, set_rows, width_of
from storyboard.assembler.styles import ROOMS, Canvas, Line, Style, is_light
from storyboard.errors import Where

SHAPES = [Canvas(1920, 1080), Canvas(1080, 1920), Canvas(1080, 1080), Canvas(160, 90), Canvas(640, 360)]
LANDSCAPE = SHAPES[0]
LONG = "words that are not many and go on and on until there is no room left for any more of them in one row " * 2
DRAWN: list[Style] = ["caption", "lower-third", "centre", "legal"]


def text(style: Style, words: str, start: int = 0, stop: int = 48) -> Text:
    """A text that was written somewhere."""
    return Text(style, words, start, stop, Where("film.yaml", 1, 1), "shots[0].titles[0].text")


def placed(*texts: Text, canvas: Canvas = LANDSCAPE) -> tuple[Line, ...]:
    """Texts at their places."""
    lines, problems = place_texts(texts, canvas)
    assert not problems
    return lines


def bottom(line: Line, canvas: Canvas) -> float:
    """The row below a line."""
    assert line.top is not None
    return line.top + canvas.block(line.style, line.heads, line.text.count("\n") + 1 - line.heads, line.percent)


# Letters


def test_letters_are_as_wide_as_the_fonts_say() -> None:
    folder = Path(str(resources.files("storyboard").joinpath("fonts")))
    for name, (file, units, row) in FILES.items():
        with TTFont(folder / file) as font:
            assert str(font["name"].getDebugName(1)) == name, "by this name libass finds it"
            assert font["head"].unitsPerEm == units
            assert font["OS/2"].usWinAscent + font["OS/2"].usWinDescent == row
            codes, advances = font.getBestCmap(), font["hmtx"]
            for char in "AVWmil 1.,—ßŻΩж…":
                assert width_of(char, name, row) == advances[codes[ord(char)]][0], (name, char)


# Rows


@pytest.mark.parametrize("canvas", SHAPES)
@pytest.mark.parametrize("style", ["caption", "lower-third", "centre", "legal", "card"])
def test_rows_stay_in_their_room(style: Style, canvas: Canvas) -> None:
    room = ROOMS[style]
    for words in ("One", "Two words\nand some more", LONG.strip(), f"{LONG.strip()}\n{LONG.strip()}", "M" * 60):
        block = set_rows(words, style, canvas)
        if block is None:
            assert len(words) > 60
            continue
        scale = canvas.unit * block.percent / 100
        for index, row in enumerate(block.rows):
            font, size = room.head if index < block.heads else room.rest
            assert width_of(row, font, size * scale) <= canvas.width - 2 * canvas.margin
        assert canvas.block(style, block.heads, len(block.rows) - block.heads, block.percent) <= canvas.height * 0.84
        assert "".join("".join(block.rows).split()) == "".join(words.split()), "no letter is lost"


def test_rows_are_about_as_long_as_each_other() -> None:
    block = set_rows(
        "She climbs from the trees to the pass, and the thaw begins at last.", "caption", Canvas(1080, 1080)
    )
    assert block
    assert block.rows == ("She climbs from the trees to the", "pass, and the thaw begins at last.")


def test_what_is_short_is_large_and_what_is_long_is_smaller() -> None:
    sizes = []
    for count in (2, 12, 20, 28):
        block = set_rows("word " * count, "centre", LANDSCAPE)
        assert block
        sizes.append(block.percent)
    assert sizes[0] == 100
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 100
    assert set_rows("word " * 400, "centre", LANDSCAPE) is None


def test_a_row_is_broken_where_its_author_breaks_it_and_not_at_a_hard_space() -> None:
    block = set_rows("one two\nthree\n\nfour", "caption", LANDSCAPE)
    assert block
    assert (block.rows, block.heads) == (("one two", "three", "", "four"), 4)
    title = set_rows("  Mira Holm \n\n Guide\nHardanger\n", "lower-third", LANDSCAPE)
    assert title
    assert (title.rows, title.heads) == (("Mira Holm", "Guide", "Hardanger"), 1)
    hard = set_rows("many words before it and then 1\u00a0500\u202fm " * 2, "caption", Canvas(360, 640))
    assert hard
    assert all(row.count("1\u00a0500\u202fm") == row.count("500") for row in hard.rows)


# Places


@pytest.mark.parametrize("canvas", SHAPES)
def test_each_style_has_its_place(canvas: Canvas) -> None:
    (legal,), (caption,), (third,), (centre,) = (
        placed(text(style, "Some words"), canvas=canvas) for style in ("legal", "caption", "lower-third", "centre")
    )
    assert (legal.top or 0) > (caption.top or 0) > (third.top or 0) > (centre.top or 0)
    middle = ((centre.top or 0) + bottom(centre, canvas)) / 2
    assert abs(middle - canvas.height / 2) <= 1
    assert bottom(legal, canvas) <= canvas.height * 0.95 + 1


def test_captions_that_begin_together_are_read_from_the_top() -> None:
    one, two, three = placed(text("caption", "1"), text("caption", "2"), text("caption", "3"))
    assert [one.text, two.text, three.text] == ["1", "2", "3"]
    assert (one.top or 0) < (two.top or 0) < (three.top or 0)


def test_what_stands_already_does_not_move() -> None:
    alone = placed(text("caption", "1", 0, 48))[0]
    one, two, three = placed(text("caption", "1", 0, 48), text("caption", "2", 24, 72), text("caption", "3", 48, 90))
    assert one == alone
    assert (two.top or 0) < (one.top or 0)
    assert three.top == one.top, "the place that became free"


def test_titles_make_room_for_captions() -> None:
    alone = placed(text("lower-third", "Mira Holm\nGuide"))[0]
    lines = placed(text("lower-third", "Mira Holm\nGuide"), text("caption", "one\ntwo", 47, 60))
    third, caption = (next(line for line in lines if line.style == style) for style in ("lower-third", "caption"))
    assert (third.top or 0) < (alone.top or 0)
    assert bottom(third, LANDSCAPE) < (caption.top or 0)
    later = placed(text("lower-third", "Mira Holm\nGuide"), text("caption", "one\ntwo", 48, 60))
    assert alone in later, "but not for those that come when it has gone"


def test_big_words_stand_below_each_other() -> None:
    one, two = placed(text("centre", "One"), text("centre", "Two"))
    assert (one.text, two.text) == ("One", "Two")
    assert (one.top or 0) < (two.top or 0)


def test_what_has_no_room_is_a_problem_with_its_place() -> None:
    texts = [text("caption", f"{number}\nrows") for number in range(20)]
    lines, problems = place_texts(texts, LANDSCAPE)
    assert len(lines) + len(problems) == 20
    assert {problem.message for problem in problems} == {
        "a picture of 1920x1080 has no room for this caption beside the others"
    }
    _, (problem,) = place_texts([text("lower-third", "word " * 900)], LANDSCAPE)
    assert problem.message == "this title does not fit into a picture of 1920x1080, not even in small letters"
    assert (problem.where.line, problem.path) == (1, "shots[0].titles[0].text")


TEXTS = st.tuples(
    st.sampled_from(DRAWN), st.sampled_from(["One", "Two\nrows", LONG]), st.integers(0, 90), st.integers(1, 90)
)


@settings(max_examples=60)
@given(st.lists(TEXTS, max_size=7), st.sampled_from(SHAPES))
def test_no_words_cover_others_or_leave_the_picture(drawn: list[tuple[Style, str, int, int]], canvas: Canvas) -> None:
    lines, _ = place_texts([text(style, words, at, at + length) for style, words, at, length in drawn], canvas)
    for line in lines:
        assert canvas.top <= (line.top or 0)
        assert bottom(line, canvas) <= canvas.height * 0.95 + 1
    for one, two in combinations(lines, 2):
        if one.start < two.stop and two.start < one.stop:
            high, low = sorted((one, two), key=lambda line: line.top or 0)
            assert bottom(high, canvas) < (low.top or 0)


def test_thousands_of_captions_are_laid_out_at_once() -> None:
    texts = [text("caption", f"Caption number {at} of very many of them", 30 * at, 30 * at + 45) for at in range(3000)]
    lines = placed(*texts)
    assert {line.top for line in lines[::2]} == {lines[0].top}
    assert {line.top for line in lines[1::2]} == {lines[1].top}


def test_a_file_full_of_text_is_refused_at_once() -> None:
    texts = [text("caption", "x y " * 500, at, at + 1) for at in range(2000)]
    lines, problems = place_texts(texts, LANDSCAPE)
    assert not lines
    assert len(problems) == 2000


def test_light_and_dark() -> None:
    assert [is_light(color) for color in ("#ffffff", "#f4f1ea", "#ffd479", "#00ff00")] == [True] * 4
    assert [is_light(color) for color in ("#000000", "#101418", "#c02818", "#0000ff")] == [False] * 4
