"""Where every frame comes from: rounding, overlaps, and what does not fit."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.assembler.timeline import Source, Span, Timeline, build_timeline
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
    assert (clip.source_frame(0), clip.frames) == (30, 24)
    assert [clip.source_frame(at) for at in (0, 1, 2, 23)] == [30, 32, 35, 87]


@pytest.mark.parametrize("rate", ["24", "25", "30", "60", "23.976", "29.97"])
def test_a_clip_never_asks_for_a_frame_behind_its_last(rate: str) -> None:
    facts = Facts(13, Fraction(25), 1, 1, audio=False)
    for start in range(40):
        (clip,) = lay(f"{small(rate)}shots: [{{id: a, footage: x.mp4, in: 0.{start:03}s}}]", a=facts).clips
        assert max(clip.source_frames(0, clip.frames)) <= 12
        assert abs(clip.source_frame(0) - start / 1000 * 25) <= 1 + 25 / clip.facts.rate


def test_a_cut_behind_the_end_of_a_clip() -> None:
    (one,) = problems(f"{small()}shots: [{{id: a, footage: x.mp4, in: 1s, out: 5.25s}}]")
    assert (one.code, one.path, one.message) == (
        "cut", "shots[0].out", "the cut of `a` ends 6 frames after the end of its clip",
    )  # fmt: skip
    assert "5 s" in one.hint
    assert one.where.column > 30
    (two,) = problems(f"{small()}shots: [{{id: a, footage: x.mp4, in: 1s, length: 97f}}]")
    assert (two.path, two.message) == ("shots[0].length", "the cut of `a` ends 1 frame after the end of its clip")


@pytest.mark.parametrize(
    ("cut", "where", "message", "hint"),
    [
        ("in: 1s, length: 97f, speed: 2", "length", "ends 49 frames after the end of its clip", "gives 2 s of film"),
        ("length: 11s, speed: 50%", "length", "ends 24 frames after the end of its clip", "gives 10 s of film"),
        ("out: 6s, speed: 3", "out", "ends 24 frames after the end of its clip", "lasts 5 s"),
        ("length: 8s, freeze: {at: 1s, for: 2s}", "length", "ends 24 frames after", "gives 7 s of film"),
        ("freeze: {at: 5.5s, for: 2s}", "freeze", "its cut has ended 12 frames earlier", "lies before the end"),
        ("freeze: {at: 5s, for: 2s}", "freeze", "its cut ends there", "lies before the end"),
        ("freeze: {at: 1s, for: 0.04s}", "freeze", "is shorter than a frame of the film", "longer"),
    ],
)
def test_a_cut_that_does_not_fit_at_its_pace(cut: str, where: str, message: str, hint: str) -> None:
    (one,) = problems(f"{small()}shots: [{{id: a, footage: x.mp4, {cut}}}]")
    assert (one.path.partition(".")[2], one.code) == (where, "cut")
    assert message in one.message
    assert hint in one.hint


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


def test_a_transition_shorter_than_a_frame() -> None:
    shots = "[{id: a, footage: x.mp4, transition: {type: dissolve, duration: 0.041s}}, {id: b, footage: y.mp4}]"
    text = f"{small()}shots: {shots}"
    (one,) = problems(text)
    assert (one.path, one.message) == (
        "shots[0].transition", "the transition of `a` is shorter than a frame of the film",
    )  # fmt: skip
    assert [join.frames for join in lay(text.replace("0.041s", "1f")).joins] == [1]


@pytest.mark.parametrize(
    ("code", "field"),
    [
        ("caption", "captions: [{text: A, at: 5s, for: 1s}]"),
        ("title", "titles: [{text: A, at: 6s}]"),
        ("overlay", "overlays: [{image: logo.png, at: 5s}]"),
    ],
)
def test_what_would_never_be_seen(code: str, field: str) -> None:
    (one,) = problems(f"{small()}shots: [{{id: a, footage: x.mp4, {field}}}]")
    assert (one.code, one.path) == (code, f"shots[0].{code}s[0]")
    assert f"this {code} would begin" in one.message
    assert "lasts 5 s" in one.hint


def test_a_poster_behind_the_end_of_its_shot() -> None:
    (one,) = problems(f"{small(poster='{shot: a, at: 5s}')}shots: [{{id: a, footage: x.mp4}}]")
    assert (one.code, one.path) == ("poster", "outputs.film.poster")
    lay(f"{small(poster='{shot: a, at: 4.9s}')}shots: [{{id: a, footage: x.mp4}}]")


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
    assert (timeline.clips[1].source_frame(0), timeline.frames) == (inpoint, frames)


def test_a_default_transition_does_not_apply_to_a_shot_that_goes_on() -> None:
    timeline = lay(small() + "defaults: {transition: dissolve}" + CONTINUED.format("", ""))
    assert [join.frames for join in timeline.joins] == [0]


def test_a_shot_that_goes_on_backwards_shows_what_it_begins_with() -> None:
    """The repeated frame is no longer at the cut."""
    for first, second in (("reverse: true", ""), ("", "reverse: true")):
        timeline = lay(small() + CONTINUED.format(f", {first}" * bool(first), f", {second}" * bool(second)))
        assert timeline.frames == 240


@pytest.mark.parametrize("rate", ["25", "30", "60", "23.976", "29.97"])
def test_a_shot_that_goes_on_at_another_rate_leaves_out_whole_frames(rate: str) -> None:
    timeline = lay(small(rate) + CONTINUED.format("", ""))
    first, second = timeline.clips
    assert second.source_frame(0) in (1, 2)
    assert second.source_frame(0) > 0
    assert second.source_frame(second.frames - 1) == 119
    assert timeline.frames == to_frame(first.end + second.end - second.begin, timeline.rate)


# Paces


@pytest.mark.parametrize(
    ("cut", "spans"),
    [
        ("in: 1s", [(0, 96, 24, 1)]),
        ("speed: 2", [(0, 60, 0, 2)]),
        ("in: 1s, out: 2s, speed: 50%", [(0, 48, 24, "1/2")]),
        ("reverse: true", [(0, 120, 119, -1)]),
        ("in: 1s, out: 3s, reverse: true, speed: 2", [(0, 24, 70, -2)]),
        ("out: 3s, freeze: {at: 1s, for: 2s}", [(0, 24, 0, 1), (24, 48, 24, 0), (72, 48, 24, 1)]),
        ("freeze: {at: 0s, for: 2s}, length: 3s", [(0, 48, 0, 0), (48, 24, 0, 1)]),
        ("freeze: {at: 1s, for: 2s}, length: 2s", [(0, 24, 0, 1), (24, 24, 24, 0)]),
        ("out: 3s, freeze: {at: 1s, for: 2s}, reverse: true", [(0, 48, 71, -1), (48, 48, 24, 0), (96, 24, 23, -1)]),
        ("out: 2s, freeze: {at: 1s, for: 1s}, speed: 2", [(0, 12, 0, 2), (12, 24, 24, 0), (36, 12, 24, 2)]),
    ],
)
def test_a_pace_in_spans(cut: str, spans: list[tuple[int, int, int, int | str]]) -> None:
    (clip,) = lay(f"{small()}shots: [{{id: a, footage: x.mp4, {cut}}}]").clips
    wanted = [Span(start, frames, Fraction(first), Fraction(step)) for start, frames, first, step in spans]
    assert list(clip.spans) == wanted


def test_footage_that_keeps_its_frames_runs_faster_or_slower() -> None:
    for rate, frames in (("25", 120), ("24", 120), ("23.976", 120)):
        timeline = lay(f"{small(rate, conform='speed')}shots: [{{id: a, footage: x.mp4, out: 5s}}]")
        assert timeline.frames == frames
        assert timeline.clips[0].source_frames(0, 120) == list(range(120))
    facts = Facts(300, Fraction(60), 1, 1, audio=False)
    (clip,) = lay(f"{small(conform='speed')}shots: [{{id: a, footage: x.mp4, in: 1s, out: 2s}}]", a=facts).clips
    assert clip.source_frames(0, clip.frames) == list(range(60, 120))
    (clip,) = lay(f"{small(conform='speed')}shots: [{{id: a, footage: x.mp4, in: 1s, length: 1s}}]", a=facts).clips
    assert clip.source_frames(0, clip.frames) == list(range(60, 84))


def test_a_card_stands_as_long_as_it_is_told_whatever_clips_do() -> None:
    for conform in ("repeat", "speed"):
        timeline = lay(f"{small('25', conform=conform)}shots: [{{id: a, card: {{text: A}}, duration: 3s}}]")
        assert timeline.frames == 75


def test_what_a_shot_shows_does_not_depend_on_its_place() -> None:
    """Only its last frame does: a place rounds up or down."""
    facts = Facts(250, Fraction(25), 1, 1, audio=False)
    cuts = ("in: 1.3s, length: 2.21s", "in: 0.77s, out: 3.14s, speed: 133%", "in: 0.31s, out: 4.44s, reverse: true",
            "in: 0.2s, length: 3.03s, freeze: {at: 1.77s, for: 0.333s}, speed: 0.8")  # fmt: skip
    for cut in cuts:
        seen: list[list[int]] = []
        for before in range(1, 40):
            card = f"{{id: b, card: {{text: B}}, duration: 1.{before:02}s}}"
            timeline = lay(f"{small('29.97')}shots: [{card}, {{id: a, footage: x.mp4, {cut}}}]", a=facts)
            seen.append(timeline.clips[1].source_frames(0, timeline.clips[1].frames))
        longest = max(seen, key=len)
        assert {len(longest) - len(one) for one in seen} == {0, 1}
        assert all(one == longest[: len(one)] for one in seen)


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
        shown = [clip.source_frame(at) for at in range(clip.frames)]
        assert shown == clip.source_frames(0, clip.frames)
        pace = clip.facts.rate / rate
        begin = next(at for at in range(clip.facts.frames * 4) if (at * pace).__floor__() == clip.source_frame(0))
        grids = [[((begin + late + at) * pace).__floor__() for at in range(clip.frames)] for late in range(4)]
        assert shown in grids, "it runs on the film's own frames of the take"
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
    assert (timeline.clips[1].source_frame(0), timeline.clips[1].frames) == (inpoint, frames)
