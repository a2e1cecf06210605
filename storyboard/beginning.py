"""A storyboard to begin with, from a folder of pictures: each shot goes from one of them to the next."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from storyboard.errors import Usage
from storyboard.planner.catalogue import catalogue
from storyboard.planner.price import built_in, quote
from storyboard.spec.quoting import quoted, written
from storyboard.stills import look_at_sent, open_still
from storyboard.store import files

MODEL = "klingai/kling-v3.0-i2v"
SECONDS = 5
"""What a shot lasts where the model allows it."""
MAX_PICTURES = 100
PAIR = "Slow, steady camera move from the first picture to the last."
SINGLE = "Slow, steady push in; the light moves a little."
LONGEST_NAME = 120
"""Bytes of the name of a copy, without its ending: it needs room for what writes it, on any file system."""
STILLS = "stills"
"""The folder of a project that the pictures are copied to."""

ENDINGS = frozenset({".jpg", ".jpeg", ".jfif", ".png", ".webp"})
OTHERS = {
    ".heic": "HEIC", ".heif": "HEIF", ".avif": "AVIF", ".tif": "TIFF", ".tiff": "TIFF", ".gif": "GIF", ".bmp": "BMP",
    ".jxl": "JPEG XL", ".dng": "raw", ".cr2": "raw", ".cr3": "raw", ".nef": "raw", ".arw": "raw", ".raf": "raw",
    ".psd": "Photoshop",
}  # fmt: skip
"""Endings of pictures that are not read here, and what people call them."""

SHAPES = {"16:9": "1280x720", "9:16": "720x1280", "1:1": "720x720"}
"""The film's shape, and the size of its output."""
_LYING, _STANDING = Fraction(6, 5), Fraction(5, 6)
"""Pictures between these are about square."""

_PAIR = re.compile(r"(?P<name>.*?)(?:[ _.-]*(?:first|start|begin)|(?<=[0-9 _.-])a)", re.IGNORECASE)
_OTHER_HALF = (("first", "last"), ("start", "end"), ("begin", "end"), ("a", "b"))
_ORDINARY = re.compile(r"\w[\w .()+,-]*")
_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the folder, the name of its copy, and its shape: a key of `SHAPES`."""

    source: Path
    name: str
    shape: str


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot: an id, and the pictures that it begins and ends with."""

    id: str
    first: Picture
    last: Picture | None = None


@dataclass(frozen=True, slots=True)
class Beginning:
    """A storyboard, the pictures that it needs, and what was left out."""

    text: str
    shots: tuple[Shot, ...]
    pictures: tuple[Picture, ...]
    aspect: str
    seconds: int
    """Of the whole film."""
    left_out: tuple[str, ...]
    """Why each picture that is not in the film is not, in a sentence."""


def begin(folder: Path, title: str) -> Beginning:
    """The storyboard that the pictures of a folder make; `Usage` where they make none. Nothing is written.

    `title` is the name of a folder; the film's title is made from it.
    """
    names = _look_around(folder)
    pictures, left_out = [], []
    for path in names:
        kind = OTHERS.get(path.suffix.lower())
        if kind:
            left_out.append(f"`{path.name}` is a {kind} picture: export it as JPEG")
            continue
        try:
            image = open_still(path, path.name)
        except Usage as error:
            left_out.append(_why(error))
        else:
            pictures.append(Picture(path, "", _shape(image.width, image.height)))
    aspect = _most_frequent(picture.shape for picture in pictures)
    fitting = []
    for picture in pictures:
        try:
            look_at_sent(picture.source, picture.source.name, Fraction(aspect.replace(":", "/")))
        except Usage as error:
            left_out.append(_why(error))
        else:
            fitting.append(picture)
    if not fitting:
        hint = left_out[0] if left_out else "it needs JPEG, PNG or WebP files"
        raise Usage(f"`{folder}` has no picture that a film can begin with", hint=hint)
    named = tuple(_named(fitting))
    shots = tuple(_shots(named))
    seconds = min(catalogue().models[MODEL].seconds, key=lambda one: abs(one - SECONDS))
    text = _storyboard(_title(title), aspect, seconds, shots)
    return Beginning(text, shots, named, aspect, seconds * len(shots), tuple(left_out))


def _why(error: Usage) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message


def _look_around(folder: Path) -> list[Path]:
    """The pictures of a folder by their endings, in the order in which people count."""
    if not folder.is_dir():
        raise Usage(f"`{folder}` is not a folder", hint="name the folder that the pictures are in")
    with files.reading(folder):
        found = [one for one in folder.iterdir() if not one.name.startswith(".") and one.is_file()]
    names = sorted((one for one in found if one.suffix.lower() in ENDINGS | OTHERS.keys()), key=_natural)
    if len(names) > MAX_PICTURES:
        message = f"`{folder}` has {len(names)} pictures: a film is begun with {MAX_PICTURES} at most"
        raise Usage(message, hint="put the ones that the film needs into a folder of their own")
    return names


def _natural(path: Path) -> tuple[list[tuple[str, int, str]], str]:
    """What sorts IMG_2 before IMG_10, and a before B."""
    text = unicodedata.normalize("NFKC", path.stem).casefold()
    parts = re.findall(r"([0-9]+)|([^0-9]+)", text)
    return [("", int(digits), "") if digits else (words, 0, "") for digits, words in parts], path.name


def _shape(width: int, height: int) -> str:
    ratio = Fraction(width, height)
    return "16:9" if ratio > _LYING else "9:16" if ratio < _STANDING else "1:1"


def _most_frequent(shapes: Iterable[str]) -> str:
    """The shape of most pictures; of several, the one that lies."""
    counted = Counter(shapes)
    return max(SHAPES, key=lambda shape: counted[shape])


