"""The events of a cut gathered by the shot that they show: what of its take, at what pace, for how long. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from storyboard.changelist.returned import Change, Event, Returned
from storyboard.timing import Rate

LONGEST = 255
"""Letters of a file's name."""
CUT_OFF = 8
"""Letters after which some lists break a name off."""
_VERSION = re.compile(r"(?:\.(?:new|sub|copy)\.\d{1,3})+$", re.ASCII)
"""What Avid writes behind the name of a clip that was made of another one."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a file of an export is."""

    shots: tuple[str, ...]
    """That show it, in the film's order."""
    still: Fraction | None = None
    """Seconds of the take at which it stands still, where it is drawn for that."""
    card: bool = False
    take: int = 0
    """The take's number, where it is not the one in the cut."""
    known: bool = True
    """Whether its name says so, and not a marker on it, or what it is called."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An event, and what it may show."""

    event: Event
    meaning: Meaning | None
    """None for what is none of the film's."""
    change: Change | None
    """The transition that leads into it."""
    marked: str = ""
    """The shot that a marker on it names."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of its take a clip shows, its transitions included. Places are seconds of the take."""

    frames: int
    low: Fraction
    """The earliest."""
    tempo: Fraction
    still: Fraction | None = None
    hold: int = 0
    """Frames for which it stands still."""


@dataclass(frozen=True, slots=True)
class Use:
    """Events that lie end to end and show one shot."""

    seen: tuple[Seen, ...]
    shot: str = ""
    """Empty for a gap, and for what is none of the film's."""
    again: bool = False
    """Whether the shot stands elsewhere in the cut, and this is a further use of it."""

    @property
    def first(self) -> Event:
        """Its first event."""
        return self.seen[0].event

    @property
    def change(self) -> Change | None:
        """The transition that leads into it."""
        return self.seen[0].change

    @property
    def frames(self) -> int:
        """How long its events last."""
        return sum(one.event.frames for one in self.seen)

    @property
    def start(self) -> int:
        """The frame of the cut that it begins with."""
        return self.first.start


def seen_in(cut: Returned, meanings: Mapping[str, Meaning], reels: Mapping[str, str]) -> tuple[Seen, ...]:
    """The events of a cut with what they may show: by the media's name or reel, else by a marker, else by what it is
    called. `reels`: the media's names by their reels, in small letters."""
    shots = {shot for one in meanings.values() for shot in one.shots}
    stems = {_stem(name): name for name in meanings}
    found = []
    for index, event in enumerate(cut.events):
        marked = next((name for name in event.marks if name in shots), "")
        names = [event.media.casefold(), _by_stem(event.media, stems), event.label.casefold()]
        names.append(reels.get(event.reel.casefold(), ""))
        meaning = next((meanings[name] for name in names if name in meanings), None)
        if meaning is None or (marked and marked not in meaning.shots and not event.media):
            called = next((name for name in (marked, event.label.rpartition(": ")[2]) if name in shots), "")
            meaning = Meaning((called,), known=not event.media) if called else None
        found.append(Seen(_plain(event, meaning), meaning, cut.changes.get(index), marked))
    return tuple(found)


def _stem(name: str) -> str:
    return name.casefold().rpartition(".")[0] or name.casefold()


def _by_stem(name: str, stems: Mapping[str, str]) -> str:
    """The file that a name without its ending stands for, cut off as it may be; empty where that is not one alone."""
    plain = _VERSION.sub("", name.casefold()[:LONGEST])
    if found := stems.get(plain) or stems.get(_stem(plain)):
        return found
    begun = [file for stem, file in stems.items() if stem.startswith(plain)] if len(plain) >= CUT_OFF else []
    return begun[0] if len(begun) == 1 else ""


