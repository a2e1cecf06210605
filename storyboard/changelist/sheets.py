"""The files of a storyboard while they are being changed: read again after each change, and written by nobody here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from storyboard.changelist.returned import Noted
from storyboard.errors import InvalidStoryboard, Problem, Refused, StoryboardError, Where
from storyboard.proposing import Proposed, bytes_of, path_of, proposed, value_at
from storyboard.spec.load import load, load_all
from storyboard.spec.model import Storyboard
from storyboard.spec.places import Path as Place
from storyboard.spec.rewriting import Edit, Put, rewrite
from storyboard.spec.source import Document, read
from storyboard.store.project import Project


@dataclass(slots=True)
class _Read:
    """What was read of some sheets already."""

    storyboard: Storyboard | None = None
    problems: frozenset[Problem] | None = None
    documents: dict[str, Document] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sheets:
    """A project's storyboard, with what was changed in it so far."""

    project: Project
    data: Mapping[Path, bytes] = field(default_factory=dict)
    """The files that were changed."""
    known: _Read = field(default_factory=_Read, compare=False, repr=False)
    """So that nothing is read twice."""

    @property
    def proposed(self) -> Proposed:
        """The project as it would be."""
        return proposed(self.project, self.data)

    def load(self) -> Storyboard:
        """The storyboard as it would be, right or wrong; `InvalidStoryboard` where nothing can be understood."""
        if self.known.storyboard is None:
            project = self.proposed
            storyboard, problems = load(
                project.shown, project.read_storyboard(), project.read, project.folder, project.which
            )
            if storyboard is None:
                raise InvalidStoryboard(problems)
            self.known.storyboard = storyboard
        return self.known.storyboard

    def problems(self) -> frozenset[Problem]:
        """What would be wrong with the film and its variants, but for their files."""
        if self.known.problems is None:
            project = self.proposed
            every = load_all(project.shown, project.read_storyboard(), project.read, project.folder, project.which)
            self.known.problems = frozenset(problem for _, problems in every.values() for problem in problems)
            self.known.storyboard = every.get(project.which.variant, (None, ()))[0]
        return self.known.problems

    def variants_of(self, shots: Collection[str]) -> list[str]:
        """The variants that have these shots, and no others."""
        project = self.proposed
        every = load_all(project.shown, project.read_storyboard(), project.read, project.folder)
        found = {name: {shot.id for shot in film.shots} for name, (film, _) in every.items() if name and film}
        return [name for name, ids in found.items() if ids == set(shots)]

    def read(self, shown: str) -> bytes:
        """A file as it would be."""
        path = path_of(self.project, shown)
        return self.data[path] if path in self.data else bytes_of(path)

    def document(self, shown: str) -> Document:
        """A file's values and places."""
        if shown not in self.known.documents:
            self.known.documents[shown] = read(shown, self.read(shown))
        return self.known.documents[shown]

    def put(self, shown: str, data: bytes) -> Sheets:
        """With other bytes in a file."""
        return replace(self, data={**self.data, path_of(self.project, shown): data}, known=_Read())

    def edited(self, edits: Mapping[str, list[tuple[Where, list[Edit]]]]) -> tuple[Sheets, list[Noted]]:
        """With edits made in files, each with the place that it is about; and which of them have to be made by hand."""
        sheets, told = self, list[Noted]()
        for shown, groups in edits.items():
            every = [edit for _, group in groups for edit in group]
            try:
                sheets = sheets.put(shown, _rewritten(sheets, shown, every))
            except Refused:
                for where, group in groups:
                    try:
                        sheets = sheets.put(shown, _rewritten(sheets, shown, group))
                    except Refused as error:
                        names = ", ".join(dict.fromkeys(str(one.path[-1]) for one in group))
                        told.append((where, f"{error.message}: {names} of it is for you to change"))
        return sheets, told


def _rewritten(sheets: Sheets, shown: str, edits: list[Edit]) -> bytes:
    return rewrite(shown, sheets.read(shown), list(_together(sheets.document(shown).value, edits)))


def _together(value: Any, edits: Iterable[Edit]) -> Iterator[Edit]:
    """The edits, with those made one that add to a block which is not there yet."""
    new: dict[Place, dict[str | int, Any]] = {}
    for edit in edits:
        depth = len(edit.path) - 1
        while depth and not _there(value, edit.path[:depth]):
            depth -= 1
        if depth == len(edit.path) - 1 or not isinstance(edit, Put):
            yield edit
            continue
        block = new.setdefault(edit.path[: depth + 1], {})
        for part in edit.path[depth + 1 : -1]:
            block = block.setdefault(part, {})
        block[edit.path[-1]] = edit.value
    yield from (Put(path, block) for path, block in new.items())


def _there(value: Any, path: Place) -> bool:
    try:
        return value_at(value, path) is not None
    except (KeyError, IndexError, TypeError):
        return False


def refusal(error: StoryboardError) -> str:
    """What is told of a step that could not be made."""
    return f"{error.message}; {error.hint}" if error.hint else error.message
