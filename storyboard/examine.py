"""A storyboard and everything that it names, looked at before anything is done: offline, and free."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

from storyboard.assembler.stock import notes
from storyboard.assembler.subtitles import Subtitle, read_srt
from storyboard.assembler.texts import lines_of
from storyboard.assembler.timeline import Source, Timeline, build_timeline
from storyboard.assembler.words import unknown_letters
from storyboard.errors import InvalidStoryboard, Problem, StoryboardError, Where
from storyboard.inputs import (
    Measure,
    OpenSent,
    Senses,
    open_footage,
    open_lut,
    open_motion,
    open_overlay,
    open_sound,
    open_still,
    senses_of,
)
from storyboard.planner import capability
from storyboard.planner.catalogue import catalogue
from storyboard.planner.take import Facts
from storyboard.progress import Said, Watch, unwatched
from storyboard.spec.continuity import jumps
from storyboard.spec.load import load
from storyboard.spec.model import Order, Output, Shot, StillFile, Storyboard
from storyboard.store.cache import Cache
from storyboard.store.project import Project
from storyboard.targets import check_target, every_overlay, inputs_of, overwritten
from storyboard.timing import Rate, to_frame

MODEL_RATE = Fraction(24)
"""Frames per second of a clip that is not there yet."""


def examine(
    project: Project, *, allow_unknown_model: bool = False, cache: Cache | None = None, watch: Watch = unwatched,
    senses: Senses | None = None,
) -> tuple[Storyboard | None, list[Problem]]:  # fmt: skip
    """The storyboard, and all that is wrong with it and with the files that it names, sorted by place.

    With a cache, a clip or a sound that was measured before is not measured again. `watch` is told what is done to odd
    footage.
    """
    senses = senses or senses_of(project, cache)
    measure = senses.measure
    storyboard, problems = load(project.shown, project.read_storyboard(), project.read, project.folder, project.which)
    if storyboard is None:
        return None, sorted(set(problems))
    problems = [*problems, *capability.check(storyboard, allow_unknown_model=allow_unknown_model)]
    for shot in storyboard.every:
        if shot.order:
            problems += _examine_order(project, shot, shot.order, storyboard.aspect, senses.open_sent)
        problems += [*_examine_shot(project, shot, measure), *_examine_letters(storyboard, shot)]
    for said in _notes(storyboard, measure):
        watch(said)
    problems += [*_examine_subtitles(project, storyboard), *_examine_laid(project, storyboard)]
    for track in storyboard.mix.sounds:
        problems += _try(track.where, "sound.file", partial(open_sound, senses.listen, track, storyboard.rate))
    inputs = set(inputs_of(project, storyboard))
    for output in storyboard.outputs:
        problems += _try(output.where, f"outputs.{output.name}.file", partial(check_target, project, output, inputs))
    problems += overwritten(project, storyboard, inputs)
    if not problems:
        problems += _examine_cut(project, storyboard, measure)
    return storyboard, sorted(set(problems))


def checked(
    project: Project, *, allow_unknown_model: bool = False, cache: Cache | None = None, watch: Watch = unwatched
) -> Storyboard:
    """The storyboard, when nothing is wrong with it; else InvalidStoryboard with every problem."""
    storyboard, problems = examine(project, allow_unknown_model=allow_unknown_model, cache=cache, watch=watch)
    if problems or storyboard is None:
        raise InvalidStoryboard(problems)
    return storyboard


def subtitles_of(project: Project, storyboard: Storyboard) -> tuple[Subtitle, ...]:
    """Those of the film's `.srt` file, if it has one; InvalidStoryboard names the lines of it that are wrong."""
    if not storyboard.captions:
        return ()
    shown = os.path.normpath(Path(project.shown).parent / storyboard.captions)
    return read_srt(project.read(storyboard.captions), shown)


