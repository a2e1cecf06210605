"""Every format read back by somebody else's reader: each film frame shows what it shows in the film."""

from __future__ import annotations

import os
from collections import Counter
from fractions import Fraction
from io import StringIO

import opentimelineio as otio
import pycmx
import pytest

from storyboard.export.cut import Cut
from storyboard.export.edl import write_edl
from tests.export.films import RATES, MadeUp, make_up
from tests.export.readers import READERS, Read, Seen

ROUNDS = 200 if os.environ.get("STORYBOARD_STRESS") else 3


@pytest.mark.stress
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("form", READERS)
def test_made_up_films_come_back(form: str, rate: str) -> None:
    for seed in range(ROUNDS):
        film = make_up(seed, rate, stills=form != "fcp7")
        check(film, READERS[form](film.cut), form)


@pytest.mark.stress
@pytest.mark.parametrize("rate", RATES)
def test_a_list_in_the_words_of_another_parser(rate: str) -> None:
    """Event by event: tape, clip, places in the record and in the media, and the transition that each begins with."""
    for seed in range(ROUNDS):
        cut = make_up(seed, rate).cut
        list_ = pycmx.parse_cmx3600(StringIO(write_edl(cut).decode()))
        edits = [event.edits[-1] for event in list_.events]
        assert len(edits) == len(cut.pieces)
        for index, (piece, edit) in enumerate(zip(cut.pieces, edits, strict=True)):
            crossing, head = cut.crossings.get(index) if index else None, cut.handles(index)[0] if index else 0
            following = cut.crossings.get(index + 1) if index + 1 < len(edits) else None
            span = piece.start - head, piece.end - (following.before if following else 0)
            assert tuple(frames_in(one, cut) for one in (edit.record_in, edit.record_out)) == (
                span[0] + cut.start, span[1] + cut.start)  # fmt: skip
            assert edit.transition.dissolve or edit.transition.wipe if crossing else edit.transition.cut
            if crossing:
                assert int(edit.transition.operand) == crossing.frames
            if piece.media is None:
                assert edit.black
                continue
            assert (edit.source, edit.clip_name) == (piece.media.reel, piece.media.name)
            if piece.step == 1 and piece.media.rate == cut.rate:
                assert frames_in(edit.source_in, cut) == piece.place - head
                assert frames_in(edit.source_out, cut) == piece.place + span[1] - piece.start


def frames_in(timecode: str, cut: Cut) -> int:
    """The frames of a timecode, as OpenTimelineIO counts them."""
    return int(otio.opentime.from_timecode(timecode, float(cut.rate)).value)


def check(film: MadeUp, read: Read, form: str) -> None:
    """Total length, start, every clip's every frame, and every transition."""
    timeline, cut = film.timeline, film.cut
    assert read.frames == timeline.frames
    if form != "edl":
        assert read.start == cut.start / cut.rate
    assert sum(one.frames for one in read.pieces) == timeline.frames
    check_crossings(film, read, form)
    shown: dict[tuple[str, int], int] = {}
    for index, piece in enumerate(read.pieces):
        ends = [one.start for one in read.pieces[index + 1 : index + 2]]
        before = read.crossings.get(piece.start, (0, 0, ""))[0] if index else 0
        crossing = read.crossings.get(ends[0]) if ends else None
        after = crossing[1] if crossing and (form != "edl" or f"from {piece.media} " in crossing[2]) else 0
        for frame in range(piece.start - before, piece.start + piece.frames + after):
            name, place = place_of(film, piece, frame)
            assert (name, frame) not in shown
            shown[name, frame] = place
    exact = form in ("otio", "fcpxml")
    wanted = {key: value for key, value in frames_of(film).items() if key in shown}
    assert shown.keys() <= wanted.keys(), "something is shown that the film does not show"
    assert {frame for _, frame in shown} == set(range(timeline.frames))
    for key, (place, step, own) in wanted.items():
        # Whole numbers, at a pace that is not the media's own: up to a film frame off, and what the rounding adds.
        assert shown[key] == place if exact or own else abs(shown[key] - place) <= abs(step) + 1, (form, key)


def place_of(film: MadeUp, piece: Seen, frame: int) -> tuple[str, int]:
    """The media and its frame that a piece shows in a film frame."""
    place = (piece.place + (frame - piece.start) * piece.step).__floor__()
    return film.stills.get(piece.media, (piece.media, place))


def frames_of(film: MadeUp) -> dict[tuple[str, int], tuple[int, Fraction, bool]]:
    """What the film itself shows of each medium in each frame, its step there, and whether the pace is its own."""
    shots = {piece.shot: piece for piece in film.cut.pieces}
    lead = {piece.shot: piece.place for piece in reversed(film.cut.pieces)}
    found = {}
    for clip in film.timeline.clips:
        if clip.shot.id not in shots:
            continue
        name = f"{clip.shot.id}"
        media = next(
            film.stills.get(piece.media.name, (piece.media.name, 0))[0]
            for piece in film.cut.pieces
            if piece.shot == name and piece.media
        )
        for span in clip.spans:
            for at in range(span.start, span.start + span.frames):
                place = clip.source_frame(at)
                if clip.shot.card:
                    piece = shots[name]
                    place = int(lead[name]) + clip.start + at - piece.start
                own = abs(span.step) * film.cut.rate == clip.facts.rate
                found[media, clip.start + at] = place, span.step, own and span.step > 0
    return found


def check_crossings(film: MadeUp, read: Read, form: str) -> None:
    """Each transition of the film is one of the same frames, or a cut with a marker that says why."""
    timeline = film.timeline
    wanted = {}
    lost = sum("so here is a cut" in mark.text for piece in film.cut.pieces for mark in piece.marks)
    for index, join in enumerate(timeline.joins):
        if join.frames:
            wanted[timeline.clips[index + 1].start] = join.frames
    found = {meeting - before: before + after for meeting, (before, after, _) in read.crossings.items()}
    assert found.items() <= wanted.items()
    assert len(found) == len(wanted) - lost
    if form == "otio":
        kinds = Counter(kind == "SMPTE_Dissolve" for _, _, kind in read.crossings.values())
        inner = [one for index, one in film.cut.crossings.items() if 0 < index < len(film.cut.pieces)]
        assert kinds[True] == sum(one.kind == "dissolve" for one in inner)
