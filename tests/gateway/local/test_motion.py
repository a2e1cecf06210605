"""The camera: it reads the prompt, moves softly, stays in the picture, and comes back where it must."""

from __future__ import annotations

from itertools import pairwise

import pytest

from storyboard.gateway.local.motion import REACH, find_move, plan_move

PROMPTS = {
    "The camera pushes in on the door.": "push",
    "Slow zoom in, then pan left": "push",
    "dolly in through the trees": "push",
    "The camera moves slowly closer": "push",
    "pull back to reveal the valley": "pull",
    "Zooming out over the sea": "pull",
    "The camera pans slowly to the left.": "left",
    "Pan right across the ridge": "right",
    "tracking right along the wall": "right",
    "tilt up to the sky": "up",
    "Tilting down": "down",
    "The camera orbits the fountain": "orbit",
    "an arc around her": "orbit",
    "handheld, nervous": "handheld",
    "static shot of a bowl": "static",
    "locked-off": "static",
    "A fox drinks.": "drift",
    "Spanish market, marching band": "drift",
}


@pytest.mark.parametrize(("prompt", "move"), PROMPTS.items())
def test_words_become_a_move(prompt: str, move: str) -> None:
    assert find_move(prompt) == move


@pytest.mark.parametrize("returns", [False, True])
@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_path_is_soft_and_stays_inside(prompt: str, returns: bool) -> None:
    path = plan_move(prompt, 5, returns=returns)
    boxes = [path(frame / 119).box(1536, 864) for frame in range(120)]
    assert boxes[0] == (0, 0, 1536, 864)
    if returns:
        assert boxes[-1] == (0, 0, 1536, 864)
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= 1536
        assert 0 <= top < bottom <= 864
        assert 1 <= 1536 / (right - left) <= REACH + 1e-9
    for edge in range(4):
        steps = [after[edge] - before[edge] for before, after in pairwise(boxes)]
        jolts = [abs(after - before) for before, after in pairwise(steps)]
        # Pixels per frame: it starts and ends at rest, and never changes pace with a jolt.
        assert abs(steps[0]) < 0.5
        assert abs(steps[-1]) < 0.5
        assert max(jolts) < (1.0 if "handheld" in prompt else 0.6)


def test_opposite_words_move_the_opposite_way() -> None:
    for one, other, edge in (("pan left", "pan right", 0), ("tilt up", "tilt down", 1)):
        for returns in (False, True):
            before = plan_move(one, 5, returns=returns)(0.7).box(1536, 864)
            after = plan_move(other, 5, returns=returns)(0.7).box(1536, 864)
            assert before[edge] < after[edge] - 20


def test_another_prompt_drifts_another_way() -> None:
    assert plan_move("A fox.", 5, returns=False)(1.0) != plan_move("A hare.", 5, returns=False)(1.0)
    assert plan_move("A fox.", 5, returns=False)(1.0) == plan_move("A fox.", 5, returns=False)(1.0)