def source_of(shot: Shot, output: Output, rate: Rate, clip: tuple[Facts, str] | None) -> Source:
    """What a shot is cut from: its clip, or a card drawn at the output's own size and rate. `rate` counts the
    storyboard's frames."""
    if clip:
        return Source(*clip)
    frames = max(1, to_frame(shot.duration.seconds(rate), output.rate))
    return Source(Facts(frames, output.rate, output.width, output.height, audio=False), "")


def _examine_shot(project: Project, shot: Shot, measure: Measure) -> Iterator[Problem]:
    if shot.card and shot.card.image:
        yield from _try(shot.at("card"), f"{shot.path}.card.image", partial(open_still, project, shot.card.image))
    if shot.footage:
        yield from _try(shot.at("footage"), f"{shot.path}.footage", partial(open_footage, measure, shot.footage))


def _notes(storyboard: Storyboard, measure: Measure) -> Iterator[Said]:
    """What is done to footage that its maker may want to know, of each file once where it is first named; and where the
    picture jumps although a shot goes on from another."""
    yield from jumps(storyboard)
    first = {shot.footage: shot.at("footage") for shot in reversed(storyboard.every) if shot.footage}
    for name, where in sorted(first.items(), key=lambda one: one[1]):
        with suppress(StoryboardError):  # what is wrong with it is a problem
            roll = measure(name)
            if told := notes(roll.stock, roll.facts):
                yield Said(f"`{name}`: {'; '.join(told)}", where=where)


def _examine_order(
    project: Project, shot: Shot, order: Order, aspect: Fraction, open_sent: OpenSent
) -> Iterator[Problem]:
    """What would be sent: frames as they are cropped, references, the video whose movement is taken over."""
    model = catalogue().models.get(order.model)
    for name, frame in (("first", order.first), ("last", order.last)):
        if isinstance(frame, StillFile):
            look = partial(open_sent, frame.file, aspect)
            yield from _try(shot.at(name), f"{shot.path}.{name}", look)
    for one in order.references:
        look = partial(open_sent, one.file, None, model.still_ratio if model else None)
        yield from _try(shot.at("references"), f"{shot.path}.references", look)
    if order.motion:
        look = partial(open_motion, project, order.motion.video, order.seconds)
        yield from _try(shot.at("motion"), f"{shot.path}.motion.video", look)


def _examine_letters(storyboard: Storyboard, shot: Shot) -> Iterator[Problem]:
    """Texts on the picture that no shipped font can draw. What only players show may be in any script."""
    texts: list[tuple[Where, str, str]] = []
    if _burned(storyboard):
        texts += [(one.where, f"captions[{index}].text", one.text) for index, one in enumerate(shot.captions)]
    if any(output.titles for output in storyboard.outputs):
        texts += [(one.where, f"titles[{index}].text", one.text) for index, one in enumerate(shot.titles)]
    if shot.card:
        texts.append((shot.at("card"), "card.text", shot.card.text))
    for where, path, text in texts:
        yield from _letters(where, f"{shot.path}.{path}", text)


def _letters(where: Where, path: str, text: str) -> Iterator[Problem]:
    if letters := unknown_letters(text):
        shown = " ".join(letters[:8]) + (" …" if len(letters) > 8 else "")
        message = f"the fonts have no letters for {shown}"
        way = "let players show it (`captions: sidecar`)" if "captions" in path else "draw it into an image"
        hint = f"they have Latin, Greek and Cyrillic: write it in those, or {way}"
        yield Problem(where, path, "letters", message, hint)


def _examine_subtitles(project: Project, storyboard: Storyboard) -> Iterator[Problem]:
    """The film's `.srt` file: whether it is one, and whether its words can be drawn."""
    subtitles: tuple[Subtitle, ...] = ()
    try:
        subtitles = subtitles_of(project, storyboard)
    except InvalidStoryboard as error:
        yield from error.problems
    except StoryboardError as error:
        yield Problem(storyboard.places["captions"], "captions", "file", error.message, error.hint)
    for one in subtitles if _burned(storyboard) else ():
        yield from _letters(one.where, "captions", one.text)


