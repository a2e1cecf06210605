"""The colour clock: films of footage whose every frame says what it is, made for real and read back frame by frame.

What a film must show is worked out here by walking through its footage one frame at a time, in exact fractions, from
what its storyboard says, and never by the code that lays films out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

import av
import numpy as np

from storyboard.assembler.assemble import Film
from storyboard.assembler.encoders import H264
from tests.media import (
    AAC_FRAME,
    BLACK,
    NTSC_FILM,
    NTSC_VIDEO,
    SAMPLE_RATE,
    WHITE,
    Pictures,
    Stage,
    assembled,
    blocks_of,
    face,
    read_clock,
    read_film,
    small,
    weight_of,
    write_clock,
)

SIZE = (96, 64)
RATES = (Fraction(24), Fraction(25), Fraction(30), Fraction(60), NTSC_FILM, NTSC_VIDEO)
SPEEDS = ("1", "1", "1", "50%", "0.25", "2", "300%", "0.8", "1.5", "133%", "10")
KINDS = (
    "cut",
    "cut",
    "cut",
    "dissolve",
    "dissolve",
    "dissolve",
    "fade",
    "wipeleft",
    "circleopen",
    "smoothup",
    "radial",
)
SECONDS = 4
FAST = {**H264, "preset": "ultrafast", "crf": 12}

Clock = tuple[int, int]
"""The number of a clip, and of a frame in it."""


@dataclass(frozen=True, slots=True)
class Footage:
    """A clip of the clock."""

    number: int
    rate: Fraction

    @property
    def name(self) -> str:
        """Its file."""
        return f"clock{self.number}.mp4"

    @property
    def frames(self) -> int:
        """Its length: not a whole number of seconds."""
        return floor(SECONDS * self.rate) - self.number


FOOTAGE = tuple(Footage(number, rate) for number, rate in enumerate(RATES, start=1))


@dataclass(frozen=True, slots=True)
class Use:
    """A shot of a film; times are in exact seconds."""

    footage: Footage
    begin: Fraction = Fraction(0)
    end: Fraction | None = None
    length: Fraction | None = None
    speed: str = "1"
    reverse: bool = False
    freeze: tuple[Fraction, Fraction] | None = None
    kind: str = "cut"
    """How it goes over into the next."""
    overlap: Fraction = Fraction(0)

    def written(self, name: str) -> str:
        """The shot in a storyboard."""
        fields = [f"id: {name}, footage: {self.footage.name}, in: {seconds(self.begin)}, speed: {self.speed}"]
        fields += [f"out: {seconds(self.end)}"] if self.end is not None else []
        fields += [f"length: {seconds(self.length)}"] if self.length is not None else []
        fields += ["reverse: true"] if self.reverse else []
        if self.freeze:
            fields.append(f"freeze: {{at: {seconds(self.freeze[0])}, for: {seconds(self.freeze[1])}}}")
        if self.kind != "cut":
            fields.append(f"transition: {{type: {self.kind}, duration: {seconds(self.overlap)}}}")
        return f"- {{{', '.join(fields)}}}"


@dataclass(frozen=True, slots=True)
class Cut:
    """A film of the clock."""

    rate: Fraction
    uses: tuple[Use, ...]
    conform: str = "repeat"

    @property
    def text(self) -> str:
        """Its storyboard."""
        return small(self.rate, f"{SIZE[0]}x{SIZE[1]}", conform=self.conform) + self.shots

    @property
    def shots(self) -> str:
        """All of its storyboard but the head."""
        return "shots:\n" + "\n".join(use.written(f"s{at}") for at, use in enumerate(self.uses))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a film frame must show: one frame of the footage, or two of which one goes over into the other."""

    old: Clock
    new: Clock | None = None
    kind: str = "cut"
    step: int = 0
    steps: int = 0


def seconds(time: Fraction) -> str:
    """An exact time as it is written."""
    text = f"{float(time):.6f}".rstrip("0").rstrip(".")
    assert Fraction(text) == time, time
    return f"{text}s"


# What a film must show


def half_up(value: Fraction) -> int:
    """The nearest whole number."""
    return floor(value + Fraction(1, 2))


def pace_of(use: Use, cut: Cut) -> tuple[Fraction, Fraction]:
    """Frames of the footage that pass with a frame of the film: at its own speed, and at the shot's."""
    natural = Fraction(1) if cut.conform == "speed" else use.footage.rate / cut.rate
    percent = use.speed.endswith("%")
    return natural, natural * Fraction(use.speed.rstrip("%")) / (100 if percent else 1)


