"""The clips and transitions of a track in Final Cut Pro 7's XML: their places, and the paces they run at. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from storyboard.changelist.measures import MAX_SECONDS, decimal, meant, refused, whole
from storyboard.changelist.nodes import Node
from storyboard.changelist.paces import Points, Stretch, mapped
from storyboard.changelist.returned import Event
from storyboard.timing import MAX_RATE, Rate, to_frame

TICKS = 254_016_000_000
"""Premiere's, in a second."""
PERCENT = Fraction(1, 10**7)
"""By which a pace of six decimals in percent may be rounded."""
SIDES = {"start": 0, "start-black": 0, "end": 1, "end-black": 1}


@dataclass(frozen=True, slots=True)
class Item:
    """A clip or a transition, with its place in the sequence."""

    node: Node
    start: int
    end: int
    told: tuple[bool, bool] = (True, True)
    """Whether its own element says where it begins and ends; else a transition beside it does."""


def items_of(track: Node) -> list[Item]:
    """The clips and transitions of a track; a clip reaches to the far end of the transitions beside it."""
    nodes = list(track.all("clipitem", "generatoritem", "transitionitem"))
    items: list[Item] = []
    for index, node in enumerate(nodes):
        start, end = (_frame(node, side) for side in ("start", "end"))
        told = start >= 0, end >= 0
        if start < 0 and index and nodes[index - 1].tag == "transitionitem":
            start = _frame(nodes[index - 1], "start")
        if end < 0 and index + 1 < len(nodes) and nodes[index + 1].tag == "transitionitem":
            end = _frame(nodes[index + 1], "end")
        lasts = _frame(node, "out") - _frame(node, "in")
        if start < 0 <= end:
            start = end - lasts
        elif end < 0 <= start:
            end = start + lasts
        if not 0 <= start <= end:
            raise refused(node.where, f"this `{node.tag}` has no place in the sequence: from {start} to {end}")
        items.append(Item(node, start, end, told))
    return sorted(items, key=lambda one: one.start) if _is_mixed(items) else items


def _is_mixed(items: list[Item]) -> bool:
    """Whether clips stand in another order than that of time, and no transition says what is beside what."""
    return not any(one.node.tag == "transitionitem" for one in items)


def _frame(node: Node, side: str) -> int:
    """A count of frames; -1 where it is not told."""
    said = node.read(side)
    frame = whole(said, node.where, side) if said else -1
    if abs(frame) > MAX_SECONDS * MAX_RATE:
        raise refused(node.where, f"{frame} is more frames than a film has")
    return frame


def meeting_of(items: list[Item], index: int) -> int:
    """The frame at which the clips beside a transition meet."""
    item = items[index]
    before, after = _clip_at(items, index - 1, item), _clip_at(items, index + 1, item)
    length, side = item.end - item.start, item.node.read("alignment").lower()
    if before and after and before.told[1] and after.told[0] and item.start <= before.end == after.start <= item.end:
        return after.start
    if side in SIDES:
        return item.start + SIDES[side] * length
    if side != "center" and (before is None) != (after is None):
        return item.start if before is None else item.end
    ticks, rate = item.node.read("cutPointTicks"), item.node.find("rate")
    if ticks and rate and (base := whole(rate.read("timebase"), rate.where, "rate")):
        own = Fraction(base * 1000, 1001) if rate.read("ntsc").upper() == "TRUE" else Fraction(base)
        return item.start + min(length, max(0, to_frame(Fraction(whole(ticks, item.node.where, "cut"), TICKS), own)))
    return item.start + length // 2


def _clip_at(items: list[Item], index: int, beside: Item) -> Item | None:
    """A clip that a transition lies on; None where there is no such one."""
    found = items[index] if 0 <= index < len(items) else None
    if found is None or found.node.tag == "transitionitem":
        return None
    return found if found.start <= beside.end and found.end >= beside.start else None


