"""Sounds for the mix, put in and taken out without a film around them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from storyboard.assembler import ffmpeg
from storyboard.assembler.busses import Voice, sum_busses, voice_of
from storyboard.assembler.mix import Mixdown, mix_film
from storyboard.assembler.sound import BUSSES, Cue
from storyboard.assembler.tape import Tape, open_tape
from storyboard.store import files
from storyboard.store.cache import Cache
from tests.media import Sound, write_sound


def write_tape(folder: Path, sound: Sound, name: str = "tape") -> Tape:
    """A tape with these samples."""
    path = folder / f"{name}.f32"
    path.write_bytes(np.ascontiguousarray(sound, np.float32).tobytes())
    return open_tape(path)


def summed(*voices: Voice, total: int) -> Sound:
    """The mix of some voices, before it is made as loud as asked."""
    blocks = [np.stack([busses[bus] for bus in BUSSES]).sum(axis=0) for busses in sum_busses(voices, total)]
    return np.concatenate(blocks).astype(np.float32)


def played(tape: Tape, cue: Cue, total: int) -> Sound:
    """A mix of one cue alone."""
    return summed(voice_of(cue, tape), total=total)


def mixed(folder: Path, cues: tuple[Cue, ...], wanted: Mixdown, **sounds: Sound) -> Path:
    """The file of a mix of sounds that are there as files; a cue's digest is the name of its sound."""
    paths = {name: write_sound(folder / f"{name}.wav", sound) for name, sound in sounds.items()}
    digests = {name: files.sha256(path) for name, path in paths.items()}
    named = tuple(replace(cue, digest=digests[cue.digest]) for cue in cues)
    target = folder / f"mix{wanted.suffix}"
    mix_film(named, wanted, {digests[name]: path for name, path in paths.items()}, Cache(folder), target)
    return target


def meter(path: Path) -> tuple[float, float]:
    """The integrated loudness of a file in LUFS, and its true peak in dB, by ffmpeg's own meter."""
    said = ffmpeg.measure("-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-")
    found = [
        re.findall(rf"{name}:\s+(-?[\d.]+|-inf) {unit}", said)[-1] for name, unit in (("I", "LUFS"), ("Peak", "dBFS"))
    ]
    return float(found[0]), float(found[1])
