"""The stock that a clip was shot on: what is evened out before its pictures are cut together with others. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from storyboard.planner.take import Facts
from storyboard.timing import Rate, to_frame

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

STANDARD_RATES = tuple(
    Fraction(*rate)
    for rate in (
        (10, 1), (12, 1), (15, 1), (24_000, 1001), (24, 1), (25, 1), (30_000, 1001), (30, 1), (48, 1), (50, 1),
        (60_000, 1001), (60, 1), (90, 1), (100, 1), (120_000, 1001), (120, 1), (240, 1),
    )
)  # fmt: skip
STRAY = Fraction(3, 4)
"""Frames, from the earliest to the latest: a clip whose pictures stray further from a constant grid is variable."""
NEAR = Fraction(1, 200)
"""How far a measured rate may be from a standard one that is meant."""
SQUARE = Fraction(1, 100)
"""How far a pixel may be from square and be shown as such."""
LONGEST_LAST = 10
"""Seconds that the last picture of a variable clip may stand."""

MATRICES = ("bt709", "bt601", "fcc", "smpte240m", "bt2020", "rgb")
TRANSFERS = ("", "smpte2084", "arib-std-b67")
"""Of SDR, of PQ and of HLG, as ffmpeg names them."""
GAMUTS = ("", "bt2020", "smpte431", "smpte432")
"""BT.709 and those so near that no eye sees it; BT.2020; P3 of cinemas and of screens."""
MATRIX_NUMBERS = {0: "rgb", 1: "bt709", 4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}
TRANSFER_NUMBERS = {16: "smpte2084", 18: "arib-std-b67"}
GAMUT_NUMBERS = {9: "bt2020", 11: "smpte431", 12: "smpte432"}
"""As ITU-T H.273 numbers them."""
FULL_RANGE, PROGRESSIVE = 2, 1


@dataclass(frozen=True, slots=True)
class Stock:
    """How a clip's pictures are recorded. An ordinary clip has all of the defaults."""

    matrix: str = "bt709"
    """How colours are written as luma and chroma: one of `MATRICES`."""
    full: bool = False
    """Whether luma goes from 0 to 255, not from 16 to 235."""
    transfer: str = ""
    """One of `TRANSFERS`."""
    gamut: str = ""
    """One of `GAMUTS`."""
    alpha: bool = False
    coarse: bool = True
    """Whether there is one sample of chroma for four of luma."""
    pixel: Fraction = Fraction(1)
    """The width of a pixel by its height."""
    interlaced: bool = False
    variable: bool = False
    """Whether its pictures come at uneven times."""
    last: int = 0
    """For a variable clip, how many frames its last picture stands."""

    @property
    def margin(self) -> int:
        """How many frames before a wanted one are needed too, so that it comes out the same from wherever one reads."""
        return 2 if self.interlaced else 0

    @property
    def hdr(self) -> bool:
        """Whether it is brighter than a film in BT.709 can be."""
        return bool(self.transfer)


def stock_of(stream: VideoStream, first: VideoFrame) -> Stock:
    """The stock of a clip by the first of its pictures. What a file does not say is taken as players take it."""
    form, parts = first.format, first.format.components
    plain = form.is_rgb or form.has_palette
    unsaid = "bt709" if first.width >= 1280 or first.height > 576 else "bt601"
    matrix = "rgb" if plain else MATRIX_NUMBERS.get(int(first.colorspace), unsaid)
    pixel = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or Fraction(1)
    square = abs(pixel - 1) <= SQUARE or not Fraction(1, 4) <= pixel <= 4
    return Stock(
        matrix=unsaid if matrix == "rgb" and not plain else matrix,
        full=plain or form.name.startswith("yuvj") or int(first.color_range) == FULL_RANGE,
        transfer=TRANSFER_NUMBERS.get(int(first.color_trc), ""),
        gamut=GAMUT_NUMBERS.get(int(first.color_primaries), ""),
        alpha=any(part.is_alpha for part in parts),
        coarse=any(part.is_chroma and part.height < first.height for part in parts),
        pixel=Fraction(1) if square else Fraction(pixel),
        interlaced=bool(first.interlaced_frame) or int(stream.codec_context.field_order) > PROGRESSIVE,
    )


