"""What a shell may offer while a command is typed: storyboards, and the names in the one that stands on the line.

It reads the storyboard's text alone and never the film: a file that is being written, and is wrong, offers what it has.
What goes wrong offers nothing, for nobody has asked yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

Items = list[CompletionItem[Any]]
Complete = Callable[[click.Context, click.Parameter, str], Items]
Named = Iterator[tuple[str, str]]
"""Names, and what each of them is."""

ENDINGS = (".yaml", ".yml")
MOST = 1_000
"""Names that are offered: more than anyone reads."""
MOST_PARTS = 50
LONGEST = 60
"""Characters that are told about a name."""

_PLAIN = re.compile(r"[A-Za-z0-9][\w./-]*", re.ASCII)
"""Names that a shell takes for nothing else: what is offered lands on the command line as it is."""
_ID = re.compile(r"(?:^|[\s{,])id:[ \t]*[\"']?([A-Za-z0-9][\w-]*)", re.MULTILINE)
_INNER = re.compile(r"^([ \t]+)[\"']?([A-Za-z_][\w-]*)[\"']?:")


def storyboards(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:  # noqa: ARG001
    """The storyboards of the folder that is being typed; where it has none, whatever the shell knows."""
    try:
        typed = Path(incomplete).expanduser()
        folder, begun = (typed, "") if incomplete.endswith("/") else (typed.parent, typed.name if incomplete else "")
        before = incomplete[: len(incomplete) - len(begun)]
        found = sorted(
            one.name
            for one in folder.iterdir()
            if one.suffix in ENDINGS and one.name.startswith(begun) and one.is_file()
        )
        plain = [one for one in found if re.fullmatch(r"[\w.+-]+", one) and (begun or not one.startswith("."))]
    except (OSError, ValueError, RuntimeError):
        plain = []
    if not plain:
        return [CompletionItem(incomplete, type="file")]
    return [CompletionItem(before + one) for one in plain[:MOST]]


def _offering(named: Callable[[click.Context], Named]) -> Complete:
    """A completion that offers names, and nothing at all where they cannot be found."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:  # noqa: ARG001
        try:
            fitting = ((name, about) for name, about in named(ctx) if name.startswith(incomplete))
            found = dict(islice((one for one in fitting if _PLAIN.fullmatch(one[0])), MOST))
        except Exception:  # noqa: BLE001 - a line that is being typed is no place for a message
            return []
        return [CompletionItem(name, help=_about(about)) for name, about in found.items()]

    return complete


def _about(text: str) -> str | None:
    """A few words of a text, on one line."""
    plain = " ".join("".join(one if one.isprintable() else " " for one in text[: 4 * LONGEST]).split())
    return (plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…") or None


def _file(ctx: click.Context) -> str:
    """The storyboard on the line; click leaves it among the rest where the last word is an option without its value."""
    words = [ctx.params.get("file"), *ctx.args]
    return str(Path(next(one for one in words if one and one.endswith(ENDINGS))).expanduser())


def _texts(ctx: click.Context) -> Iterator[tuple[str, dict[str, Any]]]:
    """The storyboard on the line, then the files that it includes: the text of each, and what could be read of it."""
    from storyboard.spec.source import read
    from storyboard.store.project import open_project

    def told(data: bytes) -> tuple[str, dict[str, Any]]:
        value = read("", data).value
        return data.decode("utf-8", "replace"), value if isinstance(value, dict) else {}

    project = open_project(_file(ctx))
    text, value = told(project.read_storyboard())
    yield text, value
    for name in _list(value.get("include"))[:MOST_PARTS]:
        yield told(project.read(str(name)))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _block(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _shots(ctx: click.Context) -> Named:
    """The ids of shots, with what happens in them; of a file that cannot be read, every id that stands in it."""
    for text, value in _texts(ctx):
        lists = [value.get("shots"), *(_block(scene).get("shots") for scene in _list(value.get("scenes")))]
        for shot in (_block(one) for shots in lists for one in _list(shots)):
            told = shot.get("prompt") or _block(shot.get("card")).get("text") or shot.get("footage")
            if isinstance(shot.get("id"), str):
                yield shot["id"], told if isinstance(told, str) else ""
        if any("foreach" in _block(one) for shots in lists for one in _list(shots)):
            yield from _made(ctx)
        if not value:
            yield from ((one, "") for one in _ID.findall(text))


def _made(ctx: click.Context) -> Named:
    """The ids of all shots, those included that a `foreach` makes."""
    from storyboard.spec.load import load
    from storyboard.store.project import open_project

    project = open_project(_file(ctx))
    film, _ = load(project.shown, project.read_storyboard(), project.read, project.folder)
    for shot in film.shots if film else ():
        yield shot.id, shot.order.prompt if shot.order else ""


def _scenes(ctx: click.Context) -> Named:
    """The ids of scenes, with their titles."""
    for text, value in _texts(ctx):
        for scene in (_block(one) for one in _list(value.get("scenes"))):
            if isinstance(scene.get("id"), str):
                yield scene["id"], str(scene.get("title", ""))
        if not value:
            yield from ((one, "") for one in _ID.findall(text))


def _named(section: str, *always: str) -> Callable[[click.Context], Named]:
    """The names in a block of the storyboard: of its outputs, of its variants."""

    def named(ctx: click.Context) -> Named:
        text, value = next(_texts(ctx))
        names = list(_block(value.get(section))) if value else _below(text, section)
        yield from ((name, "") for name in (*names, *(always if names else ())))

    return named


def _below(text: str, section: str) -> list[str]:
    """The names that stand below one of the first column, in a text that is no sound YAML."""
    block = re.search(rf"^{section}:[^\n]*\n((?:[ \t#][^\n]*\n|\n)*)", f"{text}\n", re.MULTILINE)
    names = [found for line in (block[1] if block else "").splitlines() if (found := _INNER.match(line))]
    least = min((len(found[1]) for found in names), default=0)
    return [found[2] for found in names if len(found[1]) == least]


def _models(ctx: click.Context) -> Named:  # noqa: ARG001
    from storyboard.planner.catalogue import catalogue

    for model in catalogue().models.values():
        yield model.id, model.best_for


def _takes(ctx: click.Context) -> Named:
    """The numbers of the takes of the shot on the line that `film.lock` names, with what is noted about them."""
    from storyboard.lockfile import lock_of
    from storyboard.store.project import open_project

    project = open_project(_file(ctx))
    shot = lock_of(project).shots[str(ctx.params["shot"])]
    for take in shot.takes:
        about = [take.sha256[:8], take.model, take.note, "in the cut" if take.sha256 == shot.circled else ""]
        yield str(take.number), ", ".join(one for one in about if one)


shots = _offering(_shots)
scenes = _offering(_scenes)
outputs = _offering(_named("outputs", "film"))
variant = _offering(_named("variants"))
variants = _offering(_named("variants", "all"))
models = _offering(_models)
takes = _offering(_takes)
