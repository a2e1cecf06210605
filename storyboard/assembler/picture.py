"""Segments to files: the ffmpeg arguments that draw and encode them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from storyboard.assembler import ffmpeg
from storyboard.assembler.edges import cross, dip_filters, ffmpeg_color
from storyboard.assembler.encoders import Encoder, encoding, pixel_format
from storyboard.assembler.fitting import fit_picture
from storyboard.assembler.keyframes import start_before
from storyboard.assembler.lut import look
from storyboard.assembler.media import demuxer
from storyboard.assembler.overlays import laid_input, lay_over
from storyboard.assembler.reels import frame_rate, select_frames
from storyboard.assembler.rolls import Roll
from storyboard.assembler.segments import Reel, Segment
from storyboard.assembler.stock import Stock, even_picture, even_times
from storyboard.assembler.styles import Line
from storyboard.assembler.words import FRAME_CENTISECONDS, card_lines, script

TAGS = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
"""Said before anything is drawn, so that every filter that knows a colour mixes it by the film's own matrix."""

NOTES = ("slate", "timecode")
"""What a draft says to those who work on it: it stays above the film's fades."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that segments are drawn from."""

    path: Path
    roll: Roll | None = None
    """How a clip is read; None for a picture."""


@dataclass(frozen=True, slots=True)
class Head:
    """The frames of the shot that a transition goes over into, as it takes them: they are drawn with that shot's own
    segments, and need not be decoded twice."""

    segment: Segment
    """The transition."""
    path: Path
    """Where they are written, without a head of their own: planes of 8 bits, in the film's size."""

    def is_whole(self) -> bool:
        """Whether all of them are there: they are written one behind the other."""
        with suppress(OSError):
            return self.path.stat().st_size == self.size
        return False

    @property
    def size(self) -> int:
        """How many bytes they have."""
        width, height = self.segment.width, self.segment.height
        return self.segment.frames * (width * height + 2 * -(-width // 2) * -(-height // 2))


@dataclass(frozen=True, slots=True)
class Run:
    """Segments that begin with the same clip, in order."""

    segments: Mapping[str, Segment]
    """By their keys."""
    heads: Mapping[str, Head] = field(default_factory=dict)
    """What may have been drawn for them already, by key."""
    drawn: tuple[Head, ...] = ()
    """What is drawn for others: transitions that go over into the clip."""

    @property
    def clip(self) -> str:
        """The digest of the clip that it is about; empty for a card."""
        return next(iter(self.segments.values())).reels[0].digest


@dataclass(frozen=True, slots=True)
class Feed:
    """Where a reel's frames come out of what ffmpeg opens."""

    label: str
    decoded: int = 0
    """The number of the source frame that comes first."""
    picture: str = ""
    """What is put behind the frames that were chosen, to make their picture like any other."""


def encode(run: Run, targets: Sequence[Path], sources: Mapping[str, Source], encoder: Encoder, fonts: Path) -> None:
    """Encode a run's segments, each to its own file, in one pass over their clip.

    `sources` has the file of every digest that they name. A segment's bytes do not depend on its company.
    """
    segments = list(run.segments.values())
    ready = {number: run.heads[key] for number, key in enumerate(run.segments) if key in run.heads}
    ready = {number: head for number, head in ready.items() if head.is_whole()}
    inputs, feeds, chains = _inputs((segments, ready, run.drawn), sources)
    outputs: list[str] = []
    with TemporaryDirectory(prefix=".words.", dir=targets[0].parent) as scratch:
        for number, (segment, target) in enumerate(zip(segments, targets, strict=True)):
            folder = Path(scratch, str(number))
            folder.mkdir()
            for index, reel in enumerate(segment.reels):
                name, feed = f"{number}_{index}", feeds[number, index]
                done = index == 1 and number in ready
                drawing = (name, feed, _look(reel.lut, sources))
                chain = _even_frames(segment) if done else _reel_chain(reel, segment, drawing, folder)
                chains.append(f"[{feed.label}]{chain}[r{name}]")
            laid = [f"{inputs.count('-i') + at}:v:0" for at in range(len(segment.overlays))]
            for one in segment.overlays:
                inputs += laid_input(sources[one.digest].path)
            chain = _finish(segment, number, (_look(segment.lut, sources), laid), folder)
            chains.append(f"{chain},format={pixel_format(encoder)},{TAGS}[film{number}]")
            outputs += ["-map", f"[film{number}]", "-frames:v", str(segment.frames), *encoding(encoder, segment.rate)]
            outputs.append(str(target))
        for number, head in enumerate(run.drawn, len(segments)):
            reel, feed = head.segment.reels[1], feeds[number, 1]
            chain = _reel_chain(reel, head.segment, (f"{number}_1", feed, _look(reel.lut, sources)), Path(scratch))
            chains.append(f"[{feed.label}]{chain}[head{number}]")
            outputs += ["-map", f"[head{number}]", "-frames:v", str(head.segment.frames), "-fps_mode", "passthrough"]
            outputs += ["-c:v", "rawvideo", "-f", "rawvideo", str(head.path)]
        ffmpeg.run(
            *ffmpeg.QUIET, *inputs, "-filter_complex", ffmpeg.SCALING + ";".join(chains), *outputs, fonts=fonts
        )  # fmt: skip


def _inputs(
    run: tuple[Sequence[Segment], Mapping[int, Head], Sequence[Head]], sources: Mapping[str, Source]
) -> tuple[list[str], dict[tuple[int, int], Feed], list[str]]:
    """What ffmpeg opens, where each reel's frames come from by segment and place, and the chains up to there.

    The clip that the run is about is decoded once and handed to every segment, and to what is drawn for others; a clip
    that comes in with a transition is opened for itself, since its frames are wanted at another time, unless they are
    ready.
    """
    segments, ready, drawn = run
    every = [*segments, *(head.segment for head in drawn)]
    inputs: list[str] = []
    chains: list[str] = []
    feeds: dict[tuple[int, int], Feed] = {}
    shared = [(number, 0) for number, segment in enumerate(segments) if not segment.reels[0].card]
    shared += [(number, 1) for number in range(len(segments), len(every))]
    opened = 0
    for number, segment in enumerate(segments):
        for index, reel in enumerate(segment.reels):
            if reel.card or (index == 1 and number in ready):
                inputs += _still(reel, segment, sources) if reel.card else _drawn(ready[number])
                feeds[number, index] = Feed(f"{opened}:v:0")
                opened += 1
                continue
            places = [(number, index)] if index else shared
            if (number, index) != places[0]:
                continue
            source = sources[reel.digest]
            arguments, start = _clip(source, min(every[at].reels[place].first for at, place in places))
            inputs += arguments
            labels = [f"s{at}_{place}" for at, place in places]
            times, picture = _even(source)
            chains.append(f"[{opened}:V:0]{times}split={len(labels)}" + "".join(f"[{one}]" for one in labels))
            feeds |= {place: Feed(label, start, picture) for place, label in zip(places, labels, strict=True)}
            opened += 1
    return inputs, feeds, chains


def _still(reel: Reel, segment: Segment, sources: Mapping[str, Source]) -> tuple[str, ...]:
    rate = f"{segment.rate.numerator}/{segment.rate.denominator}"
    if not reel.card[2]:
        lavfi = f"color=c={ffmpeg_color(reel.card[0])}:s={segment.width}x{segment.height}:r={rate},format=gbrp"
        return ("-f", "lavfi", "-i", lavfi)
    return (*ffmpeg.CLOSED, *ffmpeg.LIMITS, "-f", "image2", "-pattern_type", "none", "-loop", "1",
            "-framerate", rate, "-i", str(sources[reel.card[2]].path))  # fmt: skip


def _drawn(head: Head) -> tuple[str, ...]:
    """The arguments that open frames which were drawn before."""
    segment = head.segment
    size = f"{segment.width}x{segment.height}"
    return (*ffmpeg.CLOSED, "-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", size,
            "-framerate", frame_rate(segment), "-i", str(head.path))  # fmt: skip


def _even_frames(segment: Segment) -> str:
    """What `_reel_chain` ends with."""
    tick = f"{segment.rate.denominator}/{segment.rate.numerator}"
    return f"settb={tick},setpts=N,setsar=1,format=yuv420p,{TAGS}"


def _clip(source: Source, first: int) -> tuple[tuple[str, ...], int]:
    """The arguments that open a clip as near before a source frame as can be, and the frame that comes first."""
    keys, margin = (source.roll.keys, source.roll.stock.margin) if source.roll else ((), 0)
    start = start_before(keys, first, margin)
    kind = demuxer(source.path)
    plain = kind == "mov" and source.roll is not None and source.roll.stock == Stock()
    told = ffmpeg.UNGUESSED if plain else ()
    return ("-threads", "1", *told, *start.arguments, *ffmpeg.reading(source.path, kind)), start.frame


def _even(source: Source) -> tuple[str, str]:
    """What is put before a clip's frames and what behind those that are chosen, so that they are like any other's."""
    if source.roll is None:
        return "", ""
    return even_times(source.roll.stock, source.roll.facts), even_picture(source.roll.stock, source.roll.facts)


def _look(table: str, sources: Mapping[str, Source]) -> str:
    """The filters of a look, by the digest of its table; empty for none."""
    return look(quoted(sources[table].path)) if table else ""


def _reel_chain(reel: Reel, segment: Segment, feed: tuple[str, Feed, str], scratch: Path) -> str:
    """From the source to exactly the segment's frames, in the film's size."""
    name, source, graded = feed
    frames = "null" if reel.card else select_frames(reel, segment, source.decoded) + source.picture
    fitted = fit_picture(reel, segment, name, graded)
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


def _finish(segment: Segment, number: int, drawn: tuple[str, Sequence[str]], scratch: Path) -> str:
    """From the reels to the film's picture: the transition, the film's look, what is laid over it, the words, and the
    film's own fades, which are over everything but a draft's notes. `drawn` is the look and the label of each overlay.
    """
    graded, labels = drawn
    chain = cross(segment, number) if segment.transition else f"[r{number}_0]null"
    chain += f",format=yuv420p,{TAGS}" + (f",{graded},{TAGS}" if graded else "")
    for index, (laid, label) in enumerate(zip(segment.overlays, labels, strict=True)):
        chain += lay_over(laid, segment, label, f"{number}_{index}")
    notes = tuple(line for line in segment.lines if segment.dips and line.style in NOTES)
    chain += _written([line for line in segment.lines if line not in notes], segment, scratch / "lines.ass")
    for index, dip in enumerate(segment.dips):
        chain += dip_filters(dip, segment, f"{number}_{index}")
    return chain + _written(notes, segment, scratch / "notes.ass")


def _written(lines: Sequence[Line], segment: Segment, file: Path) -> str:
    """What is put behind a chain for lines to be written on it, by way of a script file."""
    if not lines:
        return ""
    file.write_text(script(lines, segment.width, segment.height), "utf-8")
    return f",{_words(file, segment)}"


def _words(script_file: Path, segment: Segment) -> str:
    """Words drawn on a clock of their own, and the film's clock behind them."""
    tick = f"{segment.rate.denominator}/{segment.rate.numerator}"
    return f"settb=1/100,setpts=N*{FRAME_CENTISECONDS},ass=filename={quoted(script_file)},settb={tick},setpts=N"


def quoted(path: Path) -> str:
    """A path of ours inside a filter graph: every character that means something there is escaped, twice."""
    text = str(path)
    for special in "\\':":
        text = text.replace(special, f"\\{special}")
    for special in "\\'[],;":
        text = text.replace(special, f"\\{special}")
    return text
