"""What is encoded once: an edit touches the segments under it, and no others."""

from __future__ import annotations

import os
import random
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings

from storyboard.assembler.segments import Extras, Segment, cut_segments
from storyboard.assembler.stretches import Stretch
from storyboard.assembler.timeline import build_timeline
from storyboard.errors import InvalidStoryboard
from storyboard.examine import source_of
from storyboard.planner.take import Facts
from storyboard.store.cache import key_of
from tests.assembler.test_timeline import FIVE, films
from tests.media import load_text, small


def cut(
    text: str, facts: Facts = FIVE, slates: dict[str, str] | None = None, more: dict[str, Facts] | None = None
) -> tuple[Segment, ...]:
    """The segments of a storyboard whose footage is five seconds long; a clip's digest is its file's name."""
    storyboard = load_text(text)
    output = storyboard.outputs[0]
    sources = {
        shot.id: source_of(
            shot, output, storyboard.rate, None if shot.card else ((more or {}).get(shot.id, facts), shot.footage)
        )
        for shot in storyboard.shots
    }
    timeline = build_timeline(storyboard, output, sources)
    names = [shot.card.image for shot in storyboard.shots if shot.card]
    names += [one.image for shot in storyboard.shots for one in shot.overlays]
    names += [one.image for one in storyboard.overlays]
    images = {name: f"digest of {name}" for name in names}
    return cut_segments(storyboard, output, timeline, Extras(images, slates=slates or {}, draft=bool(slates)))


def keys(segments: tuple[Segment, ...]) -> list[str]:
    """What each segment is kept by."""
    return [key_of(segment.describe()) for segment in segments]


def changed(before: str, after: str, facts: Facts = FIVE) -> list[int]:
    """Which segments of the second film the first does not have."""
    known = set(keys(cut(before, facts)))
    return [at for at, key in enumerate(keys(cut(after, facts))) if key not in known]


DISSOLVE = "{type: dissolve, duration: 12f}"
SHOTS = f"""{small()}
shots:
- {{id: a, footage: x.mp4}}
- {{id: b, footage: y.mp4, transition: {DISSOLVE}}}
- {{id: c, footage: z.mp4}}
"""


def test_a_body_is_cut_on_its_own_frames() -> None:
    segments = cut(f"{small()}shots: [{{id: a, footage: x.mp4, in: 10f}}]")
    assert [(one.reels[0].first, one.reels[0].last) for one in segments] == [(10, 47), (48, 95), (96, 119)]
    assert [one.frames for one in segments] == [38, 48, 24]
    assert segments[0].reels[0].stretches == (Stretch(10, 38, 1, 1),)


@pytest.mark.parametrize(
    ("pace", "frames"),
    [
        ("speed: 2", [48, 12]),
        ("speed: 50%", [48, 48, 48, 48, 48]),
        ("speed: 0.1, length: 5s", [50, 50, 20]),
        ("reverse: true", [24] * 5),
        ("freeze: {at: 1s, for: 5s}, out: 3s", [24, 48, 48, 24, 24, 24]),
    ],
)
def test_a_body_at_another_pace_is_cut_about_every_two_seconds(pace: str, frames: list[int]) -> None:
    """One that runs backwards every second: its frames are in memory together."""
    assert [one.frames for one in cut(f"{small()}shots: [{{id: a, footage: x.mp4, {pace}}}]")] == frames


def test_a_frame_that_stands_still_is_encoded_once_for_every_two_seconds_alike() -> None:
    segments = cut(f"{small()}shots: [{{id: a, footage: x.mp4, freeze: {{at: 1s, for: 8s}}}}]")
    still = [one for one in segments if one.reels[0].first == one.reels[0].last == 24]
    assert [one.frames for one in still] == [48] * 4
    assert len(set(keys(tuple(still)))) == 1
    assert still[0].reels[0].stretches == (Stretch(24, 1, 1, 48),)


def test_words_and_pictures_that_run_over_a_border() -> None:
    more = "titles: [{text: Here, at: 1.5s, for: 1s}], overlays: [{image: logo.png, at: 1s, for: 2s, width: 25%}]"
    first, second, third = cut(f"{small()}shots: [{{id: a, footage: x.mp4, {more}}}]")
    assert [(laid.start, laid.stop, laid.width) for laid in first.overlays] == [(24, 48, 40)]
    assert [(laid.start, laid.stop) for laid in second.overlays] == [(0, 24)]
    (one,), (two,) = first.lines, second.lines
    assert (one.start, two.stop) == (36, 12)
    assert one.stop <= first.frames + one.fade, "told no further than its fade needs"
    assert -two.fade <= two.start < 0
    assert (third.lines, third.overlays) == ((), ())


def test_overlays_of_the_film_lie_over_all_of_it() -> None:
    film = f"{SHOTS}overlays: [{{image: logo.png, at: 3s}}]\n"
    segments = cut(film)
    assert [len(one.overlays) for one in segments] == [0, *[1] * 9]
    assert segments[1].overlays[0].start == 24
    bare = cut(film.replace("fps:", "titles: none, fps:"))
    assert not any(one.overlays for one in bare)