def _burned(storyboard: Storyboard) -> bool:
    return any(output.captions == "burn" for output in storyboard.outputs)


def _examine_laid(project: Project, storyboard: Storyboard) -> Iterator[Problem]:
    """What the picture goes through, and what is laid over it."""
    luts = {(shot.at("lut"), f"{shot.path}.look", shot.lut) for shot in storyboard.shots if shot.lut}
    luts |= {(storyboard.places["lut"], "lut", storyboard.lut)} if storyboard.lut else set()
    told: set[Where] = set()
    for where, path, name in sorted(luts):
        if where not in told:
            told.add(where)
            yield from _try(where, path, partial(open_lut, project, name))
    for path, one in every_overlay(storyboard):
        yield from _try(one.where, f"{path}.image", partial(open_overlay, project, one.image))


def _try(where: Where, path: str, look: Callable[[], object]) -> Iterator[Problem]:
    try:
        look()
    except StoryboardError as error:
        yield Problem(where, path, "file", error.message, error.hint)


def _check_late(storyboard: Storyboard, timeline: Timeline) -> None:
    """Whether each of the film's own overlays is seen, and each track heard; InvalidStoryboard."""
    starts = {clip.shot.id: clip.begin for clip in timeline.clips}
    placed = [
        (one.where, f"overlays[{index}]", "overlay", one.at.seconds(storyboard.rate))
        for index, one in enumerate(storyboard.overlays)
    ]
    for track in storyboard.mix.tracks:
        begin = starts.get(track.shot, Fraction(0)) + track.at.seconds(storyboard.rate)
        placed.append((track.where, "sound.tracks", "track", begin))
    hint, ends = "let it begin earlier, or remove it", f"the film ends at {float(timeline.seconds):g} s"
    late = [
        Problem(where, path, code, f"this {code} would begin at {float(begin):g} s, and {ends}", hint)
        for where, path, code, begin in placed
        if begin >= timeline.seconds
    ]
    if late:
        raise InvalidStoryboard(late)


def _examine_cut(project: Project, storyboard: Storyboard, measure: Measure) -> list[Problem]:
    """Whether everything fits, if each clip comes as long as it is ordered."""
    found: dict[str, Sequence[Problem]] = {}
    clips: dict[str, tuple[Facts, str]] = {}
    subtitles = subtitles_of(project, storyboard)
    for shot in storyboard.every:
        if shot.footage:
            clips[shot.id] = measure(shot.footage).facts, ""
        elif shot.order:
            facts = Facts(int(shot.order.seconds * MODEL_RATE), MODEL_RATE, 16, 9, audio=shot.order.audio)
            clips[shot.id] = facts, ""
    clips |= {shot.id: clips[shot.reuse] for shot in storyboard.shots if shot.reuse in clips}
    for output in storyboard.outputs:
        sources = {shot.id: source_of(shot, output, storyboard.rate, clips.get(shot.id)) for shot in storyboard.shots}
        found[output.name] = ()
        try:
            timeline = build_timeline(storyboard, output, sources)
            lines_of(storyboard, output, timeline, {}, subtitles)
            _check_late(storyboard, timeline)
        except InvalidStoryboard as error:
            found[output.name] = error.problems
    return _told_once(found)


def _told_once(found: Mapping[str, Sequence[Problem]]) -> list[Problem]:
    """The problems of every output: what is wrong in several is told by the first, what is not in all names its one."""
    kinds = {name: {(problem.where, problem.code) for problem in problems} for name, problems in found.items()}
    told: list[Problem] = []
    before: set[tuple[Where, str]] = set()
    for name, problems in found.items():
        for problem in problems:
            kind = (problem.where, problem.code)
            own = "" if all(kind in one for one in kinds.values()) else f", in output `{name}`"
            told += [] if kind in before else [replace(problem, message=problem.message + own)]
        before |= kinds[name]
    return told
