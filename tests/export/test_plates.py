"""What is drawn on nothing, laid over a picture again: it is what the film shows."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from storyboard.assembler import ffmpeg, words
from storyboard.assembler.picture import TAGS, quoted
from storyboard.assembler.styles import Line
from storyboard.assembler.words import FRAME_CENTISECONDS, script
from storyboard.export.plates import draw_words
from storyboard.store.cache import Cache
from tests.media import load_text, small

TITLE = Line("lower-third", "Ridge\nabove the trees", 0, 12, heads=1, top=100, fade=4)


def pictures(path: Path) -> NDArray[np.float64]:
    """Every frame of a film with its transparency, 0 to 1."""
    with av.open(str(path)) as container:
        return np.array([frame.to_ndarray(format="rgba") for frame in container.decode(video=0)]) / 255


def test_words_on_nothing_are_the_films_own(tmp_path: Path) -> None:
    output = load_text(f"{small(24, '320x180')}shots: [{{id: a, card: {{text: A}}}}]").outputs[0]
    cache = Cache(tmp_path / "work")
    draw_words(output, (TITLE,), 12, cache).draw(tmp_path / "title.mov")
    drawn = pictures(tmp_path / "title.mov")
    file = tmp_path / "title.ass"
    file.write_text(script((TITLE,), 320, 180), "utf-8")
    for color, level in (("0x808080", 128 / 255), ("white", 1.0), ("black", 0.0)):
        graph = (
            f"color=c={color}:s=320x180:r=24,format=yuv444p,{TAGS},settb=1/100,setpts=N*{FRAME_CENTISECONDS},"
            f"ass=filename={quoted(file)},scale=in_color_matrix=bt709:in_range=tv,format=gbrp,settb=1/24,setpts=N"
        )
        target = tmp_path / f"{color}.mkv"
        ffmpeg.run(*ffmpeg.QUIET, "-filter_complex", graph, "-frames:v", "12", "-c:v", "ffv1", str(target),
                   fonts=words.fonts(cache.folder))  # fmt: skip
        film, alpha = pictures(target)[..., :3], drawn[..., 3:]
        laid = drawn[..., :3] * alpha + level * (1 - alpha)
        assert np.abs(laid - film).mean() < 0.003, color
        assert np.abs(laid - film).max() < 0.1, color
    assert drawn[6][..., 3].max() > 0.99
    assert 0 < drawn[0][..., 3].max() < 0.5, "it comes softly"
    assert drawn[:, :90][..., 3].max() == 0, "nothing stands above it"
