"""A cut as it should come back from a file that our own writer wrote, and how far a format may be beside it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from storyboard.changelist.reading import read_cut
from storyboard.changelist.returned import Change, Returned
from storyboard.export.cut import Crossing, Cut, Mark
from storyboard.export.edl import write_edl
from storyboard.export.fcp7 import write_fcp7
from storyboard.export.fcpxml import carries, write_fcpxml
from storyboard.export.otio import write_otio

FOLDER = Path("/films/hand off")
WRITERS: Mapping[str, Callable[[Cut], bytes]] = {
    "otio": lambda cut: write_otio(cut, FOLDER),
    "edl": write_edl,
    "fcpxml": lambda cut: write_fcpxml(cut, FOLDER),
    "fcp7": lambda cut: write_fcp7(cut, FOLDER),
}  # fmt: skip


def bring_back(cut: Cut, form: str) -> Returned:
    """A cut written by our writer, and read again."""
    return read_cut(f"film.{form}", WRITERS[form](cut), rate=cut.rate)


def dress(cut: Cut, seed: int) -> Cut:
    """The cut with a marker wherever a shot begins, as an export has it, and now and then a shot without a take."""
    dice = random.Random(seed)
    pieces = []
    for index, piece in enumerate(cut.pieces):
        first = not index or cut.pieces[index - 1].shot != piece.shot
        marks = (Mark(piece.shot, f"about {piece.shot}: a note"), *piece.marks) if first else piece.marks
        whole = sum(one.shot == piece.shot for one in cut.pieces) == 1
        if whole and len(cut.pieces) > 1 and dice.random() < 0.2:
            marks = (*marks, Mark("no take", "it is a gap", remark=True))
            pieces.append(replace(piece, media=None, place=Fraction(0), step=Fraction(1), marks=marks))
            continue
        pieces.append(replace(piece, marks=marks))
    return replace(cut, pieces=tuple(pieces)) if any(one.media for one in pieces) else cut


def check_same(cut: Cut, read: Returned, form: str) -> None:
    """Length, every piece, every transition: as exact as the format is."""
    assert (read.rate, read.frames, read.remarks) == (cut.rate, cut.frames, ())
    assert [(one.media, one.start, one.frames) for one in read.events] == [
        (piece.media.name if piece.media else "", piece.start, piece.frames) for piece in cut.pieces
    ]
    for event, piece in zip(read.events, cut.pieces, strict=True):
        told = form == "otio" or (form == "fcp7" and piece.media) or piece.shot in [mark.name for mark in piece.marks]
        assert event.marks[:1] == ((piece.shot,) if told else ())
        if piece.media is None:
            continue
        tempo = piece.tempo(cut.rate)
        assert event.tempo == tempo or (form == "edl" and abs(event.tempo - tempo) < Fraction(1, 1000) / cut.rate)
        assert abs(event.place - piece.place / piece.media.rate) <= beside(form, tempo, cut)
    wanted = {index: crossing for index, crossing in cut.crossings.items() if comes_back(cut, index, form)}
    assert {index: (one.before, one.after, *kind_in(one, form)) for index, one in read.changes.items()} == {
        index: (one.before, one.after, *kind_in(one, form)) for index, one in wanted.items()
    }


def beside(form: str, tempo: Fraction, cut: Cut) -> Fraction:
    """Seconds that a format's place may be beside the cut's: those that count whole frames, at their pace."""
    if form in ("otio", "fcpxml"):
        return Fraction(0)
    if form == "fcp7":
        return abs(tempo) / cut.rate
    return (Fraction(1, 2) if tempo in (0, 1) else Fraction(1, 2) + abs(tempo) / 2) / cut.rate


def comes_back(cut: Cut, index: int, form: str) -> bool:
    """Whether a format has a transition at all: OpenTimelineIO has a film's own fades as markers."""
    return form != "otio" or 0 < index < len(cut.pieces)


def kind_in(one: Crossing | Change, form: str) -> tuple[str, str]:
    """The kind of a transition and its colour, as far as a format has words for them."""
    if form == "fcpxml" and isinstance(one, Crossing):
        return ("dip", one.color) if one.kind == "dip" and carries(one) else ("dissolve", "")
    if form == "fcp7" and one.kind == "other":
        return "dissolve", ""
    return one.kind, one.color
