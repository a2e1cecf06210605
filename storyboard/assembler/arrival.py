"""What a clip that has arrived is like, beside what was ordered. A deviation marks a take; it never spends again.

Tolerances come from what models are known to
send: five seconds that last 5.04 or 5.1, a short side of 1072 for 1080, 832x480 for 16:9.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.assembler.glance import QUIET, Glance, glance, grey_of
from storyboard.planner.take import Facts

if TYPE_CHECKING:
    from storyboard.assembler.glance import Grey

FRAMES_OFF, SHARE_OFF = 3, Fraction(2, 100)
"""A length may be so many frames and such a share away from what was ordered."""
SHAPE_OFF = 0.03
SHORT_SIDE = 0.95
"""A picture may be so much smaller than its mode says; a larger one is no deviation."""
RATE_OFF = 0.002
SOUND_MISSING = 0.1
"""The share of a clip, and no less than half a second, that its sound may end early."""
BLACK, DARK = 10.0, 28.0
"""Mean and brightest part of a black picture at the most, of 255."""
FLAT = 6.0
STILL = 2.0
"""How far the parts of a picture move apart between samples in a frozen clip, of 255."""
FAR = 0.4
"""Below this likeness a picture does not show what the still shows: photographs of other things reach 0.25, the same
photograph cropped by a tenth 0.5, brightened by a third 0.9."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was ordered, as far as it is known; None says nothing."""

    seconds: int | None = None
    short_side: int | None = None
    """Pixels, as the model's mode promises."""
    aspect: Fraction | None = None
    """Width by height; without it, that of the first or the last still."""
    rate: Fraction | None = None
    audio: bool | None = None
    first: Path | None = None
    """The first still as it was sent."""
    last: Path | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a clip differs from what was ordered."""

    deviations: tuple[str, ...] = ()
    """A clause each: `it is silent, and sound was ordered`."""
    first: float | None = None
    """How like its still the first frame is, 0 to 1: structural similarity (SSIM) of small grey pictures."""
    last: float | None = None


def check(path: Path, facts: Facts, wanted: Wanted) -> Arrival:
    """How a whole clip, measured as `facts`, differs from what was wanted. It raises nothing for a bad clip."""
    seen = glance(path)
    first = _likeness(wanted.first, seen.pictures[0]) if seen.pictures else None
    last = _likeness(wanted.last, seen.pictures[-1]) if seen.pictures else None
    deviations = [*_length(facts, wanted), *_size(facts, wanted), *_rate(facts, wanted, seen)]
    if wanted.audio is not None:
        deviations += _sound(facts, seen, ordered=wanted.audio)
    empty = list(_emptiness(seen))
    for name, likeness in (("first", first), ("last", last)):
        if likeness is not None and likeness < FAR and not empty:
            empty.append(f"its {name} frame is far from the still (likeness {likeness:.2f} of 1)")
    return Arrival((*deviations, *empty), first, last)


def _length(facts: Facts, wanted: Wanted) -> Iterator[str]:
    if wanted.seconds and abs(facts.seconds - wanted.seconds) > FRAMES_OFF / facts.rate + wanted.seconds * SHARE_OFF:
        yield f"it lasts {_number(facts.seconds)} s, and {wanted.seconds} s were ordered"


def _size(facts: Facts, wanted: Wanted) -> Iterator[str]:
    aspect = wanted.aspect or _aspect_of(wanted.first or wanted.last)
    shape = aspect is not None and abs(facts.width / facts.height / float(aspect) - 1) > SHAPE_OFF
    small = wanted.short_side is not None and min(facts.width, facts.height) < wanted.short_side * SHORT_SIDE
    if not shape and not small:
        return
    ordered = f"a short side of {wanted.short_side}"
    if aspect is not None:
        rough = aspect.limit_denominator(50)
        ordered = f"{rough.numerator}:{rough.denominator}"
        if wanted.short_side is not None:
            long = round(wanted.short_side * max(aspect, 1 / aspect) / 2) * 2
            sides = (long, wanted.short_side) if aspect >= 1 else (wanted.short_side, long)
            ordered = f"{sides[0]}x{sides[1]}"
    yield f"its picture is {facts.width}x{facts.height}, and {ordered} was ordered"


def _rate(facts: Facts, wanted: Wanted, seen: Glance) -> Iterator[str]:
    if wanted.rate and abs(facts.rate / wanted.rate - 1) > RATE_OFF:
        yield f"it has {_number(facts.rate)} frames a second, and {_number(wanted.rate)} were ordered"
    steps = sorted(after - before for before, after in zip(seen.times, seen.times[1:], strict=False))
    if steps and (steps[-1] > 1.5 * steps[len(steps) // 2] or steps[0] < 0.5 * steps[len(steps) // 2]):
        yield "its frames are unevenly spaced"


def _sound(facts: Facts, seen: Glance, *, ordered: bool) -> Iterator[str]:
    heard = facts.audio and seen.peak > QUIET
    length = float(facts.seconds)
    if ordered and not heard:
        yield "it is silent, and sound was ordered"
    elif heard and not ordered:
        yield "it has sound, and none was ordered"
    elif heard and seen.sound_end < length - max(0.5, SOUND_MISSING * length):
        yield f"its sound ends at {seen.sound_end:.1f} s"


def _emptiness(seen: Glance) -> Iterator[str]:
    """What is wrong with a clip whose pictures show nothing, or nothing new."""
    import numpy as np

    pictures = seen.pictures
    if seen.broken:
        yield "some of its pictures cannot be decoded"
    elif all(one.mean() < BLACK and one.max() < DARK for one in pictures):
        yield "it is black"
    elif all(np.percentile(one, 99) - np.percentile(one, 1) < FLAT for one in pictures):
        yield "it is one flat colour"
    elif len(pictures) > 1 and all(_movement(pictures[0], one) < STILL for one in pictures[1:]):
        yield "it is frozen"


def _movement(before: Grey, after: Grey) -> float:
    """How far that part of a picture changed that changed most, of 255."""
    import numpy as np

    change = after - before
    parts = np.lib.stride_tricks.sliding_window_view(change, (4, 4)).mean(axis=(2, 3))
    return float(np.abs(parts).max())


def _likeness(still: Path | None, picture: Grey) -> float | None:
    """How like a still a picture is; None without a still, or when it is no longer there."""
    import numpy as np
    from PIL import Image

    if still is None:
        return None
    try:
        with Image.open(still) as image:
            height, width = picture.shape
            small = image.convert("RGB").resize((width, height), Image.Resampling.BOX)
    except OSError:
        return None
    return round(min(1.0, max(0.0, structural_similarity(grey_of(np.asarray(small)), picture))), 3)


def structural_similarity(one: Grey, other: Grey) -> float:
    """The mean of SSIM (Wang and others, 2004) over all windows of 7 by 7 pixels; 1 for equal pictures of 0 to 255."""
    import numpy as np

    def local(picture: Grey) -> Grey:
        mean: Grey = np.lib.stride_tricks.sliding_window_view(picture, (7, 7)).mean(axis=(2, 3))
        return mean

    mean_one, mean_other = local(one), local(other)
    spread_one, spread_other = local(one * one) - mean_one**2, local(other * other) - mean_other**2
    common = local(one * other) - mean_one * mean_other
    light, contrast = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * mean_one * mean_other + light) * (2 * common + contrast)
    below = (mean_one**2 + mean_other**2 + light) * (spread_one + spread_other + contrast)
    return float((above / below).mean())


def _aspect_of(still: Path | None) -> Fraction | None:
    from PIL import Image

    if still is None:
        return None
    try:
        with Image.open(still) as image:
            return Fraction(*image.size)
    except OSError:
        return None


def _number(value: Fraction) -> str:
    return f"{float(value):.2f}".rstrip("0").rstrip(".")
