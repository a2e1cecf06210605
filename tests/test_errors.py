from __future__ import annotations

import pytest

from storyboard import errors
from storyboard.errors import InvalidStoryboard, Problem, StoryboardError, Where, worst

CODES = {
    "StoryboardError": 1, "InvalidStoryboard": 1, "Refused": 1, "Usage": 2, "Gate": 3, "Transient": 4, "Unresolved": 5,
    "Interrupted": 130,
}  # fmt: skip


def every() -> dict[str, type[StoryboardError]]:
    """The classes of the tree by name."""
    return {
        name: one for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, StoryboardError)
    }


def test_exit_codes() -> None:
    assert {name: one.exit_code for name, one in every().items()} == CODES


def test_an_error_carries_its_way_out() -> None:
    error = errors.Gate("it would cost $3.00", hint="--yes", where=Where("film.yaml", 1, 2))
    assert (str(error), error.message, error.hint, str(error.where)) == (
        "it would cost $3.00", "it would cost $3.00", "--yes", "film.yaml:1:2",
    )  # fmt: skip


def test_problems_are_sorted_by_place_and_told_once() -> None:
    first, second = (Problem(Where("a.yaml", line, 1), "", "x", "m") for line in (2, 10))
    assert InvalidStoryboard([second, first, second]).problems == (first, second)
    assert str(InvalidStoryboard([first])) == "1 problem"
    assert str(InvalidStoryboard((first, second))) == "2 problems"


def test_the_error_that_decides() -> None:
    ranked = [errors.Unresolved, errors.Interrupted, errors.Refused, errors.Usage, errors.Gate, errors.Transient]
    for index, one in enumerate(ranked):
        for other in ranked[index:]:
            assert isinstance(worst([other("b"), one("a")]), one)
            assert isinstance(worst([one("a"), other("b")]), one)


@pytest.mark.parametrize("name", sorted(CODES))
def test_every_error_can_be_ranked(name: str) -> None:
    error = InvalidStoryboard([]) if name == "InvalidStoryboard" else every()[name]("x")
    assert worst([error]) is error
