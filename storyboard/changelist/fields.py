"""What is written of a shot so that it stands as the editor has it: the author's own fields, in the author's units.

A field that is not there is added, where `fmt` would have it. One that is not about the difference stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Any

from storyboard.assembler.timeline import Clip, Join
from storyboard.changelist.aims import CUT, Edge, edge_of
from storyboard.changelist.stands import Stand, grid_of, stand_of, unit_of
from storyboard.changelist.times import pace_value, time_text
from storyboard.export.lay import BLACK
from storyboard.spec.model import Fade, Output, Transition
from storyboard.spec.places import Path as Place
from storyboard.spec.rewriting import Edit, Put, Remove
from storyboard.timing import Duration, Rate, nearest


@dataclass(frozen=True, slots=True)
class Page:
    """Where a shot is written, and what stands there."""

    place: Place
    own: Mapping[str, Any]
    below: frozenset[str] = frozenset()
    """Fields that something else says of it: a default, or for a variant the film."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A clip of the film as it is laid now."""

    clip: Clip
    output: Output
    counted: Rate
    """What the storyboard's frames are counted at."""
    again: bool = False
    """Whether edits were made of it already that did not do: then its length is said in whole frames."""


def stand_edits(page: Page, laid: Laid, aim: Stand) -> list[Edit]:
    """The edits that let a shot stand as it should."""
    now = stand_of(laid.clip, laid.output)
    if now == aim:
        return []
    if not laid.clip.digest and laid.clip.shot.card:
        return [_put(page, *_card(laid, aim.frames - now.frames))]
    edits: list[Edit] = []
    if aim.speed != now.speed:
        edits.append(_put(page, "speed", pace_value(aim.speed, page.own.get("speed", "")), plain=aim.speed == 1))
    if aim.reverse != now.reverse:
        edits.append(_put(page, "reverse", aim.reverse, plain=not aim.reverse))
    edits += _freeze(page, laid, now, aim)
    if aim.begin != now.begin:
        text = _in_point(laid, now, aim)
        edits.append(_put(page, "in", text, plain=not aim.begin))
    return edits + list(_end(page, laid, now, aim))


def _put(page: Page, name: str, value: Any, *, plain: bool = False) -> Edit:
    """The edit of a field; where it would only say what is so anyhow, it goes."""
    if plain and name in page.own and name not in page.below:
        return Remove((*page.place, name))
    return Put((*page.place, name), value)


def _card(laid: Laid, more: int) -> tuple[str, str]:
    shot = laid.clip.shot
    name, own = ("length", shot.length) if shot.length else ("out", shot.end) if shot.end else ("duration", None)
    own = own or shot.duration
    seconds = own.seconds(laid.counted) + more / laid.output.rate
    return name, time_text(seconds, own, laid.counted)


def _in_point(laid: Laid, now: Stand, aim: Stand) -> str:
    unit, own = unit_of(laid.clip, laid.output), laid.clip.shot.start
    exact = (floor(aim.begin) if aim.reverse else nearest(aim.begin)) * unit  # backwards, its end is seen first
    if own and not laid.again:
        moved = own.seconds(laid.counted) + (aim.begin - now.begin) * unit
        exact = moved if abs(moved - exact) < unit / 2 and moved >= 0 else exact
    return time_text(exact, own or _like(laid), laid.counted)


def _like(laid: Laid) -> Duration | None:
    """A time of the shot, whose unit a new one has too."""
    shot = laid.clip.shot
    return shot.length or shot.end or shot.start


def _freeze(page: Page, laid: Laid, now: Stand, aim: Stand) -> Iterator[Edit]:
    """The edits of what stands still."""
    if (aim.still, aim.hold) == (now.still, now.hold):
        return
    if aim.still is None:
        yield _put(page, "freeze", None, plain=True)
        return
    own, unit = laid.clip.shot.freeze, unit_of(laid.clip, laid.output)
    like = _like(laid)
    at = time_text(aim.still * unit, own.at if own else like, laid.counted)
    lasts = time_text(aim.hold / laid.output.rate, own.length if own else like, laid.counted)
    if not own or "freeze" not in page.own:
        yield Put((*page.place, "freeze"), {"at": at, "for": lasts})
        return
    if aim.still != now.still:
        yield Put((*page.place, "freeze", "at"), at)
    if aim.hold != now.hold:
        yield Put((*page.place, "freeze", "for"), lasts)


