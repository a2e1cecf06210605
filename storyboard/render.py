"""The whole story: examine, plan, shoot, assemble, and write down what was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from storyboard.assembler import ffmpeg
from storyboard.assembler.assemble import Film, assemble
from storyboard.assembler.room import cutting_room
from storyboard.edit import Edit, jobs
from storyboard.errors import Usage
from storyboard.examine import checked
from storyboard.foresight import Options, choose_gateway, needs_gateway
from storyboard.lockfile import lock_of
from storyboard.planner.plan import Plan, plan
from storyboard.planner.take import Take
from storyboard.production import Production, open_production
from storyboard.progress import Watch
from storyboard.rushes import cutting
from storyboard.settings import Settings
from storyboard.sharing import Named, named_in, pull_missing, warn
from storyboard.spec.model import Output, Storyboard
from storyboard.store.cache import owner_of
from storyboard.store.project import Project
from storyboard.store.slates import Slates
from storyboard.store.sums import read_sums, write_sums


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a render did."""

    outcome: Literal["rendered", "unchanged", "incomplete"]
    films: tuple[Film, ...]
    plan: Plan
    takes: Mapping[str, Take]
    missing: tuple[str, ...]
    """Shots that have no take yet."""
    spent: Decimal
    """US dollars: what was billed in this run, and where nobody told, the most that it can have been."""


def render(project: Project, settings: Settings, options: Options, watch: Watch) -> Rendered:
    """Make the films of a storyboard, and everything that they lack."""
    cache = project.cache(owner_of(settings.home))
    storyboard = checked(project, allow_unknown_model=options.allow_unknown_model, cache=cache, watch=watch)
    outputs = _chosen(storyboard, options)
    gateway = choose_gateway(settings, options.gateway, draft=bool(options.draft), bought=bool(lock_of(project).shots))
    circled = options.draft == "circled"
    with open_production(project, settings, gateway, circled_first=circled) as production:
        production.tidy()
        wanted = _planned(production, storyboard, options, watch)
        takes = wanted.usable
        spent = Decimal(0)
        edit = Edit(storyboard, outputs, bool(options.draft))
        with cutting_room(production.cache) as room:
            try:
                with cutting(production, edit, wanted, takes, room, watch) as watching:
                    if needs_gateway(production, wanted, options.terms):
                        wanted, spent = _made(production, storyboard, wanted, options, watching, takes)
            finally:
                if gateway == "remote" and not options.terms.locked:
                    production.relock(_bought(wanted, takes))
            production.sweep()
            if gateway == "remote":
                warn(project, settings, production.lock, watch)
            if missing := tuple(shot.id for shot in storyboard.shots if shot.order and shot.id not in takes):
                return Rendered("incomplete", (), wanted, takes, missing, spent)
            films = tuple(assemble(job, room, watch) for job in list(jobs(production, edit, takes)))
        if not options.draft:
            _record(production, storyboard, films)
    outcome: Literal["rendered", "unchanged"] = "rendered" if any(film.written for film in films) else "unchanged"
    return Rendered(outcome, films, wanted, takes, (), spent)


def _made(
    production: Production, storyboard: Storyboard, wanted: Plan, options: Options, watch: Watch, takes: dict[str, Take]
) -> tuple[Plan, Decimal]:
    """What is missing, drawn or bought: the plan that was agreed to, and what it cost in US dollars."""
    from storyboard.buy import Wish, buy, draw  # HTTP and its event loop: only who orders something waits for them

    if production.gateway == "local":
        draw(production, storyboard, wanted, watch, takes)
        return wanted, Decimal(0)
    return buy(production, storyboard, wanted, Wish(options.terms, options.shots), watch, takes)


def _planned(production: Production, storyboard: Storyboard, options: Options, watch: Watch) -> Plan:
    """What is still to be made, after what was paid for has been brought from where it is shared."""
    project, settings = production.project, production.settings
    if production.gateway == "remote":
        pull_missing(project, settings, named_in(production.lock, circled=True), watch)
    while True:
        wanted = plan(storyboard, production, production.gateway, keep_stale=options.terms.keep_stale)
        lost = [(one.shot.id, production.paid(one.shot.id, one.slate or "")) for one in wanted.shots if one.paid]
        named = [Named(shot, take) for shot, take in lost if take]
        if not named or not pull_missing(project, settings, named, watch):
            break
    slates = Slates(settings.home)
    for one in wanted.shots if production.gateway == "remote" else ():
        if one.request and one.state == "held":
            slates.remember(one.request.canonical())
    return wanted.only(options.shots)


def _bought(wanted: Plan, takes: Mapping[str, Take]) -> dict[str, Take]:
    """The bought takes that shots have now; what is kept although it is stale is in the lock already."""
    stale = {one.shot.id for one in wanted.shots if one.state == "stale" and one.take == takes.get(one.shot.id)}
    return {id_: take for id_, take in takes.items() if take.gateway == "remote" and id_ not in stale}


def _chosen(storyboard: Storyboard, options: Options) -> tuple[Output, ...]:
    names = [output.name for output in storyboard.outputs]
    for name in options.outputs:
        if name not in names:
            raise Usage(f"there is no output `{name}`", hint=f"there is {', '.join(names)}")
    for id_ in options.shots:
        if all(shot.id != id_ for shot in storyboard.shots):
            raise Usage(f"there is no shot `{id_}`", hint=f"`storyboard status {storyboard.file}` lists them")
    return tuple(output for output in storyboard.outputs if not options.outputs or output.name in options.outputs)


def _record(production: Production, storyboard: Storyboard, films: tuple[Film, ...]) -> None:
    """Write down the films that were made, beside those of outputs that were not asked for this time."""
    before, made = read_sums(production.project), {film.name: film.sha256 for film in films}
    digests = {output.file: made.get(output.name) or before.get(output.file) for output in storyboard.outputs}
    known = {file: digest for file, digest in digests.items() if digest}
    write_sums(production.project, known, ffmpeg.toolchain(production.cache))