def even_times(stock: Stock, facts: Facts) -> str:
    """Filters, each ended by a comma, that make a clip's frames progressive and constant in rate; empty for most clips.

    They stand before everything else, on every frame that is decoded from where reading begins; ffmpeg itself has
    turned the picture upright before them.
    """
    filters = ""
    if stock.interlaced:
        filters += "bwdif=mode=send_frame:deint=interlaced,"
    if stock.variable:
        rate = f"{facts.rate.numerator}/{facts.rate.denominator}"
        filters += f"setpts=PTS-STARTPTS,fps=fps={rate}:round=near,tpad=stop_mode=clone:stop={stock.last + 1},"
    return filters


def even_picture(stock: Stock, facts: Facts) -> str:
    """Filters, each begun by a comma, that make a clip's picture opaque, square in its pixels, and BT.709 of limited
    range; empty for most clips. They stand behind those that choose frames: only what is shown has to be converted."""
    adapted = bool(stock.transfer or stock.gamut)
    if not (stock.matrix != "bt709" or stock.full or adapted or stock.alpha or stock.pixel != 1):
        return ""
    size = f"{facts.width}:{facts.height}:" if stock.pixel != 1 else ""
    source = f"in_range={'pc' if stock.full else 'tv'}"
    if stock.matrix != "rgb":
        source += f":in_color_matrix={stock.matrix}"
    if adapted:
        source += f":in_primaries={stock.gamut or 'bt709'}:in_transfer={stock.transfer or 'bt709'}"
        source += ":out_primaries=bt709:out_transfer=bt709:intent=perceptual"
    # Ten bits: what is rounded here is rounded again when the picture gets the film's size.
    form = f"yuv{'a' * stock.alpha}{'420' if stock.coarse and not stock.alpha else '444'}p10le"
    opaque = ",premultiply=inplace=1,format=yuv444p10le" if stock.alpha else ""
    return f",scale={size}{source}:out_color_matrix=bt709:out_range=tv,format={form},setsar=1{opaque}"


def notes(stock: Stock, facts: Facts) -> tuple[str, ...]:
    """What is done to a clip that its maker may want to know: a clause each."""
    size, rate = f"{facts.width}x{facts.height}", f"{float(facts.rate):.3f}".rstrip("0").rstrip(".")
    told = (
        (stock.variable, f"its frame rate varies: by its time stamps it is shown at {rate} frames a second"),
        (stock.interlaced, "it is interlaced: both fields of a frame are made one picture"),
        (stock.pixel != 1, f"its pixels are not square: it is shown as {size}"),
        (stock.hdr, "it is HDR: its light is brought down to BT.709; grade it in an editor for a look of your own"),
        (stock.gamut and not stock.hdr, "its colours are wider than BT.709: they are brought into it"),
        (stock.alpha, "parts of it are transparent: they are shown before black"),
    )
    return tuple(text for applies, text in told if applies)


def pace(times: list[int], base: Fraction, rate: Rate) -> tuple[Rate, bool]:
    """The rate at which pictures come that stand at `times` (sorted, in units of `base` seconds), and whether they
    come unevenly, so that only time stamps tell where they belong. `rate` is what the file says."""
    near = min(STANDARD_RATES, key=lambda one: abs(one / rate - 1))
    for candidate in (rate, near) if rate in STANDARD_RATES else (near, rate):
        if abs(candidate / rate - 1) <= NEAR and _strays(times, base * candidate) <= STRAY:
            return candidate, False
    steps = sorted(after - before for before, after in pairwise(times) if after > before)
    if not steps:
        return rate, False
    usual = steps[len(steps) // 2]
    regular = [step for step in steps if abs(step - usual) * 4 <= usual]
    measured = len(regular) / (sum(regular) * base)
    near = min(STANDARD_RATES, key=lambda one: abs(one / measured - 1))
    if abs(near / measured - 1) <= 4 * NEAR:
        return near, True
    return Fraction(max(1, to_frame(Fraction(1), measured * 100)), 100), True


def _strays(times: list[int], step: Fraction) -> Fraction:
    """How far pictures stray from a grid, in frames: from the earliest to the latest."""
    away = [(time - times[0]) * step.numerator - index * step.denominator for index, time in enumerate(times)]
    return Fraction(max(away) - min(away), step.denominator)


def shown_size(width: int, height: int, pixel: Fraction, *, turned: bool) -> tuple[int, int]:
    """The size at which a picture is shown: with square pixels, none of it shrunk, and upright."""
    if pixel > 1:
        width = max(2, round(width * pixel / 2) * 2)
    elif pixel < 1:
        height = max(2, round(height / pixel / 2) * 2)
    return (height, width) if turned else (width, height)
