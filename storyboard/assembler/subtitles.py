"""Subtitles as files: `.srt` read from strangers, `.srt` and `.vtt` written for players. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from storyboard.assembler.layout import Text
from storyboard.errors import InvalidStoryboard, Problem, Where
from storyboard.timing import Rate

MAX_BYTES = 4 * 1024 * 1024
MAX_TEXT = 2_000
MOST = 10_000
MOST_TOLD = 20

_TIME = r"(?:(\d{1,2}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?", re.ASCII)
_TAG = re.compile(r"</?(?:[biusBIUS]|font|FONT)(?:\s[^<>\n]{0,200})?>|\{\\[^{}\n]{0,200}\}")
"""What players understand: bold, italic, underlined, struck out, a font, and the place of a line."""


@dataclass(frozen=True, slots=True)
class Subtitle:
    """A subtitle of a file, timed from the beginning of the film."""

    begin: Fraction
    """Exact seconds."""
    end: Fraction
    text: str
    where: Where


def read_srt(data: bytes, name: str) -> tuple[Subtitle, ...]:
    """The subtitles of an `.srt` file, in the order in which they begin; InvalidStoryboard names the lines of it that
    are wrong. Markup is left out: the words alone count."""
    problems: list[Problem] = []
    subtitles = tuple(_read(_decode(data, name), name, problems))
    if len(subtitles) > MOST:
        raise _wrong(name, subtitles[MOST].where.line, f"`{name}` has more than {MOST:,} subtitles", "shorten it")
    if problems:
        raise InvalidStoryboard(problems[:MOST_TOLD])
    return tuple(sorted(subtitles, key=lambda subtitle: (subtitle.begin, subtitle.end)))


def _decode(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        raise _wrong(name, 1, f"`{name}` is larger than {MAX_BYTES // 1024 // 1024} MiB", "it is no file of subtitles")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _wrong(name, line, f"`{name}` is not UTF-8", "save it as UTF-8 from a subtitle or text editor") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _wrong(name, line, f"`{name}` is not a text", "name a file in SubRip's format")
    if text.lstrip().startswith("WEBVTT"):
        raise _wrong(name, 1, f"`{name}` is WebVTT", "save it as SubRip, .srt")
    return text


def _read(text: str, name: str, problems: list[Problem]) -> Iterator[Subtitle]:
    """Every subtitle of a text; what is wrong is put down."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        at += lines[at].strip().isdecimal() and bool("".join(lines[at + 1 : at + 2]).strip())
        first = at
        while at < len(lines) and lines[at].strip():
            at += 1
        found = _subtitle(lines[first:at], Where(name, first + 1, 1))
        if isinstance(found, Problem):
            problems.append(found)
        elif found.text:
            yield found


def _subtitle(block: list[str], where: Where) -> Subtitle | Problem:
    """The subtitle of a block that begins with its times, or what is wrong with it."""
    times = _TIMES.fullmatch(block[0])
    if not times:
        hint = "a subtitle is its number, below it 00:00:01,000 --> 00:00:03,500, its words, and an empty line"
        return _problem(where, f"`{block[0].strip()[:60]}` is not the time of a subtitle", hint)
    begin, end = (_seconds(times.groups()[side : side + 4]) for side in (0, 4))
    if begin is None or end is None:
        return _problem(where, "a minute has 60 seconds, and an hour 60 minutes", "correct the times")
    if end <= begin:
        return _problem(where, "this subtitle ends before it begins", "correct the times")
    for index, row in enumerate(block[1:], start=1):
        if _TIMES.fullmatch(row):
            return _problem(replace(where, line=where.line + index), "no empty line ends the subtitle before", "add it")
    text = "\n".join(row.strip() for row in _TAG.sub("", "\n".join(block[1:])).split("\n")).strip()
    if len(text) > MAX_TEXT:
        return _problem(where, f"this subtitle has more than {MAX_TEXT:,} characters", "make several of it")
    return Subtitle(begin, end, text, where)


def _seconds(fields: tuple[str | None, ...]) -> Fraction | None:
    hours, minutes, seconds, part = fields
    if minutes is None or seconds is None or part is None or int(minutes) > 59 or int(seconds) > 59:
        return None
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return whole + Fraction(int(part.ljust(3, "0")), 1000)


def _wrong(name: str, line: int, message: str, hint: str) -> InvalidStoryboard:
    return InvalidStoryboard([_problem(Where(name, line, 1), message, hint)])


def _problem(where: Where, message: str, hint: str) -> Problem:
    return Problem(where, "captions", "subtitles", message, hint)


def sidecars(film: Path, captions: Sequence[Text], rate: Rate) -> tuple[tuple[Path, str], ...]:
    """The files beside a film that have its captions, and what stands in each."""
    beside = (".srt", write_srt(captions, rate)), (".vtt", write_vtt(captions, rate))
    return tuple((film.with_suffix(ending), text) for ending, text in beside)


def write_srt(captions: Iterable[Text], rate: Rate) -> str:
    """Captions as SubRip, which players and editors read."""
    return "\n".join(
        f"{number}\n{_clock(caption.start, rate)} --> {_clock(caption.stop, rate)}\n{_plain(caption.text)}\n"
        for number, caption in enumerate(captions, start=1)
    )


def write_vtt(captions: Iterable[Text], rate: Rate) -> str:
    """Captions as WebVTT, which browsers read."""
    cues = [
        f"{_clock(caption.start, rate, '.')} --> {_clock(caption.stop, rate, '.')}\n{_escaped(caption.text)}\n"
        for caption in captions
    ]
    return "\n".join(("WEBVTT\n", *cues))


def rows_of(text: str) -> str:
    """A caption's rows as they can stand in a file: none is empty, none has a character that is not seen."""
    rows = ("".join(_seen(char) for char in row).strip() for row in text.split("\n"))
    return "\n".join(row for row in rows if row)


def _seen(char: str) -> str:
    return char if char.isprintable() else " " if char.isspace() and char not in "\u2028\u2029" else ""


def _plain(text: str) -> str:
    """Words as SubRip has them, which knows no way to write what looks like markup: a word joiner makes it none."""
    return _TAG.sub(lambda found: f"{found[0][0]}\u2060{found[0][1:]}", rows_of(text))


def _escaped(text: str) -> str:
    return rows_of(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(frame: int, rate: Rate, point: str = ",") -> str:
    """When a frame is first seen. The millisecond is rounded down: at the frame's own time the words are there."""
    seconds, thousandths = divmod((frame * 1000 / rate).__floor__(), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{thousandths:03}"
