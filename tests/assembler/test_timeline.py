"""Where every frame comes from: rounding, overlaps, and what does not fit."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.assembler.timeline import Source, Timeline, build_timeline
from storyboard.errors import InvalidStoryboard, Problem
from storyboard.examine import source_of
from storyboard.planner.take import Facts
from storyboard.timing import to_frame
from tests.media import load_text, small

FIVE = Facts(120, Fraction(24), 1280, 720, audio=False)


def lay(text: str, **facts: Facts) -> Timeline:
    """The timeline of a storyboard whose footage is five seconds long, unless said otherwise."""
    storyboard = load_text(text)
    output = storyboard.outputs[0]
    clips = {shot.id: None if shot.card else (facts.get(shot.id, FIVE), shot.id) for shot in storyboard.shots}
    sources = {shot.id: source_of(shot, output, storyboard.rate, clips[shot.id]) for shot in storyboard.shots}
    return build_timeline(storyboard, output, sources)


def problems(text: str, **facts: Facts) -> tuple[Problem, ...]:
    """What does not fit."""
    with pytest.raises(InvalidStoryboard) as caught:
        lay(text, **facts)
    return caught.value.problems


def test_nothing_drifts_in_a_long_film() -> None:
    rate = Fraction(24000, 1001)
    shots = "\n".join(f"- {{id: s{at}, footage: c.mp4, length: 1.{at % 7}s}}" for at in range(240))
    timeline = lay(f"{small('23.976')}shots:\n{shots}")
    exact = Fraction(0)
    for clip in timeline.clips:
        assert clip.start == to_frame(exact, rate)
        assert abs(clip.start / rate - exact) <= 1 / rate / 2
        exact += clip.end - clip.begin
    assert timeline.frames == to_frame(exact, rate)
    assert exact == sum(Fraction(10 + at % 7, 10) for at in range(240))


def test_a_transition_overlaps_its_two_clips() -> None:
    timeline = lay(
        f"{small()}shots: [{{id: a, footage: x.mp4, transition: {{type: dissolve, duration: 12f}}}},"
        " {id: b, footage: y.mp4, transition: wipeleft}, {id: c, footage: z.mp4}]"
    )
    assert [(clip.start, clip.frames) for clip in timeline.clips] == [(0, 120), (108, 120), (216, 120)]
    assert [(join.transition.kind, join.frames) for join in timeline.joins] == [("dissolve", 12), ("wipeleft", 12)]
    assert (timeline.frames, timeline.seconds) == (336, Fraction(14))


def test_in_out_and_length_count_frames_of_the_film() -> None:
    facts = Facts(300, Fraction(60), 1, 1, audio=False)
    timeline = lay(f"{small()}shots: [{{id: a, footage: x.mp4, in: 12f, out: 36f}}]", a=facts)
    (clip,) = timeline.clips
    assert (clip.inpoint, clip.frames) == (30, 24)
    assert [clip.source_frame(at, Fraction(24)) for at in (0, 1, 2, 23)] == [30, 32, 35, 87]


def test_a_clip_never_asks_for_a_frame_behind_its_last() -> None:
    facts = Facts(13, Fraction(25), 1, 1, audio=False)
    for rate in ("24", "25", "30", "60", "23.976", "29.97"):
        timeline = lay(f"{small(rate)}shots: [{{id: a, footage: x.mp4, in: 0.07s}}]", a=facts)
        (clip,) = timeline.clips
        reach = clip.inpoint + ((clip.frames - 1) * facts.rate / timeline.rate).__floor__()
        assert reach <= 12
        assert clip.inpoint in (1, 2)


def test_a_cut_behind_the_end_of_a_clip() -> None:
    (one,) = problems(f"{small()}shots: [{{id: a, footage: x.mp4, in: 1s, out: 5.25s}}]")
    assert (one.code, one.path, one.message) == (
        "cut", "shots[0].out", "the cut of `a` ends 6 frames after the end of its clip",
    )  # fmt: skip
    assert "5 s" in one.hint
    assert one.where.column > 30
    (two,) = problems(f"{small()}shots: [{{id: a, footage: x.mp4, in: 1s, length: 97f}}]")
    assert (two.path, two.message) == ("shots[0].length", "the cut of `a` ends 1 frame after the end of its clip")


def test_a_cut_that_ends_a_fraction_of_a_frame_behind_the_clip_is_not_nought_frames_too_long() -> None:
    facts = Facts(119, Fraction(24), 1, 1, audio=False)
    (one,) = problems(f"{small()}shots: [{{id: a, footage: x.mp4, out: 4.96s}}]", a=facts)
    assert "1 frame after" in one.message


def test_nothing_is_left_of_a_shot() -> None:
    (one,) = problems(f"{small()}shots: [{{id: a, footage: x.mp4, in: 5s}}]")
    assert (one.path, one.message) == ("shots[0].in", "nothing is left of `a`")


def test_a_shot_shorter_than_a_frame() -> None:
    (one,) = problems(f"{small()}shots: [{{id: a, footage: x.mp4, length: 0.01s}}]")
    assert "shorter than a frame" in one.message


def test_transitions_that_do_not_fit() -> None:
    text = f"""{small()}
