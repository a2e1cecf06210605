"""Which frames of a source a segment shows: the filters that select them and set them on the film's frame grid."""

from __future__ import annotations

from storyboard.assembler.segments import Reel, Segment
from storyboard.assembler.stretches import Stretch


def select_frames(reel: Reel, segment: Segment, decoded: int = 0) -> str:
    """Filters that select the reel's source frames and set them on the film's frame grid, in whole frames.

    `decoded` is the source frame that comes first out of the decoder: more than 0 where it began in the middle.
    """
    rate, tick = frame_rate(segment), f"{segment.rate.denominator}/{segment.rate.numerator}"
    take = f"trim=start_frame={reel.first - decoded}:end_frame={reel.last - decoded + 1},settb={tick}"
    # Every source frame is told when it is first seen, and the end when all is over, for `setpts` asks for it as for
    # a frame: of a clip that breaks off, too few frames come. Of frames that are seen at one time the last one stays,
    # and gaps are filled.
    seen = _sum([_seen(stretch, reel.first) for stretch in reel.stretches])
    fill = f"setpts='{seen}',fps=fps={rate}:start_time=0:round=near"
    turn = "reverse," if reel.backwards else ""
    return f"{take},{fill},{turn}setpts=N"


def _seen(stretch: Stretch, first: int) -> str:
    """How many film frames of a stretch have gone by when source frame N, counted from `first`, is seen."""
    passed = f"N-{stretch.first - first}"
    if stretch.step > 1:
        passed = f"ceil(({passed})/{stretch.step})"
    return f"{stretch.times}*clip({passed},0,{stretch.count})"


def _sum(terms: list[str]) -> str:
    """A sum in brackets: ffmpeg takes no more than 98 terms at one depth."""
    while len(terms) > 1:
        terms = [f"({'+'.join(terms[at : at + 64])})" for at in range(0, len(terms), 64)]
    return terms[0]


def frame_rate(segment: Segment) -> str:
    """The segment's frame rate, as filters read it."""
    return f"{segment.rate.numerator}/{segment.rate.denominator}"
