"""One segment to one file: the ffmpeg arguments that draw and encode it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from storyboard.assembler import ffmpeg
from storyboard.assembler.segments import Dip, Reel, Segment
from storyboard.assembler.words import FRAME_CENTISECONDS, card_lines, script

ENCODER: Mapping[str, str | int] = {"codec": "libx264", "preset": "faster", "crf": 18, "threads": 1}
"""One thread: two threads give other bytes. Segments are encoded side by side instead."""

DRAFT: Mapping[str, str | int] = {**ENCODER, "preset": "veryfast", "crf": 23}

TAGS = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
"""Said before anything is drawn, so that every filter that knows a colour mixes it by the film's own matrix."""


def encode(
    segment: Segment, sources: Mapping[str, Path], target: Path, encoder: Mapping[str, str | int], fonts: Path
) -> None:
    """Encode a segment to `target`. `sources` has the file of every digest that its reels name."""
    inputs: list[str] = []
    chains: list[str] = []
    scratch = target.with_suffix(".words")
    scratch.mkdir()
    try:
        for index, reel in enumerate(segment.reels):
            inputs += _input(reel, segment, sources)
            chains.append(_reel_chain(reel, segment, index, scratch))
        chains.append(_finish(segment, scratch))
        ffmpeg.run(
            *ffmpeg.QUIET, *inputs, "-filter_complex", ffmpeg.SCALING + ";".join(chains), "-map", "[film]",
            "-frames:v", str(segment.frames), *_codec(segment, encoder), "-f", "mp4", str(target), fonts=fonts,
        )  # fmt: skip
    finally:
        for one in scratch.iterdir():
            one.unlink()
        scratch.rmdir()


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


def _reel_chain(reel: Reel, segment: Segment, index: int, scratch: Path) -> str:
    """From the source to exactly the segment's frames, in the film's size: `[r0]` or `[r1]`."""
    steps = [f"[{index}:v:0]null" if reel.card else f"[{index}:v:0]{_frames(reel, segment)}"]
    fitted = _fit(reel, segment, index)
    ending = f"setsar=1,format=yuv420p,{TAGS}"
    if reel.card:
        ending = f"trim=end_frame={segment.frames},setpts=N/({_rate(segment)}*TB),{ending}"
        if reel.card[3]:
            name = scratch / f"card{index}.ass"
            lines = card_lines(reel.card[3], segment.frames)
            name.write_text(script(lines, segment.width, segment.height, reel.card[1]), "utf-8")
            ending += f",{_words(name, segment)}"
    return ",".join(steps) + fitted + f",{ending}[r{index}]"


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


def _fit(reel: Reel, segment: Segment, index: int) -> str:
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
        f",split[bg{index}][fg{index}];[bg{index}]{blurred}[b{index}];[fg{index}]{contain}[f{index}];"
        f"[b{index}][f{index}]overlay=(W-w)/2:(H-h)/2"
    )


def _finish(segment: Segment, scratch: Path) -> str:
    """From the reels to the film's picture: the transition, the film's own fades, the words."""
    chain = _transition(segment) if segment.transition else "[r0]null"
    chain += f",format=yuv420p,{TAGS}"
    for dip in segment.dips:
        chain += f",{_dip(dip, segment)}"
    if segment.lines:
        name = scratch / "lines.ass"
        name.write_text(script(segment.lines, segment.width, segment.height), "utf-8")
        chain += f",{_words(name, segment)}"
    return f"{chain},format=yuv420p,{TAGS}[film]"


def _words(script_file: Path, segment: Segment) -> str:
    """Words drawn on a clock of their own, and the film's clock behind them."""
    tick = f"{segment.rate.denominator}/{segment.rate.numerator}"
    return f"settb=1/100,setpts=N*{FRAME_CENTISECONDS},ass=filename={_quote(script_file)},settb={tick},setpts=N"


def _transition(segment: Segment) -> str:
    if segment.transition == "fade":
        half = segment.frames // 2
        color, rate = _hex(segment.color), _rate(segment)
        if not half:
            return f"[r0]nullsink;[r1]fade=t=in:start_frame=0:nb_frames=1:color={color}"
        out = f"trim=end_frame={half},fade=t=out:start_frame=0:nb_frames={half}:color={color}"
        back = f"trim=start_frame={half},setpts=N/({rate}*TB),fade=t=in:start_frame=0:nb_frames={segment.frames - half}"
        return f"[r0]{out}[a];[r1]{back}:color={color}[b];[a][b]concat,setpts=N/({rate}*TB)"
    name = "fade" if segment.transition == "dissolve" else segment.transition
    # xfade works on full-resolution chroma: the conversion is ours, so that it is the same everywhere.
    full = "format=yuv444p,settb=1/1000000"
    seconds = float(segment.frames / segment.rate)
    return f"[r0]{full}[a];[r1]{full}[b];[a][b]xfade=transition={name}:duration={seconds:.6f}:offset=0"


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
