"""Films as an export reads back, made of measures alone: no media, no store."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

from storyboard.assembler.assemble import Job
from storyboard.assembler.segments import Extras
from storyboard.assembler.timeline import build_timeline
from storyboard.changelist.exported import Exported, export_of, written
from storyboard.changelist.importing import work_out
from storyboard.changelist.leftover import restaged
from storyboard.changelist.reading import read_cut
from storyboard.changelist.returned import Returned
from storyboard.changelist.settling import lay_out
from storyboard.changelist.sheets import Sheets
from storyboard.errors import InvalidStoryboard
from storyboard.examine import source_of
from storyboard.export.cut import Cut, Media, Plate
from storyboard.export.describing import FORMATS, Staged, lay_cut
from storyboard.export.lay import Shelf
from storyboard.export.names import number_shots
from storyboard.planner.take import Facts
from storyboard.proposing import patch
from storyboard.spec.load import load
from storyboard.spec.model import Storyboard
from storyboard.spec.variants import Which
from storyboard.store.project import Project, open_project
from storyboard.timing import nominal
from tests.export.films import RATES, _text

TAKE = Facts(120, Fraction(24), 96, 64, audio=False)


@dataclass(frozen=True, slots=True)
class Film:
    """A storyboard on disk, and its film."""

    project: Project
    storyboard: Storyboard
    staged: Staged

    @property
    def cut(self) -> Cut:
        """Its cut, with all that a format may say."""
        return lay_cut(self.staged, FORMATS["fcpxml"])

    def exported(self, form: str) -> Exported:
        """Its export in a format, read back."""
        return export_of(self.staged, lay_cut(self.staged, FORMATS[form]), FORMATS[form], self.read)

    @property
    def read(self) -> partial[Returned]:
        """What reads a cut of it."""
        return partial(read_cut, "cut", rate=self.staged.job.output.rate)


@dataclass(frozen=True, slots=True)
class Done:
    """What an edited cut came to."""

    diff: list[str]
    """The lines that change."""
    after: Cut
    told: list[str]
    gone: list[str]
    texts: dict[str, str]


def film_of(file: Path, facts: Mapping[str, Facts], variant: str = "", output: int = 0) -> Film:
    """The film of a storyboard on disk, from clips of these measures; `InvalidStoryboard`."""
    project = replace(open_project(str(file)), which=Which(variant))
    storyboard, problems = load(project.shown, project.read_storyboard(), project.read, project.folder, project.which)
    if storyboard is None or problems:
        raise InvalidStoryboard(problems)
    out = storyboard.outputs[output]
    clips = {
        shot.id: None if shot.card else (facts.get(shot.reuse or shot.id, TAKE), shot.reuse or shot.footage or shot.id)
        for shot in storyboard.every
    }
    sources = {shot.id: source_of(shot, out, storyboard.rate, clips[shot.id]) for shot in storyboard.shots}
    timeline = build_timeline(storyboard, out, sources)
    slots, spare = number_shots([clip.shot for clip in timeline.clips]), nominal(out.rate)
    media: dict[str, Media] = {}
    owners: dict[str, Media] = {}
    for index, clip in sorted(enumerate(timeline.clips), key=lambda one: bool(one[1].shot.reuse)):
        card, id_ = clip.shot.card, clip.shot.id
        name = f"media/{slots.stem(clip.shot, 'card')}.mov" if card else f"media/{slots.stem(clip.shot, 't01')}.mp4"
        frames = clip.frames + 2 * spare if card else clip.facts.frames
        made = Media(name, clip.facts.rate, frames, 96, 64, 0, slots.reel(clip.shot, "T01"), clip.digest,
                     Plate(index) if card else None)  # fmt: skip
        media[id_] = made if card else owners.setdefault(clip.digest, made)
    lead = {clip.shot.id: spare for clip in timeline.clips if clip.shot.card}
    job = Job(storyboard, out, timeline, Path("film.mp4"), Extras(), {}, Path, {})
    return Film(project, storyboard, Staged(job, Shelf(slots.numbers, media, lead), slots, ()))


def made_up(seed: int, rate: str, file: Path) -> Film:
    """A film at random."""
    dice = random.Random(seed)
    while True:
        text, facts = _text(dice, RATES[rate][0])
        file.write_text(text)
        try:
            film = film_of(file, facts)
        except InvalidStoryboard:
            continue
        timeline = film.staged.job.timeline
        # A list that begins with a transition is none to the reader of EDLs.
        if not timeline.joins or timeline.joins[0].frames < timeline.clips[0].frames:
            return film


def edited(film: Film, exported: Exported, cut: Cut, form: str) -> Done:
    """What becomes of a film whose cut was edited and written in a format."""
    return returned(film, exported, film.read(written(cut, FORMATS[form])))


def returned(film: Film, exported: Exported, back: Returned) -> Done:
    """What becomes of a film when a cut comes back."""
    sheets, gone, told = work_out(Sheets(film.project), exported, back, film.storyboard)
    texts, diff = {}, list[str]()
    for path, data in sorted(sheets.data.items()):
        before = path.read_bytes()
        texts[path.name] = data.decode()
        diff += [line for line in patch(path.name, before, data).splitlines() if line[0] in "+-"]
    layout = lay_out(sheets.load(), film.staged)
    words = [text for _, text in told]
    if layout.timeline is None:  # a transition that no cut shows, since a freeze ends in it, has no room any more
        assert set(words) >= {one.message for one in layout.problems}
        return Done(diff, film.cut, words, [], texts)
    after = lay_cut(restaged(film.staged, layout), FORMATS["fcpxml"])
    return Done(diff, after, words, [id_ for _, id_ in gone], texts)


Extent = tuple[str, int, int, tuple[int, ...]]


def extents(cut: Cut) -> list[Extent]:
    """Each piece with its transitions: the media, where it begins, how long it is, and every frame that it shows."""
    found = []
    for index, piece in enumerate(cut.pieces):
        before, after = cut.handles(index)
        media = piece.media
        drawn = media is None or media.plate
        frames = range(-before, piece.frames + after)
        shown = tuple(0 if drawn else int((piece.place + at * piece.step) // 1) for at in frames)
        found.append((media.name if media else "", piece.start - before, len(frames), shown))
    return found


def ways(cut: Cut) -> dict[int, tuple[str, int]]:
    """The transitions of a cut, by their meeting: what they are, and how long."""
    return {at: (one.kind, one.frames) for at, one in cut.crossings.items()}
