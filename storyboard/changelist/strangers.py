"""What a cut shows that is not the film's own: media of the editor's, black, other takes. Pure."""

from __future__ import annotations

from storyboard.assembler.cutting import counted_frames
from storyboard.changelist.returned import Noted
from storyboard.changelist.times import pace_value, time_text
from storyboard.changelist.uses import Use
from storyboard.export.lay import BLACK
from storyboard.export.names import plain
from storyboard.spec.model import Storyboard
from storyboard.spec.quoting import written
from storyboard.timing import Rate, timecode


def look_at(use: Use, rate: Rate, storyboard: Storyboard) -> list[Noted]:
    """What is to be told of what a use shows, with what to type."""
    told, event, file = [], use.first, storyboard.file
    if not use.shot:
        what = f"`{event.media}` is none of the film's media" if event.media else "there is nothing in the picture"
        lasts = f"for {counted_frames(use.frames)} from {timecode(use.start, rate)}"
        return [
            (event.where, f"{what}, {lasts}: that is left out; as a shot it is `{_as_shot(use, rate, storyboard)}`")
        ]
    meaning = use.seen[0].meaning
    if meaning and meaning.take:
        pick = f"`storyboard pick {file} {use.shot} {meaning.take}` chooses it"
        told.append((event.where, f"`{use.shot}` shows its take {meaning.take}: {pick}"))
    elif meaning and not meaning.known:
        what = f"`{use.shot}` shows `{event.media}` there: `storyboard import {file} {use.shot} CLIP` makes it a take"
        told.append((event.where, what))
    return told


def _as_shot(use: Use, rate: Rate, storyboard: Storyboard) -> str:
    """What is none of the film's, as its author would write it."""
    event, lasts = use.first, time_text(use.frames / rate, None, storyboard.rate)
    usual = any(shot.transition.duration and not shot.transition.written for shot in storyboard.shots)
    edge = {"transition": "cut"} if usual else {}
    if not event.media:
        return written({"id": "pause", "card": {"background": BLACK}, "duration": lasts, **edge})
    shot: dict[str, object] = {"id": _plain_id(event.media), "footage": event.media}
    low = min(event.place, event.place + (event.frames - 1) * event.tempo / rate)
    if low > 0:
        shot["in"] = time_text(low, None, storyboard.rate)
    shot["length"] = lasts
    if abs(event.tempo) not in (0, 1):
        shot["speed"] = pace_value(abs(event.tempo), "")
    if event.tempo < 0:
        shot["reverse"] = True
    return written(shot | edge)


def _plain_id(media: str) -> str:
    return plain(media.rpartition(".")[0] or media).replace(".", "-").casefold()[:32].rstrip("-")