def test_a_body_at_another_rate_is_cut_on_its_own_frames() -> None:
    for rate in (Fraction(25), Fraction(30), Fraction(24000, 1001)):
        facts = Facts(round(rate * 6), rate, 1, 1, audio=False)
        segments = cut(f"{small()}shots: [{{id: a, footage: x.mp4, in: 0.7s}}]", facts)
        step = round(2 * rate)
        for one, two in pairwise(segments):
            assert one.reels[0].last // step != two.reels[0].first // step
            assert two.reels[0].first % step in (0, 1)


def test_transitions_are_segments_of_two_reels() -> None:
    segments = cut(SHOTS)
    assert [len(one.reels) for one in segments] == [1, 1, 1, 1, 1, 1, 2, 1, 1, 1]
    both = segments[6]
    assert [(reel.digest, reel.first, reel.last) for reel in both.reels] == [("y.mp4", 108, 119), ("z.mp4", 0, 11)]
    assert sum(one.frames for one in segments) == 348


def test_moving_an_out_point_changes_the_last_segment_of_the_body() -> None:
    assert changed(SHOTS, SHOTS.replace("x.mp4}", "x.mp4, out: 4.5s}")) == [2]
    assert changed(SHOTS, SHOTS.replace("x.mp4}", "x.mp4, out: 3.5s}")) == [1]


def test_moving_an_out_point_before_a_transition_changes_that_too() -> None:
    assert changed(SHOTS, SHOTS.replace("y.mp4,", "y.mp4, out: 118f,")) == [5, 6]


def test_moving_an_in_point_changes_the_first_segment_of_the_body() -> None:
    assert changed(SHOTS, SHOTS.replace("x.mp4}", "x.mp4, in: 5f}")) == [0]


def test_moving_an_out_point_of_a_clip_at_another_rate() -> None:
    facts = Facts(150, Fraction(30), 1, 1, audio=False)
    assert changed(SHOTS, SHOTS.replace("x.mp4}", "x.mp4, out: 4.5s}"), facts) == [2]


def test_order_does_not_matter_to_bodies() -> None:
    shots = [f"- {{id: {name}, footage: {name}.mp4, in: 7f}}" for name in "abcd"]
    one, two = (f"{small()}shots:\n" + "\n".join(some) for some in (shots, reversed(shots)))
    assert changed(one, two) == []
    assert changed(one, one.replace("id: a", "id: renamed").replace("title: Test", "title: Other")) == []


def test_a_caption_touches_the_segments_under_it() -> None:
    with_caption = SHOTS.replace("x.mp4}", "x.mp4, captions: [{text: Here, at: 2.5s, for: 1s}]}")
    assert changed(SHOTS, with_caption) == [1]
    assert changed(with_caption, with_caption.replace("Here", "There")) == [1]
    assert changed(SHOTS, with_caption.replace("for: 1s", "for: 2s")) == [1, 2]
    assert changed(SHOTS, SHOTS.replace("y.mp4,", "y.mp4, captions: [{text: Here, at: 4.4s, for: 3s}],")) == [5, 6]


def test_notes_and_sounds_touch_no_picture() -> None:
    other = SHOTS.replace("x.mp4}", "x.mp4, note: softer, sound: {level: -6dB}}") + "budget: 3\n"
    assert changed(SHOTS, other) == []


def test_a_look_of_one_shot_touches_that_shot() -> None:
    assert changed(SHOTS, SHOTS.replace("z.mp4}", "z.mp4, focus: [0.1, 0.5]}")) == [6, 7, 8, 9]
    assert changed(SHOTS, SHOTS.replace("x.mp4}", "x.mp4, fit: blur}")) == [0, 1, 2]


def test_a_fade_touches_the_segments_that_it_lies_in() -> None:
    assert changed(SHOTS, SHOTS + "open: {fade: 12f}\n") == [0, 1]
    faded = cut(SHOTS + "close: {fade: 12f}\n")
    assert [[dip.kind for dip in one.dips] for one in faded][-2:] == [[], ["out"]]
    assert faded[-1].frames == 12


def test_a_closing_fade_that_begins_within_a_transition() -> None:
    segments = cut(SHOTS.replace("z.mp4}", "z.mp4, length: 1s}") + "close: {fade: 18f}\n")
    assert [(dip.kind, dip.offset) for one in segments[-2:] for dip in one.dips] == [("out", -6), ("out", 6)]


def test_cards_are_described_by_what_is_drawn() -> None:
    card = f'{small()}shots: [{{id: a, card: {{text: Hello, background: "#000000"}}, duration: 3s}}]'
    assert changed(card, card.replace("id: a", "id: b")) == []
    for old, new in (("Hello", "Bye"), ("#000000", "#000001"), ("text: Hello", "text: Hello, image: e.png")):
        assert changed(card, card.replace(old, new)) == [0, 1]
    assert cut(card.replace("text: Hello", "image: e.png"))[0].reels[0].card[2] == "digest of e.png"