def film_frames(use: Use, cut: Cut) -> Fraction:
    """How many frames of the film a shot lasts, exactly."""
    if use.length is not None:
        return use.length * cut.rate
    _, pace = pace_of(use, cut)
    last = use.footage.frames if use.end is None else use.end * use.footage.rate
    return (last - use.begin * use.footage.rate) / pace + (use.freeze[1] * cut.rate if use.freeze else 0)


def walk(use: Use, cut: Cut) -> list[int]:
    """The frames of the footage that a shot shows one after another, for as long as it may last in any place."""
    footage, (natural, pace) = use.footage, pace_of(use, cut)
    count = ceil(film_frames(use, cut))
    place = half_up(use.begin * footage.rate / natural) * natural
    if use.freeze is None:
        while place + (count - 1) * pace >= footage.frames:
            place -= natural
        seen = [floor(place + step * pace) for step in range(count)]
    else:
        at, held = use.freeze[0] * footage.rate, half_up(use.freeze[1] * cut.rate)
        still = half_up(at / natural) * natural
        while still >= last_place(use, cut):
            still -= natural
        seen = []
        while place < still:
            seen.append(floor(place))
            place += pace
        rest: list[int] = []
        while still + len(rest) * pace < footage.frames and len(seen) + held + len(rest) < count:
            rest.append(floor(still + len(rest) * pace))
        seen += [floor(still)] * (count - len(seen) - len(rest)) + rest
    return seen[::-1] if use.reverse else seen


def last_place(use: Use, cut: Cut) -> Fraction:
    """Where in its footage a shot with a freeze ends."""
    footage = use.footage
    if use.length is None or use.freeze is None:
        return Fraction(footage.frames) if use.end is None else use.end * footage.rate
    natural, pace = pace_of(use, cut)
    begin, at = use.begin * footage.rate, use.freeze[0] * footage.rate
    end = begin + (use.length - use.freeze[1]) * cut.rate * pace
    short = at < begin + use.length * cut.rate * pace and not use.reverse
    return max(end, min(at + natural, Fraction(footage.frames))) if short else end


def model(cut: Cut) -> list[Shown]:
    """What every frame of a film must show."""
    film: list[Shown] = []
    begin, overlap, kind = Fraction(0), Fraction(0), "cut"
    for use in cut.uses:
        start, end = half_up((begin - overlap) * cut.rate), begin - overlap + film_frames(use, cut) / cut.rate
        clocks = [(use.footage.number, frame) for frame in walk(use, cut)][: half_up(end * cut.rate) - start]
        steps = len(film) - start
        for step in range(steps):
            film[start + step] = replace(film[start + step], new=clocks[step], kind=kind, step=step, steps=steps)
        film += [Shown(clock) for clock in clocks[steps:]]
        begin, overlap, kind = end, use.overlap, use.kind
    return film


# Films at random


def random_cut(seed: int) -> Cut:
    """A film of a few shots with cuts and transitions, speeds, freezes and shots that run backwards."""
    chance = random.Random(seed)
    rate, conform = chance.choice(RATES), chance.choice(("repeat", "repeat", "speed"))
    cut = Cut(rate, (), conform)
    uses: list[Use] = []
    for index in range(chance.randint(2, 4)):
        use = random_use(chance, cut)
        before = uses[-1] if uses else None
        kind = chance.choice(KINDS)
        if before and kind != "cut":
            room = min(film_frames(before, cut) / 2, film_frames(use, cut) / 2) / rate
            overlap = milliseconds(room * chance.randint(10, 95) / 100)
            if overlap * rate >= 1:
                uses[index - 1] = replace(before, kind=kind, overlap=overlap)
        uses.append(use)
    return replace(cut, uses=tuple(uses))


def random_use(chance: random.Random, cut: Cut) -> Use:
    """A shot of at least three and at most some seventy film frames."""
    while True:
        footage = chance.choice(FOOTAGE)
        whole = footage.frames / footage.rate
        begin = chance.choice((Fraction(0), milliseconds(whole * chance.randint(0, 80) / 100)))
        end = chance.choice((None, milliseconds(begin + (whole - begin) * chance.randint(10, 100) / 100)))
        use = Use(footage, begin, end, speed=chance.choice(SPEEDS), reverse=chance.random() < 0.25)
        if chance.random() < 0.3:
            stop = whole if end is None else end
            at = milliseconds(begin + (stop - begin) * chance.randint(0, 99) / 100)
            use = replace(use, freeze=(at, Fraction(chance.randint(100, 700), 1000)))
        lasts = film_frames(use, cut)
        if chance.random() < 0.3 and not (use.freeze and cut.conform == "speed"):
            hold = use.freeze[1] * cut.rate if use.freeze else 0
            length = milliseconds((hold + (lasts - hold) * chance.randint(60, 99) / 100) / cut.rate)
            use = replace(use, end=None, length=length)
            if use.freeze and use.freeze[0] * footage.rate >= last_place(use, cut):
                continue
        if 3 <= film_frames(use, cut) <= 72:
            return use


