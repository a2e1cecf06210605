"""An editor's cut brought back: what it changes in the storyboard, worked out and proved, and written when agreed to.

Nothing is ordered, and no lock and no take is touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from storyboard.changelist.aims import Aims, aims_of
from storyboard.changelist.arranging import arrange
from storyboard.changelist.exported import Exported, Read, export_of
from storyboard.changelist.fields import Laid
from storyboard.changelist.laid_over import compare_overlays
from storyboard.changelist.leftover import laid_again, leftover
from storyboard.changelist.matching import match
from storyboard.changelist.reading import MAX_BYTES, read_cut
from storyboard.changelist.returned import Noted, Returned
from storyboard.changelist.settling import lay_out, settle
from storyboard.changelist.sheets import Sheets
from storyboard.errors import InvalidStoryboard, Problem, Refused, Where
from storyboard.examine import checked, examine
from storyboard.export.describing import FORMATS, chosen, describe, stage
from storyboard.foresight import choose_gateway
from storyboard.lockfile import lock_of
from storyboard.planner.plan import plan
from storyboard.production import open_production
from storyboard.progress import Watch
from storyboard.proposing import bytes_of, patch, path_of, put_bytes
from storyboard.settings import Settings
from storyboard.spec.model import Storyboard
from storyboard.store import files
from storyboard.store.cache import Cache
from storyboard.store.project import Project


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for."""

    cut: Path
    output: str = ""
    """Which film it is a cut of; empty for the first one."""
    allow_unknown_model: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A file as it would be written."""

    path: Path
    shown: str
    before: bytes
    after: bytes

    @property
    def diff(self) -> str:
        """What changes, as a patch."""
        return patch(self.shown, self.before, self.after)

    @property
    def head_and_diff(self) -> list[str]:
        """The lines of a whole patch."""
        return [f"--- {self.shown}", f"+++ {self.shown}", *self.diff.splitlines()]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an editor's cut would change."""

    files: tuple[Written, ...]
    gone: tuple[Noted, ...]
    """Shots that are not in the cut, and are made comments."""
    told: tuple[Noted, ...]
    """What the storyboard cannot say, does not follow, or leaves to somebody."""
    problems: tuple[Problem, ...]
    """What would be wrong with the film then: it is not written so."""
    project: Project
    """As it would be: it has the texts that the problems are in."""


def import_cut(project: Project, settings: Settings, wish: Wish, watch: Watch) -> Proposal:
    """What the cut of a file changes in a storyboard. `InvalidStoryboard` for one that is wrong already, `Refused` for
    a file that is none of its cuts."""
    cache = project.cache(settings.home)
    storyboard = checked(project, allow_unknown_model=wish.allow_unknown_model, cache=cache, watch=watch)
    output, cut = chosen(storyboard, wish.output), _file_of(wish.cut)
    read: Read = partial(read_cut, cut.name, rate=output.rate)
    back = read(files.read_plain(cut, MAX_BYTES))
    form = FORMATS[back.form]
    draft = any("_animatic." in event.media for event in back.events)
    gateway = choose_gateway(settings, None, draft=draft, bought=bool(lock_of(project).shots))
    with open_production(project, settings, gateway, circled_first=draft) as production:
        staged = stage(production, storyboard, output, plan(storyboard, production, gateway, keep_stale=True))
        exported = export_of(staged, describe(production, staged, form)[0], form, read)
    before = _as_it_is(project, storyboard)
    sheets, gone, told = work_out(before, exported, back, storyboard)
    found = [Written(path, _shown(sheets, path), before.data[path], after) for path, after in sheets.data.items()]
    changes = tuple(one for one in found if one.before != one.after)
    problems, late = _examined(before, sheets, wish, cache) if changes else ([], [])
    wrong = {(one.where, one.message) for one in problems}
    told = [one for one in dict.fromkeys([*told, *late]) if one not in wrong]
    return Proposal(changes, gone, tuple(told), tuple(problems), sheets.proposed)


def _file_of(cut: Path) -> Path:
    """The file of a cut: Final Cut Pro writes a folder, with whatever does not go into the XML beside that."""
    return cut / "Info.fcpxml" if cut.suffix.casefold() == ".fcpxmld" and cut.is_dir() else cut


