"""A film handed to an editor: everything gathered, described, and written into one folder, the timeline last.

Nothing is ordered, and nothing of the project or the store is moved or changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from storyboard.assembler.assemble import Job
from storyboard.assembler.encoders import container
from storyboard.assembler.mix import Mixdown
from storyboard.assembler.sound import cue_film, samples
from storyboard.assembler.subtitles import write_srt
from storyboard.assembler.texts import captions_of
from storyboard.errors import Usage
from storyboard.examine import checked
from storyboard.export import folder, otio
from storyboard.export.cut import Cut
from storyboard.export.describing import FORMATS, check_takes, chosen, describe, stage
from storyboard.export.notes import write_notes
from storyboard.export.plates import Drawing, drawn
from storyboard.export.shelf import looks_name
from storyboard.export.stems import MIX, Sound, write_stems
from storyboard.export.timecodes import parse_start, usual_start
from storyboard.foresight import choose_gateway
from storyboard.lockfile import lock_of
from storyboard.planner.plan import plan
from storyboard.production import Production, open_production
from storyboard.progress import Watch
from storyboard.settings import Settings
from storyboard.spec.model import Storyboard
from storyboard.store import files
from storyboard.store.project import Project


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for."""

    to: str
    folder: Path
    output: str = ""
    """Empty for the first one."""
    start: str = ""
    """The first frame's timecode; empty for the first hour."""
    takes: bool = False
    """Whether further takes of each shot come along."""
    copy: bool = False
    gaps: bool = False
    """Whether a shot without a take is a gap, rather than a reason to stop."""
    draft: bool = False
    """Whether animatics stand for what has no take."""
    allow_unknown_model: bool = False


@dataclass(frozen=True, slots=True)
class HandedOff:
    """What an export wrote."""

    cut: Cut
    timelines: tuple[Path, ...]
    linked: int
    copied: int
    drawn: int
    missing: tuple[str, ...]
    """Shots that are gaps."""

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """What did not arrive as it is in the film, by shot."""
        return tuple((one.shot, mark.text) for one in self.cut.pieces for mark in one.marks if mark.remark)


def hand_off(project: Project, settings: Settings, wish: Wish, watch: Watch) -> HandedOff:
    """Export a film: `Gate` when shots have no take, `Usage` when the folder is somebody else's."""
    if wish.to == "otio":
        otio.library()
    before = folder.look(wish.folder)
    storyboard = checked(
        project, allow_unknown_model=wish.allow_unknown_model, cache=project.cache(settings.home), watch=watch
    )
    output = chosen(storyboard, wish.output)
    if not FORMATS[wish.to].rates(output.rate):
        message = f"`--to {wish.to}` knows whole rates and 1000/1001 of them, and `{output.name}` has {output.rate}"
        raise Usage(message, hint="`--to fcpxml` and `--to otio` know any rate")
    start, drop = parse_start(wish.start or usual_start(output.rate), output.rate)
    gateway = choose_gateway(settings, None, draft=wish.draft, bought=bool(lock_of(project).shots))
    with open_production(project, settings, gateway, circled_first=wish.draft) as production:
        wanted = plan(storyboard, production, gateway, keep_stale=True)
        if not wish.gaps:
            check_takes(storyboard, wanted, draft=wish.draft)
        staged = stage(production, storyboard, output, wanted, takes=wish.takes)
        cut, draws = describe(production, staged, FORMATS[wish.to])
        cut = replace(cut, start=start, drop=drop)
        return _write(production, staged.job, (cut, draws), before, wish, staged.missing)


def _write(
    production: Production, job: Job, described: tuple[Cut, dict[str, Drawing]], before: folder.Before, wish: Wish,
    missing: tuple[str, ...],
) -> HandedOff:  # fmt: skip
    """Everything into the folder: what others name first, what names them last."""
    cut, draws = described
    there = wish.folder.resolve()
    timelines = FORMATS[wish.to].write(cut, there)
    captions = write_srt(captions_of(job.storyboard, job.output, job.timeline, job.extras.subtitles), cut.rate)
    texts = {f"{cut.name}.srt": captions.encode()} if captions else {}
    looks = {f"looks/{looks_name(file)}": production.digest(file) for file in _luts(job.storyboard)}
    stems = {stem.bus: stem.file for stem in cut.stems}
    stems |= {MIX: f"sound/{cut.name}_{MIX}.wav"} if stems else {}
    own = {media.file: media.digest for media in cut.media if media.digest} | looks
    others = (*own, *(media.file for media in cut.media if not media.digest), *stems.values(), *texts)
    notes = {f"{cut.name}.txt": write_notes(cut, (*timelines, *sorted(others)))}
    names = (*others, *notes, *timelines)
    folder.begin(wish.folder, before, names)
    linked = 0
    for file, digest in own.items():
        copy = wish.copy or file in looks
        linked += folder.place(production.locate(digest), there / file, copy=copy)
    for file, drawing in draws.items():
        folder.place(drawn(drawing, production.cache), there / file, copy=True)
    if stems:
        _write_sound(production, job, cut, {bus: there / file for bus, file in stems.items()})
    for file, data in (*texts.items(), *notes.items(), *timelines.items()):
        files.write_durably(there / file, data)
    folder.finish(wish.folder, names)
    return HandedOff(
        cut, tuple(wish.folder / file for file in timelines), linked, len(own) - linked, len(draws), missing
    )


def _write_sound(production: Production, job: Job, cut: Cut, targets: Mapping[str, Path]) -> None:
    cues = cue_film(job.storyboard, job.timeline, job.sounds)
    sources = {digest: job.locate(digest) for digest in sorted({cue.digest for cue in cues})}
    wanted = Mixdown(samples(job.timeline.seconds), job.output.loudness, container(job.encoder))
    write_stems(Sound(cues, sources, wanted, cut.start / cut.rate), production.cache, targets)


def _luts(storyboard: Storyboard) -> tuple[str, ...]:
    """The looks of a film, by file."""
    return tuple(sorted({storyboard.lut, *(shot.lut for shot in storyboard.shots)} - {""}))
