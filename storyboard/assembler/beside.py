"""What lies beside a film: its captions as files, and the frame that stands for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from storyboard.assembler import ffmpeg
from storyboard.assembler.layout import Text
from storyboard.assembler.subtitles import sidecars
from storyboard.assembler.timeline import Timeline
from storyboard.spec.model import Poster
from storyboard.spec.outputs import POSTER
from storyboard.store import files
from storyboard.store.cache import Cache, key_of
from storyboard.timing import Rate, to_frame

RECIPE = "poster-1"


def write_captions(film: Path, captions: Sequence[Text], rate: Rate) -> None:
    """The captions of a film at `rate` as SubRip and WebVTT beside it; files that say so already are left alone."""
    for path, text in sidecars(film, captions, rate):
        if not path.is_file() or path.read_bytes() != text.encode():
            with files.replacing(path) as temp:
                temp.write_bytes(text.encode())


def poster_frame(poster: Poster, timeline: Timeline, count: Rate) -> int:
    """The film frame that a poster shows, the last of its shot at most. `count` is the rate that the storyboard's
    frames are counted at."""
    clip = next(clip for clip in timeline.clips if clip.shot.id == poster.shot)
    wanted = to_frame(clip.begin + poster.at.seconds(count), timeline.rate)
    return min(max(wanted, clip.start), clip.start + clip.frames - 1)


def write_poster(film: Path, digest: str, frame: int, rate: Rate, cache: Cache) -> None:
    """A frame of a finished film of this digest, as a JPEG beside it; one that was made of it is left alone."""
    path, key = film.with_suffix(POSTER), key_of(RECIPE, digest, frame)
    known = cache.recall("posters", key)
    if path.is_file() and files.sha256(path) == known:
        return
    before = max(0, 2 * frame - 1) / (2 * rate)  # half a frame early: none is ever missed
    full = "scale=in_color_matrix=bt709:in_range=tv:out_color_matrix=bt601:out_range=pc,format=yuvj420p"
    with files.replacing(path) as temp:
        ffmpeg.run(
            *ffmpeg.QUIET, "-ss", f"{float(before):.6f}", *ffmpeg.reading(film, "mov"), "-filter_complex",
            f"{ffmpeg.SCALING}[0:v:0]{full}[poster]", "-map", "[poster]", "-frames:v", "1", "-threads", "1",
            "-q:v", "2", "-bitexact", "-map_metadata", "-1", "-f", "mjpeg", str(temp),
        )  # fmt: skip
        cache.remember("posters", key, files.sha256(temp))
