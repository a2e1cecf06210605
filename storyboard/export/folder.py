"""The folder of an export: what was written there is known by a list, and nothing else is ever replaced or removed.

The list says what is about to be written before the first file is, and which size and time each had when all were done.
The timeline comes last: a folder without one is not finished.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard.errors import Refused, Usage
from storyboard.store import files

LIST = ".storyboard-export.json"
VERSION = 1
MAX_BYTES = 16 * 1024 * 1024
NO_LINKS = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EACCES, errno.ENOSYS)
"""Why a file system makes no hard link, where a copy will do."""

_NAME = re.compile(r"(?:(?:media|overlays|sound|looks)/)?[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)

State = tuple[int, int]
"""How long a file is, and when it was last written."""


@dataclass(frozen=True, slots=True)
class Before:
    """What an earlier export left."""

    files: Mapping[str, State | None]
    """None where that export was interrupted, so that nobody knows whether it was written."""


def look(folder: Path) -> Before:
    """What stands in a folder that is about to be written to; `Usage` when that is not an export's own."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise Usage(f"`{folder}` is not a folder", hint="name one that is not there yet")
    if not folder.exists():
        return Before({})
    known = folder / LIST
    if not known.is_file() or known.is_symlink():
        with files.reading(folder):
            strangers = sorted(one.name for one in folder.iterdir())
        if strangers:
            shown = ", ".join(strangers[:3]) + (" …" if len(strangers) > 3 else "")
            raise Usage(
                f"`{folder}` holds files that no export wrote: {shown}", hint="name an empty folder, or a new one"
            )
        return Before({})
    return Before(_read(known))


def begin(folder: Path, before: Before, names: Iterable[str]) -> None:
    """Make room for files of these names: `Refused` where one would take the place of what is not the export's own.

    What the earlier export wrote and is not written again is removed, and so is its timeline: until there is a new one,
    nothing looks finished.
    """
    wanted = set(names)
    with files.writing(folder):
        files.make_folder(folder, 0o777)
    for name in sorted({*wanted, *before.files}):
        path = _inside(folder, name)
        if path is None or not (path.exists() or path.is_symlink()):
            continue
        if name in before.files and _is_own(path, before.files[name]):
            continue
        if name in wanted:
            what = "was changed since it was exported" if name in before.files else "is there, and no export wrote it"
            raise Refused(f"`{path}` {what}", hint="move it elsewhere, or export into another folder")
    _write(folder, dict.fromkeys(sorted(wanted)))
    for name, state in before.files.items():
        path = _inside(folder, name)
        gone = "/" not in name if name in wanted else state is not None
        if path and gone and _is_own(path, state):
            files.discard(path)
    for path in (folder, *(folder / one for one in ("media", "overlays", "sound", "looks"))):
        files.sweep(path)


def finish(folder: Path, names: Iterable[str]) -> None:
    """Write down what stands there now, and remove folders that nothing is left in."""
    _write(folder, {name: _state(folder / name) for name in sorted(names)})
    for name in ("media", "overlays", "sound", "looks"):
        with suppress(OSError):
            (folder / name).rmdir()


def place(source: Path, target: Path, *, copy: bool) -> bool:
    """Put a file in an export: as a hard link where that can be, else as a copy. Whether it is a link."""
    with files.writing(target):
        files.make_folder(target.parent, 0o777)
        if not copy and target.exists() and target.samefile(source):
            return True
        temp = files.unfinished(target.parent, target.name)
        try:
            if not copy and _link(source, temp):
                temp.replace(target)
                return True
            shutil.copyfile(source, temp)
            files.settle(temp, target)
        finally:
            files.discard(temp)
    return False


def _link(source: Path, target: Path) -> bool:
    try:
        os.link(source, target, follow_symlinks=True)
    except OSError as error:
        if error.errno in NO_LINKS:
            return False
        raise
    return True


def _inside(folder: Path, name: str) -> Path | None:
    """A file of the export; None where its name, or a link on the way to it, would lead elsewhere."""
    path = folder / name
    if not _NAME.fullmatch(name) or path.parent.is_symlink():
        return None
    return path


def _is_own(path: Path, state: State | None) -> bool:
    """Whether a file is still the one that an export wrote."""
    return path.is_file() and not path.is_symlink() and state in (None, _state(path))


def _state(path: Path) -> State:
    with files.reading(path):
        found = path.stat()
    return found.st_size, found.st_mtime_ns


def _write(folder: Path, known: Mapping[str, State | None]) -> None:
    told = {"format_version": VERSION, "files": {name: state and list(state) for name, state in known.items()}}
    files.write_durably(folder / LIST, (json.dumps(told, indent=1) + "\n").encode())


def _read(path: Path) -> dict[str, State | None]:
    """The list of an earlier export. It may come from anywhere: what is no name of an export counts for nothing."""
    try:
        told: Any = json.loads(files.read_plain(path, MAX_BYTES))
        if told["format_version"] != VERSION:
            raise ValueError
        known = dict(told["files"])
        return {
            str(name): None if state is None else (int(state[0]), int(state[1]))
            for name, state in known.items()
            if _NAME.fullmatch(str(name))
        }
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        hint = "move the folder away, or export into another one"
        raise Usage(f"`{path}` is not the list of an export", hint=hint) from None
