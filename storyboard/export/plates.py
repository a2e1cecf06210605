"""Media that is drawn for an export: cards, frames that stand still, and titles and logos on nothing.

Cards and stills are ProRes 422 in the film's size, a second longer at both ends than they are seen. What lies over the
picture is ProRes 4444 with straight alpha, for the editor to lay over whatever stands below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from storyboard.assembler import ffmpeg, media, words
from storyboard.assembler.assemble import Job
from storyboard.assembler.encoders import Encoder
from storyboard.assembler.overlays import laid_input, placed
from storyboard.assembler.picture import TAGS, Run, Source, encode, quoted
from storyboard.assembler.segments import Laid as Logo
from storyboard.assembler.segments import Reel, Segment
from storyboard.assembler.stretches import Stretch
from storyboard.assembler.styles import Line
from storyboard.assembler.words import FRAME_CENTISECONDS, script
from storyboard.export.cut import Media, Plate
from storyboard.spec.model import Output
from storyboard.store.cache import Cache, key_of

PRORES: Encoder = {"codec": "prores_ks", "profile": 2, "threads": 1}
ALPHA = ("-c:v", "prores_ks", "-profile:v", "4444", "-alpha_bits", "16", "-vendor", "apl0", "-threads", "1")

PADDED = {"W": "ow", "H": "oh", "w": "iw", "h": "ih"}
"""What the picture's and the logo's sides are called where a picture is padded."""

RECIPE = "plate-1"
"""The version of everything here that shapes what is drawn."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A film that is drawn."""

    described: Mapping[str, Any]
    """All that its bytes depend on, as plain values."""
    draw: Callable[[Path], None]
    """Draws it, at a name that it is given."""


def drawn(drawing: Drawing, cache: Cache) -> Path:
    """The file of a drawing; kept in the cache."""
    key = key_of(RECIPE, ffmpeg.toolchain(cache), dict(drawing.described))
    if not cache.find("plates", key, ".mov"):
        with cache.making("plates", key, ".mov") as temp:
            drawing.draw(temp)
    return cache.path("plates", key, ".mov")


def draw_plate(job: Job, cache: Cache, drawn: Media, plate: Plate) -> Drawing:
    """Draw a card, or a frame that stands still, with everything that the film does to it but its looks."""
    clip = job.timeline.clips[plate.clip]
    card = clip.shot.card
    image = job.extras.images.get(card.image, "") if card else ""
    reel = Reel(
        digest="" if card else clip.digest,
        card=(card.background, card.color, image, card.text) if card else (),
        size=(clip.facts.width, clip.facts.height),
        source_rate=clip.facts.rate,
        stretches=() if plate.frame is None else (Stretch(plate.frame, 1, 1, drawn.frames),),
        backwards=False,
        fit=clip.shot.fit or job.output.fit,
        focus=clip.shot.focus or job.output.focus or (0.5, 0.5),
        flip=clip.shot.flip,
        scale=clip.shot.scale,
    )
    segment = _segment(job.output, drawn.frames, (reel,))

    def draw(target: Path) -> None:
        sources = {}
        if image:
            sources[image] = Source(job.locate(image))
        if not card:
            path = job.locate(clip.digest)
            sources[clip.digest] = Source(path, media.roll_of(path, clip.digest, cache))
        encode(Run({"plate": segment}), [target], sources, PRORES, words.fonts(cache.folder))

    return Drawing(segment.describe(), draw)


def draw_words(output: Output, lines: Sequence[Line], frames: int, cache: Cache) -> Drawing:
    """Draw words on nothing. Their times count from the first of so many frames."""
    size = f"{output.width}x{output.height}"
    rate = f"{output.rate.numerator}/{output.rate.denominator}"

    def draw(target: Path) -> None:
        with TemporaryDirectory(prefix=".words.", dir=target.parent) as scratch:
            file = Path(scratch, "words.ass")
            file.write_text(script(lines, output.width, output.height), "utf-8")
            # ffmpeg has its own idea of how transparent libass's half-transparent letters are. So they are written on
            # black and on white, as in the film: what differs between the two is what shines through.
            clock = f"settb=1/100,setpts=N*{FRAME_CENTISECONDS}"
            written = f"ass=filename={quoted(file)},scale=in_color_matrix=bt709:in_range=tv,format=gbrp"
            parts = [
                f"color=c={color}:s={size}:r={rate},format=yuv444p,{TAGS},{clock},{written}[{color}]"
                for color in ("black", "white")
            ]
            tick = f"settb={output.rate.denominator}/{output.rate.numerator},setpts=N"
            parts += [
                "[black]split[words][under]",
                "[white][under]blend=all_mode=difference,negate,extractplanes=g[seen]",
                f"[words][seen]mergeplanes=0x00010210:gbrap,unpremultiply=inplace=1,{_as_video()},{tick}",
            ]
            graph = ffmpeg.SCALING + ";".join(parts)
            ffmpeg.run(*ffmpeg.QUIET, "-filter_complex", graph, *_encoding(output, frames), str(target),
                       fonts=words.fonts(cache.folder))  # fmt: skip

    return Drawing({"size": size, "rate": rate, "frames": frames, "lines": [asdict(line) for line in lines]}, draw)


def draw_logo(output: Output, logo: Logo, locate: Callable[[str], Path]) -> Drawing:
    """Draw a picture at its place on nothing, for as long as it is seen."""
    segment = _segment(output, logo.stop - logo.start, ())
    x, y = (re.sub(r"\b[WHwh]\b", lambda one: PADDED[one[0]], place) for place in placed(logo.place, segment))
    rate = f"{output.rate.numerator}/{output.rate.denominator}"

    def draw(target: Path) -> None:
        box = f"{max(2, logo.width)}:{output.height}:force_original_aspect_ratio=decrease"
        graph = (
            f"{ffmpeg.SCALING}[0:v]format=gbrap16,colorchannelmixer=aa={logo.opacity:.4f},premultiply=inplace=1,"
            f"scale={box},unpremultiply=inplace=1,format=rgba,"
            f"pad={output.width}:{output.height}:'{x}':'{y}':color=black@0,{_as_video()},"
            f"loop=loop=-1:size=1,settb={output.rate.denominator}/{output.rate.numerator},setpts=N,fps={rate}"
        )
        ffmpeg.run(*ffmpeg.QUIET, *laid_input(locate(logo.digest)), "-filter_complex", graph,
                   *_encoding(output, segment.frames), str(target))  # fmt: skip

    return Drawing({**segment.describe(), "logo": asdict(replace(logo, start=0, stop=segment.frames))}, draw)


def _segment(output: Output, frames: int, reels: tuple[Reel, ...]) -> Segment:
    return Segment(frames, output.rate, output.width, output.height, reels, "", "linear", "", (), ())


def _as_video() -> str:
    return f"scale=out_color_matrix=bt709:out_range=tv,format=yuva444p10le,{TAGS}"


def _encoding(output: Output, frames: int) -> tuple[str, ...]:
    return ("-frames:v", str(frames), "-an", *ALPHA, "-bitexact", "-map_metadata", "-1",
            "-video_track_timescale", str(output.rate.numerator), "-f", "mov")  # fmt: skip