def milliseconds(time: Fraction) -> Fraction:
    """A time that is easily written, not behind another."""
    return Fraction(floor(time * 1000), 1000)


# A film read back


def make_footage(folder: Path) -> Stage:
    """A project with the clock's footage in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in FOOTAGE:
        write_clock(folder / one.name, one.number, one.frames, one.rate, size=SIZE)
    return Stage(folder)


def shoot(stage: Stage, cut: Cut) -> Film:
    """The film, encoded fast."""
    return assembled(replace(stage.job(cut.text), encoder=FAST), stage.cache)


def differences(path: Path, cut: Cut) -> list[str]:
    """What a film shows and should not."""
    wanted, pictures = model(cut), read_film(path)
    found = list(check_clockwork(path, cut.rate, len(wanted)))
    if len(pictures) != len(wanted):
        return [*found, f"{len(pictures)} frames for {len(wanted)}"]
    for at, (one, picture) in enumerate(zip(wanted, pictures, strict=True)):
        if said := compare(one, picture):
            found.append(f"frame {at}: {said}")
    return found


def check_clockwork(path: Path, rate: Fraction, frames: int) -> Iterator[str]:
    """A film begins at 0, its frames come at exact times, and its sound ends with its picture."""
    with av.open(str(path)) as container:
        picture, heard = container.streams.video[0], container.streams.audio[0]
        times, ends = [], [Fraction(0)]
        for packet in container.demux(picture, heard):
            if packet.pts is None or packet.time_base is None:
                continue
            if packet.stream is picture:
                times.append(packet.pts * packet.time_base)
            else:
                ends.append((packet.pts + (packet.duration or 0)) * packet.time_base)
        if sorted(times) != [index / rate for index in range(frames)]:
            yield f"times from {min(times)}, {len(times)} of {frames} frames, not all in their places"
        if abs(max(ends) - frames / rate) * SAMPLE_RATE > AAC_FRAME:
            yield f"the sound ends at {float(max(ends)):.4f} s, the picture at {float(frames / rate):.4f} s"


def compare(one: Shown, picture: Pictures) -> str:
    """How a picture differs from what it must show; empty when it does not."""
    if one.new is None or one.new == one.old:
        seen = read_clock(picture)
        # What goes over into itself may be moved or covered meanwhile.
        return "" if seen == one.old or (one.new and one.kind not in ("cut", "dissolve")) else f"{seen} for {one.old}"
    if one.kind == "dissolve":
        weight, rest = weight_of(picture, one.old, one.new)
        wanted = share(one.step, one.steps)
        return "" if abs(weight - wanted) < 0.03 and rest < 16 else f"{weight:.3f} for {wanted:.3f}, {rest:.0f} off"
    if one.kind == "fade":
        return compare_fade(one, picture)
    return compare_places(picture, one.old, one.new)


def compare_places(picture: Pictures, old: Clock, new: Clock) -> str:
    """In a wipe, and wherever nothing moves, each block is the one clip's or the other's, or between the two."""
    seen = blocks_of(picture)
    one, two = (np.where(face(*clock), WHITE, BLACK) for clock in (old, new))
    outside = np.maximum(np.minimum(one, two) - seen, seen - np.maximum(one, two))
    return "" if outside.max() < 20 else f"{(outside >= 20).sum()} blocks are neither {old} nor {new}"


def compare_fade(one: Shown, picture: Pictures) -> str:
    """Half of a fade through a colour is the one clip, half the other."""
    wanted = one.old if one.step < one.steps // 2 else one.new
    assert wanted
    blocks, pattern = blocks_of(picture), face(*wanted)
    contrast = blocks[pattern].mean() - blocks[~pattern].mean()
    if contrast < 12 or np.corrcoef(blocks, pattern)[0, 1] > 0.9:
        return ""
    return f"not {wanted}"


def share(step: int, steps: int) -> float:
    """How much of the coming clip is in a frame of a dissolve: neither the first nor the last is one clip alone."""
    return (step + 1) / (steps + 1)
