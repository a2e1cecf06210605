"""A film handed to an editor: everything gathered, described, and written into one folder, the timeline last.

Nothing is ordered, and nothing of the project or the store is moved or changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from storyboard.assembler.assemble import Job
from storyboard.assembler.encoders import container
from storyboard.assembler.mix import Mixdown
from storyboard.assembler.sound import cue_film, samples
from storyboard.assembler.subtitles import write_srt
from storyboard.assembler.texts import captions_of
from storyboard.edit import Edit, jobs
from storyboard.errors import Gate, Usage
from storyboard.examine import checked
from storyboard.export import edl, fcp7, fcpxml, folder, layers, otio
from storyboard.export.cut import Crossing, Cut, Stem
from storyboard.export.lay import lay_film, tell
from storyboard.export.names import number_shots, plain
from storyboard.export.notes import write_notes
from storyboard.export.plates import Drawing, draw_plate, drawn
from storyboard.export.shelf import Casting, fill_shelf, looks_name, still_pieces
from storyboard.export.stems import MIX, Sound, busses_of, write_stems
from storyboard.export.timecodes import parse_start, usual_start
from storyboard.foresight import choose_gateway
from storyboard.lockfile import lock_of
from storyboard.planner.plan import Plan, plan
from storyboard.planner.take import Facts, Take
from storyboard.production import Production, open_production
from storyboard.progress import Watch
from storyboard.settings import Settings
from storyboard.spec.model import Output, Storyboard
from storyboard.store import files
from storyboard.store.project import Project
from storyboard.timing import Rate, nearest

SHOWN = 8


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


@dataclass(frozen=True, slots=True)
class Format:
    """How one format is written, and what it carries."""

    write: Callable[[Cut, Path], Mapping[str, bytes]]
    """The files of a cut, by name."""
    carries: Callable[[Crossing], bool]
    titles: bool = False
    """Whether the program writes titles itself."""
    stills: bool = True
    """Whether it can say that a frame stands still."""
    rates: Callable[[Rate], bool] = lambda _: True
    """Whether it can say how many frames a film has in a second."""


def _is_common(rate: Rate) -> bool:
    return rate.denominator in (1, 1001)


def _lists(cut: Cut, _: Path) -> dict[str, bytes]:
    above = {f"{cut.name}.v{at + 2}.edl": edl.write_layer(cut, at) for at in range(len(cut.layers))}
    return {f"{cut.name}.edl": edl.write_edl(cut), **above}


FORMATS: Mapping[str, Format] = {
    "fcpxml": Format(
        lambda cut, there: {f"{cut.name}.fcpxml": fcpxml.write_fcpxml(cut, there)}, fcpxml.carries, titles=True
    ),
    "fcp7": Format(
        lambda cut, there: {f"{cut.name}.xml": fcp7.write_fcp7(cut, there)},
        fcp7.carries,
        stills=False,
        rates=_is_common,
    ),
    "otio": Format(lambda cut, there: {f"{cut.name}.otio": otio.write_otio(cut, there)}, otio.carries),
    "edl": Format(_lists, edl.carries, rates=_is_common),
}  # fmt: skip


def hand_off(project: Project, settings: Settings, wish: Wish, watch: Watch) -> HandedOff:
    """Export a film: `Gate` when shots have no take, `Usage` when the folder is somebody else's."""
    if wish.to == "otio":
        otio.library()
    before = folder.look(wish.folder)
    storyboard = checked(
        project, allow_unknown_model=wish.allow_unknown_model, cache=project.cache(settings.home), watch=watch
    )
    output = _chosen(storyboard, wish.output)
    if not FORMATS[wish.to].rates(output.rate):
        message = f"`--to {wish.to}` knows whole rates and 1000/1001 of them, and `{output.name}` has {output.rate}"
        raise Usage(message, hint="`--to fcpxml` and `--to otio` know any rate")
    start, drop = parse_start(wish.start or usual_start(output.rate), output.rate)
    gateway = choose_gateway(settings, None, draft=wish.draft, bought=bool(lock_of(project).shots))
    with open_production(project, settings, gateway, circled_first=wish.draft) as production:
        wanted = plan(storyboard, production, gateway, keep_stale=True)
        casting, missing = _cast(production, storyboard, wanted, wish)
        expected = {} if not missing else _expected(storyboard, missing, output)
        (job,) = jobs(production, Edit(storyboard, (output,), expected=expected), casting.takes)
        cut, draws = _describe(production, job, casting, FORMATS[wish.to])
        cut = replace(cut, start=start, drop=drop)
        return _write(production, job, (cut, draws), before, wish, missing)


