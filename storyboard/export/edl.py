"""CMX 3600 edit decision lists: one track of pictures each, for programs that read nothing else.

As on tape, a clip that comes in by a transition begins with it, so each event is what the film's own timeline says.
Media without a timecode of their own begin at zero; their places are told at the film's rate, since a list has but one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from fractions import Fraction

from storyboard.export.cut import Crossing, Cut, Laid, Piece
from storyboard.export.timecodes import timecode_of
from storyboard.timing import nearest

WIPES = {"wiperight": "W001", "wipedown": "W002"}
"""SMPTE's codes. A list has no word for the other direction."""
LONGEST = 200
"""Letters of a comment."""


def carries(crossing: Crossing) -> bool:
    """Whether it is shown as it is."""
    return crossing.kind == "dissolve" or crossing.name in WIPES


def write_edl(cut: Cut) -> bytes:
    """The list of the film's own pictures."""
    lines = _head(cut, cut.title)
    number = 0
    for index, piece in enumerate(cut.pieces):
        after = cut.crossings.get(index + 1) if index + 1 < len(cut.pieces) else None
        if index not in cut.crossings and after and after.before == piece.frames:
            continue  # all of it lies within the transition, whose event names it
        number += 1
        lines += _event(cut, number, index)
    return _encoded(lines)


def write_layer(cut: Cut, number: int) -> bytes:
    """The list of one track of what lies over the picture, the lowest being 0."""
    lines = _head(cut, f"{cut.title} V{number + 2}")
    for event, laid in enumerate(cut.layers[number], start=1):
        lines += _laid(cut, event, laid)
    return _encoded(lines)


def _head(cut: Cut, title: str) -> list[str]:
    return [f"TITLE: {_plain(title)}", f"FCM: {'' if cut.drop else 'NON-'}DROP FRAME", ""]


def _event(cut: Cut, number: int, index: int) -> Iterator[str]:
    """The lines of a piece: its edit, and what is to be known of it."""
    piece, crossing = cut.pieces[index], cut.crossings.get(index) if index else None
    before = crossing.before if crossing else 0
    after = cut.crossings.get(index + 1) if index + 1 < len(cut.pieces) else None
    start, end = piece.start - before, piece.end - (after.before if after else 0)
    came, gone = _source(cut, piece, start, end)
    record = f"{_time(cut, cut.start + start)} {_time(cut, cut.start + end)}"
    source = f"{_time(cut, came)} {_time(cut, gone)}"
    if crossing:
        last = cut.pieces[index - 1]
        out = _time(cut, _source(cut, last, start, start)[0])
        here = _time(cut, cut.start + start)
        yield f"{number:03}  {_reel(last):<8} V     C        {out} {out} {here} {here}"
        code = f"{_code(crossing):<4} {crossing.frames:03}"
    else:
        code = "C       "
    yield f"{number:03}  {_reel(piece):<8} V     {code} {source} {record}"
    yield from _motion(cut, piece, came, gone)
    yield from _comments(cut, index, start)
    yield ""


def _source(cut: Cut, piece: Piece, start: int, end: int) -> tuple[int, int]:
    """The frames of a piece's medium, at the film's rate, that film frames `start` to `end` show, in rising order."""
    if piece.media is None:
        return 0, end - start
    scale = cut.rate / piece.media.rate
    first = piece.place + (start - piece.start) * piece.step
    last = first + (end - start) * piece.step
    low, high = (first, last) if piece.step >= 0 else (last - piece.step, first - piece.step)
    came = max(0, nearest(low * scale))
    return came, max(came + (end > start), nearest(high * scale))


def _motion(cut: Cut, piece: Piece, came: int, gone: int) -> Iterator[str]:
    """The line that says a pace, in frames a second; where it runs backwards, it is entered at its end."""
    tempo = piece.tempo(cut.rate)
    if tempo == 1 or piece.media is None:
        return
    entry = _time(cut, gone - 1 if tempo < 0 else came).replace(";", ":")
    pace = float(tempo * cut.rate)
    yield f"M2   {_reel(piece):<8} {'-' if pace < 0 else ' '}{abs(pace):07.3f}                {entry}"
    if not tempo:
        yield "* FREEZE FRAME"


def _comments(cut: Cut, index: int, start: int) -> Iterator[str]:
    piece, crossing = cut.pieces[index], cut.crossings.get(index)
    names = [one.media.name if one.media else "BLACK" for one in cut.pieces[max(0, index - 1) : index + 1]]
    if crossing and index:
        yield f"* FROM CLIP NAME: {names[0]}"
        yield f"* TO CLIP NAME: {names[-1]}"
        yield f"* EFFECT NAME: {_plain(crossing.name.upper())}{f' {crossing.color}' if crossing.color else ''}"
    else:
        yield f"* FROM CLIP NAME: {names[-1]}"
    if piece.media:
        yield f"* SOURCE FILE: {piece.media.file}"
    for end in (0, len(cut.pieces)):
        if (fade := cut.crossings.get(end)) and index == max(0, end - 1):
            yield f"* {fade.name.upper()}: {fade.frames} FRAMES, BLACK"
    for other in piece.others:
        yield f"* ALSO SHOT: {other.file}"
    for offset, mark in enumerate(piece.marks):
        at = _time(cut, cut.start + start + min(offset, piece.frames - 1)).replace(";", ":")
        yield f"* LOC: {at} {'RED  ' if mark.remark else 'GREEN'}   {_plain(mark.name)}: {_plain(mark.text)}"


def _laid(cut: Cut, number: int, laid: Laid) -> Iterator[str]:
    source = f"{_time(cut, 0)} {_time(cut, laid.frames)}"
    record = f"{_time(cut, cut.start + laid.start)} {_time(cut, cut.start + laid.start + laid.frames)}"
    yield f"{number:03}  {laid.media.reel:<8} V     C        {source} {record}"
    yield f"* FROM CLIP NAME: {laid.media.name}"
    yield f"* SOURCE FILE: {laid.media.file}"
    yield ""


def _code(crossing: Crossing) -> str:
    return WIPES.get(crossing.name, "D")


def _reel(piece: Piece) -> str:
    return piece.media.reel if piece.media else "BL"


def _time(cut: Cut, frame: int | Fraction) -> str:
    return timecode_of(int(frame), cut.rate, drop=cut.drop)


def _plain(text: str) -> str:
    """A text in one line of plain letters, for lists know no others."""
    letters = unicodedata.normalize("NFKD", " ".join(text.split())).encode("ascii", "ignore").decode()
    return letters[:LONGEST]


def _encoded(lines: list[str]) -> bytes:
    return ("\n".join(lines).rstrip("\n") + "\n").encode("ascii")
