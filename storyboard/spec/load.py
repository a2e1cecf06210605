"""A storyboard's text, and what it includes, to a `Storyboard`: with every problem, never only the first."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from storyboard.errors import Problem, StoryboardError
from storyboard.spec import schema
from storyboard.spec.fields import Desk, file_at
from storyboard.spec.film import build_film
from storyboard.spec.model import Storyboard
from storyboard.spec.source import Document, Path, read

Read = Callable[[str], bytes]
"""The bytes of a project file; a StoryboardError when it cannot be read."""

MERGED = ("vars", "defaults", "characters", "looks")


def load(shown: str, data: bytes, read_file: Read, folder: str = "") -> tuple[Storyboard | None, list[Problem]]:
    """The storyboard in `data`, and all that is wrong with it.

    `shown` is what its file is called in messages, `folder` its place in the project. With problems, the storyboard has
    what could be understood (None when that is nothing), so that a caller can go on to find more; it is not fit for
    anything else.
    """
    document = read(shown, data)
    if not isinstance(document.value, dict):
        if not document.problems:
            hint = "begin the file with `storyboard: 1`"
            document.problems.append(Problem(document.place(()), "", "type", "a storyboard is a block of fields", hint))
        return None, document.problems
    desk = Desk(document, folder, document.problems + schema.check(document))
    _include(desk, read_file)
    desk.mark()
    return build_film(desk), desk.problems


def _include(desk: Desk, read_file: Read) -> None:
    """Merge the included files below the storyboard's own words; their scenes stand before its own."""
    document = desk.document
    listed = document.value.get("include")
    scenes_before = 0
    for index, name in enumerate(listed if isinstance(listed, list) else []):
        path: Path = ("include", index)
        if not isinstance(name, str) or not file_at(desk, name, path, {}):
            continue
        origin = document.place(path)
        try:
            data = read_file(name)
        except StoryboardError as error:
            desk.problem(path, "include", error.message, error.hint)
            continue
        part = read(
            posixpath.join(posixpath.dirname(document.file), name), data, included_from=f"{origin.file}:{origin.line}"
        )
        desk.problems += part.problems
        if isinstance(part.value, dict):
            desk.problems += schema.check(part, "part")
            scenes_before = _merge(document, part, scenes_before)


def _merge(document: Document, part: Document, scenes_before: int) -> int:
    for section in MERGED:
        block = part.value.get(section)
        if isinstance(block, dict):
            own = document.value.setdefault(section, {})
            for name in block if isinstance(own, dict) else ():
                if name not in own:
                    own[name] = block[name]
                    _adopt(document, part, (section, name), (section, name))
    scenes = part.value.get("scenes")
    if isinstance(scenes, list) and isinstance(own_scenes := document.value.setdefault("scenes", []), list):
        for index in reversed(range(len(own_scenes))):
            if index >= scenes_before:
                _adopt(document, document, ("scenes", index), ("scenes", index + len(scenes)), move=True)
        own_scenes[scenes_before:scenes_before] = scenes
        for index in range(len(scenes)):
            _adopt(document, part, ("scenes", index), ("scenes", scenes_before + index))
        return scenes_before + len(scenes)
    return scenes_before


def _adopt(document: Document, part: Document, old: Path, new: Path, *, move: bool = False) -> None:
    """Bring the places at and below `old` in a part over to `new` in the document."""
    for theirs, ours in ((part.places, document.places), (part.keys, document.keys)):
        found = [(path, place) for path, place in theirs.items() if path[: len(old)] == old]
        for path, _ in found if move else ():
            del theirs[path]
        for path, place in found:
            ours[new + path[len(old) :]] = place