def _chosen(storyboard: Storyboard, name: str) -> Output:
    for output in storyboard.outputs:
        if name in ("", output.name):
            return output
    raise Usage(f"there is no output `{name}`", hint=f"there is {', '.join(one.name for one in storyboard.outputs)}")


def _cast(production: Production, storyboard: Storyboard, wanted: Plan, wish: Wish) -> tuple[Casting, tuple[str, ...]]:
    """The takes that the cut uses, and the shots that have none: `Gate` unless those may be gaps."""
    takes = wanted.usable
    missing = tuple(shot.id for shot in storyboard.shots if shot.order and shot.id not in takes)
    if missing and not wish.gaps:
        names = ", ".join(missing[:SHOWN]) + (f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else "")
        away = any(one.paid for one in wanted.shots)
        fetch = "`storyboard pull` brings those that were paid for; " if away else ""
        shoot = f"`storyboard render{' --draft' if wish.draft else ''} {storyboard.file}` makes them"
        hint = f"{fetch}{shoot}, `--gaps` leaves a marked gap for each"
        raise Gate(f"{names} {'has no take' if len(missing) == 1 else 'have no takes'}", hint=hint)
    stale = frozenset(one.shot.id for one in wanted.shots if one.state == "stale")
    further: dict[str, tuple[Take, ...]] = {}
    for id_, take in takes.items() if wish.takes else ():
        known = production.lock.shots.get(production.project.name_of(id_))
        others = {one.sha256: one for one in known.takes if one.sha256 != take.sha256} if known else {}
        if held := tuple(one for one in others.values() if production.takes.holds(one.sha256)):
            further[id_] = held
    return Casting(takes, stale, further), missing


def _expected(storyboard: Storyboard, missing: tuple[str, ...], output: Output) -> dict[str, Facts]:
    """How long a gap is for each shot that has no take: what is ordered, at the film's own rate."""
    seconds = {shot.id: shot.order.seconds for shot in storyboard.shots if shot.order and shot.id in missing}
    return {
        id_: Facts(max(1, nearest(length * output.rate)), output.rate, output.width, output.height, audio=False)
        for id_, length in seconds.items()
    }


def _describe(production: Production, job: Job, casting: Casting, form: Format) -> tuple[Cut, dict[str, Drawing]]:
    """The cut for a format, and how all of its media is drawn that is nobody's file."""
    slots = number_shots([clip.shot for clip in job.timeline.clips])
    pieces, crossings = lay_film(
        job.storyboard, job.output, job.timeline, fill_shelf(production, job, casting, slots)
    )  # fmt: skip
    pieces = tell(pieces, crossings, form.carries)
    tracks, draws = layers.drawn(job, production.cache, words=not form.titles)
    name = plain(job.target.stem)
    cues = cue_film(job.storyboard, job.timeline, job.sounds)
    total = samples(job.timeline.seconds)
    cut = Cut(
        name=name, title=job.storyboard.title or name, rate=job.output.rate, frames=job.timeline.frames, start=0,
        drop=False, width=job.output.width, height=job.output.height, pieces=pieces, crossings=crossings, layers=tracks,
        titles=layers.written(job) if form.titles else (),
        stems=tuple(Stem(bus, f"sound/{name}_{bus}.wav", total) for bus in busses_of(cues)),
    )  # fmt: skip
    if not form.stills:
        handles = {index: cut.handles(index) for index in range(len(pieces))}
        cut = replace(cut, pieces=still_pieces(pieces, job, handles, slots))
    for media in cut.media:
        if media.plate:
            draws[media.file] = draw_plate(job, production.cache, media, media.plate)
    return cut, draws


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
