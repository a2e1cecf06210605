"""Words as subtitles: what a script says, before anything draws it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from xml.etree import ElementTree as Xml

from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from storyboard.assembler.words import Line, card_lines, fonts, script, unknown_letters


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


def test_a_card_has_a_title_and_what_follows() -> None:
    (one,) = events(*card_lines("One", 9))
    assert one.endswith(",,One")
    (both,) = events(*card_lines("One\n\n{two}\nthree\n", 9))
    title, rest = both.split(",", 9)[9].split("\\N", 1)
    assert title == "One"
    assert rest.endswith("{\\rsubtitle}\\{two\\}\\Nthree")


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


def test_the_letters_that_are_known_are_those_of_the_fonts() -> None:
    folder = Path(str(resources.files("storyboard").joinpath("fonts")))
    codes: list[set[int]] = []
    for name in ("Inter-Medium.otf", "InterDisplay-SemiBold.otf"):
        with TTFont(folder / name) as font:
            codes.append(set(font.getBestCmap()))
    every = "".join(chr(code) for code in range(0x30000) if not 0xD800 <= code < 0xE000)
    unknown = set(unknown_letters(every))
    assert {char for char in every if char.isprintable() and ord(char) not in codes[0] & codes[1]} == unknown


def test_letters_that_no_font_has_are_named_once() -> None:
    assert unknown_letters("Überfluß, привет, ΑΩ — “quoted” 1½ €") == ""
    assert unknown_letters("日本 und 日") == "日本"
