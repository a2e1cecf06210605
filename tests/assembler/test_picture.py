"""What is drawn: cards, captions, clips of other shapes, colours, and the draft's slate line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from storyboard.progress import unwatched
from tests.media import (
    HEIGHT,
    WIDTH,
    Stage,
    assembled,
    read_clocks,
    read_colours,
    read_film,
    run,
    small,
    write_clock,
    write_footage,
)

MEDIUM = "640x360"
"""Large enough for words to be looked at."""
FLAT = 128
"""The luma of footage on which captions are looked for."""


def flat(stage: Stage, name: str, frames: int = 48, size: tuple[int, int] = (WIDTH, HEIGHT), luma: int = FLAT) -> None:
    """A clip of one grey."""
    picture = np.full((size[1], size[0]), luma, np.uint8)
    write_footage(stage.folder / name, [picture] * frames, 24, size)


def marked(pictures: NDArray[np.uint8], grey: int = FLAT) -> list[int]:
    """The frames on which something is drawn."""
    apart = np.abs(pictures.astype(int) - grey).max(axis=(1, 2))
    return [int(at) for at in np.flatnonzero(apart > 24)]


def colour_at(picture: NDArray[np.uint8], x: float, y: float) -> tuple[int, ...]:
    """The mean colour around a point, from the left and from the top."""
    height, width = picture.shape[:2]
    left, top = round(x * (width - 1)), round(y * (height - 1))
    part = picture[max(0, top - 2) : top + 3, max(0, left - 2) : left + 3].reshape(-1, 3)
    return tuple(round(value) for value in part.mean(axis=0))


def near(one: tuple[int, ...], two: tuple[int, ...], by: int = 6) -> bool:
    """Whether two colours are nearly the same."""
    return all(abs(a - b) <= by for a, b in zip(one, two, strict=True))


# Cards


def test_a_card_has_its_background_colour(shared_stage: Stage) -> None:
    colors = ["#101418", "#c02818", "#1830d0", "#20b040", "#f0e020", "#ffffff"]
    cards = [
        f'{{id: c{at}, card: {{text: "-", background: "{color}"}}, duration: 2f}}' for at, color in enumerate(colors)
    ]
    pictures = read_colours(shared_stage.film(f"{small()}shots: [{', '.join(cards)}]").path, range(1, 12, 2))
    for color, picture in zip(colors, pictures, strict=True):
        wanted = tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))
        assert near(colour_at(picture, 0.1, 0.1), wanted), color


def test_a_card_has_its_text_in_its_colour(shared_stage: Stage) -> None:
    card = '{text: "MMM\\nnnnn", background: "#000000", color: "#30c0ff"}'
    text = f"{small(size=MEDIUM)}shots: [{{id: a, card: {card}, duration: 2f}}]"
    (picture,) = read_colours(shared_stage.film(text).path, [1])
    drawn = picture.reshape(-1, 3)[picture.reshape(-1, 3).max(axis=1) > 200]
    assert len(drawn) > 50
    bluest = drawn[np.argsort(drawn[:, 0].astype(int) - drawn[:, 2])[:30]]
    assert near(tuple(np.median(bluest, axis=0).astype(int)), (0x30, 0xC0, 0xFF), 12)
    rows = np.flatnonzero((picture.max(axis=2) > 100).any(axis=1))
    assert rows.min() > 360 * 0.3
    assert any(np.diff(rows) > 1), "the second line stands apart from the first"


def test_a_title_of_several_lines_makes_room_for_what_is_below_it(shared_stage: Stage) -> None:
    title = "Many words that do not stand in one line of a film and go on in the next"
    card = f'{{text: "{title}\\nnnnnnn", background: "#000000"}}'
    text = f"{small(size=MEDIUM)}shots: [{{id: a, card: {card}, duration: 2f}}]"
    drawn = (read_film(shared_stage.film(text).path)[1] > 120).any(axis=1)
    bands = np.split(np.flatnonzero(drawn), np.flatnonzero(np.diff(np.flatnonzero(drawn)) > 1) + 1)
    assert len(bands) >= 3
    assert len(bands[-1]) < 14, "the last line is the small one, alone"
    assert abs((bands[0][0] + bands[-1][-1]) / 2 - 180) < 20


def test_a_card_stands_for_its_duration_between_frames_too(shared_stage: Stage) -> None:
    """Ten cards of 0.3 s (7.2 frames) are 3 s together."""
    shots = "\n".join(f"- {{id: s{at}, card: {{text: T}}, duration: 0.3s}}" for at in range(10))
    assert shared_stage.film(f"{small()}shots:\n{shots}").frames == 72


def test_a_card_may_be_cut_like_any_shot(shared_stage: Stage) -> None:
    text = f"{small()}shots: [{{id: a, card: {{text: T}}, duration: 1.01s, length: 1.01s}}]"
    assert shared_stage.film(text).frames == 24


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (333, 501)])
def test_a_card_may_be_a_picture(stage: Stage, size: tuple[int, int]) -> None:
    quarters = {(0.2, 0.2): (255, 0, 0), (0.8, 0.2): (0, 255, 0), (0.2, 0.8): (0, 0, 255), (0.8, 0.8): (192, 160, 128)}
    image = Image.new("RGB", size)
    for (x, y), color in quarters.items():
        left, top = (x > 0.5) * (size[0] // 2), (y > 0.5) * (size[1] // 2)
        image.paste(color, (left, top, left + size[0] // 2 + 1, top + size[1] // 2 + 1))
    suffixes = ("png", "jpg", "webp")
    for suffix in suffixes:
        image.save(stage.folder / f"card.{suffix}", quality=95)
    shots = [f"{{id: {suffix}, card: {{image: card.{suffix}}}, duration: 30f}}" for suffix in suffixes]
    film = stage.film(f"{small()}shots: [{', '.join(shots)}]")
    assert film.frames == 90
    for suffix, picture in zip(suffixes, read_colours(film.path, [29, 59, 89]), strict=True):
        assert picture.shape == (HEIGHT, WIDTH, 3)
        for place, wanted in quarters.items():
            assert near(colour_at(picture, *place), wanted, 10), (suffix, place, wanted)


# Clips of other shapes


@pytest.fixture
def corners(stage: Stage) -> Stage:
    """Wide and tall clips, black, with a white mark in the upper left and a grey one in the lower right."""
    for name, (width, height) in (("wide.mp4", (320, 90)), ("tall.mp4", (90, 160))):
        picture = np.full((height, width), 40, np.uint8)
        picture[: height // 4, : width // 8 if width > height else width // 4] = 235
        picture[-height // 4 :, -(width // 8 if width > height else width // 4) :] = 150
        write_footage(stage.folder / name, [picture] * 3, 24, (width, height))
    return stage


def still_of(stage: Stage, shot: str) -> NDArray[np.uint8]:
    """The second frame of a film of one shot."""
    pictures: NDArray[np.uint8] = read_film(stage.film(f"{small()}shots: [{{id: a, {shot}, length: 3f}}]").path)[1]
    return pictures


def test_cover_fills_the_picture_around_the_focus(corners: Stage) -> None:
    left = still_of(corners, "footage: wide.mp4, focus: [0, 0.5]")
    assert left[2, 2] > 200
    assert left[-3, -3] < 60
    right = still_of(corners, "footage: wide.mp4, focus: [1, 0.5]")
    assert right[2, 2] < 60
    assert right[-3, -3] > 130
    middle = still_of(corners, "footage: wide.mp4")
    assert middle.max() < 70
    top = still_of(corners, "footage: tall.mp4, focus: [0.5, 0.0]")
    assert top[2, 2] > 200
    assert top[-3, -3] < 60


def test_contain_shows_all_of_it_between_black_bars(corners: Stage) -> None:
    wide = still_of(corners, "footage: wide.mp4, fit: contain")
    assert wide[:20].max() < 20 > wide[-20:].max()
    assert wide[26, 2] > 200
    assert wide[-27, -3] > 130
    tall = still_of(corners, "footage: tall.mp4, fit: contain")
    assert tall[:, :50].max() < 20 > tall[:, -50:].max()
    assert tall[2, WIDTH // 2 - 22] > 200


def test_blur_fills_the_bars_with_the_picture_itself(corners: Stage) -> None:
    wide = still_of(corners, "footage: wide.mp4, fit: blur, focus: [0, 0]")
    assert wide[26, 2] > 200
    bars = wide[:20]
    assert bars.max() > 60, "not black"
    assert np.abs(np.diff(bars.astype(int), axis=1)).max() < 60, "and soft: the mark's own edge is a step of 195"


def test_an_output_chooses_the_fit_of_shots_that_do_not(corners: Stage) -> None:
    text = f"{small(fit='contain')}shots: [{{id: a, footage: wide.mp4}}, {{id: b, footage: wide.mp4, fit: cover}}]"
    pictures = read_film(corners.film(text).path)
    assert pictures[1][:20].max() < 20
    assert pictures[4][:20].max() > 30


def test_a_clip_that_lies_on_its_side_is_shown_upright(stage: Stage) -> None:
    """A telephone writes 160x90 and a note that it was held upright: it is a clip of 90x160."""
    picture = np.full((90, 160), 40, np.uint8)
    picture[:, :40] = 220  # becomes the top or the bottom
    write_footage(stage.folder / "lying.mp4", [picture] * 3, 24, (160, 90))
    run("-display_rotation", "90", "-i", str(stage.folder / "lying.mp4"), "-c", "copy", str(stage.folder / "up.mp4"))
    seen = still_of(stage, "footage: up.mp4, fit: contain")
    assert seen[:, :50].max() < 20 > seen[:, -50:].max(), "there are bars left and right"
    middle = seen[:, WIDTH // 2].astype(int)
    assert abs(middle[5] - middle[-5]) > 100


@pytest.mark.parametrize("full_range", [False, True])
def test_luma_is_that_of_the_clip(stage: Stage, full_range: bool) -> None:
    picture = np.full((HEIGHT, WIDTH), 200, np.uint8)
    write_footage(stage.folder / "grey.mp4", [picture] * 3, 24, (WIDTH, HEIGHT), span="pc" if full_range else "tv")
    wanted = 16 + 200 * 219 / 255 if full_range else 200
    assert still_of(stage, "footage: grey.mp4").mean() == pytest.approx(wanted, abs=2)


# Captions


CAPTIONED = """
shots:
- {id: x, footage: flat.mp4, length: 30f}
- id: a
  footage: flat.mp4
  captions: [{text: MMMM, at: 7f, for: 11f}]