shots:
- {{id: a, footage: x.mp4, transition: {{type: dissolve, duration: 3s}}}}
- {{id: b, footage: y.mp4, transition: {{type: fade, duration: 2.5s}}}}
- {{id: c, footage: z.mp4, length: 2s}}
"""
    first, second = problems(text)
    assert first.message == "`b` is 12 frames too short: its transitions need 5.5 s of it"
    assert (first.path, first.where.line) == ("shots[1].transition", 7)
    assert second.message == "`c` is 12 frames too short: its transition needs 2.5 s of it"
    assert (second.path, second.where.line) == ("shots[1].transition", 7)


def test_the_length_of_the_film() -> None:
    for length, words in (("5s", "1 frame shorter"), ("4s", "23 frames longer")):
        (one,) = problems(f"{small()}length: {length}\nshots: [{{id: a, footage: x.mp4, out: 119f}}]")
        assert (one.code, one.path, one.where.line) == ("length", "length", 4)
        assert one.message == f"the cut is {words} than `length: {length}`"
        assert "119 frames" in one.hint
    lay(f"{small()}length: 119f\nshots: [{{id: a, footage: x.mp4, out: 119f}}]")


def test_every_problem_is_told_at_once() -> None:
    text = f"{small()}length: 1s\nshots: [{{id: a, footage: x.mp4, out: 6s}}, {{id: b, footage: y.mp4, in: 7s}}]"
    assert {one.path for one in problems(text)} == {"shots[0].out", "shots[1].in", "length"}


CONTINUED = """
shots:
- {{id: a, prompt: A fox., duration: 5s{0}}}
- {{id: b, prompt: It runs., duration: 5s, first: {{shot: a, frame: last}}{1}}}
"""


@pytest.mark.parametrize(
    ("first", "second", "inpoint", "frames"),
    [
        ("", "", 1, 239),
        ("", ", in: 3f", 3, 237),
        (", out: 4s", "", 0, 216),
        (", length: 4s", "", 0, 216),
        (", transition: dissolve", "", 0, 228),
        ("", ", length: 24f", 1, 144),
    ],
)
def test_a_shot_that_goes_on(first: str, second: str, inpoint: int, frames: int) -> None:
    timeline = lay(small() + CONTINUED.format(first, second))
    assert (timeline.clips[1].inpoint, timeline.frames) == (inpoint, frames)


def test_a_default_transition_does_not_apply_to_a_shot_that_goes_on() -> None:
    timeline = lay(small() + "defaults: {transition: dissolve}" + CONTINUED.format("", ""))
    assert [join.frames for join in timeline.joins] == [0]


RATES = [Fraction(24), Fraction(25), Fraction(30), Fraction(60), Fraction(24000, 1001), Fraction(30000, 1001)]
KINDS = ["cut", "dissolve", "fade", "wipeup"]


@st.composite
def films(draw: st.DrawFn) -> tuple[str, dict[str, Facts]]:
    """A storyboard at a random rate, of clips of random lengths and rates, cut and joined at random."""
    shots, facts = [], {}
    count = draw(st.integers(1, 8))
    for at in range(count):
        rate = draw(st.sampled_from(RATES))
        clip = facts[f"s{at}"] = Facts(draw(st.integers(60, 300)), rate, 1, 1, audio=False)
        start = draw(st.integers(0, int(clip.seconds * 400)))
        shot = f"id: s{at}, footage: x.mp4, in: {start / 1000}s"
        if draw(st.booleans()):
            stop = draw(st.integers(start + 50, max(start + 50, int(clip.seconds * 1000))))
            shot += f", out: {stop / 1000}s"
        kind = draw(st.sampled_from(KINDS))
        if at + 1 < count and kind != "cut":
            shot += f", transition: {{type: {kind}, duration: {draw(st.integers(1, 900)) / 1000}s}}"
        shots.append(f"- {{{shot}}}")
    rate = draw(st.sampled_from(RATES))
    return f"{small(rate)}shots:\n" + "\n".join(shots), facts


@settings(max_examples=120, deadline=None)
@given(films())
def test_a_timeline_has_no_holes_and_no_overlaps_but_the_joins(film: tuple[str, dict[str, Facts]]) -> None:
    text, facts = film
    try:
        timeline = lay(text, **facts)
    except InvalidStoryboard as refusal:
        told = refusal.problems
    else:
        check_timeline(timeline)
        told = ()
    assert all(one.message and one.hint and one.where.line > 3 for one in told)


def check_timeline(timeline: Timeline) -> None:
    """Every frame of the film is one clip's, or two clips' where they are joined."""
    rate, clips = timeline.rate, timeline.clips
    for clip in clips:
        assert clip.frames > 0
        shown = [clip.source_frame(at, rate) for at in range(clip.frames)]
        assert shown == [clip.inpoint + (at * clip.facts.rate / rate).__floor__() for at in range(clip.frames)]
        assert 0 <= shown[0] <= shown[-1] < clip.facts.frames
    for (one, two), join in zip(pairwise(clips), timeline.joins, strict=True):
        assert one.start <= two.start
        assert one.start + one.frames - join.frames == two.start
        assert join.frames >= 0
    for before, clip, after in zip((None, *timeline.joins), clips, (*timeline.joins, None), strict=True):
        assert clip.frames >= (before.frames if before else 0) + (after.frames if after else 0)
    overlaps = sum(join.frames for join in timeline.joins)
    assert sum(clip.frames for clip in clips) - overlaps == timeline.frames
    total = sum((clip.end - clip.begin for clip in clips), Fraction(0))
    total -= sum(
        (join.transition.duration.seconds(rate) for join in timeline.joins if join.transition.duration), Fraction(0)
    )
    assert timeline.frames == to_frame(total, rate)


def test_a_source_is_what_it_is_made_of() -> None:
    assert Source(FIVE, "d") == Source(Facts(120, Fraction(24), 1280, 720, audio=False), "d")


@pytest.mark.parametrize(("cut", "inpoint", "frames"), [("", 1, 119), ("length: 3s", 1, 72), ("length: 5s", 0, 120)])
def test_a_shot_that_goes_on_skips_a_frame_unless_its_length_needs_it(cut: str, inpoint: int, frames: int) -> None:
    timeline = lay(
        f"""{small()}
shots:
- {{id: a, prompt: A fox.}}
- {{id: b, prompt: It runs., first: {{shot: a, frame: last}}{", " * bool(cut)}{cut}}}
"""
    )
    assert (timeline.clips[1].inpoint, timeline.clips[1].frames) == (inpoint, frames)
