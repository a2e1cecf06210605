"""How a shot stands in the film as it is laid out, counted in film frames of its take. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from storyboard.assembler.timeline import Clip
from storyboard.spec.model import Output


@dataclass(frozen=True, slots=True)
class Stand:
    """What of its take a shot shows. Places count film frames of the take, as the timeline does."""

    frames: int
    begin: Fraction
    """The earliest place that is shown."""
    speed: Fraction = Fraction(1)
    reverse: bool = False
    still: Fraction | None = None
    hold: int = 0

    @property
    def end(self) -> Fraction:
        """The place behind the last that is shown."""
        return self.begin + (self.frames - self.hold) * self.speed


def grid_of(clip: Clip, output: Output) -> Fraction:
    """Source frames that pass with a film frame at the take's own speed."""
    return clip.facts.rate / output.rate if output.conform == "repeat" else Fraction(1)


def unit_of(clip: Clip, output: Output) -> Fraction:
    """Seconds of the take for a film frame of it."""
    return grid_of(clip, output) / clip.facts.rate


def stand_of(clip: Clip, output: Output) -> Stand:
    """How a clip stands in a film."""
    grid = grid_of(clip, output)
    moving = [span for span in clip.spans if span.step]
    still = [span for span in clip.spans if not span.step]
    ends = [place for span in clip.spans for place in (span.first, span.first + (span.frames - 1) * span.step)]
    pace = moving[0].step / grid if moving else clip.shot.speed
    return Stand(
        clip.frames, min(ends) / grid, abs(pace), pace < 0, still[0].first / grid if still else None,
        sum(span.frames for span in still),
    )  # fmt: skip
