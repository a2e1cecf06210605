"""A film laid out along a page's width: shots, transitions and sound in proportion to their time. Numbers alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby

from storyboard.assembler.timeline import Clip, Join, Timeline
from storyboard.report.looks import Look
from storyboard.report.survey import Survey
from storyboard.report.waves import FULL, Lane

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
MOST_TICKS = 14
TALL = 100
"""Units of a lane's height; its width counts the levels."""
_COLOUR = re.compile("#[0-9a-fA-F]{6}")


def drawn_as(join: Join) -> str:
    """How a transition is drawn: `cut`, `mix` (a slope), `dip` (through its colour) or `wipe` (an arrow)."""
    kind = join.transition.kind
    return {"cut": "cut", "dissolve": "mix", "fade": "dip"}.get(kind, "wipe") if join.frames else "cut"


def style_of(survey: Survey, looks: Mapping[str, Look]) -> str:
    """The rules that put every shot in its place, and give it its pictures."""
    timeline = survey.timeline
    shape = survey.job.output
    rules = [
        f".track {{ --count: {len(timeline.clips)}; }}",
        f".view, .pair img, .pair .none, .takes img, .takes .none {{ aspect-ratio: {shape.width} / {shape.height}; }}",
    ]
    for number, (clip, before) in enumerate(zip(timeline.clips, (None, *timeline.joins), strict=True), 1):
        look = looks.get(clip.shot.id)
        rules.append(f"#c{number}, #n{number} {{ {_place(clip.start, clip.frames, timeline)} }}")
        if look:
            ratio = Fraction(look.reel.width, look.frames * look.reel.height)
            numbers = f"--n: {look.frames}; --d: {max(1, look.frames - 1)}; --a: {float(ratio):.4f}"
            rules.append(f".r{number} {{ {numbers}; background-image: url({look.reel.address}); }}")
            rules.append(f"#c{number} {{ --k: {(look.frames - 1) // 2}; }}")
        if before and before.frames:
            rules += _edge(number, clip, before, timeline)
        if used := _used(clip):
            rules.append(f"#u{number} {{ left: {_percent(used[0])}; width: {_percent(used[1] - used[0])}; }}")
    rules += [f"#g{number} {{ {_place(start, frames, timeline)} }}" for number, _, start, frames in scenes_of(survey)]
    rules += [f"#t{number} {{ left: {_percent(at)}; }}" for number, (at, _) in enumerate(ticks_of(timeline), 1)]
    return "\n".join(rules)


def scenes_of(survey: Survey) -> list[tuple[int, str, int, int]]:
    """The scenes in order: number from 1, title, first film frame, and how many frames."""
    found = []
    clips = survey.timeline.clips
    for number, (id_, group) in enumerate(groupby(clips, key=lambda clip: clip.shot.scene), 1):
        ones = list(group)
        after = clips.index(ones[-1]) + 1
        stop = clips[after].start if after < len(clips) else survey.timeline.frames
        found.append((number, survey.storyboard.scene_titles.get(id_, id_), ones[0].start, stop - ones[0].start))
    return found


def ticks_of(timeline: Timeline) -> list[tuple[Fraction, str]]:
    """The marks of a ruler: where each stands, as a share of the film, and what it says."""
    seconds = timeline.seconds
    step = next((one for one in STEPS if seconds / one <= MOST_TICKS), STEPS[-1])
    return [(at / seconds, minutes(at)) for at in range(0, int(seconds * 24 / 25) + 1, step)]


def minutes(seconds: Fraction | int, digits: int = 0) -> str:
    """`1:05`, or `1:05.3` with a digit, as a ruler says it: rounded down."""
    tenths = int(seconds * 10**digits)
    whole, rest = divmod(tenths, 10**digits)
    return f"{whole // 60}:{whole % 60:02}" + (f".{rest:0{digits}}" if digits else "")


def outline(levels: Sequence[int]) -> str:
    """Levels as a shape around the middle of a lane, for an SVG path."""
    heights = [max(0.6, min(1.0, (level / FULL) ** 0.7) * TALL / 2) for level in levels]
    upper = " ".join(f"{x} {TALL / 2 - height:.1f}" for x, height in enumerate(heights))
    lower = " ".join(f"{x} {TALL / 2 + height:.1f}" for x, height in reversed(list(enumerate(heights))))
    return f"M{upper} L{lower}Z"


def slope(lane: Lane) -> str:
    """How far a lane gives way, as a line from the lane's top: where it is down, the line is."""
    depth = TALL / 2 * (1 - 10 ** (lane.duck_db / 20))
    return "M" + " ".join(f"{x} {1 + depth * down / FULL:.1f}" for x, down in enumerate(lane.down))


def stretches(lane: Lane, seconds: Fraction) -> list[str]:
    """When a lane gives way, in words: `0:03–0:07`."""
    low = [down > FULL // 2 for down in lane.down]
    found, at = [], 0
    for is_down, group in groupby(low):
        count = len(list(group))
        if is_down:
            begin, end = (seconds * one / len(low) for one in (at, at + count))
            found.append(f"{minutes(begin)}–{minutes(end)}")
        at += count
    return found


def _used(clip: Clip) -> tuple[Fraction, Fraction] | None:
    """The part of its take that a shot uses, as shares of it; None for all, and where there is no take."""
    if not clip.digest or clip.shot.footage or clip.shot.card:
        return None
    shown = [clip.source_frame(0), clip.source_frame(clip.frames - 1)]
    return Fraction(min(shown), clip.facts.frames), Fraction(max(shown) + 1, clip.facts.frames)


def _edge(number: int, clip: Clip, before: Join, timeline: Timeline) -> Iterator[str]:
    """How a shot's left edge is cut where a transition leads into it."""
    share, drawn = _percent(Fraction(before.frames, clip.frames)), drawn_as(before)
    if drawn == "mix":
        yield f"#c{number} {{ clip-path: polygon({share} 0, 100% 0, 100% 100%, 0 100%); }}"
    elif drawn == "wipe":
        yield f"#c{number} {{ clip-path: polygon(0 0, 100% 0, 100% 100%, 0 100%, {share} 50%); }}"
    else:
        half = _percent(Fraction(before.frames, 2 * clip.frames))
        color = before.transition.color if _COLOUR.fullmatch(before.transition.color) else "#000000"
        yield f"#c{number} {{ clip-path: inset(0 0 0 {half}); }}"
        place = _place(clip.start, before.frames, timeline)
        yield f"#j{number} {{ {place} background: linear-gradient(90deg, transparent, {color}, transparent); }}"


def _place(start: int, frames: int, timeline: Timeline) -> str:
    left, width = (_percent(Fraction(one, timeline.frames)) for one in (start, frames))
    return f"left: {left}; width: {width};"


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):.4f}%"
