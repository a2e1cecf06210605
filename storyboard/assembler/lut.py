"""Looks: a table of colours made ready for ffmpeg, and the filters that lay it over a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from storyboard.assembler.cube import Colour, Cube, read_cube, write_cube

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNIT: tuple[Colour, Colour] = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
FINE = 65
"""Points a side of a table whose range was another one."""


def ready_table(data: bytes) -> bytes:
    """A stranger's `.cube` file as one that goes from 0 to 1 and has nothing else in it; Refused as `read_cube` says.

    ffmpeg takes every table for one that begins at 0 and ends at 1 or above: others are measured out anew.
    """
    return write_cube(_onto_unit(read_cube(data)))


def look(table: str) -> str:
    """Filters that give frames in BT.709 the colours of a table that is ready; `table` is its path, quoted for a graph.

    With twelve bits nothing is rounded before its time, and every processor comes to the same colours: with sixteen, or
    in floating point, ffmpeg's vector code does not.
    """
    there = "scale=in_color_matrix=bt709:in_range=tv:out_range=pc,format=gbrp12"
    back = "scale=in_range=pc:out_color_matrix=bt709:out_range=tv,format=yuv420p"
    return f"{there},lut3d=file={table}:interp=tetrahedral,{back}"


def _onto_unit(cube: Cube) -> Cube:
    """The same table over the range from 0 to 1; colours beyond its own range are its outermost ones."""
    import numpy as np

    if (cube.low, cube.high) == UNIT:
        return cube
    points = np.array(cube.colours).reshape(cube.side, cube.side, cube.side, 3)
    for axis, channel in enumerate((2, 1, 0)):  # blue runs slowest
        points = _stretched(points, axis, cube.low[channel], cube.high[channel])
    colours: Sequence[Sequence[float]] = points.reshape(-1, 3).tolist()
    return Cube(FINE, *UNIT, tuple((red, green, blue) for red, green, blue in colours))


def _stretched(points: NDArray[np.float64], axis: int, low: float, high: float) -> NDArray[np.float64]:
    """The points along one axis, which goes from `low` to `high`, at even distances from 0 to 1."""
    import numpy as np

    last = points.shape[axis] - 1
    places = np.clip((np.arange(FINE) / (FINE - 1) - low) / (high - low), 0, 1) * last
    before = np.minimum(places.astype(int), last - 1)
    shape = [1] * points.ndim
    shape[axis] = FINE
    share = (places - before).reshape(shape)
    stretched: NDArray[np.float64] = points.take(before, axis) * (1 - share) + points.take(before + 1, axis) * share
    return stretched
