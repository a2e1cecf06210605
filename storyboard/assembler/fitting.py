"""A source's picture in the film's frame: covering it, contained in it, or before a blurred copy of itself."""

from __future__ import annotations

from dataclasses import replace

from storyboard.assembler.segments import Reel, Segment

NEARLY = 1.01
"""A picture whose shape is that near to the frame's covers it: bars of a few rows look like a mistake."""
FLIPS = {"": "", "horizontal": ",hflip", "vertical": ",vflip"}
SOFT = 8
"""How many times smaller a picture is blurred: what is soft needs no more pixels."""


def fit_picture(reel: Reel, segment: Segment, name: str, look: str = "") -> str:
    """Filters that give a reel's picture the film's size; `name` is unique in the graph.

    `look` are filters that go over the picture, and not over bars beside it. The focus point is one of the picture as
    it was shot: it is cropped and enlarged first, and flipped last. A clip of the film's own size passes untouched.
    """
    graded, flip = f",{look}" if look else "", FLIPS[reel.flip]
    if reel.card and not reel.card[2]:
        return f",scale={_matrix(reel)},format=yuv420p{graded}"
    width, height = segment.width, segment.height
    wide, tall = width / reel.size[0], height / reel.size[1]
    bars = max(wide, tall) / min(wide, tall)
    if reel.card or reel.fit == "cover" or bars <= NEARLY:
        return f",{_cover(reel, width, height)}{graded}{flip}"
    if reel.scale >= bars:  # it is so much larger that nothing is left of the bars
        return f",{_cover(replace(reel, scale=reel.scale / bars), width, height)}{graded}{flip}"
    contained = f"{_contain(reel, width, height)}{graded}"
    if reel.fit == "contain":
        return f",{contained},pad={width}:{height}:(ow-iw)/2:(oh-ih)/2{flip}"
    return (
        f",split[bg{name}][fg{name}];[bg{name}]{_backdrop(reel, width, height, graded)}[b{name}];"
        f"[fg{name}]{contained}[f{name}];[b{name}][f{name}]overlay=(W-w)/2:(H-h)/2:format=yuv420{flip}"
    )


def _cover(reel: Reel, width: int, height: int) -> str:
    """The picture as large as it must be to fill the frame, times its scale."""
    part = ""
    if reel.scale != 1 or reel.size[0] * height != reel.size[1] * width:
        part = _part(reel, f"max({width}/iw,{height}/ih)", width, height)
    # The focus point comes as near to the middle as the picture's edges let it.
    x, y = (f"{point:.4f}" for point in reel.focus)
    crop = f"crop={width}:{height}:'clip(iw*{x}-ow/2,0,iw-ow)':'clip(ih*{y}-oh/2,0,ih-oh)'"
    return f"{part}scale={width}:{height}:force_original_aspect_ratio=increase:{_matrix(reel)},format=yuv420p,{crop}"


def _contain(reel: Reel, width: int, height: int) -> str:
    """The picture as large as it can be in the frame, times its scale: cut off where it leaves the frame."""
    part = _part(reel, f"min({width}/iw,{height}/ih)", width, height) if reel.scale != 1 else ""
    inner = "force_original_aspect_ratio=decrease:force_divisible_by=2"
    return f"{part}scale={width}:{height}:{inner}:{_matrix(reel)},format=yuv420p"


def _part(reel: Reel, factor: str, width: int, height: int) -> str:
    """The part of a picture that is seen in the frame, a little more where pixels do not come out even: enlarging what
    is not seen would cost the most."""
    x, y = (f"{point:.4f}" for point in reel.focus)
    sizes = (
        f"min({side},2*ceil({pixels}/(2*{reel.scale:.4f}*{factor})))"
        for side, pixels in (("iw", width), ("ih", height))
    )
    seen = ":".join(f"'{size}'" for size in sizes)
    return f"crop={seen}:'clip(iw*{x}-ow/2,0,iw-ow)':'clip(ih*{y}-oh/2,0,ih-oh)',"


def _backdrop(reel: Reel, width: int, height: int, graded: str) -> str:
    """The picture covering the frame, soft, darker and less colourful, so that it is seen as nothing but light."""
    small_width, small_height = (max(16, side // SOFT // 2 * 2) for side in (width, height))
    small = _cover(replace(reel, scale=1.0), small_width, small_height)
    calm = "lutyuv=y='16+(val-16)*0.6':u='128+(val-128)*0.8':v='128+(val-128)*0.8'"
    reach = max(2, round(min(small_width, small_height) / 16))
    # Three boxes are as soft as a Gaussian, and whole numbers: `gblur` differs between processors. Ten bits, so that a
    # soft picture has no steps.
    soft = f"format=yuv420p10le,boxblur={reach}:3:{reach // 2}:3"
    return f"{small}{graded},{calm},{soft},scale={width}:{height},format=yuv420p"


def _matrix(reel: Reel) -> str:
    return "out_color_matrix=bt709:out_range=tv" if reel.card else "out_range=tv"
