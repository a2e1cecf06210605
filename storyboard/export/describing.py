"""A film's cut described for an editing program: which takes it shows, how it is laid, and in what format it is told.

Nothing is written here, and nothing drawn: what has to be drawn comes as the way to do it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from storyboard.assembler.assemble import Job
from storyboard.assembler.sound import cue_film, samples
from storyboard.edit import Edit, jobs
from storyboard.errors import Gate, Usage
from storyboard.export import edl, fcp7, fcpxml, layers, otio
from storyboard.export.cut import Crossing, Cut, Stem
from storyboard.export.lay import Shelf, lay_film, tell
from storyboard.export.names import Slots, number_shots, plain
from storyboard.export.plates import Drawing, draw_plate
from storyboard.export.shelf import Casting, fill_shelf, still_pieces
from storyboard.export.stems import busses_of
from storyboard.planner.plan import Plan
from storyboard.planner.take import Facts, Take
from storyboard.production import Production
from storyboard.spec.model import Output, Storyboard
from storyboard.timing import Rate, nearest

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Format:
    """How one format is written, and what it carries."""

    write: Callable[[Cut, Path], Mapping[str, bytes]]
    """The files of a cut, by name; the film's own pictures are in the first."""
    carries: Callable[[Crossing], bool]
    titles: bool = False
    """Whether the program writes titles itself."""
    stills: bool = True
    """Whether it can say that a frame stands still."""
    fades: bool = True
    """Whether it says how the film opens and closes; else that is a comment, which programs leave out."""
    whole: bool = False
    """Whether it counts places in media in whole frames of the film."""
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
        whole=True,
        rates=_is_common,
    ),
    "otio": Format(
        lambda cut, there: {f"{cut.name}.otio": otio.write_otio(cut, there)}, otio.carries, fades=False
    ),
    "edl": Format(_lists, edl.carries, fades=False, whole=True, rates=_is_common),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Staged:
    """A film ready to be described: its job, and what its pieces are made of."""

    job: Job
    shelf: Shelf
    slots: Slots
    missing: tuple[str, ...]
    """Shots that are gaps."""


def chosen(storyboard: Storyboard, name: str) -> Output:
    """The output of a name, the first one for an empty name; `Usage` for one that is not there."""
    for output in storyboard.outputs:
        if name in ("", output.name):
            return output
    raise Usage(f"there is no output `{name}`", hint=f"there is {', '.join(one.name for one in storyboard.outputs)}")


def stage(
    production: Production, storyboard: Storyboard, output: Output, wanted: Plan, *, takes: bool = False
) -> Staged:
    """A film with its takes, and a gap of its probable length for every shot without one; `takes`: and further ones."""
    casting = _cast(production, wanted, takes=takes)
    missing = without_takes(storyboard, wanted)
    expected = {} if not missing else _expected(storyboard, missing, output)
    (job,) = jobs(production, Edit(storyboard, (output,), expected=expected), casting.takes)
    slots = number_shots([clip.shot for clip in job.timeline.clips])
    return Staged(job, fill_shelf(production, job, casting, slots), slots, missing)


def without_takes(storyboard: Storyboard, wanted: Plan) -> tuple[str, ...]:
    """The shots that have no take to show."""
    return tuple(shot.id for shot in storyboard.shots if shot.order and shot.id not in wanted.usable)


def check_takes(storyboard: Storyboard, wanted: Plan, *, draft: bool) -> None:
    """`Gate`, with a list, when shots have no take."""
    missing = without_takes(storyboard, wanted)
    if not missing:
        return
    names = ", ".join(missing[:SHOWN]) + (f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else "")
    away = any(one.paid for one in wanted.shots)
    fetch = "`storyboard pull` brings those that were paid for; " if away else ""
    shoot = f"`storyboard render{' --draft' if draft else ''} {storyboard.file}` makes them"
    hint = f"{fetch}{shoot}, `--gaps` leaves a marked gap for each"
    raise Gate(f"{names} {'has no take' if len(missing) == 1 else 'have no takes'}", hint=hint)


def _cast(production: Production, wanted: Plan, *, takes: bool) -> Casting:
    """The takes that the cut uses, and others of the same shots that are held."""
    stale = frozenset(one.shot.id for one in wanted.shots if one.state == "stale")
    further: dict[str, tuple[Take, ...]] = {}
    for id_, take in wanted.usable.items() if takes else ():
        known = production.lock.shots.get(production.project.name_of(id_))
        others = {one.sha256: one for one in known.takes if one.sha256 != take.sha256} if known else {}
        if held := tuple(one for one in others.values() if production.takes.holds(one.sha256)):
            further[id_] = held
    return Casting(wanted.usable, stale, further)


def _expected(storyboard: Storyboard, missing: tuple[str, ...], output: Output) -> dict[str, Facts]:
    """How long a gap is for each shot that has no take: what is ordered, at the film's own rate."""
    seconds = {shot.id: shot.order.seconds for shot in storyboard.shots if shot.order and shot.id in missing}
    return {
        id_: Facts(max(1, nearest(length * output.rate)), output.rate, output.width, output.height, audio=False)
        for id_, length in seconds.items()
    }


def lay_cut(staged: Staged, form: Format) -> Cut:
    """The pictures of a film, as a format has them. Pure."""
    job, name = staged.job, plain(staged.job.target.stem)
    pieces, crossings = lay_film(job.storyboard, job.output, job.timeline, staged.shelf)
    cut = Cut(
        name=name, title=job.storyboard.title or name, rate=job.output.rate, frames=job.timeline.frames, start=0,
        drop=False, width=job.output.width, height=job.output.height, pieces=tell(pieces, crossings, form.carries),
        crossings=crossings,
    )  # fmt: skip
    if not form.stills:
        handles = {index: cut.handles(index) for index in range(len(pieces))}
        cut = replace(cut, pieces=still_pieces(cut.pieces, job, handles, staged.slots))
    return cut


def describe(production: Production, staged: Staged, form: Format) -> tuple[Cut, dict[str, Drawing]]:
    """All of a film for a format, and how each of its media is drawn that is nobody's file."""
    job = staged.job
    tracks, draws = layers.drawn(job, production.cache, words=not form.titles)
    total, busses = samples(job.timeline.seconds), busses_of(cue_film(job.storyboard, job.timeline, job.sounds))
    cut = lay_cut(staged, form)
    cut = replace(
        cut,
        layers=tracks,
        titles=layers.written(job) if form.titles else (),
        stems=tuple(Stem(bus, f"sound/{cut.name}_{bus}.wav", total) for bus in busses),
    )
    for media in cut.media:
        if media.plate:
            draws[media.file] = draw_plate(job, production.cache, media, media.plate)
    return cut, draws
