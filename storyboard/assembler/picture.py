"""Segments to files: the ffmpeg arguments that draw and encode them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from storyboard.assembler import ffmpeg
from storyboard.assembler.edges import cross, dip_filters, ffmpeg_color
from storyboard.assembler.fitting import fit_picture
from storyboard.assembler.reels import frame_rate, select_frames
from storyboard.assembler.segments import Reel, Segment
from storyboard.assembler.words import FRAME_CENTISECONDS, card_lines, script

ENCODER: Mapping[str, str | int] = {"codec": "libx264", "preset": "faster", "crf": 18, "threads": 1}
"""One thread: two threads give other bytes. Segments are encoded side by side instead."""

DRAFT: Mapping[str, str | int] = {**ENCODER, "preset": "veryfast", "crf": 23}

TAGS = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
"""Said before anything is drawn, so that every filter that knows a colour mixes it by the film's own matrix."""


def encode(
    run: Sequence[tuple[Segment, Path]], sources: Mapping[str, Path], encoder: Mapping[str, str | int], fonts: Path
) -> None:
    """Encode segments that begin with the same clip, each to its own file, in one pass over that clip.

    `sources` has the file of every digest that their reels name. A segment's bytes do not depend on its company.
    """
    inputs, labels, chains = _inputs(run, sources)
    outputs: list[str] = []
    with TemporaryDirectory(prefix=".words.", dir=run[0][1].parent) as scratch:
        for number, (segment, target) in enumerate(run):
            folder = Path(scratch, str(number))
            folder.mkdir()
            for index, reel in enumerate(segment.reels):
                name = f"{number}_{index}"
                chains.append(f"[{labels[number, index]}]{_reel_chain(reel, segment, name, folder)}[r{name}]")
            chains.append(f"{_finish(segment, number, folder)}[film{number}]")
            outputs += ["-map", f"[film{number}]", "-frames:v", str(segment.frames), *_codec(segment, encoder)]
            outputs += ["-f", "mp4", str(target)]
        ffmpeg.run(
            *ffmpeg.QUIET, *inputs, "-filter_complex", ffmpeg.SCALING + ";".join(chains), *outputs, fonts=fonts
        )  # fmt: skip


def _inputs(
    run: Sequence[tuple[Segment, Path]], sources: Mapping[str, Path]
) -> tuple[list[str], dict[tuple[int, int], str], list[str]]:
    """What ffmpeg opens, the label of each reel's frames by segment and place, and the chain that makes the labels.

    The clip that the run is about is decoded once and handed to every segment; a clip that comes in with a transition
    is opened for itself, since its frames are wanted at another time.
    """
    inputs: list[str] = []
    labels: dict[tuple[int, int], str] = {}
    opened = 0
    shared: list[tuple[int, int]] = []
    for number, (segment, _) in enumerate(run):
        for index, reel in enumerate(segment.reels):
            if index == 0 and not reel.card:
                shared.append((number, index))
                if len(shared) > 1:
                    continue
            inputs += _input(reel, segment, sources)
            labels[number, index] = f"{opened}:v:0"
            opened += 1
    if len(shared) < 2:
        return inputs, labels, []
    whole = labels[shared[0]]
    labels |= {place: f"s{number}" for number, place in enumerate(shared)}
    return inputs, labels, [f"[{whole}]split={len(shared)}" + "".join(f"[{labels[place]}]" for place in shared)]


def _codec(segment: Segment, encoder: Mapping[str, str | int]) -> tuple[str, ...]:
    keyframes = max(1, round(2 * segment.rate))
    return (
        "-an", "-c:v", str(encoder["codec"]), "-preset", str(encoder["preset"]), "-crf", str(encoder["crf"]),
        "-profile:v", "high", "-threads", "1", "-bitexact", "-map_metadata", "-1", "-fps_mode", "passthrough",
        "-x264-params", f"threads=1:stitchable=1:open-gop=0:keyint={keyframes}:bframes=2:b-pyramid=none",
        "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv",
        "-video_track_timescale", str(segment.rate.numerator),
    )  # fmt: skip


def _input(reel: Reel, segment: Segment, sources: Mapping[str, Path]) -> tuple[str, ...]:
    rate = f"{segment.rate.numerator}/{segment.rate.denominator}"
    if reel.card and not reel.card[2]:
        lavfi = f"color=c={ffmpeg_color(reel.card[0])}:s={segment.width}x{segment.height}:r={rate},format=gbrp"
        return ("-f", "lavfi", "-i", lavfi)
    if reel.card:
        return (*ffmpeg.CLOSED, *ffmpeg.LIMITS, "-f", "image2", "-pattern_type", "none", "-loop", "1",
                "-framerate", rate, "-i", str(sources[reel.card[2]]))  # fmt: skip
    path = sources[reel.digest]
    return ("-threads", "1", *ffmpeg.reading(path, _demuxer(path)))


def _demuxer(path: Path) -> str:
    from storyboard.assembler.media import demuxer

    return demuxer(path)


def _reel_chain(reel: Reel, segment: Segment, name: str, scratch: Path) -> str:
    """From the source to exactly the segment's frames, in the film's size."""
    frames = "null" if reel.card else select_frames(reel, segment)
    fitted = fit_picture(reel, segment, name)
    ending = f"setsar=1,format=yuv420p,{TAGS}"
    if reel.card:
        ending = f"trim=end_frame={segment.frames},setpts=N/({frame_rate(segment)}*TB),{ending}"
        if reel.card[3]:
            file = scratch / f"card{name}.ass"
            lines = card_lines(reel.card[3], segment.frames)
            file.write_text(
                script(lines, segment.width, segment.height, reel.card[1], on_picture=bool(reel.card[2])), "utf-8"
            )
            ending += f",{_words(file, segment)}"
    return f"{frames}{fitted},{ending}"


def _finish(segment: Segment, number: int, scratch: Path) -> str:
    """From the reels to the film's picture: the transition, the film's own fades, the words."""
    chain = cross(segment, number) if segment.transition else f"[r{number}_0]null"
    chain += f",format=yuv420p,{TAGS}"
    for dip in segment.dips:
        chain += f",{dip_filters(dip, segment)}"
    if segment.lines:
        name = scratch / "lines.ass"
        name.write_text(script(segment.lines, segment.width, segment.height), "utf-8")
        chain += f",{_words(name, segment)}"
    return f"{chain},format=yuv420p,{TAGS}"


def _words(script_file: Path, segment: Segment) -> str:
    """Words drawn on a clock of their own, and the film's clock behind them."""
    tick = f"{segment.rate.denominator}/{segment.rate.numerator}"
    return f"settb=1/100,setpts=N*{FRAME_CENTISECONDS},ass=filename={_quote(script_file)},settb={tick},setpts=N"


def _quote(path: Path) -> str:
    """A path of ours inside a filter graph: every character that means something there is escaped, twice."""
    text = str(path)
    for special in "\\':":
        text = text.replace(special, f"\\{special}")
    for special in "\\'[],;":
        text = text.replace(special, f"\\{special}")
    return text
