"""What other programs' readers find in an exported timeline: pieces, their places in the media, transitions.

The places are told in frames of the media, as our own timeline counts them, by the rules of each format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import opentimelineio as otio

from storyboard.export.cut import Cut, Media
from storyboard.export.edl import write_edl
from storyboard.export.fcp7 import write_fcp7
from storyboard.export.fcpxml import write_fcpxml
from storyboard.export.otio import write_otio

FOLDER = Path("/films/hand off")


@dataclass(frozen=True, slots=True)
class Seen:
    """A piece as it was read."""

    media: str
    """The name of its file; empty for a gap."""
    start: int
    frames: int
    place: Fraction
    """In the media's frames, of its first frame; backwards, the lower end."""
    step: Fraction


@dataclass(slots=True)
class Read:
    """A timeline as it was read."""

    pieces: list[Seen] = field(default_factory=list)
    crossings: dict[int, tuple[int, int, str]] = field(default_factory=dict)
    """Frames before and behind a meeting, and the kind, by its frame."""
    frames: int = 0
    start: Fraction = Fraction(0)
    """Of its first frame, in seconds."""


def near(value: float) -> Fraction:
    """A number that went through floating point."""
    return Fraction(value).limit_denominator(100_000)


def read_otio(cut: Cut) -> Read:
    """By the core of OpenTimelineIO."""
    timeline = otio.adapters.read_from_string(write_otio(cut, FOLDER).decode(), "otio_json")
    return _track(cut, timeline, lambda clip, media: _by_rate(cut, clip, media))


def _by_rate(cut: Cut, clip: Any, media: Media) -> tuple[Fraction, Fraction]:
    step = media.rate / cut.rate
    for effect in clip.effects:
        step *= 0 if isinstance(effect, otio.schema.FreezeFrame) else near(effect.time_scalar)
    return near(clip.source_range.start_time.value), step


def read_fcp7(cut: Cut) -> Read:
    """By OpenTimelineIO's adapter for Final Cut Pro 7. In points count at the clip's pace."""
    text = write_fcp7(cut, FOLDER).decode()
    assert "<in>-" not in text
    found = otio.adapters.read_from_string(text, "fcp_xml")
    timeline = found if isinstance(found, otio.schema.Timeline) else found[1]

    def place(clip: Any, media: Media) -> tuple[Fraction, Fraction]:
        pace, backwards = Fraction(1), False
        for effect in clip.effects:
            told = effect.metadata["fcp_xml"]
            if told["effectid"] == "timeremap":
                values = {one["parameterid"]: one["value"] for one in told["parameter"]}
                pace, backwards = near(float(values["speed"]) / 100), values["reverse"] == "TRUE"
        step = pace * media.rate / cut.rate
        into = near(clip.source_range.start_time.value)
        if backwards:
            return media.frames - (into + 1) * step, -step
        return into * step, step

    return _track(cut, timeline, place)


def read_edl(cut: Cut) -> Read:
    """By OpenTimelineIO's adapter for CMX 3600. Source times are seconds; backwards, the range is in rising order.

    The adapter passes over the motion of an event that is as long as its source, so that is read here.
    """
    text = write_edl(cut).decode()
    timeline = otio.adapters.read_from_string(text, "cmx_3600", rate=float(cut.rate))
    events = re.findall(r"^(\d{3}) .* (?!\1)\S+\n((?:[^\d\n].*\n)*)", text + "\n", re.MULTILINE)
    motions = iter([re.search(r"^M2 +\S+ +(\S+)", notes, re.MULTILINE) for _, notes in events if notes])

    def place(clip: Any, media: Media) -> tuple[Fraction, Fraction]:
        motion = next(motions)
        step = (near(float(motion[1]) / float(cut.rate)) if motion else 1) * media.rate / cut.rate
        first = near(clip.source_range.start_time.value) * media.rate / cut.rate
        frames = clip.source_range.duration.value if motion else 1
        return first + (-step * (round(frames) - 1) if step < 0 else 0), step

    return _track(cut, timeline, place, "edl")


def _track(
    cut: Cut, timeline: Any, place: Callable[[Any, Media], tuple[Fraction, Fraction]], form: str = ""
) -> Read:  # fmt: skip
    read = Read()
    track = timeline.video_tracks()[0]
    if timeline.global_start_time is not None:
        read.start = near(timeline.global_start_time.value) / cut.rate
    media = {one.name: one for one in cut.media}
    at = 0
    for index, item in enumerate(track):
        if isinstance(item, otio.schema.Transition):
            before, after = (round(one.value) for one in (item.in_offset, item.out_offset))
            if 0 < index < len(track) - 1:
                read.crossings[at] = before, after, str(item.name if form == "edl" else item.transition_type)
            continue
        frames = round(item.duration().rescaled_to(float(cut.rate)).value)
        name = item.name if isinstance(item, otio.schema.Clip) else ""
        known = media.get(name)
        read.pieces.append(Seen(name if known else "", at, frames, *(place(item, known) if known else (0, 1))))
        at += frames
    read.frames = at
    return read


def read_fcpxml(cut: Cut) -> Read:
    """By hand, by the rules of Apple's reference: nothing that is known reads its transitions and time maps."""
    root = ElementTree.fromstring(write_fcpxml(cut, FOLDER))
    assets = {one.get("id"): one.get("name", "") for one in root.iter("asset")}
    media = {one.name: one for one in cut.media}
    sequence = next(root.iter("sequence"))
    spine = sequence.find("spine")
    assert spine is not None
    begin, read, crossing = clock(sequence, "tcStart"), Read(start=clock(sequence, "tcStart")), None

    def frame(seconds: Fraction) -> int:
        value = seconds * cut.rate
        assert value.denominator == 1, "not on a frame of the sequence"
        return int(value)

    for item in spine:
        at = frame(clock(item, "offset") - begin)
        if item.tag == "transition":
            name = next(one.get("name", "") for one in item.iter("filter-video"))
            crossing = at, frame(clock(item, "duration")), name
            continue
        clip = item[0] if item.tag == "audition" else item
        frames = frame(clock(clip, "duration"))
        name = assets.get(clip.get("ref"), "")
        if crossing and at:
            start, lasting, kind = crossing
            read.crossings[at] = at - start, start + lasting - at, kind
        crossing = None
        read.pieces.append(Seen(name, at, frames, *(mapped(clip, media[name], cut) if name else (0, 1))))
    read.frames = frame(clock(sequence, "duration"))
    assert read.frames == read.pieces[-1].start + read.pieces[-1].frames
    return read


def mapped(clip: ElementTree.Element, media: Media, cut: Cut) -> tuple[Fraction, Fraction]:
    """The place that a clip begins at, and its step, by its time map if it has one."""
    start, points = clock(clip, "start"), clip.findall("timeMap/timept")
    own = media.rate / cut.rate
    if not points:
        return start * media.rate, own
    (zero, low), (end, high) = ((clock(one, "time"), clock(one, "value")) for one in points)
    assert start >= zero == 0
    assert start + clock(clip, "duration") <= end, "the map ends before the clip"
    pace = (high - low) / end
    place = (low + start * pace) * media.rate
    return place + min(Fraction(0), pace * own), pace * own


def clock(item: ElementTree.Element, name: str) -> Fraction:
    """A rational time."""
    return Fraction(item.get(name, "0s").removesuffix("s"))


READERS: Mapping[str, Callable[[Cut], Read]] = {
    "otio": read_otio, "fcp7": read_fcp7, "edl": read_edl, "fcpxml": read_fcpxml
}  # fmt: skip