def _plain(event: Event, meaning: Meaning | None) -> Event:
    """An event of drawn media as one of what it is drawn from: a card has no places, a still has one."""
    if meaning and meaning.still is not None:
        return replace(event, place=meaning.still, tempo=Fraction(0))
    if meaning and meaning.card:
        return replace(event, place=Fraction(0), tempo=Fraction(1))
    return event


def cut_apart(seen: Iterable[Seen], seams: Mapping[str, Sequence[Fraction]], rate: Rate) -> tuple[Seen, ...]:
    """The events cut where the film goes from a shot into the very next frame of the same media: one program or the
    other has made one of them. `seams` has those places in seconds, by the media's name."""
    parts: list[Seen] = []
    for one in seen:
        event = one.event
        places = seams.get(event.media.casefold(), ()) if event.tempo > 0 else ()
        for place in sorted(places):
            frames = (place - event.place) / event.tempo * rate
            if frames.denominator == 1 and 0 < frames < event.frames:
                parts.append(replace(one, event=replace(event, frames=int(frames))))
                event = replace(event, start=event.start + int(frames), frames=event.frames - int(frames), place=place)
                one = Seen(event, one.meaning, None, one.marked)  # noqa: PLW2901 - what is left of it
        parts.append(replace(one, event=event))
    return tuple(parts)


def gather(seen: Sequence[Seen], seams: Mapping[str, Sequence[Fraction]], rate: Rate) -> tuple[Use, ...]:
    """Events that go on from one another as uses."""
    uses: list[list[Seen]] = []
    for one in seen:
        if uses and _goes_on(uses[-1], one, seams, rate):
            uses[-1].append(one)
        else:
            uses.append([one])
    return tuple(Use(tuple(one)) for one in uses)


def _goes_on(before: Sequence[Seen], one: Seen, seams: Mapping[str, Sequence[Fraction]], rate: Rate) -> bool:
    last, event = before[-1], one.event
    if one.change or not one.meaning or not last.meaning or not set(one.meaning.shots) & set(last.meaning.shots):
        return False
    if one.meaning.card or not event.media:
        return one.meaning.shots == last.meaning.shots and event.media == last.event.media
    if one.meaning.take != last.meaning.take or event.place in seams.get(event.media.casefold(), ()):
        return False
    stands, stood = not event.tempo, any(not other.event.tempo for other in before)
    paces = {other.event.tempo for other in before if other.event.tempo}
    if stands and stood and last.event.tempo:
        return False
    if event.tempo and not all(same_pace(event.tempo, tempo, event.frames) for tempo in paces):
        return False
    end = last.event.place + last.event.frames * last.event.tempo / rate
    spare = Fraction(1, 2) if event.tempo and last.event.tempo else 1 + max(abs(event.tempo), abs(last.event.tempo))
    return abs(end - event.place) * rate < spare


def same_pace(one: Fraction, other: Fraction, frames: int) -> bool:
    """Whether two paces are the same, as far as so many frames can tell: they drift apart by less than half of one."""
    if (one > 0) != (other > 0) or (one < 0) != (other < 0):
        return False
    return abs(one - other) * frames < Fraction(1, 2) * min(Fraction(1), abs(other) or Fraction(1))


def shown_in(events: Sequence[Event], before: int, after: int, rate: Rate) -> Shown:
    """What a use shows: its events, and so many frames before and behind them, within its transitions."""
    first, *_ = events
    *_, last = events
    low = min(first.place - before * first.tempo / rate, first.place) if first.tempo >= 0 else first.place
    if last.tempo < 0:
        low = last.place + (last.frames + after - 1) * last.tempo / rate
    elif first.tempo < 0:
        low = last.place
    moving = [event for event in events if event.tempo]
    still = [event for event in events if not event.tempo]
    hold = sum(event.frames for event in still)
    hold += (0 if first.tempo else before) + (0 if last.tempo else after)
    return Shown(
        sum(event.frames for event in events) + before + after, low, moving[0].tempo if moving else Fraction(0),
        still[0].place if still else None, hold,
    )  # fmt: skip
