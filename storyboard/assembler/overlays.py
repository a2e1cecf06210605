"""Pictures laid over a film, a logo say: above its picture, below its words, within the margins that words keep too."""

from __future__ import annotations

from pathlib import Path

from storyboard.assembler import ffmpeg
from storyboard.assembler.segments import Laid, Segment
from storyboard.assembler.styles import Canvas


def laid_input(picture: Path) -> tuple[str, ...]:
    """The arguments that open a picture that is laid over, a PNG: one frame."""
    return ffmpeg.reading(picture, "png_pipe")


def lay_over(laid: Laid, segment: Segment, source: str, name: str) -> str:
    """What is put behind a chain for a picture to lie over it; the chain goes on with it.

    `source` is the label of the picture's input, `name` is unique in the graph.
    """
    shown = f"between(n,{laid.start},{laid.stop - 1})"
    x, y = placed(laid.place, segment)
    return (
        f"[below{name}];{_made_ready(laid, segment, source, name)},loop=loop=-1:size=1,"
        f"settb={segment.rate.denominator}/{segment.rate.numerator},setpts=N[laid{name}];[below{name}][laid{name}]"
        f"overlay='{x}':'{y}':format=yuv420:alpha=straight:shortest=1:enable='{shown}'"
    )


def _made_ready(laid: Laid, segment: Segment, source: str, name: str) -> str:
    """A picture in its size, as luma and chroma with transparency.

    Colours are multiplied by their opacity while it is made smaller, and for chroma once more, and divided again: what
    cannot be seen is mostly black, and would darken the edges beside it.
    """
    planes = {plane: f"[{plane}{name}]" for plane in "pqyuva"}
    box = f"{max(2, laid.width)}:{segment.height}:force_original_aspect_ratio=decrease:force_divisible_by=2"
    opaque = f"format=gbrap16,colorchannelmixer=aa={laid.opacity:.4f},premultiply=inplace=1"
    colours = "unpremultiply=inplace=1,scale=out_color_matrix=bt709:out_range=tv,format=yuva444p"
    halved = "scale=iw/2:ih/2:flags=area+accurate_rnd+full_chroma_int+bitexact"
    return (
        f"[{source}]{opaque},scale={box},split{planes['p']}{planes['q']};"
        f"{planes['p']}{colours},extractplanes=y+a{planes['y']}{planes['a']};"
        f"{planes['q']}{halved},{colours},extractplanes=u+v{planes['u']}{planes['v']};"
        f"{planes['y']}{planes['u']}{planes['v']}{planes['a']}mergeplanes=0x00102030:yuva420p"
    )


def placed(place: str, segment: Segment) -> tuple[str, str]:
    """Where the picture's left upper corner lies, as expressions. One that is too large for the margins is centred."""
    words = place.split("-")
    canvas = Canvas(segment.width, segment.height)
    left, top = f"min({canvas.margin},(W-w)/2)", f"min({canvas.top},(H-h)/2)"
    x = left if "left" in words else f"W-w-{left}" if "right" in words else "(W-w)/2"
    y = top if "top" in words else f"H-h-{top}" if "bottom" in words else "(H-h)/2"
    return x, y
