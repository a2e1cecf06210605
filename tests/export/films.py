"""Made-up films, cut from nothing but measures, and their descriptions for an editing program."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import PurePosixPath

from storyboard.assembler.timeline import Source, Timeline, build_timeline
from storyboard.errors import InvalidStoryboard
from storyboard.examine import source_of
from storyboard.export.cut import Crossing, Cut, Media, Plate
from storyboard.export.lay import Shelf, lay_film, tell
from storyboard.export.names import number_shots
from storyboard.export.timecodes import parse_start
from storyboard.planner.take import Facts
from storyboard.spec.load import load
from storyboard.timing import Rate, nominal
from tests.media import load_text

RATES = {
    "24": ("24", "01:00:00:00"), "25": ("25", "10:00:00:00"), "30": ("30", "00:00:00:00"),
    "23.976": ("24000/1001", "01:00:00:00"), "29.97": ("30000/1001", "00:59:58:12"),
    "29.97 drop": ("30000/1001", "00:59:58;12"),
}  # fmt: skip
OWN = (Fraction(24), Fraction(25), Fraction(30), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60))
KINDS = ("cut", "dissolve", "fade", "wipeleft", "circleopen", "fadewhite")


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A film as this program lays it out, and as it is described."""

    timeline: Timeline
    cut: Cut
    stills: dict[str, tuple[str, int]]
    """The media and its frame that a drawn still stands for."""


def make_up(seed: int, rate: str, *, stills: bool = True) -> MadeUp:
    """A film of a few shots at random; the same for a seed. `stills`: whether the format says what stands still."""
    dice = random.Random(seed)
    while True:
        text, facts = _text(dice, RATES[rate][0])
        storyboard, _ = load("film.yaml", text.encode(), lambda name: b"")
        if storyboard is None:
            continue  # what does not fit is another test's matter
        output = storyboard.outputs[0]
        clips = {shot.id: None if shot.card else (facts[shot.id], shot.id) for shot in storyboard.shots}
        sources: dict[str, Source] = {
            shot.id: source_of(shot, output, storyboard.rate, clips[shot.id]) for shot in storyboard.shots
        }
        try:
            timeline = build_timeline(storyboard, output, sources)
        except InvalidStoryboard:
            continue
        # The reader of EDLs refuses a list that begins with a transition.
        if not timeline.joins or timeline.joins[0].frames < timeline.clips[0].frames:
            break
    return describe(text, timeline, RATES[rate][1], stills=stills)


def describe(text: str, timeline: Timeline, start: str, *, stills: bool = True) -> MadeUp:
    """A timeline of a storyboard's text as a cut."""
    storyboard = load_text(text)
    output, slots = storyboard.outputs[0], number_shots([clip.shot for clip in timeline.clips])
    spare = nominal(output.rate)
    media, lead = {}, {}
    for index, clip in enumerate(timeline.clips):
        facts, id_ = clip.facts, clip.shot.id
        file, frames, plate = f"media/{slots.stem(clip.shot, 't01')}.mp4", facts.frames, None
        if clip.shot.card:
            file, frames, plate = f"media/{slots.stem(clip.shot, 'card')}.mov", clip.frames + 2 * spare, Plate(index)
            lead[id_] = spare
        media[id_] = Media(
            file, facts.rate, frames, facts.width, facts.height, int(facts.audio), slots.reel(clip.shot, "T01"),
            clip.digest, plate,
        )  # fmt: skip
    pieces, crossings = lay_film(storyboard, output, timeline, Shelf(slots.numbers, media, lead))
    frame, drop = parse_start(start, output.rate)
    cut = Cut("film", "Film", output.rate, timeline.frames, frame, drop, output.width, output.height, pieces, crossings)
    return _drawn(MadeUp(timeline, replace(cut, pieces=tell(pieces, crossings, _dissolves)), {}), spare, stills=stills)


def _dissolves(crossing: Crossing) -> bool:
    return crossing.kind == "dissolve"


def _drawn(film: MadeUp, spare: int, *, stills: bool) -> MadeUp:
    """The film with media for what stands still, as the export draws it."""
    pieces = list(film.cut.pieces)
    for index, piece in enumerate(pieces if not stills else ()):
        if piece.media is None or piece.step:
            continue
        before, after = film.cut.handles(index)
        name = f"{PurePosixPath(piece.media.file).stem}_f{int(piece.place)}_{index}.mov"
        lead = spare + before
        drawn = replace(
            piece.media, file=f"media/{name}", rate=film.cut.rate, frames=lead + piece.frames + after + spare
        )
        film.stills[name] = piece.media.name, int(piece.place)
        pieces[index] = replace(piece, media=drawn, place=Fraction(lead), step=Fraction(1))
    return replace(film, cut=replace(film.cut, pieces=tuple(pieces)))


def _text(dice: random.Random, rate: Rate | str) -> tuple[str, dict[str, Facts]]:
    shots, facts = [], {}
    count = dice.randint(1, 8)
    for index in range(count):
        fields = [f"id: s{index}"]
        if dice.random() < 0.15:
            fields += ["card: {text: Card}", f"duration: {dice.randint(8, 60)}f"]
        else:
            facts[f"s{index}"] = Facts(dice.randint(40, 200), dice.choice(OWN), 96, 64, audio=False)
            fields.append(f"footage: c{index}.mp4")
            fields += _cut(dice)
        if index < count - 1 and dice.random() < 0.6:
            kind = dice.choice(KINDS)
            length = f", duration: {dice.randint(1, 20)}f" if kind != "cut" else ""
            fields.append(f"transition: {{type: {kind}{length}}}")
        shots.append(f"- {{{', '.join(fields)}}}")
    ends = [f"{side}: {{fade: {dice.randint(2, 12)}f}}" for side in ("open", "close") if dice.random() < 0.3]
    head = f"storyboard: 1\noutputs: {{film: {{size: 96x64, fps: {rate}}}}}\n"
    return "\n".join((head + "shots:", *shots, *ends, "")), facts


def _cut(dice: random.Random) -> list[str]:
    """In and out points, paces, freezes."""
    fields = []
    if dice.random() < 0.5:
        fields.append(f"in: {dice.randint(0, 30)}f")
    if dice.random() < 0.5:
        fields.append(f"length: {dice.randint(6, 60)}f")
    if dice.random() < 0.3:
        fields.append(f"speed: {dice.choice(('2', '0.5', '1.5', '0.8', '3'))}")
    if dice.random() < 0.25:
        fields.append("reverse: true")
    if dice.random() < 0.25:
        fields.append(f"freeze: {{at: {dice.randint(0, 40)}f, for: {dice.randint(2, 30)}f}}")
    return fields
