"""A source's picture in the film's frame: covering it, contained in it, or before a blurred copy of itself."""

from __future__ import annotations

from storyboard.assembler.segments import Reel, Segment


def fit_picture(reel: Reel, segment: Segment, name: str) -> str:
    """Filters that give a reel's picture the film's size; `name` is unique in the graph."""
    width, height = segment.width, segment.height
    matrix = "out_color_matrix=bt709:out_range=tv" if reel.card else "out_range=tv"
    if reel.card and not reel.card[2]:
        return f",scale={matrix}"
    x, y = (f"{point:.4f}" for point in reel.focus)
    # The focus point comes as near to the middle as the picture's edges let it.
    crop = f"crop={width}:{height}:'clip(iw*{x}-ow/2,0,iw-ow)':'clip(ih*{y}-oh/2,0,ih-oh)'"
    cover = f"scale={width}:{height}:force_original_aspect_ratio=increase:{matrix},format=yuv420p,{crop}"
    inner = "force_original_aspect_ratio=decrease:force_divisible_by=2"
    contain = f"scale={width}:{height}:{inner}:{matrix},format=yuv420p"
    # A clip of the film's own size goes through as well, untouched: what a file says of its size may not be so.
    if reel.fit == "cover" or reel.card or reel.size == (width, height):
        return f",{cover}"
    if reel.fit == "contain":
        return f",{contain},pad={width}:{height}:(ow-iw)/2:(oh-ih)/2"
    blurred = f"{cover},gblur=sigma={min(width, height) / 24:.1f},eq=brightness=-0.12"
    return (
        f",split[bg{name}][fg{name}];[bg{name}]{blurred}[b{name}];[fg{name}]{contain}[f{name}];"
        f"[b{name}][f{name}]overlay=(W-w)/2:(H-h)/2"
    )
