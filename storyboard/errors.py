"""Places, problems, and the error tree.

    StoryboardError          1
    ├── InvalidStoryboard    1    the storyboard is wrong: carries every problem
    ├── Refused              1    the provider, the machine or a file said no, for good
    ├── Usage                2    the call is wrong: a file that is not there, a setting out of place
    ├── Gate                 3    it would have to spend, or would go over the budget
    ├── Transient            4    nothing is lost: run it again
    ├── Unresolved           5    a charge may exist: `storyboard resolve`
    └── Interrupted          130

Nothing below `cli/` prints or exits: it raises one of these, and `cli/main.py` shows it and leaves with its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a source text. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    included_from: str = ""
    """`film.yaml:3` when the file came in through `include:`."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong, where, and the way out."""

    where: Where
    path: str
    """The field, as in `shots[3].duration`; empty for the document."""
    code: str
    message: str
    hint: str = ""


class StoryboardError(Exception):
    """Anything this program refuses to do: one sentence, a way out, and the exit code."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", where: Where | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where
        self.also: tuple[StoryboardError, ...] = ()
        """What else failed in the same run, where that is several things."""

    def at(self, message: str, where: Where | None) -> StoryboardError:
        """This error in other words and with a place: the same kind, exit code and hint."""
        moved = copy(self)
        moved.args, moved.message, moved.where = (message,), message, where
        return moved


class InvalidStoryboard(StoryboardError):
    """The storyboard is wrong. `problems` has every reason, sorted by place."""

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        self.problems = tuple(sorted(set(problems)))
        self.texts: Mapping[str, str] = {}
        """The sources that the problems are in, by name: to show their lines."""
        count = len(self.problems)
        super().__init__("1 problem" if count == 1 else f"{count} problems")


class Refused(StoryboardError):
    """Failed for good: trying the same again gives the same."""


class Usage(StoryboardError):
    """The call itself is wrong."""

    exit_code = 2


class Gate(StoryboardError):
    """It would have to spend, and nobody has consented to that."""

    exit_code = 3


class Transient(StoryboardError):
    """It may well work next time, and nothing is lost."""

    exit_code = 4


class Unresolved(StoryboardError):
    """A charge may exist whose clip is not here."""

    exit_code = 5


class Interrupted(StoryboardError):
    """The user stopped it."""

    exit_code = 130


def worst(errors: list[StoryboardError]) -> StoryboardError:
    """The error that decides the exit code when several shots failed: 5, 130, 1, 3, then 4."""
    rank = {5: 0, 130: 1, 1: 2, 2: 3, 3: 4, 4: 5}
    return min(errors, key=lambda error: rank[error.exit_code])
