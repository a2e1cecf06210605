"""Why shots are to be shot again, grouped by what somebody changed: `characters.mira changed: 22 shots, $24`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher

from storyboard.planner.compare import MAX_WORDS, Change
from storyboard.spec.model import FrameOf, Shot

UNKNOWN = "what was ordered before is not known here"
WORDS_OF = {"prompt": "prompt", "multi_shot": "prompt", "beats": "prompt", "negative": "negative"}
"""The fields of a request that texts of the storyboard are appended to, and what those texts are called there."""
WRITTEN = {"seconds": "duration", "beats": "multi_shot"}
"""What an author calls a field of a request, where that is another name."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A shot whose take was made for another request."""

    shot: Shot
    changes: tuple[Change, ...] | None
    """How its request differs from the one that its take was made for; None when that one is not known."""
    cost: Decimal | None
    """The most that a new take costs in US dollars; zero when another shot's order brings it, None when unknown."""
    follows: str = ""
    """The shot that it goes on from, where that one is to be shot again."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that somebody changed, and the shots that are stale for it."""

    what: str
    """As in `characters.mira`, `defaults.model` or `prompt`; several, where each of the shots has them all."""
    shots: tuple[str, ...]
    cost: Decimal | None
    """The most that new takes cost in US dollars; None when a price is unknown."""


Texts = Mapping[str, str]
"""The texts that shots share, by where they stand, as in `characters.mira.prompt`: their templates filled in."""
Files = Mapping[str, str]
"""The names of files by the digests of their bytes."""


def group_causes(stale: Iterable[Stale], texts: Texts, names: Files) -> tuple[Cause, ...]:
    """Stale shots by what made them so, the dearest cause first; each shot stands in one group."""
    groups: dict[tuple[str, ...], list[Stale]] = {}
    for one in stale:
        groups.setdefault(causes_of(one, texts, names), []).append(one)
    causes = []
    for what, members in groups.items():
        costs = [one.cost for one in members]
        known = [cost for cost in costs if cost is not None]
        total = sum(known, Decimal(0)) if len(known) == len(costs) else None
        causes.append(Cause(" and ".join(what), tuple(one.shot.id for one in members), total))
    return tuple(sorted(causes, key=lambda one: (one.cost is not None, -(one.cost or 0), -len(one.shots), one.what)))


def causes_of(one: Stale, texts: Texts, names: Files) -> tuple[str, ...]:
    """What made a shot stale, each thing once."""
    if one.follows:
        return (f"the take of {one.follows}",)
    if one.changes is None:
        return (UNKNOWN,)
    found = [_cause(one.shot, change, texts, names) for change in one.changes]
    if len(set(found)) > 1:  # the size of a still follows the mode, the model and the aspect: it is nobody's wish
        found = [cause for cause, change in zip(found, one.changes, strict=True) if not change.field.endswith(".size")]
    return tuple(dict.fromkeys(found)) or (UNKNOWN,)


def _cause(shot: Shot, change: Change, texts: Texts, names: Files) -> str:
    name, _, part = change.field.partition(".")
    if name in WORDS_OF:
        suffix = f".{WORDS_OF[name]}"
        shared = {where: text for where, text in texts.items() if where.endswith(suffix) or where.startswith("vars.")}
        if where := shared_text(_words(change.old), _words(change.new), shared):
            return where.removesuffix(suffix)
    if name in ("first", "last") and part in ("source", "size", "focus"):
        return _picture(shot, name, part, names.get(str(change.new), ""))
    if name == "references":
        return _reference(change, names)
    field = WRITTEN.get(name, name)
    return field if field in shot.own or field in ("aspect", "version") else f"defaults.{field}"


def _picture(shot: Shot, name: str, part: str, file: str) -> str:
    """What changed one of a clip's frames: its file, the take that it is of, or how it is cropped."""
    frame = getattr(shot.order, name, None)
    if part == "source":
        return f"the take of {frame.shot}" if isinstance(frame, FrameOf) else file or name
    return "focus" if part == "focus" else "aspect"


def shared_text(old: str, new: str, texts: Texts) -> str:
    """Where the text stands that holds everything by which `new` differs from `old`; empty when none of them does.

    Of several, the shortest: a variable rather than the character whose prompt uses it.
    """
    before, after = old.split(), new.split()
    if max(len(before), len(after)) > MAX_WORDS:
        return ""
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    spans = [(k, m) if m > k else (k - 1, k + 1) for kind, _, _, k, m in codes if kind != "equal"]  # a gap's neighbours
    if not spans:
        return ""
    first, last = spans[0][0], max(m for _, m in spans)
    plain = [_bare(one) for one in after]
    for where, text in sorted(texts.items(), key=lambda item: (len(item[1].split()), item[0])):
        words = [_bare(one) for one in text.split()]
        starts = range(max(0, last - len(words)), first + 1) if words else ()
        if any(plain[start : start + len(words)] == words for start in starts):
            return where
    return ""


def _bare(word: str) -> str:
    """A word without its case, and without the sign that stands behind it where a text is joined to another."""
    return word.rstrip(".,;:!?…").casefold()


def _words(value: object) -> str:
    """A prompt, or those of the shots inside a clip, as one text."""
    if isinstance(value, list):
        return "\n".join(_words(one.get("prompt", "") if isinstance(one, Mapping) else one) for one in value)
    return value if isinstance(value, str) else ""


def _reference(change: Change, names: Files) -> str:
    """The one reference that is new, by its name."""
    old, new = ([one["source"] for one in side or ()] for side in (change.old, change.new))
    fresh = [names[one] for one in new if one not in old and one in names]
    return fresh[0] if len(fresh) == 1 else "references"