def stretches_of(
    item: Item, event: Event, rates: tuple[Rate, Rate], lasts: Fraction | None
) -> Iterator[Stretch]:  # fmt: skip
    """What a clip shows where it is an `event` of the cut, at its own rate and the sequence's; its medium `lasts` so
    many seconds."""
    own, rate = rates
    came = max(0, _frame(item.node, "in")) / own
    points, came = _points(item, rates, lasts, came)
    begin = came + (event.start - item.start) / rate
    shift = event.start / rate - begin

    def show(low: Fraction, high: Fraction) -> Iterator[Stretch]:
        yield Stretch(event.media, event.label, event.marks, low, high, low, Fraction(1), event.where)

    for one in mapped(points, begin, begin + event.frames / rate, show, event.where):
        yield replace(one, begin=one.begin + shift, end=one.end + shift)


def _points(
    item: Item, rates: tuple[Rate, Rate], lasts: Fraction | None, came: Fraction
) -> tuple[Points, Fraction]:  # fmt: skip
    """The time map of a clip, and where it begins on its own time."""
    node, own = item.node, rates[0]
    if node.read("stillframe").upper() == "TRUE":
        held = whole(node.read("stillframeoffset") or "0", node.where, "stillframeoffset") / own
        return _evenly(held, Fraction(0)), came
    remap = _remap(node)
    if remap is None:
        return _evenly(Fraction(0), Fraction(1)), came
    values = {one.read("parameterid").lower(): one for one in remap.all("parameter")}
    if _is_true(values.get("variablespeed")) and "graphdict" in values:
        keys = [
            tuple(decimal(one.read(side), one.where, "keyframe") / own for side in ("when", "value"))
            for one in values["graphdict"].all("keyframe")
            if not (_is_true(one.find("speedkfin")) or _is_true(one.find("speedkfout")))
        ]
        found = sorted((when, value) for when, value in keys)
        if len({when for when, _ in found}) > 1:
            return found, came
    speed = values.get("speed")
    told = decimal(speed.read("value"), speed.where, "speed") / 100 if speed and speed.read("value") else Fraction(1)
    tempo = meant(told, PERCENT)
    if _is_true(values.get("reverse")) or tempo < 0:
        tempo = -abs(tempo)
        if lasts is None:
            lasts = max(0, _frame(node, "duration")) * -tempo / own
        return _evenly(lasts, tempo), came
    return _evenly(Fraction(0), tempo), _entered(item, rates, tempo, came)


def _entered(item: Item, rates: tuple[Rate, Rate], tempo: Fraction, came: Fraction) -> Fraction:
    """Where a clip that runs forward begins on its own time: its in point counts at its pace, or in some programs in
    the medium's own time, as its length then shows; Premiere's ticks are always the medium's."""
    node = item.node
    if tempo in (0, 1):
        return came
    if ticks := node.read("pproTicksIn"):
        return Fraction(max(0, whole(ticks, node.where, "in point")), TICKS) / tempo
    first, last = _frame(node, "in"), _frame(node, "out")
    told, seen = (last - first) / rates[0], (item.end - item.start) / rates[1]
    in_source = first >= 0 and last >= 0 and abs(told - seen * tempo) < abs(told - seen)
    return came / tempo if in_source else came


def _evenly(value: Fraction, tempo: Fraction) -> Points:
    return [(Fraction(0), value), (Fraction(1), value + tempo)]


def _remap(node: Node) -> Node | None:
    effects = (one for filter_ in node.all("filter") for one in filter_.all("effect"))
    return next((one for one in effects if is_remap(one)), None)


def is_remap(effect: Node) -> bool:
    """Whether an effect is the one that says a clip's pace."""
    return effect.read("effectid").lower() == "timeremap" or effect.read("name").lower() == "time remap"


def _is_true(parameter: Node | None) -> bool:
    """Whether a parameter, or an element by itself, says yes."""
    return parameter is not None and (parameter.read("value") or parameter.text.strip()).upper() in ("TRUE", "1")
