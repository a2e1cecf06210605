"""The small parts of an xmeml document: rates, sizes, filters, markers."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from storyboard.export.cut import Mark, Piece
from storyboard.export.markup import add, truth
from storyboard.timing import Rate, nearest, nominal


def add_rate(parent: Element, rate: Rate) -> None:
    """A rate as a whole number and whether it is 1000/1001 of it, which is how far this format goes."""
    item = add(parent, "rate")
    add(item, "timebase", nominal(rate) if rate.denominator == 1001 else max(1, nearest(rate)))
    add(item, "ntsc", truth(rate.denominator == 1001))


def add_shape(parent: Element, width: int, height: int) -> None:
    """A picture's size: square pixels, no fields."""
    add(parent, "width", width)
    add(parent, "height", height)
    add(parent, "anamorphic", "FALSE")
    add(parent, "pixelaspectratio", "square")
    add(parent, "fielddominance", "none")


def add_filter(item: Element, name: str, id_: str) -> Element:
    """A filter of a clip's picture; its effect, for parameters."""
    effect = add(add(item, "filter"), "effect")
    add(effect, "name", name)
    add(effect, "effectid", id_)
    add(effect, "effectcategory", "motion")
    add(effect, "effecttype", "motion")
    add(effect, "mediatype", "video")
    return effect


def add_parameter(effect: Element, id_: str, name: str, limits: tuple[int, int] | None = None) -> Element:
    """A parameter of an effect, for its value."""
    parameter = add(effect, "parameter")
    add(parameter, "parameterid", id_)
    add(parameter, "name", name)
    if limits:
        add(parameter, "valuemin", limits[0])
        add(parameter, "valuemax", limits[1])
    return parameter


def add_pace(item: Element, piece: Piece, rate: Rate) -> None:
    """The pace of a clip, in percent of its media's own."""
    pace = float(abs(piece.tempo(rate)) * 100)
    effect = add_filter(item, "Time Remap", "timeremap")
    add(add_parameter(effect, "variablespeed", "variablespeed", (0, 1)), "value", 0)
    add(add_parameter(effect, "speed", "speed", (-100000, 100000)), "value", f"{pace:.6f}".rstrip("0").rstrip("."))
    add(add_parameter(effect, "reverse", "reverse"), "value", truth(piece.step < 0))
    add(add_parameter(effect, "frameblending", "frameblending"), "value", "FALSE")


def add_log(item: Element, piece: Piece) -> None:
    """Scene, shot and note, as the logging columns show them."""
    log = add(item, "logginginfo")
    add(log, "scene", piece.scene)
    add(log, "shottake", piece.shot)
    if piece.marks:
        add(log, "lognote", piece.marks[0].text)


def add_mark(parent: Element, mark: Mark, frame: int) -> None:
    """A marker at a frame of what it stands on."""
    item = add(parent, "marker")
    add(item, "name", mark.name)
    add(item, "comment", mark.text)
    add(item, "in", frame)
    add(item, "out", -1)