"""


@pytest.mark.parametrize("rate", ["24", "25", "60", "30000/1001", "120", "240"])
def test_a_caption_is_seen_from_its_first_frame_to_its_last(stage: Stage, rate: str) -> None:
    flat(stage, "flat.mp4", 60)
    write_footage(stage.folder / "flat.mp4", [np.full((HEIGHT, WIDTH), FLAT, np.uint8)] * 60, 24, (WIDTH, HEIGHT))
    pictures = read_film(stage.film(small(rate) + CAPTIONED).path)
    assert marked(pictures) == list(range(37, 48))


def test_a_caption_runs_over_the_borders_of_segments_and_ends_with_its_shot(stage: Stage) -> None:
    flat(stage, "flat.mp4", 120)
    text = f"""{small()}
shots:
- {{id: a, footage: flat.mp4, length: 4s, captions: [{{text: MMMM, at: 40f, for: 10s}}]}}
- {{id: b, footage: flat.mp4, length: 1s}}
"""
    pictures = read_film(stage.film(text).path)
    assert marked(pictures) == list(range(40, 96))
    one = pictures[41:95].astype(int)
    assert np.abs(one - one[0]).max() < 20, "and it stands still"


def test_captions_stand_low_and_in_the_middle(stage: Stage) -> None:
    flat(stage, "flat.mp4")
    text = f"{small(size=MEDIUM)}shots: [{{id: a, footage: flat.mp4, captions: [{{text: MMMM, for: 1s}}]}}]"
    rows, columns = np.nonzero(np.abs(read_film(stage.film(text).path)[5].astype(int) - FLAT) > 40)
    assert rows.min() > 360 * 0.8
    assert rows.max() < 360 * 0.96
    assert abs((columns.min() + columns.max()) / 2 - 640 / 2) < 4


def test_an_output_may_leave_captions_out(stage: Stage) -> None:
    flat(stage, "flat.mp4", 60)
    assert marked(read_film(stage.film(small(captions="none") + CAPTIONED).path)) == []


HOSTILE = [
    "{\\an8}up", "{\\pos(0,0)}zero", "one\\Ntwo", "{\\fs200}big", "\\h\\n\\N", "100%{}", "it's: a; b, c [d]", "}{",
    "{\\p1}m 0 0 l 900 0 900 900 0 900{\\p0}", "\u202eevil\u202c", "a\\", "\\{\\an8}x", "{", "\\\\N", "{=1}\\an8",
    "%{expr:1}", "{\\clip(0,0,1,1)}gone",
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_only_pixels(stage: Stage, words: str) -> None:
    """They stand where a caption stands, in one line, no larger than others."""
    flat(stage, "flat.mp4", 6)
    text = f"{small(size=MEDIUM)}shots: [{{id: a, footage: flat.mp4, captions: [{{text: WORDS, for: 3f}}]}}]"
    job = stage.job(text)
    (clip,) = job.timeline.clips
    shot = replace(clip.shot, captions=(replace(clip.shot.captions[0], text=words),))
    timeline = replace(job.timeline, clips=(replace(clip, shot=shot),))
    film = assembled(replace(job, timeline=timeline), stage.cache, unwatched)
    pictures = read_film(film.path)
    assert marked(pictures) == [0, 1, 2]
    rows, columns = np.nonzero(np.abs(pictures[1].astype(int) - FLAT) > 40)
    assert rows.min() > 360 * 0.85
    assert rows.max() - rows.min() < 360 * 0.09
    assert columns.max() - columns.min() < 640 * 0.7
    assert abs((columns.min() + columns.max()) / 2 - 320) < 16


def test_a_space_that_does_not_break_is_a_space(stage: Stage) -> None:
    """French and units are written with them."""
    widths = []
    for words in ("MM", "M M", "M\u00a0M", "M\u202fM", "M\tM"):
        text = f'{small(size=MEDIUM)}shots: [{{id: a, card: {{text: "{words}"}}, duration: 1f}}]'.replace("\t", "\\t")
        pictures = read_film(stage.film(text).path)
        columns = np.nonzero(pictures[0] > 120)[1]
        widths.append(int(columns.max() - columns.min()))
    assert min(widths[1:]) > widths[0] + 5, widths


def test_lines_of_a_caption_stand_above_each_other(stage: Stage) -> None:
    flat(stage, "flat.mp4", 6)
    text = f'{small(size=MEDIUM)}shots: [{{id: a, footage: flat.mp4, captions: [{{text: "MMM\\nMMM", for: 3f}}]}}]'
    rows = np.nonzero(np.abs(read_film(stage.film(text).path)[1].astype(int) - FLAT) > 40)[0]
    assert 360 * 0.08 < rows.max() - rows.min() < 360 * 0.2


# Drafts


def test_a_draft_says_what_is_an_animatic(stage: Stage) -> None:
    flat(stage, "flat.mp4", 30)
    text = f"{small(size=MEDIUM)}shots: [{{id: a, footage: flat.mp4}}, {{id: b, footage: flat.mp4}}]"
    film = assembled(stage.job(text, slates={"b": "b · a fox"}), stage.cache, unwatched)
    pictures = read_film(film.path)
    left = [picture[:, : picture.shape[1] // 3] for picture in pictures]
    assert marked(np.stack(left)) == list(range(30, 60))
    apart = np.abs(np.diff(pictures[30:].astype(int), axis=0)).max(axis=(1, 2))
    assert (apart > 30).all(), "the timecode counts every frame"


def test_the_clock_survives_another_size(stage: Stage, tmp_path: Path) -> None:
    write_clock(stage.folder / "big.mp4", 5, 10, size=(480, 270))
    assert read_clocks(read_film(stage.folder / "big.mp4")) == stage.shown(
        f"{small()}shots: [{{id: a, footage: big.mp4}}]"
    )


# Fades and what is written


def test_the_films_fades_are_over_its_words(stage: Stage) -> None:
    """White words and the white of a mark sink together."""
    flat(stage, "flat.mp4", 24)
    text = f"""{small(size=MEDIUM)}
