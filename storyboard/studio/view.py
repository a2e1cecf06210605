"""A film as plain values for a page: all that it shows, and where it finds the pictures and clips."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

from storyboard.assembler.timeline import Clip
from storyboard.errors import StoryboardError
from storyboard.planner.plan import PlannedShot
from storyboard.planner.price import dollars
from storyboard.planner.take import Take
from storyboard.report.dressing import dress_of
from storyboard.report.lanes import drawn_as, scenes_of, ticks_of
from storyboard.report.looks import Looks
from storyboard.report.rows import ends_of, rows_of, states_of
from storyboard.report.screening import Screening, find_film, open_film, poster_of
from storyboard.report.survey import Survey, account_of
from storyboard.spec.model import Shot
from storyboard.spec.transitions import TRANSITIONS
from storyboard.studio.shelf import Shelf
from storyboard.studio.watching import state_of
from storyboard.timing import clock

TOLD = (
    "number", "id", "word", "tone", "why", "badges", "begin", "end", "at", "length", "shows", "facts", "warnings",
    "note", "words", "captions",
)  # fmt: skip
"""What the report says of a shot, and the studio too."""
CUTS = {"in": "start", "out": "end", "length": "length"}
"""Fields of a shot that say which part of it is seen, and what they are called here."""


def film_view(survey: Survey, looks: Looks, shelf: Shelf, *, drafted: bool) -> dict[str, Any]:
    """Everything that the page shows of a film that is valid, with those of its pictures that there are; `drafted`: its
    draft was cut as the film is now."""
    storyboard, timeline, output = survey.storyboard, survey.timeline, survey.job.output
    account, plan, film = account_of(survey), survey.plan, _film(survey, drafted=drafted)
    spending = account.spending
    return {
        "title": storyboard.title or survey.project.file.stem,
        "seconds": float(timeline.seconds), "length": clock(timeline.seconds),
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
        with suppress(StoryboardError, OSError):
            return open_film(survey, film.path.with_suffix(".draft.mp4"))
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
    shot, timeline = planned.shot, survey.timeline
    index = row["number"] - 1
    join = timeline.joins[index - 1] if index else None
    text = row["text"]
    return {
        **{name: row[name] for name in TOLD},
        **_place(clip.start, clip.frames, timeline.frames),
        "edge": drawn_as(join) if join else "cut", "lead": join.frames / clip.frames if join else 0,
        "color": join.transition.color if join else "",
        **pictures_of(survey, looks, shelf, planned), "awaited": False, "worn": _worn(survey, shot),
        "prompt": [text.prompt, *text.beats] if text else [], "negative": text.negative if text else "",
        "changed": [
            {name: one[name] for name in ("name", "pieces", "lines", "step", "line")} for one in row["fields"]
        ],
        "stands": _stands(survey, shelf, shot, clip), "ordered": shot.order is not None, "values": values_of(shot),
        "last": index + 1 == len(timeline.clips),
    }  # fmt: skip


def pictures_of(survey: Survey, looks: Looks, shelf: Shelf, planned: PlannedShot) -> dict[str, Any]:
    """What is shown of a shot that has pictures: of a film that is looked at for the first time, they come later."""
    look, ends = looks.shots.get(planned.shot.id), ends_of(survey, looks, planned.shot)
    return {
        "reel": shelf.picture(look.reel) if look else "", "steps": look.frames if look else 0,
        "shape": look.reel.width / look.frames / look.reel.height if look else 0,
        "stills": [_still(shelf, one) for one in ends if one["asked"] or one["came"]],
        "takes": _takes(survey, looks, shelf, planned),
    }  # fmt: skip


def _worn(survey: Survey, shot: Shot) -> str:
    """What the film does to a shot's picture that its clip is played without; empty for nothing."""
    dress = dress_of(survey, shot)
    turned = {"horizontal": "mirrors it", "vertical": "turns it upside down"}.get(dress.flip, "")
    return " and ".join(filter(None, (turned, "grades it" if dress.tables else "")))


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
    pictures = {name: shelf.picture(end[name]) for name in ("asked", "came")}
    return {"name": end["name"], "words": end["asked_words"], "like": end["like"], **pictures}


def _stands(survey: Survey, shelf: Shelf, shot: Shot, clip: Clip) -> dict[str, Any] | None:
    """The clip that stands for a shot now."""
    take, production = survey.takes.get(shot.id), survey.production
    if take:
        return {"url": shelf.clip(production.takes.path(take.sha256), take.sha256)}
    if shot.footage:
        path, _ = production.sources[clip.digest]
        return {"url": shelf.clip(path, clip.digest)}
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
            "fits": digest in fitting, "note": take.note,
            "cost": "free" if take.origin == "imported" else dollars(take.cost),
            "url": shelf.clip(store.path(digest), digest) if store.has(take) else "",
            "picture": shelf.picture(looks.takes.get(digest)),
        }
        for digest, take in first.items()
    ]  # fmt: skip
