"""`film.lock`: every bought take of a film, shot by shot, and which one is circled. Text in, text out.

Written by a line generator, a line for each take, so that git shows a bought take as an added line and merges the takes
of two branches. It holds digests, facts and costs: no address, no secret, and nothing that changes without a cause.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast, get_args

from storyboard.errors import InvalidStoryboard, Problem
from storyboard.planner.take import Facts, Origin, Take
from storyboard.spec.places import Path
from storyboard.spec.source import Document, read, show
from storyboard.timing import MAX_RATE

VERSION = 1
MOST_TAKES, MOST_FRAMES, WIDEST = 1_000_000, 1_000_000, 16_384
ROOM = 3
"""How many storyboards a lock may be as large as: that of the longest film, with a take and a retake of every shot."""
DEAREST = 1_000_000
"""US dollars: no take costs that much."""
HEAD = """\
# The takes that were bought for this film, and which one of each shot is circled. They cost money and cannot be made
# again: keep this file in git, and never delete it. `storyboard render` writes it.
"""
FIELDS = (
    "number", "sha256", "bytes", "frames", "rate", "size", "audio", "slate", "model", "cost", "made", "origin",
    "parent", "seed", "note", "likeness", "warnings",
)  # fmt: skip
"""What is said of a take, in this order. What else stands in its line is kept behind them."""
_PLAIN = re.compile("(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z_][a-z0-9_]*")
_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}(@[A-Za-z0-9][A-Za-z0-9_-]{0,63})?")
"""A shot, or a shot of a variant that has takes of its own."""
KEEP = "`{repair}` keeps what can be read and adds what was bought here; never delete it, it names what was paid for"
MERGE = "`{repair}` keeps the `takes:` lines of both sides; never delete the file, it names what was paid for"


@dataclass(frozen=True, slots=True)
class LockedShot:
    """The takes of a shot, in the order of their numbers. One that was accepted stands there for each of its slates."""

    takes: tuple[Take, ...]
    circled: str
    """The digest of the take that the cut uses."""

    @property
    def take(self) -> Take | None:
        """The circled take, as it was recorded last."""
        return next((take for take in reversed(self.takes) if take.sha256 == self.circled), None)

    @property
    def next_number(self) -> int:
        """The number of the next take."""
        return max((take.number for take in self.takes), default=0) + 1

    def joined(self, take: Take) -> LockedShot:
        """With one more take, its number the next one; as it is when its bytes are there already."""
        if any(one.sha256 == take.sha256 for one in self.takes):
            return self
        return replace(self, takes=(*self.takes, replace(take, number=self.next_number)))


@dataclass(frozen=True, slots=True)
class Lock:
    """What a film has bought."""

    shots: Mapping[str, LockedShot] = field(default_factory=dict)
    _slates: dict[str, tuple[Take, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def takes(self) -> tuple[Take, ...]:
        """Every take that it names, each once. The same bytes for another slate are another take: both were paid."""
        every = (take for shot in self.shots.values() for take in shot.takes)
        return tuple({(take.slate, take.sha256): take for take in every}.values())

    def of_slate(self, slate: str) -> tuple[Take, ...]:
        """Every take that was made for a slate, or accepted for it: found at once, however many takes there are."""
        if not self._slates:
            for take in self.takes:
                self._slates[take.slate] = (*self._slates.get(take.slate, ()), take)
        return self._slates.get(slate, ())

    def circled(self, shot: str, slate: str = "") -> Take | None:
        """The circled take of a shot, None where it has none; with a slate, as it was recorded for that."""
        if shot not in self.shots:
            return None
        known = self.shots[shot]
        if not slate:
            return known.take
        return next((take for take in known.takes if take.sha256 == known.circled and take.slate == slate), None)

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
            shots[id_] = replace(shots.get(id_, NO_TAKES).joined(take), circled=take.sha256)
        return Lock(shots)

    def with_more(self, id_: str, takes: Iterable[Take]) -> Lock:
        """This lock with further takes of a shot. The circled one stays; where there is none, it is the first."""
        shot = self.shots.get(id_, NO_TAKES)
        for take in takes:
            shot = shot.joined(take)
            shot = replace(shot, circled=shot.circled or take.sha256)
        return Lock({**self.shots, id_: shot}) if shot.takes else self

    def with_circled(self, id_: str, digest: str, slate: str = "") -> Lock:
        """This lock with another take of a shot circled; with a slate, it is recorded as accepted for that."""
        shot = replace(self.shots[id_], circled=digest)
        take = shot.take
        if take and slate and all((one.sha256, one.slate) != (digest, slate) for one in shot.takes):
            kept = replace(take, slate=slate, origin="accepted", cost=Decimal(0), note="", more=())
            places = [place for place, one in enumerate(shot.takes, 1) if one.sha256 == digest]
            shot = replace(shot, takes=(*shot.takes[: places[-1]], kept, *shot.takes[places[-1] :]))
        return Lock({**self.shots, id_: shot})


NO_TAKES = LockedShot((), "")


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
        "model": take.model, "cost": str(take.cost), "made": take.made, "origin": take.origin or [],
        "parent": take.parent or [], "seed": take.seed or [], "note": take.note or [],
        "likeness": list(take.likeness) if any(take.likeness) else [], "warnings": list(take.warnings),
    }  # fmt: skip
    shown = [f"{name}: {_quoted(value)}" for name, value in values.items() if value != []]
    more = (f"{name if _PLAIN.fullmatch(name) else _quoted(name)}: {text}" for name, text in take.more)
    return "{" + ", ".join((*shown, *more)) + "}"


def _quoted(value: object) -> str:
    """A value as JSON that YAML reads alike: what does not print is escaped, and half a character is replaced."""
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in text)


def read_lock(file: str, data: bytes) -> Lock:
    """The lock in `data`; InvalidStoryboard with the place of what cannot be understood. It is never guessed at."""
    document = read(file, data, room=ROOM)
    if document.problems:
        raise InvalidStoryboard([replace(one, hint=_advice(one.where.file, one.code)) for one in document.problems])
    value = document.value
    if not isinstance(value, dict) or type(value.get("version")) is not int:
        raise _wrong(document, (), "this is not a lock: it has no `version`")
    if value["version"] != VERSION:
        problem = f"the lock has version {value['version']}, and this storyboard writes version {VERSION}"
        raise _wrong(document, ("version",), problem, "install a newer storyboard; leave the file as it is")
    shots = value.get("shots") or {}
    if not isinstance(shots, dict):
        raise _wrong(document, ("shots",), "`shots` is not a block")
    _check_keys(document, (), value, ("version", "shots"))
    for id_ in shots:
        if not _NAME.fullmatch(str(id_)):
            message, path = f"`{show((id_,))}` is not the name of a shot", ("shots", id_)
            where = document.name(path)
            raise InvalidStoryboard([Problem(where, show(path), "lock", message, _advice(file))])
    return Lock({str(id_): _shot(document, ("shots", id_), shot) for id_, shot in shots.items()})


def _advice(file: str, code: str = "") -> str:
    """What helps with a lock that cannot be read."""
    repair = f"storyboard verify {shlex.quote(file.removesuffix('.lock') + '.yaml')} --repair-lock"
    return (MERGE if code == "merge-conflict" else KEEP).format(repair=repair)


def _shot(document: Document, path: Path, value: object) -> LockedShot:
    if not isinstance(value, dict) or not isinstance(value.get("takes"), list):
        raise _wrong(document, path, f"`{show(path)}` names no takes")
    _check_keys(document, path, value, ("circled", "takes"))
    rows = enumerate(value["takes"])
    every = (_take(document, (*path, "takes", index), row) for index, row in rows)
    takes = {(take.sha256, take.slate): take for take in every}
    circled = value.get("circled")
    if all(circled != digest for digest, _ in takes):
        raise _wrong(document, (*path, "circled"), "the circled take is none of the shot's takes")
    return LockedShot(_numbered(takes.values()), str(circled))


def _check_keys(document: Document, path: Path, value: Mapping[Any, Any], known: tuple[str, ...]) -> None:
    """What nobody knows would be gone when the lock is written again: a shot that was moved, say."""
    for key in value:
        if key not in known:
            raise _wrong(document, (*path, key), f"a lock has no `{show((key,))}` here")


def _numbered(takes: Iterable[Take]) -> tuple[Take, ...]:
    """Takes by their numbers. Two branches may have given one number to two: the later digest gets the next free."""
    numbers: dict[str, int] = {}
    twice: list[str] = []
    for take in sorted(takes, key=lambda one: (one.number, one.sha256)):
        if take.sha256 not in numbers and take.number in numbers.values():
            twice.append(take.sha256)
        else:
            numbers.setdefault(take.sha256, take.number)
    for digest in twice:
        numbers.setdefault(digest, max(numbers.values()) + 1)
    return tuple(sorted((replace(one, number=numbers[one.sha256]) for one in takes), key=lambda one: one.number))


def _take(document: Document, path: Path, value: object) -> Take:
    try:
        if not isinstance(value, dict):
            raise TypeError
        width, _, height = str(value["size"]).partition("x")
        rate = Fraction(str(value["rate"]))
        numbers = [value[name] for name in ("number", "bytes", "frames")] + [value.get("seed", 0)]
        kinds = {type(one) for one in numbers}, type(value["audio"]), type(value.get("warnings", []))
        if kinds != ({int}, bool, list):
            raise TypeError
        facts = Facts(value["frames"], rate, int(width), int(height), audio=value["audio"])
        cost, digests = Decimal(str(value["cost"])), (str(value["sha256"]), str(value["slate"]))
        positive = min(facts.frames, facts.rate, facts.width, facts.height, value["number"], value["bytes"]) > 0
        sane = 1 <= facts.rate <= MAX_RATE and facts.frames <= MOST_FRAMES and max(facts.width, facts.height) <= WIDEST
        sane = sane and value["number"] <= MOST_TAKES and 0 <= cost < DEAREST
        if not positive or not sane or not all(map(_is_digest, digests)):
            raise ValueError
        return Take(
            slate=digests[1], number=value["number"], sha256=digests[0], bytes=value["bytes"], facts=facts,
            gateway="remote", recipe="", cost=cost, warnings=tuple(map(str, value.get("warnings", ()))),
            model=str(value["model"]), made=str(value["made"]), likeness=_likeness(value.get("likeness", (None, None))),
            origin=_origin(value.get("origin", "")), parent=_parent(value.get("parent", "")),
            seed=value.get("seed"), note=str(value.get("note", "")), more=tuple(_more(value)),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise _wrong(document, path, "this take cannot be read") from None


def _more(value: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """The fields that are not known here: written as they will be read again, or not at all."""
    for name, one in value.items():
        if name not in FIELDS:
            text = f"{{{_quoted(name)}: {_quoted(one)}}}"
            if read("", text.encode()).value != {name: one}:
                raise ValueError
            yield name, _quoted(one)


def _likeness(ends: Any) -> tuple[float | None, float | None]:
    first, last = (None if one is None else float(one) for one in ends)
    if any(share is not None and not 0 <= share <= 1 for share in (first, last)):
        raise ValueError
    return first, last


def _origin(value: object) -> Origin:
    if value not in get_args(Origin):
        raise ValueError
    return cast("Origin", value)


def _parent(value: object) -> str:
    if value and not _is_digest(str(value)):
        raise ValueError
    return str(value)


def _is_digest(text: str) -> bool:
    return bool(re.fullmatch("[0-9a-f]{64}", text))


def _wrong(document: Document, path: Path, message: str, hint: str = "") -> InvalidStoryboard:
    return InvalidStoryboard(
        [Problem(document.place(path), show(path), "lock", message, hint or _advice(document.file))]
    )
