"""Cuts that leave a take before the frame that the next shot goes on from."""

from __future__ import annotations

import pytest

from storyboard.errors import Where
from storyboard.spec.continuity import jumps
from tests.spec.reading import film

CHAIN = """defaults: {{duration: 5s}}
shots:
  - {{id: pass, prompt: Up., model: klingai/kling-v3.0-t2v{cut}}}
  - {{id: stream, prompt: On., first: {{shot: pass, frame: last}}}}
"""


@pytest.mark.parametrize(
    "cut", ["", ", in: 2s", ", in: 2s, length: 3s", ", out: 5s", ", length: 2.5s, speed: 2", ", out: 00:00:05:00"]
)
def test_a_cut_that_keeps_the_last_frame_goes_on(cut: str) -> None:
    assert list(jumps(film(CHAIN.format(cut=cut)))) == []


@pytest.mark.parametrize(
    ("cut", "field", "said"),
    [
        (", out: 4s", "out", "the cut leaves that one 1 s before its end"),
        (", length: 4.5s", "length", "the cut leaves that one 0.5 s before its end"),
        (", in: 1s, length: 2s, speed: 1.5", "length", "the cut leaves that one 1 s before its end"),
        (", reverse: true", "reverse", "which runs backwards and ends with its first"),
    ],
)
def test_a_trimmed_tail_is_told_at_its_field(cut: str, field: str, said: str) -> None:
    text = CHAIN.format(cut=cut)
    (told,) = jumps(film(text))
    value = text.splitlines()[2].index(f"{field}: ") + len(f"{field}: ")
    assert said in told.text
    assert told.where == Where("film.yaml", 4, value + 1)


def test_shots_that_do_not_stand_side_by_side_may_be_trimmed() -> None:
    between = CHAIN.format(cut=", out: 4s").replace(
        "  - {id: stream", "  - {id: end, card: {text: A}}\n  - {id: stream"
    )
    assert list(jumps(film(between))) == []