def work_out(
    sheets: Sheets, exported: Exported, back: Returned, storyboard: Storyboard
) -> tuple[Sheets, tuple[Noted, ...], list[Noted]]:
    """The storyboard as a cut that came back asks for, the shots that are comments in it, and what it does not follow.

    The film of that storyboard is laid out, exported and compared in its turn: what is still different is told.
    """
    every = [shot.id for shot in storyboard.every]
    uses = match(back, exported, every)
    if not any(use.shot for use in uses):
        hint = "is it another film's, or another output's? `--output NAME` and `--variant NAME` say which is meant"
        raise Refused("none of the film's shots is in this cut", hint=hint, where=back.events[0].where)
    aims = aims_of(back, uses, exported, every)
    told = [*_new_remarks(back, exported), *aims.told]
    if aims.gone and storyboard.variants and not sheets.project.which.variant:
        here = Where(sheets.project.shown, 1, 1)
        names = sheets.variants_of({aim.shot for aim in aims.shots})
        whose = "these are the shots of the variant"
        told += [(here, f"{whose} `{name}`: is it a cut of that? `--variant {name}` says so") for name in names]
    sheets, more = _changed(sheets, aims, exported)
    told += more
    after = sheets.load()
    kept = {shot.id for shot in after.shots}
    gone = tuple((storyboard.shot(id_).where, id_) for id_ in aims.gone if id_ not in kept)
    stays = {f"`{id_}` is in the film, and not in the editor's cut" for id_ in aims.gone}  # why, is told already
    left = [one for one in _left(after, back, exported, aims) if one[1] not in stays]
    return sheets, gone, [*told, *left, *_asked_anew(storyboard, after)]


def write(proposal: Proposal) -> None:
    """Write what was looked at; `Transient` when a file is another one by now, `InvalidStoryboard` where the film would
    be wrong."""
    if proposal.problems:
        raise InvalidStoryboard(proposal.problems)
    for one in proposal.files:
        if bytes_of(one.path) != one.before:
            raise files.changed(one.path)
    for one in proposal.files:
        put_bytes(one.path, one.before, one.after)


def _new_remarks(back: Returned, exported: Exported) -> list[Noted]:
    """What the reader found in the cut and not in the film's own export."""
    left = Counter(text for _, text in exported.cut.remarks)
    new = []
    for one in back.remarks:
        left[one[1]] -= 1
        new += [one] if left[one[1]] < 0 else []
    return new


def _changed(sheets: Sheets, aims: Aims, exported: Exported) -> tuple[Sheets, list[Noted]]:
    output, counted = exported.staged.job.output, exported.staged.job.storyboard.rate
    clips = {clip.shot.id: clip for clip in exported.timeline.clips}
    laid = {id_: Laid(clip, output, counted) for id_, clip in clips.items()}
    laid |= {aim.shot: laid[aim.origin] for aim in aims.shots if aim.of}
    sheets, told = arrange(sheets, aims, laid)
    sheets, more = settle(sheets, aims, exported.staged)
    return sheets, told + more


def _as_it_is(project: Project, storyboard: Storyboard) -> Sheets:
    """The files of a storyboard, from now on as they were read; `Transient` when it was saved since it was loaded."""
    paths = [project.file, *(project.path(str(name)) for name in _included(project))]
    sheets = Sheets(project, {path: bytes_of(path) for path in paths})
    if sheets.load() != storyboard:
        raise files.changed(project.file)
    return sheets


def _included(project: Project) -> Sequence[object]:
    value = Sheets(project).document(project.shown).value
    return value.get("include") or () if isinstance(value, dict) else ()


def _examined(before: Sheets, sheets: Sheets, wish: Wish, cache: Cache) -> tuple[list[Problem], list[Noted]]:
    """What would be wrong with the changed film. That it is not as long as it says is told, and does not stop it: the
    editor has made it so."""
    problems = examine(sheets.proposed, allow_unknown_model=wish.allow_unknown_model, cache=cache)[1]
    known = {(one.code, one.message) for one in (*before.problems(), *problems)}
    problems += [one for one in sorted(sheets.problems()) if (one.code, one.message) not in known]  # of its variants
    late = [(one.where, one.message) for one in problems if one.code == "length" and one.path == "length"]
    return [one for one in problems if (one.where, one.message) not in late], late


def _left(storyboard: Storyboard, back: Returned, exported: Exported, aims: Aims) -> list[Noted]:
    """What is still different: the changed film is laid out, written and read, and compared as the first was."""
    try:
        layout = lay_out(storyboard, exported.staged)
    except InvalidStoryboard as error:
        return [(one.where, one.message) for one in error.problems]
    if layout.timeline is None:
        return [(one.where, one.message) for one in layout.problems]
    again = laid_again(exported, layout)
    every = [shot.id for shot in storyboard.every]
    after = aims_of(back, match(back, again, every), again, every)
    here = Where(storyboard.file, 1, 1)
    over = compare_overlays(back.overlays, exported.cut.overlays, exported.timeline, again.timeline, here)
    return [*leftover(replace(after, opening=aims.opening, closing=aims.closing), again, back.frames), *over]


def _asked_anew(before: Storyboard, after: Storyboard) -> list[Noted]:
    """Shots that ask their models for something else now, although only their cut was to change."""
    orders = {shot.id: shot.order for shot in before.every}
    return [
        (shot.where, f"`{shot.id}` reads otherwise at its new place, so its take would be stale")
        for shot in after.every
        if shot.id in orders and shot.order != orders[shot.id]
    ]


def _shown(sheets: Sheets, path: Path) -> str:
    """What messages call a file."""
    if path == sheets.project.file:
        return sheets.project.shown
    names = (shown for shown in sheets.project.texts if path_of(sheets.project, shown) == path)
    return next(names, path.name)
