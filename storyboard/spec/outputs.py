"""The films to make, as written: where each goes, its size and rate, how it is encoded, its poster."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fractions import Fraction
from pathlib import PurePosixPath

from storyboard.spec import names
from storyboard.spec.fields import Fields
from storyboard.spec.meant import meant
from storyboard.spec.model import Codec, Output, Poster
from storyboard.spec.phrases import suggest
from storyboard.timing import Rate, parse_duration, parse_rate

SIDECARS = (".srt", ".vtt")
"""Subtitles beside a film, each under its name."""
POSTER = ".jpg"
"""A film's poster, under its name."""
RECORD = ".provenance.json"
"""What a film is made of, under its name."""


def build_outputs(top: Fields, stem: str) -> tuple[Output, ...]:
    """The outputs of a film whose storyboard is called `stem`; without any, one film."""
    block = top.block("outputs")
    outputs, files = [], dict[str, str]()
    for name in block.values or ("film",):
        fields = block.block(name).clean(top.words)
        output = _output(fields, name, f"build/{stem}.mp4" if name == "film" else f"build/{stem}.{name}.mp4", top)
        written = files_of(output)
        for file in written:
            if (place := names.place_of(file)) in files:
                what = "" if file == output.file else f": {PurePosixPath(file)}"
                message = f"outputs `{files[place]}` and `{name}` write the same file{what}"
                fields.problem("file", "same-file", message, "give each its own `file:`")
                break
        files.update(dict.fromkeys(map(names.place_of, written), name))
        outputs.append(output)
    return tuple(outputs)


def check_posters(top: Fields, outputs: Iterable[Output], shots: Collection[str]) -> None:
    """Whether every shot that a poster is taken from is there."""
    for output in outputs:
        if output.poster and output.poster.shot not in shots:
            name = output.poster.shot
            block = top.block("outputs").block(output.name).block("poster")
            block.problem("shot", "shot", f"there is no shot `{name}`", suggest(name, shots))


def shape_of(top: Fields) -> Fraction | None:
    """The film's shape as it is written in `aspect`."""
    text = top.get("aspect")
    if not isinstance(text, str) or top.desk.spoilt(("aspect",)):
        return None
    width, height = (int(part) for part in text.split(":"))
    return Fraction(width, height)


def files_of(output: Output) -> tuple[str, ...]:
    """Every file that an output writes: the film, and what lies beside it."""
    beside = [*SIDECARS] if output.captions == "sidecar" else []
    beside += [POSTER] if output.poster else []
    named = (str(PurePosixPath(output.file).with_suffix(suffix)) for suffix in beside)
    return output.file, *named, record_of(output.file), *([signed_of(output.file)] if output.signed else [])


def record_of(film: str) -> str:
    """The record of what a film is made of: film.provenance.json beside film.mp4, film.mov.provenance.json beside
    film.mov."""
    return film.removesuffix(".mp4") + RECORD


def signed_of(film: str) -> str:
    """The signed copy of a film: film.signed.mp4 beside film.mp4."""
    path = PurePosixPath(film)
    return str(path.with_name(f"{path.stem}.signed{path.suffix}"))


def _output(fields: Fields, name: str, default_file: str, top: Fields) -> Output:
    desk = fields.desk
    file = fields.text("file") or default_file
    if reason := names.output_fault(file, desk.folder):
        fields.problem("file", "file-name", f"`{file}` {reason}", "write it as in build/film.mp4")
    width, height = _size(fields, top)
    loudness = fields.get("loudness", top.block("sound").get("loudness"))
    return Output(
        name,
        file,
        width,
        height,
        _rate(fields),
        fields.get("fit", "cover"),
        fields.get("captions", "burn"),
        float(loudness) if isinstance(loudness, int | float) else None,
        fields.where("file"),
        titles=fields.get("titles", "burn") == "burn",
        focus=fields.point("focus"),
        quality=fields.get("quality", "standard"),
        codec=_codec(fields, file),
        conform=fields.get("conform", "repeat"),
        poster=_poster(fields.block("poster")),
        signed=bool(top.block("provenance").get("sign")),
    )


def _rate(fields: Fields) -> Rate:
    try:
        return parse_rate(fields.get("fps", 24))
    except ValueError as error:
        near = meant("rate", fields.get("fps"))
        fields.problem("fps", "rate", f"`{fields.get('fps')}` is not a rate", f"write {near}" if near else str(error))
        return Fraction(24)


def _codec(fields: Fields, file: str) -> Codec:
    """How the picture is encoded: as it is written, else as the file's name says."""
    movie = file.lower().endswith(".mov")
    codec: Codec = fields.get("codec", "prores" if movie else "h264")
    if codec == "prores" and not movie and not fields.desk.spoilt(fields.at("file")):
        message = f"prores goes into a .mov file, and `{file}` is none"
        fields.problem("codec", "codec", message, f"write `file: {PurePosixPath(file).with_suffix('.mov')}`")
    if codec == "prores" and fields.get("quality") == "preserve":
        message = "`preserve` copies what the model made, which is h264"
        fields.problem("quality", "codec", message, "write `codec: h264`, or another quality")
    return codec


def _poster(fields: Fields) -> Poster | None:
    at = fields.duration("at", "0s")
    return Poster(str(fields.get("shot")), at or parse_duration("0s")) if fields.values else None


def _size(fields: Fields, top: Fields) -> tuple[int, int]:
    text = fields.get("size")
    if text is None:
        shape = shape_of(top)
        if shape is None or shape == Fraction(16, 9):
            return 1920, 1080
        long = round(1080 * max(shape, 1 / shape) / 2) * 2
        return (long, 1080) if shape > 1 else (1080, long)
    width, height = (int(part) for part in text.split("x"))
    if width % 2 or height % 2:
        fields.problem(
            "size",
            "size",
            f"{text} is odd, and video wants even numbers of pixels",
            f"write {width + width % 2}x{height + height % 2}",
        )
    elif not (64 <= width <= 8192 and 64 <= height <= 8192 and width * height <= 7680 * 4320):
        fields.problem("size", "size", f"{text} is out of range", "each side has 64 to 8192 pixels, at most 7680x4320")
    return width, height
