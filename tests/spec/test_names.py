from __future__ import annotations

import json

import pytest

from storyboard.spec import names
from tests.spec.reading import codes

INSIDE = [
    "a.jpg", "stills/ridge.jpg", "a b.jpg", "größe/été.png", "初光.mp4", "a.b.c.jpg", ".hidden/a.jpg", "a/../b.jpg",
    "./a.jpg",
    "a'b.jpg", 'a"b.jpg', "a,b;c.jpg", "a[1].jpg", "$HOME.jpg", "`x`.jpg", "a&b.jpg", "(a).jpg", "a#1.jpg", "a~",
    "x" * 1024,
    "a-b", "1.jpg", "CON", "-" .join("ab"), "a..b", "...", "a/...",
]  # fmt: skip
OUTSIDE = [
    "", "/", "/etc/passwd", "//host/share", "../a.jpg", "a/../../b.jpg", "..", "a/..", ".", "./", "~", "~/a",
    "~root/a", "\\a",
    "a\\b", "C:\\a", "C:a", "c:/a", "file:///etc/passwd", "file:a", "https://example.org/a.jpg", "HTTP://x/y",
    "data:text/plain,x",
    "concat:a|b", "pipe:0", "pipe:", "tcp://1.2.3.4", "subfile,,start,0,end,9,,:a", "s3://bucket/a", "-i", "-",
    "--help", "a|b", "a*b",
    "a?b", "a%03d.png", "a//b", "a/", "a\x00b", "a\nb", "a\tb", "\x1b[2J", "a\x7f", "x" * 1025,
    "../" * 50 + "etc/passwd",
    "a/b/../../../c", "./../a",
]  # fmt: skip


SCHEMES = (
    "file", "http", "https", "ftp", "sftp", "tcp", "udp", "rtp", "rtsp", "rtmp", "srt", "data", "concat", "concatf",
    "pipe", "fd", "crypto", "cache", "async", "hls", "md5", "subfile", "tee", "unix", "gopher", "smb", "s3", "gs",
    "az", "mmsh", "icecast", "ipfs", "bluray", "javascript", "ssh", "git", "jar", "fontconfig", "lavfi", "C",
)  # fmt: skip
FORMS = [
    *OUTSIDE,
    *(form.format(one) for one in SCHEMES for form in ("{}:a.jpg", "{}://a/b.jpg", "{}:///etc/passwd", "{},,x:a.jpg")),
    *(form * depth + "a.jpg" for form in ("../", "a/../../", "./../") for depth in range(1, 12)),
    *(f"a{chr(code)}b.jpg" for code in (*range(32), *range(0x7F, 0xA1), 0x200B, 0x202E, 0x2028, 0x2066, 0xFEFF)),
]
"""Every way out of a project that ffmpeg, a shell, a terminal or a file system might take."""

PLACES = (
    "first: {}", "last: {}", "references: [{}]", "footage: {}", "narration: {}", "card: {{image: {}}}",
    "overlays: [{{image: {}}}]", "motion: {{video: {}, orientation: image}}", "lut: {}", "captions: {}",
    "include: [{}]", "overlays: [{{image: {}}}]", "looks: {{a: {{prompt: x, lut: {}}}}}",
    "characters: {{a: {{prompt: x, references: [{}]}}}}",
    "sound: {{music: {{file: {}}}}}", "sound: {{tracks: [{{file: {}}}]}}", "outputs: {{film: {{file: {}}}}}",
)  # fmt: skip
"""Every field that names a file: nine of a shot, eight of the film."""


def test_there_are_enough_forms() -> None:
    assert len(set(FORMS)) >= 200
    assert not [name for name in FORMS if not names.fault(name)]
    assert not [name for name in FORMS if not names.output_fault(name)]


@pytest.mark.parametrize("number", range(len(PLACES)))
def test_no_field_names_a_file_outside(number: int) -> None:
    shot = number < 8
    for name in (
        "../../a",
        "/etc/passwd",
        "~/a",
        "file:///a",
        "concat:a|b",
        "-i",
        "a%03d",
        "a/../../b",
        "\x1b[2J",
        "C:a",
    ):
        field = PLACES[number].format(json.dumps(name))
        shots = f"shots: [{{id: a, prompt: x, look: a, characters: [a], {field if shot else 'first: a.jpg'}}}]\n"
        text = "" if shot else f"{field}\n"
        defined = "".join(f"{one}: {{a: {{prompt: x}}}}\n" for one in ("looks", "characters") if one not in text)
        told = codes(f"{text}{defined}{shots}")
        assert {code for _, code in told} & {"file-name", "yaml", "include"}, (field, told)


@pytest.mark.parametrize("name", INSIDE)
def test_inside(name: str) -> None:
    assert names.fault(name) == ""


@pytest.mark.parametrize("name", OUTSIDE)
def test_outside(name: str) -> None:
    assert names.fault(name)


@pytest.mark.parametrize(
    ("name", "folder", "good"),
    [
        ("../a.jpg", "films", True), ("../../a.jpg", "films", False), ("../../a.jpg", "films/one", True),
        ("..", "films", False),
        ("../b/../a.jpg", "films", True), ("../b/../../a.jpg", "films", False), ("a.jpg", "films/one", True),
        ("/a.jpg", "films", False), ("../films/a.jpg", "films", True), ("a/../../../b", "films/one", True),
    ],
)  # fmt: skip
def test_the_storyboards_own_folder_counts(name: str, folder: str, good: bool) -> None:
    assert (names.fault(name, folder) == "") is good


@pytest.mark.parametrize("name", ["film.mp4", "build/film.mp4", "./build/film.MP4", "a b/été.mp4", "../out/film.mov"])
def test_a_film_may_go_there(name: str) -> None:
    assert names.output_fault(name, "films") == ""


@pytest.mark.parametrize(
    "name",
    [".film.mp4", ".git/film.mp4", "build/.x/film.mp4", "film", "mp4", "film.mkv", "film.draft.mov", "film.mp4/",
     "../../film.mp4", "/film.mp4", ".mp4",
     "film.mp4.exe", "https://example.org/film.mp4", "build/../.ssh/film.mp4"],
)  # fmt: skip
def test_a_film_may_not_go_there(name: str) -> None:
    assert names.output_fault(name, "films")
