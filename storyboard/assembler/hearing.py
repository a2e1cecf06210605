"""Sounds looked at before they are mixed: whether they can be heard, and how long they last."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

from storyboard.assembler.boxes import check_boxes
from storyboard.assembler.media import demuxer, is_cover, opened
from storyboard.errors import Refused
from storyboard.store import files
from storyboard.store.cache import Cache, key_of

MEASURE = "hearing-1"
"""The version of how sounds are measured, and of how that is remembered."""
DEMUXERS = {b"RIFF": "wav", b"RF64": "wav", b"FORM": "aiff", b"fLaC": "flac", b"OggS": "ogg", b"ID3": "mp3"}
DEMUXERS |= {bytes((0xFF, second)): "mp3" for second in (0xE2, 0xE3, 0xF2, 0xF3, 0xFA, 0xFB)}
DEMUXERS |= {bytes((0xFF, second)): "aac" for second in (0xF0, 0xF1, 0xF8, 0xF9)}
"""By what sounds begin with that are no clips: the last two by the head of a frame."""


def sound_demuxer(path: Path) -> str:
    """The one demuxer that may open a sound, from its first bytes."""
    with files.reading(path), path.open("rb") as file:
        head = file.read(16)
    if found := [name for magic, name in DEMUXERS.items() if head.startswith(magic)]:
        return found[0]
    try:
        return demuxer(path)
    except Refused:
        raise Refused("it is not a sound that is known here", hint="save it as WAV, FLAC, MP3 or M4A") from None


def measure_sound(path: Path) -> Fraction:
    """How many seconds a sound lasts, every packet counted: from a clip's first picture on, where it is one's.

    `Refused` says why it cannot be heard.
    """
    kind = sound_demuxer(path)
    check_boxes(path, kind)
    with opened(path, kind, "sound") as container:
        if not container.streams.audio or next(container.decode(audio=0), None) is None:
            raise Refused("it has no sound")
    sounds, seen = [Fraction(0)], list[Fraction]()
    with opened(path, kind, "sound") as container:
        pictures = [one for one in container.streams.video if not is_cover(one)][:1]
        for packet in container.demux(container.streams.audio[0], *pictures):
            if packet.pts is not None and packet.time_base and not packet.is_discard:
                begin, lasts = packet.pts * packet.time_base, (packet.duration or 0) * packet.time_base
                (seen if packet.stream in pictures else sounds).append(begin)
                sounds += [] if packet.stream in pictures else [begin + lasts]
    return max(sounds) - min(seen or sounds[1:], default=Fraction(0))


def seconds_of(path: Path, digest: str, cache: Cache) -> Fraction:
    """What `measure_sound` finds, remembered by the digest of the sound's bytes: those in `path`, or `Transient`."""
    key = key_of(MEASURE, digest)
    with suppress(TypeError, ValueError, ArithmeticError):
        return Fraction(cache.recall("hearing", key))
    lasts = measure_sound(path)
    if files.sha256(path) != digest:
        raise files.changed(path)
    cache.remember("hearing", key, str(lasts))
    return lasts
