"""Final Cut Pro 7's XML (xmeml), as Premiere and Resolve write it: the first video track."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from storyboard.changelist.clipitems import Item, is_remap, items_of, meeting_of, stretches_of
from storyboard.changelist.kinds import kind_of
from storyboard.changelist.laying import REMARKS, base_name, gap, is_overlay, lay_out, listed, marks_of
from storyboard.changelist.measures import decimal, rate_near, refused, whole
from storyboard.changelist.nodes import Node
from storyboard.changelist.paces import event_of
from storyboard.changelist.returned import Change, Event, Noted, Over, Returned
from storyboard.export.fcp7 import WIPES
from storyboard.timing import Rate

HINT = "choose the sequence in the program and export it alone, as Final Cut Pro XML"
NAMES = {how: name for name, how in WIPES.items()}
PLAIN = {"opacity": (100,), "basic": (), "crop": (0,)}
"""Filters that every clip may have, and the value at which they change nothing; of Basic Motion none is looked at."""


def read_fcp7(root: Node, film: Rate) -> Returned:
    """The cut of a document's first sequence."""
    sequences = list(_sequences(root))
    if not sequences:
        raise refused(root.where, "there is no sequence in this file", HINT)
    sequence = sequences[0]
    reading = _Reading(root, sequence, film)
    for other in sequences[1:]:
        reading.remark(other, f"a further sequence, `{other.read('name')}`: only the first is read")
    video = sequence.find("media/video")
    tracks = list(video.all("track")) if video else []
    filled = [one for one in tracks if one.find("clipitem")]
    if not filled:
        raise refused(sequence.where, "this sequence has no picture", HINT)
    for above in tracks[tracks.index(filled[0]) + 1 :]:
        reading.above(above)
    return reading.track(filled[0])


def _sequences(root: Node) -> Iterator[Node]:
    """The sequences of a document in its order, without those that clips are made of."""
    waiting = root.children[::-1]
    while waiting:
        node = waiting.pop()
        if node.tag == "sequence" and node.children:
            yield node
        elif node.tag in ("project", "children", "bin"):
            waiting += node.children[::-1]


def rate_of(node: Node | None, other: Rate) -> Rate:
    """The rate that an element says, or another."""
    told = node.find("rate") if node else None
    base = told.read("timebase") if told else ""
    if told is None or not base:
        return other
    value = decimal(base, told.where, "rate")
    if told.read("ntsc").upper() == "TRUE" and value.denominator == 1:
        value = value * 1000 / 1001
    return rate_near(value, told.where)


