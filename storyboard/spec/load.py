"""A storyboard's text, and what it includes, to a `Storyboard`: with every problem, never only the first."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import replace

from storyboard.errors import Problem, StoryboardError
from storyboard.spec import schema
from storyboard.spec.fields import Desk, file_at
from storyboard.spec.film import build_film, outputs_of, top_of
from storyboard.spec.foreach import told_once
from storyboard.spec.model import Storyboard
from storyboard.spec.outputs import files_of
from storyboard.spec.places import Path
from storyboard.spec.source import Document, Enough, read, too_many
from storyboard.spec.variants import FILM, Which, check_apart, lay_over, variants_of

Read = Callable[[str], bytes]
"""The bytes of a project file; a StoryboardError when it cannot be read."""
Loaded = tuple[Storyboard | None, list[Problem]]
"""A storyboard, and all that is wrong with it.

With problems, the storyboard has what could be understood (None when that is nothing), so that a caller can go on to
find more; it is not fit for anything else.
"""

MOST_TOGETHER = 50_000
"""Shots of a film and its variants."""
MERGED = ("vars", "defaults", "characters", "looks", "variants")


def load(shown: str, data: bytes, read_file: Read, folder: str = "", which: Which = FILM) -> Loaded:
    """The storyboard in `data`, or a variant of it. Usage for a variant or a word that it does not have.

    `shown` is what its file is called in messages, `folder` its place in the project.
    """
    desk, problems = _opened(shown, data, read_file, folder)
    return _built(desk, which) if desk else (None, problems)


def load_all(shown: str, data: bytes, read_file: Read, folder: str = "", which: Which = FILM) -> dict[str, Loaded]:
    """The storyboard in `data` under an empty name, and every variant of it under its own; each as `load` has it."""
    desk, problems = _opened(shown, data, read_file, folder)
    if not desk:
        return {"": (None, problems)}
    film, problems = _built(desk, replace(which, variant=""))
    names = film.variants if film else ()
    return {"": (film, problems), **{name: _built(desk, replace(which, variant=name)) for name in names}}


def _opened(shown: str, data: bytes, read_file: Read, folder: str) -> tuple[Desk | None, list[Problem]]:
    """The document in `data`, its includes merged; None, with the problems, when nothing more can be read of it."""
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
    except Enough:
        return None, too_many(desk.problems)
    return desk, desk.problems


def _built(opened: Desk, which: Which) -> Loaded:
    """One film of a storyboard that is opened."""
    desk = _desk(opened, which)
    family = _family(opened, which)
    try:
        check_apart(desk, family)
        storyboard = build_film(desk, family.get("", ()))
        if len(storyboard.every) * max(1, len(family)) > MOST_TOGETHER:
            message = f"the film and its variants have more than {MOST_TOGETHER:,} shots together"
            desk.problem(("variants",), "too-large", message, "make a storyboard of each part of the film", key=True)
            raise Enough
    except Enough:
        return None, too_many(told_once(desk))
    files = dict.fromkeys(file for files in family.values() for file in files)
    return replace(storyboard, family=tuple(files)), told_once(desk)


def _desk(opened: Desk, which: Which) -> Desk:
    desk = replace(opened, problems=list(opened.problems), dirty=set(opened.dirty), came={}, made={}, shared={})
    lay_over(desk, which)
    return desk


def _files(opened: Desk, which: Which, taken: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Every file that one film of a storyboard writes. What is wrong with it, its own reading tells."""
    desk = _desk(replace(opened, problems=[]), which)
    try:
        return tuple(file for output in outputs_of(top_of(desk), taken) for file in files_of(output))
    except Enough:
        return ()


def _family(opened: Desk, which: Which) -> dict[str, tuple[str, ...]]:
    """The files of the film, under an empty name, and of each variant; none where there are no variants."""
    variants = variants_of(opened.document.value)
    taken = _files(opened, replace(which, variant="")) if variants else ()
    others = {name: _files(opened, replace(which, variant=name), taken) for name in variants}
    return {"": taken, **others} if variants else {}


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
            document.meant.update(part.meant)
            document.swollen |= part.swollen
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
