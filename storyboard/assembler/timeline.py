"""Where every frame of a film comes from: clips one after another on an exact grid of whole frames. Pure.

A clip's place is rounded from the cumulative exact time of all before it, so nothing drifts. A transition overlaps its
two clips. Together with `cutting`, this file decides how a frame gets its place, and no other does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from storyboard.assembler.cutting import Part, Span, choose_part, counted_frames, lay_spans
from storyboard.errors import InvalidStoryboard, Problem
from storyboard.planner.take import Facts
from storyboard.spec.model import Caption, FrameOf, Output, Overlay, Shot, Storyboard, Title, Transition
from storyboard.timing import Rate, to_frame

__all__ = ["Clip", "Join", "Source", "Span", "Timeline", "build_timeline", "continues", "edge"]


@dataclass(frozen=True, slots=True)
class Clip:
    """The use of a take, footage or a card in the film."""

    shot: Shot
    facts: Facts
    digest: str
    """Of the bytes it is cut from; empty for a card."""
    begin: Fraction
    """Exact seconds into the film."""
    end: Fraction
    start: int
    """Its first film frame."""
    frames: int
    """How many film frames it spans, its overlaps included."""
    spans: tuple[Span, ...]
    """How its source runs, from its first film frame to its last."""

    def source_frame(self, index: int) -> int:
        """The source frame that the clip's film frame `index` (from 0) shows."""
        return self.source_frames(index, 1)[0]

    def source_frames(self, index: int, frames: int) -> list[int]:
        """The source frames that as many of the clip's film frames show, from `index` (from 0) on."""
        shown: list[int] = []
        for span in self.spans:
            start, stop = max(0, index - span.start), min(span.frames, index + frames - span.start)
            shown += span.source_frames(start, stop)
        return shown


@dataclass(frozen=True, slots=True)
class Join:
    """How a clip goes over into the next one: so many film frames of both."""

    transition: Transition
    frames: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """One film, laid out in whole frames."""

    rate: Rate
    clips: tuple[Clip, ...]
    joins: tuple[Join, ...]
    """One fewer than clips: `joins[i]` lies between `clips[i]` and `clips[i + 1]`."""
    frames: int

    @property
    def seconds(self) -> Fraction:
        """How long the film lasts, exactly."""
        return self.frames / self.rate


@dataclass(frozen=True, slots=True)
class Source:
    """What a shot's picture is cut from."""

    facts: Facts
    digest: str


def build_timeline(storyboard: Storyboard, output: Output, sources: Mapping[str, Source]) -> Timeline:
    """The film's layout for one output; InvalidStoryboard says what does not fit, and by how many frames."""
    shots, rate = storyboard.shots, output.rate
    problems: list[Problem] = []
    transitions = [edge(shots, index) for index in range(len(shots) - 1)]
    parts = [_part(storyboard, output, index, sources[shot.id].facts, problems) for index, shot in enumerate(shots)]
    overlaps = [one.duration.seconds(storyboard.rate) if one.duration else Fraction(0) for one in transitions]
    _check_overlaps(shots, [part.frames / rate for part in parts], overlaps, rate, problems)
    clips: list[Clip] = []
    begin = Fraction(0)
    for shot, part, overlap in zip(shots, parts, [*overlaps, Fraction(0)], strict=True):
        source, end = sources[shot.id], begin + part.frames / rate
        start, frames = to_frame(begin, rate), to_frame(end, rate) - to_frame(begin, rate)
        if not frames:
            what = f"`{shot.id}` is shorter than a frame of the film"
            problems.append(_problem(shot, "length", what, "let it be longer"))
        spans = lay_spans(part, frames)
        clips.append(Clip(shot, source.facts, source.digest, begin, end, start, frames, spans))
        begin = end - overlap
    joins = tuple(
        Join(transition, clips[index].start + clips[index].frames - clips[index + 1].start)
        for index, transition in enumerate(transitions)
    )
    frames = clips[-1].start + clips[-1].frames
    _check_words(storyboard, clips, problems)
    _check_poster(storyboard, output, clips, problems)
    _check_length(storyboard, output, frames, problems)
    if problems:
        raise InvalidStoryboard(problems)
    return Timeline(rate, tuple(clips), joins, frames)


def edge(shots: tuple[Shot, ...], index: int) -> Transition:
    """How shot `index` goes over into the next: a shot that continues it is cut to, unless this one says otherwise."""
    transition = shots[index].transition
    return Transition() if continues(shots, index + 1) and not transition.written else transition


