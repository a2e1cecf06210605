"""What is heard, as written: each shot's own sound, voices and other tracks, the music, and what gives way to whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from storyboard.spec.fields import Fields
from storyboard.spec.model import Mix, Music, Shot, Track
from storyboard.spec.phrases import suggest
from storyboard.timing import Duration, parse_duration

DUCK_DB = -12.0
"""What `duck: true` is for music."""


def with_sound(fields: Fields, shot: Shot) -> Shot:
    """The shot with what its fields say of its own sound."""
    said, block = fields.get("sound"), fields.block("sound")
    mute, duck = said == "mute" or bool(block.get("mute")), said == "duck" or bool(block.get("duck"))
    if mute and duck:
        message = "a sound that is muted has nothing that could give way"
        block.problem("duck", "sound", message, "keep one of `mute` and `duck`")
    return replace(shot, gain_db=block.decibels("level"), mute=mute, duck=duck, keep=said == "keep")


def narration_of(fields: Fields) -> Track | None:
    """The voice that begins with a shot."""
    file = fields.file("narration")
    return (
        Track(file, "dialogue", parse_duration("0s"), str(fields.get("id")), 0.0, fields.where("narration"))
        if file
        else None
    )


def build_mix(
    fields: Fields, shots: tuple[Collection[str], Collection[str]], narrations: Iterable[Track]
) -> Mix:  # fmt: skip
    """The film's mix, the shots' narrations behind its own tracks.

    `shots`: the ids of those in the film, and of those that it leaves out: what is heard with one goes with it.
    """
    music = fields.block("music")
    tracks = [
        track
        for value, path in fields.items("tracks")
        if not fields.desk.spoilt(path)
        if (track := _track(Fields.of(fields.desk, value, path, fields.words), (*shots[0], *shots[1])))
        if track.shot not in shots[1]
    ]
    loudness = fields.get("loudness")
    return Mix(
        fields.get("clips", "keep"),
        (*tracks, *narrations),
        _music(music) if music.values and not fields.desk.spoilt(music.path) else None,
        float(loudness) if isinstance(loudness, int | float) else None,
    )


def check_ducking(sound: Fields, shots: Iterable[Fields]) -> None:
    """Put down whatever gives way where there is no dialogue to give way to."""
    every = list(shots)
    tracks = [value for value, _ in sound.items("tracks") if isinstance(value, dict)]
    if any(track.get("role") == "dialogue" for track in tracks) or any(one.written("narration") for one in every):
        return
    music = sound.block("music")
    ducking = [(sound, "clips")] if sound.get("clips") == "duck" else []
    ducking += [(music, "duck")] if music.get("duck") else []
    for fields in every:
        ducking += [(fields, "sound")] if fields.get("sound") == "duck" else []
        ducking += [(block, "duck")] if (block := fields.block("sound")).get("duck") else []
    for fields, name in ducking:
        if not fields.desk.spoilt(fields.at(name)):
            message = "nothing in the film is dialogue, so there is nothing to give way to"
            hint = "add `narration` to a shot, or a track with `role: dialogue`, or do not duck"
            fields.problem(name, "no-dialogue", message, hint)


def _track(fields: Fields, shots: Collection[str]) -> Track | None:
    at: Any = fields.get("at", "0s")
    shot = ""
    if isinstance(at, Mapping):
        block = fields.block("at")
        shot, begin = str(block.get("shot")), block.duration("offset", "0s")
        if shot not in shots:
            block.problem("shot", "shot", f"there is no shot `{shot}`", suggest(shot, shots))
    else:
        begin = fields.duration("at", "0s")
    part, fades = _part(fields), _fades(fields)
    _check_part(fields, part, fades)
    file = fields.file("file")
    if not file:
        return None
    role, gain = fields.get("role", "effects"), fields.decibels("level")
    return Track(file, role, begin or parse_duration("0s"), shot, gain, fields.where("file"), *part, *fades)


def _music(fields: Fields) -> Music | None:
    duck = fields.get("duck", False)
    duck_db = DUCK_DB if duck is True else fields.decibels("duck") if duck else None
    if duck_db is not None and duck_db >= 0:
        message = f"`duck` says by how much the music gives way, and {duck} is not quieter"
        fields.problem("duck", "level", message, "write `duck: -12dB`")
    part, fades, loop = _part(fields), _fades(fields), bool(fields.get("loop", False))
    _check_part(fields, part, (None, None) if loop else fades)
    file = fields.file("file")
    if not file:
        return None
    return Music(file, fields.decibels("level"), *fades, fields.where("file"), *part, loop, duck_db)


Pair = tuple[Duration | None, Duration | None]


def _part(fields: Fields) -> Pair:
    return fields.duration("in"), fields.duration("out")


def _fades(fields: Fields) -> Pair:
    return fields.duration("fade_in"), fields.duration("fade_out")


def _check_part(fields: Fields, part: Pair, fades: Pair) -> None:
    """Whether something is heard, and for long enough to fade in and out."""
    rate = fields.desk.rate
    start, end, *each = (one.seconds(rate) if one else None for one in (*part, *fades))
    if end is None:
        return
    lasts, faded = end - (start or 0), sum((one or Fraction(0) for one in each), Fraction(0))
    if lasts <= 0:
        message = "nothing is left of the sound: it ends before it begins"
        fields.problem("out", "cut", message, "`in` must lie before `out`")
    elif faded > lasts:
        name = "fade_out" if part and fades[1] else "fade_in"
        message = f"the fades last {float(faded):g} s, and the sound {float(lasts):g} s"
        fields.problem(name, "cut", message, "shorten the fades, or let it be heard longer")
