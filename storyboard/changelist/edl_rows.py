"""The lines of an edit decision list, put together to rows: an event each, with what is said of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from storyboard.changelist.laying import MAX_EVENTS
from storyboard.changelist.measures import BROKEN, refused, shown
from storyboard.changelist.returned import Noted
from storyboard.errors import Refused, Where
from storyboard.export.timecodes import DROPPED
from storyboard.timing import Rate, nominal

LAST_FRAME = Fraction(6, 10_000)
"""Frames a second by which a written pace may be rounded, and a little more."""
DAY = 86_400

_TIME = re.compile(r"(\d{1,2}):(\d\d):(\d\d)([:;.,])(\d{2,3})", re.ASCII)
_KIND = re.compile(r"C|D|W(\d{1,3})|K\w{0,3}", re.ASCII)
_NOTE = re.compile(r"\*?\s*(FROM CLIP NAME|TO CLIP NAME|SOURCE FILE|EFFECT NAME|LOC)\s*:\s*(.*)", re.IGNORECASE)
_EFFECT = re.compile(r"\*?\s*EFFECTS? NAME IS\s+(.*)", re.IGNORECASE)
_FADE = re.compile(r"\*\s*(FADE IN|FADE OUT):\s*(\d{1,6}) FRAMES", re.ASCII)
_LOC = re.compile(r"\S+\s+[A-Z]+\s+(.*)")
_COLOR = re.compile(r"(.*?)\s+(#[0-9a-fA-F]{6})")
_MOTION = re.compile(r"M2\s+(.*?)\s*([+-]?\d{1,7}(?:\.\d{0,9})?)\s+\S+\s*")


@dataclass(slots=True)
class Row:
    """An event of the list, and the lines that belong to it."""

    reel: str
    length: int | None
    """Frames of the transition that it comes in by; None for a cut."""
    wipe: int | None
    source: tuple[int, int]
    record: tuple[int, int]
    where: Where
    notes: dict[str, str] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)
    fades: list[tuple[str, int]] = field(default_factory=list)
    effect: str = ""
    color: str = ""
    speed: Fraction | None = None
    """Frames of the medium in a second."""

    @property
    def start(self) -> int:
        """The number of its first frame in the record."""
        return self.record[0]

    @property
    def end(self) -> int:
        """The number behind its last."""
        return self.record[1]

    def clip(self, *, leaving: bool) -> str:
        """The name of its clip: `leaving`, of what a transition leads away from."""
        names = self.notes.get("FROM CLIP NAME", ""), self.notes.get("TO CLIP NAME", "")
        return names[0] if leaving else names[1] or names[0]


def rows_of(name: str, text: str, rate: Rate) -> tuple[list[Row], list[Noted]]:
    """The rows of a list's first video track in the order of the record, and what else is in it."""
    lines = _Lines(name, rate)
    for number, line in enumerate(re.split("\r\n|\r|\n", text), start=1):
        lines.line(line.strip(), Where(name, number, 1))
    return _by_the_clock(lines.rows, rate), lines.remarks


def _by_the_clock(rows: list[Row], rate: Rate) -> list[Row]:
    """Rows in the order of the record, past midnight too; a transition stands behind what it leads away from."""
    half = DAY // 2 * nominal(rate)
    if rows and max(row.end for row in rows) - min(row.start for row in rows) > half:
        for row in rows:
            if row.start < half:
                row.record = row.start + 2 * half, row.end + 2 * half
    return sorted(rows, key=lambda row: row.start)


