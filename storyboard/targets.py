"""What films are written over: nothing that they are made from, and nothing that storyboard did not make."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from storyboard.errors import Problem, StoryboardError, Usage
from storyboard.provenance.kept import is_ours
from storyboard.spec.model import Output, Overlay, StillFile, Storyboard
from storyboard.spec.outputs import files_of, record_of, signed_of
from storyboard.store.project import Project
from storyboard.store.sums import read_sums


def inputs_of(project: Project, storyboard: Storyboard) -> Iterator[Path]:
    """Every file that the films are made from."""
    yield project.file
    names = [track.file for track in storyboard.mix.sounds]
    names += [name for name in (storyboard.captions, storyboard.lut) if name]
    names += [one.image for _, one in every_overlay(storyboard)]
    for shot in storyboard.every:
        if order := shot.order:
            sent = (order.first, order.last, *order.references)
            names += [one.file for one in sent if isinstance(one, StillFile)]
            names += [order.motion.video] if order.motion else []
        names += [name for name in (shot.footage, shot.card.image if shot.card else "", shot.lut) if name]
    for name in dict.fromkeys(names):
        with suppress(StoryboardError):
            yield project.path(name)


def every_overlay(storyboard: Storyboard) -> Iterator[tuple[str, Overlay]]:
    """Every overlay with its path: the film's, then those of each shot."""
    yield from ((f"overlays[{index}]", one) for index, one in enumerate(storyboard.overlays))
    for shot in storyboard.shots:
        yield from ((f"{shot.path}.overlays[{index}]", one) for index, one in enumerate(shot.overlays))


def check_target(project: Project, output: Output, inputs: set[Path]) -> None:
    """Whether an output may be written; `Usage` over what the film is made from, or what storyboard did not make."""
    ours = output.file in read_sums(project) or PurePosixPath(output.file).parts[0] == "build"
    beside = {record_of(output.file), signed_of(output.file)}
    for name in files_of(output):
        path = project.target(name)
        if _is_one_of(project, name, inputs):
            raise Usage(f"`{name}` is a file that the film is made from", hint="write it as in build/film.mp4")
        if path.exists() and not ours and name not in beside:
            hint = "remove it, or name another file, as in build/film.mp4"
            raise Usage(f"`{name}` is there already, and is none of the films made here", hint=hint)
        if path.exists() and name in beside and not is_ours(path):
            hint = "move it, or name another file for the film, as in build/other.mp4"
            raise Usage(f"`{name}` is there already, and was not made here", hint=hint)


def overwritten(project: Project, storyboard: Storyboard, inputs: set[Path]) -> Iterator[Problem]:
    """Whether another film of the storyboard is written over what this one is made from."""
    own = {name for output in storyboard.outputs for name in files_of(output)}
    for name in storyboard.family:
        if name not in own and _is_one_of(project, name, inputs):
            message = f"another film of this storyboard is written to `{name}`, which this one is made from"
            yield Problem(storyboard.outputs[0].where, "outputs", "file", message, "move it, as in footage/NAME.mp4")


def _is_one_of(project: Project, name: str, inputs: set[Path]) -> bool:
    try:
        path = project.target(name)
    except StoryboardError:  # told where that film is read
        return False
    return path.exists() and any(path.samefile(one) for one in inputs)
