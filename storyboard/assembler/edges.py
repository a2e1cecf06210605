"""How two shots go over into one another, and how a film opens and closes: filters, on the film's own frames.

A transition of n frames shows shares 1/(n+1) to n/(n+1) of the coming shot: its first frame has begun to change, its
last one has not arrived. What is mixed is mixed in the film's own BT.709 planes, and is right to within a level.
"""

from __future__ import annotations

from fractions import Fraction

from storyboard.assembler.reels import frame_rate
from storyboard.assembler.segments import Dip, Segment

THROUGH = {"fadeblack": "#000000", "fadewhite": "#ffffff"}
"""ffmpeg's own go below black and above white: they are fades through a colour here."""

WHOLE = frozenset({"distance", "fadegrays", "hlwind", "hrwind", "vuwind", "vdwind", "circlecrop", "rectcrop"})
"""Those of ffmpeg that look at luma and chroma at once. All others are drawn in each plane by itself, which costs an
eighth as much, and leaves every pixel as it is that they do not change."""

TICKS = 1_000_000
"""Of a whole transition: how far it has come is told by time stamps."""

PACES = {"linear": (1, 0, 0), "in": (0, 1, 0), "out": (2, -1, 0), "in-out": (0, 3, -2)}
"""How far a transition has come, of how far it would have at an even pace: the factors of its first three powers."""

SPANS = {
    "circleopen": (Fraction(1, 6), Fraction(5, 6)), "circleclose": (Fraction(1, 6), Fraction(5, 6)),
    "hlslice": (Fraction(1, 15), Fraction(14, 15)), "hrslice": (Fraction(1, 15), Fraction(14, 15)),
    "vuslice": (Fraction(1, 15), Fraction(14, 15)), "vdslice": (Fraction(1, 15), Fraction(14, 15)),
    "radial": (Fraction(1, 10), Fraction(1)),
}  # fmt: skip
"""The part of ffmpeg's own in which there is something to see, where it is not all: they are kept to it."""


def cross(segment: Segment, number: int) -> str:
    """The chain from the two reels of transition `number` in the graph to its frames."""
    going, coming = f"[r{number}_0]", f"[r{number}_1]"
    if segment.transition == "dissolve":
        drawn = f"{going}{_steps(segment)}[a{number}];{coming}{_appear(_pace(segment), segment)}[b{number}]"
        return f"{drawn};{_lay(f'a{number}', f'b{number}')}"
    if segment.transition == "fade" or segment.transition in THROUGH:
        return _through(segment, number)
    low, high = SPANS.get(segment.transition, (Fraction(0), Fraction(1)))
    timed = _ticks(f"{float(low)}+{float(high - low)}*{_pace(segment)}")
    begun = float(low + (high - low) * _share(segment, 0))
    change = f"xfade=transition={segment.transition}:duration=1:offset={-begun:.6f}"
    if segment.transition in WHOLE:
        # Chroma is doubled and halved again by repetition: what the transition leaves alone comes out as it went in.
        wide, narrow = (f"scale=flags=neighbor+bitexact,format={kind}" for kind in ("yuv444p", "yuv420p"))
        drawn = f"{going}{wide},{timed}[a{number}];{coming}{wide},{timed}[b{number}];[a{number}][b{number}]{change}"
        legal = ",limiter=min=16:planes=1" if segment.transition.endswith("crop") else ""  # its black is 0
        return f"{drawn},{narrow}{legal},{_steps(segment)}"
    planes = [f"{plane}{number}" for plane in "yuv"]
    parts = [
        f"{reel}format=yuv420p,{timed},extractplanes=y+u+v" + "".join(f"[{side}{plane}]" for plane in planes)
        for reel, side in ((going, "a"), (coming, "b"))
    ]
    parts += [f"[a{plane}][b{plane}]{change}[c{plane}]" for plane in planes]
    merged = "".join(f"[c{plane}]" for plane in planes)
    return ";".join([*parts, f"{merged}mergeplanes=0x001020:yuv420p,{_steps(segment)}"])


