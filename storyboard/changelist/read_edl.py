"""CMX 3600 edit decision lists: ours, and as Resolve, Premiere and Avid write them.

A list begins a transition with the clip that comes in; here it is halved around a meeting, as our own writer halved it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from storyboard.changelist.edl_rows import LAST_FRAME, Row, rows_of
from storyboard.changelist.kinds import kind_of
from storyboard.changelist.laying import base_name, gap, lay_out, marks_of, moved
from storyboard.changelist.measures import meant, refused
from storyboard.changelist.paces import FASTEST
from storyboard.changelist.returned import Change, Event, Noted, Returned
from storyboard.errors import Where
from storyboard.export.edl import WIPES
from storyboard.timing import Rate, nominal

_NAMED = re.compile(r"\.[A-Za-z]\w{1,4}$", re.ASCII)
"""How a file's name ends: some lists have the name of a tape in its place."""
BLACK = ("BL", "BLK", "BLACK")
CODES = {int(code[1:]): name for name, code in WIPES.items()}


def read_edl(name: str, text: str, rate: Rate) -> Returned:
    """The cut of a list, its timecodes counted at `rate`."""
    rows, remarks = rows_of(name, text, rate)
    where = rows[0].where if rows else Where(name, 1, 1)
    if not rows:
        raise refused(where, "there is no event in this list", "export a CMX 3600 list of the film's video track")
    reading = _Reading(rate, rows, remarks)
    for index in range(len(rows)):
        reading.row(index)
    reading.fades()
    return lay_out(rate, reading.events, reading.changes, reading.remarks, where)


class _Reading:
    """A list under way."""

    def __init__(self, rate: Rate, rows: list[Row], remarks: Iterable[Noted]) -> None:
        self.rate, self.rows, self.remarks = rate, rows, list(remarks)
        self.first = min(row.record[0] for row in rows)
        self.events: list[Event] = []
        self.changes: dict[int, Change] = {}

    def row(self, index: int) -> None:
        """An edit: a cut, or a transition with what it leads into."""
        row = self.rows[index]
        event = self.event(row)
        if row.length is None:
            if event.frames and not self.goes_on(index, event):
                self.events.append(event)
            return
        if row.length > event.frames:
            hint = "make the clip longer than the transition, or the transition shorter"
            raise refused(row.where, "this transition is longer than the clip that it leads into", hint)
        closes = index == len(self.rows) - 1 and not event.media and row.length == event.frames and self.events
        head = self.outgoing(index, event, row.length if closes else row.length // 2)
        if row.length:
            kind, color = self.kind(row)
            sides = head, row.length - head
            self.changes[event.start + head] = Change(kind, self.word(row), *sides, color or row.color, row.where)
        if event.frames > head:
            self.events.append(moved(event, head, self.rate))

    def goes_on(self, index: int, event: Event) -> bool:
        """Whether a row is only the rest of a clip whose transition had a row of its own; it is then one event."""
        before, last = self.rows[index - 1] if index else None, self.events[-1] if self.events else None
        if not (before and last and before.length and before.length == before.end - before.start):
            return False
        ends = last.place + last.frames * last.tempo / self.rate
        same = (last.media, last.tempo, last.start + last.frames, ends) == (
            event.media, event.tempo, event.start, event.place)  # fmt: skip
        if same and last.marks in ((), event.marks):
            self.events[-1] = replace(last, frames=last.frames + event.frames, marks=event.marks)
            return True
        return False

    def outgoing(self, index: int, event: Event, head: int) -> int:
        """How many frames of a transition lie before its meeting, once what it leads away from covers them: `head`,
        except where it leads away from nothing."""
        row, before = self.rows[index], self.rows[index - 1] if index else None
        last = self.events[-1] if self.events else None
        if last and last.start + last.frames != event.start:
            last = None
        if before and before.length is None and before.start == before.end == row.start:
            leaving = self.event(replace(before, notes=row.notes), leaving=True)
            if leaving.media and not (last and self.continues(last, leaving, named="FROM CLIP NAME" in row.notes)):
                self.events.append(replace(leaving, frames=max(1, head)))
                return max(1, head)
        if last is None:
            return 0
        self.events[-1] = replace(last, frames=last.frames + head)
        return head

    def continues(self, last: Event, leaving: Event, *, named: bool) -> bool:
        """Whether what a transition leads away from is the event before it; `named`: whether the list says its clip."""
        ends = last.place + last.frames * last.tempo / self.rate
        meets = abs(ends - leaving.place) <= 1 / self.rate
        if leaving.label != last.label and leaving.media != last.media:
            return meets and not named  # such lists have the reel of what comes in
        return named or meets or last.tempo != 1

    def event(self, row: Row, *, leaving: bool = False) -> Event:
        """What a row shows, as long as it is in the record."""
        start, frames = row.record[0] - self.first, row.record[1] - row.record[0]
        marks = () if leaving else marks_of(row.marks)
        if row.reel.upper() in BLACK:
            return gap(start, frames, row.where, row.reel, marks)
        label = row.clip(leaving=leaving or row.length is None) or row.reel
        file = "" if leaving else row.notes.get("SOURCE FILE", "")
        tempo = Fraction(1)
        if row.speed is not None and not leaving:
            tempo = self.pace(row.speed)
            if abs(tempo) > FASTEST:
                raise refused(row.where, f"a clip cannot run at {float(tempo):.6g} times its pace")
        came, gone = row.source
        low, high = min(came, gone), max(came, gone)
        place = low / self.rate
        if tempo < 0 or (came > gone and row.speed is None):
            tempo = -abs(tempo)
            place = max(Fraction(0), (high + (came > gone)) / self.rate + tempo / self.rate)
        media = base_name(file if _NAMED.search(file) else label)
        reel = "" if _NAMED.search(media) else row.reel
        return Event(media, label, marks, start, frames, place, tempo, row.where, reel)

    def pace(self, speed: Fraction) -> Fraction:
        """The pace of frames a second that were rounded; some lists count 24 of them where there are 23.976."""
        for base in (self.rate, Fraction(nominal(self.rate))):
            plain = (speed / base).limit_denominator(100)
            if abs(plain * base - speed) <= LAST_FRAME:
                return plain
        return meant(speed / self.rate, LAST_FRAME / self.rate)

    def kind(self, row: Row) -> tuple[str, str]:
        """The kind of a row's transition, and its colour."""
        kind, color = kind_of(row.effect)
        if row.wipe is not None and kind != "wipe":
            return "wipe", ""
        return kind, color

    def word(self, row: Row) -> str:
        """What a row's transition is called."""
        if row.effect:
            return row.effect
        return "dissolve" if row.wipe is None else CODES.get(row.wipe, f"W{row.wipe:03}")

    def fades(self) -> None:
        """How the film begins and ends, as our own lists say it in a comment."""
        for row in self.rows:
            for name, frames in row.fades:
                end = self.events[-1].start + self.events[-1].frames if self.events else 0
                opens = name == "fade in"
                sides = (0, frames) if opens else (frames, 0)
                self.changes.setdefault(0 if opens else end, Change("dissolve", name, *sides, "", row.where))
