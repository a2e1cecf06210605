"""What an author most likely meant by a value that cannot be read: the nearest one that can, as it is typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from storyboard.spec.slips import BLANKS, CURLY, about_blank
from storyboard.timing import NTSC, parse_duration

TIMES = frozenset({"duration", "length", "in", "out", "at", "for", "fade", "fade_in", "fade_out", "offset"})
"""Fields that are a time."""

LONGEST = 40
"""Characters of a value, or entries of a list, in which anything is looked for."""

_UNITS = {
    "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "sek": 1, "″": 1,
    "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60, "h": 3600, "hour": 3600, "hours": 3600,
}  # fmt: skip
_FRAMES = ("f", "fr", "frame", "frames")
_COLOURS = {
    "black": "#000000", "white": "#ffffff", "red": "#ff0000", "green": "#008000", "blue": "#0000ff",
    "grey": "#808080", "gray": "#808080", "yellow": "#ffff00", "orange": "#ffa500", "purple": "#800080",
    "navy": "#000080", "silver": "#c0c0c0", "cyan": "#00ffff", "magenta": "#ff00ff", "pink": "#ffc0cb",
}  # fmt: skip
_SIZES = {
    "720p": "1280x720", "hd": "1280x720", "1080p": "1920x1080", "fullhd": "1920x1080", "fhd": "1920x1080",
    "1440p": "2560x1440", "2k": "2048x1080", "4k": "3840x2160", "uhd": "3840x2160", "2160p": "3840x2160",
}  # fmt: skip
_SHAPES = {
    "landscape": "16:9", "widescreen": "16:9", "wide": "16:9", "portrait": "9:16", "vertical": "9:16",
    "square": "1:1",
}  # fmt: skip

_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:[.,][0-9]{1,9})?")
_AMOUNT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9}|[0-9]{1,9}\.) ?([a-z″]*)")
_CLOCK = re.compile(r"(?:([0-9]{1,2}):)?([0-9]{1,2}):([0-9]{1,2})(\.[0-9]{1,3})?")
_PAIR = re.compile(r"([0-9]{1,5}) ?(?:[x×*:/,]|by) ?([0-9]{1,5})")


def meant(kind: str, value: object) -> str:
    """What to type instead of a value that is none of its kind; empty when nobody can tell."""
    if kind not in _KINDS or isinstance(value, bool) or not isinstance(value, str | int | float | list):
        return ""
    if isinstance(value, str | list) and len(value) > LONGEST:
        return ""
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    text = " ".join(re.sub(f"[{BLANKS}]", " ", text).strip(f"{CURLY}\"' ").lower().split())
    return _KINDS[kind](text) if len(text) <= LONGEST else ""


def odd_letters(value: str) -> tuple[str, str] | None:
    """The sentence about letters that an author did not mean to type, and the value without them; None without any."""
    if len(value) > LONGEST:
        return None
    plain = re.sub(f"[{BLANKS}]", " ", value).strip()
    if plain != value and (match := re.search(f"[{BLANKS}]", value)):
        return about_blank(match[0])[0], plain
    if len(value) > 2 and value[0] in CURLY and value[-1] in CURLY:
        return "these curly quotes are letters to YAML", value[1:-1]
    return None


def number(text: str) -> str:
    """The one number of a text, plain: `12.50` for `USD 12,50`."""
    found = _NUMBER.findall(text)
    return found[0].replace(",", ".").removeprefix("+") if len(found) == 1 else ""


def duration(text: str) -> str:
    """`5s` for `5 sec`, `1.5s` for `1,5s`, `90s` for `1:30`."""
    text = re.sub(r"(?<=[0-9]),(?=[0-9])", ".", text)
    if match := _CLOCK.fullmatch(text):
        whole = Decimal(int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3]))
        return _seconds(whole + Decimal(match[4] or 0))
    if not (match := _AMOUNT.fullmatch(text)):
        return ""
    amount, unit = Decimal(match[1]), match[2] or "s"
    if unit in _FRAMES:
        return f"{amount:f}f" if amount == amount.to_integral_value() and "." not in match[1] else ""
    if unit == "ms":
        return _seconds(amount / 1000)
    return _seconds(amount * _UNITS[unit]) if unit in _UNITS else ""


def _seconds(amount: Decimal) -> str:
    text = f"{amount.normalize():f}s"
    try:
        return parse_duration(text).text
    except ValueError:
        return ""


def _size(text: str) -> str:
    if match := _PAIR.fullmatch(text.removesuffix("px").strip()):
        return f"{int(match[1])}x{int(match[2])}"
    return _SIZES.get(text.replace(" ", ""), "")


def _shape(text: str) -> str:
    match = _PAIR.fullmatch(text)
    shape = f"{int(match[1])}:{int(match[2])}" if match else _SHAPES.get(text, "")
    return f'"{shape}"' if shape else ""


def _rate(text: str) -> str:
    plain = number(re.sub(r" ?(fps|hz|p|frames.*)$", "", text))
    near = {exact[:-1]: exact for exact in NTSC if len(exact) > 5} | {"23.98": "23.976"}
    plain = near.get(plain, plain)
    return plain if plain in NTSC else plain.removesuffix(".0") if plain.removesuffix(".0").isdigit() else ""


def _colour(text: str) -> str:
    digits = re.sub(r"^(#|0x)", "", text)
    if re.fullmatch("[0-9a-f]{3}", digits):
        digits = "".join(one * 2 for one in digits)
    shade = f"#{digits}" if re.fullmatch("[0-9a-f]{6}", digits) else _COLOURS.get(text, "")
    return f'"{shade}"' if shade else ""


def _level(text: str) -> str:
    plain = number(re.sub(r" ?db$", "", text))
    return f"{plain}dB" if plain and text.endswith(("db", plain, plain.replace(".", ","))) else ""


def _percent(text: str) -> str:
    plain = number(text)
    if not plain or not re.fullmatch(r"[0-9.,]+ ?(%|percent)?", text):
        return ""
    share = Decimal(plain) * (100 if text == plain and Decimal(plain) <= 1 else 1)
    return f"{share.normalize():f}%"


def _speed(text: str) -> str:
    plain = number(text)
    return f"{plain}%" if plain and text.endswith("%") else plain if re.fullmatch(r"[0-9.,]+ ?[x×]?", text) else ""


_KINDS: Mapping[str, Callable[[str], str]] = {
    "duration": duration, "size": _size, "aspect": _shape, "rate": _rate, "colour": _colour, "level": _level,
    "percent": _percent, "speed": _speed, "number": number,
}  # fmt: skip
