"""Where every frame of a film comes from: clips with in and out points on an exact grid. Pure.

A clip's place is rounded from the cumulative exact time of all before it, so nothing drifts. A transition overlaps its
two clips. This file decides how a frame gets its place, and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from storyboard.errors import InvalidStoryboard, Problem
from storyboard.planner.take import Facts
from storyboard.spec.model import FrameOf, Output, Shot, Storyboard, Transition
from storyboard.timing import Rate, to_frame


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a clip that runs at one pace."""

    start: int
    """The clip's film frame (from 0) that it begins with."""
    frames: int
    """How many film frames it lasts."""
    first: Fraction
    """Where in the source it begins, in source frames."""
    step: Fraction
    """Source frames that pass with a film frame: 0 where the picture is frozen, negative where it runs backwards."""


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
    inpoint: int
    """The source frame that its first film frame shows."""

    def source_frame(self, index: int, rate: Rate) -> int:
        """The source frame that the clip's film frame `index` (from 0) shows in a film at `rate`."""
        frame = self.inpoint + (index * self.facts.rate / rate).__floor__()
        return min(frame, self.facts.frames - 1)


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
    spans = [_span(storyboard, index, transitions, sources, problems) for index in range(len(shots))]
    overlaps = [one.duration.seconds(storyboard.rate) if one.duration else Fraction(0) for one in transitions]
    _check_overlaps(shots, spans, overlaps, rate, problems)
    clips: list[Clip] = []
    begin = Fraction(0)
    for index, shot in enumerate(shots):
        source, (first, length) = sources[shot.id], spans[index]
        start, stop = to_frame(begin, rate), to_frame(begin + length, rate)
        if stop == start:
            what = f"`{shot.id}` is shorter than a frame of the film"
            problems.append(_problem(shot, "length", what, "let it be longer"))
        inpoint = _inpoint(source.facts, first, stop - start, rate)
        clips.append(Clip(shot, source.facts, source.digest, begin, begin + length, start, stop - start, inpoint))
        begin += length - (overlaps[index] if index < len(overlaps) else 0)
    joins = tuple(
        Join(transition, clips[index].start + clips[index].frames - clips[index + 1].start)
        for index, transition in enumerate(transitions)
    )
    frames = clips[-1].start + clips[-1].frames
    _check_captions(storyboard, clips, problems)
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


def _span(
    storyboard: Storyboard, index: int, transitions: list[Transition], sources: Mapping[str, Source],
    problems: list[Problem],
) -> tuple[int, Fraction]:  # fmt: skip
    """The source frame that a shot begins on, and how many exact seconds of it are used."""
    shot = storyboard.shots[index]
    facts = sources[shot.id].facts
    # A card is drawn for exactly as long as it stands; a clip has whole frames.
    whole = shot.duration.seconds(storyboard.rate) if shot.card else facts.seconds
    begin = shot.start.seconds(storyboard.rate) if shot.start else Fraction(0)
    if not shot.start and continues(storyboard.shots, index) and transitions[index - 1].kind == "cut":
        before = storyboard.shots[index - 1]
        wanted = shot.length.seconds(storyboard.rate) if shot.length else 0
        if not before.end and not before.length and wanted < whole:
            begin = 1 / facts.rate  # the frame that both clips have is shown once
    end = shot.end.seconds(storyboard.rate) if shot.end else whole
    if shot.length:
        end = begin + shot.length.seconds(storyboard.rate)
    if end > whole:
        missing = max(1, to_frame(end - whole, facts.rate))
        name = "out" if shot.end else "length"
        what = f"the cut of `{shot.id}` ends {_frames(missing)} after the end of its clip"
        problems.append(_problem(shot, name, what, f"its clip lasts {float(whole):g} s: cut it there or before"))
        end = whole
    if end <= begin:
        problems.append(_problem(shot, "in", f"nothing is left of `{shot.id}`", "`in` must lie before the clip's end"))
        end = begin + 1 / facts.rate
    return to_frame(begin, facts.rate), end - begin


def _inpoint(facts: Facts, first: int, frames: int, rate: Rate) -> int:
    """The in point itself, or a source frame before it: an `in` between two frames is rounded, and so is the clip's
    place, and both together must not ask for a frame behind the last."""
    reach = ((frames - 1) * facts.rate / rate).__floor__()
    return max(0, min(first, facts.frames - 1 - reach))


def _check_overlaps(
    shots: tuple[Shot, ...], spans: list[tuple[int, Fraction]], overlaps: list[Fraction], rate: Rate,
    problems: list[Problem],
) -> None:  # fmt: skip
    for index, (_, length) in enumerate(spans):
        before = overlaps[index - 1] if index else Fraction(0)
        after = overlaps[index] if index < len(overlaps) else Fraction(0)
        if before + after <= length:
            continue
        missing = max(1, to_frame(before + after - length, rate))
        owner = shots[index] if after else shots[index - 1]
        both = "transitions need" if before and after else "transition needs"
        what = f"`{shots[index].id}` is {_frames(missing)} too short: its {both} {float(before + after):g} s of it"
        hint = f"it lasts {float(length):g} s in the cut: shorten the transition, or let the shot be longer"
        problems.append(_problem(owner, "transition", what, hint))


def _check_captions(storyboard: Storyboard, clips: list[Clip], problems: list[Problem]) -> None:
    """A caption that would never be seen is a mistake: most often, its shot was cut shorter."""
    for clip in clips:
        length = clip.end - clip.begin
        for index, caption in enumerate(clip.shot.captions):
            late = caption.at.seconds(storyboard.rate) - length
            if late >= 0:
                message = f"this caption would begin {float(late):g} s after `{clip.shot.id}` has ended"
                hint = f"the shot lasts {float(length):g} s in the cut: let the caption begin earlier"
                path = f"{clip.shot.path}.captions[{index}]"
                problems.append(Problem(caption.where, path, "caption", message, hint))


def _check_length(storyboard: Storyboard, output: Output, frames: int, problems: list[Problem]) -> None:
    if storyboard.length is None or output is not storyboard.outputs[0]:
        return
    wanted = to_frame(storyboard.length.seconds(storyboard.rate), output.rate)
    if wanted != frames:
        words = f"{_frames(abs(frames - wanted))} {'longer' if frames > wanted else 'shorter'} than"
        message = f"the cut is {words} `length: {storyboard.length.text}`"
        hint = f"the cut lasts {frames} frames, {float(frames / output.rate):.3f} s"
        problems.append(Problem(storyboard.places["length"], "length", "length", message, hint))


def _problem(shot: Shot, field: str, message: str, hint: str) -> Problem:
    return Problem(shot.at(field), f"{shot.path}.{field}", "cut", message, hint)


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
