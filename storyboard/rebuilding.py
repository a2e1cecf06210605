"""A film made once more from its takes, with nothing kept from before: is it, byte for byte, the recorded one?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Literal

from storyboard.assembler import ffmpeg
from storyboard.assembler.assemble import Film, Job, assemble, cut_job
from storyboard.assembler.comparing import Difference, Likeness, first_difference, likeness
from storyboard.assembler.room import cutting_room
from storyboard.buy import draw
from storyboard.consent import names_of
from storyboard.edit import Edit, jobs
from storyboard.errors import Gate, Usage
from storyboard.examine import checked
from storyboard.family import films_of
from storyboard.lockfile import lock_of
from storyboard.planner.plan import plan
from storyboard.production import open_production
from storyboard.progress import Watch
from storyboard.settings import Settings
from storyboard.spec.variants import EVERY
from storyboard.store import files
from storyboard.store.cache import Cache
from storyboard.store.project import Project
from storyboard.store.sums import read_sums, read_toolchains
from storyboard.timing import clock

HELP = "if storyboard or takes were changed since it was made, `storyboard render` makes it anew"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of making a film once more."""

    file: str
    outcome: Literal["same", "alike", "different", "unknown"]
    """`alike`: another toolchain made it, and its pictures are as good as the same. `unknown`: it was made by another
    toolchain, and is not here to be looked at."""
    sha256: str
    """Of the film that was made now."""
    said: str = ""
    """Where it differs first, or what was compared instead of bytes."""
    hint: str = ""


def rebuild(project: Project, settings: Settings, watch: Watch) -> tuple[Rebuilt, ...]:
    """Make every film of `film.sums` once more, in a folder of its own with an empty cache; nothing is ordered.

    `Gate` when a take of it is not here, `Usage` when no film is recorded.
    """
    with tempfile.TemporaryDirectory(prefix="storyboard-") as folder:
        films = films_of(project, [EVERY])
        made = tuple(one for film in films for one in _made_again(film, settings, watch, Path(folder)))
    if not made:
        here = project.beside(".sums").name
        raise Usage(f"`{here}` names none of its films", hint="`storyboard render` makes them, and records them")
    return made


def _made_again(project: Project, settings: Settings, watch: Watch, folder: Path) -> Iterator[Rebuilt]:
    """The recorded films of a storyboard, or of a variant, made once more."""
    recorded, cache = read_sums(project), Cache(folder)
    storyboard = checked(project, allow_unknown_model=True, cache=cache)
    outputs = tuple(output for output in storyboard.outputs if output.file in recorded)
    if not outputs:
        return
    gateway: Literal["local", "remote"] = "remote" if lock_of(project).shots else "local"
    with open_production(project, settings, gateway) as production:
        production.cache = cache
        wanted = plan(storyboard, production, gateway, keep_stale=True)
        takes = dict(wanted.usable)
        if gateway == "local":
            draw(production, storyboard, wanted, watch, takes)
        elif wanted.missing:
            lacking = f"{names_of(wanted.missing)} {'has no take' if len(wanted.missing) == 1 else 'have no takes'}"
            raise Gate(f"{lacking} here", hint=f"`storyboard pull {project.shown}` brings what is shared")
        with cutting_room(cache) as room:
            for number, job in enumerate(list(jobs(production, Edit(storyboard, outputs), takes))):
                again = replace(job, target=folder / f"{project.which.variant}-{number}" / job.target.name)
                yield _compared(project, job, assemble(again, room, watch), recorded[job.output.file])


def _compared(project: Project, job: Job, film: Film, recorded: str) -> Rebuilt:
    """A film that was made again, against the one that was recorded."""
    file, tools = job.output.file, ffmpeg.toolchain(Cache(film.path.parent))
    if film.sha256 == recorded:
        return Rebuilt(file, "same", film.sha256)
    there = job.target.is_file() and files.sha256(job.target) == recorded
    tools_then = read_toolchains(project)
    if tools_then and tools not in tools_then:
        said = f"it was made by {tools_then[0]}, and this is {tools}"
        if not there:
            hint = "bytes are the same only by the same tools; bring the film itself, and its pictures are compared"
            return Rebuilt(file, "unknown", film.sha256, f"{said}; the film of then is not here", hint)
        found = likeness(job.target, film.path)
        outcome: Literal["alike", "different"] = "alike" if found.alike else "different"
        return Rebuilt(file, outcome, film.sha256, f"{said}: {_likened(job, found)}", "" if found.alike else HELP)
    if not there:
        said = "its bytes differ, and the film of then is not here to say where"
        return Rebuilt(file, "different", film.sha256, said, HELP)
    said = _told(job, first_difference(job.target, film.path, job.timeline.rate))
    return Rebuilt(file, "different", film.sha256, said, HELP)


def _told(job: Job, found: Difference) -> str:
    """Where a film differs first, in words."""
    if found.what == "shell":
        return "pictures and sound are the same bytes; title, chapters or captions differ"
    what = f"its sound differs from {_place(job, found.frame)} on"
    if found.what == "picture":
        segments = cut_job(job)
        ends = list(accumulate(segment.frames for segment in segments))
        number = 1 + sum(end <= found.frame for end in ends[:-1])
        what = f"it differs first in segment {number} of {len(segments)}, at {_place(job, found.frame)}"
    return what


def _likened(job: Job, found: Likeness) -> str:
    """How like the pictures of two films are, in words."""
    then, now = found.frames
    if then != now:
        return f"it has {then} frames, and now {now}"
    share = f"{found.worst / 255:.1%} of their lightness"
    if found.alike:
        return f"all {now} decoded pictures are alike, up to {share}"
    return f"its decoded pictures differ by {share} at {_place(job, found.at)}"


def _place(job: Job, frame: int) -> str:
    """A frame of a film, as one finds it: its time, its number and its shots."""
    clips = [clip for clip in job.timeline.clips if clip.start <= frame < clip.start + clip.frames]
    shots = " and ".join(f"`{clip.shot.id}`" for clip in clips)
    return f"{clock(frame / job.timeline.rate)} (frame {frame}{f', shot {shots}' if shots else ''})"
