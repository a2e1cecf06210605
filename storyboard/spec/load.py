"""A storyboard's text, and what it includes, to a `Storyboard`: with every problem, never only the first."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from storyboard.errors import Problem, StoryboardError
from storyboard.spec import schema
from storyboard.spec.fields import Desk, file_at
from storyboard.spec.film import build_film
from storyboard.spec.model import Storyboard
from storyboard.spec.places import Path
from storyboard.spec.source import Document, Enough, read, too_many

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
    desk = Desk(document, folder, document.problems + schema.check(document), lines={shown: document.lines})
    try:
        desk.check_enough()
        _include(desk, read_file)
        desk.mark()
        return build_film(desk), list(dict.fromkeys(desk.problems))
    except Enough:
        return None, too_many(desk.problems)


def _include(desk: Desk, read_file: Read) -> None:
    """Merge the included files below the storyboard's own words; their scenes stand before its own."""
    document = desk.document
    listed = document.value.get("include")
    scenes_before, nodes = 0, document.nodes
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
        shown = posixpath.normpath(posixpath.join(posixpath.dirname(document.file), name))
        part = read(shown, data, included_from=f"{origin.file}:{origin.line}", before=nodes)
        nodes = part.nodes
        desk.lines[shown] = part.lines
        desk.problems += part.problems
        if part.value is not None:
            desk.problems += schema.check(part, "part")
        desk.check_enough()
        if isinstance(part.value, dict):
            scenes_before = _merge(document, part, scenes_before)


def _merge(document: Document, part: Document, scenes_before: int) -> int:
    """Bring over what the storyboard does not say itself; how many scenes stand before its own now."""
    for section in MERGED:
        block = part.value.get(section)
        own = document.value.setdefault(section, {}) if isinstance(block, dict) else None
        if isinstance(block, dict) and isinstance(own, dict):
            new = [name for name in block if name not in own]
            own.update({name: block[name] for name in new})
            document.tree.adopt(section, part.tree, new)
    scenes, own_scenes = part.value.get("scenes"), document.value.setdefault("scenes", [])
    if not isinstance(scenes, list) or not isinstance(own_scenes, list):
        return scenes_before
    own_scenes[scenes_before:scenes_before] = scenes
    document.tree.insert("scenes", part.tree, scenes_before)
    return scenes_before + len(scenes)
