"""Words as subtitles: what a script says, before anything draws it."""

from __future__ import annotations

import os
import re
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from storyboard.assembler.styles import Line
from storyboard.assembler.words import card_lines, fonts, script, unknown_letters, writable
from storyboard.errors import Refused
from storyboard.store import files
from storyboard.store.cache import Cache


def events(*lines: Line) -> list[str]:
    """The text of every event."""
    rows = script(lines, 1280, 720).splitlines()
    return [row for row in rows if row.startswith("Dialogue:")]


def test_the_times_of_a_line_lie_between_frames() -> None:
    (event,) = events(Line("caption", "Hello", 24, 48))
    assert event.startswith("Dialogue: 0,0:00:00.94,0:00:01.90,caption,")
    (first,) = events(Line("caption", "Hello", 0, 1))
    assert first.startswith("Dialogue: 0,0:00:00.00,0:00:00.02,")


def test_commas_stay_in_the_text() -> None:
    (event,) = events(Line("caption", "one, two, three", 0, 9))
    assert event.split(",", 9)[9] == "one, two, three"


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_no_text_ever_becomes_an_order(text: str) -> None:
    (event,) = events(Line("caption", text, 0, 9))
    shown = event.split(",", 9)[9]
    assert len(event.splitlines()) == 1
    assert shown.count("\\N") == text.count("\n")
    rest = shown.replace("\\N", "").replace("\\{", "").replace("\\}", "").replace("\\\u2060", "")
    assert not set(rest) & set("\\{}")


def test_what_is_seen_is_kept() -> None:
    kept = "Żółć — «naïve» ½ … “quoted” 1 500 m² ñandú Ωμέγα"
    (event,) = events(Line("caption", kept, 0, 9))
    assert event.endswith(kept.replace("\u202f", " "))
    (spaces,) = events(Line("caption", "10\u00a0km\tor\u202f6", 0, 9))
    assert spaces.endswith("10 km or 6")
    (bidi,) = events(Line("caption", "a\u202eb\u2066c\x00d\u200be", 0, 9))
    assert bidi.endswith("abcde")


def shown(event: str) -> str:
    """An event's text without its override blocks."""
    return re.sub(r"(?<!\\)\{[^}]*\}", "", event.split(",", 9)[9])


def test_a_card_has_a_title_and_what_follows() -> None:
    (one,) = events(*card_lines("One", 9))
    assert shown(one) == "One"
    (both,) = events(*card_lines("One\n\n{two}\n\nthree\n", 9))
    assert shown(both) == "One\\N\\h\\N\\{two\\}\\N\\h\\Nthree"
    assert both.index("fnInter Medium") > both.index("One")


def test_a_card_that_is_full_is_refused() -> None:
    with pytest.raises(Refused, match="does not fit"):
        events(*card_lines("word " * 2000, 9))


def test_a_title_comes_and_goes_frame_by_frame() -> None:
    layers = events(Line("centre", "One", 10, 40, heads=1, top=100, fade=3))
    words = [event for event in layers if event.startswith("Dialogue: 1,")]
    seen = [(row.split(",")[1], row.split(",")[2], row.split("\\1a&H")[1][:2]) for row in words]
    assert seen == [
        ("0:00:00.38", "0:00:00.42", "D7"),
        ("0:00:00.42", "0:00:00.46", "7F"),
        ("0:00:00.46", "0:00:00.50", "28"),
        ("0:00:00.50", "0:00:01.46", "00"),
        ("0:00:01.46", "0:00:01.50", "28"),
        ("0:00:01.50", "0:00:01.54", "7F"),
        ("0:00:01.54", "0:00:01.58", "D7"),
    ]


def test_a_fade_goes_on_over_a_border_of_segments() -> None:
    """What a later segment draws is what the whole would have drawn there."""
    whole = events(Line("legal", "One", 0, 40, heads=1, top=100, fade=8))
    for start in (1, 5, 8, 20, 33, 39):
        part = events(Line("legal", "One", -min(start, 8), 40 - start, heads=1, top=100, fade=8))
        for frame in range(start, 40):
            one, two = drawn(whole, frame), drawn(part, frame - start)
            assert one == two
            assert len(one) == 2


def drawn(rows: list[str], frame: int) -> list[str]:
    """What the events draw in a frame."""
    at, found = 4 * frame, []
    for row in rows:
        begin, end = (int(time[5:7]) * 100 + int(time[8:10]) for time in row.split(",")[1:3])
        if begin <= at < end:
            found.append(row.split(",", 9)[9])
    return found


def test_the_fonts_are_the_shipped_ones(tmp_path: Path) -> None:
    cache = tmp_path / "Tom & <Jerry>"
    path = fonts(cache)
    tree = Xml.fromstring(path.read_text("utf-8").split("\n", 2)[2])
    folder = tree.findtext("dir")
    assert folder is not None
    assert {one.name for one in Path(folder).glob("*.otf")} == {"Inter-Medium.otf", "InterDisplay-SemiBold.otf"}
    assert tree.findtext("cachedir") == str(cache / "fonts")
    state = path.stat().st_mtime_ns
    assert fonts(cache).stat().st_mtime_ns == state


def test_what_was_killed_as_it_was_written_down_is_swept(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    half = files.unfinished(fonts(cache.folder).parent, "fonts.conf")
    half = half.with_name(half.name.replace(f"-{os.getpid()}-", "-999999999-"))  # its writer is gone
    half.write_text("<fontconfig>")
    cache.sweep()
    assert not half.exists()


def test_the_letters_that_are_known_are_those_of_the_fonts() -> None:
    folder = Path(str(resources.files("storyboard").joinpath("fonts")))
    codes: list[set[int]] = []
    for name in ("Inter-Medium.otf", "InterDisplay-SemiBold.otf"):
        with TTFont(folder / name) as font:
            codes.append(set(font.getBestCmap()))
    every = "".join(chr(code) for code in range(0x30000) if not 0xD800 <= code < 0xE000)
    unknown = set(unknown_letters(every))
    known = codes[0] & codes[1]
    assert {char for char in every if char.isprintable() and ord(char) not in known} == unknown


def test_letters_that_no_font_has_are_named_once() -> None:
    assert unknown_letters("Überfluß, привет, ΑΩ — “quoted” 1½ €") == ""
    assert unknown_letters("日本 und 日") == "日本"


def test_a_slate_leaves_out_what_cannot_be_written() -> None:
    """A prompt may be in any script, and a draft shows no empty boxes."""
    assert writable("fox  ·  狐が 山 🦊 slowly, naïve…") == "fox  ·  … slowly, naïve…"
