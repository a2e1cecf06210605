"""Which frames of a source a segment shows: the filters that select them and set them on the film's frame grid."""

from __future__ import annotations

from fractions import Fraction

from storyboard.assembler.segments import Reel, Segment


def select_frames(reel: Reel, segment: Segment) -> str:
    """Filters that select the reel's source frames and set them on the film's frame grid, in whole frames."""
    take = f"trim=start_frame={reel.first}:end_frame={reel.last + 1}"
    rate, tick = frame_rate(segment), f"{segment.rate.denominator}/{segment.rate.numerator}"
    if reel.source_rate == segment.rate:
        return f"{take},settb={tick},setpts=N"
    ratio: Fraction = segment.rate / reel.source_rate
    # Source frame n is first seen on the clip's film frame ceil((n - inpoint) * film rate / source rate).
    source = f"(N+{reel.first - reel.inpoint})"
    seen = f"max(0,ceil({source}*{ratio.numerator}/{ratio.denominator})-{reel.phase})"
    fill = f"fps=fps={rate}:start_time=0:round=near,tpad=stop_mode=clone:stop={segment.frames}"
    return f"{take},settb={tick},setpts='{seen}',{fill},trim=end_frame={segment.frames},setpts=N"


def frame_rate(segment: Segment) -> str:
    """The segment's frame rate, as filters read it."""
    return f"{segment.rate.numerator}/{segment.rate.denominator}"