class _Reading:
    """A sequence under way."""

    def __init__(self, root: Node, sequence: Node, film: Rate) -> None:
        self.sequence = sequence
        self.rate = rate_of(sequence, film)
        self.files: dict[str, Node] = {}
        for file in root.every("file"):
            if file.children:
                self.files.setdefault(file.get("id"), file)
        self.remarks: list[Noted] = []
        self.overlays: list[Over] = []

    def remark(self, node: Node, text: str) -> None:
        """Say what cannot be carried."""
        self.remarks.append((node.where, text))

    def file(self, node: Node) -> Node | None:
        """The file of a clip, where it is told whole."""
        named = node.find("file")
        return self.files.get(named.get("id"), named) if named else None

    def media(self, node: Node) -> str:
        """The file's name of a clip, else what the clip is called."""
        file = self.file(node)
        path = (file.read("pathurl") or file.read("name")) if file else ""
        return base_name(path) or base_name(node.read("name"))

    def above(self, track: Node) -> None:
        """A further track: its titles and logos, and else a word on it."""
        foreign = []
        for item in items_of(track):
            one, media = item.node, self.media(item.node)
            if one.tag == "clipitem" and is_overlay(media):
                self.overlays.append(Over(media, item.start, item.end - item.start, one.where))
            elif one.tag != "transitionitem":
                foreign.append(one)
        if foreign:
            names = listed(self.media(one) for one in foreign)
            self.remark(foreign[0], f"a further video track with {names}: only the first track is read")

    def track(self, track: Node) -> Returned:
        """The cut of a track."""
        if track.read("enabled").upper() == "FALSE":
            self.remark(track, "the track is switched off, and is read all the same")
        items = items_of(track)
        events: list[Event] = []
        changes: dict[int, Change] = {}
        for index, item in enumerate(items):
            if item.node.tag == "transitionitem":
                meeting = meeting_of(items, index)
                changes[meeting] = self.change(item, meeting)
            else:
                events += self.clip(items, index)
        events += self.gaps(events)
        found = lay_out(self.rate, events, changes, self.remarks, track.where)
        return replace(found, overlays=tuple(self.overlays))

    def clip(self, items: list[Item], index: int) -> list[Event]:
        """The events of a clip, from the meeting before it to the one behind it."""
        item = items[index]
        node, label = item.node, item.node.read("name")
        start, end = item.start, item.end
        if index and items[index - 1].node.tag == "transitionitem":
            start = max(start, meeting_of(items, index - 1))
        if index + 1 < len(items) and items[index + 1].node.tag == "transitionitem":
            end = min(end, meeting_of(items, index + 1))
        if start >= end:
            return []
        reason = ""
        if node.read("enabled").upper() == "FALSE":
            reason = f"the clip `{label}` is switched off"
        elif node.tag == "generatoritem":
            reason = f"the generator `{label}` is no medium"
        elif node.find("sequence"):
            reason = f"the nested sequence `{label}` is not looked into"
        if reason:
            self.remark(node, f"{reason}: it is a gap here")
            return [gap(start, end - start, node.where, label)]
        self.effects(node, label)
        names = [node.read("logginginfo/shottake"), *(one.read("name") for one in node.all("marker"))]
        rate, file = rate_of(node, self.rate), self.file(node)
        lasts = None
        if file and (said := file.read("duration")):
            lasts = whole(said, file.where, "duration") / rate_of(file, rate)
        event = Event(
            self.media(node), label, marks_of(names), start, end - start, Fraction(0), Fraction(1), node.where
        )
        return [event_of(one, self.rate) for one in stretches_of(item, event, (rate, self.rate), lasts)]

    def gaps(self, events: Iterable[Event]) -> Iterator[Event]:
        """The shots that have no picture, as markers of the sequence say it."""
        taken = sorted((one.start, one.start + one.frames) for one in events)
        said = self.sequence.read("duration")
        end = whole(said, self.sequence.where, "duration") if said else 0
        marks = {}
        for one in self.sequence.all("marker"):
            if (name := one.read("name")) and name not in REMARKS and one.read("in"):
                marks[whole(one.read("in"), one.where, "marker")] = name, one.where
        starts = sorted({*marks, *(start for start, _ in taken), end})
        free = sorted(frame for frame in marks if frame >= 0)
        at = 0
        for frame in free:
            while at < len(taken) and taken[at][1] <= frame:
                at += 1
            if at < len(taken) and taken[at][0] <= frame:
                continue
            stop = next((one for one in starts if one > frame), frame)
            yield gap(frame, stop - frame, marks[frame][1], marks[frame][0], (marks[frame][0],))

    def effects(self, node: Node, label: str) -> None:
        """Say which filters are on a clip."""
        for effect in (one for filter_ in node.all("filter") for one in filter_.all("effect")):
            id_ = effect.read("effectid").lower()
            if is_remap(effect) or effect.read("mediatype") == "audio":
                continue
            values = [one.read("value") for one in effect.all("parameter")]
            if id_ in PLAIN and (not PLAIN[id_] or all(_is(one, PLAIN[id_][0]) for one in values)):
                continue
            self.remark(effect, f"the effect `{effect.read('name') or id_}` on the clip `{label}`")

    def change(self, item: Item, meeting: int) -> Change:
        """A transition."""
        effect = item.node.find("effect")
        name = (effect.read("name") or effect.read("effectid")) if effect else ""
        kind, color = kind_of(name)
        if effect and kind == "wipe":
            how = effect.read("wipecode"), effect.read("reverse").upper() == "TRUE"
            name = NAMES.get((int(how[0]) if how[0].isdecimal() and len(how[0]) < 5 else 0, how[1]), name)
        for one in effect.all("parameter") if effect else ():
            if "color" in one.read("parameterid").lower() and kind == "dip":
                color = _color(one) or color
        return Change(kind, name or "dissolve", meeting - item.start, item.end - meeting, color, item.node.where)


def _is(text: str, value: int) -> bool:
    """Whether a parameter has a value, where that is a number at all."""
    try:
        return float(text) == value
    except ValueError:
        return text.upper() in ("", "FALSE")


def _color(parameter: Node) -> str:
    """`#rrggbb` of a parameter; empty where it says none."""
    parts = [parameter.read(f"value/{one}") for one in ("red", "green", "blue")]
    if not all(one.isdecimal() and len(one) < 4 and int(one) < 256 for one in parts):
        return ""
    return "#" + "".join(f"{int(one):02x}" for one in parts)
