"""OpenTimelineIO: its JSON as Resolve, Premiere and pipelines write it, of any version, read without its library."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from storyboard.changelist.kinds import kind_of
from storyboard.changelist.laying import base_name, gap, is_overlay, lay_out, listed, marks_of
from storyboard.changelist.measures import meant, rate_near, refused
from storyboard.changelist.objects import HINT, Objects, exact
from storyboard.changelist.paces import FASTEST
from storyboard.changelist.returned import Change, Event, Noted, Over, Returned
from storyboard.errors import Where
from storyboard.export.otio import NAMESPACE
from storyboard.timing import Rate, parse_rate, to_frame

ITEMS = ("Clip", "Gap", "Stack", "Track", "Filler")
FLOAT = Fraction(1, 10**9)


def read_otio(name: str, text: str, rate: Rate) -> Returned:
    """The cut of a document's first timeline: its first video track."""
    objects = Objects(name, text)
    timelines = _timelines(objects)
    if not timelines:
        raise refused(objects.where(objects.root), "there is no timeline in this file", HINT)
    timeline = timelines[0]
    reading = _Reading(objects, timeline, rate)
    for other in timelines[1:]:
        reading.remark(other, f"a further timeline, `{objects.text(other, 'name')}`: only the first is read")
    tracks = [one for one in objects.many(timeline.get("tracks"), "children") if objects.schema(one) == "Track"]
    pictures = [one for one in tracks if objects.text(one, "kind") in ("Video", "")]
    if not pictures:
        raise refused(objects.where(timeline), "there is no video track in this timeline", HINT)
    reading.rate = reading.film_rate(pictures[0])
    for above in pictures[1:]:
        reading.above(above)
    return reading.track(pictures[0])


def _timelines(objects: Objects) -> list[dict[str, Any]]:
    """The timelines of a document: its root, or what stands in a collection."""
    waiting, found = [objects.root], []
    while waiting:
        one = waiting.pop(0)
        if objects.schema(one) == "Timeline":
            found.append(one)
        elif objects.schema(one) in ("SerializableCollection", "SerializeableCollection"):
            waiting += objects.many(one, "children")
    return found


