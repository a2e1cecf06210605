"""A film as it stands, for those who look at it: planned, laid out in time, counted. Nothing is ordered or asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from storyboard.assembler.assemble import Job
from storyboard.assembler.timeline import Clip, Timeline
from storyboard.edit import Edit, jobs
from storyboard.errors import InvalidStoryboard, Refused
from storyboard.examine import checked
from storyboard.lockfile import lock_of
from storyboard.planner.causes import Cause
from storyboard.planner.plan import Plan, PlannedShot, plan
from storyboard.planner.take import Take
from storyboard.production import Production, open_production
from storyboard.reasons import Reason, causes, reasons_of
from storyboard.rushes import expected_facts
from storyboard.settings import Settings
from storyboard.spec.model import Storyboard
from storyboard.spending import Spending, spending_of
from storyboard.store import files
from storyboard.store.project import Project


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is to see of a film."""

    production: Production
    storyboard: Storyboard
    plan: Plan
    takes: Mapping[str, Take]
    """What stands for each shot now, its bytes here: the take that it has, a stale one too, else an animatic."""
    job: Job
    """The film of the first output, laid out with those takes; what is still to be shot has its place kept."""
    misfit: str
    """Why that film cannot be cut from those takes; empty where it can. Then every shot is as long as it is ordered."""

    def locate(self, digest: str) -> Path:
        """The file of a digest that a film is made of, its bytes read and found to be those; nothing is put aside."""
        return self.job.locate(digest)

    @property
    def project(self) -> Project:
        """The film's project."""
        return self.production.project

    @property
    def timeline(self) -> Timeline:
        """Where every shot lies in the film."""
        return self.job.timeline

    @property
    def rows(self) -> tuple[tuple[PlannedShot, Clip], ...]:
        """Every shot of the film with its place in it, in order."""
        planned = {one.shot.id: one for one in self.plan.shots}
        return tuple((planned[clip.shot.id], clip) for clip in self.timeline.clips)

    @property
    def shots(self) -> tuple[PlannedShot, ...]:
        """How every shot of the film stands, in the film's order."""
        return tuple(planned for planned, _ in self.rows)


@dataclass(frozen=True, slots=True)
class Account:
    """What is to be accounted for."""

    spending: Spending
    causes: tuple[Cause, ...]
    """What made shots stale, the dearest first."""
    reasons: Mapping[str, Reason]
    """Why each shot is as it is."""


@contextmanager
def surveying(
    project: Project, settings: Settings, storyboard: Storyboard | None = None, *, allow_unknown_model: bool = False
) -> Iterator[Survey]:
    """Look at a film, and keep its files at hand for the block. InvalidStoryboard where it has problems; a storyboard
    that was examined just now has none."""
    if storyboard is None:
        storyboard = checked(project, allow_unknown_model=allow_unknown_model, cache=project.cache(settings.home))
    bought = settings.credential or settings.gateway_url or lock_of(project).shots
    with open_production(project, settings, "remote" if bought else "local") as production:
        production.only_looks = True
        wanted = plan(storyboard, production, production.gateway)
        takes = {**_animatics(project, settings, storyboard, wanted)}
        takes |= {one.shot.id: one.take for one in wanted.shots if one.take}
        job, misfit = _laid_out(production, storyboard, wanted, takes)
        yield Survey(
            production, storyboard, wanted, takes, replace(job, locate=partial(_untouched, production)), misfit
        )


def account_of(survey: Survey) -> Account:
    """What the film has cost, and why what is stale is stale."""
    project, settings, storyboard = survey.project, survey.production.settings, survey.storyboard
    return Account(
        spending_of(project, settings, storyboard), causes(project, settings, storyboard, survey.plan),
        reasons_of(project, settings, storyboard, survey.plan.shots),
    )  # fmt: skip


def _untouched(production: Production, digest: str) -> Path:
    """The file of a digest. A take whose bytes are others is `Refused` and left where it is: a look changes nothing."""
    if digest in production.sources:
        return production.locate(digest)
    path = production.takes.path(digest)
    if files.sha256(path) != digest:
        raise Refused(f"take {digest[:12]} is damaged", hint="`storyboard verify` says which, and what to do")
    return path


def _animatics(project: Project, settings: Settings, storyboard: Storyboard, wanted: Plan) -> dict[str, Take]:
    """The animatics that an earlier draft has drawn for shots without a take."""
    lacking = {one.shot.id for one in wanted.shots if one.shot.order and not one.take}
    if not lacking or wanted.gateway == "local":
        return {}
    with open_production(project, settings, "local", circled_first=True) as production:
        drawn = plan(storyboard, production, "local").usable
    return {id_: take for id_, take in drawn.items() if id_ in lacking and take.gateway == "local"}


def _laid_out(
    production: Production, storyboard: Storyboard, wanted: Plan, takes: Mapping[str, Take]
) -> tuple[Job, str]:
    """How to make the first output's film; where it cannot be made of its takes, why, and how it is meant."""
    outputs = storyboard.outputs[:1]
    try:
        return next(jobs(production, Edit(storyboard, outputs, expected=expected_facts(wanted, takes)), takes)), ""
    except InvalidStoryboard as error:
        meant = Edit(storyboard, outputs, expected=expected_facts(wanted, {}))
        return next(jobs(production, meant, {})), error.problems[0].message