def dip_filters(dip: Dip, segment: Segment, name: str) -> str:
    """A film's fade, put behind a chain that it goes on with: the first frame of the film is the colour, or the last.

    It counts the film's own frames, so that a segment may lie anywhere within it. `name` is unique in the graph.
    """
    gone = f"(N+{dip.offset})" if dip.kind == "in" else f"(N+1+{dip.offset})"
    share = f"clip({gone}/{dip.frames},0,1)"
    veil = _veil(dip.color, f"1-{share}" if dip.kind == "in" else share, segment)
    return f",{_steps(segment)}[under{name}];{veil}[veil{name}];{_lay(f'under{name}', f'veil{name}')}"


def ffmpeg_color(color: str) -> str:
    """`#rrggbb` as a filter reads it."""
    return f"0x{color[1:]}"


def luma_chroma(color: str) -> tuple[int, int, int]:
    """`#rrggbb` as luma and chroma in BT.709, 8 bits, from 16 to 235 and 240."""
    red, green, blue = (Fraction(int(color[at : at + 2], 16), 255) for at in (1, 3, 5))
    luma = Fraction("0.2126") * red + Fraction("0.7152") * green + Fraction("0.0722") * blue
    u, v = (blue - luma) / Fraction("1.8556"), (red - luma) / Fraction("1.5748")
    return round(16 + 219 * luma), round(128 + 224 * u), round(128 + 224 * v)


def _through(segment: Segment, number: int) -> str:
    """A fade through a colour, which is reached in the middle: on one frame, or two."""
    going, coming, a, b = f"[r{number}_0]", f"[r{number}_1]", f"[a{number}]", f"[b{number}]"
    shares = [_share(segment, index) for index in range(segment.frames)]
    half = sum(share < Fraction(1, 2) for share in shares)
    back = f"trim=start_frame={half},{_steps(segment)}"
    if 0 < half < segment.frames:
        shown = f"{going}trim=end_frame={half},{_steps(segment)}{a};{coming}{back}{b};{a}{b}concat,{_steps(segment)}"
    else:
        seen, unseen = (going, coming) if half else (coming, going)
        shown = f"{unseen}nullsink;{seen}{_steps(segment)}"
    deepest = max(1 - abs(1 - 2 * share) for share in shares)
    covered = f"min(1,(1-abs(1-2*{_pace(segment)}))/{float(deepest) - 1e-9:.9f})"
    veil = _veil(THROUGH.get(segment.transition, segment.color), covered, segment)
    return f"{shown}[under{number}];{veil}[veil{number}];{_lay(f'under{number}', f'veil{number}')}"


def _veil(color: str, share: str, segment: Segment) -> str:
    """Frames without end of one colour, as opaque as the expression `share` (of the frame's number N) says."""
    luma, u, v = luma_chroma(color)
    size = f"{segment.width}x{segment.height}"
    flat = f"color=s={size}:r={frame_rate(segment)},trim=end_frame=1,format=yuva420p"
    return f"{flat},lutyuv=y={luma}:u={u}:v={v}:a=255,loop=loop=-1:size=1,{_appear(share, segment)}"


def _appear(share: str, segment: Segment) -> str:
    """Frames made as opaque as the expression `share` says."""
    return f"{_ticks(share)},format=yuva420p,fade=t=in:alpha=1:start_time=0:duration=1,{_steps(segment)}"


def _lay(under: str, over: str) -> str:
    # `shortest`: of a clip that breaks off, too few frames come, and that is noticed.
    return f"[{under}][{over}]overlay=format=yuv420:shortest=1"


def _ticks(share: str) -> str:
    return f"settb=1/{TICKS},setpts='round({TICKS}*({share}))'"


def _steps(segment: Segment) -> str:
    return f"settb={segment.rate.denominator}/{segment.rate.numerator},setpts=N"


def _pace(segment: Segment) -> str:
    """How far a transition has come on frame N, as an expression between 0 and 1."""
    even, (one, two, three) = f"((N+1)/{segment.frames + 1})", PACES[segment.easing]
    return f"({even}*({one}+{even}*({two}+{even}*({three}))))"


def _share(segment: Segment, index: int) -> Fraction:
    """The same as a number, on frame `index`."""
    even, (one, two, three) = Fraction(index + 1, segment.frames + 1), PACES[segment.easing]
    return even * (one + even * (two + even * three))
