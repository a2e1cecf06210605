"""Cuts read from files: ours come back as they went out, and other programs' mean what those programs mean by them."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from storyboard.changelist.kinds import kind_of
from storyboard.changelist.reading import read_cut
from storyboard.changelist.returned import Returned
from storyboard.errors import Refused
from storyboard.export.cut import Crossing, Cut, Laid, Media, Piece, Stem, Written
from storyboard.export.otio import write_otio
from storyboard.export.timecodes import parse_start
from storyboard.timing import parse_rate
from tests.changelist.readings import FOLDER, WRITERS, bring_back, check_same, dress
from tests.export.films import RATES, make_up

ROUNDS = 200 if os.environ.get("STORYBOARD_STRESS") else 10
CUTS = Path(__file__).parent / "cuts"
FILES = sorted(path.name for path in CUTS.iterdir() if path.suffix != ".txt")


@pytest.mark.stress
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("form", WRITERS)
def test_made_up_films_come_back(form: str, rate: str) -> None:
    for seed in range(ROUNDS):
        cut = dress(make_up(seed, rate, stills=form != "fcp7").cut, seed)
        check_same(cut, bring_back(cut, form), form)


@pytest.mark.parametrize("name", FILES)
def test_files_of_other_programs(name: str) -> None:
    """`cuts/` holds a file for each program beside what it says: the film's rate stands in the first line."""
    wanted = (CUTS / f"{name}.txt").read_text("utf-8")
    rate = parse_rate(wanted.split()[0])
    assert told(read_cut(name, (CUTS / name).read_bytes(), rate=rate)) == wanted


def told(cut: Returned) -> str:
    """A cut in lines: its length, its events with the transitions that lead into them, overlays, remarks."""
    lines = [f"{cut.rate} fps, {cut.frames} frames"]
    for index in range(len(cut.events) + 1):
        if change := cut.changes.get(index):
            lines.append(f"  {change.before}+{change.after} {change.kind} {change.name} {change.color}".rstrip())
        if index < len(cut.events):
            event = cut.events[index]
            what = f"{event.media} from {event.place} at {event.tempo}" if event.media else "-"
            names = f"`{event.label}` {', '.join(event.marks)}".rstrip()
            lines.append(f"{event.start:5} {event.frames:4}  {what}  {names}  :{event.where.line}")
    lines += [f"over it :{one.where.line} {one.name}, {one.frames} from {one.start}" for one in cut.overlays]
    lines += [f"remark :{where.line} {text}" for where, text in cut.remarks]
    return "\n".join(lines) + "\n"


def whole_film() -> Cut:
    """A cut with everything that can hang on one."""
    made = next(one for one in (make_up(seed, "24", stills=False) for seed in range(50)) if len(one.cut.media) > 3)
    cut = dress(made.cut, 7)
    shots = list(cut.media)
    overlay = Media("overlays/title01.mov", cut.rate, 24, cut.width, cut.height, 0, "TITLE01")
    pieces = tuple(
        replace(one, others=(shots[0],)) if one.media and one.media != shots[0] else one for one in cut.pieces
    )
    return replace(
        cut, pieces=pieces, layers=((Laid(overlay, 3, 24, "Somewhere"),),),
        titles=(Written("Somewhere else", 5, 12, 40.0, 0.0, None),),
        stems=(Stem("music", "sound/film_music.wav", 96_000),),
    )  # fmt: skip


@pytest.mark.parametrize("form", WRITERS)
def test_what_hangs_on_a_cut_is_no_news(form: str) -> None:
    """Titles, logos, stems and further takes are the export's own: nothing is remarked of them."""
    cut = whole_film()
    read = bring_back(cut, form)
    check_same(cut, read, form)
    assert {one.name for one in read.overlays} == {
        "edl": set(), "fcpxml": {"Somewhere else", "title01.mov"}}.get(form, {"title01.mov"})  # fmt: skip


