"""Film without a generation lost: where clips need nothing but to stand in a row, their own packets are the film."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.assembler import media
from storyboard.assembler.join import Piece
from storyboard.assembler.keyframes import stands_alone
from storyboard.assembler.packets import Index, Packet, index_from, read_bytes
from storyboard.assembler.segments import Segment
from storyboard.assembler.stock import Stock
from storyboard.errors import Refused
from storyboard.store.cache import Cache, key_of

if TYPE_CHECKING:
    from av.container import InputContainer

Copies = dict[tuple[int, int], Piece]
"""Pieces of a film by the first and last of the segments whose place they take."""
Locate = Callable[[str], Path]

CODEC = "h264"
PROFILES = (66, 77, 88, 100)
"""Of H.264, those whose pictures have eight bits and one sample of chroma for four of luma."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames of one clip that follow each other in the film as they do in the clip."""

    digest: str
    first: int
    frames: int
    rate: Fraction
    size: tuple[int, int]


def copy_film(segments: Sequence[Segment], locate: Locate, cache: Cache) -> Copies:
    """The pieces of a film whose picture is its clips' own, bit for bit; none where anything must be drawn or encoded.

    That is so when all are straight cuts, nothing is laid over them, every clip has the film's size and rate and the
    same decoder's parameters, and every cut falls where decoding can begin and end.
    """
    if not all(is_plain(segment) for segment in segments):
        return {}
    copied = copy_parts(segments, locate, cache)
    return copied if sum(piece.frames for piece in copied.values()) == _frames(segments) else {}


def copy_parts(segments: Sequence[Segment], locate: Locate, cache: Cache) -> Copies:
    """The pieces of a film that can be copied. All have the decoder's parameters of the first of them."""
    pieces: dict[tuple[int, int], Piece] = {}
    parameters = b""
    for place, stretch in _stretches(segments):
        path = locate(stretch.digest)
        try:
            piece = _piece(stretch, path, cache)
        except Refused:
            continue  # whoever draws its frames says which clip it is
        if piece and parameters in (b"", piece.index.parameters):
            parameters = piece.index.parameters
            pieces[place] = piece
    return pieces


def _frames(segments: Sequence[Segment]) -> int:
    return sum(segment.frames for segment in segments)


def is_plain(segment: Segment) -> bool:
    """Whether a segment shows frames of one clip as they are, one by one."""
    if segment.transition or segment.dips or segment.lines or segment.overlays or segment.lut:
        return False
    reel = segment.reels[0]
    asis = not (reel.card or reel.lut or reel.flip or reel.backwards) and reel.scale == 1 and bool(reel.digest)
    shown = [(stretch.step, stretch.times) for stretch in reel.stretches]
    same = reel.size == (segment.width, segment.height) and reel.source_rate == segment.rate
    return asis and same and shown == [(1, 1)]


def _stretches(segments: Sequence[Segment]) -> Iterator[tuple[tuple[int, int], Stretch]]:
    """The plain segments put together where one goes on with the next frame of the same clip, and their numbers."""
    start = 0
    for number, segment in enumerate(segments):
        if not is_plain(segment):
            start = number + 1
        elif number + 1 == len(segments) or not _goes_on(segment, segments[number + 1]):
            whole, reel = segments[start : number + 1], segments[start].reels[0]
            size = (segment.width, segment.height)
            yield (start, number), Stretch(reel.digest, reel.first, _frames(whole), segment.rate, size)
            start = number + 1


def _goes_on(segment: Segment, after: Segment) -> bool:
    if not is_plain(after):
        return False
    one, two = segment.reels[0], after.reels[0]
    return (two.digest, two.first) == (one.digest, one.first + segment.frames)


def _piece(stretch: Stretch, path: Path, cache: Cache) -> Piece | None:
    """The packets of a stretch; None when they cannot be taken out of their clip."""
    key = key_of("packets-2", stretch.digest, str(stretch.rate), stretch.size)
    index = index_from(cache.recall("packets", key))
    if index is None:
        roll = media.roll_of(path, stretch.digest, cache)
        index = _index(path, stretch) if roll.stock == Stock() and not roll.turned else Index(b"", ())
        cache.remember("packets", key, index.describe())
    starts = [number for number, packet in enumerate(index.packets) if packet.frame == stretch.first]
    if not starts:
        return None
    chosen = index.packets[starts[0] : starts[0] + stretch.frames]
    shown = {packet.frame for packet in chosen}
    if not chosen[0].key or shown != set(range(stretch.first, stretch.first + stretch.frames)):
        return None
    if stretch.first and not stands_alone(CODEC, next(read_bytes(path, chosen[:1])), index.parameters):
        return None
    moved = (Packet(one.offset, one.size, one.frame - stretch.first, one.key) for one in chosen)
    return Piece(path, Index(index.parameters, tuple(moved)), stretch.frames)


def _index(path: Path, stretch: Stretch) -> Index:
    """Where a clip's packets are; an empty index when they could not stand in the film as they are."""
    kind = media.demuxer(path)
    with media.opened(path, kind) as container:
        return _read(container, stretch) if kind == "mov" else Index(b"", ())


def _read(container: InputContainer, stretch: Stretch) -> Index:
    none = Index(b"", ())
    picture = media.picture_of(container)
    parameters = bytes(picture.codec_context.extradata or b"")
    known = picture.codec_context.name == CODEC and parameters[:1] == b"\x01" and parameters[1] in PROFILES
    if not known or (picture.width, picture.height) != stretch.size:
        return none
    rows: list[Any] = []
    for packet in container.demux(picture):
        if not packet.size:
            continue
        frame = None if packet.pts is None else packet.pts * packet.time_base * stretch.rate
        if frame is None or frame.denominator != 1 or packet.is_discard or packet.is_corrupt or not packet.pos:
            return none
        rows.append(Packet(packet.pos, packet.size, int(frame), packet.is_keyframe))
    if sorted(row.frame for row in rows) != list(range(len(rows))):
        return none
    return Index(parameters, tuple(rows))
