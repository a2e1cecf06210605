"""What a reader found, laid end to end: gaps filled, transitions counted by the events that they lead into. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import unquote

from storyboard.changelist.measures import MAX_SECONDS, refused, shown
from storyboard.changelist.returned import Change, Event, Noted, Returned
from storyboard.errors import Where
from storyboard.timing import Rate

MAX_EVENTS = 20_000
SHOWN = 3
REMARKS = frozenset({"no take", "look", "as in the film", "transition", "fade in", "fade out"})
"""What the markers of an export are called that name no shot."""

_OVERLAY = re.compile(r"(?:title|logo)\d{2,}\.mov", re.ASCII)


def lay_out(
    rate: Rate, events: Iterable[Event], changes: Mapping[int, Change], remarks: Iterable[Noted], where: Where
) -> Returned:
    """A cut of events that do not overlap, and of transitions by the frame of their meeting."""
    laid: list[Event] = []
    end = 0
    for event in sorted((one for one in events if one.frames), key=lambda one: one.start):
        if event.start < end:
            hint = "export a single video track whose clips stand one after the other"
            raise refused(event.where, "this clip begins before the one in front of it has ended", hint)
        if event.start > end:
            laid.append(gap(end, event.start - end, event.where))
        laid.append(event)
        end = event.start + event.frames
        if end > MAX_SECONDS * rate:
            raise refused(event.where, f"the cut is longer than {MAX_SECONDS // 3600} hours")
        if len(laid) > MAX_EVENTS:
            raise refused(event.where, f"the cut has more than {MAX_EVENTS} clips")
    if not any(event.media for event in laid):
        raise refused(where, "there is no picture in this cut", "export the timeline that has the film's video track")
    meetings = {event.start: index for index, event in enumerate(laid)} | {end: len(laid)}
    changes = {frame: change for frame, change in changes.items() if change.before + change.after}
    known = {meetings[frame]: change for frame, change in changes.items() if frame in meetings}
    lost = [(one.where, f"{one.name}: it leads into nothing") for at, one in changes.items() if at not in meetings]
    told = (*remarks, *lost)
    return Returned(rate, end, tuple(laid), dict(sorted(known.items())), remarks=tuple(sorted(set(told))))


def gap(start: int, frames: int, where: Where, label: str = "", marks: tuple[str, ...] = ()) -> Event:
    """A stretch of the cut in which there is no picture."""
    return Event("", label, marks, start, frames, Fraction(0), Fraction(1), where)


def moved(event: Event, frames: int, rate: Rate) -> Event:
    """An event that begins so many frames later (negative: earlier), in the cut and in its medium; its end stays."""
    place = event.place + frames * event.tempo / rate
    return replace(event, start=event.start + frames, frames=event.frames - frames, place=place)


def base_name(path: str) -> str:
    """The last name of a path or an address, as any system writes it."""
    if "://" in path:
        path = unquote(path.split("://", 1)[1])
    return PureWindowsPath(PurePosixPath(path).name).name if "\\" in path else PurePosixPath(path).name


def listed(names: Iterable[str]) -> str:
    """Clips by their names, the first few of them."""
    found = list(dict.fromkeys(names))
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(f"`{shown(one)}`" for one in found[:SHOWN]) + more


def marks_of(names: Iterable[str]) -> tuple[str, ...]:
    """The names of markers that may be a shot's, each once."""
    return tuple(dict.fromkeys(name for name in names if name and name not in REMARKS))


def is_overlay(media: str) -> bool:
    """Whether this is a title or a logo that an export laid over the film."""
    return bool(_OVERLAY.fullmatch(media))