close: {{fade: 12f}}
shots: [{{id: a, footage: flat.mp4, captions: [{{text: MMMM, for: 1s}}]}}]
"""
    pictures = read_film(stage.film(text).path)
    brightest = [int(picture.max()) for picture in pictures]
    assert min(brightest[:12]) > 220
    assert brightest[12:] == sorted(brightest[12:], reverse=True)
    assert brightest[-1] <= 20, "and at its end there is nothing but black"


def test_what_a_draft_says_stays_above_its_fades(stage: Stage) -> None:
    flat(stage, "flat.mp4", 24)
    text = f"{small(size=MEDIUM)}close: {{fade: 12f}}\nshots: [{{id: a, footage: flat.mp4}}]"
    pictures = read_film(assembled(stage.job(text, slates={"a": "a · a fox"}), stage.cache, unwatched).path)
    assert pictures[-1].max() > 150
    assert pictures[-1][: 360 // 2].max() <= 20


@pytest.mark.parametrize("kind", ["dissolve", "fade", "circlecrop", "wipeleft"])
def test_nothing_jumps_where_a_transition_begins(stage: Stage, kind: str) -> None:
    """Footage of one strong colour: the same on the last frame before a transition, in it where it shows, and after."""
    picture = np.full((HEIGHT, WIDTH), 120, np.uint8)
    for name in ("one.mp4", "two.mp4"):
        write_footage(stage.folder / name, [picture] * 24, 24, (WIDTH, HEIGHT), chroma=(90, 190))
    text = f"""{small()}
shots:
- {{id: a, footage: one.mp4, transition: {{type: {kind}, color: "#808080", duration: 9f}}}}
- {{id: b, footage: two.mp4}}
"""
    if kind != "fade":
        text = text.replace(', color: "#808080"', "")
    seen = read_colours(stage.film(text).path, [14, 15, 23, 24])
    for place in ((0.5, 0.5), (0.5, 0.4)):
        before, first, last, after = (colour_at(picture, *place) for picture in seen)
        assert near(before, after, 3)
        if kind != "fade":
            assert near(before, first, 3)
            assert near(after, last, 3)
