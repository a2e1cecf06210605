from __future__ import annotations

from dataclasses import replace

import pytest

from storyboard.planner import capability
from storyboard.planner.capability import check, spans
from storyboard.planner.catalogue import catalogue
from tests.planner.world import read_text

MODELS = sorted(catalogue().models)


def codes(shot: str, **options: bool) -> list[str]:
    """The codes of a film with one shot."""
    return [
        problem.code
        for problem in check(read_text(f"storyboard: 1\nshots:\n  - {{id: a, prompt: x, {shot}}}\n"), **options)
    ]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_takes_what_it_says(name: str) -> None:
    model = catalogue().models[name]
    for mode in model.modes:
        for seconds in model.seconds:
            still = "first: a.jpg, " if model.first else ""
            audio = "true" if model.audio == "option" else "false"
            assert codes(f"{still}model: {name}, mode: {mode}, duration: {seconds}s, audio: {audio}") == []
    if model.last:
        assert codes(f"last: a.jpg, model: {name}, mode: {model.last_modes[0] if model.last_modes else 'std'}") == []


@pytest.mark.parametrize("name", MODELS)
def test_a_model_refuses_what_it_does_not_say(name: str) -> None:
    model = catalogue().models[name]
    still = "first: a.jpg, " if model.first else ""
    longest, shortest = max(model.seconds), min(model.seconds)
    for duration in (f"{longest + 1}s", f"{shortest - 1}s", f"{shortest}.5s", f"{shortest * 24 + 1}f"):
        assert codes(f"{still}model: {name}, duration: {duration}") == ["model-duration"]
    if model.audio == "none":
        assert codes(f"{still}model: {name}, audio: true") == ["model-audio"]
    if model.first:
        assert codes(f"model: {name}") == ["no-still"]
    else:
        assert codes(f"first: a.jpg, model: {name}") == ["model-frame"]
        assert codes(f"first: a.jpg, last: b.jpg, model: {name}") == ["model-frame"] * 2
    if model.last_modes:
        assert codes(f"first: a.jpg, last: b.jpg, model: {name}, mode: std") == ["model-frame"]


def test_texts_at_their_limit() -> None:
    for field in ("prompt", "negative"):
        for length, expected in ((2_500, []), (2_501, ["too-long"])):
            other = "" if field == "prompt" else "prompt: x, "
            text = f"storyboard: 1\nshots: [{{id: a, first: a.jpg, {other}{field}: {'x' * length}}}]\n"
            assert [problem.code for problem in check(read_text(text))] == expected


def test_a_mode_that_a_model_does_not_have() -> None:
    (shot,) = read_text("storyboard: 1\nshots: [{id: a, first: a.jpg, prompt: x, mode: pro}]\n").shots
    model = replace(catalogue().models["klingai/kling-v3.0-i2v"], modes={"std": "720p"})
    assert shot.order
    (problem,) = capability._check_order(shot, shot.order, model)
    assert (problem.code, problem.path, problem.hint) == ("model-mode", "shots[0].mode", "write std")


def test_an_unknown_model() -> None:
    assert codes("model: acme/zoom") == ["model"]
    assert codes("model: acme/zoom", allow_unknown_model=True) == []
    assert codes("model: acme/zoom, duration: 60s, audio: true", allow_unknown_model=True) == []
    assert codes("model: acme/zoom, duration: 2.5s", allow_unknown_model=True) == ["model-duration"]


def test_a_mistake_in_the_defaults_is_told_once() -> None:
    text = "storyboard: 1\ndefaults: {duration: 2s, first: a.jpg, prompt: x}\nshots: [{id: a}, {id: b}, {id: c}]\n"
    (problem,) = check(read_text(text))
    assert (problem.where.line, problem.where.column) == (2, 22)


def test_cards_and_footage_ask_nothing() -> None:
    text = "storyboard: 1\nshots: [{id: a, card: {text: A}, duration: 99s}, {id: b, footage: b.mp4}]\n"
    assert check(read_text(text)) == []


def test_spans() -> None:
    assert [spans(one) for one in ((3, 4, 5), (5, 10), (5,), (4, 6, 8))] == ["3 to 5", "5 or 10", "5", "4 or 6 or 8"]
