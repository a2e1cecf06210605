"""`film.lock`: every bought take of a film, shot by shot, and which one is circled. Text in, text out.

Written by a line generator, a line for each take, so that git shows a bought take as an added line and merges the takes
of two branches. It holds digests, facts and costs: no address, no secret, and nothing that changes without a cause.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from storyboard.errors import InvalidStoryboard, Problem
from storyboard.planner.take import Facts, Take
from storyboard.spec.source import Document, Path, read, show
from storyboard.timing import MAX_RATE

VERSION = 1
MOST_FRAMES, WIDEST = 1_000_000, 16_384
DEAREST = 1_000_000
"""US dollars: no take costs that much."""
HEAD = """\
# The takes that were bought for this film, and which one of each shot is circled. They cost money and cannot be made
# again: keep this file in git, and never delete it. `storyboard render` writes it.
"""
KEEP = "get the file back from git: `git checkout -- film.lock`; never delete it, it names what was paid for"
MERGE = "keep the `takes:` lines of both sides and one `circled:`; never delete the file, it names what was paid for"


@dataclass(frozen=True, slots=True)
class LockedShot:
    """The bought takes of a shot, in the order of their numbers."""

    takes: tuple[Take, ...]
    circled: str
    """The digest of the take that the cut uses."""

    @property
    def take(self) -> Take | None:
        """The circled take."""
        return next((take for take in self.takes if take.sha256 == self.circled), None)


@dataclass(frozen=True, slots=True)
class Lock:
    """What a film has bought."""

    shots: Mapping[str, LockedShot] = field(default_factory=dict)

    @property
    def takes(self) -> tuple[Take, ...]:
        """Every take that it names, each once. The same bytes for another slate are another take: both were paid."""
        every = (take for shot in self.shots.values() for take in shot.takes)
        return tuple({(take.slate, take.sha256): take for take in every}.values())

    def circled(self, shot: str) -> Take | None:
        """The circled take of a shot; None for a shot that has bought none."""
        return self.shots[shot].take if shot in self.shots else None

    @property
    def costs(self) -> dict[str, Decimal]:
        """What takes cost, by digest."""
        costs: dict[str, Decimal] = {}
        for take in self.takes:
            costs[take.sha256] = costs.get(take.sha256, Decimal(0)) + take.cost
        return costs

    def with_takes(self, takes: Iterable[tuple[str, Take]]) -> Lock:
        """This lock with the takes that shots have now, which are circled; a shot's numbers run on."""
        shots = dict(self.shots)
        for id_, take in takes:
            known = shots.get(id_, LockedShot((), ""))
            if all(one.sha256 != take.sha256 for one in known.takes):
                number = max((one.number for one in known.takes), default=0) + 1
                known = replace(known, takes=(*known.takes, replace(take, number=number)))
            shots[id_] = replace(known, circled=take.sha256)
        return Lock(shots)


def write_lock(lock: Lock) -> str:
    """The text of a lock."""
    lines = [HEAD + f"version: {VERSION}", "shots:"]
    for id_ in sorted(lock.shots):
        shot = lock.shots[id_]
        lines += [f"  {json.dumps(id_)}:", f"    circled: {shot.circled}", "    takes:"]
        lines += [f"      - {_line(take)}" for take in sorted(shot.takes, key=lambda one: (one.number, one.sha256))]
    return "\n".join(lines) + "\n"


def _line(take: Take) -> str:
    facts = take.facts
    values: dict[str, Any] = {
        "number": take.number, "sha256": take.sha256, "bytes": take.bytes, "frames": facts.frames,
        "rate": str(facts.rate), "size": f"{facts.width}x{facts.height}", "audio": facts.audio, "slate": take.slate,
        "model": take.model, "cost": str(take.cost), "made": take.made,
        "likeness": list(take.likeness) if any(take.likeness) else [], "warnings": list(take.warnings),
    }  # fmt: skip
    shown = (f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items() if value != [])
    return "{" + ", ".join(shown) + "}"


def read_lock(file: str, data: bytes) -> Lock:
    """The lock in `data`; InvalidStoryboard with the place of what cannot be understood. It is never guessed at."""
    document = read(file, data)
    if document.problems:
        raise InvalidStoryboard([_advised(problem) for problem in document.problems])
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("version"), int):
        raise _wrong(document, (), "this is not a lock: it has no `version`")
    if value["version"] != VERSION:
        problem = f"the lock has version {value['version']}, and this storyboard writes version {VERSION}"
        raise _wrong(document, ("version",), problem, "install a newer storyboard; leave the file as it is")
    shots = value.get("shots") or {}
    if not isinstance(shots, dict):
        raise _wrong(document, ("shots",), "`shots` is not a block")
    return Lock({str(id_): _shot(document, ("shots", id_), shot) for id_, shot in shots.items()})


def _advised(problem: Problem) -> Problem:
    return replace(problem, hint=MERGE if problem.code == "merge-conflict" else KEEP)


def _shot(document: Document, path: Path, value: object) -> LockedShot:
    if not isinstance(value, dict) or not isinstance(value.get("takes"), list):
        raise _wrong(document, path, f"`{show(path)}` names no takes")
    rows = enumerate(value["takes"])
    takes = {take.sha256: take for take in (_take(document, (*path, "takes", index), row) for index, row in rows)}
    circled = value.get("circled")
    if circled not in takes:
        raise _wrong(document, (*path, "circled"), "the circled take is none of the shot's takes")
    return LockedShot(tuple(takes.values()), str(circled))


def _take(document: Document, path: Path, value: object) -> Take:
    try:
        if not isinstance(value, dict):
            raise TypeError
        width, _, height = str(value["size"]).partition("x")
        rate = Fraction(str(value["rate"]))
        facts = Facts(int(value["frames"]), rate, int(width), int(height), audio=value["audio"] is True)
        cost, digests = Decimal(str(value["cost"])), (str(value["sha256"]), str(value["slate"]))
        positive = min(facts.frames, facts.rate, facts.width, facts.height, value["number"], value["bytes"]) > 0
        sane = 1 <= facts.rate <= MAX_RATE and facts.frames <= MOST_FRAMES and max(facts.width, facts.height) <= WIDEST
        if not positive or not sane or not 0 <= cost < DEAREST or not all(map(_is_digest, digests)):
            raise ValueError
        return Take(
            slate=digests[1], number=int(value["number"]), sha256=digests[0], bytes=int(value["bytes"]), facts=facts,
            gateway="remote", recipe="", cost=cost, warnings=tuple(map(str, value.get("warnings", ()))),
            model=str(value["model"]), made=str(value["made"]), likeness=_likeness(value.get("likeness", (None, None))),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise _wrong(document, path, "this take cannot be read") from None


def _likeness(ends: Any) -> tuple[float | None, float | None]:
    first, last = (None if one is None else float(one) for one in ends)
    if any(share is not None and not 0 <= share <= 1 for share in (first, last)):
        raise ValueError
    return first, last


def _is_digest(text: str) -> bool:
    return bool(re.fullmatch("[0-9a-f]{64}", text))


def _wrong(document: Document, path: Path, message: str, hint: str = KEEP) -> InvalidStoryboard:
    return InvalidStoryboard([Problem(document.place(path), show(path), "lock", message, hint)])
