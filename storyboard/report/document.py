"""The report: a film as one page that stands alone, its pictures, sound and film inside it."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from storyboard import __version__
from storyboard.planner.causes import Cause
from storyboard.planner.price import dollars
from storyboard.report.lanes import TALL, drawn_as, minutes, outline, scenes_of, slope, stretches, style_of, ticks_of
from storyboard.report.looks import Looks
from storyboard.report.paper import page
from storyboard.report.rows import rows_of, states_of, tone_of
from storyboard.report.screening import Screening, find_film, poster_of, small_film
from storyboard.report.survey import Account, Survey, account_of
from storyboard.report.waves import BINS, MIX, Lane, waves_of
from storyboard.spending import Spending
from storyboard.timing import clock

LARGEST = 14_500_000
"""Bytes that a page is to have at the most: mail takes it."""
MOST_FILM = 8_000_000
"""Bytes of them that a film may have."""
PICTURES = 7_500_000
"""Bytes that its pictures have at the most, before they are written as text, which takes a third more."""
LANES = {MIX: "Mix", "dialogue": "Narration", "effects": "Effects", "music": "Music", "clips": "Clips"}


def report_page(survey: Survey, looks: Looks, target: Path) -> str:
    """The page, for a file at `target`: a film that is too large to stand in it is named by its way from there."""
    film = find_film(survey)
    values = _values(survey, account_of(survey), looks)
    style = style_of(survey, looks.shots)
    without = page("report", {**values, "film": None}, style=style)
    shown, media = _film(survey, film, target, LARGEST - len(without))
    return page("report", {**values, "film": shown}, style=style, media=media)


def _film(survey: Survey, film: Screening | None, target: Path, room: int) -> tuple[dict[str, Any] | None, str]:
    """The film for the template, and where the page takes it from."""
    if film is None:
        return None, ""
    data = small_film(film, survey.production.cache, min(room, MOST_FILM) * 3 // 4)
    near = os.path.relpath(film.path, target.resolve().parent)
    shown = {
        "poster": poster_of(survey, film), "data": Markup(base64.b64encode(data).decode()) if data else "",  # noqa: S704 - base64
        "link": quote(near), "name": survey.project.relative(film.path), "kind": film.kind, "older": film.older,
        "made": film.made, "width": film.width, "height": film.height,
        "in_step": film.fits(survey),
    }  # fmt: skip
    return shown, "blob:" if data else "'self' file:"


def _values(survey: Survey, account: Account, looks: Looks) -> dict[str, Any]:
    storyboard, timeline, output = survey.storyboard, survey.timeline, survey.job.output
    rows = rows_of(survey, account, looks)
    groups = scenes_of(survey)
    seconds = timeline.seconds
    scenes = [
        {
            "number": number, "title": title, "begin": minutes(start / timeline.rate),
            "length": clock(frames / timeline.rate),
            "rows": [row for row, clip in zip(rows, timeline.clips, strict=True) if 0 <= clip.start - start < frames],
        }
        for number, title, start, frames in groups
    ]  # fmt: skip
    return {
        "title": storyboard.title or survey.project.file.stem, "file": survey.project.relative(survey.project.file),
        "version": __version__, "scenes": scenes, "grouped": any(shot.scene for shot in storyboard.shots),
        "rows": rows, "joins": [drawn_as(join) for join in timeline.joins],
        "upright": output.height > output.width,
        "seconds": f"{float(seconds):.3f}", "length": clock(seconds), "frames": timeline.frames,
        "shape": f"{output.width} × {output.height}, {float(timeline.rate):g} fps",
        "states": states_of(survey), "totals": _totals(survey, account.spending), "outputs": _outputs(survey),
        "todo": _todo(survey, account.causes),
        "ticks": [(number, text) for number, (_, text) in enumerate(ticks_of(timeline), 1)],
        "lanes": _lanes(survey, waves_of(survey)), "bins": BINS, "tall": TALL, "misfit": survey.misfit,
    }  # fmt: skip


def _totals(survey: Survey, spending: Spending) -> list[tuple[str, str, str]]:
    """Time and money: a name, a figure, and what is to be said of it."""
    plan, count = survey.plan, len(survey.shots)
    scenes = len({shot.scene for shot in survey.storyboard.shots if shot.scene})
    rate = survey.timeline.rate
    totals = [
        ("Length", clock(survey.timeline.seconds), f"{survey.timeline.frames} frames at {float(rate):g} fps"),
        ("Shots", str(count), f"in {scenes} {'scene' if scenes == 1 else 'scenes'}" if scenes else ""),
    ]
    left = f"of a budget of {dollars(spending.budget)}" if spending.budget is not None else "no budget is set"
    unnamed = f"; {len(spending.unnamed)} without a take in the lock" if spending.unnamed else ""
    totals.append(("Spent", dollars(spending.total), left + unnamed))
    if plan.gateway == "local":
        totals.append(("To buy", "–", "every clip is drawn here, free"))
    elif plan.to_buy:
        clips = f"{len(plan.to_buy)} {'clip' if len(plan.to_buy) == 1 else 'clips'}"
        totals.append(("To buy", dollars(plan.estimate), f"at most, for {clips}"))
    else:
        totals.append(("To buy", dollars(plan.estimate), "nothing is missing"))
    return totals


def _todo(survey: Survey, causes: Sequence[Cause]) -> list[dict[str, Any]]:
    """What is not as it should be, and why: what made shots stale first, then what has no take."""
    places = {shot.id: number for number, shot in enumerate(survey.storyboard.shots, 1)}
    found = [_cause(one, places) for one in causes]
    words = {
        "missing": "not shot yet", "in-flight": "ordered, and under way",
        "unresolved": "perhaps charged, until storyboard resolve settles it",
    }  # fmt: skip
    for state, what in words.items():
        ones = [one for one in survey.shots if one.state == state]
        costs = [one.estimate for one in survey.plan.to_buy if one.state == state]
        known = [cost for cost in costs if cost is not None]
        price = f"at most {dollars(sum(known, known[0] * 0))}" if known and len(known) == len(costs) else ""
        if ones:
            shots = [(one.shot.id, places[one.shot.id]) for one in ones]
            found.append({"what": what, "tone": tone_of(ones[0]), "state": state, "shots": shots, "price": price})
    return found


def _cause(cause: Cause, places: dict[str, int]) -> dict[str, Any]:
    price = f"at most {dollars(cause.cost)} to shoot anew" if cause.cost is None or cause.cost else ""
    shots = [(id_, places[id_]) for id_ in cause.shots if id_ in places]
    return {"what": f"{cause.what} changed", "tone": "warn", "state": "stale", "shots": shots, "price": price}


def _outputs(survey: Survey) -> list[dict[str, str]]:
    outputs = survey.storyboard.outputs
    return [
        {
            "name": one.name, "file": one.file,
            "shape": f"{one.width} × {one.height}, {float(one.rate):g} fps",
            "stands": "made" if survey.project.target(one.file).is_file() else "not made yet",
        }
        for one in outputs
    ]  # fmt: skip


def _lanes(survey: Survey, lanes: Sequence[Lane]) -> list[dict[str, Any]]:
    mix, seconds = survey.storyboard.mix, survey.timeline.seconds
    files: dict[str, list[str]] = {name: [one.file for one in mix.tracks if one.role == name] for name in LANES}
    files["music"] += [mix.music.file] if mix.music else []
    loudness = survey.job.output.loudness
    found = []
    for lane in lanes:
        ducked = stretches(lane, seconds) if lane.down else []
        told = [f"to be mastered at {loudness:g} LUFS"] if lane.name == MIX and loudness is not None else []
        told += dict.fromkeys(files[lane.name])
        if ducked:
            told.append(f"{lane.duck_db:g} dB under narration at {', '.join(ducked)}")
        found.append({
            "name": LANES[lane.name], "bus": lane.name, "told": " · ".join(told), "path": outline(lane.levels),
            "down": slope(lane) if lane.down else "",
        })  # fmt: skip
    return found
