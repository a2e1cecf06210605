"""How two shots go over into one another, and how a film opens and closes: filters, on the film's own frames."""

from __future__ import annotations

from storyboard.assembler.reels import frame_rate
from storyboard.assembler.segments import Dip, Segment


def cross(segment: Segment, number: int) -> str:
    """The chain from the two reels of transition `number` in the graph to its frames."""
    going, coming, a, b = f"[r{number}_0]", f"[r{number}_1]", f"[a{number}]", f"[b{number}]"
    if segment.transition == "fade":
        half = segment.frames // 2
        color, rate = ffmpeg_color(segment.color), frame_rate(segment)
        if not half:
            return f"{going}nullsink;{coming}fade=t=in:start_frame=0:nb_frames=1:color={color}"
        out = f"trim=end_frame={half},fade=t=out:start_frame=0:nb_frames={half}:color={color}"
        back = f"trim=start_frame={half},setpts=N/({rate}*TB),fade=t=in:start_frame=0:nb_frames={segment.frames - half}"
        return f"{going}{out}{a};{coming}{back}:color={color}{b};{a}{b}concat,setpts=N/({rate}*TB)"
    name = "fade" if segment.transition == "dissolve" else segment.transition
    # xfade works on full-resolution chroma: the conversion is ours, so that it is the same everywhere.
    full = "format=yuv444p,settb=1/1000000"
    seconds = float(segment.frames / segment.rate)
    return f"{going}{full}{a};{coming}{full}{b};{a}{b}xfade=transition={name}:duration={seconds:.6f}:offset=0"


def dip_filters(dip: Dip, segment: Segment) -> str:
    """A film's fade: it runs on the film's own clock, so that a segment may lie anywhere within it."""
    rate = frame_rate(segment)
    wait, seconds = (float(frames / segment.rate) for frames in (max(0, -dip.offset), dip.frames))
    fade = f"fade=t={dip.kind}:start_time={wait:.6f}:duration={seconds:.6f}:color={ffmpeg_color(dip.color)}"
    return f"setpts=(N+{max(0, dip.offset)})/({rate}*TB),{fade},setpts=N/({rate}*TB)"


def ffmpeg_color(color: str) -> str:
    """`#rrggbb` as a filter reads it."""
    return f"0x{color[1:]}"
