"""The record of a film: every shot of it with what was asked for, which take came, and which part of that is used.

It has no key, no address, no path of a machine. What only the journal of the one who ordered knows, the job and the
time of the order, is null elsewhere; all else follows from storyboard, lock and takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import storyboard as program
from storyboard.assembler.assemble import Film, Job
from storyboard.assembler.timeline import Clip
from storyboard.planner.request import Request, request_of
from storyboard.planner.take import Take
from storyboard.production import Production
from storyboard.provenance.carried import credentials_digest
from storyboard.provenance.origins import source_type
from storyboard.spec.model import FrameOf, Music, Order, Shot, StillFile, Storyboard
from storyboard.store import orders
from storyboard.store.slates import Slates

FORMAT = 1
_JOB = re.compile(r"[\w.:-]{1,200}", re.ASCII)
"""What names a job: an id, and nothing that could be opened."""


@dataclass(frozen=True, slots=True)
class Making:
    """What films were made with."""

    production: Production
    takes: Mapping[str, Take]
    """By shot."""
    requests: Mapping[str, Request]
    """What the shots ask for now, as far as it was known before they were shot, by slate."""
    tools: str
    """What encoded them."""


def record_of(making: Making, job: Job, film: Film) -> dict[str, Any]:
    """The record of a film, as plain values."""
    desk = _desk(making, job.storyboard)
    output, timeline, takes = job.output, job.timeline, making.takes
    owners = {shot.reuse or shot.id for shot in job.storyboard.shots}
    used = {take.sha256: desk.asked_for(take).cost for id_, take in takes.items() if id_ in owners}
    record: dict[str, Any] = {
        "format_version": FORMAT,
        "made_by": f"storyboard {program.__version__}",
        "toolchain": making.tools,
        "film": {
            "title": job.storyboard.title, "file": output.file, "output": output.name,
            "variant": job.storyboard.variant or None, "sha256": film.sha256, "frames": film.frames,
            "rate": str(timeline.rate), "size": f"{output.width}x{output.height}", "source_type": "",
            "words_drawn": _draws_words(job), "cost": _dollars(sum(used.values(), Decimal(0))),
        },
        "shots": [desk.shot(clip) for clip in timeline.clips],
        "sounds": [
            {"file": one.file, "sha256": job.sounds[one.file], "role": "music" if isinstance(one, Music) else one.role}
            for one in job.storyboard.mix.sounds
        ],
        "overlays": [desk.file(name) for name in _overlays(job)],
    }  # fmt: skip
    record["film"]["source_type"] = source_type(record)
    return record


def _overlays(job: Job) -> list[str]:
    """The pictures that are laid over the film, each once, in their order."""
    if not job.output.titles:
        return []
    laid = (*job.storyboard.overlays, *(one for shot in job.storyboard.shots for one in shot.overlays))
    return list(dict.fromkeys(one.image for one in laid))


def _draws_words(job: Job) -> bool:
    """Whether words are drawn into the picture."""
    shots, output = job.storyboard.shots, job.output
    captions = bool(job.storyboard.captions) or any(shot.captions for shot in shots)
    titles = any(shot.titles for shot in shots)
    cards = any(shot.card and shot.card.text for shot in shots)
    return cards or (output.captions == "burn" and captions) or (output.titles and titles)


def _dollars(cost: Decimal) -> str:
    return format(cost.normalize(), "f") if cost else "0"


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a record is written from."""

    making: Making
    storyboard: Storyboard
    shots: Mapping[str, Shot]
    sources: dict[str, str]
    """The digest of each shot's take or footage."""
    bought: Mapping[str, Take]
    """The takes of the lock by digest, as they were bought."""

    @property
    def production(self) -> Production:
        """The project at work."""
        return self.making.production

    def asked_for(self, take: Take) -> Take:
        """A take as it was bought, where it was accepted for another request since."""
        return self.bought.get(take.sha256, take) if take.origin == "accepted" else take

    def file(self, name: str) -> dict[str, Any]:
        """A file of the project, with its digest."""
        return {"file": name, "sha256": self.production.digest(name)}

    def shot(self, clip: Clip) -> dict[str, Any]:
        """A shot as it is in the cut."""
        shot = clip.shot
        owner = self.shots.get(shot.reuse, shot)
        take = None if owner.card or owner.footage else self.making.takes.get(owner.id)
        bought = self.asked_for(take) if take else None
        return {
            "id": shot.id, "scene": shot.scene or None, "kind": _kind(owner, bought), "reuse": shot.reuse or None,
            "in_film": {"first": clip.start, "frames": clip.frames},
            "used": None if shot.card else _used(clip),
            "asked": self.asked(owner, owner.order, bought) if owner.order and bought else None,
            "take": self.taken(take, bought) if take and bought else None,
            "footage": self.footage(owner.footage) if owner.footage else None,
            "card": self.card(shot) if shot.card else None,
        }  # fmt: skip

    def card(self, shot: Shot) -> dict[str, Any]:
        """What a card shows."""
        card = shot.card
        return {"text": (card and card.text) or None, "image": self.file(card.image) if card and card.image else None}

    def footage(self, name: str) -> dict[str, Any]:
        """A clip of the project."""
        path, _ = self.production.sources[self.production.digest(name)]
        return {**self.file(name), "credentials": credentials_digest(path) or None}

    def taken(self, take: Take, bought: Take) -> dict[str, Any]:
        """A take: which it is, and how it came to be here."""
        ordered = self.order(bought)
        job, begun = ordered or ("", 0.0)
        path = self.production.takes.path(take.sha256)
        return {
            "number": take.number, "sha256": take.sha256, "origin": take.origin or "ordered",
            "parent": take.parent or None, "gateway": None if bought.origin == "imported" else take.gateway,
            "cost": _dollars(bought.cost), "made": bought.made or None, "job": job or None,
            "ordered": datetime.fromtimestamp(begun, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if begun else None,
            "credentials": (path.is_file() and credentials_digest(path)) or None,
        }  # fmt: skip

    def order(self, take: Take) -> tuple[str, float] | None:
        """The job that a take came of, and when its order was sent, where the journal knows them."""
        made = (one for one in self.production.orders.of_slate(take.slate) if one.sha256 == take.sha256)
        order = next(made, None) if take.gateway == "remote" else None
        return (_job(order), order.begun) if order else None

    def asked(self, shot: Shot, order: Order, take: Take) -> dict[str, Any] | None:
        """What a take was ordered as; None where nobody knows, as of one that was made elsewhere."""
        if take.origin == "imported":
            return None
        asked = self.request(shot, order, take.slate)
        if asked is None:
            return None
        names = ("mode", "prompt", "negative", "seconds", "audio", "beats", "options")
        known = {name: asked.get(name) for name in names}
        seed = take.seed if take.seed is not None else asked.get("seed")
        return {"model": take.model or asked.get("model"), **known, "seed": seed,
                "stills": list(self.stills(order, asked))}  # fmt: skip

    def request(self, shot: Shot, order: Order, slate: str) -> dict[str, Any] | None:
        """The request of a slate: what the shot asks for now where that is it, else what was written down of it."""
        known = self.making.requests.get(slate)
        with suppress(KeyError):  # a take that it went on from is not there any more
            known = known or request_of(self.storyboard, shot, order, self.production, self.sources)
        text = known.canonical() if known and known.slate == slate else None
        text = text or Slates(self.production.settings.home).get(slate)
        asked = json.loads(text) if text else None
        return asked if isinstance(asked, dict) else None

    def stills(self, order: Order, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The pictures, and the video, that an order went with."""
        sent = [order.first, order.last, *order.references]
        names = {self.production.digest(one.file): one.file for one in sent if isinstance(one, StillFile)}
        if order.motion:
            names[self.production.digest(order.motion.video)] = order.motion.video
        frames = {self.sources.get(one.shot): one.shot for one in sent if isinstance(one, FrameOf)}
        found = [(role, asked[role]) for role in ("first", "last", "motion") if role in asked]
        for role, one in [*found, *(("reference", one) for one in asked.get("references", ()))]:
            digest = one["source"]
            frame = one.get("frame") == "last"
            yield {"role": role, "file": None if frame else names.get(digest),
                   "last_frame_of": frames.get(digest) if frame else None, "sha256": digest}  # fmt: skip


def _desk(making: Making, storyboard: Storyboard) -> _Desk:
    production = making.production
    footage = {one.id: production.digest(one.footage) for one in storyboard.every if one.footage}
    bought = {take.sha256: take for take in production.lock.takes if take.origin != "accepted"}
    sources = footage | {id_: take.sha256 for id_, take in making.takes.items()}
    return _Desk(making, storyboard, {shot.id: shot for shot in storyboard.every}, sources, bought)


def _kind(shot: Shot, take: Take | None) -> str:
    if shot.card:
        return "card"
    if shot.footage or take is None:
        return "footage"
    if take.origin == "imported":
        return "imported"
    return "animatic" if take.gateway == "local" else "generated"


def _used(clip: Clip) -> dict[str, Any]:
    """Which frames of its source a clip shows, the last exclusive."""
    shown, facts = clip.source_frames(0, clip.frames), clip.facts
    return {"in": min(shown), "out": max(shown) + 1, "of": facts.frames, "rate": str(facts.rate),
            "speed": str(clip.shot.speed), "reverse": clip.shot.reverse}  # fmt: skip


def _job(order: orders.Order) -> str:
    """What a provider calls the job of an order; empty where it is no plain id."""
    named = (str(order.operation.get("gatewayJobId") or ""), order.generation)
    return next((name for name in named if _JOB.fullmatch(name)), "")
