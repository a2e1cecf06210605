"""What an element of FCPXML shows: through clips, compounds, auditions and time maps down to the media."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from storyboard.changelist.laying import base_name, marks_of
from storyboard.changelist.measures import decimal, lasting, rate_near, refused, seconds
from storyboard.changelist.nodes import Node
from storyboard.changelist.paces import Points, Stretch, mapped
from storyboard.changelist.returned import Noted, Over
from storyboard.timing import Rate

STORY = ("asset-clip", "clip", "video", "ref-clip", "sync-clip", "mc-clip", "gap", "title", "audition", "spine")
"""What can stand in a storyline and take its time."""
MAX_LOOKS = 100_000
MAX_NESTED = 16
_NAMED_RATE = re.compile(r"[pi](\d{2,4})$", re.ASCII)


def shown_of(item: Node) -> Node | None:
    """What of an element is in the cut: of an audition the pick, which stands first; None where it has no time."""
    if item.tag == "audition":
        return next((one for one in item.children if one.tag in STORY), None)
    return item if item.tag in STORY else None


class Storyline:
    """A sequence with the resources that it names."""

    def __init__(self, root: Node, sequence: Node, film: Rate) -> None:
        resources = [one for part in root.all("resources") for one in part.children]
        self.known = {one.get("id"): one for one in resources if one.get("id")}
        self.remarks: list[Noted] = []
        self.overlays: list[Over] = []
        self.looks = 0
        self.rate = self.rate_of(sequence) or film

    def rate_of(self, node: Node) -> Rate | None:
        """The frames a second that an element's format has."""
        format_ = self.known.get(node.get("format"))
        if format_ is None:
            return None
        if said := format_.get("frameDuration"):
            frame = seconds(said, format_.where, "length of a frame")
            if frame <= 0:
                raise refused(format_.where, f"a frame cannot last `{said}`")
            return rate_near(1 / frame, format_.where)
        named = _NAMED_RATE.search(format_.get("name"))
        if not named:
            return None
        digits = named[1]
        return rate_near(Fraction(int(digits), 100 if len(digits) == 4 else 1), format_.where)

    def start(self, node: Node) -> Fraction:
        """Where an element begins on its own time."""
        if said := node.get("start"):
            return seconds(said, node.where, "start")
        source = self.known.get(node.get("ref"))
        if source is None or node.tag == "mc-clip":
            return Fraction(0)
        if source.tag == "media":
            sequence = source.find("sequence")
            return seconds(sequence.get("tcStart", "0s"), source.where, "start") if sequence else Fraction(0)
        return seconds(source.get("start", "0s"), source.where, "start")

    def length(self, node: Node) -> Fraction:
        """How long an element lasts; without a word, as long as its medium."""
        if said := node.get("duration"):
            return lasting(seconds(said, node.where, "duration"), node.where, "duration")
        if node.tag == "spine":
            clock = Fraction(0)
            for child, begin in self.laid(node):
                clock = max(clock, begin + self.length(child))
            return clock
        source = self.known.get(node.get("ref"))
        source = source.find("sequence") if source and source.tag == "media" else source
        if source and (said := source.get("duration")):
            return lasting(seconds(said, source.where, "duration"), source.where, "duration")
        raise refused(node.where, f"this `{node.tag}` has no duration")

    def show(self, node: Node, begin: Fraction, end: Fraction, depth: int = 0) -> Iterator[Stretch]:
        """What an element shows from `begin` to `end` of its own time."""
        self.look(node, depth)
        label = node.get("name")
        if node.get("enabled") == "0":
            self.remark(node, f"the clip `{label}` is switched off: it is a gap here")
            yield self.nothing(node, begin, end)
            return
        self.effects(node)
        marks = marks_of(one.get("value") for one in node.all("marker"))
        points = self.points(node)

        def source(low: Fraction, high: Fraction) -> Iterator[Stretch]:
            return self.source(node, low, high, depth)

        for one in mapped(points, begin, end, source, node.where) if points else source(begin, end):
            yield replace(one, label=label or one.label, marks=marks or one.marks) if depth == 0 else one

    def source(self, node: Node, begin: Fraction, end: Fraction, depth: int) -> Iterator[Stretch]:
        """What is behind an element, on its source's time."""
        found = self.known.get(node.get("ref"))
        if node.tag == "gap":
            yield self.nothing(node, begin, end)
        elif node.tag == "mc-clip" and found:
            yield from self.inside(self.angle(node, found), begin, end, depth)
        elif node.tag == "ref-clip" and found and (spine := found.find("sequence/spine")):
            yield from self.inside(spine, begin, end, depth)
        elif node.tag in ("clip", "sync-clip", "spine"):
            yield from self.inside(node, begin, end, depth)
        elif node.tag in ("asset-clip", "video") and found and found.tag == "asset":
            yield self.asset(node, found, begin, end)
        else:
            what = "a title" if node.tag == "title" else f"`{node.get('name') or node.tag}`"
            self.remark(node, f"{what} stands in the storyline, and is no medium: it is a gap here")
            yield self.nothing(node, begin, end)

    def asset(self, node: Node, asset: Node, begin: Fraction, end: Fraction) -> Stretch:
        """A medium between two of its times."""
        media = self.media(asset)
        pace, own = self.conformed(node, asset), self.start(node)
        zero = seconds(asset.get("start", "0s"), asset.where, "start")
        place = own + (begin - own) * pace - zero
        if place + 1 / self.rate < 0:
            place += zero  # some programs count a time map from the medium's beginning, and not by its timecode
        if asset.get("hasVideo", "1") == "0":
            self.remark(node, f"`{media}` has no picture: it is a gap here")
            media = ""
        return Stretch(media, node.get("name"), (), begin, end, place, pace, node.where)

    def media(self, asset: Node) -> str:
        """The name of a medium's file; of its original, where there is a proxy too."""
        reps = sorted(asset.all("media-rep"), key=lambda one: one.get("kind") == "proxy-media")
        sources = (asset.get("src"), *(one.get("src") for one in reps))
        return base_name(next((one for one in sources if one), "")) or asset.get("name")

    def conformed(self, node: Node, asset: Node) -> Fraction:
        """The pace at which a medium of a rate close to the sequence's shows each of its frames once; else 1."""
        conform = node.find("conform-rate")
        if conform is None or conform.get("scaleEnabled", "1") == "0" or node.find("timeMap"):
            return Fraction(1)
        said = conform.get("srcFrameRate")
        own = rate_near(decimal(said, conform.where, "rate"), conform.where) if said else self.rate_of(asset)
        pace = self.rate / own if own else Fraction(1)
        return pace if abs(pace - 1) < Fraction(1, 20) else Fraction(1)

    def inside(self, node: Node, begin: Fraction, end: Fraction, depth: int) -> Iterator[Stretch]:
        """What stands in a container between two of its times; nothing where nothing does."""
        for child, starts in self.laid(node):
            self.look(child, depth)
            first, last = max(begin, starts), min(end, starts + self.length(child))
            if first < last:
                shift = starts - self.start(child)
                for one in self.show(child, first - shift, last - shift, depth + 1):
                    self.look(child, depth)
                    yield replace(one, begin=one.begin + shift, end=one.end + shift)

    def laid(self, node: Node) -> Iterator[tuple[Node, Fraction]]:
        """The elements of a container that are its own storyline, each with where it begins there."""
        clock = Fraction(0)
        for item in node.children:
            clip = shown_of(item)
            if clip is None or item.get("lane") not in ("", "0") or clip.get("srcEnable") == "audio":
                continue
            said = item.get("offset")
            starts = seconds(said, item.where, "offset") if said else clock
            clock = starts + (self.length(clip) if item.tag != "spine" else 0)
            yield clip, starts

    def angle(self, node: Node, media: Node) -> Node:
        """The angle of a multicam clip whose picture is shown."""
        chosen = next((one.get("angleID") for one in node.all("mc-source") if one.get("srcEnable") != "audio"), "")
        angles = [one for multicam in media.all("multicam") for one in multicam.all("mc-angle")]
        found = next((one for one in angles if one.get("angleID") == chosen), next(iter(angles), None))
        if found is None:
            raise refused(node.where, "this multicam clip has no angle")
        return found

    def points(self, node: Node) -> Points:
        """The time map of an element; empty where it runs at its medium's own pace."""
        maps = node.find("timeMap")
        told = list(maps.all("timept")) if maps else []
        points = [tuple(seconds(one.get(side), one.where, side) for side in ("time", "value")) for one in told]
        found = sorted((time, value) for time, value in points)
        if maps and len(found) > 2 and any(one.get("interp", "smooth2") != "linear" for one in told):
            self.remark(maps, f"the pace of `{node.get('name')}` changes smoothly: it is read as changing at once")
        return found if len({time for time, _ in found}) > 1 else []

    def effects(self, node: Node) -> None:
        """Say which effects are on a clip."""
        for one in node.children:
            if one.tag == "filter-video" and one.get("enabled") != "0":
                self.remark(one, f"the effect `{one.get('name')}` on the clip `{node.get('name')}`")
            elif one.tag.startswith("adjust-") and one.tag in _ADJUSTED and not _changes_nothing(one):
                self.remark(one, f"`{one.tag}` on the clip `{node.get('name')}`")

    def look(self, node: Node, depth: int) -> None:
        """Count what is looked at: a file may nest without an end."""
        self.looks += 1
        if depth > MAX_NESTED:
            raise refused(node.where, f"clips stand more than {MAX_NESTED} deep in one another")
        if self.looks > MAX_LOOKS:
            raise refused(node.where, "the clips of this file stand in one another too often")

    def remark(self, node: Node, text: str) -> None:
        """Say what cannot be carried."""
        self.remarks.append((node.where, text))

    def nothing(self, node: Node, begin: Fraction, end: Fraction) -> Stretch:
        """A gap."""
        return Stretch("", node.get("name"), (), begin, end, Fraction(0), Fraction(1), node.where)


_ADJUSTED = ("adjust-crop", "adjust-corners", "adjust-transform", "adjust-blend", "adjust-stabilization")
_STILL = {"position": "0 0", "scale": "1 1", "rotation": "0", "anchor": "0 0", "amount": "1.0", "mode": "14"}


def _changes_nothing(adjustment: Node) -> bool:
    """Whether an adjustment has the values that every clip has."""
    if adjustment.get("enabled") == "0":
        return True
    values = {key: value for key, value in adjustment.attributes.items() if key not in ("enabled", "tracking")}
    return not adjustment.children and all(_STILL.get(key) in (value, f"{value}.0") for key, value in values.items())