def test_a_transition_that_covers_a_whole_clip_comes_back() -> None:
    """A list then has no event of it: it is told by what the transition leads away from."""
    cut = next(one for one in (make_up(seed, "24", stills=False).cut for seed in range(60)) if len(one.pieces) > 1)
    first, last = cut.pieces[:2]
    assert first.media
    for frames in (1, 2, 7, 12):
        pieces = (
            replace(first, frames=max(1, frames // 2), step=first.media.rate / cut.rate, start=0),
            replace(last, start=max(1, frames // 2), frames=40),
        )
        crossing = Crossing("dissolve", "dissolve", pieces[0].frames, frames - pieces[0].frames)
        short = replace(cut, pieces=pieces, crossings={1: crossing}, frames=pieces[1].end)
        for form in WRITERS:
            read = bring_back(short, form)
            assert [(one.start, one.frames) for one in read.events] == [(0, pieces[0].frames), (pieces[1].start, 40)]
            assert (read.changes[1].before, read.changes[1].after) == (crossing.before, crossing.after), (form, frames)


def test_another_rate_is_refused_with_a_way_out() -> None:
    cut = make_up(1, "23.976", stills=False).cut
    for form in ("otio", "fcpxml", "fcp7"):
        with pytest.raises(Refused, match=r"runs at 23\.976 frames a second, and the film at 24") as refusal:
            read_cut(f"cut.{form}", WRITERS[form](cut), rate=Fraction(24))
        assert "set the timeline to 24" in refusal.value.hint


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_texts_in_other_encodings(encoding: str) -> None:
    cut = make_up(1, "25").cut
    for form in WRITERS:
        text = WRITERS[form](cut).decode().replace('encoding="UTF-8"', "")
        if encoding == "utf-16-le":
            text = "\ufeff" + text
        check_same(cut, read_cut(form, text.replace("\n", "\r\n").encode(encoding), rate=cut.rate), form)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("writer", ["fcp_xml", "fcpx_xml", "cmx_3600", "otio_json"])
def test_what_other_people_write_is_read(writer: str, rate: str) -> None:
    """The adapters of OpenTimelineIO write the same cut: whole frames at the film's pace, dissolves if they can."""
    dissolves = 0 if writer == "fcpx_xml" else 0.6
    for seed in range(5):
        cut = plain_cut(seed, rate, dissolves)
        timeline = otio.adapters.read_from_string(write_otio(cut, FOLDER).decode(), "otio_json")
        more = {"rate": float(cut.rate)} if writer == "cmx_3600" else {}
        text = str(otio.adapters.write_to_string(timeline, writer, **more))
        read = read_cut("cut", text.encode(), rate=cut.rate)
        assert [(one.media, one.start, one.frames, one.place, one.tempo) for one in read.events] == [
            (one.media.name if one.media else "", one.start, one.frames, one.place / cut.rate, one.step)
            for one in cut.pieces
        ]
        assert {index: (one.kind, one.before, one.after) for index, one in read.changes.items()} == {
            index: (one.kind, one.before, one.after) for index, one in cut.crossings.items()
        }


def plain_cut(seed: int, rate: str, dissolves: float) -> Cut:
    """A cut of whole frames of media that have its rate."""
    dice, (text, start) = random.Random(seed), RATES[rate]
    fps = parse_rate(text)
    pieces: list[Piece] = []
    for index in range(dice.randint(2, 7)):
        media = Media(f"media/{index:02}0_s{index}_t01.mp4", fps, 400, 96, 64, 0, f"S0{index}0T01")
        begin = pieces[-1].end if pieces else 0
        frames, place = dice.randint(40, 90), Fraction(dice.randint(20, 200))
        pieces.append(Piece(f"s{index}", "", f"{index}", media, begin, frames, place, Fraction(1)))
    lengths = {at: dice.randint(1, 10) for at in range(1, len(pieces)) if dice.random() < dissolves}
    crossings = {at: Crossing("dissolve", "dissolve", length, length) for at, length in lengths.items()}
    first, drop = parse_start(start, fps)
    return Cut("film", "Film", fps, pieces[-1].end, first, drop, 96, 64, tuple(pieces), crossings)


@pytest.mark.parametrize(
    ("name", "kind", "color"),
    [
        ("Cross Dissolve", "dissolve", ""), ("Film Dissolve", "dissolve", ""), ("blend, dissolve", "dissolve", ""),
        ("Additive Dissolve", "other", ""), ("Smooth Cut", "other", ""), ("Iris Round", "other", ""),
        ("Dip to Black", "dip", "#000000"), ("Dip to White", "dip", "#ffffff"), ("Fade To Color", "dip", ""),
        ("Dip To Color Dissolve", "dip", ""), ("fade", "dip", ""), ("fadewhite", "dip", "#ffffff"),
        ("Edge Wipe", "wipe", ""), ("Clock Wipe", "wipe", ""), ("wipeleft", "wipe", ""), ("circleopen", "other", ""),
        ("", "dissolve", ""), ("fade in", "dissolve", ""), ("hblur", "other", ""),
    ],
)  # fmt: skip
def test_the_kinds_of_transitions(name: str, kind: str, color: str) -> None:
    assert kind_of(name) == (kind, color)
