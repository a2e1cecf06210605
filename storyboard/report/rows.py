"""What a page says of each shot: its state and why, what was asked and what came of it, what it cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from storyboard.assembler.timeline import Clip
from storyboard.cli.why import as_written
from storyboard.planner.plan import PlannedShot
from storyboard.planner.price import dollars
from storyboard.planner.request import normal
from storyboard.planner.take import Take
from storyboard.reasons import Reason, known_requests
from storyboard.report.lanes import minutes
from storyboard.report.looks import Looks
from storyboard.report.paper import field_of
from storyboard.report.prints import Picture
from storyboard.report.survey import Account, Survey
from storyboard.spec.model import Frame, Order, Shot, StillFile
from storyboard.timing import clock, timecode

TONES = {"held": "good", "stale": "warn", "missing": "bad", "in-flight": "wait", "unresolved": "bad", "free": "free"}
"""How each state is coloured; the word always stands beside it."""
NOUNS = ("card", "animatic")
"""Words for a state that can be counted."""


@dataclass(frozen=True, slots=True)
class Bought:
    """What was sent for a take, as far as anybody here knows."""

    prompt: str
    beats: tuple[str, ...] = ()
    negative: str = ""


def rows_of(survey: Survey, account: Account, looks: Looks) -> list[dict[str, Any]]:
    """Every shot, for the page's template, in the film's order."""
    bought = _bought(survey)
    return [
        _row(survey, looks, (number, planned, clip), (account.reasons[planned.shot.id], bought.get(planned.shot.id)))
        for number, (planned, clip) in enumerate(survey.rows, 1)
    ]


def word_of(planned: PlannedShot) -> str:
    """The state of a shot in a word that people use."""
    shot = planned.shot
    if planned.state == "free":
        return "card" if shot.card else "footage"
    return "animatic" if planned.state == "held" and planned.take and planned.take.gateway == "local" else planned.state


def tone_of(planned: PlannedShot) -> str:
    """The colour of a shot's state, by its name."""
    return "free" if word_of(planned) == "animatic" else TONES[planned.state]


def _bought(survey: Survey) -> dict[str, Bought]:
    """What was sent for the take that each shot has, as far as that is known: for one that was accepted, what it was
    ordered for; nothing for one that was made elsewhere."""
    slates, now = dict[str, str](), dict[str, bytes]()
    for one in survey.shots:
        if one.take and one.take.gateway == "remote":
            named = survey.production.lock.shots.get(one.shot.id)
            records = [take for take in (named.takes if named else ()) if take.sha256 == one.take.sha256]
            first = (records or [one.take])[0]
            slates |= {one.shot.id: first.slate} if first.origin == "" else {}
            now |= {one.slate: one.request.canonical()} if one.request and one.slate else {}
    known = known_requests(survey.production.settings, slates.values())
    texts = {slate: found.request for slate, found in known.items()}
    return {id_: _sent(text) for id_, slate in slates.items() if (text := texts.get(slate) or now.get(slate))}


def _sent(request: bytes) -> Bought:
    sent = json.loads(request)
    beats = tuple(str(beat["prompt"]) for beat in sent.get("beats", ()))
    return Bought(str(sent.get("prompt", "")), beats, str(sent.get("negative", "")))


def _row(
    survey: Survey, looks: Looks, place: tuple[int, PlannedShot, Clip], known: tuple[Reason, Bought | None]
) -> dict[str, Any]:  # fmt: skip
    (number, planned, clip), (reason, bought) = place, known
    shot, order, rate = planned.shot, planned.shot.order, survey.timeline.rate
    look, take = looks.shots.get(shot.id), survey.takes.get(shot.id)
    asked = _asks(order) if order else None
    return {
        "number": number, "id": shot.id, "word": word_of(planned), "tone": tone_of(planned),
        "why": _why(reason), "badges": _badges(survey, planned),
        "begin": minutes(clip.begin, 1), "end": minutes(clip.end, 1), "at": f"{float(clip.begin):.3f}",
        "span": f"{timecode(clip.start, rate)} – {timecode(clip.start + clip.frames, rate)}",
        "length": clock(clip.end - clip.begin), "frames": clip.frames,
        "look": look, "steps": look.frames if look else 0, "asks": order is not None,
        "ends": ends_of(survey, looks, shot),
        "shows": "animatic" if take and take.gateway == "local" else "take" if take else "stills" if order else "",
        "text": bought or asked, "is_bought": bought is not None,
        "now": asked.prompt if asked and bought and not reason.changes and asked.prompt != bought.prompt else "",
        "fields": [field_of(as_written(change, reason)) for change in reason.changes or ()],
        "facts": _facts(survey, number, planned, clip), "warnings": take.warnings if take else (), "note": shot.note,
        "takes": _takes(survey, looks, shot), "words": shot.card.text if shot.card else "",
        "captions": [*(one.text for one in shot.captions), *(one.text for one in shot.titles)],
    }  # fmt: skip


def _asks(order: Order) -> Bought:
    """What would be sent now."""
    return Bought(normal(order.prompt), tuple(normal(beat.prompt) for beat in order.beats), normal(order.negative))


def _why(reason: Reason) -> str:
    """Why a shot is not held, in a sentence; empty where it is, and where there is nothing to say but that."""
    planned = reason.planned
    if planned.state == "stale":
        if planned.request is None:
            return f"goes on from {planned.depends_on}, whose take will be another"
        known = reason.changes is not None
        return "edited since its take was made" + ("" if known else "; what was ordered is not known here")
    told = planned.state in ("missing", "in-flight", "unresolved") and planned.reason != "no take yet"
    return planned.reason.replace("`", "") if told else ""


