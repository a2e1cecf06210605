"""Segments to files: the ffmpeg arguments that draw and encode them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from storyboard.assembler import ffmpeg
from storyboard.assembler.segments import Dip, Reel, Segment
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
        lavfi = f"color=c={_hex(reel.card[0])}:s={segment.width}x{segment.height}:r={rate},format=gbrp"
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
    frames = "null" if reel.card else _frames(reel, segment)
    fitted = _fit(reel, segment, name)
    ending = f"setsar=1,format=yuv420p,{TAGS}"
    if reel.card:
        ending = f"trim=end_frame={segment.frames},setpts=N/({_rate(segment)}*TB),{ending}"
        if reel.card[3]:
            file = scratch / f"card{name}.ass"
            lines = card_lines(reel.card[3], segment.frames)
            file.write_text(
                script(lines, segment.width, segment.height, reel.card[1], on_picture=bool(reel.card[2])), "utf-8"
            )
            ending += f",{_words(file, segment)}"
    return f"{frames}{fitted},{ending}"


def _frames(reel: Reel, segment: Segment) -> str:
    """Filters that select the reel's source frames and set them on the film's frame grid, in whole frames."""
    take = f"trim=start_frame={reel.first}:end_frame={reel.last + 1}"
    rate, tick = _rate(segment), f"{segment.rate.denominator}/{segment.rate.numerator}"
    if reel.source_rate == segment.rate:
        return f"{take},settb={tick},setpts=N"
    ratio: Fraction = segment.rate / reel.source_rate
    # Source frame n is first seen on the clip's film frame ceil((n - inpoint) * film rate / source rate).
    source = f"(N+{reel.first - reel.inpoint})"
    seen = f"max(0,ceil({source}*{ratio.numerator}/{ratio.denominator})-{reel.phase})"
    fill = f"fps=fps={rate}:start_time=0:round=near,tpad=stop_mode=clone:stop={segment.frames}"
    return f"{take},settb={tick},setpts='{seen}',{fill},trim=end_frame={segment.frames},setpts=N"


def _fit(reel: Reel, segment: Segment, name: str) -> str:
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


def _finish(segment: Segment, number: int, scratch: Path) -> str:
    """From the reels to the film's picture: the transition, the film's own fades, the words."""
    chain = _transition(segment, number) if segment.transition else f"[r{number}_0]null"
    chain += f",format=yuv420p,{TAGS}"
    for dip in segment.dips:
        chain += f",{_dip(dip, segment)}"
    if segment.lines:
        name = scratch / "lines.ass"
        name.write_text(script(segment.lines, segment.width, segment.height), "utf-8")
        chain += f",{_words(name, segment)}"
    return f"{chain},format=yuv420p,{TAGS}"


def _words(script_file: Path, segment: Segment) -> str:
    """Words drawn on a clock of their own, and the film's clock behind them."""
    tick = f"{segment.rate.denominator}/{segment.rate.numerator}"
    return f"settb=1/100,setpts=N*{FRAME_CENTISECONDS},ass=filename={_quote(script_file)},settb={tick},setpts=N"


def _transition(segment: Segment, number: int) -> str:
    going, coming, a, b = f"[r{number}_0]", f"[r{number}_1]", f"[a{number}]", f"[b{number}]"
    if segment.transition == "fade":
        half = segment.frames // 2
        color, rate = _hex(segment.color), _rate(segment)
        if not half:
            return f"{going}nullsink;{coming}fade=t=in:start_frame=0:nb_frames=1:color={color}"
        out = f"trim=end_frame={half},fade=t=out:start_frame=0:nb_frames={half}:color={color}"
        back = f"trim=start_frame={half},setpts=N/({rate}*TB),fade=t=in:start_frame=0:nb_frames={segment.frames - half}"
        return f"{going}{out}{a};{coming}{back}:color={color}{b};{a}{b}concat,setpts=N/({rate}*TB)"
    name = "fade" if segment.transition == "dissolve" else segment.transition
    # xfade works on full-resolution chroma: the conversion is ours, so that it is the same everywhere.
    full = "format=yuv444p,settb=1/1000000"
    seconds = float(segment.frames / segment.rate)
    return f"{going}{full}{a};{coming}{full}{b};{a}{b}xfade=transition={name}:duration={seconds:.6f}:offset=0"


def _dip(dip: Dip, segment: Segment) -> str:
    """A film's fade: it runs on the film's own clock, so that a segment may lie anywhere within it."""
    rate = _rate(segment)
    wait, seconds = (float(frames / segment.rate) for frames in (max(0, -dip.offset), dip.frames))
    fade = f"fade=t={dip.kind}:start_time={wait:.6f}:duration={seconds:.6f}:color={_hex(dip.color)}"
    return f"setpts=(N+{max(0, dip.offset)})/({rate}*TB),{fade},setpts=N/({rate}*TB)"


def _rate(segment: Segment) -> str:
    return f"{segment.rate.numerator}/{segment.rate.denominator}"


def _hex(color: str) -> str:
    return f"0x{color[1:]}"


def _quote(path: Path) -> str:
    """A path of ours inside a filter graph: every character that means something there is escaped, twice."""
    text = str(path)
    for special in "\\':":
        text = text.replace(special, f"\\{special}")
    for special in "\\'[],;":
        text = text.replace(special, f"\\{special}")
    return text