def _named(pictures: Sequence[Picture]) -> Iterator[Picture]:
    """The pictures with names for their copies: their own where those are ordinary, each once."""
    taken: set[str] = set()
    for picture in pictures:
        name = unicodedata.normalize("NFC", picture.source.name)
        stem, ending = (name[: -len(picture.source.suffix)], picture.source.suffix)
        stem = stem if _ORDINARY.fullmatch(stem) and len(stem.encode()) <= LONGEST_NAME else slug(stem)
        yield replace(picture, name=_once(stem, taken, ending))


def _once(stem: str, taken: set[str], ending: str = "") -> str:
    """A name that is not taken, also where upper case counts for nothing; from now on it is."""
    number, name = 1, f"{stem}{ending}"
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}{ending}"
    taken.add(name.casefold())
    return name


def slug(text: str) -> str:
    """An id from any text: letters, digits and dashes; `shot` where nothing of it can be in one."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).lower().translate(_LETTERS))
    found = re.sub(r"[^a-z0-9]+", "-", "".join(one for one in plain if not unicodedata.combining(one))).strip("-")
    found = f"shot-{found}" if found[:1].isdigit() else found
    return found[:48].rstrip("-") or "shot"


def _shots(pictures: Sequence[Picture]) -> Iterator[Shot]:
    """The shots of a film: pairs where the names say which belong together, else from each picture to the next."""
    taken: set[str] = set()
    pairs = dict(_pairs(pictures))
    lasts = {last.source for _, last in pairs.values()}
    for index, picture in enumerate(pictures):
        if pairs:
            if picture.source not in lasts:
                name, last = pairs.get(picture.source, (picture.source.stem, None))
                yield Shot(_once(slug(name), taken), picture, last)
        elif index + 1 < len(pictures) or index == 0:
            last = pictures[index + 1] if index + 1 < len(pictures) else None
            yield Shot(_once(slug(picture.source.stem), taken), picture, last)


def _pairs(pictures: Sequence[Picture]) -> Iterator[tuple[Path, tuple[str, Picture]]]:
    """Pictures whose names begin a pair, each with the pair's name and its other half."""
    stems: dict[str, Picture] = {picture.source.stem.casefold(): picture for picture in reversed(pictures)}
    for picture in pictures:
        found, stem = _PAIR.fullmatch(picture.source.stem), picture.source.stem.casefold()
        for first, last in _OTHER_HALF if found else ():
            other = stems.get(stem.removesuffix(first) + last) if stem.endswith(first) else None
            several = first == "a" and stem.removesuffix("a") + "c" in stems  # a row of pictures, and no pair
            if found and other and not several:
                yield picture.source, (found["name"], other)
                break


def _title(text: str) -> str:
    """A title from the name of a folder."""
    plain = "".join(one if one.isprintable() and one not in "{}" else " " for one in unicodedata.normalize("NFC", text))
    words = " ".join(re.sub(r"[_-]", " ", plain).split())[:80] or "My film"
    return words[:1].upper() + words[1:]


def _storyboard(title: str, aspect: str, seconds: int, shots: Sequence[Shot]) -> str:
    """The storyboard's text, with what one needs to know to go on."""
    model = catalogue().models[MODEL]
    price = quote(MODEL, model.default_mode, False, False, seconds, built_in())
    budget = math.ceil(price.high * len(shots)) if price else len(shots)
    chained = len(shots) > 1 and all(one.last is other.first for one, other in pairwise(shots))
    legal = f"{model.seconds[0]} to {model.seconds[-1]}"
    about = "goes from its first picture to its last" if any(one.last for one in shots) else "begins with its picture"
    lines = [
        "# yaml-language-server: $schema=.storyboard.schema.json",
        "storyboard: 1",
        f"title: {quoted(title)}",
        f'aspect: "{aspect}"'.ljust(33) + "# the shape of most of the pictures: the others are cropped to it",
        "",
        "defaults:                        # any field of a shot",
        f"  model: {MODEL}",
        f"  duration: {seconds}s".ljust(33) + f"# what is ordered and paid for: {legal} seconds",
        "  mode: std                      # std is 720p, pro is 1080p",
        *([] if chained or len(shots) == 1 else ["  transition: dissolve           # on the edge to the next shot"]),
        "",
        f"# Each shot {about}. Say in `prompt` what moves in it, and what the camera does.",
        "shots:",
    ]
    for index, shot in enumerate(shots):
        lines += [*_shot(shot, aspect, shots[index - 1].id if chained and index == 1 else ""), ""]
    lines += [
        "close: {fade: 1s}",
        "",
        "outputs:",
        f"  film: {{size: {SHAPES[aspect]}, fps: 24}}",
        "",
        f"budget: {Decimal(budget):.2f}".ljust(33) + "# US dollars: the most that may ever be spent on this film",
    ]
    return "\n".join(lines) + "\n"


def _shot(shot: Shot, aspect: str, before: str) -> list[str]:
    """The lines of a shot; with the id of the one before it where that one's last picture is its first."""
    lines = [f"  - id: {written(shot.id)}"]
    if before:
        lines += [
            f"    # `first: {{shot: {before}, frame: last}}` would go on from the very frame that `{before}` ends with"
        ]
    lines += [f"    first: {written(f'{STILLS}/{shot.first.name}')}"]
    lines += [f"    last: {written(f'{STILLS}/{shot.last.name}')}"] if shot.last else []
    lines += [f'    prompt: "{PAIR if shot.last else SINGLE}"']
    if {shot.first.shape, shot.last.shape if shot.last else aspect} != {aspect}:
        lines += ["    focus: [0.5, 0.5]            # across and down: what stays where a picture is cropped"]
    return lines
