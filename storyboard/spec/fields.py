"""Raw values and their places on the way to the model: merging of defaults, templates, durations, files."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from typing import Any, NoReturn

from storyboard.errors import Problem, Where
from storyboard.spec import names
from storyboard.spec.places import Path
from storyboard.spec.source import MAX_PROBLEMS, Document, Enough, show
from storyboard.spec.template import Effort, Exhausted, TemplateError, fill, is_template
from storyboard.timing import Duration, Rate, nominal, parse_duration


@dataclass(slots=True)
class Desk:
    """Where problems are put down while a storyboard is read."""

    document: Document
    folder: str = ""
    """The storyboard's folder, seen from the project's root."""
    problems: list[Problem] = field(default_factory=list)
    dirty: set[Path] = field(default_factory=set)
    lines: dict[str, list[str]] = field(default_factory=dict)
    """The lines of every file that was read."""
    rate: Rate = Rate(24)  # noqa: RUF009 - a fraction never changes
    """What timecode is counted at: the first output's rate."""
    effort: Effort = field(default_factory=Effort)
    """What is left to spend on the film's words, its variants' included."""
    value: Any = None
    """The storyboard's fields: those of the document, with what a variant lays over them."""
    variant: str = ""
    came: dict[Path, Path] = field(default_factory=dict)
    """Where in the document a value was written that stands elsewhere now: a variant's, or that of a made shot."""
    made: dict[Path, str] = field(default_factory=dict)
    """The shots that a `foreach` made, by their paths: their ids, as far as they are known."""
    shared: dict[Problem, list[Path]] = field(default_factory=dict)
    """Problems of made shots, and which of them have each."""

    def source(self, path: Path) -> Path:
        """Where in the document the value at `path` was written."""
        for length in range(len(path), 0, -1) if self.came else ():
            if path[:length] in self.came:
                return (*self.came[path[:length]], *path[length:])
        return path

    def place(self, path: Path) -> Where:
        """Where the value at `path` stands, or the nearest thing around it."""
        return self.document.place(self.source(path))

    def show(self, path: Path) -> str:
        """The path, for people, at which the value at `path` was written."""
        return show(self.source(path))

    def mark(self) -> None:
        """Take note of the paths, by their places, of all that is known to be wrong so far."""
        wrong = {problem.where for problem in self.problems}
        for path in self.document.wrong:
            self.stain(path)
        for path, where in self.document.tree.walk() if wrong else ():
            if where in wrong:
                self.stain(path)

    def stain(self, path: Path) -> None:
        """Take note that the value at `path` is wrong."""
        self.dirty.update(path[:length] for length in range(len(path) + 1))

    def problem(self, path: Path, code: str, message: str, hint: str = "", *, key: bool = False) -> None:
        """Put down what is wrong with the value at `path`, or with its key."""
        where = self.document.name(self.source(path)) if key else self.place(path)
        self.put(path, Problem(where, self.show(path), code, message, hint))

    def put(self, path: Path, problem: Problem) -> None:
        """Put down what is wrong with the value at `path`; Enough when that is more than anyone reads."""
        if path[:2] in self.made:
            self.shared.setdefault(problem, []).append(path[:2])
        self.problems.append(problem)
        self.stain(path)
        self.check_enough()

    def check_enough(self) -> None:
        """Enough, when there are more problems than anyone reads."""
        if len(self.problems) >= MAX_PROBLEMS or self.document.swollen:
            raise Enough

    def meant(self, path: Path) -> frozenset[str]:
        """Fields of the block at `path` that are there under a wrong name: nobody says that they are missing."""
        meant = self.document.meant
        return frozenset(meant.get(self.document.place(path), ())) if meant else frozenset()

    def is_block(self, section: str) -> bool:
        """Whether a section of the film is a block of fields, or not written."""
        return isinstance(self.value.get(section, {}), dict)

    def spend(self, path: Path, cost: int) -> None:
        """Take from the effort that is left for this film; Enough where nothing is left."""
        try:
            self.effort.take(cost)
        except Exhausted:
            self.exhausted(path)

    def exhausted(self, path: Path) -> NoReturn:
        """Put down that a film takes too long to be read; Enough."""
        hint = "share words through `vars`, looks and characters, or make a storyboard of each part of the film"
        self.problem(path, "too-large", "from here on the film's words take too long to fill in", hint)
        raise Enough

    def spoilt(self, path: Path) -> bool:
        """Whether something at or below `path` is known to be wrong."""
        return path in self.dirty or (bool(self.came) and self.source(path) in self.dirty)


