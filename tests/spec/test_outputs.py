"""The films to make, as an author writes them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storyboard.spec.model import Output, Poster
from storyboard.spec.outputs import files_of
from storyboard.timing import parse_duration
from tests.spec.reading import CARD, codes, film


def output(fields: str) -> Output:
    """The one output of these fields."""
    return film(f"outputs: {{film: {{{fields}}}}}\n{CARD}").outputs[0]


def test_what_an_output_is_without_a_word() -> None:
    one = output("")
    assert (one.titles, one.focus, one.quality, one.codec, one.conform, one.poster) == (
        True, None, "standard", "h264", "repeat", None,
    )  # fmt: skip


def test_an_output_in_full() -> None:
    one = output(
        "captions: soft, titles: none, focus: [0.5, 0.3], quality: master, conform: speed, poster: {shot: a, at: 1s}"
    )
    assert (one.captions, one.titles, one.focus) == ("soft", False, (0.5, 0.3))
    assert (one.quality, one.conform, one.poster) == ("master", "speed", Poster("a", parse_duration("1s")))


@pytest.mark.parametrize(
    ("fields", "codec"),
    [("file: build/f.mp4", "h264"), ("file: build/f.mov", "prores"), ("file: build/f.MOV", "prores"),
     ("file: build/f.mov, codec: h264", "h264"), ("file: build/f.mov, codec: prores", "prores"),
     ("file: build/f.mov, codec: h264, quality: preserve", "h264"), ("quality: preserve", "h264")],
)  # fmt: skip
def test_how_a_film_is_encoded_follows_its_name(fields: str, codec: str) -> None:
    assert output(fields).codec == codec


@pytest.mark.parametrize(
    "fields",
    ["codec: prores", "file: build/f.mp4, codec: prores", "file: build/f.mov, quality: preserve", "file: f.webm",
     "file: f.draft.mov", "poster: {shot: b}", "focus: [0.5]", "quality: best", "captions: yes", "titles: burned"],
)  # fmt: skip
def test_what_an_output_cannot_be(fields: str) -> None:
    assert len(codes(f"outputs: {{film: {{{fields}}}}}\n{CARD}")) == 1


def test_everything_that_an_output_writes() -> None:
    assert files_of(output("")) == ("build/film.mp4", "build/film.provenance.json")
    movie = output("captions: sidecar, poster: {shot: a}, file: a/b.mov")
    beside = ("a/b.mov", "a/b.srt", "a/b.vtt", "a/b.jpg", "a/b.mov.provenance.json")
    assert files_of(movie) == beside
    assert files_of(replace(movie, signed=True)) == (*beside, "a/b.signed.mov")


@pytest.mark.parametrize(("first", "second", "meet"), [("sidecar", "sidecar", True), ("sidecar", "soft", False)])
def test_two_films_do_not_share_what_lies_beside_them(first: str, second: str, meet: bool) -> None:
    text = f"outputs: {{a: {{file: f.mp4, captions: {first}}}, b: {{file: ./f.mov, captions: {second}}}}}\n{CARD}"
    assert codes(text) == ([(2, "same-file")] if meet else [])