def _badges(survey: Survey, planned: PlannedShot) -> list[str]:
    shot = planned.shot
    named = {"approved": shot.approved, "pinned": shot.pin}
    stands = survey.takes.get(shot.id)
    named["shown by its animatic"] = planned.state == "missing" and stands is not None
    return [name for name, holds in named.items() if holds]


def ends_of(survey: Survey, looks: Looks, shot: Shot) -> list[dict[str, Any]]:
    """The first and the last frame of a shot: what was asked for, beside what was filmed."""
    if shot.card:
        return []
    look, take = looks.shots.get(shot.id), survey.takes.get(shot.id)
    came = bool(take or shot.footage or shot.reuse)
    frames = (shot.order.first, shot.order.last) if shot.order else (None, None)
    found = []
    for index, name in enumerate(("First frame", "Last frame")):
        picture = (look.first, look.last)[index] if look and came else None
        like = take.likeness[index] if take else None
        asked, words = _asked(looks, frames[index])
        found.append({
            "name": name, "asked": asked, "asked_words": words, "came": picture,
            "like": f"{like:.0%}" if like is not None else "",
        })  # fmt: skip
    return found if came or any(one["asked"] or one["asked_words"] for one in found) else []


def _asked(looks: Looks, frame: Frame | None) -> tuple[Picture | None, str]:
    """The still that a shot begins or ends on, and what it is called."""
    if isinstance(frame, StillFile):
        return looks.stills.get(frame.file), frame.file
    if frame is None:
        return None, ""
    before = looks.shots.get(frame.shot)
    return (before.last if before else None), f"the last frame of {frame.shot}"


def _facts(survey: Survey, number: int, planned: PlannedShot, clip: Clip) -> list[tuple[str, str]]:
    shot, order, take = planned.shot, planned.shot.order, survey.takes.get(planned.shot.id)
    facts: list[tuple[str, str]] = []
    if order:
        parts = (order.model.partition("/")[2] or order.model, order.mode, "with sound" if order.audio else "")
        facts += [("Model", " · ".join(part for part in parts if part)), ("Ordered", f"{float(order.seconds):g} s")]
    facts += [("Footage", shot.footage)] if shot.footage else [("Take of", shot.reuse)] if shot.reuse else []
    facts += [("Cut", _cut(shot, clip))]
    if take:
        size = f"{take.facts.width} × {take.facts.height}, {float(take.facts.rate):g} fps, {clock(take.facts.seconds)}"
        facts += [("Clip", f"{size}, {'sound' if take.facts.audio else 'no sound'}")]
    named = (("Take", _take(survey, shot)), ("Cost", _cost(survey, planned)))
    facts += [(name, text) for name, text in named if text]
    if number <= len(survey.timeline.joins):
        join = survey.timeline.joins[number - 1]
        lasts = f", {clock(join.frames / survey.timeline.rate)}" if join.frames else ""
        facts += [("Then", f"{join.transition.kind if join.frames else 'cut'}{lasts}")]
    return facts


def _cut(shot: Shot, clip: Clip) -> str:
    named = {"in": shot.start, "out": shot.end, "length": shot.length}
    parts = [f"{name} {duration.text}" for name, duration in named.items() if duration]
    parts += [f"speed {float(shot.speed):g}"] if shot.speed != 1 else []
    parts += ["backwards"] if shot.reverse else []
    parts += [f"frozen for {shot.freeze.length.text}"] if shot.freeze else []
    return ", ".join([*parts, f"{clip.frames} frames"] if parts else [f"all of it, {clip.frames} frames"])


def _take(survey: Survey, shot: Shot) -> str:
    known = survey.production.lock.shots.get(shot.id)
    take = known.take if known else None
    if known is None or take is None:
        return ""
    count = len({one.sha256 for one in known.takes})
    made = {"imported": "imported", "accepted": "accepted"}.get(take.origin, "")
    parts = (f"{take.number} of {count}", take.made, made, f"seed {take.seed}" if take.seed else "", take.sha256[:12])
    return " · ".join(part for part in parts if part)


def _cost(survey: Survey, planned: PlannedShot) -> str:
    known = survey.production.lock.shots.get(planned.shot.id)
    takes = known.takes if known else ()
    paid = sum((take.cost for take in takes), Decimal(0))
    several = " for all takes" if len({one.sha256 for one in takes}) > 1 else ""
    parts = [f"{dollars(paid)} paid{several}"] if takes else []
    if planned in survey.plan.to_buy:
        parts.append(f"at most {dollars(planned.estimate)} to shoot it {'anew' if takes else 'now'}")
    return ", ".join(parts)


def _takes(survey: Survey, looks: Looks, shot: Shot) -> list[dict[str, Any]]:
    """The takes to choose from, where there are several."""
    known = survey.production.lock.shots.get(shot.id)
    first: dict[str, Take] = {}
    for take in known.takes if known else ():
        first.setdefault(take.sha256, take)
    if known is None or len(first) < 2:
        return []
    return [
        {
            "number": take.number, "circled": take.sha256 == known.circled, "note": take.note,
            "cost": "free" if take.origin == "imported" else dollars(take.cost), "made": take.made,
            "picture": looks.takes.get(take.sha256),
        }
        for take in first.values()
    ]  # fmt: skip


def states_of(survey: Survey) -> Mapping[str, str]:
    """How many shots are in each state, in words, as in `2 cards`, with its colour."""
    counts: dict[str, tuple[int, str]] = {}
    for one in survey.shots:
        word = word_of(one)
        counts[word] = (counts.get(word, (0, ""))[0] + 1, tone_of(one))
    several = {word: "s" for word, (count, _) in counts.items() if count > 1 and word in NOUNS}
    return {f"{count} {word}{several.get(word, '')}": tone for word, (count, tone) in counts.items()}