def continues(shots: tuple[Shot, ...], index: int) -> bool:
    """Whether a shot begins on the last frame of the very shot before it."""
    order = shots[index].order
    return index > 0 and order is not None and order.first == FrameOf(shots[index - 1].id)


def _part(storyboard: Storyboard, output: Output, index: int, facts: Facts, problems: list[Problem]) -> Part:
    """What a shot uses of its source. At a cut into a shot that goes on from the very last frame before it, the frame
    that both clips have is shown once."""
    shots, shot = storyboard.shots, storyboard.shots[index]
    goes_on = continues(shots, index) and edge(shots, index - 1).kind == "cut" and not shot.reverse
    if goes_on:
        before = shots[index - 1]
        goes_on = not (before.end or before.length or before.reverse)
    return choose_part(shot, facts, output, storyboard.rate, problems, goes_on=goes_on)


def _check_overlaps(
    shots: tuple[Shot, ...], lengths: list[Fraction], overlaps: list[Fraction], rate: Rate, problems: list[Problem]
) -> None:
    """Whether every transition has a frame, and its two shots all frames that it takes."""
    for index, length in enumerate(lengths):
        before = overlaps[index - 1] if index else Fraction(0)
        after = overlaps[index] if index < len(overlaps) else Fraction(0)
        if 0 < after * rate < 1:
            what = f"the transition of `{shots[index].id}` is shorter than a frame of the film"
            problems.append(_problem(shots[index], "transition", what, "let it be longer, or make it a cut"))
        if before + after <= length:
            continue
        missing = counted_frames(max(1, to_frame(before + after - length, rate)))
        owner = shots[index] if after else shots[index - 1]
        both = "transitions need" if before and after else "transition needs"
        what = f"`{shots[index].id}` is {missing} too short: its {both} {float(before + after):g} s of it"
        hint = f"it lasts {float(length):g} s in the cut: shorten the transition, or let the shot be longer"
        problems.append(_problem(owner, "transition", what, hint))


def _check_words(storyboard: Storyboard, clips: list[Clip], problems: list[Problem]) -> None:
    """What would never be seen is a mistake: most often, its shot was cut shorter."""
    for clip in clips:
        length, shot = clip.end - clip.begin, clip.shot
        drawn: dict[str, tuple[Caption | Title | Overlay, ...]] = {
            "caption": shot.captions, "title": shot.titles, "overlay": shot.overlays
        }  # fmt: skip
        for code, ones in drawn.items():
            for index, one in enumerate(ones):
                late = one.at.seconds(storyboard.rate) - length
                if late >= 0:
                    message = f"this {code} would begin {float(late):g} s after `{shot.id}` has ended"
                    hint = f"the shot lasts {float(length):g} s in the cut: let the {code} begin earlier"
                    problems.append(Problem(one.where, f"{shot.path}.{code}s[{index}]", code, message, hint))


def _check_poster(storyboard: Storyboard, output: Output, clips: list[Clip], problems: list[Problem]) -> None:
    """Whether the frame that stands for the film is one of its shot's."""
    for clip in clips:
        if output.poster is None or clip.shot.id != output.poster.shot:
            continue
        length = clip.end - clip.begin
        if output.poster.at.seconds(storyboard.rate) >= length:
            message = f"the poster's frame lies behind the end of `{clip.shot.id}`"
            hint = f"the shot lasts {float(length):g} s in the cut: choose an earlier frame"
            problems.append(Problem(output.where, f"outputs.{output.name}.poster", "poster", message, hint))


def _check_length(storyboard: Storyboard, output: Output, frames: int, problems: list[Problem]) -> None:
    if storyboard.length is None or output is not storyboard.outputs[0]:
        return
    wanted = to_frame(storyboard.length.seconds(storyboard.rate), output.rate)
    if wanted != frames:
        words = f"{counted_frames(abs(frames - wanted))} {'longer' if frames > wanted else 'shorter'} than"
        message = f"the cut is {words} `length: {storyboard.length.text}`"
        hint = f"the cut lasts {frames} frames, {float(frames / output.rate):.3f} s"
        problems.append(Problem(storyboard.places["length"], "length", "length", message, hint))


def _problem(shot: Shot, field: str, message: str, hint: str) -> Problem:
    return Problem(shot.at(field), f"{shot.path}.{field}", "cut", message, hint)