def _end(page: Page, laid: Laid, now: Stand, aim: Stand) -> Iterator[Edit]:
    """The edit of where a shot ends: its length or its out point, whichever is written."""
    shot, unit, counted = laid.clip.shot, unit_of(laid.clip, laid.output), laid.counted
    over = aim.end - laid.clip.facts.frames / grid_of(laid.clip, laid.output)
    if 0 < over < aim.speed and not laid.again:  # to the end of the take, whose last frame is not a whole one
        yield from (Remove((*page.place, name)) for name in ("out", "length") if name in page.own)
        return
    if over > 0:
        aim = replace(aim, frames=max(1, aim.frames - ceil(over / aim.speed)))
    more = aim.frames - now.frames
    if shot.end and not (laid.again and more):
        moved = shot.end.seconds(counted) + (aim.end - now.end) * unit
        if aim.end != now.end:
            text = time_text(moved, shot.end, counted)
            yield Put((*page.place, "out"), text)
        return
    if shot.length or shot.end:
        if not more and not (shot.end and laid.again):
            return
        own = shot.length
        seconds = aim.frames / laid.output.rate
        if own and not laid.again:
            moved = own.seconds(counted) + more / laid.output.rate
            seconds = moved if moved > 0 else seconds
        if shot.end:
            yield from _without_out(page)
        yield Put((*page.place, "length"), time_text(seconds, own or shot.end, counted))
        return
    rest = abs(aim.end - now.end)
    if (laid.again and more) or (not laid.again and rest and rest >= _spare(now, aim)):
        seconds = aim.frames / laid.output.rate
        yield Put((*page.place, "length"), time_text(seconds, shot.start, counted))


def _spare(now: Stand, aim: Stand) -> Fraction:
    """How far from the end of its take a shot may end for that to be its end: rounding, where more than that moved."""
    moved = aim.begin != now.begin or aim.speed != now.speed
    return max(aim.speed, Fraction(1)) * Fraction(3, 4) if moved else Fraction(0)


def _without_out(page: Page) -> Iterator[Edit]:
    if "out" in page.own:
        yield Remove((*page.place, "out"))


def edge_edits(page: Page, laid: Laid, join: Join, aim: Edge) -> list[Edit]:
    """The edits that let a shot go over into the next as it should."""
    now, place = edge_of(join), (*page.place, "transition")
    if now == aim:
        return []
    if aim == CUT:
        return [_put(page, "transition", "cut", plain="transition" in page.own)]
    written, shot = page.own.get("transition"), laid.clip.shot.transition
    duration = time_text(aim.frames / laid.output.rate, shot.duration, laid.counted)
    if not isinstance(written, dict) or written.get("type") == "cut":
        return [Put(place, _transition(aim, shot if now.kind == aim.kind else Transition(), duration))]
    edits: list[Edit] = [Put((*place, "type"), aim.kind)] if aim.kind != written.get("type") else []
    if aim.frames != now.frames:
        edits.append(Put((*place, "duration"), duration))
    if aim.kind == "fade" and aim.color != now.color:
        edits.append(Put((*place, "color"), aim.color))
    if aim.kind != "fade" and "color" in written:
        edits.append(Remove((*place, "color")))
    return edits


def _transition(aim: Edge, like: Transition, duration: str) -> dict[str, Any]:
    """A transition written out."""
    color = {"color": aim.color} if aim.kind == "fade" and aim.color != BLACK else {}
    easing = {"easing": like.easing} if like.easing != "linear" else {}
    return {"type": aim.kind, "duration": duration, **color, **easing}


def ending_edits(page: Page, fade: Fade | None, name: str, aim: Edge | None, laid: tuple[Rate, Rate]) -> list[Edit]:
    """The edits that let the film open or close as it should; `laid`: the film's rate, and what its frames count at."""
    rate, counted = laid
    if aim is None or (aim == CUT and fade is None):
        return []
    if aim == CUT:
        return [Remove((*page.place, name))]
    lasts = time_text(aim.frames / rate, fade.duration if fade else None, counted)
    if fade is None or name not in page.own:
        color = {"color": aim.color} if aim.color != BLACK else {}
        return [Put((*page.place, name), {"fade": lasts, **color})]
    edits: list[Edit] = []
    if fade.duration.seconds(counted) != aim.frames / rate:
        edits.append(Put((*page.place, name, "fade"), lasts))
    if fade.color.casefold() != aim.color.casefold():
        edits.append(Put((*page.place, name, "color"), aim.color))
    return edits
