"""A project on disk: where its root is, which files belong to it, where its films go."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from storyboard.errors import Usage
from storyboard.spec.decoding import MAX_BYTES
from storyboard.spec.variants import FILM, Which
from storyboard.store import files
from storyboard.store.cache import Cache, clear, owner_of

SETTINGS = "storyboard.toml"
WORK_FOLDER = ".storyboard"


@dataclass(frozen=True, slots=True)
class Project:
    """A storyboard and the folder that it may reach."""

    root: Path
    """Nothing outside it is read or written for a storyboard's sake."""
    base: Path
    """The storyboard's folder: names in it are seen from here."""
    file: Path
    shown: str
    """The storyboard as the user called it."""
    texts: dict[str, str] = field(default_factory=dict)
    """Every source that was read, by the name that messages use: for showing the line of a problem."""
    which: Which = FILM
    """Which film of the storyboard is worked on: itself, or a variant."""
    own: Mapping[str, str] = field(default_factory=dict)
    """The names in the lock of the variant's shots that have takes of their own, by their ids."""

    def read_storyboard(self) -> bytes:
        """The storyboard's bytes."""
        data = files.read_plain(self.file, MAX_BYTES)
        self.texts[self.shown] = data.decode("utf-8", "replace")
        return data

    def read(self, name: str) -> bytes:
        """The bytes of another file of the project."""
        data = files.read_plain(self.path(name), MAX_BYTES)
        self.texts[os.path.normpath(Path(self.shown).parent / name)] = data.decode("utf-8", "replace")
        return data

    def path(self, name: str) -> Path:
        """Where a file of the project is; `Usage` when it is not there or leads out of the project."""
        return files.inside(self.root, self.base, name)

    def target(self, name: str) -> Path:
        """Where a film goes; `Usage` when a link leads it out of the project, or a folder stands there."""
        path = self.base / name
        if not path.parent.resolve().is_relative_to(self.root.resolve()):
            raise Usage(f"`{name}` leads out of the project")
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise Usage(f"`{name}` is not a plain file", hint="remove it, or name another file under `outputs:`")
        return path

    def relative(self, path: Path) -> str:
        """A path as it is told to others: seen from the project's root."""
        return path.resolve().relative_to(self.root.resolve()).as_posix()

    @property
    def folder(self) -> str:
        """The storyboard's folder, seen from the root."""
        folder = self.relative(self.base)
        return "" if folder == "." else folder

    def cache(self, home: Path) -> Cache:
        """What can be made again, in the folder that only the owner of the store at `home` knows."""
        return Cache(self.base / WORK_FOLDER, owner_of(home))

    @property
    def caches(self) -> Path:
        """The folder of every cache of this project: of every version, and of everybody who worked here."""
        return Cache(self.base / WORK_FOLDER).folder.parent

    def clear_caches(self) -> None:
        """Remove them all; `Transient` while somebody uses one."""
        with files.writing(self.caches):
            clear(self.caches.parent)

    @property
    def called(self) -> str:
        """How a command is told which film is meant: `film.yaml --variant de`."""
        return f"{self.shown} --variant {self.which.variant}" if self.which.variant else self.shown

    def name_of(self, shot: str) -> str:
        """What the lock calls a shot of the film that is worked on."""
        return self.own.get(shot, shot)

    def beside(self, suffix: str) -> Path:
        """The storyboard's companion: `film.sums` beside `film.yaml`."""
        return self.file.with_suffix(suffix)


def open_project(file: str) -> Project:
    """The project of a storyboard; `Usage` when there is no such file."""
    path = Path(file)
    if path.is_dir():
        inside = sorted(one.name for one in path.glob("*.yaml"))
        hint = f"name the storyboard: {path / inside[0]}" if inside else "`storyboard init` makes one"
        raise Usage(f"`{file}` is a folder", hint=hint)
    if path.exists() and not path.is_file():
        raise Usage(f"`{file}` is not a file", hint="a storyboard is a file of its own: save it as film.yaml")
    if not path.is_file():
        hint = _near(path)
        raise Usage(f"`{file}` is not there", hint=hint or "`storyboard init` makes one that renders")
    if path.suffix not in (".yaml", ".yml"):
        raise Usage(f"`{file}` is not a storyboard", hint="its name ends in .yaml")
    base = path.resolve().parent
    _check_name(path.resolve())
    project = Project(root=_root(base), base=base, file=path.resolve(), shown=os.path.normpath(file))
    for one in (project.beside(".lock"), project.beside(".sums"), project.root / SETTINGS):
        if one.is_symlink() and not one.resolve().is_relative_to(project.root.resolve()):
            raise Usage(f"`{one.name}` leads out of the project", hint="put the file itself there")
    return project


def _check_name(file: Path) -> None:
    """`Usage` for a storyboard whose place cannot be written down: the journal and the pages have to."""
    try:
        str(file).encode()
    except UnicodeEncodeError:
        message = "the storyboard, or a folder that it is in, has a name that is not UTF-8"
        raise Usage(message, hint="rename it: `mv` and the Tab key find it") from None


def _near(path: Path) -> str:
    found = sorted(one.name for one in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
    return f"there is {', '.join(found[:5])}" if found else ""


def _root(base: Path) -> Path:
    for mark in (SETTINGS, ".git"):
        for folder in _upward(base):
            if (folder / mark).exists():
                return folder
    return base


def _upward(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.parents
