from __future__ import annotations

import pytest

from storyboard.spec import names

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
