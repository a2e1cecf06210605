"""A storyboard as plain fields by the names that an author writes, for comparing one version of it with another.

Whatever a shot or a film can say is here: the fields of the model's types are walked through, so that a new one cannot
be forgotten. Files stand with the digests of their bytes, times in a form that two ways to write the same time share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from storyboard.errors import Where
from storyboard.planner.compare import Fields, flatten
from storyboard.planner.request import normal
from storyboard.spec.model import Block, FrameOf, Shot, StillFile, Storyboard
from storyboard.timing import Duration, Rate

Digest = Callable[[str], str]
"""The SHA-256 of a file of the project; empty when it is not there."""

FILES = {
    "Card.image", "Motion.video", "Music.file", "Overlay.image", "Shot.footage", "Shot.lut", "Storyboard.captions",
    "Storyboard.lut", "Track.file",
}  # fmt: skip
"""What names a file that a film is made from."""
UNSEEN = {
    "FrameOf.shot", "Order.seconds", "Output.name", "Output.signed", "Shot.id", "Shot.order", "Shot.own", "Shot.path",
    "Shot.places", "Shot.reuse", "Storyboard.family", "Storyboard.file", "Storyboard.places", "Storyboard.shots",
    "Storyboard.unseen", "Storyboard.variant", "Storyboard.variants", "Transition.written",
}  # fmt: skip
"""What nobody writes, or what is told in another way."""
NAMES = {
    "Caption.length": "for", "Fade.duration": "fade", "Freeze.length": "for", "Motion.keep_sound": "sound",
    "Music.duck_db": "duck", "Music.end": "out", "Music.gain_db": "level", "Music.start": "in",
    "Order.beats": "multi_shot", "Order.routing": "gateway", "Output.rate": "fps", "Overlay.length": "for",
    "Shot.duck": "sound.duck", "Shot.end": "out", "Shot.gain_db": "sound.level", "Shot.keep": "sound.keep",
    "Shot.mute": "sound.mute", "Shot.start": "in", "Storyboard.mix": "sound",
    "Storyboard.sign": "provenance.sign", "Title.length": "for",
    "Track.end": "out", "Track.gain_db": "level", "Track.start": "in", "Transition.kind": "type",
}  # fmt: skip
"""The names of fields, where an author writes another one."""
NOTHING: tuple[Any, ...] = (None, "", [], {})


def shot_fields(storyboard: Storyboard, shot: Shot, digest: Digest) -> Fields:
    """Everything that a shot says, defaults included; its templates are filled in."""
    pen = _Pen(storyboard.rate, digest)
    ordered = pen.block(shot.order) if shot.order else {}
    footage = {"footage": {"shot": shot.reuse}} if shot.reuse else {}
    return flatten({**ordered, **footage, **pen.block(shot)})


def film_fields(storyboard: Storyboard, digest: Digest) -> Fields:
    """Everything that a film says beside its shots."""
    return flatten(_Pen(storyboard.rate, digest).block(storyboard))


class _Pen:
    """Writes values down plainly."""

    def __init__(self, rate: Rate, digest: Digest) -> None:
        self.rate, self.digest = rate, digest

    def block(self, value: Any) -> dict[str, Any]:
        return dict(self._fields(value))

    def _fields(self, value: Any) -> Iterator[tuple[str, Any]]:
        kind = type(value).__name__
        for one in fields(value):
            name, inner = f"{kind}.{one.name}", getattr(value, one.name)
            if name in UNSEEN or isinstance(inner, Where):
                continue
            plain = self.file(inner) if name in FILES and inner else self.plain(inner)
            if name == "Storyboard.outputs":
                plain = {output.name: self.block(output) for output in inner}
            if name == "Storyboard.aspect":
                plain = f"{inner.numerator}:{inner.denominator}"
            if plain not in NOTHING:
                yield NAMES.get(name, one.name), plain

    def file(self, name: str) -> dict[str, str]:
        return {"file": name, "sha256": self.digest(name)}

    def plain(self, value: Any) -> Any:
        """A value as JSON has it."""
        if isinstance(value, StillFile):
            return self.file(value.file)
        if isinstance(value, FrameOf):
            return {"shot": value.shot, "frame": "last"}
        if isinstance(value, Duration):
            return time_text(value, self.rate)
        if isinstance(value, Block):
            return {name: self.plain(one) for name, one in value.fields}
        if is_dataclass(value):
            return self.block(value)
        if isinstance(value, Mapping):
            return {str(name): self.plain(one) for name, one in value.items()}
        if isinstance(value, tuple | list | frozenset):
            return self._list(value)
        if isinstance(value, Fraction | Decimal):
            return number_text(Fraction(value))
        return normal(value) if isinstance(value, str) else value

    def _list(self, value: Any) -> Any:
        """A list; an order's options, which are pairs, as the block that they were written as."""
        entries = sorted(value) if isinstance(value, frozenset) else list(value)
        if entries and all(isinstance(one, tuple) and len(one) == 2 and isinstance(one[0], str) for one in entries):
            return {name: self.plain(one) for name, one in entries}
        return [self.plain(one) for one in entries]


def time_text(time: Duration, rate: Rate) -> str:
    """A time as `5s`, however it was written; as it was written when it is no plain number of seconds."""
    text = number_text(time.seconds(rate))
    return time.text if "/" in text else f"{text}s"


def number_text(number: Fraction) -> str:
    """A number as `0.75`; as `1/3` when it does not end within nine digits."""
    if number.denominator == 1:
        return str(number.numerator)
    places = next((count for count in range(1, 10) if not number * 10**count % 1), 0)
    return str(Decimal(number.numerator) / Decimal(number.denominator)) if places else str(number)
