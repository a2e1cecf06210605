"""What is encoded once: an edit touches the segments under it, and no others."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings

from storyboard.assembler.segments import Extras, Segment, cut_segments
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
    images = {shot.card.image: f"digest of {shot.card.image}" for shot in storyboard.shots if shot.card}
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
            if reel.source_rate == one.rate:
                assert reel.last - reel.first + 1 == one.frames
