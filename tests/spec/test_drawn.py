"""Titles and overlays, as an author writes them."""

from __future__ import annotations

import pytest

from storyboard.spec.model import Overlay
from tests.spec.reading import codes, film


def test_titles() -> None:
    (shot,) = film("""
vars: {height: 1500 m}
shots:
  - id: a
    card: {text: A}
    titles: [{text: "{{ height }}"}, {text: Legal, at: 12f, for: 2s, style: legal}]
""").shots
    first, second = shot.titles
    assert (first.text, first.at.text, first.length, first.style) == ("1500 m", "0s", None, "lower-third")
    assert (second.text, second.at.text, second.style) == ("Legal", "12f", "legal")
    assert second.length
    assert second.length.text == "2s"
    assert first.where.line == 7


def test_overlays_of_the_film_and_of_a_shot() -> None:
    storyboard = film("""
overlays: [{image: logo.png, place: top-left, width: 12.5%, opacity: 80%, at: 1s, for: 5s}]
shots: [{id: a, card: {text: A}, overlays: [{image: "{{ shot.id }}.png"}]}]
""")
    (laid,), ((own,),) = storyboard.overlays, [shot.overlays for shot in storyboard.shots]
    assert (laid.place, laid.width, laid.opacity, laid.at.text) == ("top-left", 0.125, 0.8, "1s")
    assert laid.length
    assert laid.length.text == "5s"
    assert own == Overlay("a.png", own.at, None, "bottom-right", 0.12, 1.0, own.where)


@pytest.mark.parametrize("width", ["100%", "0.1%", "99.999%"])
def test_a_width(width: str) -> None:
    (laid,) = film(f"overlays: [{{image: l.png, width: {width}}}]\nshots: [{{id: a, card: {{text: A}}}}]").overlays
    assert 0 < laid.width <= 1


@pytest.mark.parametrize("width", ["0%", "100.1%", "12", "0.5", "12 %", '"%"', "-5%", "1e1%", "half", "200px"])
def test_no_width(width: str) -> None:
    assert len(codes(f"overlays: [{{image: l.png, width: {width}}}]\nshots: [{{id: a, card: {{text: A}}}}]")) == 1


def test_what_belongs_to_the_whole_film() -> None:
    storyboard = film(
        'captions: "subs/{{ title }}.srt"\nlut: looks/film.CUBE\ntitle: en\nshots: [{id: a, card: {text: A}}]'
    )
    assert (storyboard.captions, storyboard.lut) == ("subs/en.srt", "looks/film.CUBE")
    plain = film("shots: [{id: a, card: {text: A}}]")
    assert (plain.captions, plain.lut, plain.overlays) == ("", "", ())
