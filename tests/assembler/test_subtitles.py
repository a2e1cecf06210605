"""Subtitles read from files of strangers, and written for players."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.assembler import ffmpeg
from storyboard.assembler.layout import Text
from storyboard.assembler.subtitles import MAX_BYTES, MOST, MOST_TOLD, read_srt, sidecars, write_srt, write_vtt
from storyboard.errors import InvalidStoryboard, Where
from storyboard.timing import to_frame

RATES = [Fraction(24), Fraction(25), Fraction(60), Fraction(240), Fraction(24000, 1001), Fraction(30000, 1001)]
PLAIN = "1\n00:00:01,000 --> 00:00:02,500\nThe thaw begins\n"


def caption(text: str, start: int, stop: int) -> Text:
    """A caption that was written somewhere."""
    return Text("caption", text, start, stop, Where("film.yaml", 1, 1), "shots[0].captions[0].text")


def words(data: str | bytes) -> list[tuple[Fraction, Fraction, str]]:
    """The subtitles of a file."""
    read = read_srt(data.encode() if isinstance(data, str) else data, "film.srt")
    return [(one.begin, one.end, one.text) for one in read]


def faults(data: str | bytes) -> list[tuple[int, str]]:
    """What is wrong with a file, and in which line."""
    with pytest.raises(InvalidStoryboard) as caught:
        words(data)
    return [(problem.where.line, problem.message) for problem in caught.value.problems]


# Reading


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        PLAIN.rstrip(),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        "\n\n" + PLAIN + "\n\n\n",
        PLAIN.removeprefix("1\n"),
        PLAIN.replace(",", "."),
        PLAIN.replace("00:00:", "00:"),
        PLAIN.replace(",000", ",0").replace(",500", ",5"),
        PLAIN.replace("2,500", "2,500  X1:100 X2:200 Y1:1 Y2:2"),
        PLAIN.replace("The thaw", "<i>The <font color=\"#fff\">thaw</font></i>").replace("begins", "{\\an8}begins"),
        PLAIN.replace("The", "   The"),
    ],
)  # fmt: skip
def test_a_file_is_read_as_players_read_it(data: str | bytes) -> None:
    assert words(data) == [(Fraction(1), Fraction(5, 2), "The thaw begins")]


def test_subtitles_come_in_the_order_of_their_times_with_their_rows() -> None:
    text = "7\n00:00:05,000 --> 00:00:06,000\ntwo\n- rows\n\n1\n00:00:01,040 --> 00:59:59,999\n2 < 3 & <3, <b>bold\n"
    assert words(text) == [
        (Fraction(26, 25), Fraction(3599999, 1000), "2 < 3 & <3, bold"),
        (Fraction(5), Fraction(6), "two\n- rows"),
    ]


def test_a_subtitle_knows_its_line_and_one_without_words_is_none() -> None:
    text = f"\n{PLAIN}\n2\n00:00:03,000 --> 00:00:04,000\n<i></i>\n\n3\n00:00:05,000 --> 00:00:06,000\nThree\n"
    assert [(one.where.line, one.where.file) for one in read_srt(text.encode(), "a/b.srt")] == [
        (3, "a/b.srt"),
        (11, "a/b.srt"),
    ]
    assert words("") == words("\n \n") == []


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (PLAIN + "\n2\nnot a time\nwords\n", 6, "`not a time` is not the time of a subtitle"),
        (
            PLAIN + "\n2\n00:00:04,000 -> 00:00:05,000\nwords\n",
            6,
            "`00:00:04,000 -> 00:00:05,000` is not the time of a subtitle",
        ),
        (PLAIN + "\n2\n00:00:04,000 --> later\nwords\n", 6, "`00:00:04,000 --> later` is not the time of a subtitle"),
        (PLAIN + "\n2\n00:00:04,000 --> 00:00:04,000\nwords\n", 6, "this subtitle ends before it begins"),
        (PLAIN + "\n2\n00:00:61,000 --> 00:01:05,000\nw\n", 6, "a minute has 60 seconds, and an hour 60 minutes"),
        (PLAIN + "2\n00:00:04,000 --> 00:00:05,000\nwords\n", 5, "no empty line ends the subtitle before"),
        (PLAIN + "\n٢\n00:00:04,000 --> 00:00:٠5,000\nw\n", 6, "`00:00:04,000 --> 00:00:٠5,000` is not the time"),
        (PLAIN + "\n" + PLAIN.replace("begins", "x" * 2001), 6, "this subtitle has more than 2,000 characters"),
        ("\n\n".join(PLAIN for _ in range(2)).encode() + b"\nd\xe9j\xe0 vu\n", 10, "`film.srt` is not UTF-8"),
        (PLAIN.encode("utf-16"), 1, "`film.srt` is not UTF-8"),
        ("One\n\0\n", 2, "`film.srt` is not a text"),
        ("\ufeffWEBVTT\n\n00:01.000 --> 00:02.000\nx\n", 1, "`film.srt` is WebVTT"),
        (b"x" * (MAX_BYTES + 1), 1, "`film.srt` is larger than 4 MiB"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(data: str | bytes, line: int, message: str) -> None:
    ((found, told),) = faults(data)
    assert (found, told[: len(message)]) == (line, message)


def test_everything_that_is_wrong_is_told_at_once_and_not_without_end() -> None:
    assert [line for line, _ in faults(f"one\n\n{PLAIN}\nthree\n")] == [1, 7]
    assert len(faults("x\n\n" * 5000)) == MOST_TOLD
    ((line, message),) = faults("\n".join(PLAIN for _ in range(MOST + 1)))
    assert (line, message) == (4 * MOST + 2, "`film.srt` has more than 10,000 subtitles")


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    try:
        read = read_srt(PLAIN.encode() + data, "film.srt")
    except InvalidStoryboard:
        return
    assert all(one.begin < one.end and one.text for one in read)


# Writing


def test_a_file_is_written_as_players_read_it() -> None:
    lines = [caption("One", 0, 24), caption("Two\n\n  rows", 36, 90_061)]
    assert write_srt(lines, Fraction(24)) == (
        "1\n00:00:00,000 --> 00:00:01,000\nOne\n\n2\n00:00:01,500 --> 01:02:32,541\nTwo\nrows\n"
    )
    assert write_vtt(lines, Fraction(24)) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nOne\n\n00:00:01.500 --> 01:02:32.541\nTwo\nrows\n"
    )
    assert write_srt([], Fraction(24)) == ""
    assert write_vtt([], Fraction(24)) == "WEBVTT\n"
    paths = [path for path, _ in sidecars(Path("build/a.draft.mp4"), lines, Fraction(24))]
    assert paths == [Path("build/a.draft.srt"), Path("build/a.draft.vtt")]


def test_no_words_become_markup() -> None:
    odd = caption("a --> b & <i>c</i> {\\an8}d\u202ee\u2028f", 0, 9)
    assert write_vtt([odd], Fraction(24)).split("\n")[3] == "a --&gt; b &amp; &lt;i&gt;c&lt;/i&gt; {\\an8}def"
    srt = write_srt([odd], Fraction(24))
    assert srt.split("\n")[2] == "a --> b & <\u2060i>c<\u2060/i> {\u2060\\an8}def"
    assert words(srt)[0][2] == srt.split("\n")[2]


@given(st.sampled_from(RATES), st.integers(0, 3_000_000), st.integers(1, 2000))
def test_times_are_never_behind_their_frame_and_come_back_as_they_were(rate: Fraction, start: int, length: int) -> None:
    ((begin, end, _),) = words(write_srt([caption("x", start, start + length)], rate))
    for time, frame in ((begin, start), (end, start + length)):
        assert frame - 1 < time * rate <= frame, "at the frame's time it is seen, and at that before it is not"
        assert to_frame(time, rate) == frame


def test_ffmpeg_reads_what_is_written(tmp_path: Path) -> None:
    lines = [caption("Żółć — 2 < 3", 12, 30), caption("two\nrows & more", 30, 47)]
    for path, text in sidecars(tmp_path / "film.mp4", lines, Fraction(24)):
        path.write_text(text, "utf-8")
        command = [ffmpeg.binary(), "-v", "error", "-i", str(path), "-f", "srt", "-"]
        done = subprocess.run(command, capture_output=True, timeout=60, check=True)
        read = [
            (begin, end, text.replace("&lt;", "<").replace("&amp;", "&")) for begin, end, text in words(done.stdout)
        ]
        assert read == [
            (Fraction(1, 2), Fraction(5, 4), "Żółć — 2 < 3"),
            (Fraction(5, 4), Fraction(979, 500), "two\nrows & more"),
        ]