def test_the_draft_has_a_slate_line_where_it_is_told() -> None:
    segments = cut(SHOTS, slates={"a": "a · a fox"})
    assert {line.text for line in segments[0].lines if line.style == "slate"} == {"a · a fox"}
    assert next(line.text for line in segments[1].lines if line.style == "timecode") == "00:00:02:00"
    assert {line.style for line in segments[4].lines} == {"timecode"}, "it runs through what is no animatic, too"


@settings(max_examples=80, deadline=None)
@given(films())
def test_segments_are_the_film(film: tuple[str, dict[str, Facts]]) -> None:
    text, facts = film
    try:
        segments = cut(text, more=facts)
    except InvalidStoryboard:
        return
    storyboard = load_text(text)
    output = storyboard.outputs[0]
    sources = {shot.id: source_of(shot, output, storyboard.rate, (facts[shot.id], "")) for shot in storyboard.shots}
    assert sum(one.frames for one in segments) == build_timeline(storyboard, output, sources).frames
    assert all(one.frames > 0 for one in segments)
    for one in segments:
        for reel in one.reels:
            assert 0 <= reel.first <= reel.last
            assert sum(stretch.count * stretch.times for stretch in reel.stretches) == one.frames
            if reel.source_rate == one.rate:
                assert reel.stretches == (Stretch(reel.first, one.frames, 1, 1),)


# Edits at random


EDITS = 5_000 if os.environ.get("STORYBOARD_STRESS") == "1" else 100
PACES = ("", "", "speed: 50%", "speed: 2", "reverse: true", "freeze: {at: 2s, for: 1s}")
Shots = list[dict[str, str]]


def film_of(shots: Shots, rate: str) -> str:
    """A storyboard of shots, each given by its fields."""
    rows = ["- {" + ", ".join(f"{name}: {value}" for name, value in shot.items() if value) + "}" for shot in shots]
    return f"{small(rate)}shots:\n" + "\n".join(rows)


def twelve(chance: random.Random) -> Shots:
    """Twelve shots of four seconds or so at all paces, joined by dissolves and cuts."""
    shots = []
    for at in range(12):
        name, _, value = chance.choice(PACES).partition(": ")
        shot = {
            "id": f"s{at}",
            "footage": f"{at}.mp4",
            "in": "12f",
            "out": f"{2 * chance.randint(52, 59)}f",
            name: value,
        }
        if at < 11 and chance.random() < 0.6:
            shot["transition"] = f"{{type: dissolve, duration: {chance.randint(4, 16)}f}}"
        shots.append(shot)
    return shots


def edited(chance: random.Random, shots: Shots, edit: str, at: int) -> Shots:
    """The same shots, one of them a little different, or all but the first and the last in another order."""
    by = 2 * chance.randint(1, 5)
    change = {
        "out": {"out": f"{int(shots[at]['out'][:-1]) - by}f"},
        "in": {"in": f"{12 + by}f"},
        "swap": {"footage": "new.mp4"},
        "transition": {"transition": f"{{type: dissolve, duration: {16 + by}f}}"},
    }.get(edit, {})
    after = [{**shot, **change} if index == at else shot for index, shot in enumerate(shots)]
    if edit == "order":
        inner = after[1:-1]
        chance.shuffle(inner)
        after = [after[0], *inner, after[-1]]
    return after


@pytest.mark.stress
@pytest.mark.parametrize("seed", range(EDITS))
def test_an_edit_touches_what_it_must_and_nothing_else(seed: int) -> None:
    """Footage at the film's rate or another; which segments have to change is counted from the edit alone."""
    chance = random.Random(seed)
    rate = chance.choice(("24", "25", "30", "23.976"))
    facts = Facts(150, Fraction(chance.choice((24, 25, 30))), 1, 1, audio=False)
    shots, edit, at = twelve(chance), chance.choice(("out", "in", "swap", "transition", "order")), chance.randrange(11)
    if edit == "order":
        shots = [shot | {"transition": DISSOLVE if index < 11 else ""} for index, shot in enumerate(shots)]
    before = cut(film_of(shots, rate), facts)
    known = dict(zip(keys(before), before, strict=True))
    after = cut(film_of(edited(chance, shots, edit, at), rate), facts)
    touched = [one for key, one in zip(keys(after), after, strict=True) if key not in known]
    name = "new.mp4" if edit == "swap" else shots[at]["footage"]
    bodies = [one.reels[0].digest for one in touched if not one.transition]
    pairs = [[reel.digest for reel in one.reels] for one in touched if one.transition]
    if edit == "order":
        assert bodies == []
        assert len(pairs) <= 11
    elif edit == "swap":
        assert len(bodies) == sum(not one.transition and one.reels[0].digest == name for one in after)
        assert all(name in pair for pair in pairs)
    elif edit == "transition":
        follower = shots[at + 1]["footage"]
        assert set(bodies) <= {name, follower}
        assert len(bodies) == len(set(bodies))
        assert pairs == [[name, follower]]
    else:
        assert bodies in ([], [name])
        assert len(pairs) <= 1
        assert all(name in pair for pair in pairs)
        assert touched or len(after) < len(before), "a shorter shot has fewer segments, or another one"
