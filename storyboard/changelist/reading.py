"""A cut read from a file of an editing program: which format it is, by what stands in it."""

from __future__ import annotations

import codecs
from dataclasses import replace

from storyboard.changelist import read_edl, read_fcp7, read_fcpxml, read_otio
from storyboard.changelist.nodes import parse_xml
from storyboard.changelist.returned import Returned
from storyboard.errors import Refused, Where
from storyboard.timing import Rate

MAX_BYTES = 64 * 2**20
FORMATS = "export FCPXML, Final Cut Pro 7 XML (Premiere's), OpenTimelineIO or a CMX 3600 list from the program"

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read_cut(name: str, data: bytes, *, rate: Rate) -> Returned:
    """The cut of a file, for a film at `rate`; `Refused`, with the place, for what is none or has another rate.

    A list does not say how many frames a second has: its timecodes are counted at the film's rate.
    """
    where = Where(name, 1, 1)
    if len(data) > MAX_BYTES:
        message = f"this file has {len(data) // 2**20} MiB, and a cut has {MAX_BYTES // 2**20} at the most"
        raise Refused(message, hint="export the timeline alone, without the project's other timelines", where=where)
    return _at_rate(_read(name, data, rate), rate, where)


def _read(name: str, data: bytes, rate: Rate) -> Returned:
    """The cut of a file, in the format that it is in."""
    text = _decoded(data, Where(name, 1, 1))
    head = text[:4096].lstrip()
    if head.startswith("<"):
        root = parse_xml(name, data)
        if root.tag == "fcpxml":
            return replace(read_fcpxml.read_fcpxml(root, rate), form="fcpxml")
        if root.tag == "xmeml":
            return replace(read_fcp7.read_fcp7(root, rate), form="fcp7")
        raise Refused("this XML is no timeline that can be read here", hint=FORMATS, where=root.where)
    if head.startswith(("{", "[")):
        return replace(read_otio.read_otio(name, text, rate), form="otio")
    return replace(read_edl.read_edl(name, text, rate), form="edl")


def _decoded(data: bytes, where: Where) -> str:
    """The text of a file: UTF-8, UTF-16 by its mark, else Latin-1, as older programs write it."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                text = data[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                raise Refused(f"this is no {encoding.upper()} text", hint=FORMATS, where=where) from None
            break
    else:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    if not text.strip():
        raise Refused("there is nothing in this file", hint="export the timeline again", where=where)
    if "\0" in text:
        raise Refused("this is no text, but some other file", hint=FORMATS, where=where)
    return text


def _at_rate(found: Returned, rate: Rate, where: Where) -> Returned:
    if found.rate == rate:
        return found
    theirs, ours = (f"{one}" if one.denominator == 1 else f"{float(one):.3f}" for one in (found.rate, rate))
    hint = f"set the timeline to {ours} frames a second and export it again, or name the output that has {theirs}"
    raise Refused(f"this cut runs at {theirs} frames a second, and the film at {ours}", hint=hint, where=where)