@dataclass(frozen=True, slots=True)
class Fields:
    """A block of fields, each with the path it was written at, and the words its templates may use."""

    desk: Desk
    values: Mapping[str, tuple[Any, Path]]
    words: Mapping[str, Any]
    path: Path
    spoilt: frozenset[str] = frozenset()
    """Fields that are written but known to be wrong: left out of `values`, so that nothing more is said of them."""

    @classmethod
    def of(cls, desk: Desk, value: Any, path: Path, words: Mapping[str, Any]) -> Fields:
        """The fields of one block."""
        block = value if isinstance(value, dict) else {}
        return cls(desk, {name: (one, (*path, name)) for name, one in block.items()}, words, path)

    def over(self, below: Fields) -> Fields:
        """These fields, and those of `below` that are not written here."""
        return Fields(self.desk, {**below.values, **self.values}, self.words, self.path)

    def clean(self, words: Mapping[str, Any]) -> Fields:
        """These fields with other words for templates, and without those that are known to be wrong."""
        spoilt = frozenset(name for name, (_, path) in self.values.items() if self.desk.spoilt(path))
        values = {name: one for name, one in self.values.items() if name not in spoilt}
        return Fields(self.desk, values, words, self.path, spoilt | self.desk.meant(self.path).difference(values))

    def without(self, names: Collection[str]) -> Fields:
        """These fields but for some, as if nobody had written those."""
        values = {name: one for name, one in self.values.items() if name not in names}
        return Fields(self.desk, values, self.words, self.path, self.spoilt.difference(names))

    def written(self, name: str) -> bool:
        """Whether a field is there, right or wrong."""
        return name in self.values or name in self.spoilt

    def block(self, name: str) -> Fields:
        """The fields of an inner block; none when it is not written."""
        value, path = self.values.get(name, (None, (*self.path, name)))
        return Fields.of(self.desk, value, path, self.words)

    def items(self, name: str) -> list[tuple[Any, Path]]:
        """The entries of a list, each with its path."""
        value, path = self.values.get(name, ([], ()))
        return [(one, (*path, index)) for index, one in enumerate(value if isinstance(value, list) else [])]

    def get(self, name: str, default: Any = None) -> Any:
        """The value as written."""
        return self.values[name][0] if name in self.values else default

    def where(self, name: str) -> Where:
        """The place of a field; that of the block when it is not written."""
        return self.desk.place(self.at(name))

    def at(self, name: str) -> Path:
        """The path of a field; that of the block when it is not written."""
        return self.values[name][1] if name in self.values else self.path

    def problem(self, name: str, code: str, message: str, hint: str = "") -> None:
        """Put down what is wrong with a field."""
        self.desk.problem(self.at(name), code, message, hint)

    def text(self, name: str, default: str = "") -> str:
        """A text with its templates filled in."""
        value, path = self.values.get(name, (default, self.path))
        return fill_at(self.desk, str(value), path, self.words)

    def file(self, name: str, ending: str = "") -> str:
        """The name of a project file, templates filled in; empty when it is not written or may not be one, for want of
        its `ending` for example."""
        value, path = self.values.get(name, ("", self.path))
        file = file_at(self.desk, value, path, self.words) if value else ""
        if file and not file.lower().endswith(ending):
            message = f"`{file}` does not end in {ending}"
            self.desk.problem(path, "file-name", message, f"`{name}` is {_FILES[ending]}")
            return ""
        return file

    def duration(self, name: str, default: str = "") -> Duration | None:
        """A duration, or None when it is neither written nor defaulted."""
        value, path = self.values.get(name, (default, self.path))
        if isinstance(value, str) and is_template(value):
            value = fill_at(self.desk, value, path, self.words)
        if value == "":
            return None
        try:
            duration = parse_duration(value)
        except ValueError as error:
            message, _, hint = str(error).partition(": ")
            self.desk.problem(path, "duration", message, hint)
            return None
        if duration.frames_field >= (base := nominal(self.desk.rate)):
            message = f"{duration.text} has frame {duration.frames_field}, and the film has {base} in a second"
            self.desk.problem(path, "duration", message, f"the last number is 00 to {base - 1}")
        return duration

    def decibels(self, name: str) -> float:
        """A level in decibels; 0 when it is not written."""
        return float(str(self.get(name, "0dB")).removesuffix("dB"))

    def percent(self, name: str, default: str) -> Fraction:
        """A share that is written in percent: more than none, at most all of it."""
        text = str(self.get(name, default))
        share = Fraction(text.removesuffix("%")) / 100
        if not 0 < share <= 1:
            message = f"`{name}` must be more than 0% and at most 100%, and is {text}"
            self.problem(name, "range", message, f"write `{name}: {default}`")
        return share

    def point(self, name: str) -> tuple[float, float] | None:
        """A point of the picture, as shares of its width and height."""
        x, y = self.get(name) or (None, None)
        return None if x is None or y is None else (float(x), float(y))


_FILES = {
    ".cube": "a look-up table for colours, as in looks/dawn.cube",
    ".srt": "a file of subtitles, as in subtitles/en.srt",
}


def fill_at(desk: Desk, text: str, path: Path, words: Mapping[str, Any]) -> str:
    """A text with its templates filled in; what is wrong with one is put down at its own column where that is known."""
    try:
        return fill(text, words, desk.effort).strip()
    except Exhausted:
        desk.exhausted(path)
    except TemplateError as error:
        where = _inside(desk, desk.place(path), text, error.offset)
        desk.put(path, Problem(where, desk.show(path), "template", error.message, error.hint))
        return ""


def _inside(desk: Desk, place: Where, text: str, offset: int) -> Where:
    """The place of a word at an offset of a text that begins at `place`: found again in the source, line by line."""
    match = re.compile(r"\{[{%#]|\w+").match(text, offset)
    if not match:
        return place
    word = re.compile(re.escape(match[0]))
    nth = sum(1 for _ in word.finditer(text, 0, offset))
    lines = islice(desk.lines.get(place.file, []), place.line - 1, place.line + len(text))
    for number, line in enumerate(lines, place.line):
        for found in word.finditer(line, place.column - 1 if number == place.line else 0):
            if not nth:
                return Where(place.file, number, found.start() + 1, place.included_from)
            nth -= 1
    return place


def file_at(desk: Desk, value: str, path: Path, words: Mapping[str, Any]) -> str:
    """The name of a project file at `path`, or empty with a problem put down."""
    before = len(desk.problems)
    name = fill_at(desk, str(value), path, words)
    if len(desk.problems) > before:
        return ""
    if reason := names.fault(name, desk.folder):
        desk.problem(path, "file-name", f"`{name}` {reason}", "name a file of the project, as in stills/ridge.jpg")
        return ""
    return name
