"""A film as plain values for a page: all that it shows, and where it finds the pictures and clips."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from storyboard.assembler import media
from storyboard.assembler.timeline import Clip
from storyboard.errors import StoryboardError
from storyboard.planner.plan import PlannedShot
from storyboard.planner.price import dollars
from storyboard.planner.take import Take
from storyboard.report.lanes import drawn_as, scenes_of, ticks_of
from storyboard.report.looks import Looks, grade_of, look_at
from storyboard.report.rows import rows_of, states_of
from storyboard.report.screening import Screening, find_film, poster_of
from storyboard.report.survey import Survey, account_of
from storyboard.spec.model import Shot
from storyboard.spec.transitions import TRANSITIONS
from storyboard.studio.shelf import Shelf
from storyboard.studio.watching import state_of
from storyboard.timing import clock

TOLD = (
    "number", "id", "word", "tone", "why", "badges", "begin", "end", "at", "span", "length", "frames", "shows", "now",
    "facts", "warnings", "note", "words", "captions", "is_bought",
)  # fmt: skip
"""What the report says of a shot, and the studio too."""
CUTS = {"in": "start", "out": "end", "length": "length"}
"""Fields of a shot that say which part of it is seen, and what they are called here."""


def film_view(survey: Survey, shelf: Shelf, *, drafted: bool) -> dict[str, Any]:
    """Everything that the page shows of a film that is valid; `drafted`: its draft was cut as the film is now."""
    storyboard, timeline, output = survey.storyboard, survey.timeline, survey.job.output
    account, looks = account_of(survey), look_at(survey, grade_of(len(survey.shots)))
    film, spending, plan = _film(survey, drafted=drafted), account.spending, survey.plan
    return {
        "title": storyboard.title or survey.project.file.stem,
        "seconds": float(timeline.seconds), "length": clock(timeline.seconds), "frames": timeline.frames,
        "rate": float(timeline.rate), "width": output.width, "height": output.height,
        "states": [[words, tone] for words, tone in states_of(survey).items()],
        "spent": dollars(spending.total), "budget": dollars(spending.budget) if spending.budget is not None else "",
        "to_buy": dollars(plan.estimate) if plan.to_buy else "", "remote": plan.gateway == "remote",
        "misfit": survey.misfit, "transitions": list(TRANSITIONS),
        "film": _screened(survey, film, shelf) if film else None,
        "scenes": [
            {"title": title, **_place(start, frames, timeline.frames)}
            for _, title, start, frames in scenes_of(survey)
            if title
        ],
        "ticks": [{"left": float(at), "text": text} for at, text in ticks_of(timeline)],
        "shots": [
            _shot(survey, looks, shelf, (row, planned, clip))
            for row, (planned, clip) in zip(rows_of(survey, account, looks), survey.rows, strict=True)
        ],
    }  # fmt: skip


def _film(survey: Survey, *, drafted: bool) -> Screening | None:
    """The film to show: the real one while it is what a render would make, else a draft that is."""
    film = find_film(survey)
    if film is None or not drafted:
        return film
    if film.kind == "film" and film.older:
        path = film.path.with_suffix(".draft.mp4")
        with suppress(StoryboardError, OSError):
            facts = media.probe(path)
            made = datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M UTC")
            return Screening(path, "draft", False, made, facts.seconds, facts.width, facts.height)
    return replace(film, older=False) if film.kind == "draft" else film


def _screened(survey: Survey, film: Screening, shelf: Shelf) -> dict[str, Any]:
    return {
        "url": shelf.clip(film.path, str(state_of(film.path))), "poster": shelf.picture(poster_of(survey, film)),
        "kind": film.kind, "older": film.older, "made": film.made, "in_step": film.fits(survey),
    }  # fmt: skip


def _shot(
    survey: Survey, looks: Looks, shelf: Shelf, known: tuple[Mapping[str, Any], PlannedShot, Clip]
) -> dict[str, Any]:
    """One shot: what is said of it, where it stands, its pictures, and what can be changed in it."""
    row, planned, clip = known
    shot, look, timeline = planned.shot, looks.shots.get(planned.shot.id), survey.timeline
    index = row["number"] - 1
    join = timeline.joins[index - 1] if index else None
    text = row["text"]
    return {
        **{name: row[name] for name in TOLD},
        **_place(clip.start, clip.frames, timeline.frames),
        "edge": drawn_as(join) if join else "cut", "lead": join.frames / clip.frames if join else 0,
        "color": join.transition.color if join else "",
        "reel": shelf.picture(look.reel) if look else "", "steps": look.frames if look else 0,
        "shape": look.reel.width / look.frames / look.reel.height if look else 0,
        "prompt": [text.prompt, *text.beats] if text else [], "negative": text.negative if text else "",
        "changed": [
            {name: one[name] for name in ("name", "pieces", "lines", "step", "line")} for one in row["fields"]
        ],
        "stills": [_still(shelf, one) for one in row["ends"] if one["asked"] or one["came"]],
        "stands": _stands(survey, shelf, shot, clip), "takes": _takes(survey, looks, shelf, planned),
        "ordered": shot.order is not None, "values": values_of(shot), "last": index + 1 == len(timeline.clips),
    }  # fmt: skip


def values_of(shot: Shot) -> dict[str, Any]:
    """What the page may change of a shot, as it is now."""
    cuts: dict[str, Any] = {
        name: value.text if (value := getattr(shot, own)) else "" for name, own in CUTS.items()
    }  # fmt: skip
    lasts = shot.transition.duration
    return cuts | {
        "transition": shot.transition.kind, "duration": lasts.text if lasts else "", "note": shot.note,
        "pin": shot.pin, "approved": shot.approved,
    }  # fmt: skip


def _place(start: int, frames: int, of: int) -> dict[str, float]:
    """A place along the film, as shares of it."""
    return {"left": float(Fraction(start, of)), "width": float(Fraction(frames, of))}


def _still(shelf: Shelf, end: Mapping[str, Any]) -> dict[str, Any]:
    """One end of a shot: what was asked for, and what came."""
    pictures = {
        name: shelf.held(str(end[name]["address"])) if end[name] else "" for name in ("asked", "came")
    }  # fmt: skip
    return {"name": end["name"], "words": end["asked_words"], "like": end["like"], **pictures}


def _stands(survey: Survey, shelf: Shelf, shot: Shot, clip: Clip) -> dict[str, Any] | None:
    """The clip that stands for a shot now, and which part of it is in the film, in seconds of it."""
    take, project, production = survey.takes.get(shot.id), survey.project, survey.production
    shown = [clip.source_frame(0), clip.source_frame(clip.frames - 1)]
    span = {"from": float(min(shown) / clip.facts.rate), "to": float((max(shown) + 1) / clip.facts.rate)}
    if take:
        kind = "animatic" if take.gateway == "local" else "take"
        return {"kind": kind, "url": shelf.clip(production.takes.path(take.sha256), take.sha256), **span}
    if shot.footage:
        path = project.path(shot.footage)
        return {"kind": "footage", "url": shelf.clip(path, str(state_of(path))), **span}
    return None


def _takes(survey: Survey, looks: Looks, shelf: Shelf, planned: PlannedShot) -> list[dict[str, Any]]:
    """The bought takes of a shot, in the order of their numbers."""
    known = survey.production.lock.shots.get(planned.shot.id)
    first: dict[str, Take] = {}
    for take in known.takes if known else ():
        first.setdefault(take.sha256, take)
    fitting = {one.sha256 for one in known.takes if one.slate == planned.slate} if known else set()
    store = survey.production.takes
    return [
        {
            "number": take.number, "name": take.sha256[:16], "circled": known is not None and digest == known.circled,
            "fits": digest in fitting, "note": take.note, "made": take.made,
            "cost": "free" if take.origin == "imported" else dollars(take.cost),
            "url": shelf.clip(store.path(digest), digest) if store.has(take) else "",
            "picture": shelf.picture(looks.takes.get(digest)),
        }
        for digest, take in first.items()
    ]  # fmt: skip