class _Lines:
    """A list under way, line by line."""

    def __init__(self, name: str, rate: Rate) -> None:
        self.name, self.rate = name, rate
        self.rows: list[Row] = []
        self.remarks: list[Noted] = []
        self.drop = False
        self.row: Row | None = None
        """What the lines below an event belong to; None where it is not read."""

    def line(self, line: str, where: Where) -> None:
        """One line."""
        if not line:
            return
        words = line.split()
        if re.fullmatch(r"\d{1,8}[A-Z]?", words[0], re.ASCII) and len(words) >= 5:
            self.event(words, where)
        elif words[0] == "FCM:":
            self.drop = "NON" not in line.upper()
            if self.drop and self.rate not in DROPPED:
                raise self._other_rate("this list drops frame numbers", where)
        elif words[0] == "M2":
            self.motion(line, where)
        elif self.row:
            self.comment(line, self.row)

    def event(self, words: list[str], where: Where) -> None:
        """`003  AX  V  D  024  in out in out`."""
        came, gone, start, end = (self.frame(one, where) for one in words[-4:])
        rest, length = words[1:-4], None
        if "K" in rest[2:]:
            rest = rest[: rest.index("K", 2) + 1]  # `K B`, `K O 010`: a key's background, and its end
        if rest and rest[-1].isdecimal() and len(rest[-1]) <= 4 and len(rest) > 1 and _KIND.fullmatch(rest[-2]):
            length = int(rest.pop())
        kind = _KIND.fullmatch(rest.pop()) if rest and _KIND.fullmatch(rest[-1]) else None
        if kind is None or not rest:
            raise refused(where, "this event does not say whether it is a cut (C), a dissolve (D) or a wipe (W001)")
        self.row = None
        if not self.is_read(rest.pop().upper(), kind[0], where):
            return
        if end < start:
            end += self.day()
        if end - start > self.day() // 2:
            raise refused(where, "this event ends before it begins")
        if kind[0] != "C" and length is None:
            raise refused(where, "this transition does not say how many frames it lasts")
        wipe = int(kind[1]) if kind[1] else None
        self.row = Row(" ".join(rest), length if kind[0] != "C" else None, wipe, (came, gone), (start, end), where)
        self.rows.append(self.row)
        if len(self.rows) > 2 * MAX_EVENTS:
            raise refused(where, f"this list has more than {2 * MAX_EVENTS} events")

    def is_read(self, channels: str, kind: str, where: Where) -> bool:
        """Whether an event is of the first picture track: `V`, `B` (both), `AA/V`; not `A`, `A2`, `NONE`, `V2`."""
        if not channels.startswith("B") and "V" not in channels:
            return False
        if channels not in ("V", "V1") and channels.startswith("V"):
            self.remarks.append((where, f"the track {channels}: only the first is read"))
        elif kind.startswith("K"):
            self.remarks.append((where, "a key: what is laid over the picture is not read"))
        else:
            return True
        return False

    def day(self) -> int:
        """The frames of a day, near enough to tell before from after."""
        base = DAY * nominal(self.rate)
        return base - 144 * 9 * DROPPED[self.rate] if self.drop else base

    def frame(self, text: str, where: Where) -> int:
        """The frame of a timecode."""
        match = _TIME.fullmatch(text)
        if not match:
            hint = f"an event ends in four of them; {BROKEN}"
            raise refused(where, f"`{shown(text)}` is no timecode as in 00:00:02:00", hint)
        hours, minutes, seconds, frames = (int(match[at]) for at in (1, 2, 3, 5))
        base = nominal(self.rate)
        if minutes > 59 or seconds > 59 or hours > 23:
            raise refused(where, f"`{text}` is no timecode")
        if frames >= base:
            raise self._other_rate(f"`{text}` counts more frames a second", where)
        drop = match[4] == ";" or self.drop
        if drop and self.rate not in DROPPED:
            raise self._other_rate(f"`{text}` drops frame numbers", where)
        total = hours * 60 + minutes
        left_out = DROPPED[self.rate] * (total - total // 10) if drop else 0
        return (total * 60 + seconds) * base + frames - left_out

    def motion(self, line: str, where: Where) -> None:
        """`M2   AX       048.000                01:00:10:00`: a pace, in frames a second."""
        match = _MOTION.fullmatch(line)
        if not match:
            raise refused(where, f"`{shown(line)}` is no pace, as in `M2   AX   048.000   01:00:10:00`")
        if self.row and (not match[1] or match[1].strip() == self.row.reel):
            self.row.speed = Fraction(match[2])

    def comment(self, line: str, row: Row) -> None:
        """What is said of an event."""
        if found := _FADE.match(line):
            row.fades.append((found[1].lower(), int(found[2])))
        elif found := _EFFECT.fullmatch(line):
            row.effect = _lower(found[1])
        elif found := _NOTE.fullmatch(line):
            key, value = found[1].upper(), found[2].strip()
            if key == "LOC":
                row.marks += _marked(value)
            elif key == "EFFECT NAME":
                row.effect = _lower(value)
                if colored := _COLOR.fullmatch(row.effect):
                    row.effect, row.color = colored[1], colored[2]
            else:
                row.notes[key] = value

    def _other_rate(self, message: str, where: Where) -> Refused:
        hint = "export the list of a timeline that has the film's rate, or name the output that has the list's"
        return refused(where, f"{message}, and the film has {float(self.rate):.5g} frames a second", hint)


def _lower(text: str) -> str:
    return " ".join(text.lower().split())


def _marked(text: str) -> Iterator[str]:
    """The name in `01:00:00:00 GREEN   shot: its note`."""
    if found := _LOC.fullmatch(text):
        name, colon, _ = found[1].partition(": ")
        if colon:
            yield name.strip()