class _Reading:
    """A timeline under way."""

    def __init__(self, objects: Objects, timeline: dict[str, Any], film: Rate) -> None:
        self.objects, self.timeline, self.film = objects, timeline, film
        self.remarks: list[Noted] = []
        self.overlays: list[Over] = []
        self.rate = film
        self.events: list[Event] = []
        self.changes: dict[int, Change] = {}

    def remark(self, one: object, text: str) -> None:
        """Say what cannot be carried."""
        self.remarks.append((self.objects.where(one), text))

    def above(self, track: dict[str, Any]) -> None:
        """A further video track: its titles and logos, and else a word on it."""
        objects, foreign, clock = self.objects, [], Fraction(0)
        for one in objects.many(track, "children"):
            if objects.schema(one) not in ITEMS:
                continue
            where, start = objects.where(one), to_frame(clock, self.rate)
            if said := self.span(one).get("duration"):
                clock += objects.length(said, where, "length of this clip")
            if objects.schema(one) in ("Gap", "Filler"):
                continue
            if is_overlay(media := self.media(one)):
                self.overlays.append(Over(media, start, to_frame(clock, self.rate) - start, where))
            else:
                foreign.append(one)
        if foreign:
            names, name = listed(self.media(one) for one in foreign), objects.text(track, "name")
            self.remark(foreign[0], f"a further video track `{name}` with {names}: only the first track is read")

    def track(self, track: dict[str, Any]) -> Returned:
        """The cut of a track."""
        clock = Fraction(0)
        for item in self.objects.many(track, "children"):
            schema, where = self.objects.schema(item), self.objects.where(item)
            if schema == "Transition":
                self.change(item, to_frame(clock, self.rate))
            elif schema in ITEMS:
                lasts = self.objects.length(self.span(item).get("duration"), where, "length of this clip")
                start, clock = to_frame(clock, self.rate), clock + lasts
                self.events.append(self.event(item, start, to_frame(clock, self.rate) - start))
            else:
                self.remark(item, f"`{schema or 'something without a schema'}` stands in the track and is not read")
        found = lay_out(self.rate, self.events, self.changes, self.remarks, self.objects.where(track))
        return replace(found, overlays=tuple(self.overlays))

    def film_rate(self, track: dict[str, Any]) -> Rate:
        """The rate of the timeline: as it is said, else as its first length is counted."""
        if said := self.objects.text(self.timeline, "metadata", NAMESPACE, "rate"):
            try:
                return parse_rate(said)
            except ValueError:
                pass
        times = [self.timeline.get("global_start_time")]
        times += [self.span(one).get("duration") for one in self.objects.many(track, "children")]
        time = next((one for one in times if "rate" in self.objects.fields(one)), None)
        where = self.objects.where(time or track)
        if time is None:
            raise refused(where, "nothing in this timeline says how many frames a second has", HINT)
        return rate_near(self.objects.rate(time, where), where)

    def span(self, item: dict[str, Any]) -> dict[str, Any]:
        """What of an item is in the cut: its own range, else all that it has."""
        objects = self.objects
        return objects.fields(item, "source_range") or objects.fields(self.reference(item), "available_range")

    def reference(self, item: dict[str, Any]) -> dict[str, Any]:
        """The medium of a clip: the one that is in use, or the only one."""
        key = self.objects.text(item, "active_media_reference_key") or "DEFAULT_MEDIA"
        return self.objects.fields(item, "media_references", key) or self.objects.fields(item, "media_reference")

    def media(self, item: dict[str, Any]) -> str:
        """The file's name of a clip's medium, else what the clip is called."""
        objects, reference = self.objects, self.reference(item)
        address = objects.text(reference, "target_url") or objects.text(reference, "name")
        return base_name(address) or base_name(objects.text(item, "name"))

    def event(self, item: dict[str, Any], start: int, frames: int) -> Event:
        """An item as an event; what has no picture of its own is a gap."""
        objects, where = self.objects, self.objects.where(item)
        label = objects.text(item, "name")
        shot = objects.text(item, "metadata", NAMESPACE, "shot")
        marks = marks_of((shot, *(objects.text(one, "name") for one in objects.many(item, "markers"))))
        schema = objects.schema(item)
        if schema in ("Stack", "Track"):
            self.remark(item, f"the nested cut `{label}` is not looked into: it is a gap here")
        if item.get("enabled") is False:
            self.remark(item, f"the clip `{label}` is switched off: it is a gap here")
        if schema != "Clip" or item.get("enabled") is False:
            return gap(start, frames, where, label, marks)
        span, whole = self.span(item), objects.fields(self.reference(item), "available_range")
        begin = objects.seconds(span.get("start_time"), where, "beginning of this clip")
        if whole:
            zero = objects.seconds(whole.get("start_time"), where, "beginning of its medium")
            begin -= zero if begin + 1 / self.rate >= zero else 0  # some programs do not count by its timecode
        tempo = self.tempo(item, where)
        if tempo < 0 and not objects.fields(item, "metadata", NAMESPACE):
            # A range in rising order, as programs write it: it is entered at its end.
            begin += frames * -tempo / self.rate + tempo / self.rate
        return Event(self.media(item), label, marks, start, frames, begin, tempo, where)

    def tempo(self, item: dict[str, Any], where: Where) -> Fraction:
        """The pace of a clip; further effects are said."""
        tempo = Fraction(1)
        for effect in self.objects.many(item, "effects"):
            schema = self.objects.schema(effect)
            if schema == "FreezeFrame":
                tempo = Fraction(0)
            elif schema == "LinearTimeWarp":
                told = self.objects.number(effect.get("time_scalar", 1), where, "pace of this clip")
                tempo *= meant(exact(told), FLOAT)
            else:
                own = self.objects.fields(effect, "metadata", "Resolve_OTIO")
                if own and not own.get("Parameters") and schema == "Effect":
                    continue  # Resolve names every effect that a clip may have; what is used has parameters
                names = (self.objects.text(effect, field) for field in ("name", "effect_name"))
                name = next((one for one in (*names, self.objects.text(own, "Effect Name")) if one), schema)
                self.remark(effect, f"the effect `{name}` on the clip `{self.objects.text(item, 'name')}`")
        if abs(tempo) > FASTEST:
            raise refused(where, f"a clip cannot run at {float(tempo):.6g} times its pace", HINT)
        return tempo

    def change(self, item: dict[str, Any], meeting: int) -> None:
        """A transition."""
        objects, where = self.objects, self.objects.where(item)
        before, after = (
            to_frame(objects.length(item.get(side), where, "length of this transition"), self.rate)
            for side in ("in_offset", "out_offset")
        )
        own = objects.fields(item, "metadata", NAMESPACE)
        name = objects.text(own, "type") or objects.text(item, "name")
        kind, color = kind_of(name)
        if objects.text(item, "transition_type") == "SMPTE_Dissolve" and not own:
            kind = "dissolve" if kind == "other" else kind
        if before + after:
            color = objects.text(own, "color") or color
            self.changes[meeting] = Change(kind, name or "dissolve", before, after, color, where)
